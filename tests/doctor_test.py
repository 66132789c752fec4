#!/usr/bin/env python3
"""`loquat doctor`: it reports each fault that this test can cause, with a remedy.

usage: doctor_test.py LOQUAT [unittest arguments]
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import unittest

LOQUAT = os.path.abspath(sys.argv.pop(1))


class Doctor(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.environment = dict(os.environ, HOME=folder.name, LANG="C.UTF-8", LC_ALL="C.UTF-8")
        self.environment.pop("XDG_DATA_HOME", None)
        self.environment.pop("LOQUAT_POLLER", None)

    def doctor(self, *before, **variables):
        """Exit status, and the checks by name."""
        process = subprocess.run([*before, LOQUAT, "doctor", "--json"], capture_output=True, text=True,
                                 env=self.environment | variables)
        self.assertEqual(process.stderr, "")
        checks = {each["check"]: each for each in map(json.loads, process.stdout.splitlines())}
        for each in checks.values():
            self.assertTrue(each["text"])
            self.assertEqual(each["ok"], each["remedy"] == "", each)
        return process.returncode, checks

    def test_what_serve_needs_is_here(self):
        status, checks = self.doctor()
        for name in ("kernel", "poller", "data directory", "sock_diag", "death notices"):
            self.assertTrue(checks[name]["ok"], checks[name])
        self.assertEqual(status, 0 if checks["port 7777"]["ok"] else 1)
        self.assertEqual(os.listdir(self.environment["HOME"]), [], "something was left behind")

    def test_a_poller_that_does_not_exist(self):
        status, checks = self.doctor(LOQUAT_POLLER="select")
        self.assertEqual((status, checks["poller"]["ok"]), (1, False))
        self.assertIn("LOQUAT_POLLER", checks["poller"]["remedy"])

    def test_no_place_for_data(self):
        status, checks = self.doctor(XDG_DATA_HOME="/proc")
        self.assertEqual((status, checks["data directory"]["ok"]), (1, False))
        self.assertIn("--data", checks["data directory"]["remedy"])

    def test_the_port_is_taken(self):
        try:
            taken = socket.create_server(("127.0.0.1", 7777))
        except OSError:
            self.skipTest("port 7777 is taken already")
        with taken:
            status, checks = self.doctor()
        self.assertEqual((status, checks["port 7777"]["ok"]), (1, False))
        self.assertIn(f"({os.getpid()})", checks["port 7777"]["text"])
        self.assertIn("--listen", checks["port 7777"]["remedy"])

    def test_a_terminal_without_utf8(self):
        _, checks = self.doctor(LANG="C", LC_ALL="C")
        self.assertFalse(checks["terminal"]["ok"])

    def test_no_user_namespaces(self):
        inside = ["unshare", "-Ur", "sh", "-c", 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$0" "$@"']
        if subprocess.run([*inside[:2], "true"], capture_output=True).returncode != 0:
            self.skipTest("there are none to be forbidden")
        _, checks = self.doctor(*inside)
        for name in ("user namespaces", "lab"):
            self.assertFalse(checks[name]["ok"])
        self.assertIn("user.max_user_namespaces", checks["user namespaces"]["remedy"])

    def test_for_people(self):
        text = subprocess.run([LOQUAT, "doctor", "--lang", "zh"], capture_output=True, text=True, env=self.environment).stdout
        self.assertIn("内核报告了", text)


if __name__ == "__main__":
    unittest.main()
