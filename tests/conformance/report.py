"""RESULTS.md, from the results of run.py --all."""
import collections
import datetime
import pathlib
import platform
import subprocess

import faults
from lanes import FIBERS, HERE, LEFT_OUT, OURS, PYTHON


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE).stdout.strip()


def machine():
    model = next((line.split(":")[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    gevent = output(PYTHON, "-c", "import gevent; print(gevent.__version__)")
    return (f"{output(PYTHON, '--version')}, gevent {gevent}, Linux {platform.release()}, {model}, "
            f"{datetime.date.today()}")


def row(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def head(first, *columns):
    yield row(first, *columns)
    yield "|---|" + "--:|" * len(columns)


def passed(found, modules, lanes):
    yield from head("", *lanes)
    total = collections.Counter()
    for module in modules:
        cells = []
        for lane in lanes:
            r = found[lane, module]
            total[lane] += len(r.passed)
            cells.append(f"{len(r.passed)}" + (f", **{len(r.failed)} failed**" if r.failed else ""))
        yield row(module, *cells)
    yield row("all", *(f"{total[lane]:,}" for lane in lanes))


def failures(results):
    by_test = collections.defaultdict(list)
    for r in results:
        for name, why in r.failed.items():
            by_test[r.module, name.removeprefix("test."), why.splitlines()[-1][:100] if why else ""].append(r.lane)
    for (_, name, why), lanes in by_test.items():
        yield f"- {', '.join(lanes)}: `{name}`: {why}"
    if not by_test:
        yield "Nothing."


def skipped(found, modules):
    """What is skipped in CPython too, with its reason; then what is not."""
    reasons = collections.defaultdict(collections.Counter)
    for module in modules:
        for why in found["stock", module].skipped.values():
            reasons[" ".join(why.split())][module.removeprefix("test_")] += 1
    for why, where in sorted(reasons.items(), key=lambda each: -each[1].total()):
        yield f"- {why}: {', '.join(f'{module} {count}' for module, count in where.items())}"
    other = [f"- {lane} only: `{name}`: {why}" for lane in OURS for module in modules
             for name, why in found[lane, module].skipped.items() if name not in found["stock", module].skipped]
    yield from other or ["", "No lane of Loquat's skips anything that CPython does not."]


def counts(found, modules):
    yield from head("test_socket", *(name for lane in OURS for name in (lane, "waited")))
    for name in sorted(found["fiber-uring", "test_socket"].counts):
        if name != "late":
            yield row(name, *("{:,} | {:,}".format(*found[lane, "test_socket"].counts[name]) for lane in OURS))
    further = {lane: [sum(values[i] for module in modules if module != "test_socket" for name, values in
                          found[lane, module].counts.items() if name != "late") for i in (0, 1)] for lane in OURS}
    yield row("the further modules, all functions", *("{:,} | {:,}".format(*further[lane]) for lane in OURS))


def planted(results):
    yield from head("", *OURS)
    found = {(r.fault, r.lane): r for r in results}
    for name, fault in faults.ALL.items():
        cells = [f"{len(found[name, lane].failed)} of {len(found[name, lane].failed) + len(found[name, lane].passed)}"
                 for lane in OURS]
        yield row(f"{name}: {fault.__doc__}", *cells)
    yield "\nWhat lane fiber-uring says of each:\n\n```"
    for name in faults.ALL:
        test, why = next(iter(sorted(found[name, "fiber-uring"].failed.items())), ("nothing", ""))
        yield f"{name}\n  {test.split('.', 1)[-1]}\n  {why.splitlines()[-1][:110] if why else ''}"
    yield "```"


def report(results, modules, lanes):
    plain = [r for r in results if not r.fault]
    found = {(r.lane, r.module): r for r in plain}
    yield f"""# CPython's own tests on Loquat's sockets

`tests/conformance/run.py --all --write` writes this file. {machine()}.
The tests are those of Debian's libpython3.11-testsuite, unmodified. The run omits `{LEFT_OUT}`: this test hangs in
CPython too.

- **thread**: each call waits in ppoll(2), in the calling thread. No poller is involved, so `thread-epoll` and `thread-uring`
  run the same code (with LOQUAT_POLLER set) and should have the same results.
- **fiber**: each call that may wait runs in a fiber, and the calling thread sleeps. One worker runs all these fibers.
  `waited` counts the fibers that were parked.

Loquat replaces the sockets under Python's `socket` through its C ABI. Each method of CPython's `_socket.socket` that
touches a socket is overridden or poisoned, and so are `socketpair`, `dup` and, for sockets, `os.sendfile`. CPython still
does the name lookups, `inet_*` and the like; what `socket.py` does in Python (`makefile`, `create_connection` and
`create_server` call the methods); and in test_ssl the I/O inside OpenSSL.

## Passed
"""
    yield from passed(found, modules, lanes)
    yield "\n`test_loquat` (deadlines across signals, close() that wakes, fork, connect_ex): " + ", ".join(
        f"{lane} {len(found[lane, 'test_loquat'].passed)} of "
        f"{len(found[lane, 'test_loquat'].passed) + len(found[lane, 'test_loquat'].failed)}" for lane in OURS) + "."
    yield "\n## What fails\n"
    yield from failures(plain)
    yield "\n## What is skipped\n\nCPython skips these too. Each line has the reason and the number of tests per module.\n"
    yield from skipped(found, modules)
    yield "\n## Calls of the C ABI, and how many of them really waited\n"
    yield from counts(found, modules)
    yield "\n## A heartbeat beside it\n"
    for lane in FIBERS:
        in_all, by_fibers = (late / 1e6 for late in found[lane, "test_socket"].counts["late"])
        yield (f"A fiber that beats every 5 ms on the worker of {lane} was at most {by_fibers:.1f} ms late while test_socket "
               f"ran\n({in_all:.1f} ms with the time in which the worker had no processor).\n")
    yield "## Planted faults\n\nHow many of the tests that know it find each.\n"
    yield from planted([r for r in results if r.fault])
