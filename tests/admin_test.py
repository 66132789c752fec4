#!/usr/bin/env python3
"""The operator at the server itself: its terminal, standard input without one, and `loquat admin`.

usage: admin_test.py LOQUAT
"""
import os
import pathlib
import shlex
import socket
import stat
import subprocess
import sys
import tempfile
import unittest

from programs import Screen, wait_until
from serve import Server, TextClient

LOQUAT = sys.argv.pop(1)
SECONDS = 60
NOBODY = 65534


class AdminTest(unittest.TestCase):
    def start(self, *arguments, **options):
        server = Server(LOQUAT, *arguments, **options)
        self.addCleanup(server.__exit__)
        return server

    def client(self, port, name):
        client = TextClient(socket.create_connection(("127.0.0.1", port), timeout=SECONDS))
        self.addCleanup(client.socket.close)
        client.say(f"/nick {name}")
        client.wait_for(f"called {name}")
        return client

    def admin(self, data, *words, **options):
        return subprocess.run([LOQUAT, "admin", "--data", data, *words], capture_output=True, text=True, timeout=SECONDS,
                              **options)

    def says(self, data, *words):
        """The answer to a command that is carried out."""
        done = self.admin(data, *words)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout


class Commands(AdminTest):
    def test_one_command(self):
        server = self.start()
        ann, bob = self.client(server.port, "ann"), self.client(server.port, "bob")
        self.assertEqual(self.says(server.data, "who"), "ann (127.0.0.1), guest@text #lobby\n"
                                                        "bob (127.0.0.1), guest@text #lobby\n")
        self.assertEqual(self.says(server.data, "/kick", "bob", "too", "loud"), "bob had to leave\n")
        self.assertIn("removed by operator: too loud", bob.wait_for_end())
        self.assertTrue(self.says(server.data, "ban", "bob", "--address", "noise").startswith("the address of bob is banned"))
        self.assertIn("banned: noise", ann.wait_for_end())
        self.assertRegex(self.says(server.data, "bans"), r"^127.0.0.1, the address of bob \(noise\), by operator, 20")
        self.assertEqual(self.says(server.data, "unban bob"), "the ban of bob is ended\n")
        self.client(server.port, "bob")
        done = self.admin(server.data, "unban", "bob")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        for deed in ("removed bob from the server: too loud", "banned 127.0.0.1 (the address of bob): noise",
                     "ended the ban of 127.0.0.1"):
            self.assertIn(f"operator (console@server) {deed}\n", server.log())
        self.assertEqual(done.stderr, "bob was not unbanned: there is no such ban\n")

    def test_a_ban_holds_after_a_restart(self):
        with tempfile.TemporaryDirectory() as data:
            with Server(LOQUAT, data=data) as server:
                self.client(server.port, "bob").socket.close()
                self.says(data, "ban", "bob", "--address")
                self.says(data, "ban", "192.0.2.99/24")
                server.kill()
            with Server(LOQUAT, data=data) as server:
                bans = self.says(data, "bans").splitlines()
                self.assertIn("127.0.0.1, the address of bob", bans[0])
                self.assertIn("192.0.2.0/24", bans[1])
                again = TextClient(socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS))
                self.addCleanup(again.socket.close)
                again.say("hello")
                self.assertIn("You cannot enter: you are banned", again.wait_for_end())

    def test_the_key_is_stronger_than_a_ban_in_loquat_join(self):
        server = self.start()
        self.says(server.data, "ban", "127.0.0.1")
        address = f"127.0.0.1:{server.port}"
        done = subprocess.run([LOQUAT, "join", address, "--nick", "ann"], input="hello\n", capture_output=True, text=True,
                              timeout=SECONDS)
        self.assertEqual(done.returncode, 1)
        self.assertIn("banned from this server", done.stderr)
        screen = Screen(shlex.join([LOQUAT, "join", address, "--nick", "ann", "--operator-key",
                                    f"{server.data}/operator-key"]), 150, 30)
        self.addCleanup(screen.close)
        screen.see("you are an operator now")
        for typed, answer in (("/ban ::1", "::1 is banned"), ("/ban bob noise", "the nick bob is banned"),
                              ("/ban ann --address", "the address of ann is banned"), ("/bans", "the nick bob (noise)"),
                              ("/unban ::1", "the ban of ::1 is ended"), ("/unban ann", "the ban of ann is ended")):
            screen.type(typed)
            screen.see(answer)
        cay = self.client(server.port, "cay")
        screen.type("/kill cay too loud")
        self.assertIn("removed by ann: too loud", cay.wait_for_end())

    def test_a_pipe(self):
        server = self.start()
        done = self.admin(server.data, input="ban bob\n\n/bans\nunban bob")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("the nick bob is banned", done.stdout)
        self.assertIn("the ban of bob is ended", done.stdout)
        self.assertEqual(self.admin(server.data, input="nonsense\nbans\n").returncode, 1)

    def test_a_terminal(self):
        server = self.start()
        screen = Screen(shlex.join([LOQUAT, "admin", "--data", server.data]), 100, 30)
        self.addCleanup(screen.close)
        screen.see("/ban NAME --address")
        screen.type("who")
        screen.see("nobody is here")
        screen.keys("\x04")
        wait_until(lambda: self.ended(screen), "the end of loquat admin")

    def ended(self, screen):
        try:
            screen.text()
            return False
        except subprocess.CalledProcessError:
            return True


