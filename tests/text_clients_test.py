#!/usr/bin/env python3
"""The tutorial's Python clients, netcat, telnet, an IRC client and a browser's requests, at one port of a real server.

usage: text_clients_test.py LOQUAT [unittest arguments]
"""
import http.client
import os
import shutil
import socket
import sys
import time
import unittest

from programs import Program
from serve import Server

LOQUAT = sys.argv.pop(1)
TUTORIAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tutorial")
SECONDS = 30


class Wire:
    """A client that is a plain socket."""

    def __init__(self, port, first=""):
        self.socket = socket.create_connection(("127.0.0.1", port), SECONDS)
        self.got = b""
        if first:
            self.send(first)

    def send(self, text):
        self.socket.sendall(text.encode() if isinstance(text, str) else text)

    def expect(self, text):
        """Waits for `text` and returns all up to its end."""
        wanted = text.encode()
        while wanted not in self.got:
            data = self.socket.recv(65536)
            if not data:
                raise AssertionError(f"the connection ended before {text!r}: {self.got!r}")
            self.got += data
        end = self.got.index(wanted) + len(wanted)
        before, self.got = self.got[:end], self.got[end:]
        return before.decode()

    def rest(self):
        while data := self.socket.recv(65536):
            self.got += data
        return self.got.decode()

    def close(self):
        self.socket.close()


