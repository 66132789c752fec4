#!/usr/bin/env python3
"""Talks with `loquat talk`, both at once or in turns: with another `loquat talk`, netcat, ncat, socat and the tutorial's
programs, over TCP, UDP and Unix sockets. The test reads what a user sees from the terminals.

usage: talk_test.py LOQUAT [unittest arguments]
"""
import os
import re
import socket
import struct
import unittest

from programs import wait_until
from talk import SECONDS, Talks, free_port


class Turns(Talks):
    def test_the_tutorials_client(self):
        listener, where = self.listener("--turns")
        pupil = self.tutorial("turns_client.py", *where.split(":"))
        pupil.type("你好")
        listener.expect("你好\n")
        listener.type("hello")
        self.assertTrue(pupil.expect("hello\n").endswith("服务器端发送过来的消息是:hello\n"))
        pupil.type("好")
        listener.expect("好\n")
        listener.type("byebye")
        self.assertTrue(pupil.expect("byebye\n").endswith("服务器端发送过来的消息是:byebye\n"))
        self.assertEqual(pupil.end(), 0)
        listener.expect("has left\n")
        again = self.tutorial("turns_client.py", *where.split(":"))  # the next caller
        again.type("byebye")
        listener.expect("byebye\n")
        listener.expect("has left\n")
        self.assertEqual(again.end(), 0)

    def test_the_tutorials_server(self):
        server, where = self.tutorial_server("turns_server.py")
        ann = self.talk(where, "--turns")
        ann.type("hello")
        server.expect("客户端发送过来的消息是:hello\n")
        server.type("你好")
        ann.expect("你好\n")
        ann.type("第二句")
        server.expect("客户端发送过来的消息是:第二句\n")
        server.type("好")
        ann.expect("好\n")
        ann.type("byebye")
        server.expect("客户端发送过来的消息是:byebye\n")
        self.assertEqual(ann.end(), 0)
        server.expect("离开了!")
        bob = self.talk(where, "--turns")
        bob.type("hi")
        server.expect("hi\n")
        server.type("byebye")
        bob.expect("byebye\n")
        self.assertEqual(bob.end(), 0)
        server.expect("离开了!")

    def test_the_examples_of_chapter_4(self):
        listener, where = self.listener("--turns")
        client = self.example("04_turns_client", where)
        client.type("一")
        listener.expect("一\n")
        listener.type("二")
        client.expect("server: 二\n")
        client.type("byebye")
        listener.expect("has left\n")
        self.assertEqual(client.end(), 0)
        server, where = self.example_server("04_turns_server")
        caller = self.talk(where, "--turns")
        caller.type("一")
        server.expect("client: 一\n")
        server.type("二")
        caller.expect("二\n")
        caller.type("三")
        server.expect("client: 三\n")
        server.type("byebye")
        self.assertEqual(caller.end(), 0)
        server.expect("has left\n")

    def test_two_talks(self):
        listener, where = self.listener("--turns")
        caller = self.talk(where, "--turns")
        long = "很长" * 200  # 1200 bytes: three parts on the wire, one message
        caller.type(long)
        listener.expect(" calls\n")
        self.assertEqual(listener.expect("\n").replace(" ", ""), long + "\n")
        listener.type("zero")
        caller.expect("zero\n")
        caller.type("one")
        caller.type("three")  # waits for its turn
        listener.expect("one\n")
        listener.type("two")
        caller.expect("two\n")
        listener.expect("three\n")
        listener.type("byebye")
        self.assertEqual(caller.end(), 0)
        self.assertRegex(caller.got, r"^byebye\n.* has left\n$")

    def test_the_end_of_the_input_says_byebye(self):
        server, where = self.serving()
        ran = self.talk(where, "--turns")
        peer = self.accept(server)
        ran.type("hello")
        self.assertEqual(peer.recv(512), b"hello")  # as in chapter 4: no line end
        peer.sendall(b"hi")
        ran.expect("hi\n")
        ran.process.stdin.close()
        self.assertEqual(peer.recv(512), b"byebye")
        self.assertEqual(peer.recv(512), b"")
        peer.close()
        self.assertEqual(ran.end(), 0)

    def test_a_peer_that_leaves_out_of_turn(self):
        listener, where = self.listener("--turns")
        peer = self.python(where)
        peer.sendall(b"hello")
        listener.expect("hello\n")
        peer.close()  # during the listener's turn
        listener.expect("has left\n")


