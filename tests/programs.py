"""Programs that a test talks to: through pipes (Program), or in a terminal of their own (Screen).

    program = Program("nc", "127.0.0.1", "9000")
    program.type("hello")
    program.expect("hello yourself")
"""
import itertools
import os
import queue
import signal
import subprocess
import threading
import time

SECONDS = 60


def wait_until(ready, what):
    """Polls until `ready()` is true, for a program that can only be observed."""
    deadline = time.monotonic() + SECONDS
    while not (found := ready()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not appear")
        time.sleep(0.05)
    return found


class Program:
    """A program with pipes for standard input, and for standard output and error together."""

    def __init__(self, *command):
        environment = dict(os.environ, PYTHONUNBUFFERED="1", PYTHONIOENCODING="utf-8")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, env=environment)
        self.pieces = queue.Queue()
        self.got = ""
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        while data := os.read(self.process.stdout.fileno(), 65536):
            self.pieces.put(data)
        self.pieces.put(b"")

    def type(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def expect(self, text):
        deadline = time.monotonic() + SECONDS
        while text not in self.got:
            try:
                data = self.pieces.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"waited for {text!r}: {self.got!r}")
            if not data:
                raise AssertionError(f"the program ended before {text!r}: {self.got!r}")
            self.got += data.decode()
        end = self.got.index(text) + len(text)
        before, self.got = self.got[:end], self.got[end:]
        return before

    def end(self):
        """Waits for the end and returns the exit status. The rest of the output is in self.got."""
        while data := self.pieces.get(timeout=SECONDS):
            self.got += data.decode()
        return self.process.wait(SECONDS)

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdin.close()
        self.process.stdout.close()


class Screen:
    """A program in a terminal of its own (tmux), driven by keys and read from the screen."""

    numbers = itertools.count()

    def __init__(self, command, columns, rows):
        self.name = f"loquat-{os.getpid()}-{next(self.numbers)}"
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(rows), command)

    def tmux(self, *arguments):
        environment = {**os.environ, "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        return subprocess.run(["tmux", "-u", "-L", self.name, *arguments], env=environment, check=True,
                              capture_output=True, text=True, timeout=SECONDS).stdout

    def keys(self, text):
        self.tmux("send-keys", "-l", text)

    def type(self, text):
        self.keys(text)
        self.tmux("send-keys", "Enter")

    def text(self):
        return self.tmux("capture-pane", "-p")

    def see(self, text):
        wait_until(lambda: text in self.text(), f"{text!r} on the screen")

    def close(self):
        try:
            for group in self.tmux("list-panes", "-F", "#{pane_pid}").split():
                os.killpg(int(group), signal.SIGTERM)  # a server outlives its terminal
            self.tmux("kill-server")
        except (subprocess.CalledProcessError, ProcessLookupError):
            pass  # the program has ended, and its tmux with it
