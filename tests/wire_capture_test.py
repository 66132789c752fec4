#!/usr/bin/env python3
"""tshark, capinfos and tcpdump read our captures without a warning, with names, comments and statistics. They also read
a file whose writer was killed, up to its last whole block.

usage: wire_capture_test.py CAPTURE_SAMPLES [unittest arguments]
"""
import os
import subprocess
import sys
import unittest

import tshark

tshark.need("tshark", "capinfos", "tcpdump")
SAMPLES = os.path.abspath(sys.argv[1])
del sys.argv[1]


class Captures(tshark.InFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run([SAMPLES, cls.folder], check=True)

    def fields(self, name, *fields):
        """The fields of each frame, as rows. tshark() checks that there is no warning."""
        words = [word for field in fields for word in ("-e", field)]
        text = tshark.tshark("-r", f"{self.folder}/{name}", "-T", "fields", "-E", "separator=|", *words)
        return [line.split("|") for line in text.splitlines()]

    def infos(self, name, *options):
        ran = tshark.run("capinfos", *options, f"{self.folder}/{name}")
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        return ran.stdout

    def test_tshark_shows_comments_names_directions_and_times(self):
        rows = self.fields("frames.pcapng", "frame.number", "frame.comment", "frame.interface_name",
                           "frame.interface_description", "frame.packet_flags_direction", "frame.time_epoch", "frame.len",
                           "frame.cap_len")
        self.assertEqual(len(rows), 50)
        self.assertEqual(rows[0], ["1", "SYN with the usual options", "link1", "frames of link type 1", "0x00000002",
                                   "1700000000.000000001", "74", "74"])
        self.assertEqual(rows[1][4:6], ["0x00000001", "1700000000.001000002"])
        self.assertEqual({row[2] for row in rows}, {"link1", "link101", "link0", "link113", "link276"})

    def test_tshark_finds_no_fault_in_frames_and_checksums(self):
        rows = self.fields("ethernet.pcapng", "frame.comment", "ip.checksum.status", "tcp.checksum.status")
        for comment, ip, tcp in rows:
            self.assertNotIn("0", ip.split(",")[:1], comment)
            if "," not in ip and "too big" not in comment:  # a packet that ICMP quotes has none
                self.assertIn(tcp, ("", "1"), comment)
        faults = tshark.tshark("-r", f"{self.folder}/ethernet.pcapng", "-Y", "_ws.malformed")
        self.assertEqual(faults, "")

    def test_tshark_knows_that_frames_are_cut(self):
        rows = self.fields("cut.pcapng", "frame.len", "frame.cap_len")
        self.assertEqual(max(int(cap) for _, cap in rows), 60)
        self.assertTrue(any(int(whole) > int(cap) for whole, cap in rows))

    def test_capinfos_reads_all_blocks(self):
        text = self.infos("frames.pcapng")
        for line in ("Number of packets:   50", "Number of interfaces in file: 5", "Name = link276",
                     "Description = frames of link type 101", "Time precision = nanoseconds (9)",
                     "Number of stat entries = 1", "Capture application: capture_samples", "Strict time order:   True",
                     "Number of decryption secrets in file: 1", "Number of resolved IPv4 addresses in file: 1"):
            self.assertIn(line, text)

    def test_tshark_uses_the_names_and_the_statistics(self):
        # not with tshark(), whose -n turns off name resolution
        ran = tshark.run("tshark", "-r", f"{self.folder}/frames.pcapng", "-T", "fields", "-e", "ip.src_host", "-c", "1",
                         "-N", "n")
        self.assertEqual(ran.stdout, "client.example\n")
        self.assertIn("Number of stat entries = 1", self.infos("ethernet.pcapng", "-I"))

    def test_tcpdump_reads_it(self):
        ran = tshark.run("tcpdump", "-n", "-r", f"{self.folder}/ethernet.pcapng")
        said = [line for line in ran.stderr.splitlines() if not line.startswith("reading from file")]
        self.assertEqual((ran.returncode, said), (0, []))
        self.assertEqual(len([line for line in ran.stdout.splitlines() if line[0].isdigit()]), 44)

    def test_an_empty_capture_is_a_capture(self):
        self.assertIn("Number of interfaces in file: 2", self.infos("empty.pcapng"))
        self.assertEqual(tshark.tshark("-r", f"{self.folder}/empty.pcapng"), "")

    def test_a_killed_writers_file_is_read_to_its_last_whole_block(self):
        with open(f"{self.folder}/ethernet.pcapng", "rb") as file:
            whole = file.read()
        last = 0
        for size in [*range(len(whole) // 3, len(whole), 400), len(whole) - 4]:
            with open(f"{self.folder}/killed.pcapng", "wb") as file:
                file.write(whole[:size])
            ran = tshark.run("tshark", "-n", "-r", f"{self.folder}/killed.pcapng", "-T", "fields", "-e", "frame.number")
            count = len(ran.stdout.split())
            self.assertGreaterEqual(count, last)
            last = count
        self.assertEqual(last, 44)


if __name__ == "__main__":
    unittest.main()
