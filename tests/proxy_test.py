#!/usr/bin/env python3
"""docs/proxy.md with real proxies: its nginx, HAProxy and Caddy configurations run here, with other ports and paths.

usage: proxy_test.py LOQUAT

Clients at 127.0.0.5, 127.0.0.6, ... are different people, whom the server can tell apart only by what the proxy says.
"""
import asyncio
import importlib.util
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from serve import Server, TextClient

DEBIAN_PYTHON = "/usr/bin/python3"  # has Debian's python3-websockets
if importlib.util.find_spec("websockets") is None and sys.executable != DEBIAN_PYTHON:
    os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])
import websockets

LOQUAT = sys.argv.pop(1)
SECONDS = 60
NAME = "chat.example.org"
DOCUMENT = pathlib.Path(__file__).parent.parent / "docs/proxy.md"


def block(language):
    """The one block of the document in this language."""
    (text,) = re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return text


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy:
    """A proxy that is started again on other ports if somebody else has taken one of them meanwhile."""

    def __init__(self, folder, write_configuration, command):
        for _ in range(20):
            self.ports = [free_port() for _ in range(3)]
            write_configuration(*self.ports)
            self.log = open(folder / "proxy.log", "w+", encoding="utf-8")
            self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)})
            if self.is_up(self.ports[0]):
                return
            self.stop()
        raise RuntimeError("the proxy did not start: " + pathlib.Path(folder / "proxy.log").read_text())

    def is_up(self, port):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=SECONDS).close()
                return True
            except ConnectionRefusedError:
                time.sleep(0.02)
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait(SECONDS)
        self.log.close()


class Page:
    """A browser at `address`: a WebSocket through the proxy, opened by a page of `origin`, the proxy's own if it is None."""

    def __init__(self, test, address, origin=None, **fields):
        self.loop = asyncio.new_event_loop()
        test.addCleanup(self.loop.close)
        port = test.proxy.ports[0]
        self.socket = self.run(lambda: websockets.connect(
            f"wss://{NAME}:{port}/irc", ssl=test.trusting, sock=test.connect(address, port), server_hostname=NAME,
            origin=origin or f"https://{NAME}:{port}", subprotocols=["text.ircv3.net"], extra_headers=fields))
        test.addCleanup(self.run, self.socket.close)

    def enter(self, nick):
        self.send(f"NICK {nick}")
        self.send(f"USER {nick} 0 * :{nick}")

    def run(self, call, *arguments):
        async def soon():
            return await asyncio.wait_for(call(*arguments), SECONDS)
        return self.loop.run_until_complete(soon())

    def send(self, line):
        self.run(self.socket.send, line)

    def expect(self, text):
        while text not in (line := self.run(self.socket.recv)):
            pass
        return line

    def is_here(self):
        self.send("PING :still")
        self.expect("still")


class ProxyTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        cert, key = self.folder / "cert.pem", self.folder / "key.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                        "-keyout", key, "-out", cert, "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}"],
                       check=True, capture_output=True)
        (self.folder / "both.pem").write_text(cert.read_text() + key.read_text())
        self.trusting = ssl.create_default_context(cafile=cert)

    def start_server(self, *arguments):
        self.server = Server(LOQUAT, "--host", NAME, "--trusted-proxy", "127.0.0.1", *arguments)
        self.addCleanup(self.server.__exit__)

    def start_proxy(self, language, path, command, changes):
        """`changes(text, ports)` puts the ports and paths of this test into the configuration."""
        if not shutil.which(command[0]):
            self.fail(f"{command[0]} is missing: ./dev setup test")
        self.proxy = Proxy(self.folder, lambda *ports: path.write_text(changes(block(language), ports)), command)
        self.addCleanup(self.proxy.stop)

    def replaced(self, text, changes):
        for old, new in changes.items():
            self.assertIn(old, text, "docs/proxy.md has changed")
            text = text.replace(old, str(new))
        return text

    def connect(self, address, port):
        connected = socket.create_connection(("127.0.0.1", port), timeout=SECONDS, source_address=(address, 0))
        self.addCleanup(connected.close)
        return connected

    def secure(self, context, address, port):
        connected = context.wrap_socket(self.connect(address, port), server_hostname=NAME)
        self.addCleanup(connected.close)
        return connected

    def get(self, path, **fields):
        """Status, fields and body of a page as a browser gets it."""
        port = self.proxy.ports[0]
        browser = self.secure(self.trusting, "127.0.0.9", port)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        browser.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}:{port}\r\n{lines}Connection: close\r\n\r\n".encode())
        answer = b""
        while data := browser.recv(65536):
            answer += data
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), head.decode().lower(), body

    def check_web(self):
        """Page, WebSocket, TLS at the proxy; bans and logs meet people."""
        self.assertEqual(self.get("/healthz")[0], 200)
        status, _, body = self.get("/")
        self.assertEqual(status, 200)
        self.assertIn(b"<!doctype html>", body.lower())
        self.assertEqual(self.get("/metrics", Authorization="Bearer x")[0], 403)
        self.assertIn("wrong operator key from 127.0.0.9\n", self.server.log())
        self.assertEqual(self.get("/metrics")[0], 403)
        ann, ben = Page(self, "127.0.0.5"), Page(self, "127.0.0.6")
        for page, nick in ((ann, "ann"), (ben, "ben")):
            page.enter(nick)
            page.expect(" 376 ")
        self.server.type("/ban 127.0.0.5")
        ann.expect("ERROR")
        ben.is_here()
        again = Page(self, "127.0.0.5", **{"X-Forwarded-For": "192.0.2.1", "Forwarded": "for=192.0.2.1"})
        again.enter("cay")
        again.expect(" 465 ")
        with self.assertRaisesRegex(websockets.InvalidStatusCode, "403"):
            Page(self, "127.0.0.5", "https://evil.example")

    def test_nginx(self):
        self.start_server()
        main = self.folder / "nginx.conf"
        site = self.folder / "site.conf"
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        main.write_text(f"daemon off; pid {self.folder}/pid; error_log stderr;\nevents {{}}\n"
                        f"http {{ access_log off;\n{temporary}include {site};\n}}\n")
        self.start_proxy("nginx", site, ["nginx", "-c", str(main), "-p", str(self.folder), "-e", "stderr"], lambda text, ports: self.replaced(
            text, {"listen 443": f"listen 127.0.0.1:{ports[0]}", "127.0.0.1:7777": f"127.0.0.1:{self.server.port}",
                   f"/etc/ssl/{NAME}/fullchain.pem": self.folder / "cert.pem",
                   f"/etc/ssl/{NAME}/privkey.pem": self.folder / "key.pem"}))
        self.check_web()
        self.assertIn("strict-transport-security: max-age=31536000", self.get("/")[1])

    def start_haproxy(self):
        path = self.folder / "haproxy.cfg"
        self.start_proxy("haproxy", path, ["haproxy", "-f", str(path)], lambda text, ports: self.replaced(
            text, {":443 ": f"127.0.0.1:{ports[0]} ", ":6697 ": f"127.0.0.1:{ports[1]} ", ":7000": f"127.0.0.1:{ports[2]}",
                   "127.0.0.1:7777": f"127.0.0.1:{self.server.port}", f"/etc/ssl/{NAME}/both.pem": self.folder / "both.pem"}))

    def test_haproxy_for_the_page(self):
        self.start_server()
        self.start_haproxy()
        self.check_web()
        self.assertIn("strict-transport-security: max-age=31536000", self.get("/")[1])

    def test_haproxy_for_irc_and_text(self):
        self.start_server("--tls-self-signed")
        self.start_haproxy()
        _, irc, chat = self.proxy.ports
        own = ssl.create_default_context(cafile=pathlib.Path(self.server.data, "tls.pem"))
        ann = TextClient(self.connect("127.0.0.5", chat))
        ben = TextClient(self.secure(self.trusting, "127.0.0.6", irc))
        cay = TextClient(self.secure(own, "127.0.0.7", chat))  # the server's own TLS
        ann.say("/nick ann")
        ann.wait_for("called ann")
        ben.say("NICK ben\r\nUSER ben 0 * :ben\r\nJOIN #lobby\r")
        ben.wait_for(" 366 ")
        cay.say("/nick cay")
        cay.wait_for("called cay")
        for address, client in (("127.0.0.5", ann), ("127.0.0.6", ben), ("127.0.0.7", cay)):
            self.server.type(f"/ban {address}")
            self.assertIn("banned", client.wait_for_end())
        again = TextClient(self.connect("127.0.0.5", chat))
        again.say("hello")
        self.assertIn("You cannot enter", again.wait_for_end())
        dan = TextClient(self.connect("127.0.0.8", chat))
        dan.say("hello")
        dan.wait_for("* Welcome")
        self.assertNotIn("PROXY", self.server.log() + dan.received)

    def test_caddy(self):
        self.start_server()
        path = self.folder / "Caddyfile"
        self.start_proxy("caddy", path, ["caddy", "run", "--adapter", "caddyfile", "--config", str(path)], lambda text, ports: (
            "{\nadmin off\nauto_https off\n}\n" + self.replaced(
                text, {f"{NAME} {{\n": f"https://{NAME}:{ports[0]} {{\ntls {self.folder}/cert.pem {self.folder}/key.pem\n",
                       "127.0.0.1:7777": f"127.0.0.1:{self.server.port}"})))
        self.check_web()


class Options(unittest.TestCase):
    def test_what_is_no_address_is_refused(self):
        done = subprocess.run([LOQUAT, "serve", "--listen", "127.0.0.1:0", "--trusted-proxy", "proxy.example.org"],
                              capture_output=True, text=True, timeout=SECONDS, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ADDR/PREFIX or unix, not: proxy.example.org", done.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
