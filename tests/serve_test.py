#!/usr/bin/env python3
"""`loquat serve`, `join` and `demo` as their users run them: start, operator, errors, end.

usage: serve_test.py LOQUAT
"""
import fcntl
import os
import pathlib
import re
import resource
import sqlite3
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
import unittest
import urllib.error
import urllib.request

from serve import Server, TextClient

LOQUAT = sys.argv.pop(1)
SECONDS = 20


class ServeTest(unittest.TestCase):
    def start(self, *arguments, **options):
        server = Server(LOQUAT, *arguments, **options)
        self.addCleanup(server.__exit__)
        return server

    def client(self, server, name=None):
        client = TextClient(socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS))
        self.addCleanup(client.socket.close)
        if name:
            client.say(f"/nick {name}")
            client.wait_for(f"called {name}")
        return client

    def get(self, server, path, **headers):
        with urllib.request.urlopen(urllib.request.Request(server.url + path, headers=headers), timeout=SECONDS) as answer:
            return answer.status, answer.read().decode()

    def status(self, server, path, **headers):
        try:
            return self.get(server, path, **headers)[0]
        except urllib.error.HTTPError as error:
            return error.code

    def run_loquat(self, *arguments, **options):
        return subprocess.run([LOQUAT, *arguments], capture_output=True, text=True, timeout=SECONDS, **options)


