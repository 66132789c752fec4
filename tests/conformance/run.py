#!/usr/bin/env python3
"""CPython's own tests on Loquat's sockets, beside CPython's and gevent's.

usage: run.py [--library FILE] [--all] [--write] [LANE...]

  stock      CPython as it is                      thread     Loquat, calls wait in their own thread
  gevent     gevent's patch_all()                  epoll      Loquat, each call is a fiber, epoll
                                                   uring      Loquat, each call is a fiber, io_uring

Without names: thread, epoll and uring, at the same time, with test_socket and test_loquat, which asks what that does not;
then the same with planted faults (faults.py), which must each be found. --all: all lanes one after the other, and the
further modules. --write: RESULTS.md, from --all. The tests are Debian's libpython3.11-testsuite, unmodified, for
/usr/bin/python3. Exit status 0: in no lane of Loquat's did anything fail that passes in CPython, and every fault was found.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = "/usr/bin/python3"
OURS = ["thread", "epoll", "uring"]
MODULES = """test_socketserver test_asyncore test_asynchat test_select test_poll test_epoll test_httplib test_httpservers
    test_urllib2_localnet test_ftplib test_smtplib test_imaplib test_poplib test_nntplib test_telnetlib test_xmlrpc
    test_wsgiref test_docxmlrpc test_selectors test_ssl""".split()
# Hangs in CPython too, where the kernel knows VSOCK and has no loopback for it.
LEFT_OUT = "*VSOCKSocketStream*"
# The faults, and the tests that know them: module and pattern.
FAULTS = {
    "restarted_timeout": ("test_loquat", "*timeout_covers*"),
    "deaf_close": ("test_loquat", "*acceptor_is_woken"),
    "short_sendall": ("test_loquat", "*sends_all"),
    "lost_ancillary": ("test_socket", "*SCMRights*"),
    "wrong_flags": ("test_socket", "*NonBlockingTCPTests*"),
}
MOST_LATE = 50_000_000  # ns, of a fiber that beats on the same worker

Result = collections.namedtuple("Result", "lane module passed failed skipped counts")


def run(lane, module, library, fault="", pattern="*"):
    with tempfile.TemporaryDirectory() as scratch:
        report, counts = pathlib.Path(scratch, "junit.xml"), pathlib.Path(scratch, "counts")
        environment = {**os.environ, "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
        if lane in OURS:
            environment |= {"LOQUAT_LIBRARY": str(library), "LOQUAT_MODE": lane, "LOQUAT_COUNTS": str(counts)}
            environment |= {"LOQUAT_FAULT": fault} if fault else {}
        elif lane == "gevent":
            environment["LOQUAT_PEER"] = "gevent"
        where = ["--testdir", HERE] if (HERE / f"{module}.py").exists() else []
        done = subprocess.run([PYTHON, "-m", "test", "--junit-xml", report, "-i", LEFT_OUT, "-m", pattern, *where, module],
                              cwd=scratch, env=environment, capture_output=True, text=True, timeout=600, check=False)
        if not report.exists():
            return Result(lane, module, set(), {module: done.stdout[-3000:] + done.stderr[-3000:]}, {}, {})
        passed, failed, skipped = set(), {}, {}
        for case in xml.etree.ElementTree.parse(report).iter("testcase"):
            name = case.get("name")
            if (fault := case.find("failure") if case.find("failure") is not None else case.find("error")) is not None:
                failed[name] = (fault.text or "").strip()
            elif (skip := case.find("skipped")) is not None:
                skipped[name] = (skip.text or skip.get("message") or "").strip()
            else:
                passed.add(name)
        lines = counts.read_text().splitlines() if counts.exists() else []
        return Result(lane, module, passed - set(failed), failed, skipped, add([json.loads(line) for line in lines]))


def add(processes):
    """The counts of all processes of a run; of the lateness the greatest."""
    total = {}
    for counts in processes:
        for name, values in counts.items():
            before = total.get(name, [0] * len(values))
            total[name] = [max(a, b) if name == "late" else a + b for a, b in zip(before, values)]
    return total


def judge(results):
    """What is wrong, in sentences."""
    stock = {(r.module, name) for r in results if r.lane == "stock" for name in r.passed}
    for r in results:
        if r.lane not in OURS:
            continue
        for name, why in sorted(r.failed.items()):
            if not stock or (r.module, name) in stock or name == r.module:
                yield f"{r.lane}: {name}: {why}"
        if not r.passed and not r.failed:
            yield f"{r.lane}: {r.module}: nothing ran"
        if r.lane != "thread" and r.module == "test_socket":
            late = r.counts.get("late", [0])[0]
            if not 0 < late <= MOST_LATE:
                yield f"{r.lane}: the heartbeat was {late / 1e6:.1f} ms late; at most {MOST_LATE / 1e6:.0f} are allowed"
            if r.counts.get("recv", [0, 0])[1] == 0:
                yield f"{r.lane}: no fiber ever waited"


def table(results, modules, lanes):
    yield "| | " + " | ".join(lanes) + " |"
    yield "|---|" + "--:|" * len(lanes)
    found = {(r.lane, r.module): r for r in results}
    for module in modules:
        cells = []
        for lane in lanes:
            r = found[lane, module]
            cells.append(f"{len(r.passed)}" + (f", **{len(r.failed)} failed**" if r.failed else "") +
                         (f", {len(r.skipped)} skipped" if r.skipped else ""))
        yield f"| {module} | " + " | ".join(cells) + " |"


def report(results, modules, lanes):
    version = subprocess.run([PYTHON, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    yield f"""# CPython's own tests on Loquat's sockets

