"""Plain IRC lines over TCP, for tests.

    ann = Lines(server.port, "ann", "server-time")
    ann.send("JOIN #lobby")
    ann.expect(" 366 ")
"""
import socket

SECONDS = 60


class Lines:
    """Plain IRC lines over TCP."""

    def __init__(self, port, nick, caps=""):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self.file = self.socket.makefile("r", encoding="utf-8", newline="\n")
        if caps:
            self.send(f"CAP REQ :{caps}")
        self.send(f"NICK {nick}")
        self.send(f"USER {nick} 0 * :{nick}")
        self.send("CAP END")
        self.expect(" 376 ")

    def send(self, line):
        self.socket.sendall(line.encode() + b"\r\n")

    def expect(self, part):
        while line := self.file.readline():
            if part in line:
                return line.rstrip("\r\n")
        raise AssertionError(f"the connection ended before {part!r}")

    def ask(self, line):
        self.send(line)
        self.send("PING end")
        lines = []
        while "PONG" not in (line := self.file.readline()):
            lines.append(line.rstrip("\r\n"))
        return lines

    def close(self):
        self.file.close()
        self.socket.close()
