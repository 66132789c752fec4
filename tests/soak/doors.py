"""The doors of the server, as its clients see them: each enters, says lines, and hands over what it hears."""
import base64
import re
import socket
import ssl
import struct

LINE = r"L(\d{8})"
SAID_IRC = re.compile(rb"^(?:@\S+ )?:\S+ PRIVMSG (#\S+) :" + LINE.encode())
SAID_TEXT = re.compile(rb"^[^ *#~][^ ]*: " + LINE.encode())

insecure = ssl.create_default_context()
insecure.check_hostname = False
insecure.verify_mode = ssl.CERT_NONE


class Gone(Exception):
    """The server has ended the connection."""


class Door:
    """One connection. heard(room, number) is called for each line of the soak that arrives."""

    echoes = True  # whether a sender hears its own lines
    rooms = ()     # that entering joins

    def __init__(self, port, nick, tls=False):
        self.nick = nick
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = insecure.wrap_socket(self.socket)
        self.pending = b""
        self.heard = lambda room, number: None

    def send(self, text):
        self.socket.settimeout(60)
        self.socket.sendall(text.encode())

    def receive(self, seconds):
        """Handles what arrives within that time. Returns after the first piece."""
        self.socket.settimeout(max(seconds, 0.001))
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            return
        if not data:
            raise Gone(self.pending[-200:])
        *lines, self.pending = (self.pending + self.decode(data)).split(b"\n")
        for line in lines:
            self.line(line)

    def decode(self, data):
        return data

    def vanish(self):
        """Ends with a reset, as a machine does that loses its power."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self):
        self.socket.close()


class Text(Door):
    echoes = False
    rooms = ("#lobby",)

    def enter(self):
        self.send(f"/nick {self.nick}\n")

    def line(self, line):
        if said := SAID_TEXT.match(line):
            self.heard("#lobby", int(said[1]))

    def say(self, _room, texts):
        self.send("".join(text + "\n" for text in texts))

    def ask(self):
        self.send("/who\n/rooms\n")

    def quit(self):
        self.send("byebye\n")

    def join(self, room):
        pass

    part = join


class Irc(Door):
    def enter(self):
        self.welcome = False
        for command in ("CAP REQ :echo-message draft/chathistory server-time message-tags batch", f"NICK {self.nick}",
                        f"USER {self.nick} 0 * :soak", "CAP END"):
            self.command(command)
        while not self.welcome:
            self.receive(60)

    def command(self, text):
        self.send(text + "\r\n")

    def commands(self, texts):
        self.send("".join(text + "\r\n" for text in texts))

    def line(self, line):
        if b" PRIVMSG #" in line:
            # History comes in batches; only what is said now counts.
            if (said := SAID_IRC.match(line)) and b"batch=" not in line.split(b" ", 1)[0]:
                self.heard(said[1].decode(), int(said[2]))
        elif line.startswith(b"PING"):
            self.command("PONG" + line[4:].decode().rstrip("\r"))
        elif b" 001 " in line:
            self.welcome = True

    def say(self, room, texts):
        self.commands([f"PRIVMSG {room} :{text}" for text in texts])

    def ask(self):
        self.commands(["WHO #lobby", "CHATHISTORY LATEST #lobby * 50"])

    def join(self, room):
        self.command(f"JOIN {room}")

    def part(self, room):
        self.command(f"PART {room}")

    def quit(self):
        self.command("QUIT :bye")


class Web(Irc):
    """IRC over WebSocket."""

    def __init__(self, port, nick, tls=False):
        super().__init__(port, nick, tls)
        self.frames = b""
        self.send(f"GET /irc HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                  f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Protocol: text.ircv3.net\r\n\r\n")
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = self.socket.recv(4096)
            if not data:
                raise Gone(answer)
            answer += data
        if not answer.startswith(b"HTTP/1.1 101"):
            raise RuntimeError(answer)
        self.frames = answer.split(b"\r\n\r\n", 1)[1]

    def command(self, text):
        self.commands([text])

    def commands(self, texts):
        self.frame(*((1, text.encode()) for text in texts))

    def frame(self, *messages):
        self.socket.settimeout(60)
        self.socket.sendall(b"".join(
            bytes([0x80 | opcode]) + (bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data)))
            + bytes(4) + data for opcode, data in messages))

    def decode(self, data):
        self.frames += data
        lines = b""
        while len(self.frames) >= 2:
            size, start = self.frames[1], 2
            if size >= 126:
                start = 4 if size == 126 else 10
                size = int.from_bytes(self.frames[2:start], "big")
            if len(self.frames) < start + size:
                break
            opcode, payload = self.frames[0] & 15, self.frames[start:start + size]
            self.frames = self.frames[start + size:]
            if opcode == 1:
                lines += payload + b"\n"
            elif opcode == 9:
                self.frame((10, payload))
            elif opcode == 8:
                raise Gone(payload)
        return lines


KINDS = [(Text, False), (Irc, False), (Web, False), (Irc, True), (Web, False), (Web, True), (Text, True), (Irc, False)]


def load_page(port, tls):
    """GET / over a connection of its own, as a browser that comes and goes."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain:
        with (insecure.wrap_socket(plain) if tls else plain) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while data := connection.recv(65536):
                answer += data
    if not answer.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(answer[:200])


def scan(port):
    """A port scanner: bytes of no protocol that is served here."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"SSH-2.0-scan\r\n")
        while connection.recv(4096):
            pass
