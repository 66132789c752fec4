#!/usr/bin/env python3
"""`loquat wire layers` and tshark agree about real traffic, captured by tcpdump in a network of its own.

usage: wire_traffic_test.py LOQUAT [unittest arguments]
"""
import json
import os
import subprocess
import sys
import unittest

import layers_compare
import tshark

HERE = os.path.dirname(os.path.abspath(__file__))
# Root needs no user namespace, and tcpdump fails as root of one.
ALONE = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-U", "--map-current-user", "--keep-caps", "-n"]

tshark.need("tshark", "tcpdump", "unshare", "ip", "curl", "openssl")
if tshark.run(*ALONE, "true").returncode != 0:
    print("SKIP: private networks are forbidden here")
    sys.exit(77)
LOQUAT = os.path.abspath(sys.argv[1])
del sys.argv[1]


class Traffic(tshark.InFolder):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        made = tshark.run(*ALONE, sys.executable, f"{HERE}/wire_traffic.py", cls.folder)
        assert made.returncode == 0, made.stderr

    def test_places_and_values_are_tsharks(self):
        compared = layers_compare.compare(self, LOQUAT, f"{self.folder}/lo.pcap")
        for name in ("eth.type", "ip.src", "ipv6.src", "tcp.seq_raw", "tcp.options.timestamp.tsval", "udp.length",
                     "icmp.type", "icmp.code", "ip.frag_offset", "dns.qry.name", "dns.a", "http.request.method",
                     "http.user_agent", "http.response.code", "http.upgrade", "websocket.masking_key",
                     "tls.handshake.extensions_server_name", "tls.handshake.ciphersuite",
                     "tls.handshake.extensions_alpn_str", "tls.record.length"):
            self.assertIn(name, compared)

    def test_cooked_captures_are_read_as_tshark_reads_them(self):
        self.assertIn("sll.ifindex", layers_compare.compare(self, LOQUAT, f"{self.folder}/any.pcap"))

    def test_summaries_say_what_happened(self):
        ran = subprocess.run([LOQUAT, "wire", "layers", f"{self.folder}/lo.pcap", "--format", "json"], capture_output=True,
                             check=True)
        says = [layer["summary"] for line in ran.stdout.splitlines() for layer in json.loads(line)["layers"]]
        for text in ("GET /a?b=c HTTP/1.1", "HTTP/1.1 101 Switching Protocols", "text masked  5 bytes", "text  5 bytes",
                     "A example.org", "answer A example.org 127.0.0.1", "client hello example.org alpn=h2,http/1.1",
                     "echo request id=1 seq=2", "destination unreachable: port"):
            self.assertIn(text, says)


if __name__ == "__main__":
    unittest.main()