class Clients(unittest.TestCase):
    def setUp(self):
        self.server = Server(LOQUAT, "--workers", "2", "--flood", "0")
        self.addCleanup(self.server.__exit__)

    def program(self, *command):
        program = Program(*command)
        self.addCleanup(program.stop)
        return program

    def tutorial(self, name):
        return self.program(sys.executable, os.path.join(TUTORIAL, name), "127.0.0.1", str(self.server.port))

    def installed(self, name):
        if shutil.which(name) is None:
            self.skipTest(f"{name} is not installed")
        return self.program(name, "127.0.0.1", str(self.server.port))

    def wire(self, first=""):
        wire = Wire(self.server.port, first)
        self.addCleanup(wire.close)
        return wire

    def terminal(self, nick):
        wire = self.wire(f"/nick {nick}\n")
        wire.expect(f"* You are called {nick} now\n")
        return wire

    def test_one_message(self):
        ann = self.terminal("ann")
        self.assertEqual(self.tutorial("one_message_client.py").end(), 0)
        ann.expect("guest2: python学习笔记\n")
        ann.expect("* guest2 has gone")

    def test_turns(self):
        ann = self.terminal("ann")
        ann.send("以前的话\n")
        pupil = self.tutorial("turns_client.py")
        for number in range(3):
            pupil.type(f"第{number}句话")
            ann.expect(f"guest2: 第{number}句话\n")
            ann.send(f"回答{number}\n")
            self.assertEqual(pupil.expect(f"回答{number}\n").split(":", 1)[1], f"服务器端发送过来的消息是:ann: 回答{number}\n")
        pupil.type("byebye")
        ann.expect("* guest2 has gone (byebye)\n")
        self.assertEqual(pupil.end(), 0)

    def test_turns_far_behind(self):
        ann = self.terminal("ann")
        pupil = self.tutorial("turns_client.py")
        pupil.type("你好你好")
        ann.expect("guest2: 你好你好\n")
        for number in range(40):
            ann.send(f"这一行是第{number}行,它有一点长,为了超过五百一十二个字节\n")
        pupil.expect("第0行")
        deadline = time.monotonic() + SECONDS
        while self.unread() < 2000:  # nearly four times one recv(512)
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        while "第39行" not in pupil.got:
            pupil.type("我来了")
            pupil.expect("服务器端发送过来的消息是:")
        self.assertNotIn("UnicodeDecodeError", pupil.got)
        pupil.type("byebye")
        self.assertEqual(pupil.end(), 0)

    def test_byebye_is_one_recv(self):
        ann = self.terminal("ann")
        pupil = self.wire("你好你好")
        ann.expect("你好你好\n")
        ann.send("你好\n")
        self.assertEqual(pupil.socket.recv(512).decode(), "ann: 你好")
        pupil.send("byebye")
        self.assertEqual(pupil.socket.recv(512), b"byebye")
        self.assertEqual(pupil.socket.recv(512), b"")

    def test_threads(self):
        ann = self.terminal("ann")
        pupil = self.tutorial("threads_client.py")
        pupil.type("大家好")
        ann.expect("大家好\n")
        ann.send("".join(f"这是第{number}行中文\n" for number in range(60)))
        for number in range(60):
            pupil.expect(f"第{number}行中文")
        pupil.type("都看到了")
        ann.expect("guest2: 都看到了\n")
        self.assertNotIn("Error", pupil.got)

    def test_netcat(self):
        ann = self.terminal("ann")
        netcat = self.installed("nc")
        netcat.type("hello from netcat")
        netcat.expect("* You are in #lobby, with ")
        ann.expect("hello from netcat\n")
        ann.send("hello yourself\n")
        netcat.expect("ann: hello yourself\n")
        netcat.type("byebye")
        netcat.expect("byebye")

    def test_telnet(self):
        ann = self.terminal("ann")
        telnet = self.installed("telnet")
        telnet.expect("Escape character")
        telnet.type("hello from telnet")
        telnet.expect("* You are in #lobby, with ")
        ann.expect("hello from telnet\n")
        ann.send("你好\n")
        telnet.expect("ann: 你好")
        telnet.type("byebye")
        telnet.expect("byebye")

    def test_key_by_key(self):
        ann = self.terminal("ann")
        keys = self.wire(b"\xff\xfd\x03\xff\xfb\x18")  # DO SUPPRESS-GO-AHEAD, WILL TERMINAL-TYPE
        for key in "typed 慢慢地\r":
            keys.send(key)
            time.sleep(0.05)  # the subject of the test: one key after another
        keys.send(b"\0")
        ann.expect("guest2: typed 慢慢地\n")
        self.assertEqual(keys.socket.recv(6), b"\xff\xfc\x03\xff\xfe\x18")
        plain = self.wire()
        for key in "no telnet commands\n":
            plain.send(key)
            time.sleep(0.05)
        ann.expect("guest3: no telnet commands\n")

    def test_everyone_in_one_room(self):
        ann = self.terminal("ann")
        pupil = self.wire("大家好大家好")
        ann.expect("大家好大家好\n")
        irc = self.wire("NICK ivy\r\nUSER ivy 0 * :Ivy\r\nJOIN #lobby\r\n")
        irc.expect(" 366 ivy ")
        irc.send("PRIVMSG #lobby :用 IRC 的你们好\r\n")
        self.assertEqual(pupil.socket.recv(512).decode(), "ivy: 用 IRC 的你们好")
        ann.expect("ivy: 用 IRC 的你们好\n")
        ann.send("一行\n")
        irc.expect("PRIVMSG #lobby :一行\r\n")
        browser = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=SECONDS)
        browser.request("GET", "/healthz")
        self.assertEqual(browser.getresponse().status, 200)
        browser.close()
        pupil.send("byebye")
        ann.expect("* guest2 has gone (byebye)\n")
        irc.expect("QUIT")

    def test_a_stop_tells_everyone(self):
        silent = self.wire()
        ann = self.terminal("ann")
        pupil = self.tutorial("turns_client.py")
        pupil.type("你在吗你在吗")
        ann.expect("你在吗你在吗\n")
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual(pupil.end(), 0)
        self.assertIn("服务器端发送过来的消息是:byebye\n", pupil.got)
        self.assertIn("* The server stops: ", ann.rest())
        self.assertEqual(silent.rest(), "")

    def test_a_client_that_never_reads(self):
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.addCleanup(deaf.close)
        deaf.connect(("127.0.0.1", self.server.port))
        deaf.sendall(b"I shall not read\n")
        ann = self.terminal("ann")
        bob = self.terminal("bob")
        line = "x" * 300
        for number in range(50):
            ann.send("".join(f"{line}{number}-{i}\n" for i in range(100)))
            bob.expect(f"{number}-99\n")
        self.assertLess(self.unsent(), 1_000_000, "the kernel holds little for one who does not read")
        bob.send("/who\n")
        self.assertNotIn("guest1", bob.expect("bob\n").splitlines()[-1])

    def connections(self):
        """The kernel's table of TCP connections: port here, port there, bytes not acknowledged, bytes not read."""
        with open("/proc/net/tcp") as table:
            for line in table.readlines()[1:]:
                _, here, there, _, queues, *_ = line.split()
                yield [int(field.split(":")[1], 16) for field in (here, there)] + [int(n, 16) for n in queues.split(":")]

    def unsent(self):
        """Bytes that the server's kernel holds for clients."""
        return sum(unsent for here, _, unsent, _ in self.connections() if here == self.server.port)

    def unread(self):
        """Bytes that have arrived at clients and are unread."""
        return sum(unread for _, there, _, unread in self.connections() if there == self.server.port)


if __name__ == "__main__":
    unittest.main()
