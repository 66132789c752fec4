"""A `loquat serve` of its own for a test: on a free port of 127.0.0.1, with data of its own, ended by its process id.

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
        """What it has written on standard error."""
        self.errors.seek(0)
        return self.errors.read()

    def type(self, line):
        """A line on its standard input, as the operator types it."""
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self, number=signal.SIGTERM, timeout=20):
        """Ends it politely and returns its exit status."""
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
