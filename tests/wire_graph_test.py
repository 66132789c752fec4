#!/usr/bin/env python3
"""The points of `loquat wire graph` against tshark's numbers, on captures of the lab and on their recordings.

    tests/wire_graph_test.py build/release/bin/loquat
"""

import json
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

import tshark

tshark.need("tshark")
SCENARIOS = ["slow-path", "slow-start", "zero-window", "loss-fast", "loss-rto"]


def nanoseconds(text):
    seconds, _, rest = text.partition(".")
    return int(seconds) * 10**9 + int(rest.ljust(9, "0")[:9] or 0)


def theirs(file):
    fields = ["ip.src", "frame.time_relative", "tcp.seq", "tcp.len", "tcp.ack", "tcp.window_size", "tcp.analysis.bytes_in_flight",
              "tcp.analysis.ack_rtt", "tcp.options.sack.count"]
    asked = [argument for field in fields for argument in ("-e", field)]
    return [line.split("\t") for line in tshark.tshark("-n", "-r", file, "-Y", "tcp", "-T", "fields", *asked).splitlines()]


def after_sack(rows):
    """For each segment with data of the client: whether the last ACK before it reports bytes beyond a gap."""
    sacked, found = False, []
    for row in rows:
        if row[0] == "10.0.0.2":
            sacked = bool(row[8])
        elif row[3] != "0":
            found.append(sacked)
    return found


def points_of(loquat, file):
    command = [loquat, "wire", "graph", file, "--from", "client", "--format", "json"]
    return [json.loads(line) for line in subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()]


def check_windows(name, points):
    """The kernel's congestion window begins with ten segments and, after a loss, becomes the threshold and grows by one a time."""
    windows = [point["cwnd"] for point in points]
    problems = [] if windows and windows[0] == 10 else [f"{name}: the window begins with {windows[:1]}"]
    if name == "slow-start":
        grown = windows[:windows.index(max(windows))]
        after = [point["cwnd"] - point["ssthresh"] for point in points[len(windows) - 20:]]
        if grown != sorted(grown) or max(windows) < 30 or not set(after) <= {0, 1, 2}:
            problems.append(f"{name}: the windows {windows}, {after}")
    return problems


def check(loquat, name, folder):
    file = f"{folder}/{name}.pcapng"
    recording = f"{folder}/{name}.jsonl"
    played = subprocess.run([loquat, "wire", "play", name, "--pcapng", file, "--format", "json", "-o", recording],
                            capture_output=True, text=True, timeout=60)
    if played.returncode == 3:
        print("skipped: there can be no lab here: " + played.stderr)
        sys.exit(77)
    points = points_of(loquat, file)
    told = points_of(loquat, recording)
    problems = []
    if [point for point in told if point["type"] != "congestion"] != points:
        problems.append(f"{name}: the recording has other points than the capture")
    problems += check_windows(name, [point for point in told if point["type"] == "congestion"])
    drawn = subprocess.run([loquat, "wire", "graph", file, "--format", "svg"], capture_output=True, text=True, check=True).stdout
    xml.etree.ElementTree.fromstring(drawn)
    rows = theirs(file)
    first = int(next(row[2] for row in rows if row[0] == "10.0.0.1"))  # of the SYN: tests.tshark asks for absolute numbers
    sent = [[nanoseconds(row[1]), int(row[2]) - first, int(row[3]), int(row[6] or 0)] for row in rows if row[0] == "10.0.0.1" and row[3] != "0"]
    acks = [[int(row[4]) - first, int(row[4]) - first + int(row[5])] for row in rows if row[0] == "10.0.0.2"]
    trips = [nanoseconds(row[7]) for row in rows if row[0] == "10.0.0.2" and row[7]]
    ours = [[point["t_ns"], point["seq"], point["len"], point["in_flight"]] for point in points if point["type"] == "sent"]
    # Of what is sent again tshark counts the bytes up to there, and none that SACK reports; we all that are not acknowledged.
    for point, mine, other, sacked in zip([p for p in points if p["type"] == "sent"], ours, sent, after_sack(rows)):
        if point["kind"] or sacked:
            mine[3] = other[3] = 0
    for what, mine, other in (("sent", ours, sent), ("acked", [[p["ack"], p["window_end"]] for p in points if p["type"] == "ack"], acks)):
        if mine != other:
            problems.append(f"{name}: {what}: {[each for each in mine if each not in other]}, tshark {[each for each in other if each not in mine]}")
    missing = [trip for trip in (p["rtt_ns"] for p in points if p["type"] == "ack" and p["rtt_ns"]) if trip not in trips]
    return problems + [f"{name}: round trips that tshark does not have: {missing}" for missing in [missing] if missing]


def check_captures_have_none(loquat, folder):
    done = subprocess.run([loquat, "wire", "graph", f"{folder}/slow-path.pcapng", "--kind", "cwnd"], capture_output=True, text=True)
    return [] if done.returncode == 1 and "does not have the congestion window" in done.stderr else [f"cwnd of a capture: {done}"]


def main():
    with tempfile.TemporaryDirectory() as folder:
        problems = [problem for name in SCENARIOS for problem in check(sys.argv[1], name, folder)]
        problems += check_captures_have_none(sys.argv[1], folder)
    for problem in problems:
        print(problem)
    print(f"{len(SCENARIOS)} graphs, {len(problems)} differences")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
