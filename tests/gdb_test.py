#!/usr/bin/env python3
"""gdb's commands for fibers (packaging/gdb), in a live process and in its core files.

usage: gdb_test.py DIRECTORY-OF-THE-PROGRAMS LIBRARY
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from programs import Program, wait_until

PROGRAMS, LIBRARY = pathlib.Path(sys.argv.pop(1)), pathlib.Path(sys.argv.pop(1)).resolve()
COMMANDS = pathlib.Path(__file__).resolve().parent.parent / "packaging/gdb/loquat-gdb.py"
ECHO = PROGRAMS / "example_06_echo_server"
GDB = ["gdb", "-q", "-nx", "-batch", "-iex", "set debuginfod enabled off", "-iex", "set width 0"]

# A C program's view of the library, in Python: a thread's recv() waits as a fiber of the library.
RECEIVER = """
import ctypes, sys
library = ctypes.CDLL(sys.argv[1])
pair = (ctypes.c_void_p * 2)()
assert library.loquat_run_in(b"epoll") == 0
assert library.loquat_socketpair(1, 1, 0, ctypes.byref(pair)) == 0
print("receiving", flush=True)
library.loquat_recv(ctypes.c_void_p(pair[0]), ctypes.create_string_buffer(8), ctypes.c_size_t(8), 0, ctypes.c_int64(2**63 - 1))
"""


def gdb(*arguments, commands=(), source=True):
    """What gdb prints for these commands."""
    each = [f"source {COMMANDS}", *commands] if source else commands
    done = subprocess.run([*GDB, *map(str, arguments), *(word for one in each for word in ("-ex", one))],
                          capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
    return done.stdout + done.stderr


class Gdb(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def start(self, *command):
        program = Program(*map(str, command))
        self.addCleanup(program.stop)
        return program

    def echo(self, program=ECHO):
        """The echo server with a client whose fiber waits for the next byte, and that client."""
        server = self.start(program, "127.0.0.1:0")
        host, port = server.expect("\n").split()[-1].split(":")
        client = socket.create_connection((host, int(port)), timeout=60)
        self.addCleanup(client.close)
        self.answers(client, b"1")
        return server.process.pid, client

    def answers(self, client, data):
        client.sendall(data)
        self.assertEqual(client.recv(100), data)

    def check_list(self, said):
        """Main waits for the server, that for the accept loop, that for a client; and fiber 5 for a byte."""
        lines = re.findall(r"^[* ] \d+ (\S+), on worker 0, (.*?)(?: since [^,]*)?, stack \d+ of \d+ KiB$", said, re.M)
        self.assertEqual([re.sub(r"\d+", "N", what) for _, what in lines[:5]],
                         ["join", "Group::join", "Group::join", "accept on N", "recv on N"], said)
        self.assertEqual(lines[0][0], "main")
        self.assertRegex(lines[4][0], r"^src/server/serving\.h:\d+$")

    def check_stacks(self, said):
        stacks = [each for each in re.split(r"^fiber \d+ ", said, flags=re.M) if each.startswith(("main", "src/"))]
        self.assertEqual(len(stacks), 5, said)
        for stack, inside in zip(stacks, ["serve_forever", "Group::join", "Group::join", "Socket::accept", "Socket::recv"]):
            self.assertRegex(stack, rf"#\d+ .*{inside}", said)
            self.assertRegex(re.findall(r"^#.*", stack, re.M)[-1], r"Worker::Entry::begin", said)
        self.assertRegex(stacks[0] + stacks[4], r"06_echo_server\.cc:\d+")  # the user's own code

    def test_a_live_process(self):
        pid, client = self.echo()
        said = gdb("-p", pid, commands=["info fibers", "fiber 5", "fiber", "bt -2", "info fibers", "fiber none", "bt"])
        self.check_list(said)
        self.assertIn("\n[fiber 5 src/server/serving.h:", said)
        self.assertIn("\nfiber 5 src/server/serving.h:", said)
        self.assertIn("\n* 5 src/", said)
        self.assertRegex(said.split("\n* 5 src/")[1], r"#\d+ .*main \(")  # the thread's own stack again
        said = gdb("-p", pid, commands=["fiber apply all bt", "echo once more\\n", "fiber apply 4 5 bt 2"])
        self.check_stacks(said.split("once more")[0])
        self.assertRegex(said.split("once more")[1], r"(?s)fiber 4 .*#2 .*fiber 5 .*#2 ")
        self.answers(client, b"gdb has changed nothing")

    def test_core_files(self):
        pid, client = self.echo()
        core, other = self.folder / "core", self.folder / "other"
        gdb("-p", pid, commands=["fiber 3", f"fiber gcore {core}", f"gcore {other}"])
        self.answers(client, b"gdb has changed nothing")
        said = gdb(ECHO, core, commands=["info fibers", "fiber apply all bt", "fiber 5", "bt"])
        self.check_list(said)
        self.check_stacks(said.split("[fiber 5")[0])
        self.assertRegex(said.split("[fiber 5")[1], r"#\d+ .*Socket::recv")
        said = gdb(ECHO, other, commands=["info fibers", "fiber 5", "bt"])
        self.assertRegex(said, r"  5 src/server/serving.h:\d+, on worker 0, recv on \d+")
        self.assertRegex(said, r"#\d+ .*Socket::recv|The fiber's stack is not in this core file\.")

    def test_a_running_fiber(self):
        pid, client = self.echo()
        debugger = self.start(*GDB, "-p", pid, "-ex", f"source {COMMANDS}", "-ex", "break loquat::Socket::sendall",
                              "-ex", "echo waiting\\n", "-ex", "continue", "-ex", "info fibers", "-ex", "fiber 1",
                              "-ex", "bt -2", "-ex", "fiber 5", "-ex", "bt", "-ex", "info fibers", "-ex", "delete",
                              "-ex", "detach")
        debugger.expect("waiting")
        client.sendall(b"2")
        self.assertEqual(client.recv(100), b"2")
        debugger.end()
        said = debugger.got
        self.assertRegex(said, r"\n\* 5 src/\S+, on worker 0, running in thread 1, stack \d+ of")
        self.assertRegex(said, r"\n  1 main, on worker 0, join")
        self.assertRegex(said.split("[fiber 1 ")[1].split("[fiber 5 ")[0], r"#\d+ .*Worker::Entry::begin")
        self.assertRegex(said.split("[fiber 5 ")[1], r"#0 .*Socket::sendall")

    def test_tells_how_long(self):
        pid, client = self.echo()
        client.close()  # its fiber ends, and the worker looks at the clock
        wait_until(lambda: "recv" not in gdb("-p", pid, commands=["info fibers"]), "the end of the client's fiber")
        core = self.folder / "core"
        said = gdb("-p", pid, commands=["info fibers", f"fiber gcore {core}"])
        self.assertRegex(said, r"1 main, on worker 0, join since \d+(\.\d s| ms), stack")
        self.assertRegex(gdb(ECHO, core, commands=["info fibers"]), r"accept on \d+ since at least \d+(\.\d s| ms), stack")

    def test_the_shared_library_without_debug_information(self):
        library = self.folder / LIBRARY.name
        subprocess.run(["strip", "-o", library, LIBRARY], check=True)
        shutil.copy(COMMANDS, f"{library}-gdb.py")
        program = self.start(sys.executable, "-c", RECEIVER, library)
        program.expect("receiving")
        wait_until(lambda: "recv on" in self.of_library(program), "the fiber")
        said = self.of_library(program, "fiber apply all bt")
        self.assertRegex(said, r"\n#\d+ ")
        self.assertNotIn("Error", said)

    def of_library(self, program, *more):
        return gdb("-iex", f"add-auto-load-safe-path {self.folder}", "-p", program.process.pid, source=False,
                   commands=["info fibers", *more])

    def test_says_what_is_missing(self):
        self.assertIn("No fibers: run() has not been called yet", gdb(ECHO, commands=["info fibers"]))
        self.assertIn("There is no fiber 7; `info fibers` lists them.", gdb(ECHO, commands=["fiber 7"]))
        stripped = self.folder / "stripped"
        subprocess.run(["strip", "-o", stripped, ECHO], check=True)
        said = gdb(stripped, commands=["info fibers", "fiber 1", "fiber apply all bt"])
        self.assertEqual(said.count("There is no symbol `loquat_debug`:"), 3, said)
        pid, _ = self.echo(stripped)
        self.check_list(gdb("-p", pid, commands=[f"file {ECHO}", "info fibers"]))


def reason_to_skip():
    if shutil.which("gdb") is None:
        return "gdb is not installed; ./dev setup test installs it"
    if "ok" not in gdb(commands=["python print('ok')"], source=False):
        return "this gdb has no Python"
    child = subprocess.Popen(["sleep", "60"])
    try:
        said = gdb("-p", child.pid, commands=["info registers"], source=False)
    finally:
        child.kill()
        child.wait()
    return "" if re.search(r"^(rip|pc) ", said, re.M) else "gdb may not attach to processes here: " + said.strip()[-200:]


if __name__ == "__main__":
    if why := reason_to_skip():
        print(f"skipped: {why}")
        sys.exit(77)
    unittest.main(verbosity=2)
