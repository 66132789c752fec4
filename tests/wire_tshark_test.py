#!/usr/bin/env python3
"""Every scenario, without and with faults by chance: what the JSON of `loquat wire play` says is what tshark reads from its
capture files, row by row; and `loquat wire show` infers from a file the states that the kernel had.

usage: wire_tshark_test.py LOQUAT [--seeds N] [--first SEED] [--only SCENARIO] [--jobs N] [-v]

Segments: at each end, those it sent and those that reached it, in order: time, ends, flags, numbers, windows, options,
payload; and checksums are good but for those that a fault has turned.

States: of the end that looks, when it sent a frame and after it got one; and of the other end where nothing else was on the
way. "?" counts as not told. Where inference may differ, src/wire/capture/tracker.h says so, and may_differ() below.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

import tshark

FIELDS = ["frame.time_epoch", "ip.src", "tcp.srcport", "ip.dst", "tcp.dstport", "tcp.flags", "tcp.seq_raw", "tcp.ack_raw",
          "tcp.len", "tcp.window_size_value", "tcp.options.mss_val", "tcp.options.wscale.shift", "tcp.options.sack_perm",
          "tcp.options.timestamp.tsval", "tcp.options.timestamp.tsecr", "tcp.options.sack_le", "tcp.options.sack_re",
          "tcp.checksum.status"]
FLAGS = ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"]


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


def seen_from(rows, side):
    """The frames in the file of `side`, in order, each with its time there."""
    mine = "c>s" if side == "client" else "s>c"
    seen = []
    for row in rows:
        if row["type"] not in ("segment", "frame"):
            continue
        if row["dir"] == mine and row.get("copy_of") is None and not row.get("by_wire"):
            seen.append((row["t_ns"], True, row))
        elif row["dir"] != mine and row["fate"] in ("delivered", "corrupted"):
            seen.append((row["delivered_ns"], False, row))
    return sorted(seen, key=lambda entry: entry[0])


def as_tshark(row, time):
    """A segment as the values of FIELDS, without the checksum."""
    opts = row["opts"]
    (src, srcport), (dst, dstport) = row["src"].rsplit(":", 1), row["dst"].rsplit(":", 1)
    sack = opts.get("sack", [])
    value = lambda name: str(opts[name]) if name in opts else ""
    return [f"{time // 10**9}.{time % 10**9:09}", src, srcport, dst, dstport,
            f"0x{sum(1 << FLAGS.index(flag) for flag in row['flags']):04x}", str(row["seq_raw"]), str(row["ack_raw"]),
            str(row["len"]), str(row["win_raw"]), value("mss"), value("ws"), "0402" if opts.get("sackok") else "",
            value("tsval"), value("tsecr"), ",".join(str(left) for left, _ in sack),
            ",".join(str(right) for _, right in sack)]


def compare_segments(name, side, rows, wall, file):
    words = [word for field in FIELDS for word in ("-e", field)]
    text = tshark.tshark("-2", "-r", file, "-Y", "tcp && !icmp", "-o", "ip.check_checksum:TRUE", "-T", "fields", "-E",
                         "separator=|", *words)
    read = [line.split("|") for line in text.splitlines()]
    ours = [(sent, row, as_tshark(row, wall + time)) for time, sent, row in seen_from(rows, side)
            if row["type"] == "segment"]
    faults = []
    if len(read) != len(ours):
        faults.append(f"{name} {side}: tshark reads {len(read)} segments, the JSON has {len(ours)}")
    for theirs, (sent, row, expected) in zip(read, ours):
        turned = row["fate"] == "corrupted" and not sent
        if not turned and theirs[:-1] != expected:
            faults.append(f"{name} {side} #{row['n']}:\n  tshark {theirs}\n  JSON   {expected}")
        if not turned and theirs[-1] != "1":
            faults.append(f"{name} {side} #{row['n']}: checksum status {theirs[-1]}")
    return len(ours), faults


def alone(rows, row):
    """Whether no other frame was in flight at the same time."""
    begin, end = row["t_ns"], row["delivered_ns"]
    return all(other is row or "t_ns" not in other or "n" not in other or other["t_ns"] > end
               or max(other["delivered_ns"] or 0, other.get("dropped_ns", 0)) < begin for other in rows)


def compare_states(side, rows, inferred):
    """Pairs of (state of the kernel, inferred, why it may differ) that can be compared."""
    pairs = []
    for (_, sent, row), told in zip(seen_from(rows, side), inferred):
        if row["type"] != "segment":
            continue
        other = "server" if side == "client" else "client"
        moment = 0 if sent else 1
        pairs.append((row, side, moment, row["state"][side][moment], told["state"][side][moment]))
        if row["delivered_ns"] is not None and row["fate"] == "delivered" and alone(rows, row):
            pairs.append((row, other, 1, row["state"][other][1], told["state"][other][1]))
    return pairs


def may_differ(name, kernel, told):
    """The case in tracker.h's list that explains it; None if none does."""
    if (kernel, told) in (("FIN-WAIT-1", "ESTABLISHED"), ("LAST-ACK", "CLOSE-WAIT")):
        return "a program closed before its FIN was sent"
    if kernel == "CLOSED" and told in ("FIN-WAIT-2", "TIME-WAIT"):
        return "its timer ran out"
    if kernel == "CLOSED" and name == "half-open":
        return "it vanished silently"
    if (kernel, told) == ("CLOSED", "SYN-SENT") and name in ("syn-flood", "syn-cookies"):
        return "it never sent that: forged"
    if (kernel, told) == ("LISTEN", "SYN-RECEIVED"):
        return "a SYN cookie, or a SYN thrown away"
    return None


