"""The README's commands on a bare Debian 12: a debootstrap with git and certificates, a clone of the commit, nothing else.

  run.py     as root, or as a user whom sudo asks for no password

In the first root `./dev run` has to serve a page and a chat line, and `./dev package` to make the packages. They are
installed in a second one, where the README's echo server is compiled with pkg-config and with CMake, run and talked to.
Prints what each part took, and "N passed, N failed, N skipped".
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

sys.dont_write_bytecode = True
REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests/install"))
import host  # noqa: E402
from readme import echo_program  # noqa: E402
from root import ALONE, Root, tail  # noqa: E402

SPACE = 4 << 30
SECONDS = 60  # to wait for an answer
BUILD_SECONDS = 1800
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

ECHO_PROJECT = """\
cmake_minimum_required(VERSION 3.25)
project(Echo LANGUAGES CXX)
find_package(Loquat REQUIRED)
add_executable(echo echo.cc)
target_link_libraries(echo PRIVATE Loquat::loquat)
"""


class Clock:
    """The time of each part, in whole seconds."""

    def __init__(self):
        self.parts = []

    @contextlib.contextmanager
    def time(self, name):
        began = time.monotonic()
        yield
        self.parts.append(f"{name} {time.monotonic() - began:.0f} s")

    def __str__(self):
        return ", ".join(self.parts)


# ---- requirements -----------------------------------------------------------------------------------------------------

def check_usable(folder):
    if shutil.which("debootstrap") is None:
        raise host.Unusable("there is no debootstrap")
    if subprocess.run([*ALONE, "--mount-proc", "true"], capture_output=True).returncode != 0:
        raise host.Unusable("root may not make namespaces here, as in most containers")
    about = os.statvfs(folder)
    if about.f_flag & (os.ST_NODEV | os.ST_NOEXEC):
        raise host.Unusable(f"{folder} is mounted nodev or noexec; set TMPDIR")
    if about.f_bavail * about.f_frsize < SPACE:
        raise host.Unusable(f"{folder} has less than {SPACE >> 30} GiB left; set TMPDIR")
    address = next(address for _, address, suite in host.apt_sources() if suite == "bookworm")
    try:
        urllib.request.urlopen(f"{address.rstrip('/')}/dists/bookworm/InRelease", timeout=SECONDS).close()
    except urllib.error.URLError as error:
        raise host.Unusable(f"the package source cannot be reached: {error.reason}") from None
    return address


# ---- the checks ------------------------------------------------------------------------------------------------------

def run_serves(root, clock):
    """`./dev run` answers a request and carries a chat line."""
    began = time.monotonic()
    with root.start("cd loquat && exec ./dev run --listen 127.0.0.1:0") as process:
        try:
            signal.alarm(BUILD_SECONDS)
            port, took = where_it_listens(process)
            signal.alarm(0)
            clock.parts.append(f"from nothing to the address {time.monotonic() - began:.0f} s ({took})")
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://127.0.0.1:{port}/", timeout=SECONDS) as page:
                text = page.read().decode()
            assert page.status == 200 and "<html" in text, text
            chat(port)
        finally:
            process.kill()


def where_it_listens(process):
    """The port and the times, from the output of `./dev run`."""
    said, took = [], "no times were told"
    for line in process.stdout:
        said.append(line)
        if found := re.match(r"dev: (packages \d+ s.*)", line):
            took = found[1]
        if found := re.search(r"listening on http://127\.0\.0\.1:(\d+)/", line):
            return int(found[1]), took
    raise AssertionError(f"./dev run ended with {process.wait()} in the bare root:\n{tail(''.join(said))}")


def chat(port):
    with socket.create_connection(("127.0.0.1", port), SECONDS) as ann, socket.create_connection(("127.0.0.1", port), SECONDS) as bob:
        for client, nick in ((ann, "ann"), (bob, "bob")):
            client.sendall(f"/nick {nick}\n".encode())
            expect(client, f"called {nick} now")
        ann.sendall("早上好, bare machine\n".encode())
        expect(bob, "ann: 早上好, bare machine\n")


def expect(client, text):
    got = b""
    while text.encode() not in got:
        data = client.recv(65536)
        assert data, f"the connection ended before {text!r}: {got!r}"
        got += data


def package_packs(root, clock):
    """`./dev package` makes the packages."""
    with clock.time("./dev package"):
        root.run("cd loquat && exec ./dev package")
    made = {path.name.split("_")[0] for path in (root.folder / "root/loquat/build/packages").glob("*.deb")}
    assert made == {"loquat", "libloquat-dev", "libloquat0"}, made


def packages_install(root, second, clock):
    """apt installs them in a root that has no compiler, and the command runs."""
    for kind, there in (("root/loquat/build/packages", "root"), ("var/cache/apt/archives", "var/cache/apt/archives")):
        for deb in (root.folder / kind).glob("*.deb"):
            shutil.copy(deb, second.folder / there)
    with clock.time("installing the packages"):
        second.run("apt-get -q=2 update && DEBIAN_FRONTEND=noninteractive apt-get -q=2 --no-install-recommends --yes install ./*.deb")
        second.run("loquat --version && test -e /usr/share/man/man1/loquat.1.gz")


def echo_by_pkg_config(second, clock):
    """Builds the README's echo server with pkg-config."""
    with clock.time("a compiler and CMake"):
        second.run("DEBIAN_FRONTEND=noninteractive apt-get -q=2 --no-install-recommends --yes install g++ cmake make pkg-config")
    (second.folder / "root/echo.cc").write_text(echo_program(REPOSITORY))
    with clock.time("the echo server by pkg-config"):
        second.run("c++ -std=c++20 echo.cc $(pkg-config --cflags --libs loquat) -o by-pkg-config")
    echoes(second, "by-pkg-config")


