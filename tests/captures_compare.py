#!/usr/bin/env python3
"""Compares what `loquat wire layers` and `loquat wire show` say of captures with tshark, and prints a summary: frames,
connections, tshark's TCP analysis, and fields. Each kind of difference has a count and the first files and frames; one
whose cause is known (captures_causes.py, captures_field_causes.py) is counted as explained.

usage: captures_compare.py LOQUAT FOLDER [--frames N] [--jobs N] [--every K] [--only TEXT] [--fields-of PROTOCOL] [--examples N]

Exit status: 0, also with differences, as captures of strangers hold what neither program should be blamed for; 2 on wrong
usage. It is run by hand.
"""
import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

import captures_causes
import captures_field_causes
import layers_compare
import tshark

CAPTURE = re.compile(r"\.(pcap|pcapng|cap|dmp|trace|ntar)(\.gz)?$", re.I)
# Wireshark's analysis, by the words of `wire show --format json` (docs/wire-json.md, analysis).
KINDS = {"retransmission": "retransmission", "fast-retransmission": "fast_retransmission",
         "spurious-retransmission": "spurious_retransmission", "out-of-order": "out_of_order", "keep-alive": "keep_alive",
         "window-probe": "zero_window_probe", "duplicate-ack": "duplicate_ack"}
FLAGS = {"unseen_before": "lost_segment", "acks_unseen": "ack_lost_segment", "window_full": "window_full",
         "ports_reused": "reused_ports"}
LABELS = (*KINDS.values(), *FLAGS.values())
WORDS = {"tcp.analysis." + label: label for label in LABELS} | {"tcp.analysis.duplicate_ack_frame": "duplicate_ack"}
TIMEOUT = 120


def call(*command):
    """Standard output, standard error and exit status; what is no UTF-8 is replaced."""
    ran = subprocess.run(command, capture_output=True, timeout=TIMEOUT)
    return ran.stdout.decode(errors="replace"), ran.stderr.decode(errors="replace"), ran.returncode


class Result:
    """Counts, and differences by kind with the places where they were seen."""

    def __init__(self):
        self.counts = collections.Counter()
        self.differences = collections.defaultdict(list)
        self.sizes = collections.Counter()

    def differ(self, kind, where, limit=20):
        self.sizes[kind] += 1
        if len(self.differences[kind]) < limit:
            self.differences[kind].append(where)

    def add(self, other):
        self.counts += other.counts
        self.sizes += other.sizes
        for kind, places in other.differences.items():
            self.differences[kind] += places[:20 - len(self.differences[kind])]


def labels_of(values):
    labels = {label for name, label in WORDS.items() if name in values}
    # tshark gives the general word beside the special one.
    return labels - {"retransmission"} if labels & {"fast_retransmission", "spurious_retransmission"} else labels


def analysis_of(theirs):
    """By frame of tshark's: the stream, the labels and all values, of frames in which TCP is not only quoted by ICMP."""
    frames = {}
    for number, (places, values) in enumerate(theirs, 1):
        if "tcp.stream" in values and not {"icmp", "icmpv6"} & places.keys():
            frames[number] = values["tcp.stream"][-1], labels_of(values), values
    return frames


def our_labels(row):
    analysis = row.get("analysis", {})
    kind = analysis.get("kind")
    # tshark has no word for a copy: it says retransmission, or duplicate ACK.
    kinds = {KINDS[kind]} if kind in KINDS else {"copy"} if kind == "copy" else set()
    return {FLAGS[flag] for flag in FLAGS if analysis.get(flag)} | kinds


def our_connections(loquat, file):
    """The clients and servers of all connections as `wire show` lists them, with their frames."""
    out, _, _ = call(loquat, "wire", "show", file)
    listed = re.findall(r"^ *\d+  (\S+) +(\S+) +(\d+) +\d+ +\d+  ", out, re.M)
    return [(client, server, int(frames)) for client, server, frames in listed]


def compare_connections(loquat, file, rows, theirs, result):
    """`rows`: our segments by their frame's number."""
    result.counts["segments"] += len(theirs)
    for number in sorted(theirs.keys() - rows.keys()):
        headers = ", ".join(sorted(captures_field_causes.unread(theirs[number][2])))
        result.differ(f"explained: in {headers}, not read" if headers else "a segment for tshark alone", f"{file} #{number}")
    for number in sorted(rows.keys() - theirs.keys()):
        result.differ("a segment for loquat alone", f"{file} #{number}")
    streams = collections.defaultdict(list)
    for number, (stream, _, _) in theirs.items():
        streams[stream].append(number)
    ours = our_connections(loquat, file)
    if len(streams) < 2 and not ours:  # a ladder, no list
        ours = [("", "", len(rows))] if rows else []
    expected = [len(frames) for _, frames in sorted(streams.items(), key=lambda stream: int(stream[0]))]
    result.counts["connections"] += len(expected)
    agree = sum(frames == size for (_, _, frames), size in zip(ours, expected))
    result.counts["connections agreeing"] += agree
    if agree != len(expected) or len(ours) != len(expected):
        hidden = any(captures_field_causes.unread(values) for _, _, values in theirs.values())
        first = next((i for i, (mine, size) in enumerate(zip(ours, expected)) if mine[2] != size), min(len(ours), len(expected)))
        kind = "explained: connections in headers that are not read" if hidden else "connections"
        result.differ(kind, f"{file} {len(ours)} connections, tshark {len(expected)}; stream {first}")