def run_case(loquat, name, seed, folder):
    """The numbers of compared segments and states, the faults, and the states that differ."""
    base = f"{folder}/{name}-{seed}"
    faults = ["--seed", str(seed)] if seed else []
    played = tshark.run(loquat, "wire", "play", name, *faults, "--format", "json", "--pcapng", f"{base}.pcapng",
                        "--vantage", "both")
    if played.returncode not in (0, 4):
        return name, seed, 0, 0, 0, [f"{name} {seed}: play exits {played.returncode}: {played.stderr[-500:]}"], []
    rows = rows_of(played.stdout)
    segments, states, unknown, wrong, differ = 0, 0, 0, [], []
    for side in ("client", "server"):
        file = f"{base}.{side}.pcapng"
        count, found = compare_segments(f"{name} {seed}", side, rows, rows[0]["wall_ns"], file)
        segments += count
        wrong += found
        shown = tshark.run(loquat, "wire", "show", file, "--format", "json")
        if shown.returncode != 0:
            wrong.append(f"{name} {seed} {side}: show exits {shown.returncode}: {shown.stderr[-300:]}")
            continue
        inferred = [row for row in rows_of(shown.stdout) if row["type"] in ("segment", "frame")]
        for row, end, moment, kernel, told in compare_states(side, rows, inferred):
            states += 1
            unknown += told == "?"
            if told not in ("?", kernel):
                differ.append((name, seed, side, row["n"], ",".join(row["flags"]), end, moment, kernel, told))
        os.remove(file)
    return name, seed, segments, states, unknown, wrong, differ


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("loquat")
    parser.add_argument("--seeds", type=int, default=6, help="combinations of faults, spread over the scenarios")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--only", action="append")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("-v", action="store_true")
    asked = parser.parse_args()
    tshark.need("tshark")
    loquat = os.path.abspath(asked.loquat)
    if subprocess.run(["unshare", "-Urn", "true"], capture_output=True).returncode != 0:
        print("SKIP: user namespaces are forbidden here (loquat doctor says why)")
        return 77
    known = [scenario["name"] for scenario in json.loads(tshark.run(loquat, "wire", "list", "--json").stdout)]
    names = asked.only or known
    cases = [(name, 0) for name in names]
    cases += [(names[i % len(names)], asked.first + i) for i in range(asked.seeds)]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        results = list(pool.map(lambda case: run_case(loquat, *case, folder), cases))
    wrong = [line for result in results for line in result[5]]
    differ = [entry for result in results for entry in result[6]]
    for line in wrong:
        print(line)
    kinds = collections.Counter((e[0], e[2], e[5], e[7], e[8]) for e in differ)
    for (name, side, end, kernel, told), count in sorted(kinds.items()):
        why = may_differ(name, kernel, told)
        print(f"differs {count}x: {name}, file of the {side}: the {end} was {kernel}, inferred {told}: {why or 'WRONG'}")
    wrong += [entry for entry in differ if may_differ(entry[0], *entry[-2:]) is None]
    if asked.v:
        for entry in differ:
            print(entry)
    print(f"{len(results)} runs, {sum(r[2] for r in results)} segments, {sum(r[3] for r in results)} states, of which "
          f"{sum(r[4] for r in results)} not told and {len(differ)} differ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