Written by `tests/conformance/run.py --all --write`. {version}, tests of Debian's libpython3.11-testsuite, unmodified.
Left out: `{LEFT_OUT}`, one test, which hangs in CPython too. In the lanes epoll and uring each call runs in a fiber of one
worker; the thread that made it sleeps. Every method of CPython's `_socket.socket` that touches a socket is overridden or
poisoned.

## Passed
"""
    yield from table(results, modules, lanes)
    found = {(r.lane, r.module): r for r in results}
    yield "\n## What fails\n"
    for r in results:
        for name, why in sorted(r.failed.items()):
            yield f"- {r.lane}: `{name}`: {why.splitlines()[-1] if why else ''}"
    yield "\n## test_socket, skipped\n"
    reasons = collections.Counter(found["thread", "test_socket"].skipped.values())
    yield from (f"- {count}: {reason}" for reason, count in reasons.most_common())
    yield "\n## test_socket, calls of the C ABI\n\nCalls, and how many of them really waited: threads in ppoll(2), fibers parked.\n"
    yield "| | " + " | ".join(f"{lane} calls | waited" for lane in OURS) + " |"
    yield "|---|" + "--:|" * 2 * len(OURS)
    for name in found["thread", "test_socket"].counts:
        if name != "late":
            yield f"| {name} | " + " | ".join("{:,} | {:,}".format(*found[lane, "test_socket"].counts[name])
                                             for lane in OURS) + " |"
    yield ""
    for lane in OURS[1:]:
        late = found[lane, "test_socket"].counts["late"][0]
        yield f"A fiber that beats every 5 ms on the worker of lane {lane} was at most {late / 1e6:.1f} ms late."


def main():
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.splitlines()[0])
    parser.add_argument("lanes", nargs="*")
    parser.add_argument("--library", type=pathlib.Path, default=HERE.parent.parent / "build/release/libloquat.so.0")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    lanes = arguments.lanes or (["stock", "gevent", *OURS] if arguments.all else OURS)
    modules = ["test_socket", *(MODULES if arguments.all else [])]
    library = arguments.library.resolve()
    jobs = [(lane, module, library) for module in modules for lane in lanes]
    jobs += [(lane, "test_loquat", library) for lane in lanes if lane in OURS]
    jobs += [(lane, module, library, fault, pattern) for fault, (module, pattern) in FAULTS.items()
             for lane in lanes if lane in OURS]
    with concurrent.futures.ThreadPoolExecutor(1 if arguments.all else len(lanes)) as pool:
        results = list(pool.map(lambda job: run(*job), jobs))
    faulty = list(zip(jobs, results))[-len(FAULTS) * len([lane for lane in lanes if lane in OURS]):]
    results = results[:len(results) - len(faulty)]
    for r in results:
        print(f"{r.lane:7} {r.module:22} {len(r.passed):4} passed {len(r.failed):3} failed {len(r.skipped):4} skipped",
              flush=True)
    for job, r in faulty:
        print(f"{r.lane:7} {job[3]:22} {'found by ' + str(len(r.failed)) if r.failed else 'NOT FOUND'}")
    wrong = list(judge(results)) + [f"{r.lane}: the planted fault {job[3]} was not found" for job, r in faulty if not r.failed]
    print("\n".join(wrong))
    if arguments.write:
        text = "\n".join(report(results, modules, lanes)).rstrip() + "\n"
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    ours = [r for r in results if r.lane in OURS]
    print(f"{sum(len(r.passed) for r in ours)} passed, {len(wrong)} failed, {sum(len(r.skipped) for r in ours)} skipped")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
