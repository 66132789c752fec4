#!/usr/bin/env python3
"""Whole sessions of other people's IRC clients: irssi, WeeChat, and a bot with python3-irc. The server restarts, they
come back; people are away, kicked, killed, banned; lines are long; a nick is taken.

usage: irc_sessions_test.py LOQUAT
"""
import glob
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from irc_lines import Lines
from programs import Screen, wait_until
from serve import Server

DEBIAN_PYTHON = "/usr/bin/python3"  # has Debian's python3-irc
if importlib.util.find_spec("irc") is None and sys.executable != DEBIAN_PYTHON:
    os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])
import irc.bot

LOQUAT = sys.argv.pop(1)


class Irssi(Screen):
    """Comes back a second after its connection is lost, and into its rooms."""

    def __init__(self, port, nick):
        self.home = tempfile.TemporaryDirectory()
        pathlib.Path(self.home.name, "config").write_text(
            'settings = { core = { real_name = "Irssi Itself"; server_reconnect_time = "1s"; }; };\n')
        super().__init__(f"irssi --home={self.home.name} --connect=127.0.0.1 --port={port} --nick={nick}", 160, 50)
        self.see("End of /MOTD")
        self.type("/join #lobby")
        self.see("Irssi: #lobby")

    def close(self):
        super().close()
        self.home.cleanup()


