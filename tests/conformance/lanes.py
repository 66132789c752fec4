"""Runs one module of CPython's tests in one lane, and collects the results."""
import collections
import json
import os
import pathlib
import subprocess
import tempfile
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
# Name, where calls wait, and LOQUAT_POLLER.
OURS = {"thread-epoll": ("thread", "epoll"), "thread-uring": ("thread", "uring"),
        "fiber-epoll": ("epoll", "epoll"), "fiber-uring": ("uring", "uring")}
FIBERS = [lane for lane, (mode, _) in OURS.items() if mode != "thread"]
# Hangs in CPython, too, if the kernel has VSOCK without its loopback.
LEFT_OUT = "*VSOCKSocketStream*"
LONGEST = 180  # seconds, of a module; CPython takes at most 40

Result = collections.namedtuple("Result", "lane module fault passed failed skipped counts")


def environment_of(lane, library, counts, fault, preload):
    environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1",
                   "LOQUAT_ONE_LANE_AT_A_TIME": "TestLinuxAbstractNamespace"}
    if lane == "gevent":
        environment["LOQUAT_PEER"] = "gevent"
    if lane in OURS:
        mode, poller = OURS[lane]
        environment |= {"LOQUAT_LIBRARY": str(library), "LOQUAT_MODE": mode, "LOQUAT_POLLER": poller,
                        "LOQUAT_COUNTS": str(counts)}
        environment |= {"LOQUAT_FAULT": fault} if fault else {}
        if preload:  # ignores Python's leaks; malloc(3) lets the sanitizer see the buffers
            environment |= {"LD_PRELOAD": preload, "PYTHONMALLOC": "malloc", "ASAN_OPTIONS": "detect_leaks=0"}
    return environment


def run(lane, module, library, fault="", pattern="*", preload=""):
    with tempfile.TemporaryDirectory() as scratch:
        report, counts = pathlib.Path(scratch, "junit.xml"), pathlib.Path(scratch, "counts")
        network = ["-u", "network"] if module == "test_socketserver" else []  # needs only loopback
        where = ["--testdir", HERE] if (HERE / f"{module}.py").exists() else []
        try:
            done = subprocess.run(
                [PYTHON, "-m", "test", "--junit-xml", report, "-i", LEFT_OUT, "-m", pattern, *network, *where, module],
                cwd=scratch, env=environment_of(lane, library, counts, fault, preload), capture_output=True, text=True,
                timeout=LONGEST, check=False)
            said = done.stdout + done.stderr
        except subprocess.TimeoutExpired:
            said = f"did not end within {LONGEST} s"
        if not report.exists():
            return Result(lane, module, fault, set(), {module: said[-6000:]}, {}, {})
        passed, failed, skipped = cases(report)
        if preload and "ERROR: AddressSanitizer" in said:
            failed[module] = said[said.index("ERROR: AddressSanitizer"):][:3000]
        lines = counts.read_text().splitlines() if counts.exists() else []
        return Result(lane, module, fault, passed - set(failed), failed, skipped, add([json.loads(line) for line in lines]))


def cases(report):
    """The names of passed tests, and the reasons of failed and skipped ones."""
    passed, failed, skipped = set(), {}, {}
    for case in xml.etree.ElementTree.parse(report).iter("testcase"):
        name = case.get("name")
        if (fault := case.find("failure") if case.find("failure") is not None else case.find("error")) is not None:
            failed[name] = (fault.text or "").strip()
        elif (skip := case.find("skipped")) is not None:
            skipped[name] = (skip.text or skip.get("message") or "").strip()
        else:
            passed.add(name)
    return passed, failed, skipped


def add(processes):
    """The sums over all processes of a run, and the greatest lateness."""
    total = {}
    for counts in processes:
        for name, values in counts.items():
            before = total.get(name, [0] * len(values))
            total[name] = [max(a, b) if name == "late" else a + b for a, b in zip(before, values)]
    return total
