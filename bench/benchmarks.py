"""The benchmarks. Each takes the Bench and returns its tables. Contenders take turns within a round."""
import contextlib
import os
import pathlib
import subprocess
import time
import urllib.request

import contenders
from harness import PEERS, PYTHON, SERVER_CORE, Missing, Table, installed, pinned, run

POLLERS = {"epoll": "epoll", "uring": "io_uring"}


def rounds(bench, table, servers, measure):
    for number in range(bench.rounds):
        for who, server in servers.items():
            table.add(who, measure(who, server))
        print(f"  {table.title}: round {number + 1} of {bench.rounds}", flush=True)


def cpu_us(result):
    return result["cpu"] / result["units"] / 1000


# ---- HTTP ------------------------------------------------------------------------------------------------------------

def fetched(server):
    """The body of / as a browser gets it, compressed."""
    request = urllib.request.Request(f"http://{server.address}/", headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read()


def http(bench):
    """Server CPU per keep-alive request with a browser's headers, for the example's short text and for the chat's page."""
    with contextlib.ExitStack() as stack:
        ours = bench.start(stack, {
            **{f"Loquat example_06, {name}": lambda p=poller: contenders.web_server(bench, p)
               for poller, name in POLLERS.items()},
            **{f"Loquat page, {name}": lambda p=poller: contenders.loquat(bench, p) for poller, name in POLLERS.items()}})
        short = {who: server for who, server in ours.items() if "example" in who}
        page = {who: server for who, server in ours.items() if "page" in who}
        tables = []
        for name, servers in (("short", short), ("page", page)):
            if servers:
                tables += http_tables(bench, name, servers, fetched(next(iter(servers.values()))))
        return tables


def http_tables(bench, name, ours, body):
    path = bench.scratch / f"{name}.body"
    path.write_bytes(body)
    with contextlib.ExitStack() as stack:
        peers = bench.start(stack, {
            "nginx, file": lambda: contenders.nginx(bench, {name: body}),
            "haproxy": lambda: contenders.haproxy(bench, body),
            "Go net/http": lambda: contenders.go(bench, "http", path),
            "gevent pywsgi": lambda: contenders.gevent(bench, "http", path)})
        servers, paths = {**ours, **peers}, {}
        if "nginx, file" in peers:
            servers["nginx, open_file_cache"] = peers["nginx, file"]
            paths = {"nginx, file": f"/file/{name}", "nginx, open_file_cache": f"/cached/{name}"}
            if name == "short":
                servers["nginx, return"], paths["nginx, return"] = peers["nginx, file"], "/return"
        what = "a short text" if name == "short" else "the page"
        best = "nginx, return" if name == "short" else "nginx, open_file_cache"
        return [exchange(bench, f"HTTP: {what} ({len(body)} bytes), {depth} in flight on each of 64 connections",
                         servers, best, depth, paths, kind="http", target=best if depth == 1 else None,
                         note="nginx serves the same bytes from a file, from an open file, and the short text "
                              "also from its configuration (return). The ratio is to its fastest way.")
                for depth in (1, 16)]


def exchange(bench, title, servers, against, depth, paths, kind, target=None, note=""):
    table = Table(title, "server CPU, us per answer", against, target=target, note=note)

    def measure(who, server):
        return cpu_us(bench.load("exchange", server, kind=kind, connections=64, depth=depth, seconds=bench.seconds,
                                 path=paths.get(who, "/")))

    rounds(bench, table, servers, measure)
    return table


# ---- echo ------------------------------------------------------------------------------------------------------------

def echo(bench):
    """Server CPU per echo of 64 bytes, which shows what a fiber adds to a bare loop."""
    with contextlib.ExitStack() as stack:
        servers = bench.start(stack, {
            **{f"Loquat fibers, {name}": lambda p=poller: contenders.echo_server(bench, p)
               for poller, name in POLLERS.items()},
            "raw epoll": lambda: contenders.raw(bench, "epoll"),
            "raw io_uring": lambda: contenders.raw(bench, "uring"),
            "Go": lambda: contenders.go(bench, "echo"),
            "gevent": lambda: contenders.gevent(bench, "echo")})
        return [exchange(bench, "Echo: 64 bytes, 64 connections", servers, "raw epoll", 1, {}, kind="echo")]


# ---- fibers ----------------------------------------------------------------------------------------------------------

def fibers(bench):
    """CPU time of a switch between two fibers, of spawning and joining a fiber, and of a message between two."""
    tables = {
        "switch": Table("Fiber switch", "CPU, ns per switch", "Go", target=12,
                        note="Two fibers yield to each other through the scheduler. Go uses Gosched, gevent sleep(0)."),
        "spawn": Table("Fiber spawn and join", "CPU, ns per fiber", "Go", target=120,
                       note="Go has no join: a goroutine sends on a channel, and the spawner receives."),
        "channel": Table("Message over a channel", "CPU, ns per message", "Go", target=40,
                         note="From one fiber to another of the same thread, over a channel that keeps nothing."),
        "across": Table("Message between two threads", "ns per message", "Go", target="Go", allowed=1.0,
                        note="The same between fibers of two threads on two cores, in time that passes. Go with GOMAXPROCS=2.")}
    loquat = [bench.program("bench_fibers")]
    one = {"Loquat, epoll": lambda: ["env", "LOQUAT_POLLER=epoll", *loquat],
           "Loquat, io_uring": lambda: ["env", "LOQUAT_POLLER=uring", *loquat],
           "Boost.Fiber": lambda: [bench.program("bench_boost_fiber")],
           "Go": lambda: ["env", "GOMAXPROCS=1", bench.go_peer(), "fibers"],
           "gevent": lambda: [*bench.gevent_peer(), "fibers"]}
    two = {"Loquat, epoll": one["Loquat, epoll"], "Loquat, io_uring": one["Loquat, io_uring"],
           "Go": lambda: ["env", "GOMAXPROCS=2", bench.go_peer(), "across"]}
    for number in range(bench.rounds):
        for names, commands, place in (({"switch", "spawn", "channel"}, one, lambda command: pinned(SERVER_CORE, command)),
                                       ({"across"}, two, lambda command: command)):
            for who, make in commands.items():
                try:
                    words = run(place(make())).split()
                except Missing as missing:
                    bench.skip(who, missing)
                    continue
                for name in names:
                    tables[name].add(who, float(words[words.index(name) + 1]))
        print(f"  fibers: round {number + 1} of {bench.rounds}", flush=True)
    return list(tables.values())


# ---- bulk ------------------------------------------------------------------------------------------------------------

def bulk(bench):
    """CPU time per MiB of moving 1 GiB over loopback TCP, for sender and receiver together."""
    ways = {"plain": ("blocking send and recv", 1.05, {
                "blocking send and recv": (None, "raw"), "Loquat, threads": (None, "thread"),
                "Loquat fibers, epoll": ("epoll", "fiber"), "Loquat fibers, io_uring": ("uring", "fiber")}),
            "TLS": ("SSL_write, socket BIO", 1.10, {
                "SSL_write, socket BIO": (None, "openssl"), "Loquat, threads": (None, "tls-thread"),
                "Loquat fibers, epoll": ("epoll", "tls-fiber"), "Loquat fibers, io_uring": ("uring", "tls-fiber")})}
    notes = {"plain": "Each call moves 64 KiB.",
             "TLS": "TLS 1.3, TLS_AES_256_GCM_SHA384, records of 16 KiB. The comparison is OpenSSL's own blocking loop."}
    tables = {name: Table(f"Bulk, {name}", "CPU, us per MiB", peer, target=peer, allowed=allowed, note=notes[name])
              for name, (peer, allowed, _) in ways.items()}
    for number in range(bench.rounds):
        for name, (_, _, contenders_of) in ways.items():
            for who, (poller, way) in contenders_of.items():
                environment = ["env", f"LOQUAT_POLLER={poller}"] if poller else []
                words = run([*environment, bench.program("bench_bulk"), way, "256" if bench.quick else "1024"]).split()
                tables[name].add(who, sum(map(float, words[1::2])) / 1000)
        print(f"  bulk: round {number + 1} of {bench.rounds}", flush=True)
    return list(tables.values())


# ---- broadcast -------------------------------------------------------------------------------------------------------

def broadcast(bench):
    """Server CPU per delivery of a line to one of 1,000 IRC members of a room."""
    note = "Loquat writes every line to disk before it shows it; ngircd stores nothing."
    tables = {in_flight: Table(f"Broadcast to 1,000 IRC members, {in_flight} in flight", "server CPU, us per delivery",
                               "ngircd", note=note)
              for in_flight in (1, 16)}
    with contextlib.ExitStack() as stack:
        servers = bench.start(stack, {
            **{f"Loquat, {name}": lambda p=poller: contenders.loquat(bench, p, "room")
               for poller, name in POLLERS.items()},
            "ngircd": lambda: contenders.ngircd(bench)})
        members = {who: stack.enter_context(bench.talker("members", server, members=1000))
                   for who, server in servers.items()}
        for number in range(bench.rounds):
            for in_flight, table in tables.items():
                for who, talker in members.items():
                    table.add(who, cpu_us(talker.ask(f"{in_flight} {bench.seconds}")))
            print(f"  broadcast: round {number + 1} of {bench.rounds}", flush=True)
    return list(tables.values())


def bursts(bench):
    """Server CPU per delivery when one member of a room of 100 says 16 lines at once: over WebSocket beside TCP."""
    tables = {poller: Table(f"Sixteen lines of one client, {name}", "server CPU, us per delivery", "Loquat, TCP",
                            target="Loquat, TCP", allowed=1.2)
              for poller, name in POLLERS.items()}
    kinds = {"Loquat, TCP": "irc", "Loquat, WebSocket": "websocket"}
    with contextlib.ExitStack() as stack:
        rooms = {}
        for poller in POLLERS:
            servers = bench.start(stack, {who: lambda p=poller, k=kind: contenders.loquat(bench, p, f"burst-{k}")
                                          for who, kind in kinds.items()})
            for who, server in servers.items():
                rooms[poller, who] = stack.enter_context(
                    bench.talker("bursts", server, kind=kinds[who], members=100))
        for number in range(bench.rounds):
            for (poller, who), talker in rooms.items():
                tables[poller].add(who, cpu_us(talker.ask(f"16 {bench.seconds}")))
            print(f"  bursts: round {number + 1} of {bench.rounds}", flush=True)
    return list(tables.values())


# ---- durable ---------------------------------------------------------------------------------------------------------

def durable(bench):
    """Lines per second that survive a power cut, for the archive alone by size of commit, and for the whole server."""
    tables = [Table(f"Durable lines, {batch} to a commit", "lines per second", "Python's sqlite3", higher=True,
                    note="Python's sqlite3 uses one table with one index, write-ahead log, synchronous=FULL, on the same file "
                         "system.")
              for batch in (1, 10, 100)]
    commands = {"Loquat archive": lambda folder: [bench.program("bench_durable"), folder, bench.seconds],
                "Python's sqlite3": lambda folder: [PYTHON, PEERS / "sqlite_peer.py", folder, bench.seconds]}
    for number in range(bench.rounds):
        for who, make in commands.items():
            folder = bench.folder(f"durable-{number}-{who[0]}")
            for table, line in zip(tables, run(pinned(SERVER_CORE, make(folder))).splitlines()):
                table.add(who, float(line.split()[1]))
        print(f"  durable: round {number + 1} of {bench.rounds}", flush=True)
    return [*tables, durable_server(bench)]


def durable_server(bench):
    table = Table("Durable lines through the server", "lines per second", "Loquat, epoll", target=50_000, higher=True,
                  note="Eight netcats send 2,000 lines each into the lobby and receive each other's lines; "
                       "the time ends when a ninth has received every line.")
    with contextlib.ExitStack() as stack:
        servers = bench.start(stack, {f"Loquat, {name}": lambda p=poller: contenders.loquat(bench, p, "pour")
                                      for poller, name in POLLERS.items()})

        def measure(_who, server):
            result = bench.load("lines", server, senders=8, lines=2000)
            time.sleep(0.5)  # the netcats are seen to leave
            return result["units"] / result["seconds"]

        rounds(bench, table, servers, measure)
    return table


# ---- memory ----------------------------------------------------------------------------------------------------------

def memory(bench):
    """User memory per idle connection, with 5,000 connections that were each served once."""
    body = b"x" * 600
    path = pathlib.Path(bench.scratch) / "memory.body"
    path.write_bytes(body)
    cases = {}
    for poller, name in POLLERS.items():
        for kind in ("text", "irc", "http", "websocket"):
            cases[f"Loquat {kind}, {name}"] = (kind, "/", lambda p=poller, k=kind: contenders.loquat(bench, p, f"idle-{k}"))
    cases |= {"ngircd": ("irc", "/", lambda: contenders.ngircd(bench)),
              "nginx": ("http", "/file/short", lambda: contenders.nginx(bench, {"short": body})),
              "Go net/http": ("http", "/", lambda: contenders.go(bench, "http", path)),
              "gevent pywsgi": ("http", "/", lambda: contenders.gevent(bench, "http", path)),
              "Go echo": ("raw", "/", lambda: contenders.go(bench, "echo")),
              "gevent echo": ("raw", "/", lambda: contenders.gevent(bench, "echo"))}
    table = Table("Memory of 5,000 idle connections", "private bytes per connection", "Go net/http", target=6 * 1024,
                  note="Growth of Private_Clean + Private_Dirty (smaps_rollup) after 50 connections opened and closed. "
                       "IRC, WebSocket and text clients are in rooms of 50.")
    for who, (kind, url, make) in cases.items():
        try:
            with make() as server:
                table.add(who, idle_bytes(bench, server, kind, url))
        except Missing as missing:
            bench.skip(who, missing)
        print(f"  memory: {who}", flush=True)
    return [table]


def idle_bytes(bench, server, kind, path):
    with bench.talker("idle", server, kind=kind, path=path, connections=50):
        pass
    time.sleep(1)
    before = server.private_bytes()
    with bench.talker("idle", server, kind=kind, path=path, connections=5000):
        time.sleep(2)
        return (server.private_bytes() - before) / 5000


# ---- decoder ---------------------------------------------------------------------------------------------------------

def decoder(bench):
    """CPU time of decoding a capture of 100 MB, to one line per frame and to JSON with every field of every layer."""
    size = 10 if bench.quick else 100
    capture = bench.scratch / "decoder.pcapng"
    run([bench.program("bench_decoder"), "write", capture, str(size)])
    loquat = [bench.program("loquat"), "wire", "layers", capture]
    tshark = [installed("tshark"), "-n", "-o", "tcp.desegment_tcp_streams:FALSE", "-r", capture]
    note = (f"{size} MB of handshakes, requests, full segments and DNS, to /dev/null. tshark without names and without putting "
            "streams together; it follows connections even so, which we do not.")
    ways = {"a line for each frame": (loquat, tshark),
            "every field as JSON": ([*loquat, "--format", "json"], [*tshark, "-T", "json"])}
    tables = {way: Table(f"Decoder: {way}", f"CPU, s for {size} MB", "tshark", target="tshark", note=note) for way in ways}
    alone = Table("Decoder alone", "CPU, ns per frame", "Loquat, dissect()",
                  note="In memory, without reading and showing: find_segment() for ladders, dissect() for every field.")
    for number in range(bench.rounds if bench.quick else 3):
        for way, commands in ways.items():
            for who, command in zip(("Loquat", "tshark"), commands):
                tables[way].add(who, cpu_seconds(pinned(SERVER_CORE, command)))
        for name, what in (("find_segment()", "segments"), ("dissect()", "dissect")):
            words = run(pinned(SERVER_CORE, [bench.program("bench_decoder"), what, capture])).split()
            alone.add(f"Loquat, {name}", float(words[5]) / float(words[1]))
        print(f"  decoder: round {number + 1}", flush=True)
    return [*tables.values(), alone]


def cpu_seconds(command):
    """User and system time of a command that reads a file and writes to /dev/null."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}: exit status {process.returncode}")
    return used.ru_utime + used.ru_stime


# ---- lab -------------------------------------------------------------------------------------------------------------

def lab(bench):
    """Time until two hosts and the wire between them are there, and until a handshake has been played and shown."""
    set_up = Table("Lab: set-up", "ms", "unshare -Urn true", note="Two namespaces, two veth pairs, addresses, offloads off; "
                   "beside it util-linux making one empty network namespace, its own start included.")
    play = Table("Lab: loquat wire play handshake", "ms, start to end", "Loquat", target=1000,
                 note="Every frame is held for a millisecond at least.")
    for number in range(bench.rounds):
        set_up.add("Loquat", float(run([bench.program("bench_lab")]).split()[2]) / 1000)
        set_up.add("unshare -Urn true", milliseconds([installed("unshare"), "-Urn", "true"]))
        play.add("Loquat", milliseconds([bench.program("loquat"), "wire", "play", "handshake"]))
        print(f"  lab: round {number + 1} of {bench.rounds}", flush=True)
    return [set_up, play]


def milliseconds(command):
    start = time.monotonic()
    run(command)
    return (time.monotonic() - start) * 1000


ALL = {"http": http, "echo": echo, "fibers": fibers, "bulk": bulk, "broadcast": broadcast, "bursts": bursts,
       "durable": durable, "decoder": decoder, "lab": lab, "memory": memory}
