#!/usr/bin/env python3
"""`loquat wire layers`: its fields, places and values agree with tshark's; its output and its error messages.

usage: wire_layers_test.py LOQUAT CAPTURE_SAMPLES [unittest arguments]
"""
import gzip
import json
import os
import re
import struct
import subprocess
import sys
import unittest

import layers_compare
import tshark

tshark.need("tshark", "tcpdump", "script")
LOQUAT, SAMPLES = (os.path.abspath(path) for path in sys.argv[1:3])
del sys.argv[1:3]


class Layers(tshark.InFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run([SAMPLES, cls.folder], check=True)
        cls.frames = f"{cls.folder}/frames.pcapng"

    def layers(self, *arguments, **options):
        environment = dict(os.environ, LC_ALL="C.UTF-8")
        return tshark.run(LOQUAT, "wire", "layers", *arguments, env=environment, **options)

    def shown(self, *arguments, **options):
        ran = self.layers(*arguments, **options)
        self.assertEqual((ran.returncode, ran.stderr), (0, ""))
        return ran.stdout


class Agreement(Layers):
    def test_places_and_values_are_tsharks(self):
        compared = layers_compare.compare(self, LOQUAT, self.frames)
        self.assertGreater(len(compared), 190, "names of fields")
        for protocol in ("eth", "vlan", "arp", "ip", "ipv6", "icmp", "icmpv6", "udp", "tcp", "dns", "http", "sll",
                         "gre", "vxlan", "geneve", "gtp", "mpls", "pppoe", "ppp", "llc"):
            self.assertTrue([name for name in compared if name.startswith(protocol + ".")], protocol)

    def test_places_and_values_of_cut_frames_are_tsharks(self):
        self.assertGreater(len(layers_compare.compare(self, LOQUAT, f"{self.folder}/cut.pcapng")), 100)

    def test_the_comparison_sees_a_wrong_place_and_a_wrong_value(self):
        for field, member, change in (("tcp.seq_raw", "bit_offset", lambda bit: bit + 8),
                                      ("ip.ttl", "bit_length", lambda bits: bits - 1),
                                      ("dns.a", "value", lambda _: "10.9.9.9")):
            def spoil(frame, field=field, member=member, change=change):
                for layer in frame["layers"]:
                    for one in layer["fields"]:
                        if one["name"] == field:
                            one[member] = change(one[member])
            with self.subTest(field), self.assertRaises(AssertionError):
                layers_compare.compare(self, LOQUAT, self.frames, spoil)

    def test_every_byte_belongs_to_a_field(self):
        for line in self.shown(self.frames, "--format", "json").splitlines():
            frame = json.loads(line)
            covered = set()
            for layer in frame["layers"]:
                for field in layer["fields"]:
                    first, bits = field["bit_offset"], field["bit_length"]
                    covered.update(range(first // 8, (first + bits + 7) // 8))
            missing = set(range(frame["captured"])) - covered
            if frame["comment"] != "IP options":  # the data of most options is not decoded
                self.assertEqual(missing, set(), frame["comment"])

    def test_layers_are_where_the_protocols_are(self):
        names = {"Ethernet": "eth", "IPv4": "ip", "ARP": "arp", "ICMP": "icmp", "UDP": "udp", "TCP": "tcp", "DNS": "dns",
                 "HTTP": "http", "Linux cooked": "sll", "Loopback": "null"}
        count = 0
        for line, (places, _) in zip(self.shown(self.frames, "--format", "json").splitlines(),
                                     tshark.fields_of(self.frames)):
            for layer in json.loads(line)["layers"]:
                name = names.get(layer["name"])
                if name and name in places:
                    found = layer["bit_offset"], layer["bit_length"]
                    if name in ("icmp", "http"):  # tshark includes the quoted packet of ICMP, and not the body of HTTP
                        self.assertIn(found[0], [place[0] for place in places[name]])
                    else:
                        self.assertIn(found, places[name], layer["name"])
                    count += 1
        self.assertGreater(count, 90)


class View(Layers):
    def test_one_frame(self):
        text = self.shown(self.frames, "--frame", "6", "--field", "tcp.seq")
        self.assertRegex(text, r"(?m)^frame #6 · 186 bytes · link1 · .* · HTTP request$")
        rows = re.findall(r"(?m)^ ([1-7]) (.{13}) (.{12}) (\S+) +(.*)$", text)
        self.assertEqual([row[0] for row in rows], list("7654321"))
        self.assertEqual([row[3] for row in rows], ["54-185", "-", "-", "34-53", "14-33", "0-13", "-"])
        self.assertEqual([row[2].strip() for row in rows],
                         ["application"] * 3 + ["transport", "internet", "link", ""])
        self.assertTrue(rows[0][4].startswith("HTTP  GET /a/b?c=d HTTP/1.1"))
        self.assertRegex(text, r"(?m)^> 38-41 +Sequence number +1000 +tcp\.seq_raw$")
        self.assertIn("50[00 00 03 e8]00", text)
        self.assertNotIn("\x1b", text)

    def test_json_is_one_frame_with_the_seven_rows(self):
        frame = json.loads(self.shown(self.frames, "--frame", "1", "--format", "json"))
        self.assertEqual([row["layer"] for row in frame["osi"]], [7, 6, 5, 4, 3, 2, 1])
        self.assertTrue(all(row["says"] for row in frame["osi"]))
        self.assertEqual((frame["n"], frame["interface"], frame["link"]), (1, "link1", 1))

    def test_all_frames(self):
        lines = self.shown(self.frames).splitlines()
        self.assertEqual(len(lines), 50)
        self.assertRegex(lines[0], r"^#1 +\+0\.000000 s +link1  10\.0\.0\.1:40000 > 10\.0\.0\.2:80  SYN  · SYN with")
        self.assertTrue(any("PSH,ACK len=132  HTTP GET /a/b?c=d HTTP/1.1" in line for line in lines))
        self.assertTrue(any("ARP who-has 10.0.0.2 tell 10.0.0.1" in line for line in lines))

    def test_standard_input_and_pcap(self):
        classic = f"{self.folder}/classic.pcap"
        tshark.run("tcpdump", "-r", f"{self.folder}/ethernet.pcapng", "-w", classic)
        with open(classic, "rb") as file:
            from_pipe = self.shown("-", stdin=file)
        self.assertEqual(from_pipe, self.shown(classic))
        self.assertEqual(len(from_pipe.splitlines()), 44)

    def test_gzip(self):
        with open(self.frames, "rb") as file:
            whole = file.read()
        packed = f"{self.folder}/frames.pcapng.gz"
        with open(packed, "wb") as file:  # two parts, and what is none behind them
            file.write(gzip.compress(whole[:1000]) + gzip.compress(whole[1000:]) + b"\0\0")
        plain = self.shown(self.frames)
        self.assertEqual(self.shown(packed), plain)
        with open(packed, "rb") as file:
            self.assertEqual(self.shown("-", stdin=file), plain)
        for command in (("show", "--format", "json"), ("why",)):
            ran = [tshark.run(LOQUAT, "wire", *command, file).stdout.replace(".gz", "") for file in (packed, self.frames)]
            self.assertEqual(ran[0], ran[1])
            self.assertTrue(ran[0])
        with open(packed, "wb") as file:
            file.write(gzip.compress(whole)[:-9])
        ran = self.layers(packed)
        self.assertEqual(ran.stdout, plain)
        self.assertIn("the gzip data ends too early", ran.stderr)

    def test_a_field_without_a_frame_is_a_filter(self):
        lines = self.shown(self.frames, "--field", "arp.opcode").splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["#13", "#14"])

    def test_languages_and_ascii(self):
        self.assertIn("传输层", self.shown(self.frames, "--frame", "1", "--lang", "zh"))
        ran = tshark.run(LOQUAT, "wire", "layers", self.frames, "--frame", "1", env={"LANG": "zh_CN.UTF-8"})
        self.assertIn("数据链路层", ran.stdout)
        self.assertTrue(self.shown(self.frames, "--frame", "1", "--ascii").isascii())

    def test_colour_in_a_terminal_only(self):
        for setting, colour in (({}, True), ({"NO_COLOR": "1"}, False)):
            ran = subprocess.run(["script", "-qec", f"'{LOQUAT}' wire layers '{self.frames}' --frame 6 --field tcp.seq",
                                  "/dev/null"], stdin=subprocess.DEVNULL, capture_output=True, timeout=60,
                                 env=dict(os.environ, **setting))
            self.assertEqual(b"\x1b[7m00" in ran.stdout, colour)

    def test_a_trace_of_ours(self):
        frame = json.loads(self.shown(self.frames, "--frame", "6", "--format", "json"))
        trace = [{"type": "begin", "format": "loquat.wire/1"},
                 {"type": "segment", "n": 4, "t_ns": 1000, "dir": "c>s", "fate": "held", "bytes": frame["bytes"]},
                 {"type": "segment", "n": 4, "t_ns": 1000, "dir": "c>s", "fate": "dropped", "bytes": frame["bytes"],
                  "why": "you asked"}]
        text = "".join(json.dumps(row) + "\n" for row in trace)
        self.assertRegex(self.shown("-", input=text), r"^#4 .* PSH,ACK len=132  HTTP GET .*  · lost: you asked\n$")
        self.assertIn("HTTP  GET /a/b?c=d", self.shown("-", "--frame", "4", input=text))


class Mistakes(Layers):
    def refused(self, *arguments, status=1, **options):
        ran = self.layers(*arguments, **options)
        self.assertEqual(ran.returncode, status, ran.stderr)
        return ran.stderr

    def test_what_is_no_capture(self):
        self.assertEqual(self.refused("/nowhere"), "loquat: /nowhere: No such file or directory\n")
        self.assertEqual(self.refused(self.folder), f"loquat: {self.folder}: Is a directory\n")
        self.assertIn("neither pcap nor pcapng, nor a trace as JSON lines", self.refused(os.path.abspath(__file__)))
        zipped = f"{self.folder}/zipped"
        with gzip.open(zipped, "wb") as file:
            file.write(b"anything")
        self.assertIn("neither pcap nor pcapng", self.refused(zipped))
        with open(zipped, "wb") as file:
            file.write(b"\x1f\x8bdamaged")
        self.assertEqual(self.refused(zipped), f"loquat: {zipped}: the gzip data is damaged\n")
        with open(zipped, "wb") as file:
            file.write(b"\x28\xb5\x2f\xfd....")
        self.assertIn("compressed with zstd; unzstd it first", self.refused(zipped))
        self.assertIn("the file ends before it has begun", self.refused("-", input=""))

    def test_a_file_that_grows_without_bounds_is_refused(self):
        bomb = f"{self.folder}/bomb.pcap.gz"
        with gzip.open(bomb, "wb") as file:
            file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
            record = struct.pack("<IIII", 0, 0, 4 << 20, 4 << 20) + bytes(4 << 20)
            for _ in range(17):
                file.write(record)
        for command in (("wire", "show"), ("wire", "layers", "--frame", "100"), ("wire", "why")):
            ran = tshark.run(LOQUAT, *command, bomb)
            self.assertEqual(ran.returncode, 1)
            self.assertIn("unpacking makes it more than 200 times as large", ran.stderr)

    def test_frames_that_are_not_there(self):
        self.assertEqual(self.refused(self.frames, "--frame", "51"),
                         f"loquat: {self.frames} has 50 frames; there is no frame 51\n")
        self.assertIn("1 to 2147483647", self.refused(self.frames, "--frame", "0", status=2))
        self.assertIn("holds no frames", self.layers(f"{self.folder}/empty.pcapng").stderr)

    def test_fields_that_are_not_there(self):
        self.assertIn("frame 13 has no field tcp.seq", self.refused(self.frames, "--frame", "13", "--field", "tcp.seq"))

    def test_wrong_usage(self):
        for arguments in ([], [self.frames, "--format", "xml"], [self.frames, "--lang", "fr"], [self.frames, "--what"]):
            with self.subTest(arguments):
                self.assertTrue(self.refused(*arguments, status=2))

    def test_a_file_that_its_writer_did_not_finish(self):
        with open(self.frames, "rb") as file:
            whole = file.read()
        cut = f"{self.folder}/killed.pcapng"
        with open(cut, "wb") as file:
            file.write(whole[:2000])
        ran = self.layers(cut)
        self.assertEqual(ran.returncode, 0)
        self.assertRegex(ran.stderr, r"^loquat: .*: the file ends at byte 2000, with \d+ of a block's \d+ bytes\n$")
        # tshark shows the same frames, and reports the cut
        said = tshark.run("tshark", "-r", cut, "-T", "fields", "-e", "frame.number")
        self.assertEqual(len(ran.stdout.splitlines()), len(said.stdout.split()))
        self.assertIn("cut short", said.stderr)

    def test_what_a_frame_holds_is_no_command_for_the_terminal(self):
        head = "02000000000b02000000000a0800" + "4500002f000040004006000001010101020202029c4000500000000000000000501801f600000000"
        line = json.dumps({"type": "frame", "n": 1, "t_ns": 0, "dir": "c>s", "fate": "delivered",
                           "bytes": head + b"\x1b]0;x\x07".hex(), "why": "\x1b[2J\u202e"})
        for arguments in ([], ["--frame", "1"]):
            text = self.shown("-", *arguments, input=line)
            self.assertEqual(set(re.findall(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)), set())


if __name__ == "__main__":
    unittest.main()