class TheSocket(AdminTest):
    def test_it_is_for_its_user_alone(self):
        server = self.start()
        path = pathlib.Path(server.data, "admin.sock")
        self.assertEqual(path.stat().st_mode, stat.S_IFSOCK | 0o600)
        os.chmod(server.data, 0o755)
        if os.getuid() == 0:
            with open(LOQUAT, "rb") as program:
                done = subprocess.run([f"/proc/self/fd/{program.fileno()}", "admin", "--data", server.data, "who"],
                                      pass_fds=[program.fileno()], user=NOBODY, extra_groups=[], capture_output=True,
                                      text=True, timeout=SECONDS)
        else:
            path.chmod(0)
            done = self.admin(server.data, "who")
        self.assertEqual(done.returncode, 1)
        self.assertIn("belongs to another user", done.stderr)

    def test_the_one_of_a_crashed_server_is_replaced(self):
        with tempfile.TemporaryDirectory() as data:
            with Server(LOQUAT, data=data) as server:
                server.kill()
            self.assertTrue(os.path.exists(f"{data}/admin.sock"))
            done = self.admin(data, "who")
            self.assertEqual(done.returncode, 1)
            self.assertIn(f"no server runs in {data}", done.stderr)
            with Server(LOQUAT, data=data) as server:
                self.assertEqual(self.says(data, "who"), "nobody is here\n")
                self.assertEqual(server.stop(), 0)
            self.assertFalse(os.path.exists(f"{data}/admin.sock"))
            self.assertIn("no server runs", self.admin(data, "who").stderr)

    def test_nothing_else_is_replaced(self):
        with tempfile.TemporaryDirectory() as data:
            file = pathlib.Path(data, "admin.sock")
            file.write_text("mine")
            server = self.start(data=data)
            wait_until(lambda: "loquat admin will not reach this server: there is another file" in server.log(), "a warning")
            self.assertEqual(server.stop(), 0)
            self.assertEqual(file.read_text(), "mine")

    def test_a_directory_that_others_can_write_gets_none(self):
        with tempfile.TemporaryDirectory() as data:
            os.chmod(data, 0o777)
            server = self.start(data=data)
            wait_until(lambda: "other users can write the data directory" in server.log(), "a warning")
            self.assertFalse(os.path.exists(f"{data}/admin.sock"))


class TheConsole(AdminTest):
    def test_there_is_no_member_without_a_terminal(self):
        server = self.start()
        ann = self.client(server.port, "ann")
        server.type("/ban bob")
        self.assertTrue(server.process.stdout.readline().startswith("* the nick bob is banned"))
        self.assertEqual(self.says(server.data, "who").splitlines(), ["ann (127.0.0.1), guest@text #lobby"])
        server.type("hello")
        ann.wait_for("operator: hello")
        server.process.stdin.close()
        ann.wait_for("* operator has gone")

    def test_a_server_without_standard_input_ends_on_a_signal(self):
        """Descriptor 0 was the one of its signals, and the console read them."""
        with tempfile.TemporaryDirectory() as data:
            process = subprocess.Popen(["sh", "-c", 'exec "$0" serve --listen 127.0.0.1:0 --data "$1" <&-', LOQUAT, data],
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            self.addCleanup(process.stdout.close)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            self.assertIn("listening on", process.stdout.readline())
            self.assertEqual(self.says(data, "who"), "nobody is here\n")
            process.terminate()
            self.assertEqual(process.wait(SECONDS), 0)

    def test_the_servers_terminal_cannot_be_removed(self):
        with tempfile.TemporaryDirectory() as data:
            screen = Screen(shlex.join([LOQUAT, "serve", "--listen", "127.0.0.1:0", "--data", data]), 160, 40)
            self.addCleanup(screen.close)
            screen.see("listening on")
            port = int(screen.text().split("http://127.0.0.1:")[1].split("/")[0])
            screen.type("/kick operator")
            screen.see("operator was not kicked: that is the operator at the server itself")
            ann = self.client(port, "ann")
            ann.say("/oper " + pathlib.Path(data, "operator-key").read_text().strip())
            ann.say("/kick operator")
            ann.wait_for("operator was not kicked: that is the operator at the server itself")
            ann.say("/ban operator --address")
            ann.wait_for("operator was not banned: they did not come over IP")
            screen.type("/ban somebody")
            screen.see("the nick somebody is banned")
            screen.type("still here")
            ann.wait_for("operator: still here")
            screen.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
