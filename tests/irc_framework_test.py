#!/usr/bin/env python3
"""A bot with irc-framework (npm), which The Lounge and Kiwi are made of, in whole sessions.

usage: irc_framework_test.py LOQUAT
"""
import os
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from irc_lines import Lines
from programs import Program
from serve import Server

LOQUAT = sys.argv.pop(1)
FOLDER = pathlib.Path(__file__).resolve().parent / "irc_framework"


class IrcFramework(unittest.TestCase):
    def bot(self, port, nick):
        bot = Program("node", str(FOLDER / "bot.mjs"), str(port), nick)
        self.addCleanup(bot.stop)
        bot.expect(f"joined {nick}\n")
        return bot

    def lines(self, port, nick, caps=""):
        lines = Lines(port, nick, caps)
        self.addCleanup(lines.close)
        lines.ask("JOIN #lobby")
        return lines

    def test_after_a_restart_nothing_old_is_answered_again(self):
        with tempfile.TemporaryDirectory() as data:
            with Server(LOQUAT, data=data) as server:
                ann = self.lines(server.port, "ann")
                bot = self.bot(server.port, "fred")
                ann.send("PRIVMSG #lobby :!time")
                ann.expect("fred answer 1")
                self.assertEqual(server.stop(), 0)
            with Server(LOQUAT, data=data, listen=f"127.0.0.1:{server.port}") as server:
                bot.expect("joined fred\n")
                ben = self.lines(server.port, "ben")
                ben.send("PRIVMSG #lobby :!time")
                ben.expect("fred answer 2")
                self.assertEqual(bot.expect("said ben !time\n").count("!time"), 1)

    def test_away_long_lines_and_a_kick(self):
        with Server(LOQUAT) as server:
            ann = self.lines(server.port, "ann", "away-notify")
            bot = self.bot(server.port, "fred")
            bot.type("/AWAY :at lunch")
            self.assertTrue(ann.expect(":fred!").endswith(" JOIN #lobby"))
            self.assertTrue(ann.expect(":fred!").endswith(" AWAY :at lunch"))
            bot.expect("away fred")
            bot.type("x" * 1000)
            pieces = []
            while sum(map(len, pieces)) < 1000:
                pieces.append(ann.expect(" PRIVMSG #lobby :").rsplit(":", 1)[1])
            self.assertEqual([len(piece) for piece in pieces], [350, 350, 300], "as the library cuts")
            ann.ask(f"OPER ann {pathlib.Path(server.data, 'operator-key').read_text().strip()}")
            ann.send("KICK #lobby fred :too loud")
            bot.expect("kicked fred too loud\n")


if __name__ == "__main__":
    if not (FOLDER / "node_modules").exists():
        print("skipped: tests/irc_framework has no npm packages; ./dev test installs them")
        sys.exit(77)
    unittest.main()
