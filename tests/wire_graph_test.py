#!/usr/bin/env python3
"""The points of `loquat wire graph` against tshark's numbers, on captures of the lab.

    tests/wire_graph_test.py build/release/bin/loquat
"""

import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import tshark

tshark.need("tshark")
SCENARIOS = ["slow-path", "zero-window", "loss-fast", "loss-rto"]


def nanoseconds(text):
    seconds, _, rest = text.partition(".")
    return int(seconds) * 10**9 + int(rest.ljust(9, "0")[:9] or 0)


def theirs(file):
    fields = ["ip.src", "frame.time_relative", "tcp.seq", "tcp.len", "tcp.ack", "tcp.window_size", "tcp.analysis.bytes_in_flight",
              "tcp.analysis.ack_rtt"]
    asked = [argument for field in fields for argument in ("-e", field)]
    return [line.split("\t") for line in tshark.tshark("-n", "-r", file, "-Y", "tcp", "-T", "fields", *asked).splitlines()]


def check(loquat, name, folder):
    file = f"{folder}/{name}.pcapng"
    played = subprocess.run([loquat, "wire", "play", name, "--pcapng", file], capture_output=True, text=True, timeout=60)
    if played.returncode == 3:
        print("skipped: there can be no lab here: " + played.stderr)
        sys.exit(77)
    points = [json.loads(line) for line in subprocess.run([loquat, "wire", "graph", file, "--from", "client", "--format", "json"],
                                                          capture_output=True, text=True, check=True).stdout.splitlines()]
    drawn = subprocess.run([loquat, "wire", "graph", file, "--format", "svg"], capture_output=True, text=True, check=True).stdout
    xml.etree.ElementTree.fromstring(drawn)
    rows = theirs(file)
    first = int(next(row[2] for row in rows if row[0] == "10.0.0.1"))  # of the SYN: tests.tshark asks for absolute numbers
    sent = [[nanoseconds(row[1]), int(row[2]) - first, int(row[3]), int(row[6] or 0)] for row in rows if row[0] == "10.0.0.1" and row[3] != "0"]
    acks = [[int(row[4]) - first, int(row[4]) - first + int(row[5])] for row in rows if row[0] == "10.0.0.2"]
    trips = [nanoseconds(row[7]) for row in rows if row[0] == "10.0.0.2" and row[7]]
    ours = [[point["t_ns"], point["seq"], point["len"], point["in_flight"]] for point in points if point["type"] == "sent"]
    problems = []
    # Of what is sent again tshark counts the bytes up to there, we all that are not acknowledged.
    for point, mine, other in zip([p for p in points if p["type"] == "sent"], ours, sent):
        if point["kind"]:
            mine[3] = other[3] = 0
    for what, mine, other in (("sent", ours, sent), ("acked", [[p["ack"], p["window_end"]] for p in points if p["type"] == "ack"], acks)):
        if mine != other:
            problems.append(f"{name}: {what}: {[each for each in mine if each not in other]}, tshark {[each for each in other if each not in mine]}")
    missing = [trip for trip in (p["rtt_ns"] for p in points if p["type"] == "ack" and p["rtt_ns"]) if trip not in trips]
    return problems + [f"{name}: round trips that tshark does not have: {missing}" for missing in [missing] if missing]


def main():
    with tempfile.TemporaryDirectory() as folder:
        problems = [problem for name in SCENARIOS for problem in check(sys.argv[1], name, folder)]
    for problem in problems:
        print(problem)
    print(f"{len(SCENARIOS)} graphs, {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
