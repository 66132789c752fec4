#!/usr/bin/env python3
"""Frames that the wire generates, and TLS keys, as tshark reads them from the files of `loquat wire play --pcapng`.

usage: wire_made_test.py LOQUAT [unittest arguments]
"""
import json
import os
import sys
import tempfile
import unittest

import tshark

tshark.need("tshark")
LOQUAT = os.path.abspath(sys.argv[1])
del sys.argv[1]


def play(*arguments):
    ran = tshark.run(LOQUAT, "wire", "play", *arguments, "--format", "json")
    return [json.loads(line) for line in ran.stdout.splitlines()], ran


ROWS, PLAYED = play("handshake")
if PLAYED.returncode != 0 or ROWS[0]["frames"] != "captured":
    print("skipped: there can be no lab here: " + PLAYED.stderr)
    sys.exit(77)


class Made(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def both(self, scenario):
        """Plays a scenario; returns the rows and the files of both ends."""
        rows, ran = play(scenario, "--pcapng", f"{self.folder}/x.pcapng", "--vantage", "both")
        self.assertEqual((ran.returncode, rows[-1]["as_specified"]), (0, True), ran.stderr)
        return rows, f"{self.folder}/x.client.pcapng", f"{self.folder}/x.server.pcapng"

    def read(self, file, which, *fields):
        arguments = [argument for field in fields for argument in ("-e", field)]
        shown = tshark.tshark("-n", "-r", file, "-Y", which, "-T", "fields", *arguments)
        return [line.split("\t") for line in shown.splitlines()]

    def test_keys_open_what_tls_hides(self):
        rows, client, server = self.both("tls")
        self.assertTrue([row for row in rows if "tls_keys" in row])
        for file in (client, server):
            self.assertEqual(self.read(file, "http.request", "http.request.uri", "http.host"), [["/secret", "server.lab.test"]])
            self.assertEqual(self.read(file, "http.response", "http.response.code"), [["200"]])
            self.assertEqual(self.read(file, "tls.handshake.type == 1", "tls.handshake.extensions_server_name"),
                             [["server.lab.test"]])

    def test_a_forged_reset_was_sent_by_nobody(self):
        rows, client, server = self.both("challenge-ack")
        made = [row for row in rows if row.get("by_wire")]
        self.assertEqual([row["flags"] for row in made if row["fate"] == "delivered"], [["RST"]])
        resets = self.read(client, "tcp.flags.reset == 1", "tcp.checksum.status", "frame.comment")
        self.assertEqual([status for status, _ in resets], ["1"])
        self.assertIn("forged by this program", resets[0][1])
        self.assertEqual(self.read(server, "tcp.flags.reset == 1", "frame.number"), [])

    def test_a_router_speaks_for_itself(self):
        _, client, server = self.both("pmtud")
        self.assertEqual(self.read(client, "icmp", "icmp.type", "icmp.code", "icmp.mtu", "icmp.checksum.status"),
                         [["3", "4", "1000", "1"]])
        self.assertEqual(self.read(server, "icmp || ip.len > 1000", "frame.number"), [])
        _, client, server = self.both("icmp-reject")
        self.assertEqual(self.read(client, "icmp", "icmp.type", "icmp.code"), [["3", "3"]])
        self.assertEqual(self.read(server, "frame", "frame.number"), [], "the server has seen nothing")

    def test_routers_are_found_by_their_addresses(self):
        _, client, _ = self.both("traceroute")
        self.assertEqual(self.read(client, "icmp", "ip.src", "icmp.type"),
                         [["10.0.1.1,10.0.0.1", "11"], ["10.0.2.1,10.0.0.1", "11"], ["10.0.0.2,10.0.0.1", "3"]])

    def test_faults_meet_what_the_wire_has_made(self):
        rows, ran = play("challenge-ack", "--drop", "s>c rst")
        self.assertEqual(ran.returncode, 0)
        resets = [row for row in rows if row.get("by_wire") and row["fate"] != "held"]
        self.assertEqual([row["fate"] for row in resets], ["dropped"])
        challenged = [row for row in rows if row["type"] == "counters" and "TCPChallengeACK" in row["moved"]]
        self.assertEqual(challenged, [])

    def test_dns_is_dns_to_others(self):
        _, client, _ = self.both("dns")
        self.assertEqual(self.read(client, "dns", "dns.flags.response", "dns.qry.name", "dns.a"),
                         [["0", "server.lab.test", ""], ["1", "server.lab.test", "10.0.0.2"]])


if __name__ == "__main__":
    unittest.main()
