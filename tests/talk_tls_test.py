#!/usr/bin/env python3
"""`loquat talk --tls` with itself, openssl, socat, ncat and Python's ssl; and which peers it refuses.

usage: talk_tls_test.py LOQUAT [unittest arguments]
"""
import os
import socket
import ssl
import subprocess
import tempfile
import unittest

from talk import LOQUAT, SECONDS, Talks, free_port


class Tls(Talks):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.files = cls.enterClassContext(tempfile.TemporaryDirectory())
        cls.cert, cls.key = f"{cls.files}/cert", f"{cls.files}/key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-days", "2", "-subj", "/CN=talk", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", cls.key,
                        "-out", cls.cert], check=True, capture_output=True)

    def setUp(self):
        super().setUp()
        self.data = os.urandom(600_000) + b"byebye"

    def tls_listener(self, *arguments, data=b""):
        """Starts a listener without a terminal that sends `data` (None: keeps its input open); returns it, its address and
        its certificate's fingerprint.
        """
        with open(f"{self.folder}/answer", "wb") as file:
            file.write(data or b"")
        with open(f"{self.folder}/answer", "rb") as answer, open(f"{self.folder}/got", "wb") as got:
            process = subprocess.Popen([LOQUAT, "talk", "--listen", "127.0.0.1:0", "--tls", *arguments],
                                       stdin=subprocess.PIPE if data is None else answer, stdout=got, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        where = process.stderr.readline().decode().split()[2]
        return process, where, process.stderr.readline().decode().split()[-1]

    def has_got(self, listener, data):
        self.assertEqual(listener.wait(SECONDS), 0, listener.stderr.read())
        with open(f"{self.folder}/got", "rb") as file:
            self.assertEqual(file.read(), data)

    def with_files(self, data):
        return self.tls_listener("--tls-cert", self.cert, "--tls-key", self.key, data=data)

    def python_server(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.cert, self.key)
        server, where = self.serving()
        server = context.wrap_socket(server, server_side=True)
        self.addCleanup(server.close)
        return server, where

    # --- trust ---

    def test_a_fingerprint(self):
        listener, where, fingerprint = self.tls_listener()
        refused = self.run_talk(where, "--tls", text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("self-signed certificate", refused.stderr)
        self.assertIn(f"--tls-fingerprint {fingerprint}", refused.stderr)
        other = self.run_talk(where, "--tls-fingerprint", "AB" * 32, text=True, stdin=subprocess.DEVNULL)
        self.assertEqual(other.returncode, 1)
        self.assertIn(f"a different certificate, with the fingerprint {fingerprint}", other.stderr)
        self.assertEqual(self.run_talk(where, "--tls-fingerprint", fingerprint, input=self.data).returncode, 0)
        said = listener.stderr.readline().decode()
        self.assertRegex(said, r"^127.0.0.1:\d+ connected, but: .*alert")
        self.has_got(listener, self.data)

    def test_a_certificate(self):
        listener, where, _ = self.with_files(self.data[::-1])
        caller = self.run_talk(where, "--tls-ca", self.cert, input=self.data)
        self.assertEqual((caller.returncode, caller.stdout), (0, self.data[::-1]))
        self.has_got(listener, self.data)
        _, where, _ = self.with_files(self.data[::-1])
        wrong_host = self.run_talk(where.replace("127.0.0.1", "localhost"), "--tls-ca", self.cert, text=True,
                                   stdin=subprocess.DEVNULL)
        self.assertEqual(wrong_host.returncode, 1)
        self.assertRegex(wrong_host.stderr.lower(), "host ?name mismatch")

    def test_a_caller_without_tls(self):
        listener, where, fingerprint = self.tls_listener()
        plain = self.run_talk(where, input=b"hello\n")
        self.assertNotEqual(plain.stdout, b"hello\n")
        self.assertIn(b"connected, but: ", listener.stderr.readline())
        self.assertEqual(self.run_talk(where, "--tls-fingerprint", fingerprint, input=b"hi").returncode, 0)
        self.has_got(listener, b"hi")

    def test_a_forged_end(self):
        server, where = self.python_server()
        caller = self.program(LOQUAT, "talk", where, "--tls-ca", self.cert)
        peer, _ = server.accept()
        peer.sendall(b"half of i")
        socket.socket(fileno=peer.detach()).close()  # ends the stream without close_notify
        caller.process.stdin.close()
        self.assertEqual(caller.end(), 1)
        self.assertIn("half of i", caller.got)
        self.assertIn("in the middle of TLS", caller.got)

    def test_wrong_usage(self):
        for arguments in (["-u", "--tls", ":1"], ["--tls", "unix:/x"], ["--listen", ":1", "--tls-fingerprint", "AB" * 32],
                          ["--listen", ":1", "--tls-ca", self.cert], [":1", "--tls-cert", self.cert],
                          [":1", "--tls-fingerprint", "AB"], ["--listen", ":1", "--tls-key", self.key]):
            with self.subTest(arguments):
                self.assertEqual(self.run_talk(*arguments, stdin=subprocess.DEVNULL).returncode, 2)
        missing = self.run_talk("--listen", "127.0.0.1:0", "--tls-cert", f"{self.folder}/none", text=True)
        self.assertEqual(missing.returncode, 1)
        self.assertIn("No such file", missing.stderr)

    # --- at terminals ---

    def test_at_terminals(self):
        listener = self.screen("--listen", "127.0.0.1:0", "--tls", columns=170)
        listener.see("to compare")
        where = listener.text().split("listening on ")[1].split()[0]
        fingerprint = listener.text().split("compare: ")[1].split()[0]
        caller = self.screen(where, "--tls-fingerprint", fingerprint)
        caller.see("talking with")
        caller.type("你好")
        listener.see("client: 你好")
        listener.keys("half a line")
        caller.type("in between")
        listener.see("client: in between")
        listener.see("you: half a line")
        listener.type("")
        caller.see("server: half a line")
        caller.type("byebye")
        listener.see("has left")
        caller.see("ended with 0")
        again = self.screen(where, "--tls-fingerprint", fingerprint)
        again.see("talking with")
        listener.type("byebye")
        again.see("server: byebye")
        again.see("ended with 0")

    # --- third-party programs ---

    def test_socat_calls(self):
        listener, where, _ = self.with_files(self.data[::-1])
        ran = subprocess.run(["socat", "-t20", "-", f"OPENSSL:{where},cafile={self.cert}"], input=self.data,
                             capture_output=True, timeout=SECONDS)
        self.assertEqual(ran.stdout, self.data[::-1])
        self.has_got(listener, self.data)

    def test_ncat_calls(self):
        """ncat ends without close_notify. All bytes have arrived, but the receiver cannot be certain."""
        listener, where, _ = self.with_files(None)
        subprocess.run(["ncat", "--ssl", *where.split(":")], input=self.data, timeout=SECONDS, check=True)
        self.assertEqual(listener.wait(SECONDS), 1)
        self.assertIn(b"in the middle of TLS", listener.stderr.read())
        with open(f"{self.folder}/got", "rb") as file:
            self.assertEqual(file.read(), self.data)

    def test_python_calls(self):
        listener, where, _ = self.with_files(self.data[::-1])
        context = ssl.create_default_context(cafile=self.cert)
        with context.wrap_socket(self.python(where), server_hostname="127.0.0.1") as client:
            got = b""
            while len(got) < len(self.data):
                got += client.recv(65536)
            client.sendall(self.data)
            client.unwrap()
        self.assertEqual(got, self.data[::-1])
        self.has_got(listener, self.data)

    def test_openssl_calls(self):
        listener, where, _ = self.tls_listener("--turns", "--tls-cert", self.cert, "--tls-key", self.key, data=b"answer\n")
        client = self.program("openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile", self.cert, "-connect",
                              where)
        client.type("question")
        client.expect("answer\n")
        client.type("thank you")
        client.expect("byebye\n")
        self.assertEqual(listener.wait(SECONDS), 0)

    def test_socat_listens(self):
        port = free_port()
        with open(f"{self.folder}/got", "wb") as got:
            socat = subprocess.Popen(["socat", "-d", "-d", "-u", f"OPENSSL-LISTEN:{port},bind=127.0.0.1,cert={self.cert},"
                                      f"key={self.key},verify=0", "-"], stdout=got, stderr=subprocess.PIPE)
        self.addCleanup(lambda: (socat.kill(), socat.communicate()))
        while b"listening on" not in socat.stderr.readline():
            pass
        self.assertEqual(self.run_talk(f"127.0.0.1:{port}", "--tls-ca", self.cert, input=self.data).returncode, 0)
        self.has_got(socat, self.data)

    def test_python_listens(self):
        server, where = self.python_server()
        caller = self.program(LOQUAT, "talk", where, "--turns", "--tls-ca", self.cert)
        peer, _ = server.accept()
        self.addCleanup(peer.close)
        caller.type("你好")
        self.assertEqual(peer.recv(512).decode(), "你好")
        peer.sendall(b"byebye")
        caller.expect("byebye\n")
        self.assertEqual(peer.recv(512), b"")
        self.assertEqual(caller.end(), 0)


if __name__ == "__main__":
    unittest.main()
