"""What every benchmark needs: servers pinned to one core, load on another, rounds, tables. bench/run starts here."""
import contextlib
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "bench" / "peers"
PYTHON = "/usr/bin/python3"  # Debian's own, for which python3-gevent is
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
LISTENING = re.compile(r"listening on (?:http://)?([0-9.]+:\d+)")


class Missing(Exception):
    """A peer, or a program of ours, that is not there."""


def pinned(core, command):
    return ["taskset", "-c", str(core), *map(str, command)]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def installed(*names):
    for name in names:
        if found := shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return found
    raise Missing(f"{names[0]} is not installed: ./dev setup bench")


class Server:
    """A server process on SERVER_CORE. `pids` are those whose CPU time and memory count."""

    def __init__(self, command, address=None, env=None):
        self.said = tempfile.TemporaryFile("w+")  # a file, not a pipe: a server that talks much must not wait for a reader
        self.process = subprocess.Popen(pinned(SERVER_CORE, command), stdin=subprocess.DEVNULL, stdout=self.said,
                                        stderr=subprocess.STDOUT, env={**os.environ, **(env or {})})
        try:
            self.address = address or self._read_address()
            self._wait_until_it_answers()
        except BaseException:
            self.stop()
            raise
        self.pids = [str(self.process.pid), *self._children(self.process.pid)]

    def _output(self):
        return os.pread(self.said.fileno(), 1 << 16, 0).decode(errors="replace")

    def _failed(self, why):
        return RuntimeError(f"{why}: {' '.join(self.process.args)}\n{self._output()[-2000:]}")

    def _read_address(self):
        for _ in range(200):
            if match := LISTENING.search(self._output()):
                return match[1]
            if self.process.poll() is not None:
                raise self._failed("the server ended before it listened")
            time.sleep(0.05)
        raise self._failed("the server did not say where it listens in 10 s")

    def _wait_until_it_answers(self):
        host, port = self.address.split(":")
        for _ in range(200):
            if self.process.poll() is not None:
                raise self._failed("the server ended")
            with contextlib.suppress(OSError), socket.create_connection((host, int(port)), 1):
                return
            time.sleep(0.05)
        raise self._failed("the server did not answer in 10 s")

    @staticmethod
    def _children(pid):
        time.sleep(0.3)  # a master starts its workers after it listens
        return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()

    def private_bytes(self):
        """Memory that belongs to these processes alone; what the kernel keeps per socket is not in it."""
        total = 0
        for pid in self.pids:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += sum(int(kb) * 1024 for kb in re.findall(r"^Private_(?:Clean|Dirty): +(\d+)", text, re.M))
        return total

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.said.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Talker:
    """A load that has connected and waits for lines on its standard input; it ends when that is closed."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        text=True)
        try:
            self._line()  # "ready"
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{' '.join(self.process.args)}: {self.process.stderr.read().strip()}")
        return line.strip()

    def ask(self, order):
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        return figures(self._line())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(60)
        self.process.stdout.close()
        self.process.stderr.close()


def figures(line):
    words = line.split()
    return {name: float(value) for name, value in zip(words[::2], words[1::2])}


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: {done.stderr.strip()}")
    return done.stdout


class Table:
    """Figures of several contenders for one kind of work; ratios are to the contender `against`."""

    def __init__(self, title, unit, against, *, target=None, allowed=1.0, higher=False, note=""):
        self.title, self.unit, self.against, self.higher, self.note = title, unit, against, higher, note
        self.target, self.allowed = target, allowed  # a contender times `allowed`, or a figure
        self.figures = {}

    def add(self, who, value):
        self.figures.setdefault(who, []).append(value)

    def median(self, who):
        return statistics.median(self.figures[who])

    def limit(self):
        """The target as a figure: a number, or what the contender of that name has, times `allowed`."""
        if isinstance(self.target, str):
            return self.median(self.target) * self.allowed if self.target in self.figures else None
        return self.target

    def lines(self):
        yield f"### {self.title}"
        yield ""
        yield f"| {self.unit} | median | lowest | highest | to {self.against} | target |"
        yield "|---|--:|--:|--:|--:|---|"
        base = self.median(self.against) if self.against in self.figures else None
        for who, values in self.figures.items():
            ratio = f"{self.median(who) / base:.2f}" if base else "-"
            yield (f"| {who} | {show(self.median(who))} | {show(min(values))} | {show(max(values))} | {ratio} "
                   f"| {self.verdict(who)} |")
        yield ""
        if self.note:
            yield self.note
            yield ""

    def verdict(self, who):
        limit = self.limit()
        if limit is None or not who.startswith("Loquat"):
            return ""
        met = self.median(who) >= limit if self.higher else self.median(who) <= limit
        return f"{'met' if met else 'missed'}: {'at least' if self.higher else 'at most'} {show(limit)}"


def show(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


class Bench:
    """One run of bench/run: its build, its rounds, its scratch folder and what it prints."""

    def __init__(self, build, quick, scratch):
        self.bin = pathlib.Path(build) / "bin"
        self.quick = quick
        self.rounds = 3 if quick else 7
        self.seconds = 0.5 if quick else 2.0
        self.scratch = pathlib.Path(scratch)
        self.skipped = []

    def program(self, name):
        path = self.bin / name
        if not path.exists():
            raise Missing(f"there is no {path}: ./dev bench builds it")
        return path

    def folder(self, name):
        path = self.scratch / name
        path.mkdir(exist_ok=True)
        return path

    def skip(self, who, why):
        line = f"skipped: {who}: {why}"
        if line not in self.skipped:
            self.skipped.append(line)
            print(line, flush=True)

    def start(self, stack, contenders):
        """Starts those that are there: {name: callable that gives a Server} becomes {name: Server}."""
        servers = {}
        for who, make in contenders.items():
            try:
                servers[who] = stack.enter_context(make())
            except Missing as missing:
                self.skip(who, missing)
        return servers

    def load_command(self, work, server, options):
        command = [self.program("bench_load"), work, "--to", server.address, "--pid", ",".join(server.pids)]
        for name, value in options.items():
            command += [f"--{name.replace('_', '-')}", value]
        return pinned(LOAD_CORE, command)

    def load(self, work, server, **options):
        """Runs bench_load on LOAD_CORE and returns its figures."""
        return figures(run(self.load_command(work, server, options)))

    def talker(self, work, server, **options):
        """bench_load of a kind that says "ready" and then waits for orders."""
        return Talker(self.load_command(work, server, options))

    def go_peer(self):
        """The Go peers, compiled."""
        path = self.bin / "bench_go_peer"
        source = PEERS / "peer.go"
        compiler = installed("go")
        if not path.exists() or path.stat().st_mtime < source.stat().st_mtime:
            subprocess.run([compiler, "build", "-o", path, source], check=True,
                           env={**os.environ, "GO111MODULE": "off", "GOFLAGS": ""})
        return path

    def gevent_peer(self):
        if not pathlib.Path(PYTHON).exists() or subprocess.run(
                [PYTHON, "-c", "import gevent"], capture_output=True).returncode != 0:
            raise Missing("python3-gevent is not installed: ./dev setup bench")
        return [PYTHON, PEERS / "gevent_peer.py"]


def output(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    except OSError:
        return ""
    return (done.stdout + done.stderr).strip()


def first_line(*command):
    try:
        return output(installed(command[0]), *command[1:]).partition("\n")[0]
    except Missing:
        return "not installed"


def machine():
    """What the figures depend on, as lines of Markdown."""
    cpu = re.search(r"^model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    changed = " with changes" if output("git", "status", "--porcelain", "--untracked-files=no") else ""
    gevent = output(PYTHON, "-c", "import gevent; print(gevent.__version__)")
    return [
        f"- commit {output('git', 'rev-parse', '--short', 'HEAD')}{changed}, "
        f"{time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}",
        f"- {cpu[1] if cpu else platform.machine()}, {os.cpu_count()} CPUs, Linux {platform.release()}, "
        f"load average {os.getloadavg()[0]:.1f} at the start",
        f"- server on core {SERVER_CORE}, load on core {LOAD_CORE}; {first_line('g++', '--version')}",
        f"- {first_line('nginx', '-v')}; {first_line('go', 'version')}; "
        f"gevent {gevent if re.fullmatch(r'[0-9.]+', gevent) else 'not installed'}; "
        f"{first_line('haproxy', '-v').split(' - ')[0]}; {first_line('ngircd', '--version').split('-IDENT')[0]}",
    ]


def stop(why):
    print(f"bench: {why}", file=sys.stderr)
    sys.exit(1)
