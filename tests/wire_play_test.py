#!/usr/bin/env python3
"""`loquat wire play` and `wire lab` from outside: by tshark, ss, nsenter, strace and the process table.

usage: wire_play_test.py LOQUAT [--runs N] [--only NAME]

Plays each scenario N times. It must end as specified and be the same each time, except for times and windows.
wire_tshark_test.py compares the segments with tshark. If run as root, the test switches to the user nobody.
"""
import argparse
import concurrent.futures
import concurrent.futures.thread  # its import at first use would fail as the user nobody
import contextlib
import decimal
import difflib
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
NOBODY = 65534
DEBIAN_PYTHON = "/usr/bin/python3"
SS_NAMES = {"SYN-SENT": "SYN-SENT", "SYN-RECV": "SYN-RECEIVED", "ESTAB": "ESTABLISHED", "FIN-WAIT-1": "FIN-WAIT-1",
            "FIN-WAIT-2": "FIN-WAIT-2", "CLOSE-WAIT": "CLOSE-WAIT", "CLOSING": "CLOSING", "LAST-ACK": "LAST-ACK",
            "TIME-WAIT": "TIME-WAIT"}


def become_nobody(loquat, folder):
    """Drops root's privileges, which would hide what an ordinary user lacks. Returns the path of a copy of the command that
    the user nobody can read."""
    if os.geteuid() != 0:
        return loquat
    if sys.executable != DEBIAN_PYTHON:  # the user nobody may be unable to read another one
        os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, *sys.argv])
    copy = shutil.copy(loquat, folder)
    os.chown(folder, NOBODY, NOBODY)
    os.chdir("/")
    os.environ.update(HOME=folder, TMPDIR="/tmp")
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    return copy


def play(loquat, *arguments, **options):
    return subprocess.run([loquat, "wire", "play", *arguments], capture_output=True, text=True, timeout=100, **options)


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


def segments(rows):
    return [row for row in rows if row["type"] == "segment"]


def story(rows):
    """The parts that must be the same in each run: no times, no windows, no numbers that the kernel chose."""
    told = []
    for row in rows:
        if row["type"] == "segment":
            told.append((row["dir"], row["fate"], tuple(row["flags"]), row["seq"], row["ack"], row["len"],
                         row["retransmission_of"], tuple(row["state"]["client"]), tuple(row["state"]["server"])))
        elif row["type"] == "frame":
            told.append((row["dir"], row["fate"], len(row["bytes"])))
        elif row["type"] == "app":
            told.append((row["side"], re.sub(r"\d+(\.\d+)? ms", "", row["text"])))
    return told


def by_tshark(file):
    fields = ["tcp.flags", "tcp.seq_raw", "tcp.ack_raw", "tcp.len", "tcp.window_size_value"]
    command = ["tshark", "-2", "-n", "-r", file, "-Y", "tcp && !icmp", "-T", "fields"]
    for field in fields:
        command += ["-e", field]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [tuple(int(value or "0", 0) for value in line.split("\t")) for line in text.splitlines()]


def times_by_tshark(file):
    """Seconds since 1970, as whole nanoseconds."""
    text = subprocess.run(["tshark", "-n", "-r", file, "-Y", "tcp && !icmp", "-T", "fields", "-e", "frame.time_epoch"],
                          capture_output=True, text=True, check=True).stdout
    return [round(decimal.Decimal(time) * 10**9) for time in text.split()]


def check_scenario(loquat, name, runs, *options):
    wrong, first = [], None
    for _ in range(runs):
        for attempt in range(3):  # the programs may be too late for a timer of the kernel, as close3's for an ACK after 40 ms
            process = play(loquat, name, "--format", "json", *options)
            if process.returncode != 4:
                break
            print(f"late {name}, attempt {attempt + 1}")
        if options and process.returncode == 2 and "is about IPv4" in process.stderr:
            return []
        if process.returncode != 0:
            return [f"{name}: exit {process.returncode}: {process.stdout[-300:]} {process.stderr}"]
        again = story(rows_of(process.stdout))
        first = first or again
        if again != first:
            wrong += [f"{name} differs from run to run:", *difflib.unified_diff(
                [str(row) for row in first], [str(row) for row in again], n=1, lineterm="")]
    return wrong


