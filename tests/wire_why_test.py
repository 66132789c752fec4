#!/usr/bin/env python3
"""`loquat wire why` against real connections that are stuck, reset or healthy, each in a network of its own.

usage: wire_why_test.py LOQUAT [--seeds N] [--only SCENARIO] [--first SEED] [--jobs N]

Each case is made by Python and nft in user and network namespaces of an ordinary user, on the loopback interface or
between two hosts joined by a veth pair; family, sizes, times and who is who vary with the seed. The script prints the
confusion matrix. It fails if a verdict that is called certain is wrong, or if a cause is not named.
"""
import argparse
import concurrent.futures
import json
import os
import struct
import subprocess
import sys
import tempfile

from wire_why_cases import CASES

HERE = os.path.dirname(os.path.abspath(__file__))


def namespaces_allowed():
    return subprocess.run(["unshare", "-Urn", "true"], capture_output=True).returncode == 0


def run_case(loquat, name, seed):
    """The verdict as cause and certainty, whether it is expected, and further details."""
    command = ["unshare", "-Urn", sys.executable, f"{HERE}/wire_why_cases.py", loquat, name, str(seed)]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=100)
    except subprocess.TimeoutExpired:
        return name, seed, {"verdict": "BROKEN", "certainty": "", "right": False, "how": "it has not ended in 100 s"}
    if process.returncode != 0:
        return name, seed, {"verdict": "BROKEN", "certainty": "", "right": False, "how": process.stderr[-2000:]}
    return name, seed, json.loads(process.stdout)


# The verdicts for the lab's recordings, from their packets and counters.
RECORDINGS = {
    "backlog": "backlog-full", "challenge-ack": "healthy", "close": "closed", "close3": "closed",
    "close-wait-leak": "close-wait-leak", "closed-port": "closed-port", "corrupt": "path-loss", "duplicate": "capture-duplicates",
    "filtered": "syn-filtered", "half-close": "closed", "half-open": "half-open", "handshake": "healthy",
    "http": "closed", "keepalive": "peer-gone", "loss-fast": "path-loss", "loss-rto": "path-loss", "nagle": "healthy",
    "pmtud": "healthy", "reorder": "reordering", "reset-linger": "reset-linger-0", "reset-unread": "reset-unread-data",
    "simultaneous-close": "closed", "slow-start": "path-loss", "syn-lost": "syn-filtered", "synack-lost": "slow-handshake", "time-wait": "closed",
    "zero-window": "peer-not-reading"}


def wrong_recordings(loquat):
    """The recordings whose last connection has another verdict than above."""
    wrong = []
    for name, cause in RECORDINGS.items():
        command = [loquat, "wire", "why", f"{HERE}/../src/wire/files/recordings/{name}.jsonl", "--json"]
        process = subprocess.run(command, capture_output=True, text=True)
        said = [json.loads(line)["verdict"] for line in process.stdout.splitlines()] or [process.stderr]
        if said[-1] != cause or process.stderr:
            wrong.append(f"WRONG: recording {name}: {said[-1]}, not {cause}; {process.stderr}")
    return wrong


LISTENER = """import socket, sys
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
sys.stdin.read()"""


