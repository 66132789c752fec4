#!/usr/bin/env python3
"""soak.py LOQUAT [MINUTES] [SEED]: 200 people on the real server for two hours; ./dev soak runs it. See docs/soak.md."""
import os
import pathlib
import random
import re
import signal
import sys
import tempfile
import time
import urllib.request

sys.dont_write_bytecode = True
sys.path[:0] = [str(pathlib.Path(__file__).parent), str(pathlib.Path(__file__).parent.parent)]
import judge  # noqa: E402
from doors import Gone, Text  # noqa: E402
from people import Town  # noqa: E402
from serve import Server  # noqa: E402

STEADY, SHAKEN = 160, 40  # people on the server that stays up, and on the one that is restarted
PAST = 60_000             # lines in the history before they come, so that the archive's caches are full
MAX_WAL = 16 * 1024       # KiB


class Soak:
    def __init__(self, loquat, minutes, seed):
        self.loquat, self.seconds, self.seed = loquat, minutes * 60, seed
        self.warm_up = min(600, self.seconds / 5)
        self.day = min(600, (self.seconds - self.warm_up) / 4)
        self.samples = []
        self.faults = []

    def server(self, data, port=0):
        return Server(self.loquat, "--tls-self-signed", data=data, listen=f"127.0.0.1:{port}")

    def run(self, folder):
        data = [f"{folder}/steady", f"{folder}/shaken"]
        steady, shaken = (self.server(where) for where in data)
        towns = [Town("steady", steady.port, STEADY, self.day, self.seed),
                 Town("shaken", shaken.port, SHAKEN, self.day, self.seed + 1)]
        pour(steady, data[0])
        for town in towns:
            town.start()
        self.began, cpu = time.monotonic(), cpu_seconds(os.getpid())
        shaken = self.watch(steady, shaken, data)
        self.cpu = [cpu_seconds(steady.process.pid) / self.seconds, (cpu_seconds(os.getpid()) - cpu) / self.seconds]
        self.end(towns, (steady, shaken))
        for town, where in zip(towns, data):
            faults, compared = judge.check(town, f"{where}/chat.db")
            self.faults += town.faults + faults
            print(f"{town.name}: {town.counts}, {compared} lines heard and compared", flush=True)
        if towns[0].counts["cut off"]:
            self.faults.append(f"steady: {towns[0].counts['cut off']} clients were cut off")

    def watch(self, steady, shaken, data):
        """Samples the one server and restarts the other, now gently and now by force."""
        restart_every = max(20, self.seconds / 60)
        restarts, report = 0, 0
        while (passed := time.monotonic() - self.began) < self.seconds:
            self.samples.append({"time": passed, **sample(steady, data[0])})
            if passed > report:
                print(f"{passed:5.0f} s: {show(self.samples[-1])}", flush=True)
                report += max(self.seconds / 40, 10)
            if passed > (restarts + 1) * restart_every:
                restarts += 1
                status = shaken.stop(signal.SIGKILL if restarts % 2 else signal.SIGTERM)
                if status not in (0, -signal.SIGKILL):
                    self.faults.append(f"shaken: the server ended with {status}\n{shaken.log()}")
                shaken = self.server(data[1], shaken.port)
            time.sleep(min(5, self.seconds / 200))
        print(f"shaken: {restarts} restarts")
        return shaken

    def end(self, towns, servers):
        """Everybody falls silent and listens until all is said; then nobody may lack a line."""
        for town in towns:
            town.quiet = True
        for server in servers:
            before = -1
            while (now := metrics(server)["events_total"]) != before:
                before = now
                time.sleep(3)
        time.sleep(2)
        for town in towns:
            town.over = True
        for town in towns:
            town.join()
        for server in servers:
            if (status := server.stop()) != 0:
                self.faults.append(f"a server ended with {status}: {server.log()}")

    def slopes(self):
        warm = [{**s, "time": s["time"] - self.warm_up} for s in self.samples if s["time"] >= self.warm_up]
        print(f"\nfrom {self.warm_up:.0f} s on, means of days of {self.day:.0f} s; growth in an hour, standard error:")
        hours = (self.seconds - self.warm_up) / 3600
        allowed = max(0.02, 0.01 / hours)  # of the mean, in an hour; or 1 % in a short soak
        for key, unit in (("rss", "KiB"), ("pss", "KiB"), ("descriptors", ""), ("fibers", "")):
            slope = judge.Slope(warm, key, self.day)
            # PSS is only shown: the other server shares pages with this one, and is restarted.
            steep = key != "pss" and slope.grows_more_than(max(allowed * slope.mean, 1 / hours))
            print(f"  {key:12} {slope.mean:10.1f} {unit:4} {slope.per_hour:+9.2f} +- {slope.error:.2f} an hour "
                  f"({slope.per_hour / max(slope.mean, 1e-9):+.2%}), {slope.days} days{'  NOT FLAT' if steep else ''}")
            if steep:
                self.faults.append(f"{key} grows")
        wal = max(s["wal"] for s in self.samples)
        if wal > MAX_WAL:
            self.faults.append(f"the write-ahead log had {wal:.0f} KiB")
        first, last = warm[0], warm[-1]
        lines = max(last["commands"] - first["commands"], 1)
        print(f"  history      {last['history'] / 1024:10.1f} KiB  {(last['history'] - first['history']) / lines:.0f} bytes "
              f"for each command: it is kept for ever; write-ahead log at most {wal:.0f} KiB")
        print(f"  CPU          server {self.cpu[0]:.1%}, people {self.cpu[1]:.1%} of a core")


