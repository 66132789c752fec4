"""The ends of a `loquat talk` for its tests: the command in pipes or in a terminal, Python's sockets, and third-party
programs. A test program that imports this takes the command as its first argument.
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

from programs import Program, Screen

LOQUAT = os.path.abspath(sys.argv.pop(1))
TUTORIAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "tutorial")
SECONDS = 30


def free_port(kind=socket.SOCK_STREAM):
    """A free port for a program that cannot listen on port 0. The kernel does not reuse it at once."""
    with socket.socket(type=kind) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


class Talks(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(tempfile.TemporaryDirectory())

    # --- the participants ---

    def program(self, *command):
        self.assertTrue(shutil.which(command[0]), f"{command[0]} is missing: ./dev setup test")
        program = Program(*command)
        self.addCleanup(program.stop)
        return program

    def talk(self, *arguments):
        return self.program(LOQUAT, "talk", *arguments)

    def listener(self, *arguments, listen="127.0.0.1:0"):
        """Starts `loquat talk --listen`; returns it and its address."""
        program = self.talk("--listen", listen, *arguments)
        program.expect("listening on ")
        return program, program.expect("\n").removesuffix(" (UDP)\n").removesuffix("\n")

    def screen(self, *arguments, columns=60, rows=24):
        """Starts `loquat talk` in a terminal, which shows its exit status at the end."""
        self.assertTrue(shutil.which("tmux"), "tmux is missing: ./dev setup test")
        words = " ".join([LOQUAT, "talk", *arguments])
        screen = Screen(f"{words}; echo ended with $?; cat", columns, rows)
        self.addCleanup(screen.close)
        return screen

    def listening_screen(self, *arguments, listen="127.0.0.1:0", **size):
        screen = self.screen("--listen", listen, *arguments, **size)
        screen.see("listening on ")
        where = re.search(r"listening on (\S+)", screen.text())[1]
        return screen, where

    def python(self, where):
        host, port = where.split(":")
        client = socket.create_connection((host, int(port)), timeout=SECONDS)
        self.addCleanup(client.close)
        return client

    def serving(self):
        """Returns a listening socket and its address."""
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(SECONDS)
        self.addCleanup(server.close)
        return server, f"127.0.0.1:{server.getsockname()[1]}"

    def accept(self, server):
        client, _ = server.accept()
        client.settimeout(SECONDS)
        self.addCleanup(client.close)
        return client

    def tutorial(self, name, *where):
        return self.program(sys.executable, os.path.join(TUTORIAL, name), *where)

    def tutorial_server(self, name):
        """Starts one of the tutorial's servers; returns it and its address."""
        program = self.tutorial(name, "127.0.0.1", "0")
        return program, "127.0.0.1:" + program.expect("\n").strip()

    def example(self, name, where):
        return self.program(os.path.join(os.path.dirname(LOQUAT), f"example_{name}"), where)

    def example_server(self, name):
        program = self.example(name, "127.0.0.1:0")
        program.expect("listening on ")
        return program, program.expect("\n").strip()

    def run_talk(self, *arguments, **how):
        how.setdefault("timeout", SECONDS)
        return subprocess.run([LOQUAT, "talk", *arguments], capture_output=True, **how)

    def lines(self, screen):
        return [line.rstrip() for line in screen.text().splitlines() if line.strip()]