class Conversation(ServeTest):
    def test_history_survives_kill_9(self):
        with tempfile.TemporaryDirectory() as data:
            with Server(LOQUAT, data=data) as server:
                ann, bob = self.client(server, "ann"), self.client(server, "bob")
                ann.say("remember this 记住")
                bob.wait_for("ann: remember this 记住")
                server.kill()
            with Server(LOQUAT, data=data) as server:
                late = self.client(server)
                late.say("who was here?")
                late.wait_for("ann: remember this 记住")

    def test_the_operators_lines_go_to_the_lobby(self):
        server = self.start()
        ann = self.client(server, "ann")
        server.type("hello from the console")
        ann.wait_for("operator: hello from the console")
        server.process.stdin.close()  # the server goes on after the end of standard input
        ann.say("still there?")
        self.assertEqual(self.get(server, "healthz")[0], 200)

    def test_kick_and_ban(self):
        server = self.start()
        ann, bob = self.client(server, "ann"), self.client(server, "bob")
        server.type("/kick bob go away")
        self.assertIn("go away", bob.wait_for_end())
        server.type("/ban ann")
        ann.wait_for_end()
        self.assertRegex(server.process.stdout.readline(), r"^\* bob had to leave\n")
        self.assertRegex(server.process.stdout.readline(), r"^\* the nick ann is banned, and 1 who was here had to leave")
        server.type("/unban ann")
        self.assertEqual(server.process.stdout.readline(), "* the ban of ann is ended\n")
        self.client(server, "ann")

    def test_the_operator_key_is_kept_and_works_from_any_client(self):
        with tempfile.TemporaryDirectory() as data:
            with Server(LOQUAT, data=data):
                path = pathlib.Path(data, "operator-key")
                key = path.read_text()
                self.assertEqual(path.stat().st_mode & 0o777, 0o600)
                self.assertRegex(key, r"^([a-km-z2-9]{4}-){4}[a-km-z2-9]{4}\n$")
            with Server(LOQUAT, data=data) as server:
                self.assertEqual(path.read_text(), key)
                ann, bob = self.client(server, "ann"), self.client(server, "bob")
                ann.say("/oper 2222-2222-2222-2222-2222")
                ann.wait_for("not the operator key")
                ann.say("/oper " + key.strip())
                ann.say("/kick bob go away")
                self.assertIn("removed by ann: go away", bob.wait_for_end())

    def test_lan_listens_on_all_addresses(self):
        done = self.run_loquat("serve", "--lan", "--listen", "127.0.0.1:0")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("leave out the host in --listen 127.0.0.1:0", done.stderr)

    def test_delete(self):
        server = self.start()
        ann = self.client(server, "ann")
        ann.say("a secret")
        ann.say("/who")
        ann.wait_for("In #lobby: ")  # the server answers /who only when the line is in the history
        with sqlite3.connect(f"file:{server.data}/chat.db?mode=ro", uri=True) as database:
            (number,) = database.execute("SELECT seq FROM event WHERE text = 'a secret'").fetchone()
        server.type(f"/delete {number}")
        server.type("deleted")
        ann.wait_for("operator: deleted")
        late = self.client(server)
        late.say("hello")
        late.wait_for("operator: deleted")
        self.assertNotIn("a secret", late.received)

    def test_a_guests_flood_is_read_more_slowly_and_whole(self):
        server = self.start("--flood", "20:20")
        ann = self.client(server, "ann")
        lines = [f"line {number}" for number in range(60)]
        bob = self.client(server, "bob")
        bob.say("\n".join(lines))
        bob.wait_for("* You type faster than this server reads: your lines are taken at 20 a second, and none is lost")
        done = self.run_loquat("join", f"127.0.0.1:{server.port}", "--nick", "ci", input="\n".join(lines))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        for who in ("bob", "ci"):
            ann.wait_for(f"{who}: line 59\n")
            self.assertEqual([line for line in ann.received.splitlines() if line.startswith(f"{who}: ")],
                             [f"{who}: {line}" for line in lines])

    def test_join_sends_the_lines_of_a_pipe(self):
        server = self.start("--flood", "0")
        ann = self.client(server, "ann")
        lines = [f"line {number} 你好" for number in range(200)] + ["/not a command"]
        done = self.run_loquat("join", f"127.0.0.1:{server.port}", "--nick", "ci", input="\n".join(lines))
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        ann.wait_for("ci: /not a command")
        said = [line.removeprefix("ci: ") for line in ann.received.splitlines() if line.startswith("ci: ")]
        self.assertEqual(said, lines)

    def test_join_with_empty_input_ends(self):
        server = self.start()
        done = self.run_loquat("join", f"127.0.0.1:{server.port}", "--nick", "ci", input="")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_join_reports_why_it_cannot_join(self):
        server = self.start()
        address = f"127.0.0.1:{server.port}"
        for arguments in (["--nick", "john.doe"], ["--room", "#a b"], ["--nick", "x" * 31]):
            done = self.run_loquat("join", address, *arguments, input="x\n")
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(arguments[1], done.stderr)
        ann = self.client(server, "ann")
        ann.say("/join #сосна")
        ann.wait_for("in #сосна")
        done = self.run_loquat("join", address, "--room", "#cocha", input="x\n")  # in Latin letters it looks the same
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("#cocha: ", done.stderr)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        done = self.run_loquat("join", address, "--nick", "ci", input="lost\n")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("the server refused: ", done.stderr)

    def test_join_always_finds_a_nick(self):
        server = self.start()
        ann = self.client(server, "林小雨林小雨林小雨")
        for login, shown in (("林小雨林小雨林小雨", "林小雨林小雨[0-9]+"), ("john.doe", "john_doe"), ("9lives", "_9lives")):
            done = self.run_loquat("join", f"127.0.0.1:{server.port}", input="hi\n", env={**os.environ, "USER": login})
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            ann.wait_for(": hi\n")
            self.assertRegex(ann.received, f"(?m)^{shown}: hi$")
            ann.received = ""

    def test_demo(self):
        done = self.run_loquat("demo")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("python学习笔记", done.stdout)