class TurnsAtTerminals(Talks):
    def test_a_line_typed_too_early_waits(self):
        listener, where = self.listening_screen("--turns")
        caller = self.screen(where, "--turns")
        listener.see(" calls")
        listener.type("too early")
        listener.see("it is not your turn")
        caller.see("you:")
        caller.type("first")
        caller.see("server: too early")
        listener.see("client: first")
        self.assertEqual(self.lines(listener)[-2:], ["client: first", "you: too early"])
        caller.tmux("send-keys", "C-d")
        listener.see("has left")
        caller.see("ended with 0")
        self.assertEqual(self.lines(caller)[-4:], ["you: first", "server: too early", "you: byebye", "ended with 0"])


class BothWays(Talks):
    """Types at terminals, and reads their screens."""

    def test_two_terminals_at_once(self):
        listener, where = self.listening_screen()
        caller = self.screen(where)
        listener.see(" calls")
        caller.see("talking with")
        long = "这是一行很长的话" * 8  # three rows of the screen
        listener.keys("half a line")
        caller.keys(long)
        listener.see("you: half a line")
        caller.see(long[:20])
        for number in range(4):  # arriving messages must not tear the line being typed
            listener.type(f" and the rest {number}")
            caller.see(f"and the rest {number}")
        self.assertEqual([line for line in self.lines(caller) if line.startswith("server:")],
                         ["server: half a line and the rest 0", *(f"server:  and the rest {n}" for n in range(1, 4))])
        self.assertEqual("".join(self.lines(caller)).count(long), 1)
        caller.type("。")
        listener.see("。")
        joined = "".join(self.lines(listener))
        self.assertEqual(joined.count("client: " + long + "。"), 1)
        caller.type("byebye")
        caller.see("ended with 0")
        listener.see("has left")
        self.assertIn("client: byebye", self.lines(listener))
        again = self.python(where)
        again.sendall(b"next\n")
        listener.see("client: next")
        listener.type("byebye")
        self.assertEqual(again.recv(100), b"byebye\n")
        self.assertEqual(again.recv(100), b"")
        again.close()
        listener.tmux("send-keys", "C-d")
        listener.see("ended with 0")

    def test_typing_fast_on_both_sides(self):
        listener, where = self.listening_screen(rows=120)
        caller = self.screen(where, rows=120)
        caller.see("talking with")
        for number in range(25):
            for one, name in ((listener, "L"), (caller, "C")):
                one.keys(f"{name}{number}:" + "word " * (number % 20) + "end")
            for one in (listener, caller):
                one.tmux("send-keys", "Enter")
        wanted = {f"{name}{number}:" + "word " * (number % 20) + "end" for number in range(25) for name in "LC"}
        for screen in (listener, caller):
            screen.see("L24:")
            screen.see("C24:")
            wait_until(lambda: wanted == self.whole_messages(screen), "every line, whole")

    def whole_messages(self, screen):
        """The messages on the screen, with wrapped lines joined."""
        text = screen.tmux("capture-pane", "-p", "-J")
        return {line.split(": ", 1)[1].rstrip() for line in text.splitlines()
                if re.match(r"(you|client|server): .*end", line)}

    def test_the_tutorials_client(self):
        listener, where = self.listening_screen()
        pupil = self.tutorial("threads_client.py", *where.split(":"))
        pupil.type("大家好")
        listener.see("client: 大家好")
        listener.type("你也好")
        pupil.expect("收到服务器端的消息是 你也好\n")
        listener.type("长" * 300)  # 900 bytes: two pieces, cut at a character
        long = ""
        while long.count("长") < 300:
            long += pupil.expect("\n")
        self.assertEqual(long.count("收到服务器端的消息是"), 2)
        pupil.type("byebye")
        listener.see("has left")

    def test_the_tutorials_server(self):
        server, where = self.tutorial_server("threads_server.py")
        caller = self.screen(where)
        caller.see("talking with")
        server.type("你好")
        caller.see("server: 你好")
        caller.type("一")
        server.expect("收到客户端的消息是 一\n")
        caller.type("二")
        server.expect("二\n")
        caller.type("byebye")
        server.expect("收到客户端的消息是 byebye\n")
        caller.see("ended with 0")

    def test_the_examples_of_chapter_5(self):
        listener, where = self.listening_screen()
        client = self.example("05_both_ways_client", where)
        client.type("一")
        listener.see("client: 一")
        listener.type("二")
        client.expect("server: 二\n")
        listener.type("byebye")
        client.expect("server: byebye\n")
        self.assertEqual(client.end(), 0)
        listener.see("has left")
        server, where = self.example_server("05_both_ways_server")
        caller = self.screen(where)
        caller.see("talking with")
        server.type("三")
        caller.see("server: 三")
        caller.type("四")
        server.expect("client: 四\n")
        caller.type("byebye")
        caller.see("ended with 0")
        server.expect("the client has left\n")

    def test_one_message(self):
        listener, where = self.listening_screen()
        self.assertEqual(self.tutorial("one_message_client.py", *where.split(":")).end(), 0)
        listener.see("client: python学习笔记")
        listener.see("has left")
        server, where = self.tutorial_server("one_message_server.py")
        caller = self.screen(where)
        caller.see("talking with")
        caller.type("hello")
        server.expect("127.0.0.1发送过来的消息是:hello\n")
        caller.see("has left")
        caller.see("ended with 0")

    def with_a_program(self, listener, program):
        """The program has called. It sends line ends and gets them."""
        program.type("hello from there")
        listener.see("client: hello from there")
        listener.type("hello yourself")
        program.expect("hello yourself\n")
        listener.type("byebye")
        program.expect("byebye\n")
        listener.see("has left")

    def test_netcat_calls(self):
        listener, where = self.listening_screen()
        self.with_a_program(listener, self.program("nc", *where.split(":")))

    def test_ncat_calls(self):
        listener, where = self.listening_screen()
        self.with_a_program(listener, self.program("ncat", *where.split(":")))

    def test_socat_calls(self):
        listener, where = self.listening_screen()
        self.with_a_program(listener, self.program("socat", "-", f"TCP:{where}"))

    def call_a_program(self, caller, program):
        """The program listens, and `loquat talk` sends first."""
        caller.see("talking with")
        caller.type("hello from loquat")
        program.expect("hello from loquat\n")
        program.type("hello yourself")
        caller.see("server: hello yourself")
        program.type("byebye")
        caller.see("ended with 0")

    def test_netcat_listens(self):
        port = free_port()
        netcat = self.program("nc", "-l", "-v", "127.0.0.1", port)
        netcat.expect("Listening")
        self.call_a_program(self.screen(f"127.0.0.1:{port}"), netcat)
        self.assertEqual(netcat.end(), 0)

    def test_ncat_listens(self):
        port = free_port()
        ncat = self.program("ncat", "-l", "-v", "127.0.0.1", port)
        ncat.expect("Listening on 127.0.0.1")
        self.call_a_program(self.screen(f"127.0.0.1:{port}"), ncat)

    def test_socat_listens(self):
        port = free_port()
        socat = self.program("socat", "-d", "-d", "-", f"TCP-LISTEN:{port},bind=127.0.0.1")
        socat.expect("listening on")
        self.call_a_program(self.screen(f"127.0.0.1:{port}"), socat)

    def test_unix_socket(self):
        listener, where = self.listening_screen(listen=f"unix:{self.folder}/s", columns=120)
        netcat = self.program("nc", "-U", f"{self.folder}/s")
        listener.see("process ")
        self.with_a_program(listener, netcat)
        caller = self.screen(where)
        caller.see("talking with")
        caller.type("hello")
        listener.see("client: hello")
        caller.type("byebye")
        caller.see("ended with 0")
        listener.tmux("send-keys", "C-c")
        listener.see("ended with 0")
        self.assertFalse(os.path.exists(f"{self.folder}/s"))

    def test_a_terminal_gets_nothing_unescaped(self):
        listener, where = self.listening_screen()
        peer = self.python(where)
        peer.sendall("\x1b]0;owned\x07\x1b[31mred\x9b2J\u202Etxt\r\nyou: fake\ncaf\xe9\n".encode() + b"caf\xe9!\n")
        listener.see("caf\ufffd!")
        self.assertEqual(self.lines(listener)[2:6],
                         ["client: ]0;owned[31mred2Jtxt", "client: you: fake", "client: café", "client: caf\ufffd!"])

    def test_a_reset_does_not_end_the_listener(self):
        listener, where = self.listening_screen()
        peer = self.python(where)
        peer.sendall(b"hello\n")
        listener.see("client: hello")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        listener.see("Connection reset by peer")
        listener.see("has left")
        self.python(where).sendall(b"again\n")
        listener.see("client: again")

    def test_a_peer_that_stops_reading(self):
        server = socket.socket(socket.AF_UNIX)  # a few hundred short lines fill its buffer
        server.bind(f"{self.folder}/s")
        server.listen()
        self.addCleanup(server.close)
        caller = self.screen(f"unix:{self.folder}/s", columns=100)
        peer = self.accept(server)
        peer.sendall(b"line\n")
        caller.see("server: line")
        caller.tmux("set-buffer", "x\n" * 1000)
        caller.tmux("paste-buffer")
        caller.see("is not reading")
        peer.sendall(b"but I can still speak\n")
        caller.see("server: but I can still speak")
        caller.tmux("send-keys", "C-c")
        caller.see("ended with 0")

    def test_lines_typed_without_a_caller_are_not_sent(self):
        listener, where = self.listening_screen()
        listener.type("is anybody here")
        listener.see("nobody is connected")
        peer = self.python(where)
        listener.see("calls")
        listener.type("now")
        self.assertEqual(peer.recv(100), b"now\n")
        listener.tmux("send-keys", "C-c")
        self.assertEqual(peer.recv(100), b"byebye")
        self.assertEqual(peer.recv(100), b"")
        peer.close()
        listener.see("ended with 0")

    def test_ctrl_c_says_byebye(self):
        listener, where = self.listening_screen()
        peer = self.python(where)  # does not close
        listener.see("calls")
        listener.type("hello")
        self.assertEqual(peer.recv(100), b"hello\n")
        listener.tmux("send-keys", "C-c")
        self.assertEqual(peer.recv(100), b"byebye")
        self.assertEqual(peer.recv(100), b"")
        listener.see("ended with 0")

    def test_messages_before_byebye_arrive(self):
        listener, where = self.listening_screen()
        peer = self.python(where)
        text = b"".join(b"line %d\n" % number for number in range(2000))
        peer.sendall(text + b"byebye\n")
        peer.sendall(b"and more that nobody reads\n" * 1000)
        listener.see("client: byebye")
        listener.see("has left")
        self.assertEqual(peer.recv(100), b"")  # the end, not a reset
        self.assertIn("client: line 1999", self.lines(listener))

    def test_typing_while_the_output_is_a_file(self):
        server, where = self.serving()
        caller = self.screen(where, ">", f"{self.folder}/out")
        peer = self.accept(server)
        caller.type("hello")
        self.assertEqual(peer.recv(100), b"hello\n")
        peer.sendall(b"byebye\n\x1b\xff")  # not the goodbye word for a pipe
        caller.type("byebye")
        self.assertEqual(peer.makefile().read(), "byebye\n")
        peer.close()
        caller.see("ended with 0")
        with open(f"{self.folder}/out", "rb") as file:
            self.assertEqual(file.read(), b"byebye\n\x1b\xff")

    def test_a_terminal_shows_a_pipes_output_safely(self):
        server, where = self.serving()
        caller = self.screen(where, "</dev/null")
        peer = self.accept(server)
        peer.sendall("a\x1b[31m\tb\r\nhalf \u4f60".encode()[:-1])
        caller.see("half")
        peer.sendall("\u4f60".encode()[-1:] + b"\n\xe4\xbd\n")
        peer.close()
        caller.see("ended with 0")
        self.assertEqual(self.lines(caller), ["a[31m   b", "half \u4f60", "\ufffd", "ended with 0"])

    def test_ctrl_d_says_byebye(self):
        listener, where = self.listening_screen()
        caller = self.screen(where)
        listener.see("calls")
        listener.tmux("send-keys", "C-d")
        caller.see("server: byebye")
        listener.see("ended with 0")
        caller.see("ended with 0")
        self.assertIn("you: byebye", self.lines(listener))

    def test_udp(self):
        listener, where = self.listening_screen("-u", columns=80)
        netcat = self.program("nc", "-u", *where.split(":"))
        self.with_a_program(listener, netcat)
        caller = self.screen("-u", where)
        caller.see("talking with")
        caller.type("by datagram")
        listener.see("client: by datagram")
        listener.type("answer")
        caller.see("server: answer")
        caller.type("byebye")
        caller.see("ended with 0")
        listener.see("client: byebye")
        with socket.socket(type=socket.SOCK_DGRAM) as pupil:  # sends no line ends
            pupil.settimeout(SECONDS)
            pupil.connect(tuple(where.split(":")[:1]) + (int(where.split(":")[1]),))
            pupil.send("一".encode())
            pupil.send("二".encode())
            listener.see("client: 二")
            listener.type("三")
            self.assertEqual(pupil.recv(512).decode(), "三")
            listener.type("byebye")
            self.assertEqual(pupil.recv(512), b"byebye")
            pupil.send("四".encode())
            listener.see("client: 四")
            pupil.send(b"")  # the end; the answer goes to a closed port
        wait_until(lambda: "\n".join(self.lines(listener)).count("has left") == 4, "its leaving")
        with socket.socket(type=socket.SOCK_DGRAM) as last:
            last.sendto("五".encode(), ("127.0.0.1", int(where.split(":")[1])))
            listener.see("client: 五")
        self.assertIn("client: 一", self.lines(listener))

    def test_udp_to_an_unused_port(self):
        caller = self.screen("-u", "127.0.0.1:" + free_port(socket.SOCK_DGRAM), columns=100)
        caller.see("talking with")
        caller.type("hello?")
        caller.see("Connection refused")
        caller.see("ended with 1")

    def udp_port_is_open(self, port):
        with open("/proc/net/udp") as table:
            return f":{int(port):04X} " in table.read()

    def test_udp_with_netcat_and_socat(self):
        for command in (["nc", "-u", "-l", "127.0.0.1"], ["socat", "-", "UDP-LISTEN:{},bind=127.0.0.1"]):
            port = free_port(socket.SOCK_DGRAM)
            listens = [word.format(port) for word in command] + ([port] if command[0] == "nc" else [])
            with self.subTest(command[0]):
                program = self.program(*listens)
                wait_until(lambda: self.udp_port_is_open(port), "its port")
                caller = self.screen("-u", f"127.0.0.1:{port}")
                caller.see("talking with")
                caller.type("hello")
                program.expect("hello\n")
                program.type("hello yourself")
                caller.see("server: hello yourself")
                caller.type("byebye")
                program.expect("byebye\n")
                caller.see("ended with 0")


if __name__ == "__main__":
    unittest.main()
