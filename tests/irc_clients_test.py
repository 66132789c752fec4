#!/usr/bin/env python3
"""Third-party clients in one room of a real server: irssi, a WebSocket client (python3-websockets), and plain IRC lines.

usage: irc_clients_test.py LOQUAT
"""
import asyncio
import importlib.util
import os
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from irc_lines import SECONDS, Lines
from programs import Screen, wait_until
from serve import Server

DEBIAN_PYTHON = "/usr/bin/python3"  # has Debian's python3-websockets
if importlib.util.find_spec("websockets") is None and sys.executable != DEBIAN_PYTHON:
    os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])

LOQUAT = sys.argv.pop(1)


class Irssi(Screen):
    def __init__(self, port, nick):
        self.home = tempfile.TemporaryDirectory()
        super().__init__(f"irssi --home={self.home.name} --connect=127.0.0.1 --port={port} --nick={nick}", 160, 50)
        self.see("End of /MOTD")

    def close(self):
        super().close()
        self.home.cleanup()


class WebSocketPeer:
    """A client that uses python3-websockets; each call runs its event loop to the end."""

    def __init__(self, port, nick, protocols=("text.ircv3.net",)):
        import websockets  # ./dev setup test

        self.loop = asyncio.new_event_loop()
        origin = f"http://127.0.0.1:{port}"

        async def connect():
            return await websockets.connect(f"ws://127.0.0.1:{port}/irc", subprotocols=list(protocols), origin=origin)

        self.peer = self.run(connect())
        self.send("CAP REQ :server-time message-tags echo-message batch labeled-response draft/chathistory")
        self.send(f"NICK {nick}")
        self.send(f"USER {nick} 0 * :{nick}")
        self.send("CAP END")
        self.expect(" 376 ")

    def run(self, coroutine):
        async def bounded():
            return await asyncio.wait_for(coroutine, SECONDS)
        return self.loop.run_until_complete(bounded())

    def send(self, line):
        self.run(self.peer.send(line))

    def expect(self, part):
        while True:
            line = self.run(self.peer.recv())
            self.binary = isinstance(line, bytes)
            line = line.decode() if self.binary else line
            if part in line:
                return line

    def close(self):
        self.run(self.peer.close())
        self.loop.close()


class IrcClients(unittest.TestCase):
    def setUp(self):
        self.server = self.enterContext(Server(LOQUAT))

    def open(self, kind, *arguments):
        client = kind(self.server.port, *arguments)
        self.addCleanup(client.close)
        return client

    def test_all_in_one_room(self):
        for program in ("irssi", "tmux"):
            self.assertTrue(shutil.which(program), f"{program} is missing: ./dev setup test")
        lines = self.open(Lines, "lines", "server-time")
        page = self.open(WebSocketPeer, "page")
        for one in (lines, page):
            one.send("JOIN #lobby")
            one.expect(" 366 ")
        lines.send("PRIVMSG #lobby :said before irssi came")
        page.expect(":said before irssi came")

        irssi = self.open(Irssi, "irssi")
        irssi.type("/join #lobby")
        irssi.see("Irssi: #lobby")
        irssi.type("你好 from irssi")
        self.assertIn("PRIVMSG #lobby :你好 from irssi", lines.expect("PRIVMSG"))
        self.assertIn(":irssi!", page.expect("你好 from irssi"))

        page.send("@label=1;+loquat/id=mine PRIVMSG #lobby :from the page")
        echo = page.expect("from the page")
        self.assertIn("label=1", echo)
        self.assertIn("+loquat/id=mine", echo)
        irssi.see("from the page")
        lines.send("PRIVMSG #lobby :\x01ACTION waves\x01")
        irssi.see("lines waves")
        irssi.type("/topic #lobby an irssi topic")
        page.expect("TOPIC #lobby :an irssi topic")
        irssi.type("/quit so long")
        self.assertIn("so long", page.expect("QUIT"))

    def test_history_survives_the_server(self):
        data = tempfile.TemporaryDirectory()
        self.addCleanup(data.cleanup)
        with Server(LOQUAT, "--flood", "0", data=data.name) as server:
            lines = Lines(server.port, "lines")
            lines.send("JOIN #lobby")
            for i in range(30):
                lines.send(f"PRIVMSG #lobby :line {i}")
            lines.ask("PING done")
            lines.close()
            server.kill()
        with Server(LOQUAT, "--flood", "0", data=data.name) as server:
            lines = Lines(server.port, "lines", "server-time")
            self.assertFalse([line for line in lines.ask("JOIN #lobby") if "PRIVMSG" in line], "seen before the restart")
            lines.close()
            asking = Lines(server.port, "asking", "server-time draft/chathistory")
            asking.ask("JOIN #lobby")
            seen = asking.ask("CHATHISTORY LATEST #lobby * 20")
            asking.close()
        self.assertEqual([line.rsplit(":", 1)[1] for line in seen], [f"line {i}" for i in range(10, 30)])
        self.assertTrue(all(line.startswith("@time=") for line in seen))

    def test_binary_subprotocol(self):
        web = self.open(WebSocketPeer, "web", ("binary.ircv3.net", "text.ircv3.net"))
        self.assertEqual(web.peer.subprotocol, "binary.ircv3.net")
        self.assertTrue(web.binary)


if __name__ == "__main__":
    unittest.main()
