"""A `loquat serve` for one test, on a free port of 127.0.0.1 and with its own data, and a text client.

    with Server("build/release/bin/loquat") as server:
        socket.create_connection(("127.0.0.1", server.port))
"""
import re
import signal
import subprocess
import tempfile


class Server:
    def __init__(self, loquat, *arguments, data=None, env=None, listen="127.0.0.1:0", preexec_fn=None):
        self.temporary = None if data else tempfile.TemporaryDirectory()
        self.data = data or self.temporary.name
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            [loquat, "serve", "--listen", listen, "--data", self.data, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True, env=env,
            preexec_fn=preexec_fn)
        line = self.process.stdout.readline()
        found = re.match(r"listening on http://(?P<host>.*):(?P<port>\d+)/", line)
        if not found:
            self.process.wait()
            raise RuntimeError(f"loquat serve did not start: {line}{self.log()}")
        self.port = int(found["port"])
        self.url = f"http://{found['host']}:{self.port}/"

    def log(self):
        """What the server has written to standard error."""
        self.errors.seek(0)
        return self.errors.read()

    def type(self, line):
        """Writes a line to the server's standard input, as the operator does."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self, number=signal.SIGTERM, timeout=20):
        """Sends a signal, waits for the end, and returns the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.errors.close()
        if self.temporary:
            self.temporary.cleanup()


class TextClient:
    """A text client that sends whole lines over a connected socket."""

    def __init__(self, connected):
        self.socket, self.received = connected, ""

    def say(self, line):
        self.socket.sendall((line + "\n").encode())

    def wait_for(self, text):
        while text not in self.received:
            data = self.socket.recv(65536)
            assert data, f"the connection ended before {text!r}: {self.received!r}"
            self.received += data.decode()

    def wait_for_end(self):
        while data := self.socket.recv(65536):
            self.received += data.decode()
        return self.received