def pour(server, data):
    """An operator, who may send as fast as he likes, says PAST lines."""
    door = Text(server.port, "past")
    key = pathlib.Path(f"{data}/operator-key").read_text().split()[0]
    door.send(f"/join #past\n/oper {key}\n" + f"{'a line of the past ' * 8}\n" * PAST)
    door.quit()
    try:
        while True:
            door.receive(60)
    except Gone:
        door.close()


def metrics(server):
    with urllib.request.urlopen(f"{server.url}metrics", timeout=60) as answer:
        return {name: float(value) for name, value in
                re.findall(r"^loquat_(\w+) (\S+)$", answer.read().decode(), re.M)}


def sample(server, data):
    """Descriptors and fibers without those of the connections that are open at this moment."""
    process = pathlib.Path(f"/proc/{server.process.pid}")
    figures = metrics(server)
    sizes = dict(re.findall(r"^(Rss|Pss): +(\d+)", (process / "smaps_rollup").read_text(), re.M))
    size = {name: os.path.getsize(f"{data}/{name}") for name in os.listdir(data)}
    return {"rss": int(sizes["Rss"]), "pss": int(sizes["Pss"]), "open": figures["connections_open"],
            "descriptors": len(os.listdir(process / "fd")) - figures["connections_open"] + 1,
            "fibers": figures["fibers"] - figures["connections_open"],
            "commands": figures["commands_total"], "slowed": figures["floods_slowed_total"],
            "history": size["chat.db"], "wal": size.get("chat.db-wal", 0) / 1024}


def show(sample):
    return ", ".join(f"{name} {value:.0f}" for name, value in sample.items() if name != "time")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 120
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.SystemRandom().randrange(10**6)
    print(f"soak: {STEADY + SHAKEN} people, {minutes:g} minutes, seed {seed}", flush=True)
    judge.test_itself()
    soak = Soak(sys.argv[1], minutes, seed)
    with tempfile.TemporaryDirectory(prefix="loquat-soak-") as folder:
        soak.run(folder)
    soak.slopes()
    for fault in soak.faults[:50]:
        print(f"FAULT {fault}")
    print("failed" if soak.faults else "passed")
    sys.exit(1 if soak.faults else 0)


if __name__ == "__main__":
    main()
