#!/usr/bin/env python3
"""`loquat wire follow` against tshark's "follow stream", on captures of the lab or of a folder.

    tests/wire_follow_test.py build/release/bin/loquat [FOLDER]
"""

import json
import pathlib
import subprocess
import sys
import tempfile

import tshark

tshark.need("tshark")
SCENARIOS = ["half-close", "http", "loss-fast", "reorder", "duplicate", "zero-window", "tls", "nagle"]
CAPTURES = (".pcap", ".pcapng", ".cap")
STREAMS = 5  # of a strangers' capture


def ours(loquat, file, stream):
    """What client and server said, and whether bytes are missing."""
    ran = subprocess.run([loquat, "wire", "follow", file, "--stream", str(stream), "--format", "json"], capture_output=True,
                         text=True, timeout=60)
    turns = [json.loads(line) for line in ran.stdout.splitlines()]
    said = tuple("".join(turn["bytes"] for turn in turns if turn["from"] == end) for end in ("client", "server"))
    return said, any(turn["missing"] for turn in turns)


def theirs(file, stream):
    lines = tshark.tshark("-n", "-q", "-r", file, "-z", f"follow,tcp,raw,{stream}", strict=False).splitlines()
    told = [line for line in lines if line.strip("\t").isalnum()]
    return ("".join(line for line in told if line[0] != "\t"), "".join(line[1:] for line in told if line[0] == "\t"))


def check(loquat, file, streams, problems):
    """How many streams were compared; a stream with missing bytes is not."""
    compared = 0
    for stream in range(streams):
        said, missing = ours(loquat, file, stream)
        if missing or not any(said):
            continue
        compared += 1
        if sorted(said) != sorted(theirs(file, stream)):  # who is the client may be a guess
            problems.append(f"{file}: stream {stream} differs from tshark's")
    return compared


def play(loquat, folder):
    for name in SCENARIOS:
        file = f"{folder}/{name}.pcapng"
        played = subprocess.run([loquat, "wire", "play", name, "--pcapng", file], capture_output=True, text=True, timeout=60)
        if played.returncode == 3:
            print("skipped: there can be no lab here: " + played.stderr)
            sys.exit(77)
        yield file


def main():
    loquat, problems, compared = sys.argv[1], [], 0
    with tempfile.TemporaryDirectory() as folder:
        for file in play(loquat, folder):
            compared += check(loquat, file, 1, problems)
        if compared != len(SCENARIOS):
            problems.append(f"{compared} of {len(SCENARIOS)} scenarios could be compared")
    for file in sorted(pathlib.Path(sys.argv[2]).rglob("*")) if len(sys.argv) > 2 else []:
        if file.suffix in CAPTURES and file.stat().st_size < 10**7:
            compared += check(loquat, str(file), STREAMS, problems)
    print("\n".join(problems))
    print(f"{compared} streams, {len(problems)} differences")
    return bool(problems)


sys.exit(main())