# --- states while a frame is held ---

def ss_state(command, port):
    text = subprocess.run(command, shell=True, capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in text.splitlines()[1:]]
    for row in rows:
        if row[3].endswith(f":{port}") and not row[4].endswith("*"):
            return SS_NAMES[row[0]]
    return "LISTEN" if any(row[0] == "LISTEN" for row in rows) else "CLOSED"


def check_hold(loquat, name, number):
    process = subprocess.Popen([loquat, "wire", "play", name, "--hold", str(number), "--format", "json"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    lines = []
    while not lines or "Enter" not in lines[-1]:
        line = process.stderr.readline()
        if not line:
            return [f"{name} --hold {number}: no frame was held"]
        lines.append(line)
    commands = [line.split("#")[0].strip() for line in lines if "nsenter" in line]
    by_ss = [ss_state(commands[0], 40000), ss_state(commands[1], 80)]
    out, _ = process.communicate("\n", timeout=60)
    held = [row for row in segments(rows_of(out)) if row["n"] == number and row["fate"] == "held"]
    ours = [held[0]["state"][side][0] for side in ("client", "server")]
    return [] if process.returncode == 0 and comparable(ours) == comparable(by_ss) else [
        f"{name} --hold {number}: ours {ours}, ss {by_ss}, exit {process.returncode}"]


def check_hold_without_input(loquat):
    """At the end of its input, in whatever way it ends, a held frame is delivered and the scenario goes on."""
    wrong = []
    for shell, says in (("exec \"$0\" \"$@\" </dev/null", True), ("exec \"$0\" \"$@\" <&-", True),
                        ("printf '' | \"$0\" \"$@\"", True), ("echo | \"$0\" \"$@\"", False)):
        done = subprocess.run(["sh", "-c", shell, loquat, "wire", "play", "close", "--hold", "4", "--format", "json"],
                              capture_output=True, text=True, timeout=60)
        ended = [row for row in rows_of(done.stdout) if row["type"] == "end"]
        if done.returncode != 0 or not ended or ("Standard input has ended" in done.stderr) != says:
            wrong.append(f"{shell}: exit status {done.returncode}, {done.stderr!r}")
    done = play(loquat, "close", "--hold", "4", "--lang", "zh", stdin=subprocess.DEVNULL)
    if "标准输入已经结束" not in done.stderr or re.search("[a-z]{3,}", re.sub("nsenter .*#|Ctrl-C", "", done.stderr)):
        wrong.append(f"in Chinese: {done.stderr!r}")
    return wrong


def comparable(states):
    """ss shows the listener, where a connection that has ended, or has not begun, is CLOSED or LISTEN."""
    return ["-" if state in ("LISTEN", "CLOSED") else state for state in states]


# --- clean-up, and what the lab touches ---

def processes_with(mark):
    found = []
    for entry in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if entry.isdigit() and mark in open(f"/proc/{entry}/cmdline").read():
                found.append(int(entry))
    return found


def wait_until(ready, what):
    deadline = time.monotonic() + 20
    while not ready():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come")
        time.sleep(0.02)


def check_nothing_left(loquat, number, status):
    mark = f"31{os.getpid()}{number}"  # seconds; no other process sleeps that long
    command = [loquat, "wire", "lab", "-o", os.devnull, "--", "sh", "-c", f"sleep {mark} & sleep {mark}"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, start_new_session=True)
    wait_until(lambda: len(processes_with(f"sleep\0{mark}")) == 2, "the programs of the lab")
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal does
    else:
        process.send_signal(number)
    process.wait(timeout=20)
    wait_until(lambda: not processes_with(mark), "the end of all programs")
    return [] if process.returncode == status else [f"signal {number}: exit {process.returncode}, not {status}"]


def host():
    return [subprocess.run(command, capture_output=True, text=True).stdout
            for command in (["ip", "-br", "link"], ["ip", "route"], ["sysctl", "net.ipv4.tcp_syncookies"],
                            ["sysctl", "net.ipv4.tcp_syn_retries"])]


def check_rights(loquat):
    """No packet socket before the private network, no program beside us, and the host as it was."""
    before = host()
    with tempfile.TemporaryDirectory() as folder:
        log = f"{folder}/log"
        traced = subprocess.run(["strace", "-f", "-o", log, "-e", "trace=socket,unshare,execve,execveat,clone3,fork", loquat,
                                 "wire", "play", "handshake", "--format", "json"], capture_output=True, text=True)
        calls = open(log).read()
    wrong = [] if traced.returncode == 0 else [f"under strace: {traced.stderr}"]
    first = {word: calls.find(word) for word in ("CLONE_NEWUSER", "AF_PACKET")}
    if not 0 <= first["CLONE_NEWUSER"] < first["AF_PACKET"]:
        wrong.append(f"a packet socket in the initial network: {first}")
    if len(re.findall(r"execve(at)?\(", calls)) != 1:
        wrong.append("it has executed something")
    if host() != before:
        wrong.append("the host has changed")
    return wrong


def check_fallback(loquat):
    forbidden = ["unshare", "-Ur", "sh", "-c", 'echo 0 >/proc/sys/user/max_user_namespaces; exec "$0" "$@"']
    process = subprocess.run([*forbidden, loquat, "wire", "play", "close", "--format", "json"], capture_output=True, text=True)
    wrong = []
    begin = rows_of(process.stdout)[0] if process.stdout else {}
    if process.returncode != 0 or begin.get("source") != "recorded":
        wrong.append(f"no recording: exit {process.returncode} {begin}")
    if "max_user_namespaces" not in process.stderr or "Remedy" not in process.stderr:
        wrong.append(f"no reason or remedy: {process.stderr}")
    chinese = subprocess.run([*forbidden, loquat, "wire", "play", "close", "--lang", "zh"], capture_output=True, text=True)
    if not all(words in chinese.stderr for words in ("这里无法运行实验：内核拒绝", "办法：", "录像")) or "emedy" in chinese.stderr:
        wrong.append(f"in Chinese: {chinese.stderr}")
    if "，两个私有命名空间，" not in chinese.stdout:
        wrong.append(f"the heading in Chinese: {chinese.stdout[:200]}")
    for more in (["play", "close", "--drop", "c>s fin"], ["lab", "--", "true"]):
        if subprocess.run([*forbidden, loquat, "wire", *more], capture_output=True).returncode != 3:
            wrong.append(f"{more}: not exit 3")
    sealed = "mount --bind /proc/sys /proc/sys && mount -o remount,bind,ro /proc/sys"
    process = subprocess.run(["unshare", "-Urm", "sh", "-c", sealed + ' && exec "$0" wire play close --format json', loquat],
                             capture_output=True, text=True)
    if process.returncode != 0 or "read-only" not in process.stderr or "ProtectKernelTunables" not in process.stderr:
        wrong.append(f"read-only /proc/sys: exit {process.returncode} {process.stderr}")
    return wrong


# --- commands and programs ---

def check_step_keys(loquat):
    """On a terminal --step says which keys there are, in the reader's language."""
    ours, theirs = pty.openpty()
    os.write(ours, b"c\n")
    done = play(loquat, "handshake", "--step", "--lang", "zh", stdin=theirs)
    os.close(theirs)
    os.close(ours)
    return [] if "回车：下一步" in done.stderr and "quit" not in done.stderr else [f"keys: {done.stderr!r}"]


def check_control(loquat):
    process = subprocess.Popen([loquat, "wire", "play", "handshake", "--format", "json", "--control"],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)

    def tell(line):
        process.stdin.write(line.encode() + b"\n")

    told = []

    def until(fits, what):
        while True:
            if not select.select([process.stdout], [], [], 20)[0]:
                raise AssertionError(f"{what} did not come: {told}")
            told.append(json.loads(process.stdout.readline()))
            if fits(told[-1]):
                return told[-1]

    until(lambda row: row.get("n") == 1 and row["fate"] == "held", "the SYN")
    tell("drop 1")
    until(lambda row: row.get("n") == 1 and row["fate"] == "dropped", "its loss")
    again = until(lambda row: row.get("n") == 2, "the SYN again")
    tell("dance")
    until(lambda row: row["type"] == "error", "a complaint")
    tell("duplicate 2")
    copy = until(lambda row: row.get("copy_of") == 2 and row["fate"] != "held", "the copy") if again else None
    tell("play")
    until(lambda row: row["type"] == "end", "the end")
    process.stdin.close()
    return [] if again["retransmission_of"] == 1 and copy and process.wait(timeout=20) == 0 else [f"control: {told}"]


def check_lab(loquat):
    def lab(*arguments):
        return subprocess.run([loquat, "wire", "lab", *arguments], capture_output=True, text=True, timeout=60)

    wrong = []
    fetched = lab("--format", "json", "--", "curl", "-s", "http://10.0.0.2/")
    if fetched.returncode != 0 or not fetched.stdout.startswith("Hello from 10.0.0.2"):
        wrong.append(f"curl in the lab: {fetched}")
    if not [row for row in segments(rows_of(fetched.stderr)) if row["len"] > 0]:
        wrong.append("curl's request was not told")
    over_ipv6 = lab("-6", "--format", "json", "--", "curl", "-s", "http://[fd00::2]/")
    ends = {row["src"] for row in segments(rows_of(over_ipv6.stderr))}
    if not over_ipv6.stdout.startswith("Hello from fd00::2") or "[fd00::2]:80" not in ends:
        wrong.append(f"curl in a lab with IPv6: {over_ipv6}")
    if lab("--", "sh", "-c", "exit 7").returncode != 7:
        wrong.append("the exit status is not the command's")
    lost = lab("--drop", "s>c data", "--format", "json", "--", "curl", "-s", "http://10.0.0.2/")
    if lost.returncode != 0 or not [row for row in segments(rows_of(lost.stderr)) if row["fate"] == "dropped"]:
        wrong.append(f"a fault right before --: {lost}")
    served = lab("-o", os.devnull, "--server", "nc -l 9000", "--", "sh", "-c", "echo hello | nc -N 10.0.0.2 9000")
    if served.stdout != "hello\n":
        wrong.append(f"the other server: {served}")
    with tempfile.TemporaryDirectory() as folder:
        script = (f"tcpdump -U --immediate-mode -i eth0 -w {folder}/t.pcap tcp 2>{folder}/said & until grep -q listening "
                  f"{folder}/said; do sleep 0.02; done; curl -s http://10.0.0.2/; sleep 0.3; kill $!; wait")
        lab("-o", os.devnull, "--pcapng", f"{folder}/x.pcapng", "--", "sh", "-c", script)
        ours, theirs = by_tshark(f"{folder}/x.pcapng"), by_tshark(f"{folder}/t.pcap")
        if not ours or ours != theirs:
            wrong.append(f"tcpdump in the lab: {theirs}, ours {ours}")
        off = [abs(a - b) for a, b in zip(times_by_tshark(f"{folder}/x.pcapng"), times_by_tshark(f"{folder}/t.pcap"))]
        if not off or statistics.median(off) > 100_000:  # the kernel's stamps both: a busy machine does not delay them
            wrong.append(f"nanoseconds between tcpdump's times and ours: {off}")
    return wrong


HANDSHAKE = """\
# three segments
server LISTEN
client > server SYN seq=0
server SYN-RECEIVED
server > client SYN,ACK seq=0 ack=1
client > server ACK seq=1 ack=1
client ESTABLISHED
server ESTABLISHED
"""
LOSS = """\
...
client ESTABLISHED
client > server data 10 seq=1 lost
client > server data 10 retransmission lost
client > server data 10 retransmission +100ms
server > client ACK ack=11
"""


def check_expect(loquat):
    """A run as expected ends with 0; each planted difference with 1 and its line; a file with a fault with 2 and its line."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        file, trace, capture = f"{folder}/expected.txt", f"{folder}/x.jsonl", f"{folder}/x.pcapng"

        def expect(script, status, says, *command):
            pathlib.Path(file).write_text(script)
            done = subprocess.run([loquat, "wire", *command, "--expect", file], capture_output=True, text=True, timeout=100)
            if done.returncode != status or says not in done.stderr:
                wrong.append(f"{command} {script!r}: exit status {done.returncode}, {done.stderr!r}")

        expect(HANDSHAKE, 0, "", "play", "handshake", "--format", "json", "-o", trace, "--pcapng", capture)
        expect(HANDSHAKE, 0, "", "show", trace)
        expect(HANDSHAKE.replace("server LISTEN\n", ""), 0, "", "show", capture)
        expect(LOSS, 0, "", "play", "loss-rto")
        for was, planted, line in (("SYN,ACK seq=0 ack=1", "SYN,ACK seq=0 ack=2", 5), ("server SYN-RECEIVED", "server CLOSED", 4),
                                   ("client > server ACK seq=1 ack=1\n", "", 7), ("# three", "client > server ACK\n# three", 1)):
            expect(HANDSHAKE.replace(was, planted), 1, f"expected.txt:{line}: expected: ", "play", "handshake")
            expect(HANDSHAKE.replace(was, planted), 1, f"expected.txt:{line}: expected: ", "show", trace)
        expect(HANDSHAKE, 1, "expected.txt:3: expected: client > server SYN seq=0\ncame: #1 client > server SYN seq=0 ack=0 lost",
               "play", "handshake", "--drop", "syn")
        expect(LOSS.replace("+100ms", "+9s"), 1, "expected.txt:5: ", "play", "loss-rto")
        expect(HANDSHAKE + "server > client FIN\n", 1, "expected.txt:9: expected: server > client FIN\ncame: nothing more",
               "play", "handshake")
        expect(HANDSHAKE + "server >> client FIN\n", 2, "expected.txt: line 9: '>>' is not understood", "play", "handshake")
        if play(loquat, "handshake", "--expect", "/nowhere").returncode != 2:
            wrong.append("no such file: not 2")
    return wrong


def check_congestion(loquat):
    wrong = []
    process = subprocess.Popen([loquat, "wire", "play", "close", "--congestion", "cubic", "--hold", "4"], stdin=subprocess.PIPE,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    lines = [process.stderr.readline() for _ in range(3)]
    for line in lines[1:]:
        shown = subprocess.run(line.split("#")[0].replace("-tan", "-tin"), shell=True, capture_output=True, text=True).stdout
        if " cubic " not in shown:
            wrong.append(f"not CUBIC: {line} {shown}")
    process.communicate("\n", timeout=60)
    told = rows_of(play(loquat, "slow-path", "--format", "json").stdout)
    windows = [row["congestion"]["receiver"]["cwnd"] for row in segments(told) if row["dir"] == "s>c"]
    by_program = [row["text"] for row in told if row["type"] == "note"][-1]  # from getsockopt(TCP_INFO)
    if windows[0] != 10 or f"congestion window {windows[-1]} segments" not in by_program:
        wrong.append(f"the congestion windows {windows}, {by_program}")
    unknown = play(loquat, "close", "--congestion", "cubik")
    if unknown.returncode != 2 or "it has: " not in unknown.stderr or "reno" not in unknown.stderr:
        wrong.append(f"an unknown one: {unknown}")
    return wrong


def check_unmatched(loquat):
    """A fault that meets no frame changes nothing, and is named at the end."""
    wrong = []
    for name, fault in (("handshake", ["--drop", "c>s data #9"]), ("syn-lost", ["--drop", "s>c rst"]),
                        ("loss-fast", ["--delay", "s>c fin 50ms"]), ("syn-lost", ["--hold", "99"])):
        without, done = play(loquat, name, "--format", "json"), play(loquat, name, *fault, "--format", "json")
        told = story([row for row in rows_of(done.stdout) if row.get("fate") != "held"])
        if done.returncode != 0 or told != story(rows_of(without.stdout)):
            wrong.append(f"{name} {fault}: exit status {done.returncode}, another story than without it")
            continue
        end, plain = rows_of(done.stdout)[-1], rows_of(without.stdout)[-1]
        if not end["text"].startswith(plain["text"] + "\nThe fault '") or "没有起作用" not in end["text_zh"]:
            wrong.append(f"{name} {fault}: {end}")
    done = play(loquat, "handshake", "--drop", "c>s data", "--drop", "c>s syn", "--format", "json")
    end = rows_of(done.stdout)[-1]["text"]
    if done.returncode != 0 or not end.startswith("Left to itself: ") or "'drop c>s data #1' met nothing" not in end or "syn" in end:
        wrong.append(f"one of two: exit status {done.returncode}, {end!r}")
    return wrong


def check_errors(loquat):
    """A failing write is reported with its reason; a closed pipe is not."""
    wrong = []
    for arguments, said in ((["-o", "/nowhere/x"], "cannot write to /nowhere/x: No such file or directory"),
                            (["--pcapng", "/nowhere/x"], "cannot write to /nowhere/x")):
        done = play(loquat, "handshake", *arguments)
        if done.returncode != 1 or said not in done.stderr:
            wrong.append(f"{arguments}: exit status {done.returncode}, {done.stderr!r}")
    for form in ("text", "json", "svg", "html"):
        with open("/dev/full", "w") as full:
            done = subprocess.run([loquat, "wire", "play", "handshake", "--format", form], stdout=full, stderr=subprocess.PIPE,
                                  text=True, check=False)
        if done.returncode != 1 or "No space left on device" not in done.stderr:
            wrong.append(f"full disk, {form}: exit status {done.returncode}, {done.stderr!r}")
    gone = subprocess.run(f"'{loquat}' wire play close | head -n 1", shell=True, capture_output=True, text=True, check=False)
    if gone.stderr:
        wrong.append(f"head: {gone.stderr!r}")
    return wrong


def check_nothing_inferred():
    """The lab's states cannot be inferred: the lab includes nothing of the inference."""
    src = pathlib.Path(__file__).resolve().parent.parent / "src"
    left = [file.relative_to(src).as_posix() for room in ("lab", "scenarios") for file in (src / "wire" / room).glob("*.cc")
            if not file.name.endswith("_test.cc")]
    reached = set()
    while left:
        name = left.pop()
        if name in reached or not (src / name).exists():
            continue
        reached.add(name)
        left += re.findall(r'^#include "([^"]+)"', (src / name).read_text(), re.M)
    inference = {"wire/capture/tracker.h", "wire/capture/inferred_end.h"}
    missing = [name for name in (*inference, "wire/lab", "wire/scenarios") if not (src / name).exists()]
    return [f"{name} is gone: look where this check should look now" for name in missing] + [f"the lab includes {n}" for n in inference & reached]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("loquat")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    inferred = check_nothing_inferred()  # it reads the sources, which the user nobody may be unable to
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        return run_checks(become_nobody(os.path.abspath(options.loquat), folder), options, inferred)


def run_checks(loquat, options, inferred):
    if subprocess.run(["unshare", "-Un", "true"], capture_output=True).returncode != 0:
        print("SKIP: user namespaces are forbidden here")
        return SKIPPED
    names = [entry["name"] for entry in json.loads(subprocess.check_output([loquat, "wire", "list", "--json"]))]
    checks = {f"scenario {name}": (check_scenario, loquat, name, options.runs) for name in names}
    checks |= {f"ipv6 {name}": (check_scenario, loquat, name, options.runs, "--ipv6") for name in names}
    checks |= {f"hold {number}": (check_hold, loquat, "close", number) for number in range(1, 8)}
    checks |= {f"hold simultaneous-close {number}": (check_hold, loquat, "simultaneous-close", number) for number in (6, 7)}
    checks |= {"sigint": (check_nothing_left, loquat, signal.SIGINT, 130),
               "sigterm": (check_nothing_left, loquat, signal.SIGTERM, 143),
               "sigkill": (check_nothing_left, loquat, signal.SIGKILL, -9), "rights": (check_rights, loquat),
               "fallback": (check_fallback, loquat), "control": (check_control, loquat), "errors": (check_errors, loquat),
               "congestion": (check_congestion, loquat), "expect": (check_expect, loquat), "unmatched": (check_unmatched, loquat), "hold without input": (check_hold_without_input, loquat),
               "step keys": (check_step_keys, loquat),
               "nothing inferred": (lambda: inferred,), "lab": (check_lab, loquat)}
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        running = {name: pool.submit(*check) for name, check in checks.items() if options.only in name}
        for name, result in running.items():
            wrong = [f"{type(result.exception()).__name__}: {result.exception()}"] if result.exception() else result.result()
            failed += bool(wrong)
            print("\n  ".join([("FAIL " if wrong else "ok   ") + name, *wrong]), flush=True)
    print(f"{len(running) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