def wrong_elsewhere(loquat):
    """Finds a listener in another network namespace, by its port and by its process."""
    inside = subprocess.Popen(["unshare", "-Urn", "sh", "-c", 'ip link set lo up; exec "$0" -c "$1"', sys.executable, LISTENER],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = inside.stdout.readline().strip()
    wrong = []
    for target in (f":{port}", f"pid:{inside.pid}"):
        process = subprocess.run([loquat, "wire", "why", target, "--json", "--interval", "0.1"], capture_output=True, text=True)
        named = f"network namespace of process {inside.pid} " in process.stderr
        found = [json.loads(line)["verdict"] for line in process.stdout.splitlines()]
        if not named or found != ["listening"]:
            wrong.append(f"WRONG: {target} in another namespace: {found} {process.stderr}")
    inside.communicate("")
    return wrong


def frame(source, target, flags, seq=1, ack=0):
    """An Ethernet frame with a TCP segment without data; (address's last byte, port) at each end."""
    tcp = struct.pack("!HHIIBBHHH", source[1], target[1], seq, ack, 0x50, flags, 8192, 0, 0)
    ip = struct.pack("!BBHHHBBH4B4B", 0x45, 0, 40, 0, 0, 64, 6, 0, 10, 0, 0, source[0], 10, 0, 0, target[0])
    return bytes(12) + b"\x08\x00" + ip + tcp


def wrong_order(loquat):
    """Of a file, people see the worst connection first; JSON keeps the order."""
    good, bad, server = (1, 1000), (1, 2000), (2, 80)
    frames = [(0, frame(good, server, 2)), (0, frame(server, good, 18, 1, 2)), (0, frame(good, server, 16, 2, 2)),
              (1, frame(bad, server, 2)), (2, frame(bad, server, 2)), (4, frame(bad, server, 2))]
    with tempfile.NamedTemporaryFile(suffix=".pcap") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for second, content in frames:
            file.write(struct.pack("<IIII", second, 0, len(content), len(content)) + content)
        file.flush()
        run = lambda *more: subprocess.run([loquat, "wire", "why", file.name, "--lang", "en", *more], capture_output=True, text=True).stdout
        people = [line for line in run().splitlines() if "->" in line and line.startswith("10.0.0.1")]
        order = [json.loads(line)["target"] for line in run("--json").splitlines()]
    right = ":2000 " in people[0] and ":1000 " in people[1] and ":1000 " in order[0]
    return [] if right else [f"WRONG: order {people} {order}"]


MANY = """import resource, socket, sys
most = min(resource.getrlimit(resource.RLIMIT_NOFILE)[1], 9100)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
listener = socket.create_server(("127.0.0.1", 0), backlog=1)
held = []
while len(held) < most - 50:
    held += [socket.create_connection(listener.getsockname()), listener.accept()[0]]
print(len(held), flush=True)
sys.stdin.read()"""


def wrong_many(loquat):
    """Thousands of sockets, all of which are told, take little memory."""
    inside = subprocess.Popen(["unshare", "-Urn", "sh", "-c", 'ip link set lo up; exec "$0" -c "$1"', sys.executable, MANY],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    count = int(inside.stdout.readline())
    with open(loquat, "rb") as file:
        program = file.read()
    sanitizer = b"__asan_init" in program or b"__tsan_init" in program
    limit = 800_000 if sanitizer else 40_000  # KB; a sanitizer keeps what was freed, and shadows it
    measured = "import resource, subprocess, sys; subprocess.run(sys.argv[1:]); " \
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)"
    process = subprocess.run([sys.executable, "-c", measured, loquat, "wire", "why", f"pid:{inside.pid}", "--json"],
                             capture_output=True, text=True)
    inside.communicate("")
    told, used = len(process.stdout.splitlines()), int(process.stderr.split()[-1])
    print(f"{count} sockets: {told} told, {used} KB")
    return [] if told == count + 1 and used <= limit else [f"WRONG: {count} sockets: {told} told, {used} KB"]


def print_matrix(results):
    rows = {}
    for name, _, result in results:
        said = f"{result['verdict']} {result['certainty']}".strip()
        rows.setdefault(name, {}).setdefault(said, 0)
        rows[name][said] += 1
    for name in CASES:
        if name in rows:
            said = ", ".join(f"{what} {count}" for what, count in sorted(rows[name].items(), key=lambda item: -item[1]))
            print(f"{name:<26} {said}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("loquat")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--only", action="append")
    parser.add_argument("--jobs", type=int, default=8)
    asked = parser.parse_args()
    recordings = [] if asked.only else wrong_recordings(os.path.abspath(asked.loquat)) + wrong_order(os.path.abspath(asked.loquat))
    print(*recordings, f"{len(RECORDINGS)} recordings, {len(recordings)} wrong", sep="\n")
    if recordings:
        return 1
    if not namespaces_allowed():
        print("SKIP: user namespaces are forbidden here (loquat doctor says why)")
        return 77
    elsewhere = wrong_elsewhere(os.path.abspath(asked.loquat)) + wrong_many(os.path.abspath(asked.loquat))
    print(*elsewhere, f"another namespace: {'wrong' if elsewhere else 'found'}", sep="\n")
    if elsewhere:
        return 1
    cases = [(name, seed) for seed in range(asked.first, asked.first + asked.seeds) for name in asked.only or CASES]
    with concurrent.futures.ThreadPoolExecutor(asked.jobs) as pool:
        results = list(pool.map(lambda case: run_case(os.path.abspath(asked.loquat), *case), cases))
    print_matrix(results)
    wrong = [each for each in results if not each[2]["right"]]
    for name, seed, result in wrong:
        print(f"WRONG: {name} seed {seed}: {result['verdict']} ({result['certainty']})\n  {result['how']}")
    certain = sum(1 for each in wrong if each[2]["certainty"] in ("certain", ""))
    print(f"{len(results)} cases, seeds {asked.first} to {asked.first + asked.seeds - 1}: "
          f"{len(results) - len(wrong)} right, {len(wrong)} wrong, of these {certain} called certain")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