class End(ServeTest):
    def test_a_signal_tells_every_client_and_ends_with_0(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            server = self.start()
            ann = self.client(server, "ann")
            irc = socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS)
            self.addCleanup(irc.close)
            irc.sendall(b"NICK irc\r\nUSER irc 0 * :x\r\nPING :there\r\n")
            answer = b""
            while b"PONG" not in answer:
                answer += irc.recv(65536)
            self.assertEqual(server.stop(number), 0)
            self.assertIn("shutting down", ann.wait_for_end())
            rest = b""
            while data := irc.recv(65536):
                rest += data
            self.assertIn(b"ERROR", rest)

    def test_other_signals_change_nothing(self):
        server = self.start()
        ann, ben = self.client(server, "ann"), self.client(server, "ben")
        server.process.stdout.close()  # what the console says from now on meets a closed pipe
        for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE, signal.SIGTTIN, signal.SIGTTOU, signal.SIGHUP):
            server.process.send_signal(number)
            ann.say(f"after {number}")
            ben.wait_for(f"ann: after {number}\n")
        server.process.send_signal(signal.SIGSTOP)  # what SIGTSTP does, unless the process group is an orphan
        _, status = os.waitpid(server.process.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        ann.say("while it sleeps")
        server.process.send_signal(signal.SIGCONT)
        ben.wait_for("ann: while it sleeps\n")
        self.assertIn("SIGHUP: there is no certificate to read again", server.log())
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/metrics", timeout=SECONDS) as answer:
            self.assertIn(b"loquat_worker_held_total ", answer.read())
        self.assertEqual(server.stop(), 0)
        self.assertRegex(server.log(), r"\d+ fibers on \d+ workers?\n.* 1 main, on worker 0, running", "of SIGQUIT")

    def test_in_the_background_of_a_terminal_it_goes_on(self):
        """A shell's `loquat serve &` may not read from the terminal: SIGTTIN would stop it."""
        terminal, mine = os.openpty()
        self.addCleanup(os.close, terminal)
        data = tempfile.TemporaryDirectory()
        self.addCleanup(data.cleanup)
        shell = subprocess.Popen(["bash", "-c", 'set -m; "$@" & wait', "bash", LOQUAT, "serve", "--listen", "127.0.0.1:0", "--data", data.name],
                                 stdin=mine, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
                                 preexec_fn=lambda: fcntl.ioctl(mine, termios.TIOCSCTTY, 0))
        for clean_up in (shell.stdout.close, shell.wait, shell.kill):
            self.addCleanup(clean_up)
        os.close(mine)
        found = re.match(r"listening on http://127.0.0.1:(\d+)/", shell.stdout.readline())
        (server,) = (int(pid) for pid in os.listdir("/proc") if pid.isdigit() and self.is_child(pid, shell.pid))
        self.addCleanup(os.kill, server, signal.SIGKILL)
        os.write(terminal, b"typed to somebody else\n")
        with urllib.request.urlopen(f"http://127.0.0.1:{found[1]}/healthz", timeout=SECONDS) as answer:
            self.assertEqual(answer.status, 200)

    def is_child(self, pid, parent):
        try:
            status = pathlib.Path("/proc", pid, "status").read_text()
        except OSError:
            return False  # it has ended
        return f"\nPPid:\t{parent}\n" in status

    def test_a_client_that_does_not_read_does_not_delay_the_end(self):
        server = self.start("--flood", "0")
        deaf = self.client(server, "deaf")
        ann = self.client(server, "ann")
        for number in range(300):
            ann.say("x" * 300)
        ann.say("/who")
        ann.wait_for("In #lobby: ")
        started = time.monotonic()
        self.assertEqual(server.stop(), 0)
        self.assertLess(time.monotonic() - started, 10)
        deaf.socket.close()


class Errors(ServeTest):
    def test_a_port_in_use(self):
        server = self.start()
        with tempfile.TemporaryDirectory() as data:
            done = self.run_loquat("serve", "--listen", f"127.0.0.1:{server.port}", "--data", data)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"cannot listen on 127.0.0.1:{server.port}: Address already in use", done.stderr)
        self.assertIn("--listen", done.stderr)

    def test_a_data_directory_in_use(self):
        server = self.start()
        done = self.run_loquat("serve", "--listen", "127.0.0.1:0", "--data", server.data)
        self.assertEqual(done.returncode, 1)
        self.assertIn(str(server.process.pid), done.stderr)

    def test_data_of_a_newer_version(self):
        with tempfile.TemporaryDirectory() as data:
            with Server(LOQUAT, data=data) as server:
                server.stop()
            with sqlite3.connect(f"{data}/chat.db") as database:
                database.execute("PRAGMA user_version = 99")
            database.close()
            done = self.run_loquat("serve", "--listen", "127.0.0.1:0", "--data", data)
        self.assertEqual(done.returncode, 1)
        self.assertIn("newer", done.stderr)

    def test_a_full_disk(self):
        """RLIMIT_FSIZE makes SQLite's writes fail. No client sees the line, and its sender is told."""
        server = self.start()
        ann, bob = self.client(server, "ann"), self.client(server, "bob")
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        ann.say("never seen")
        ann.wait_for("nobody has seen it")
        bob.say("/who")
        bob.wait_for("In #lobby: ")
        self.assertNotIn("never seen", bob.received)
        self.assertEqual(self.status(server, "healthz"), 503)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        while self.status(server, "healthz") != 200:  # the server retries
            time.sleep(0.05)
        ann.say("seen again")
        bob.wait_for("ann: seen again")

    def test_wrong_usage(self):
        self.assertEqual(self.run_loquat("serve", "--nonsense").returncode, 2)
        self.assertEqual(self.run_loquat().returncode, 2)
        for flood in ("", "2", "0:2", "2:0", "20:2x", "-1:2", "1000001:1"):
            self.assertEqual(self.run_loquat("serve", "--flood", flood, "--data", "/dev/null/x").returncode, 2, flood)
        done = self.run_loquat("serve", "--listen", "nonsense", "--data", "/dev/null/x")
        self.assertEqual(done.returncode, 1)
        done = self.run_loquat("join", "127.0.0.1:1", input="x")
        self.assertEqual(done.returncode, 1)
        self.assertIn("Connection refused", done.stderr)

    def test_a_foreign_host_is_refused(self):
        server = self.start("--host", "chat.example.org")
        for host, status in (("chat.example.org", 200), ("evil.example", 421), ("localhost:80", 200)):
            self.assertEqual(self.status(server, "healthz", Host=host), status, host)

    def test_connections_that_vanish_are_not_logged(self):
        server = self.start()
        for _ in range(300):
            with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS) as stranger:
                stranger.sendall(b"NICK ann\r\nUSER ann 0 * :x\r\n")
                stranger.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() resets
        zoe = self.client(server, "zoe")
        zoe.say("/who")
        zoe.wait_for("In #lobby: ")
        self.assertNotIn("warning", server.log())

    def test_idle_connections_leave_room_for_newcomers(self):
        limits = (600, 600)  # of descriptors; so the server takes 400 connections
        server = self.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, limits))
        idle = []
        for number in range(450):
            connected = socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS, source_address=(f"127.0.0.{2 + number % 3}", 0))
            self.addCleanup(connected.close)
            connected.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertTrue(connected.recv(100).startswith(b"HTTP/1.1 200 "), number)
            idle.append(connected)
        self.client(server, "ann")
        self.assertEqual(self.status(server, "healthz"), 200)
        (open_now,) = re.findall(r"^loquat_connections_open (\d+)$", self.get(server, "metrics")[1], re.MULTILINE)
        self.assertLess(int(open_now), 450)
        rest = b""
        while data := idle[0].recv(65536):  # the end of the stream: it was closed
            rest += data
        self.assertNotIn("have to wait", server.log())

    def test_metrics(self):
        server = self.start()
        self.assertIn("loquat_", self.get(server, "metrics")[1])


