#!/usr/bin/env python3
"""`loquat wire show` on hand-made captures, some of them hostile, and `loquat wire watch`.

usage: wire_show_test.py LOQUAT [unittest arguments]
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

from wire_packets import ACK, ETHERNET, PSH, RAW, RST, conversation, pcap, pcapng, tcp

LOQUAT = os.path.abspath(sys.argv.pop(1))
SVG = "{http://www.w3.org/2000/svg}"
CLIENT, SERVER = ("10.0.0.1", 40000), ("10.0.0.2", 80)
EVIL = b"\x1b[2J\x07\xc2\x9b31m\xe2\x80\xae\"'><script>document.title='run'</script>]]><img src=x onerror=\"document.title='run'\">\xff"
NAMESPACES = subprocess.run(["unshare", "-Urn", "true"], capture_output=True).returncode == 0


class Show(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, content, name="file.pcap"):
        with open(f"{self.folder}/{name}", "wb") as out:
            out.write(content)
        return out.name

    def show(self, *arguments, status=0, **options):
        environment = dict(os.environ, COLUMNS="100", LC_ALL="C.UTF-8")
        ran = subprocess.run([LOQUAT, "wire", "show", *arguments], capture_output=True, env=environment, timeout=60,
                             **options)
        self.assertEqual(ran.returncode, status, ran.stderr)
        self.said = ran.stderr.decode()
        return ran.stdout.decode()

    def test_frames_of_an_unknown_link_are_named(self):
        file = self.file(pcap([b"\x08\x02 beacon"], link=105))
        self.assertIn("Data of link type 105, which is not read", self.show(file))
        said = subprocess.run([LOQUAT, "wire", "why", file], capture_output=True, text=True).stderr
        self.assertIn("frames of link type 105 are not read", said)

    def states(self, *arguments):
        """The states after each frame, from the JSON."""
        rows = [json.loads(line) for line in self.show(*arguments, "--format", "json").splitlines()]
        return [(row["state"]["client"][1], row["state"]["server"][1]) for row in rows if row["type"] == "segment"]

    CLOSE = [("ESTABLISHED", "ESTABLISHED"), ("ESTABLISHED", "ESTABLISHED"), ("FIN-WAIT-1", "CLOSE-WAIT"),
             ("FIN-WAIT-2", "CLOSE-WAIT"), ("TIME-WAIT", "LAST-ACK"), ("TIME-WAIT", "CLOSED")]
    WHOLE = [("SYN-SENT", "SYN-RECEIVED"), ("ESTABLISHED", "SYN-RECEIVED"), ("ESTABLISHED", "ESTABLISHED")] + CLOSE

    def test_a_connection_as_a_ladder(self):
        file = self.file(pcapng(conversation(CLIENT, SERVER)))
        text = self.show(file)
        self.assertIn("states: inferred", text.splitlines()[0])
        self.assertRegex(text, r"client 10\.0\.0\.1:40000 +server 10\.0\.0\.2:80")
        self.assertRegex(text, r'ESTABLISHED +──── PSH,ACK  seq=1 ack=1 len=5 .*"hello".*▶ +ESTABLISHED +#4')
        self.assertRegex(text, r"\*TIME-WAIT +◀─── FIN,ACK .* +\*LAST-ACK +#8")
        self.assertEqual(self.states(file), self.WHOLE)
        self.assertEqual(self.show(file, "--ascii").encode("ascii", "replace").count(b"?"), 0)

    def test_links_and_addresses(self):
        six = [(bytes(15) + b"\1", 40000), (bytes(15) + b"\2", 80)]
        same = [("127.0.0.1", 40000), ("127.0.0.1", 80)]
        for name, content, column in (
                ("IPv6", pcap(conversation(*six)), "[::1]:40000"),
                ("VLAN", pcap(conversation(CLIENT, SERVER, vlan=True)), "10.0.0.1:40000"),
                ("raw", pcap([frame[14:] for frame in conversation(*six)], link=RAW), "[::2]:80"),
                ("loopback", pcap(conversation(*same)), "server 127.0.0.1:80"),
                ("wrap", pcap(conversation(CLIENT, SERVER, isn=2**32 - 3, peer=2**32 - 1)), "seq=0")):
            with self.subTest(name):
                file = self.file(content)
                self.assertIn(column, self.show(file))
                self.assertEqual(self.states(file), self.WHOLE)

    def test_without_a_syn_the_end_is_still_seen(self):
        states = self.states(self.file(pcap(conversation(CLIENT, SERVER, syn=False))))
        self.assertEqual(states[0], ("ESTABLISHED", "?"))
        self.assertEqual(states[1:], self.CLOSE[1:])

    def test_a_cut_file_is_shown_as_far_as_it_goes(self):
        whole = pcap(conversation(CLIENT, SERVER))
        text = self.show(self.file(whole[:-10]), status=1)
        self.assertIn("#8", text)
        self.assertNotIn("#9", text)
        self.assertIn("the file ends at byte", self.said)
        self.assertEqual(self.states(self.file(pcap(conversation(CLIENT, SERVER), snaplen=54))), self.WHOLE)

    def test_frames_out_of_the_order_of_time_are_told_once(self):
        whole = pcap(conversation(CLIENT, SERVER))
        later = whole[:28] + (9999).to_bytes(4, "little") + whole[32:]  # the first frame's microseconds
        self.show(self.file(later))
        self.assertEqual(self.said.count("1 frames are earlier"), 1)
        self.show(self.file(whole))
        self.assertNotIn("earlier", self.said)

    def test_several_connections_are_listed(self):
        frames = conversation(CLIENT, SERVER) + conversation(("10.0.0.1", 40001), SERVER, payload=b"x" * 100)
        file = self.file(pcap(frames))
        listed = self.show(file).splitlines()
        self.assertRegex(listed[1], r"^ +0  10\.0\.0\.1:40000 +10\.0\.0\.2:80 +9 +5 +0  TIME-WAIT / CLOSED, RTT 2 ms$")
        self.assertRegex(listed[2], r"^ +1  10\.0\.0\.1:40001 .* 100 ")
        self.assertIn("40001", self.show(file, "--stream", "1"))
        self.assertEqual(len(self.states(file)), 18)
        self.assertEqual(self.states(file, "--stream", "1"), self.WHOLE)
        self.show(file, "--stream", "2", status=1)
        self.assertIn("there is no stream 2", self.said)

    def test_the_list_speaks_chinese(self):
        begun = conversation(("10.0.0.1", 40001), SERVER)[:4]
        again, reset = begun[3], tcp(SERVER, ("10.0.0.1", 40001), 5001, 1006, RST | ACK)
        file = self.file(pcap(conversation(CLIENT, SERVER) + begun + [again, reset]))
        listed = self.show(file, "--lang", "zh")
        for words in ("最后的状态", "，被重置，重发 1 次，往返 ", "查看其中一个的梯形图："):
            self.assertIn(words, listed)
        rest = re.sub("[A-Z]{2,}[A-Z0-9-]*|c>s|s>c| ms|loquat wire show .* --stream", "", listed)
        self.assertNotRegex(rest, "[A-Za-z]{2,}|[,:] ")
        self.show(file, "--lang", "zh", "--stream", "2", status=1)
        self.assertIn("没有编号为 2 的流", self.said)
        self.show(self.file(b""), "--lang", "zh", status=1)
        self.assertIn("中没有任何帧", self.said)

    def test_compare_and_why_speak_chinese_of_what_is_missing(self):
        two = self.file(pcap(conversation(CLIENT, SERVER) + conversation(("10.0.0.1", 40001), SERVER)), "two.pcap")
        none = self.file(pcap([]), "none.pcap")
        for arguments, words in ((["compare", two, two], "用 --stream 选择一个"), (["compare", none, two], "中没有 TCP"),
                                 (["compare", two, two, "--stream", "2"], "没有编号为 2 的流"),
                                 (["why", none], "中没有 TCP")):
            with self.subTest(arguments):
                ran = subprocess.run([LOQUAT, "wire", *arguments, "--lang", "zh"], capture_output=True, timeout=60)
                self.assertIn(words, ran.stderr.decode())

    def test_what_is_no_capture_is_refused(self):
        for content, words in ((b"#!/bin/sh\n", ""), (b"", "holds no frames"), (b"{\n", "line 1"), (b"{}\n", "'type'")):
            with self.subTest(content):
                self.show(self.file(content), status=1)
                self.assertIn(words, self.said)
        self.show(f"{self.folder}/nothing", status=1)
        self.assertIn("No such file", self.said)

    def test_a_pipe_at_once_and_one_that_pauses(self):
        content = pcapng(conversation(CLIENT, SERVER))
        text = self.show("-", input=content)
        self.assertIn("#9", text)
        process = subprocess.Popen([LOQUAT, "wire", "show", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(process.stdout.close)
        process.stdin.write(content[:-7])  # the last packet is incomplete
        process.stdin.flush()
        line = b""
        while b"#8" not in line:
            line = process.stdout.readline()
            self.assertTrue(line, "it ended")
        process.stdin.write(content[-7:])
        process.stdin.close()
        self.assertIn(b"#9", process.stdout.read())
        self.assertEqual(process.wait(60), 0)

    def test_a_trace_of_ours_comes_back(self):
        file = self.file(pcap(conversation(CLIENT, SERVER)))
        first = self.show(file, "--format", "json")
        again = self.show(self.file(first.encode(), "trace.jsonl"), "--format", "json")
        self.assertEqual(again, first)

    def hostile(self):
        frames = conversation(CLIENT, SERVER, payload=EVIL)
        return self.file(pcapng(frames, name=EVIL[:-1], comments=[EVIL[:-1]] * len(frames)), "<script>&\x1b[2J.pcapng")

    def test_a_hostile_capture_moves_no_terminal(self):
        for extra in ([], ["--ascii"], ["--lang", "zh"]):
            text = self.show(self.hostile(), *extra)
            self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
            self.assertIn("script", text)

    def test_a_hostile_capture_stays_text_in_svg_and_html(self):
        text = self.show(self.hostile(), "--format", "svg")
        root = ElementTree.fromstring(text)
        paths = [path for path in root.iter(SVG + "path") if path.get("class") == "seg"]
        self.assertEqual([path.get("data-n") for path in paths], [str(n) for n in range(1, 10)])
        self.assertEqual(paths[1].get("data-flags"), "SYN,ACK")
        self.assertTrue(root.find(SVG + "title").text and root.find(SVG + "desc").text)
        known = {"svg", "title", "desc", "style", "rect", "text", "path", "g", "circle"}
        self.assertEqual({element.tag.removeprefix(SVG) for element in root.iter()} - known, set())
        page = self.show(self.hostile(), "--format", "html")
        self.assertNotRegex(page, r"<(script|img)")
        self.assertIn("script-src 'none'", page)

    def test_text_in_the_picture_has_contrast(self):
        text = self.show(self.file(pcap(conversation(CLIENT, SERVER))), "--format", "svg")

        def light(colour):
            parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
            parts = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
        themes = re.findall(r"\{--bg:(#\w{6});(.*?)\}", text)
        self.assertEqual(len(themes), 2)
        for background, colours in themes:
            for colour in re.findall(r"#\w{6}", colours):
                low, high = sorted((light(background), light(colour)))
                self.assertGreaterEqual((high + 0.05) / (low + 0.05), 4.5, (background, colour))


class Watch(unittest.TestCase):
    def test_a_wrong_filter_is_wrong_usage(self):
        ran = subprocess.run([LOQUAT, "wire", "watch", "tcp", "porridge"], capture_output=True, text=True, timeout=60)
        self.assertEqual(ran.returncode, 2)
        self.assertIn("the filter 'tcp porridge'", ran.stderr)

    @unittest.skipUnless(NAMESPACES, "user namespaces are forbidden here")
    def test_without_the_right_it_says_how_to_get_it(self):
        ran = subprocess.run(["unshare", "-U", LOQUAT, "wire", "watch", "-i", "lo"], capture_output=True, text=True,
                             timeout=60)
        self.assertEqual(ran.returncode, 1, ran.stderr)
        for words in ("setcap cap_net_raw+ep", "dumpcap -q -i lo -w - | loquat wire show -", "wireshark"):
            self.assertIn(words, ran.stderr)
        ran = subprocess.run(["unshare", "-U", LOQUAT, "wire", "watch", "-i", "lo", "--lang", "zh"], capture_output=True,
                             text=True, timeout=60)
        self.assertIn("以下任一办法都能获得权限：", ran.stderr)
        self.assertNotRegex(ran.stderr, "One of these|whoever|only dumpcap|log in")

    @unittest.skipUnless(NAMESPACES, "user namespaces are forbidden here")
    def test_a_connection_as_it_happens(self):
        with tempfile.TemporaryDirectory() as folder:
            script = "ip link set lo up; exec \"$0\" wire watch -i lo --pcapng \"$1\" tcp port 7000"
            process = subprocess.Popen(["unshare", "-Urn", "sh", "-c", script, LOQUAT, f"{folder}/a.pcapng"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(lambda: (process.kill(), process.communicate()))
            self.assertIn("Ctrl-C", process.stderr.readline())
            connect = ("import socket; s = socket.create_server(('127.0.0.1', 7000)); "
                       "c = socket.create_connection(('127.0.0.1', 7000)); a, _ = s.accept(); "
                       "c.close(); a.recv(1); a.close()")
            subprocess.run(["nsenter", "-t", str(process.pid), "-U", "-n", "--preserve-credentials", sys.executable, "-c",
                            connect], check=True, timeout=60)
            lines = []
            while "LAST-ACK" not in "".join(lines[-1:]):
                lines.append(process.stdout.readline())
                self.assertTrue(lines[-1], lines)
            process.send_signal(signal.SIGINT)
            rest, said = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, said)
            self.assertRegex("".join(lines) + rest, r"SYN .*▶ +")
            self.assertRegex(said, r"\d+ packets, 0 dropped by the kernel, 0 by the interface")
            shown = subprocess.run([LOQUAT, "wire", "show", f"{folder}/a.pcapng"], capture_output=True, text=True)
            self.assertRegex(shown.stdout, r"TIME-WAIT .*ACK.*CLOSED")


if __name__ == "__main__":
    unittest.main()
