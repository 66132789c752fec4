#!/usr/bin/env python3
"""Pipes through `loquat talk`: byte for byte, to itself, netcat, ncat and socat; and its error messages.

usage: talk_pipe_test.py LOQUAT [unittest arguments]
"""
import fcntl
import os
import signal
import socket
import struct
import subprocess
import termios
import unittest

from programs import wait_until
from talk import LOQUAT, SECONDS, Talks, free_port


class Pipes(Talks):
    def setUp(self):
        super().setUp()
        self.data = os.urandom(1_500_000) + b"byebye\nbyebye"
        self.received = f"{self.folder}/received"

    def pipe_listener(self, *arguments, listen="127.0.0.1:0", **how):
        """Starts a listener without a terminal; returns it and its address. Its output goes to a file."""
        how.setdefault("stdin", subprocess.DEVNULL)
        with open(self.received, "wb") as out:
            how.setdefault("stdout", out)
            process = subprocess.Popen([LOQUAT, "talk", "--listen", listen, *arguments], stderr=subprocess.PIPE, **how)
        self.addCleanup(lambda: (process.kill(), process.communicate()))
        return process, process.stderr.readline().decode().split()[2]

    def has_received(self, listener, data):
        self.assertEqual(listener.wait(SECONDS), 0)
        with open(self.received, "rb") as file:
            self.assertEqual(file.read(), data)

    def test_both_ways(self):
        answer = os.urandom(2_000_000)
        with open(f"{self.folder}/answer", "wb") as file:
            file.write(answer)
        with open(f"{self.folder}/answer", "rb") as file:
            listener, where = self.pipe_listener(stdin=file)
        caller = self.run_talk(where, input=self.data)
        self.assertEqual((caller.returncode, caller.stdout, caller.stderr), (0, answer, b""))
        self.has_received(listener, self.data)

    def test_ipv6(self):
        for arguments in ([], ["-u"]):
            with self.subTest(arguments):
                listener, where = self.pipe_listener(*arguments, listen="[::1]:0")
                self.assertRegex(where, r"^\[::1\]:\d+$")
                self.assertEqual(self.run_talk(where, *arguments, input=self.data[:5000]).returncode, 0)
                self.has_received(listener, self.data[:5000])

    def test_a_folder_by_tar(self):
        os.mkdir(f"{self.folder}/from")
        os.mkdir(f"{self.folder}/to")
        with open(f"{self.folder}/from/file", "wb") as file:
            file.write(self.data)
        listener = subprocess.Popen(f"'{LOQUAT}' talk --listen 127.0.0.1:0 </dev/null | tar x -C to", shell=True,
                                    cwd=self.folder, stderr=subprocess.PIPE)
        self.addCleanup(listener.communicate)
        where = listener.stderr.readline().decode().split()[2]
        subprocess.run(f"tar c -C from . | '{LOQUAT}' talk {where}", shell=True, cwd=self.folder, check=True,
                       timeout=SECONDS)
        self.assertEqual(listener.wait(SECONDS), 0)
        with open(f"{self.folder}/to/file", "rb") as file:
            self.assertEqual(file.read(), self.data)

    def test_a_unix_socket(self):
        listener, where = self.pipe_listener(listen=f"unix:{self.folder}/s")
        self.assertEqual(self.run_talk(where, input=self.data).returncode, 0)
        self.has_received(listener, self.data)
        self.assertFalse(os.path.exists(f"{self.folder}/s"))

    def others_send(self, *command):
        listener, where = self.pipe_listener()
        host, port = where.split(":")
        sent = subprocess.run([word.format(host=host, port=port) for word in command], input=self.data,
                              capture_output=True, timeout=SECONDS)
        self.assertEqual(sent.returncode, 0)
        self.has_received(listener, self.data)

    def test_netcat_sends(self):
        self.others_send("nc", "-N", "{host}", "{port}")

    def test_ncat_sends(self):
        self.others_send("ncat", "{host}", "{port}")

    def test_socat_sends(self):
        self.others_send("socat", "-", "TCP:{host}:{port}")

    def others_receive(self, *command, ready):
        port = free_port()
        with open(self.received, "wb") as out:
            receiver = subprocess.Popen([word.format(port=port) for word in command], stdin=subprocess.DEVNULL,
                                        stdout=out, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (receiver.kill(), receiver.communicate()))
        while ready not in receiver.stderr.readline():
            pass
        self.assertEqual(self.run_talk(f"127.0.0.1:{port}", input=self.data).returncode, 0)
        self.has_received(receiver, self.data)

    def test_netcat_receives(self):
        self.others_receive("nc", "-l", "-v", "127.0.0.1", "{port}", ready=b"Listening")

    def test_ncat_receives(self):
        self.others_receive("ncat", "-l", "-v", "127.0.0.1", "{port}", ready=b"Listening on 127")

    def test_socat_receives(self):
        self.others_receive("socat", "-d", "-d", "-", "TCP-LISTEN:{port},bind=127.0.0.1", ready=b"listening on")

    def test_the_answer_comes_after_the_end_of_the_question(self):
        server, where = self.serving()
        asking = self.talk(where)
        asking.type("question")
        asking.process.stdin.close()
        peer = self.accept(server)
        self.assertEqual(peer.makefile().read(), "question\n")
        peer.sendall(b"\0\xff\n")
        peer.close()
        while piece := asking.pieces.get(timeout=SECONDS):
            self.assertEqual(piece, b"\0\xff\n")
        self.assertEqual(asking.process.wait(SECONDS), 0)

    def test_a_reset_is_reported(self):
        server, where = self.serving()
        caller = self.talk(where)
        peer = self.accept(server)
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        peer.close()
        caller.expect("Connection reset by peer")
        self.assertEqual(caller.end(), 1)

    def test_a_closed_output_pipe(self):
        listener, where = self.pipe_listener(stdout=subprocess.PIPE)
        listener.stdout.close()
        listener.stdout = None
        peer = self.python(where)
        peer.sendall(b"x")
        self.assertEqual(listener.wait(SECONDS), 1)
        self.assertIn(b"standard output: Broken pipe", listener.stderr.read())

    def test_closed_standard_output_and_input(self):
        server, where = self.serving()
        caller = subprocess.Popen(["sh", "-c", f"exec '{LOQUAT}' talk {where} <&- >&-"], stderr=subprocess.PIPE)
        self.addCleanup(caller.communicate)
        peer = self.accept(server)
        self.assertEqual(peer.recv(10), b"")  # no input
        peer.sendall(b"x")
        self.assertEqual(caller.wait(SECONDS), 1)
        self.assertIn(b"standard output: ", caller.stderr.read())

    def test_interrupted(self):
        listener, _ = self.pipe_listener()
        listener.send_signal(signal.SIGINT)
        self.assertEqual(listener.wait(SECONDS), 0)  # there was no caller
        listener, where = self.pipe_listener()
        peer = self.python(where)
        self.assertIn(b"calls", listener.stderr.readline())
        listener.send_signal(signal.SIGINT)
        self.assertEqual(listener.wait(SECONDS), 1)
        self.assertIn(b"interrupted", listener.stderr.read())
        self.assertEqual(peer.recv(10), b"")

    def test_interrupted_while_the_peer_does_not_read(self):
        server, where = self.serving()
        with open("/dev/zero", "rb") as endless:
            caller = subprocess.Popen([LOQUAT, "talk", where], stdin=endless, stderr=subprocess.PIPE)
        self.addCleanup(caller.communicate)
        peer = self.accept(server)
        seen = [0]
        wait_until(lambda: seen.append(self.unread(peer)) or 0 < seen[-1] == seen[-2], "full buffers")
        caller.send_signal(signal.SIGINT)
        self.assertEqual(caller.wait(SECONDS), 1)
        self.assertIn(b"interrupted", caller.stderr.read())

    def unread(self, peer):
        return struct.unpack("i", fcntl.ioctl(peer, termios.FIONREAD, b"\0" * 4))[0]

    def test_udp(self):
        listener, where = self.pipe_listener("-u")
        caller = self.run_talk("-u", where, input=self.data[:20_000])
        self.assertEqual((caller.returncode, caller.stdout, caller.stderr), (0, b"", b""))
        self.has_received(listener, self.data[:20_000])

    def test_udp_to_a_peer_that_never_ends(self):
        with socket.socket(type=socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            server.settimeout(SECONDS)
            caller = self.talk("-u", f"127.0.0.1:{server.getsockname()[1]}")
            caller.type("question")
            caller.process.stdin.close()
            question, address = server.recvfrom(100)
            self.assertEqual((question, server.recv(100)), (b"question\n", b""))
            server.sendto(b"answer", address)
            self.assertEqual(caller.end(), 0)
            self.assertEqual(caller.got, "answer")


class Mistakes(Talks):
    def said(self, *arguments):
        ran = self.run_talk(*arguments, text=True, stdin=subprocess.DEVNULL)
        return ran.returncode, ran.stderr

    def test_nobody_listens(self):
        status, said = self.said("127.0.0.1:" + free_port())
        self.assertEqual(status, 1)
        self.assertRegex(said, r"^loquat: cannot connect to 127.0.0.1:\d+: Connection refused; .*--listen")
        status, said = self.said(f"unix:{self.folder}/none")
        self.assertEqual(status, 1)
        self.assertIn("No such file or directory", said)

    def test_no_such_name(self):
        status, said = self.said("no-such-name.invalid:9000")
        self.assertEqual(status, 1)
        self.assertIn("no-such-name.invalid", said)

    def test_a_port_in_use(self):
        _, where = self.serving()
        status, said = self.said("--listen", where)
        self.assertEqual(status, 1)
        self.assertIn(f"cannot listen on {where}: Address already in use", said)
        with socket.socket(type=socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            status, said = self.said("-u", "--listen", f"127.0.0.1:{taken.getsockname()[1]}")
            self.assertEqual(status, 1)
            self.assertIn("Address already in use", said)

    def test_wrong_usage(self):
        for arguments in ([], ["nonsense"], [":1", "--listen", ":2"], ["host:99999"], ["-u", "unix:/x"], ["--what"],
                          ["--listen"], ["a:1", "b:2"]):
            with self.subTest(arguments):
                status, said = self.said(*arguments)
                self.assertEqual(status, 2, said)
                self.assertTrue(said)

    def test_help(self):
        ran = self.run_talk("--help", text=True)
        self.assertEqual(ran.returncode, 0)
        self.assertIn("tar c . | loquat talk", ran.stdout)


if __name__ == "__main__":
    unittest.main()
