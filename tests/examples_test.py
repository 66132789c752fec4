#!/usr/bin/env python3
"""The examples of the book, run as a reader would: each server, each client, Python's sockets, the tutorial's clients.

usage: examples_test.py DIRECTORY-OF-THE-PROGRAMS
"""
import base64
import json
import os
import re
import signal
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request

PROGRAMS = sys.argv.pop(1)
TUTORIAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tutorial")
SECONDS = 20


class Program:
    def __init__(self, *command):
        environment = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
                                        encoding="utf-8", env=environment)

    def line(self):
        return self.process.stdout.readline().rstrip("\n")

    def type(self, text):
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def end(self):
        """Ends standard input and returns the rest of the output."""
        return self.process.communicate(timeout=SECONDS)[0]

    def stop(self):
        self.process.kill()
        self.process.communicate()


def output(name, *arguments):
    """Runs an example to its end; it must succeed."""
    return subprocess.run([f"{PROGRAMS}/example_{name}", *arguments], capture_output=True, text=True, check=True,
                          timeout=SECONDS).stdout


class Examples(unittest.TestCase):
    def server(self, name, *arguments):
        program = Program(f"{PROGRAMS}/example_{name}", "127.0.0.1:0", *arguments)
        self.addCleanup(program.stop)
        where = re.sub(r"^(https?://)?", "", program.line().removeprefix("listening on ")).rstrip("/")
        return program, where

    def client(self, name, where, *arguments):
        program = Program(f"{PROGRAMS}/example_{name}", where, *arguments)
        self.addCleanup(program.stop)
        return program

    def tutorial(self, name, where):
        """Starts the tutorial's own client."""
        program = Program(sys.executable, f"{TUTORIAL}/{name}.py", *where.split(":"))
        self.addCleanup(program.stop)
        return program

    def python(self, where):
        host, port = where.split(":")
        client = socket.create_connection((host, int(port)), timeout=SECONDS)
        self.addCleanup(client.close)
        return client

    def test_01_layers(self):
        _, where = self.server("06_web_server")
        said = output("01_layers", where)
        self.assertRegex(said, f"^it has the address 127.0.0.1\n127.0.0.1:[0-9]+ -> {where}\n\nHTTP/1.1 200 OK\r?\n")
        self.assertIn("欢迎来此访问!", said)

    def test_02_states(self):
        self.assertRegex(output("02_states"), """\
before:              client CLOSED, listener LISTEN
connected:           client ESTABLISHED, server ESTABLISHED
the server reads 0 bytes: end of stream
one side has ended:  client FIN-WAIT-[12], server CLOSE-WAIT
the client reads: one more thing
half closed:         client FIN-WAIT-2, server CLOSE-WAIT
the client reads 0 bytes: end of stream
both have ended:     client CLOSED, server (CLOSED|LAST-ACK)
""")

    def test_02_reset(self):
        self.assertRegex(output("02_reset"), """\
closed with bytes unread: recv 127.0.0.1:[0-9]+(?: -> [0-9.:]+)?: Connection reset by peer
closed with SO_LINGER, 0 s: recv 127.0.0.1:[0-9]+(?: -> [0-9.:]+)?: Connection reset by peer
nobody listens: connect 127.0.0.1:[0-9]+ -> 127.0.0.1:[0-9]+: Connection refused
""")

    def test_03_one_message(self):
        server, where = self.server("03_one_message_server")
        self.client("03_one_message_client", where).end()
        self.assertEqual(server.line(), "message from 127.0.0.1: python学习笔记")
        self.python(where).sendall("再来".encode())
        self.assertEqual(server.line(), "message from 127.0.0.1: 再来")
        self.tutorial("one_message_client", where).end()
        self.assertEqual(server.line(), "message from 127.0.0.1: python学习笔记")

    def test_04_turns(self):
        server, where = self.server("04_turns_server")
        client = self.client("04_turns_client", where)
        client.type("你好")
        self.assertEqual(server.line(), "client: 你好")
        server.type("hello")
        self.assertEqual(client.line(), "you: server: hello")
        client.type("byebye")
        self.assertEqual(server.line(), "you: client: byebye")
        self.assertRegex(server.line(), "127.0.0.1:[0-9]+ has left")
        again = self.python(where)  # the server goes on after one client has left
        again.sendall(b"second")
        self.assertEqual(server.line(), "client: second")
        server.type("")  # an empty line has no byte to send, so the server asks again
        server.type("byebye")
        self.assertEqual(again.recv(512), b"byebye")
        self.assertEqual(again.recv(512), b"")
        self.assertEqual(server.line(), "you: you: 127.0.0.1:%d has left" % again.getsockname()[1])
        rude = self.python(where)
        rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        address = "%s:%d" % rude.getsockname()
        rude.close()  # sends RST, perhaps before accept
        self.assertRegex(server.line(), "^recv .*: Connection reset by peer$")
        self.assertEqual(server.line(), f"{address} has left")
        tutorial = self.tutorial("turns_client", where)
        tutorial.type("third")
        self.assertEqual(server.line(), "client: third")
        server.type("answer")
        self.assertEqual(tutorial.line(), "客户端输入:服务器端发送过来的消息是:answer")
        tutorial.type("byebye")
        self.assertEqual(server.line(), "you: client: byebye")

    def test_05_both_ways(self):
        server, where = self.server("05_both_ways_server")
        client = self.client("05_both_ways_client", where)
        client.type("one")
        self.assertEqual(server.line(), "client: one")
        client.type("two")  # two messages in a row
        self.assertEqual(server.line(), "client: two")
        server.type("three")
        self.assertEqual(client.line(), "server: three")
        client.type("byebye")
        self.assertEqual(server.line(), "the client has left")
        self.assertEqual(client.end(), "")
        again = self.client("05_both_ways_client", where)
        again.type("again")
        self.assertEqual(server.line(), "client: again")
        server.type("byebye")  # while the client waits for its keyboard
        self.assertEqual(again.line(), "server: byebye")
        self.assertEqual(again.process.wait(SECONDS), 0)
        self.assertEqual(server.line(), "the client has left")
        tutorial = self.tutorial("threads_client", where)
        tutorial.type("four")
        self.assertEqual(server.line(), "client: four")
        server.type("five")
        said = tutorial.line().replace("输入要发送的消息:", "")  # the prompt of its other thread may be anywhere
        self.assertEqual(said, "收到服务器端的消息是 five")

    def test_06_web_server(self):
        _, where = self.server("06_web_server")
        for _ in range(3):
            with urllib.request.urlopen(f"http://{where}/", timeout=SECONDS) as answer:
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
                self.assertEqual(answer.read().decode(), "欢迎来此访问!")

    def test_06_https_server(self):
        with tempfile.TemporaryDirectory() as folder:
            certificate, key = f"{folder}/cert.pem", f"{folder}/key.pem"
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                            "-days", "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
                           check=True, capture_output=True)
            _, where = self.server("06_https_server", certificate, key)
            trusting = ssl.create_default_context(cafile=certificate)
        for _ in range(3):
            with urllib.request.urlopen(f"https://{where}/", timeout=SECONDS, context=trusting) as answer:
                self.assertRegex(answer.read().decode(), r"^欢迎来此访问! TLSv1\.3, TLS_AES")
        with self.assertRaises(OSError):
            urllib.request.urlopen(f"http://{where}/", timeout=SECONDS)

    def test_06_web_by_hand(self):
        server, where = self.server("06_web_by_hand")
        silent = self.python(where)  # a silent client must not delay the others
        with urllib.request.urlopen(f"http://{where}/", timeout=SECONDS) as answer:
            self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
            self.assertEqual(answer.headers["Content-Length"], "19")
            self.assertEqual(answer.read().decode(), "欢迎来此访问!")
        self.assertEqual(server.line(), "GET / HTTP/1.1")
        silent.sendall(b"GET /late HTTP/1.1\r\n")  # the head arrives in two pieces
        silent.sendall(b"Host: a\r\n\r\n")
        self.assertEqual(server.line(), "GET /late HTTP/1.1")
        answer = b""
        while piece := silent.recv(4096):
            answer += piece
        self.assertTrue(answer.endswith("\r\n\r\n欢迎来此访问!".encode()), answer)

    def websocket(self, where):
        """Returns a WebSocket client after its handshake."""
        visitor = self.python(where)
        key = base64.b64encode(bytes(16)).decode()
        visitor.sendall(f"GET / HTTP/1.1\r\nHost: {where}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode())
        stream = visitor.makefile("rb")
        self.addCleanup(stream.close)
        self.assertEqual(stream.readline(), b"HTTP/1.1 101 Switching Protocols\r\n")
        while stream.readline() != b"\r\n":
            pass
        return visitor, stream

    def test_06_websocket(self):
        _, where = self.server("06_websocket")
        with urllib.request.urlopen(f"http://{where}/", timeout=SECONDS) as answer:
            self.assertIn("new WebSocket", answer.read().decode())
        visitors = [self.websocket(where) for _ in range(3)]
        text = "大家好".encode()
        frame = bytes([0x81, 0x80 | len(text), 0, 0, 0, 0]) + text  # one text frame, masked with zeros
        for speaker, _ in visitors:
            speaker.sendall(frame)
            for _, stream in visitors:
                self.assertEqual(stream.read(2 + len(text)), bytes([0x81, len(text)]) + text)
        visitors[0][0].sendall(bytes([0x82, 0x81, 0, 0, 0, 0, 0xff]))  # a binary message is not passed on
        visitors[0][0].close()  # disconnects without a close frame
        visitors[0][1].close()
        visitors[1][0].sendall(frame)
        for _, stream in visitors[1:]:
            self.assertEqual(stream.read(2 + len(text)), bytes([0x81, len(text)]) + text)

    def twenty_echoes(self, where):
        clients = [self.python(where) for _ in range(20)]
        for number, client in enumerate(clients):
            client.sendall(f"{number}".encode())
        for number, client in enumerate(clients):
            self.assertEqual(client.recv(512), f"{number}".encode())

    def test_06_echo_server(self):
        self.twenty_echoes(self.server("06_echo_server")[1])

    def proxy(self, seconds):
        """An echo server, and a proxy before it."""
        echo = self.server("06_echo_server")[1]
        return self.server("06_proxy", echo, seconds)

    def test_06_proxy(self):
        program, where = self.proxy("60")
        self.twenty_echoes(where)
        client = self.python(where)
        client.sendall(b"x" * 1_000_000)
        client.shutdown(socket.SHUT_WR)
        with client.makefile("rb") as stream:
            self.assertEqual(len(stream.read()), 1_000_000)  # the half that is left stays open

    def test_06_proxy_ends_idle_connections(self):
        _, where = self.proxy("2")
        client = self.python(where)
        client.sendall(b"x")
        self.assertEqual(client.recv(1), b"x")
        self.assertEqual(client.recv(1), b"")

    def test_06_proxy_lets_connections_finish(self):
        program, where = self.proxy("60")
        client = self.python(where)
        client.sendall(b"x")
        self.assertEqual(client.recv(1), b"x")
        program.process.send_signal(signal.SIGTERM)
        host, port = where.split(":")
        with self.assertRaises(ConnectionRefusedError):
            while True:
                socket.create_connection((host, int(port)), timeout=SECONDS).close()
        client.sendall(b"y")
        self.assertEqual(client.recv(1), b"y")
        client.close()
        self.assertEqual(program.process.wait(SECONDS), 0)

    def test_06_responder(self):
        self.assertEqual(output("06_responder"), "all answers are right\n")
        _, where = self.server("06_responder")
        host, port = where.split(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(SECONDS)
            client.sendto(b"hello", (host, int(port)))
            self.assertEqual(client.recvfrom(100), (b"got 5 bytes\n", (host, int(port))))

    def test_06_programs(self):
        said = output("06_programs", "sh", "/dev/null", "/nosuch")
        self.assertTrue(said.startswith("sh: exit status "), said)
        self.assertIn("/nosuch", said)
        self.assertEqual(output("06_programs", "echo", *"abcdefgh"), "".join(f"{each}\n" for each in "abcdefgh"))

    def test_06_blocking(self):
        with tempfile.TemporaryDirectory() as folder:
            names = [f"{folder}/{lines}" for lines in range(20)]
            for lines, name in enumerate(names):
                with open(name, "w") as file:
                    file.write("x\n" * lines)
            self.assertEqual(output("06_blocking", *names), "".join(f"{lines} {name}\n" for lines, name in enumerate(names)))

    def test_06_scanner(self):
        listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
        ports = sorted(listener.getsockname()[1] for listener in listeners)
        found = [int(line.split()[0]) for line in output("06_scanner", "127.0.0.1", str(ports[0]), str(ports[0] + 200), "60").splitlines()]
        self.assertIn(ports[0], found)
        self.assertLessEqual({port for port in ports if port <= ports[0] + 200}, set(found))
        for listener in listeners:
            listener.close()

    def test_06_scanner_ends_in_time(self):
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
            port = full.getsockname()[1]
            clients = [socket.socket() for _ in range(8)]
            for client in clients:
                client.setblocking(False)
                client.connect_ex(("127.0.0.1", port))
            self.assertEqual(output("06_scanner", "127.0.0.1", str(port), str(port), "0.1"), "some ports have not answered in time\n")
            for client in clients:
                client.close()

    def test_06_json_api(self):
        _, where = self.server("06_json_api")
        url = f"http://{where}/jobs"
        with urllib.request.urlopen(url, b"20", timeout=SECONDS) as answer:
            self.assertEqual(json.load(answer), {"id": 1})
        result = None
        while result is None:
            with urllib.request.urlopen(f"{url}/1", timeout=SECONDS) as answer:
                result = json.load(answer)["result"]
        self.assertEqual(result, 6765)
        with self.assertRaises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{url}/2", timeout=SECONDS)
        self.assertEqual(refused.exception.code, 404)
        self.assertEqual(refused.exception.headers["Content-Type"], "application/json")
        self.assertEqual(json.load(refused.exception), {"error": "no such job"})
        refused.exception.close()

    def test_the_lines_in_from_asio_md_are_counted(self):
        docs = os.path.join(os.path.dirname(TUTORIAL), "..", "docs")
        with open(f"{docs}/from-asio.md", encoding="utf-8") as file:
            rows = re.findall(r"\[(\d+)\]\((\.\./(?:examples|bench)/\S+\.cc)\)", file.read())
        self.assertEqual(len(rows), 10)
        for number, path in rows:
            with open(f"{docs}/{path}", encoding="utf-8") as file:
                code = [line for line in file if not re.fullmatch(r"\s*(//.*)?\n", line)]
            self.assertEqual(int(number), len(code), path)

    def test_06_files(self):
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/index.html", "w") as page:
                page.write("欢迎来此访问!")
            os.symlink("/etc", f"{folder}/etc")
            _, where = self.server("06_files", folder)
            url = f"http://{where}/"
            with urllib.request.urlopen(url, timeout=SECONDS) as answer:
                self.assertEqual(answer.read().decode(), "欢迎来此访问!")
                tag = answer.headers["ETag"]
            part = urllib.request.Request(url, headers={"Range": "bytes=0-2", "If-Range": tag})
            with urllib.request.urlopen(part, timeout=SECONDS) as answer:
                self.assertEqual((answer.status, answer.read().decode()), (206, "欢"))
            with urllib.request.urlopen(f"{url}visits", timeout=SECONDS) as answer:
                self.assertEqual(answer.read(), b"2\n")
            for path in "etc/passwd", "%2e%2e/etc/passwd", "nothing":
                with self.assertRaises(urllib.error.HTTPError) as refused:
                    urllib.request.urlopen(url + path, timeout=SECONDS)
                self.assertEqual(refused.exception.code, 404)
                refused.exception.close()

    def test_06_channel(self):
        lines = output("06_channel").splitlines()
        cooked = [line.split(": ")[1] for line in lines if line.startswith("cook") and ": " in line]
        self.assertEqual(cooked, ["soup", "rice", "tea", "noodles", "dumplings"])
        self.assertEqual(sum(line.endswith("goes home") for line in lines), 3)

    def test_06_bank(self):
        said = output("06_bank").splitlines()
        self.assertEqual(sorted(said), ["Ann has the money", "Bob has the money", "Carl has waited in vain"])

    def test_06_connections(self):
        self.assertEqual(output("06_connections").split(),
                         ["one!", "two!", "three!", "four!", "five!", "six!", "3", "connections"])

    def test_06_walk(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in "a/b/c", "a/d", "e":
                os.makedirs(f"{folder}/{name}")
            for name in "1", "a/2", "a/b/c/3", "a/b/c/4":
                open(f"{folder}/{name}", "w").close()
            self.assertEqual(output("06_walk", folder), "4 files in 6 folders\n")

    def test_06_requests(self):
        lines = output("06_requests").splitlines()
        self.assertEqual([line for line in lines if line.startswith("request 1")],
                         ["request 1: asks the database", "request 1: asks the database", "request 1: is done"])
        self.assertRegex(lines[-1], r"^request 2: the request took longer than 1 s \(\S*06_requests\.cc:\d+\)$")

    def test_06_dialogue(self):
        self.assertEqual(output("06_dialogue", "2 3", "40 2"), "2 3 -> 5\n40 2 -> 42\nexit status 0\n")

    def test_06_stuck(self):
        said = output("06_stuck")
        self.assertRegex(said, r"worker 0 has been held for \d+ ms by fiber 3 \(cook, ")
        self.assertRegex(said, r"    2 waiter, \S+, on worker 0, Queue::get since ")

    def test_06_jobs(self):
        self.assertEqual(output("06_jobs"),
                         "0 put out the fire\n1 cook\n1 serve\n2 sweep\nAnn hears 42\nBob hears 42\n"
                         "3 runners have ended the first lap\n")

    def test_07_echo_in_c(self):
        server = Program(f"{PROGRAMS}/example_07_echo_in_c")
        self.addCleanup(server.stop)
        self.twenty_echoes(server.line().removeprefix("listening on "))

    def test_07_datagrams(self):
        self.assertEqual(output("07_datagrams"), "bob got: one, then two\nalice got: got both\nbob got: a long (cut)\n")

    def test_07_timeouts(self):
        self.assertRegex(output("07_timeouts"), """\
recv 127.0.0.1:[0-9]+ -> 127.0.0.1:[0-9]+: Connection timed out
recv 127.0.0.1:[0-9]+ -> 127.0.0.1:[0-9]+: Resource temporarily unavailable
late, but the socket still works
some bytes went, not all
""")

    def test_07_connect_ex(self):
        _, where = self.server("03_one_message_server")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            closed = f"127.0.0.1:{listener.getsockname()[1]}"
        self.assertEqual(output("07_connect_ex", where, closed), f"{where}: open\n{closed}: Connection refused\n")

    def test_07_options(self):
        self.assertEqual(output("07_options"), "TCP_NODELAY: 1\nSO_RCVBUF: 16384\nSO_KEEPALIVE: 1\nSO_LINGER: 5 s\n")

    def test_07_lines(self):
        self.assertEqual(output("07_lines"), "got first\ngot second\n")

    def test_07_descriptors(self):
        self.assertEqual(output("07_descriptors"), "hello from the child, by way of a socket\n")

    def test_07_simulate(self):
        pieces, lines = map(int, re.fullmatch("pieces: right (.*) times, lines: right (.*) times\n",
                                              output("07_simulate")).groups())
        self.assertLess(pieces, 100)
        self.assertEqual(lines, 100)

    def test_a_port_in_use_is_reported(self):
        _, where = self.server("03_one_message_server")
        second = subprocess.run([f"{PROGRAMS}/example_04_turns_server", where], capture_output=True, text=True,
                                timeout=SECONDS)
        self.assertEqual(second.returncode, 1)
        self.assertIn("Address already in use", second.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
