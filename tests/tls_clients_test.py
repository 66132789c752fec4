#!/usr/bin/env python3
"""`loquat serve` and `loquat join` with TLS, and third-party clients: OpenSSL, curl, Python's ssl.

usage: tls_clients_test.py LOQUAT
"""
import os
import pathlib
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import time
import unittest

from serve import Server, TextClient

LOQUAT = sys.argv.pop(1)
SECONDS = 20


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)


def make_certificate(folder, name, *more):
    """Makes a certificate and its key with the openssl command."""
    cert, key = folder / f"{name}.crt", folder / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-keyout", key, "-out", cert, "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", *more],
                   check=True, capture_output=True)
    return cert, key


class TlsTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, *arguments):
        server = Server(LOQUAT, *arguments)
        self.addCleanup(server.__exit__)
        self.pem = pathlib.Path(server.data, "tls.pem")
        return server

    def tls(self, port, context=None, name="localhost"):
        context = context or ssl.create_default_context(cafile=self.pem)
        sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port), timeout=SECONDS), server_hostname=name)
        self.addCleanup(sock.close)
        return sock

    def chat(self, port, nick):
        chat = TextClient(self.tls(port))
        chat.say(f"/nick {nick}")
        chat.wait_for(f"called {nick}")
        return chat

    def test_every_protocol_works_over_tls(self):
        server = self.start("--tls-self-signed")
        self.assertEqual(stat.S_IMODE(os.stat(self.pem).st_mode), 0o600)
        ann = self.chat(server.port, "ann")
        plain = TextClient(socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS))
        self.addCleanup(plain.socket.close)
        plain.say("in the clear")
        ann.wait_for(": in the clear")
        irc = TextClient(self.tls(server.port))
        irc.say("NICK bob\r\nUSER bob 0 * :Bob\r\nJOIN #lobby\r")
        irc.wait_for(" 366 ")
        irc.say("PRIVMSG #lobby :from irc\r")
        ann.wait_for("bob: from irc")
        plain.wait_for("bob: from irc")

    def test_openssl(self):
        server = self.start("--tls-self-signed")
        ann = self.chat(server.port, "ann")
        for version in ("tls1_2", "tls1_3"):
            client = subprocess.Popen(["openssl", "s_client", "-quiet", f"-{version}", "-verify_return_error", "-CAfile", self.pem,
                                       "-servername", "localhost", "-connect", f"127.0.0.1:{server.port}"],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            client.stdin.write(f"by {version}\n")
            client.stdin.flush()
            ann.wait_for(f": by {version}")
            client.stdin.write("byebye\n")
            client.stdin.flush()
            self.assertIn("byebye", client.communicate(timeout=SECONDS)[0])
        for version in ("tls1", "tls1_1"):
            refused = run("openssl", "s_client", f"-{version}", "-cipher", "DEFAULT@SECLEVEL=0", "-connect",
                          f"127.0.0.1:{server.port}", stdin=subprocess.DEVNULL)
            self.assertNotEqual(refused.returncode, 0)

    def test_sessions_are_resumed(self):
        server = self.start("--tls-self-signed")
        context = ssl.create_default_context(cafile=self.pem)
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # Python then has the session at once
        first = self.tls(server.port, context)
        second = context.wrap_socket(socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS),
                                     server_hostname="localhost", session=first.session)
        with second:
            self.assertTrue(second.session_reused)

    def test_curl(self):
        server = self.start("--tls-self-signed")
        url = f"https://localhost:{server.port}/healthz"
        good = run("curl", "-sS", "--cacert", self.pem, "--resolve", f"localhost:{server.port}:127.0.0.1", url)
        self.assertEqual((good.stdout.strip(), good.returncode), ("ok", 0))
        refused = run("curl", "-sS", "--resolve", f"localhost:{server.port}:127.0.0.1", url)
        self.assertEqual(refused.returncode, 60)
        self.assertIn("self-signed certificate", refused.stderr)

    def test_names_are_checked(self):
        server = self.start("--tls-self-signed")
        for name in ("127.0.0.1", "localhost", "::1"):
            self.tls(server.port, name=name)
        with self.assertRaisesRegex(ssl.SSLCertVerificationError, "Hostname mismatch"):
            self.tls(server.port, name="other.example")

    def join(self, server, *arguments, address="127.0.0.1"):
        return run(LOQUAT, "join", f"{address}:{server.port}", "--nick", "tim", "--tls", *arguments, input="hello\n")

    def test_join(self):
        server = self.start("--tls-self-signed")
        fingerprint = server.process.stdout.readline() and server.process.stdout.readline().strip()
        ann = self.chat(server.port, "ann")
        for trust in (("--tls-ca", self.pem), ("--tls-fingerprint", fingerprint),
                      ("--tls-fingerprint", "sha256:" + fingerprint.replace(":", "").lower())):
            said = self.join(server, *trust)
            self.assertEqual((said.returncode, said.stderr), (0, ""))
            ann.wait_for("tim: hello")
            ann.received = ""
        refused = self.join(server)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("self-signed certificate", refused.stderr)
        self.assertIn(fingerprint, refused.stderr)
        other = self.join(server, "--tls-fingerprint", "00" * 32)
        self.assertEqual(other.returncode, 1)
        self.assertIn("a different certificate", other.stderr)
        self.assertEqual(self.join(server, "--tls-fingerprint", "12:34").returncode, 2)
        mismatch = self.join(server, "--tls-ca", self.pem, address="127.0.0.2")
        self.assertEqual(mismatch.returncode, 1)

    def test_join_with_tls_to_a_server_without_it(self):
        server = self.start()
        refused = self.join(server)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("alert handshake failure", refused.stderr)

    def test_a_renewed_certificate_is_loaded(self):
        cert, key = make_certificate(self.folder, "localhost")
        server = self.start("--tls-cert", str(cert), "--tls-key", str(key))
        before = self.tls(server.port, ssl.create_default_context(cafile=cert)).getpeercert(True)
        make_certificate(self.folder, "localhost")
        server.process.send_signal(signal.SIGHUP)
        self.wait_for_log(server, "read again")
        after = self.tls(server.port, ssl.create_default_context(cafile=cert)).getpeercert(True)
        self.assertNotEqual(before, after)
        cert.write_text("nonsense")
        server.process.send_signal(signal.SIGHUP)
        self.wait_for_log(server, "stays as it was")
        still = ssl._create_unverified_context()
        self.assertEqual(self.tls(server.port, still).getpeercert(True), after)
        self.assertEqual(server.stop(), 0)

    def wait_for_log(self, server, text):
        deadline = time.monotonic() + SECONDS
        while text not in server.log():
            self.assertLess(time.monotonic(), deadline, server.log())
            time.sleep(0.02)

    def test_bad_files(self):
        cert, key = make_certificate(self.folder, "localhost")
        _, other = make_certificate(self.folder, "other")
        for arguments, expected, status in (
                (("--tls-cert", cert, "--tls-key", other), "key values mismatch", 1),
                (("--tls-cert", key), "no start line", 1),
                (("--tls-cert", cert), str(cert), 1),
                (("--tls-cert", self.folder / "missing"), "does not exist", 2),
                (("--tls-key", key), "--tls-cert", 2),
                (("--tls-cert", cert, "--tls-self-signed"), "excludes", 2)):
            said = run(LOQUAT, "serve", "--listen", "127.0.0.1:0", "--data", self.folder / "data", *map(str, arguments),
                       stdin=subprocess.DEVNULL)
            self.assertEqual(said.returncode, status, said.stderr)
            self.assertIn(expected, said.stderr + said.stdout)

    def dates(self, pem):
        said = run("openssl", "x509", "-in", pem, "-noout", "-dates", "-fingerprint", "-sha256").stdout
        found = dict(line.split("=", 1) for line in said.splitlines())
        return [ssl.cert_time_to_seconds(found[name]) for name in ("notBefore", "notAfter")]

    def test_a_self_signed_certificate_lives_825_days_at_most(self):
        self.start("--tls-self-signed")
        begin, end = self.dates(self.pem)
        self.assertLessEqual(end - begin, 825 * 24 * 3600)
        self.assertGreater(end - begin, 800 * 24 * 3600)

    def test_a_self_signed_certificate_is_renewed_before_it_expires(self):
        data = self.folder / "data"
        data.mkdir()
        cert, key = make_certificate(self.folder, "localhost")  # for two days
        (data / "tls.pem").write_text(cert.read_text() + key.read_text())
        with Server(LOQUAT, "--tls-self-signed", data=str(data)) as server:
            begin, end = self.dates(data / "tls.pem")
            self.assertGreater(end - begin, 800 * 24 * 3600)
            (data / "tls.pem").write_text(cert.read_text() + key.read_text())  # as if it had run for so long
            server.process.send_signal(signal.SIGHUP)
            self.wait_for_log(server, "read again")
            self.assertNotEqual(self.dates(data / "tls.pem"), self.dates(cert))

    def test_the_certificate_stays_until_it_expires(self):
        data = self.folder / "data"
        shown = []
        for _ in range(2):
            server = Server(LOQUAT, "--tls-self-signed", data=str(data))
            with server:
                server.process.stdout.readline()
                shown.append(server.process.stdout.readline())
                server.stop()
        self.assertEqual(shown[0], shown[1])
        self.assertRegex(shown[0], r"^  ([0-9A-F]{2}:){31}[0-9A-F]{2}\n$")


if __name__ == "__main__":
    unittest.main()