def echo_by_find_package(second, clock):
    """Builds the README's echo server with find_package."""
    (second.folder / "root/CMakeLists.txt").write_text(ECHO_PROJECT)
    with clock.time("by CMake"):
        second.run("cmake -S . -B build && cmake --build build")
    echoes(second, "build/echo")


def echoes(root, program):
    with root.start(f"exec ./{program}") as process:
        try:
            with socket.create_connection(("127.0.0.1", root.listening_port(program)), SECONDS) as client:
                client.sendall(b"ping")
                assert client.recv(512) == b"ping"
        finally:
            process.kill()


def nothing_is_left(roots):
    """No process and no mount of the roots is left."""
    for root in roots:
        end = time.monotonic() + SECONDS
        while root.processes() and time.monotonic() < end:
            time.sleep(0.1)
        assert not root.processes(), root.processes()
        assert str(root.folder) not in pathlib.Path("/proc/self/mountinfo").read_text()


# ---- as the user, then as root -----------------------------------------------------------------------------------------

def checks(folder, clock):
    """Makes the roots, then yields each check with its arguments."""
    address = check_usable(folder)
    root = Root(folder / "first")
    with clock.time("debootstrap"):
        root.make(address)
        root.environment = host.equip(root.folder, folder)
        root.run("update-ca-certificates")
        second = root.copy_to(folder / "second")
        shutil.copytree(folder / "loquat", root.folder / "root/loquat", symlinks=True)
        root.run("chown -R root:root loquat")
    yield run_serves, root, clock
    yield package_packs, root, clock
    yield packages_install, root, second, clock
    root.remove()
    yield echo_by_pkg_config, second, clock
    yield echo_by_find_package, second, clock
    yield nothing_is_left, [root, second]


def as_root(folder):
    threading.Thread(target=end_with_the_user, daemon=True).start()
    try:
        return run_checks(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def end_with_the_user():
    """The user's process cannot signal this one, which runs as root. Its end shows as end of file here."""
    while os.read(0, 4096):  # sys.stdin's lock would be held while the interpreter ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def run_checks(folder):
    clock, passed, failed, skipped = Clock(), 0, 0, 0
    try:
        for check, *arguments in checks(folder, clock):
            print(f"{check.__doc__}", flush=True)
            check(*arguments)
            passed += 1
    except host.Unusable as why:
        print(f"skipped: a bare Debian 12: {why}")
        skipped = 1
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        print(f"FAILED: {error}")
        failed = 1
    print(clock)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def stop(number, _):
    if number == signal.SIGALRM:
        raise AssertionError(f"./dev run did not serve within {BUILD_SECONDS} s")
    for each in SIGNALS:  # a second one must not interrupt the cleanup
        signal.signal(each, signal.SIG_IGN)
    sys.exit(128 + number)


def main():
    for number in (*SIGNALS, signal.SIGALRM):
        signal.signal(number, stop)
    if len(sys.argv) > 1:
        return as_root(pathlib.Path(sys.argv[1]))
    sudo = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if sudo and subprocess.run([*sudo, "true"], capture_output=True).returncode != 0:
        print("skipped: a bare Debian 12: it takes root, and sudo asks for a password\n0 passed, 0 failed, 1 skipped")
        return 0
    folder = pathlib.Path(tempfile.mkdtemp(prefix="loquat-bare-"))
    try:
        host.gather(REPOSITORY, folder)
        with subprocess.Popen([*sudo, sys.executable, __file__, folder], stdin=subprocess.PIPE) as root:
            return root.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
