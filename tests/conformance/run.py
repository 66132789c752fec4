#!/usr/bin/env python3
"""CPython's own tests on Loquat's sockets, beside CPython's and gevent's.

usage: run.py [--library FILE] [--asan] [--all] [--write] [LANE...]

  stock          CPython as it is              thread-epoll, thread-uring   Loquat, calls wait in their own thread
  gevent         gevent's patch_all()          fiber-epoll, fiber-uring     Loquat, each call is a fiber

Without names: stock and Loquat's four with test_socket, and with test_loquat, which asks what that does not; then the
same with planted faults (faults.py), which must each be found. --all: gevent and the further modules, too. --write:
RESULTS.md, from --all. --asan: the library of build/asan in the fiber lanes. The tests are Debian's
libpython3.11-testsuite, unmodified, for /usr/bin/python3. Exit status 0: in no lane of Loquat's did anything fail or stay
out that passes in CPython, and every fault was found.
"""
import argparse
import concurrent.futures
import pathlib
import subprocess
import sys

import verdict
from lanes import FIBERS, HERE, OURS, run
from report import report

BUILD = HERE.parent.parent / "build"
MODULES = """test_socketserver test_asyncore test_asynchat test_select test_poll test_epoll test_httplib test_httpservers
    test_urllib2_localnet test_ftplib test_smtplib test_imaplib test_poplib test_nntplib test_telnetlib test_xmlrpc
    test_wsgiref test_docxmlrpc test_selectors test_ssl""".split()
# The planted faults, and the tests that detect them: module and pattern.
FAULTS = {
    "restarted_timeout": ("test_loquat", "*timeout_covers*"),
    "deaf_close": ("test_loquat", "*acceptor_is_woken"),
    "short_sendall": ("test_loquat", "*sends_all"),
    "lost_ancillary": ("test_socket", "*SCMRights*"),
    "wrong_flags": ("test_socket", "*NonBlockingTCPTests*"),
}


def arguments():
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__.splitlines()[0])
    parser.add_argument("lanes", nargs="*")
    parser.add_argument("--library", type=pathlib.Path)
    parser.add_argument("--asan", action="store_true")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--jobs", type=int, help="runs at the same time; they sleep most of it")
    given = parser.parse_args()
    given.lanes = given.lanes or (FIBERS if given.asan else ["stock", *(["gevent"] if given.all else []), *OURS])
    given.library = (given.library or BUILD / ("asan" if given.asan else "release") / "libloquat.so.0").resolve()
    given.preload = ""
    if given.asan:  # the sanitizer needs __cxa_throw at the start of the process
        given.preload = " ".join(subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True,
                                                check=True).stdout.strip() for name in ("libasan.so", "libstdc++.so.6"))
    if given.write and (not given.all or given.lanes != ["stock", "gevent", *OURS]):
        parser.error("--write needs --all and no lanes")
    return given


def runs(given, modules):
    """The arguments for lanes.run(), longest runs first."""
    ours = [lane for lane in given.lanes if lane in OURS]
    for module in modules:
        yield from ((lane, module, given.library, "", "*", given.preload) for lane in given.lanes)
    yield from ((lane, "test_loquat", given.library, "", "*", given.preload) for lane in ours)
    if given.asan:  # the sanitizer does not see io_uring's writes
        yield "fiber-epoll", "test_socket", given.library, "overrun", "*BasicTCPTest.testOverFlowRecv", given.preload
    else:
        yield from ((lane, module, given.library, fault, pattern) for fault, (module, pattern) in FAULTS.items()
                    for lane in ours)


def main():
    given = arguments()
    modules = ["test_socket", *(MODULES if given.all else [])]
    results = []
    with concurrent.futures.ThreadPoolExecutor(given.jobs or (3 if given.all else 12)) as pool:
        for r in pool.map(lambda each: run(*each), runs(given, modules)):
            results.append(r)
            found = f"found by {len(r.failed)}" if r.failed else "NOT FOUND"
            print(f"{r.lane:13} {r.fault:22} {found}" if r.fault else
                  f"{r.lane:13} {r.module:22} {len(r.passed):4} passed {len(r.failed):3} failed {len(r.skipped):4} skipped",
                  flush=True)
    wrong = [*verdict.self_test(), *verdict.judge(results)]
    print("\n".join(wrong))
    if given.write:
        (HERE / "RESULTS.md").write_text("\n".join(report(results, modules, given.lanes)).rstrip() + "\n", encoding="utf-8")
    ours = [r for r in results if r.lane in OURS]
    passed = sum(bool(r.failed) if r.fault else len(r.passed) for r in ours)
    print(f"{passed} passed, {len(wrong)} failed, {sum(len(r.skipped) for r in ours if not r.fault)} skipped")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
