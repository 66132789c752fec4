#!/usr/bin/env python3
"""`loquat wire compare` against the lab: both ends' captures of a scenario tell where each frame was lost.

The lab knows the fate of every frame. It writes what each end captured; compare sees only these two files.

    tests/wire_compare_test.py build/release/bin/loquat
"""

import json
import pathlib
import subprocess
import sys
import tempfile

SCENARIOS = ["handshake", "close", "half-close", "syn-lost", "synack-lost", "loss-rto", "loss-fast", "reorder", "duplicate",
             "zero-window", "nagle", "keepalive", "reset-unread", "reset-linger", "slow-path", "time-wait", "http", "corrupt"]


def rows(text):
    return [json.loads(line) for line in text.splitlines()]


def said(row):
    """What a segment says, in a form that does not depend on where it was seen."""
    return row["dir"], ",".join(row["flags"]), row["seq_raw"], row["ack_raw"], row["len"]


def segments(trace, fates):
    return sorted(said(row) for row in trace if row["type"] == "segment" and row["fate"] in fates and row["copy_of"] is None)


def check(loquat, name, folder):
    played = folder / f"{name}.jsonl"
    run = subprocess.run([loquat, "wire", "play", name, "--format", "json", "-o", played, "--pcapng", folder / f"{name}.pcapng",
                          "--vantage", "both"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60)
    if run.returncode == 3:
        print("skipped: there can be no lab here: " + run.stderr)
        sys.exit(77)
    if run.returncode not in (0, 4):  # 4: on a busy machine it went otherwise; that is compared as well
        return [f"{name}: play: {run.stderr}"]
    compared = subprocess.run([loquat, "wire", "compare", folder / f"{name}.client.pcapng", folder / f"{name}.server.pcapng",
                               "--format", "json"], capture_output=True, text=True, timeout=60)
    truth = rows(played.read_text())
    nothing_arrived = not segments(truth, {"delivered"})
    if compared.returncode != 0 or nothing_arrived:
        return [] if nothing_arrived else [f"{name}: compare: {compared.stderr}"]
    seen = rows(compared.stdout)
    problems = []
    # A frame whose bits were turned over does not arrive at TCP.
    for fates, what in (({"dropped", "corrupted"}, "lost"), ({"delivered"}, "arrived")):
        expected, got = segments(truth, fates), segments(seen, fates)
        if expected != got:
            problems.append(f"{name}: {what}: {[s for s in expected if s not in got]} missing, {[s for s in got if s not in expected]} wrong")
    return problems


def main():
    loquat = sys.argv[1]
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for name in SCENARIOS:
            problems += check(loquat, name, pathlib.Path(folder))
    for problem in problems:
        print(problem)
    print(f"{len(SCENARIOS)} scenarios compared, {len(problems)} wrong")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