class WeeChat:
    """WeeChat without a screen: commands go into its FIFO, and what it shows comes from its log files."""

    def __init__(self, port, nick):
        self.home = tempfile.TemporaryDirectory()
        server = f"/server add t 127.0.0.1/{port} -nicks={nick} -autojoin=#lobby -autoreconnect_delay=1"
        commands = ["/set logger.file.flush_delay 0", "/set irc.server_default.realname Wee Chat", server, "/connect t"]
        self.process = subprocess.Popen(
            ["weechat-headless", "--dir", self.home.name, *(f"--run-command={one}" for one in commands)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.see("has joined #lobby")

    def shown(self, buffer="t.#lobby"):
        try:
            return pathlib.Path(self.home.name, "logs", f"irc.{buffer}.weechatlog").read_text()
        except FileNotFoundError:
            return ""

    def see(self, text, buffer="t.#lobby", times=1):
        wait_until(lambda: self.shown(buffer).count(text) >= times, f"{text!r} in WeeChat's {buffer}")

    def type(self, line, buffer="t.#lobby"):
        fifo, = wait_until(lambda: glob.glob(f"{self.home.name}/weechat_fifo_*"), "WeeChat's FIFO")
        with open(fifo, "w") as file:
            file.write(f"irc.{buffer} *{line}\n")

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.home.cleanup()


class Bot(irc.bot.SingleServerIRCBot):
    """Answers !time, as the first example of every bot library does."""

    def __init__(self, port, nick):
        super().__init__([("127.0.0.1", port)], nick, "a bot", reconnection_interval=1)
        self.answered, self.ended = 0, threading.Event()
        self.events = []
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        self._connect()
        while not self.ended.is_set():
            self.ircobj.process_once(0.05)
        self.connection.close()

    def on_nicknameinuse(self, connection, event):
        connection.nick(connection.get_nickname() + "_")

    def on_welcome(self, connection, event):
        connection.join("#lobby")

    def on_pubmsg(self, connection, event):
        if event.arguments[0] == "!time":
            self.answered += 1
            connection.privmsg(event.target, f"answer {self.answered}")

    def _dispatcher(self, connection, event):
        self.events.append(event.type)
        super()._dispatcher(connection, event)

    def see(self, kind):
        wait_until(lambda: kind in self.events, f"the bot's event {kind}")

    def close(self):
        self.ended.set()
        self.thread.join()


class IrcSessions(unittest.TestCase):
    def setUp(self):
        self.data = tempfile.TemporaryDirectory()
        self.addCleanup(self.data.cleanup)
        self.start("127.0.0.1:0")
        self.addCleanup(lambda: self.server.__exit__())

    def start(self, listen):
        self.server = Server(LOQUAT, data=self.data.name, listen=listen)
        self.port = self.server.port

    def open(self, kind, *arguments):
        client = kind(self.port, *arguments)
        self.addCleanup(client.close)
        return client

    def operator(self):
        boss = self.open(Lines, "boss")
        boss.ask("JOIN #lobby")
        boss.send(f"OPER boss {pathlib.Path(self.data.name, 'operator-key').read_text().strip()}")
        boss.expect(" 381 ")
        return boss

    def wait_for_people(self, person, *nicks):
        def here():
            names = "".join(line.rsplit(":", 1)[1] + " " for line in person.ask("NAMES #lobby") if " 353 " in line)
            return set(nicks) <= {name.lstrip("@") for name in names.split()}
        wait_until(here, f"{nicks} in the lobby")

    def test_after_a_restart_nothing_old_is_answered_or_shown_again(self):
        ann = self.open(Lines, "ann")
        ann.ask("JOIN #lobby")
        weechat, irssi, bot = self.open(WeeChat, "wee"), self.open(Irssi, "irs"), self.open(Bot, "bot")
        self.wait_for_people(ann, "wee", "irs", "bot")
        ann.send("PRIVMSG #lobby :!time")
        weechat.see("answer 1")
        irssi.see("answer 1")
        self.assertEqual(self.server.stop(), 0)
        self.server.__exit__()
        self.start(f"127.0.0.1:{self.port}")
        ben = self.open(Lines, "ben", "server-time")
        self.assertFalse([line for line in ben.ask("JOIN #lobby") if "PRIVMSG" in line])
        self.wait_for_people(ben, "wee", "irs", "bot")
        ben.send("PRIVMSG #lobby :!time")
        weechat.see("answer 2")
        irssi.see("answer 2")
        self.assertEqual(bot.answered, 2)
        self.assertEqual(weechat.shown().count("!time"), 2, weechat.shown())
        self.assertEqual(irssi.text().count("!time"), 2, irssi.text())

    def test_a_session(self):
        """In one go, because starting irssi takes seconds."""
        boss = self.operator()
        ann = self.open(Lines, "ann", "away-notify")
        ann.ask("JOIN #lobby")
        weechat, irssi, bot = self.open(WeeChat, "wee,wee_other"), self.open(Irssi, "irs"), self.open(Bot, "bot")
        self.open(WeeChat, "wee,wee_other"), self.open(Bot, "bot")  # from another device, under another nick
        self.wait_for_people(ann, "wee", "wee_other", "irs", "bot", "bot_")
        self.away_and_real_names(ann, weechat, irssi)
        self.long_lines(ann, ((weechat, "wee"), (irssi, "irs")))
        self.kick_and_kill(boss, weechat, irssi)
        self.ban(boss, bot)

    def away_and_real_names(self, ann, weechat, irssi):
        irssi.type("/away at lunch")
        self.assertTrue(ann.expect(":irs!").endswith(" AWAY :at lunch"))
        weechat.type("/away gone home")
        self.assertTrue(ann.expect(":wee!").endswith(" AWAY :gone home"))
        self.assertTrue(any(" 301 ann irs :at lunch" in line for line in ann.ask("PRIVMSG irs :there?")))
        irssi.type("/away")
        self.assertTrue(ann.expect(":irs!").endswith(" AWAY"))
        weechat.type("/whois irs")
        weechat.see("Irssi Itself", "server.t")
        irssi.type("/window 1")
        irssi.type("/whois wee")
        irssi.see("Wee Chat")
        irssi.see("gone home")
        irssi.type("/window 2")

    def long_lines(self, ann, clients):
        for client, nick in clients:
            client.type("x" * 1000)
            pieces = []
            while sum(map(len, pieces)) < 1000:
                pieces.append(ann.expect(f":{nick}!").rsplit(":", 1)[1])
            self.assertEqual("".join(pieces), "x" * 1000)
            self.assertEqual(len(pieces), 3, [len(piece) for piece in pieces])

    def kick_and_kill(self, boss, weechat, irssi):
        irssi.type("/names")
        irssi.see("@boss")
        boss.send("KICK #lobby irs :too loud")
        irssi.see("too loud")
        weechat.see("has kicked irs (too loud)")
        boss.send("KILL irs :enough")
        irssi.type("/window 1")
        irssi.see("You were killed by boss")

    def ban(self, boss, bot):
        told = boss.ask("MODE #lobby +b bot!*@*")
        self.assertTrue(any(line.startswith(":bot!") and " QUIT " in line for line in told), told)
        bot.see("yourebannedcreep")
        boss.ask("MODE #lobby -b bot!*@*")
        self.wait_for_people(boss, "bot", "wee")
        self.assertFalse(any(" irs" in line for line in boss.ask("NAMES #lobby")), "irssi came back after a KILL")


if __name__ == "__main__":
    unittest.main(warnings="ignore")  # of the bot library, which leaves sockets to the garbage collector