class Listening(ServeTest):
    def test_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/chat.sock"
            server = self.start("--listen", f"unix:{path}")
            self.assertEqual(server.process.stdout.readline(), f"listening on unix:{path}\n")
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.settimeout(SECONDS)
            client.connect(path)
            client.sendall(b"hello\n")
            self.assertIn(b"Welcome", client.recv(65536))
            self.assertEqual(server.stop(), 0)
            self.assertFalse(os.path.exists(path))

    def test_lan_is_reached_by_both_families(self):
        directory = tempfile.TemporaryDirectory()
        process = subprocess.Popen([LOQUAT, "serve", "--lan", "--listen", ":0", "--data", directory.name],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for clean_up in (directory.cleanup, process.stdout.close, process.stdin.close, process.wait, process.kill):
            self.addCleanup(clean_up)  # cleanups run in reverse order
        port = int(re.match(r"listening on http://127.0.0.1:(\d+)/", process.stdout.readline())[1])
        clients = [socket.create_connection((host, port), timeout=SECONDS) for host in ("127.0.0.1", "::1")]
        for client in clients:
            self.addCleanup(client.close)
            client.sendall(b"hello\n")
            self.assertIn(b"Welcome", client.recv(65536))
        process.stdin.write("/ban 127.0.0.1\n")  # its IPv4 address is used, although the listener is IPv6
        process.stdin.flush()
        received = b""
        while data := clients[0].recv(65536):
            received += data
        self.assertIn(b"Goodbye: banned", received)

    def test_both_families(self):
        server = self.start("--listen", "[::1]:0")
        line = server.process.stdout.readline()
        port = int(line.split("http://[::1]:")[1].split("/")[0])
        with socket.create_connection(("::1", port), timeout=SECONDS) as client:
            client.sendall(b"hello\n")
            self.assertIn(b"Welcome", client.recv(65536))


if __name__ == "__main__":
    unittest.main(verbosity=2)