def compare_analysis(file, rows, theirs, result):
    streams = collections.defaultdict(captures_causes.Stream)
    for number, (stream, labels, values) in theirs.items():
        if number not in rows:
            continue
        mine = our_labels(rows[number])
        facts = streams[stream].facts(values, rows[number])
        for label in LABELS:
            if label in labels:
                result.counts[f"tcp.analysis.{label}"] += 1
            if label in labels & mine:
                result.counts[f"tcp.analysis.{label} agreeing"] += 1
        for label in labels ^ mine:
            cause = captures_causes.cause_of(label, label in mine, facts)
            who, other, said = ("loquat", "tshark", labels) if label in mine else ("tshark", "loquat", mine)
            kind = f"explained: {cause}" if cause else f"{who} says {label}, {other} {','.join(sorted(said)) or 'nothing'}"
            result.counts["labels explained" if cause else "labels unexplained"] += 1
            result.differ(kind, f"{file} #{number}")


def compare_fields(loquat, file, frames, only, theirs, result):
    out, _, _ = call(loquat, "wire", "layers", file, "--format", "json")
    ours = [json.loads(line) for line in out.split("\n")[:frames] if line]
    result.counts["frames"] += len(theirs)
    if len(ours) != len(theirs):
        result.differ("frames", f"{file} {len(ours)}, tshark {len(theirs)}")
    for frame, (places, values) in zip(ours, theirs):
        for layer in frame["layers"]:
            for field in layer["fields"]:
                name = field["name"]
                if not name.startswith(only):
                    continue
                found = layers_compare.difference(field, layer, places, values)
                result.counts["fields agreeing"] += found is None
                result.counts["fields"] += found != ""
                cause = found and captures_field_causes.cause_of(field, layer, places, values)
                if cause:
                    result.counts["fields explained"] += 1
                    result.differ(f"explained: {cause}", f"{file} #{frame['n']} {name}"[:240])
                elif found:
                    result.counts["fields unexplained"] += 1
                    value = "" if found != "another value" else f" {field['value']!r} not {values[name][:3]}"
                    result.differ(f"{name}: {found}", f"{file} #{frame['n']}{value}"[:240])


def frames_of(file, most):
    """The fields of the first frames by tshark; None if it does not read the file."""
    try:
        frames = tshark.fields_of(file, "-c", str(most), strict=False)
    except json.JSONDecodeError:
        return None
    return [frame for frame in frames if not captures_field_causes.is_file_block(frame[1])]


def compare(loquat, file, options):
    result = Result()
    try:
        out, said, status = call(loquat, "wire", "show", file, "--format", "json")
        if status < 0:
            result.differ(f"loquat ended by signal {-status}", file)
        theirs = frames_of(file, options.frames)
        if theirs is None:
            result.counts["files that tshark does not read"] += 1
            return result
        segments = [json.loads(line) for line in out.split("\n") if line.startswith('{"type":"segment"')]
        rows = {row["n"]: row for row in segments if row["n"] <= options.frames}
        if not options.fields_of:
            analysis = analysis_of(theirs)
            compare_analysis(file, rows, analysis, result)
            if len(theirs) < options.frames:
                compare_connections(loquat, file, rows, analysis, result)
        compare_fields(loquat, file, options.frames, options.fields_of, theirs, result)
        result.counts["files"] += 1
        if said.strip():
            result.differ("loquat says: " + re.sub(r"\d+", "N", said.strip().splitlines()[0].split(": ", 2)[-1])[:80], file)
    except subprocess.TimeoutExpired as e:
        result.differ(f"{pathlib.Path(e.cmd[0]).name} took more than {TIMEOUT} s", file)
    except (ValueError, KeyError, TypeError) as e:
        result.differ(f"unreadable output: {type(e).__name__}", f"{file} {e}"[:200])
    return result


def print_result(result, examples):
    for name, count in sorted(result.counts.items()):
        if not name.endswith(" agreeing"):
            agreeing = result.counts.get(name + " agreeing")
            share = f", {agreeing} agree ({100 * agreeing / count:.2f} %)" if agreeing is not None and count else ""
            print(f"{count:>10}  {name}{share}")
    print("\ndifferences:")
    for kind, size in result.sizes.most_common():
        print(f"{size:>10}  {kind}")
        for where in result.differences[kind][:examples]:
            print(f"            {where}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("loquat")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--frames", type=int, default=1000, help="compare so many frames of each file; connections only of shorter files")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1, metavar="K", help="one file of K")
    parser.add_argument("--only", default="", help="files whose path contains this")
    parser.add_argument("--fields-of", default="", metavar="PROTOCOL", help="compare only fields whose names begin so")
    parser.add_argument("--examples", type=int, default=2)
    options = parser.parse_args()
    tshark.need("tshark")
    files = [str(file) for file in sorted(options.folder.rglob("*")) if CAPTURE.search(file.name) and options.only in str(file)]
    files = files[::options.every]
    result = Result()
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for each in pool.map(lambda file: compare(options.loquat, file, options), files):
            result.add(each)
    print_result(result, options.examples)


if __name__ == "__main__":
    main()
