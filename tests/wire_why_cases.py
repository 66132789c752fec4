"""The cases of wire_why_test.py: each makes a connection, brings it into the state of its name, and runs `loquat wire why`.

usage, in fresh user and network namespaces: wire_why_cases.py LOQUAT CASE SEED
"""
import ctypes
import errno
import json
import os
import random
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

CLONE_NEWNET = 0x40000000
TCP_REPAIR = 19
libc = ctypes.CDLL(None, use_errno=True)


def command(*words):
    subprocess.run(words, check=True, capture_output=True)


def setns(fd):
    if libc.setns(fd, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


class Network:
    """Our host and the peer's: the same one (loopback), or two joined by a veth pair. Seeded."""

    def __init__(self, loquat, seed, name):
        self.loquat = loquat
        self.random = random.Random(f"{name} {seed}")
        self.v6 = self.random.random() < 0.4
        self.two = self.random.random() < 0.5
        self.family = socket.AF_INET6 if self.v6 else socket.AF_INET
        command("ip", "link", "set", "lo", "up")
        self.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        self.away = self.home
        if self.two:
            self.make_second_host()
        self.our_host = ("fd00::1" if self.v6 else "10.0.0.1") if self.two else "::1" if self.v6 else "127.0.0.1"
        self.peer_host = ("fd00::2" if self.v6 else "10.0.0.2") if self.two else self.our_host
        self.ours_is_client = self.random.random() < 0.5
        self.alive = True
        if self.two:
            self.await_link()

    def make_second_host(self):
        if libc.unshare(CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        self.away = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
        command("ip", "link", "set", "lo", "up")
        setns(self.home)
        command("ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", f"/proc/{os.getpid()}/fd/{self.away}")
        for number, fd in ((1, self.home), (2, self.away)):
            setns(fd)
            command("ip", "address", "add", f"10.0.0.{number}/24", "dev", "wire")
            command("ip", "address", "add", f"fd00::{number}/64", "dev", "wire", "nodad")
            command("ip", "link", "set", "wire", "up")
        setns(self.home)

    def await_link(self):
        """Waits until the other host answers: a new link may lose its first frames."""
        for host, where in ((self.peer_host, self.home), (self.our_host, self.away)):
            refused = None
            while refused != errno.ECONNREFUSED:
                setns(where)
                caller = socket.socket(self.family)
                setns(self.home)
                caller.settimeout(0.2)
                refused = caller.connect_ex((host, 9))
                caller.close()

    def there(self, function):
        """Moves the calling thread, and only it, to the peer's host."""
        setns(self.away)
        try:
            return function()
        finally:
            setns(self.home)

    def drop(self, rule, there=False, action="drop"):
        """Adds an nft rule for incoming packets."""
        text = f"add table inet t; add chain inet t c {{ type filter hook input priority 0; }}; add rule inet t c {rule} {action}"
        run = lambda: command("nft", text)
        self.there(run) if there else run()

    def socket(self):
        made = socket.socket(self.family)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return made

    def listener(self, host, backlog=16):
        made = self.socket()
        if self.random.random() < 0.3:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.random.choice([16384, 65536]))
        made.bind((host, 0))
        made.listen(backlog)
        return made

    def connection(self):
        """Our end and the peer's."""
        if self.ours_is_client:
            self.listening = self.there(lambda: self.listener(self.peer_host))
            ours = self.socket()
            ours.connect(self.listening.getsockname()[:2])
            return ours, self.listening.accept()[0]
        self.listening = self.listener(self.our_host)
        peer = self.there(self.socket)
        peer.connect(self.listening.getsockname()[:2])
        return self.listening.accept()[0], peer

    def pause(self, least, most):
        """Varies the time; the state under test has been reached long before."""
        time.sleep(self.random.uniform(least, most))

    def in_thread(self, work):
        def loop():
            try:
                while self.alive:
                    work()
            except OSError:
                pass
        threading.Thread(target=loop, daemon=True).start()

    def why(self, target, *arguments):
        process = subprocess.run([self.loquat, "wire", "why", target, "--json", *arguments], capture_output=True, text=True, timeout=60)
        self.alive = False
        return [json.loads(line) for line in process.stdout.splitlines()]

    def why_of(self, ours):
        """The verdict on our end."""
        name = text_of(ours.getsockname())
        peer = text_of(ours.getpeername())
        for each in self.why(name if self.random.random() < 0.5 else str(ours.getsockname()[1])):
            if each.get("local") == name and each.get("remote") == peer:
                return each
        raise RuntimeError(f"{name} was not found")

    def follow(self, ours, act):
        """The verdict on our end after act(), from a `why` that follows the connection."""
        name = text_of(ours.getsockname())
        process = subprocess.Popen([self.loquat, "wire", "why", name, "--json", "--follow"], stdout=subprocess.PIPE, bufsize=0)
        try:
            json.loads(process.stdout.readline())  # it has seen the connection
            act()
            deadline = time.monotonic() + 20
            while time.monotonic() < deadline:
                if not select.select([process.stdout], [], [], 1)[0]:
                    continue
                each = json.loads(process.stdout.readline())
                if each["type"] == "death" and each["local"] == name:
                    return each
            raise RuntimeError("its death was not told")
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate()


def text_of(name):
    return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"


def fill(sender):
    """Sends until the kernel has accepted nothing for a while."""
    sender.setblocking(False)
    while select.select([], [sender], [], 0.3)[1]:
        try:
            sender.send(b"x" * 65536)
        except BlockingIOError:
            pass


def peer_not_reading(net):
    ours, peer = net.connection()
    if net.random.random() < 0.5:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, net.random.choice([8192, 65536]))
    fill(ours)
    net.pause(0.3, 3)
    return net.why_of(ours), {"peer-not-reading"}


def peer_has_not_read_it(net):
    """All bytes have arrived, so none of ours is stuck; but the peer has not read them."""
    ours, peer = net.connection()
    ours.sendall(b"x" * net.random.randint(1, 3000))
    net.pause(0.3, 2)
    return net.why_of(ours), {"slow-server" if net.ours_is_client else "idle"} if net.two else {"peer-not-reading"}


def application_not_reading(net):
    ours, peer = net.connection()
    if net.random.random() < 0.5:
        fill(peer)
    else:
        peer.sendall(b"x" * net.random.randint(1, 20000))
    net.pause(0.3, 3)
    return net.why_of(ours), {"application-not-reading"}


def close_wait_leak(net):
    ours, peer = net.connection()
    if net.random.random() < 0.5:
        peer.sendall(b"request")
        ours.recv(100)
        net.pause(0.05, 0.1)
        ours.sendall(b"answer")
        peer.recv(100)
    peer.close()
    read = net.random.random() < 0.7
    if read:
        ours.recv(100)
    net.pause(0.3, 3)
    return net.why_of(ours), {"close-wait-leak"}, set() if read else {"certain"}


def client_gave_up(net):
    """The client closes while the server is at work on its request, and has not come to read that."""
    net.ours_is_client = False
    ours, peer = net.connection()
    peer.sendall(b"request")
    ours.recv(100)
    net.pause(0.1, 0.5)
    peer.close()
    net.pause(0.3, 3)
    return net.why_of(ours), {"slow-server"}, {"certain"}


def half_closed(net):
    """The client has shut down its sending side only, and waits for the answer: no leak for certain."""
    net.ours_is_client = False
    ours, peer = net.connection()
    peer.sendall(b"request")
    peer.shutdown(socket.SHUT_WR)
    while ours.recv(100):
        pass
    net.pause(0.3, 3)
    return net.why_of(ours), {"close-wait-leak"}, {"certain"}


def syn_filtered(net):
    listening = net.there(lambda: net.listener(net.peer_host))
    port = listening.getsockname()[1]
    net.drop(f"tcp dport {port}", there=net.two)
    ours = net.socket()
    ours.setblocking(False)
    ours.connect_ex((net.peer_host, port))
    net.pause(0, 3)
    name = text_of(ours.getsockname())
    for each in net.why(name):
        if each.get("local") == name and each["type"] == "socket":
            return each, {"syn-filtered"}


def slow_handshake(net):
    """SYN or SYN,ACK is lost for a while; then the handshake succeeds. A server never knows of a SYN that was lost."""
    lost = net.random.choice(["syn", "syn | ack"]) if net.ours_is_client else "syn | ack"
    at_peer = (lost == "syn") == net.ours_is_client
    rule = f"tcp flags & (syn | ack) == ({lost})"
    net.drop(rule, there=at_peer and net.two)
    opened = []
    net.in_thread(lambda: opened.append(net.connection()) or sys.exit())
    net.pause(1.2, 2.5)
    run = lambda: command("nft", "flush ruleset")
    net.there(run) if at_peer and net.two else run()
    while not opened:
        net.pause(0.05, 0.1)
    said = net.why_of(opened[0][0])
    return said, {"slow-handshake"} if "SYN" in said["evidence"][1]["text"] else {"the segment named"}


def no_neighbour(net):
    """Nobody on the link has that address."""
    if not net.two:
        return None, set()
    ours = net.socket()
    ours.setblocking(False)
    ours.connect_ex(("fd00::77" if net.v6 else "10.0.0.77", 80))
    net.pause(0.3, 1)
    name = text_of(ours.getsockname())
    return next(each for each in net.why(name) if each.get("local") == name), {"peer-gone"}


def backlog_full_far(net):
    """The server's queue, on another host, is full of our connections: no filter on the way."""
    if not net.two:
        return None, set()
    listening = net.there(lambda: net.listener(net.peer_host, backlog=net.random.randint(0, 2)))
    callers = []
    for _ in range(8):
        caller = net.socket()
        caller.setblocking(False)
        caller.connect_ex(listening.getsockname()[:2])
        callers.append(caller)
    net.pause(1.5, 3)
    name = text_of(callers[-1].getsockname())
    for each in net.why(name):
        if each.get("local") == name and each["type"] == "socket":
            return each, {"backlog-full"}


def backlog_full(net):
    listening = net.listener(net.our_host, backlog=net.random.randint(0, 4))
    callers = []
    for _ in range(net.random.randint(8, 14)):
        caller = net.there(net.socket)
        caller.setblocking(False)
        caller.connect_ex(listening.getsockname()[:2])
        callers.append(caller)
    net.pause(0.3, 2)
    for each in net.why(str(listening.getsockname()[1])):
        if each.get("state") == "LISTEN":
            return each, {"backlog-full"}


def path_loss(net):
    ours, peer = net.connection()
    net.drop(f"tcp dport >= 1024 numgen random mod 100 < {net.random.randint(15, 35)}", there=net.two)
    net.in_thread(lambda: peer.recv(65536))
    piece = b"x" * net.random.choice([500, 20000, 200000])
    gap = net.random.choice([0, 0.02])
    net.in_thread(lambda: (ours.sendall(piece), time.sleep(gap)))
    net.pause(1, 4)
    return net.why_of(ours), {"path-loss"}


def pmtu_black_hole(net):
    """Packets of over 1,000 bytes vanish on the way, and nobody says so."""
    if not net.two:
        return None, set()
    net.drop("meta length > 1000", there=True)
    ours, peer = net.connection()
    ours.sendall(b"hello")
    peer.recv(100)
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    ours.sendall(b"x" * 1600)
    net.in_thread(lambda: (peer.sendall(b"tick"), ours.recv(100), time.sleep(0.1)))
    net.pause(1.5, 3)
    return net.why_of(ours), {"pmtu-black-hole"}


def pmtu_black_hole_at_once(net):
    """As above, and nothing small follows: the peer is silent from the first large segment on."""
    if not net.two:
        return None, set()
    net.drop("meta length > 1000", there=True)
    ours, peer = net.connection()
    ours.sendall(b"hello")
    peer.recv(100)
    net.pause(0.1, 0.2)
    ours.sendall(b"x" * 2896)
    net.pause(2, 4)
    counted = tuple(int(part) for part in os.uname().release.split(".")[:2]) >= (6, 7)  # how long the timeouts took
    return net.why_of(ours), {"pmtu-black-hole"} if counted else {"peer-gone"}, {"certain"}


def defer_accept(net):
    """The listener's kernel keeps a connection to itself until the client has sent something."""
    listening = net.listener(net.our_host)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 30)
    caller = net.there(net.socket)
    caller.connect(listening.getsockname()[:2])
    net.pause(0.3, 2)
    name = text_of(listening.getsockname())
    for each in net.why(name):
        if each.get("remote") == text_of(caller.getsockname()):
            return each, {"connecting"} if "TCP_DEFER_ACCEPT" in each["text"] else {"TCP_DEFER_ACCEPT named"}


def published_port(net):
    """A port of this host that is sent on to another one, as a container's is: the other end has another address."""
    if not net.two:
        return None, set()
    ip = "ip6" if net.v6 else "ip"
    command("nft", f"add table {ip} n; add chain {ip} n o {{ type nat hook output priority -100; }}; "
                   f"add rule {ip} n o {ip} daddr {net.our_host} tcp dport 8089 dnat to {text_of((net.peer_host, 8090))}")
    listening = net.there(net.socket)
    listening.bind((net.peer_host, 8090))
    listening.listen()
    ours = net.socket()
    ours.connect((net.our_host, 8089))
    peer = listening.accept()[0]
    peer.sendall(b"hello")
    ours.recv(100)
    net.pause(0.5, 2)
    return net.why_of(ours), {"idle"}


def reset_unread_data(net):
    ours, peer = net.connection()
    peer.sendall(b"x" * net.random.randint(2, 5000))
    if net.two or net.random.random() < 0.5:
        return net.follow(ours, ours.close), {"reset-unread-data"}
    ours.sendall(b"y" * net.random.randint(2, 5000))
    return net.follow(ours, peer.close), {"reset-unread-data"}


def reset_linger_0(net):
    ours, peer = net.connection()
    if net.random.random() < 0.5:
        peer.sendall(b"request")
        ours.recv(100)
    closer = ours if net.two or net.random.random() < 0.5 else peer
    closer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return net.follow(ours, closer.close), {"reset-linger-0"}


def reset_by_far_peer(net):
    """This end cannot know the cause, and the verdict must say so."""
    ours, peer = net.connection()
    if not net.two:
        return None, set()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return net.follow(ours, peer.close), {"reset"}


def closed_port(net):
    unused = net.there(net.socket)
    unused.bind((net.peer_host, 0))
    port = unused.getsockname()[1]
    where = text_of((net.peer_host, port))
    if not net.two:
        return net.why(where if net.random.random() < 0.5 else f":{port}")[0], {"closed-port"}

    def call():
        caller = net.socket()
        caller.setblocking(False)
        caller.connect_ex((net.peer_host, port))
        select.select([], [caller], [], 1)
        caller.close()
        time.sleep(0.1)
    net.in_thread(call)
    return net.why(where)[0], {"closed-port"}


def refused_by_icmp(net):
    """The death of a connect() that a firewall rejects by ICMP."""
    port = 81
    rule = net.random.choice(["icmpx type admin-prohibited", "icmpx type host-unreachable", "icmpx type port-unreachable"])
    net.drop(f"tcp dport {port}", there=net.two, action=f"reject with {rule}")
    ours = net.socket()
    process = subprocess.Popen([net.loquat, "wire", "why", f":{port}", "--json", "--follow"], stdout=subprocess.PIPE, bufsize=0)
    try:
        while True:  # it may not have begun to follow yet
            assert ours.connect_ex((net.peer_host, port)) in (errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.EACCES)
            ours.close()
            while select.select([process.stdout], [], [], 0.5)[0]:
                each = json.loads(process.stdout.readline())
                if each["type"] == "death":
                    return each, {"refused-by-icmp"}
            ours = net.socket()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def reset_loses_data(net):
    """The peer resets while bytes of ours are on their way and in the queue."""
    ours, peer = net.connection()
    if not net.two:
        return None, set()
    fill(ours)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    said = net.follow(ours, peer.close)
    return said, {"reset"} if "Data lost: at most" in said["text"] else {"data lost"}


def listener_elsewhere(net):
    """Nobody listens at the address that is asked for; somebody does at another one of this machine."""
    kind = net.random.randint(0, 2)
    there, asked = [("127.0.0.1", "::1"), ("::1", "127.0.0.1"), ("127.0.0.2", "127.0.0.1")][kind]
    listening = socket.socket(socket.AF_INET6 if ":" in there else socket.AF_INET)
    listening.bind((there, 0))
    listening.listen()
    port = listening.getsockname()[1]
    said = net.why(text_of((asked, port)))[0]
    named = text_of((there, port)) in said["text"] and f"({os.getpid()})" in said["text"]
    return said, {"closed-port"} if named else {"the listener named"}


def listener_of_ipv6_only(net):
    listening = socket.socket(socket.AF_INET6)
    only = net.random.random() < 0.7
    listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
    listening.bind(("::", 0))
    listening.listen()
    said = net.why(f"127.0.0.1:{listening.getsockname()[1]}")[0]
    return said, {"closed-port"} if only else {"listening"}


def time_wait_pile(net):
    """Said whatever was asked for, of the client's side and of the server's."""
    other = net.listener(net.our_host)  # whose port is none of those
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
        file.write("30000 30099")
    server = net.socket()
    server.bind(("127.0.0.1" if not net.v6 else "::1", 30000))
    server.listen()
    by_server = net.random.random() < 0.5
    for port in range(30020, 30090):
        client = net.socket()
        client.bind((server.getsockname()[0], port))
        client.connect(server.getsockname()[:2])
        accepted = server.accept()[0]
        first, second = (accepted, client) if by_server else (client, accepted)
        first.close()
        second.recv(1)
        second.close()
    said = net.why(str(other.getsockname()[1]))
    right = [each["verdict"] for each in said] == ["time-wait-pile", "listening"] and told_once(net, other)
    return said[0], {"time-wait-pile"} if right else {"both"}


def told_once(net, listening):
    """Whether --follow tells of the pile, and not again when it tells of a new connection."""
    port = listening.getsockname()[1]
    process = subprocess.Popen([net.loquat, "wire", "why", str(port), "--json", "--follow", "--interval", "0.1"], stdout=subprocess.PIPE)
    try:
        first = [json.loads(process.stdout.readline())["verdict"] for _ in range(2)]
        client = net.there(net.socket)
        net.there(lambda: client.connect(listening.getsockname()[:2]))
        return first == ["time-wait-pile", "listening"] and json.loads(process.stdout.readline())["type"] == "socket"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate()


def ports_used_up(net):
    """Open connections hold every port towards one server."""
    listening = net.there(lambda: net.listener(net.peer_host, backlog=100))
    ends = listening.getsockname()[:2]
    with open("/proc/sys/net/ipv4/ip_local_port_range", "w") as file:
        file.write("50000 50063")
    held = []
    try:
        while True:
            held.append(net.socket())
            held[-1].connect(ends)
    except OSError as error:
        assert error.errno == errno.EADDRNOTAVAIL
    said = net.why(text_of(ends))
    return said[0], {"port-exhaustion"}


def port_in_time_wait(net):
    """The server is gone, and its connections keep the port: bind() would fail without SO_REUSEADDR."""
    server = net.socket()
    server.bind((net.our_host, 80))
    server.listen()
    client = net.there(net.socket)
    client.connect(server.getsockname()[:2])
    accepted = server.accept()[0]
    accepted.close()
    client.recv(1)
    client.close()
    server.close()
    said = net.why("80")
    named = "EADDRINUSE" in json.dumps(said[0]["evidence"])
    return said[0], {"closed-port"} if named and said[1]["state"] == "TIME-WAIT" else {"EADDRINUSE named"}


def stopped(end, *others):
    """The number of a stopped process that alone holds `end`."""
    child = os.fork()
    if child == 0:
        for other in others:
            other.close()
        signal.pause()
    end.close()
    os.kill(child, signal.SIGSTOP)
    os.waitpid(child, os.WUNTRACED)
    return child


def stopped_reader(net):
    ours, peer = net.connection()
    name, its_peer = text_of(ours.getsockname()), text_of(ours.getpeername())
    child = stopped(ours, peer, net.listening)
    peer.sendall(b"x" * net.random.randint(1, 20000))
    said = [each for each in net.why(name) if each.get("remote") == its_peer][0]
    os.kill(child, signal.SIGKILL)
    named = f"({child}) is stopped" in said["text"] and f"kill -CONT {child}" in said["next"]
    return said, {"application-not-reading"} if named else {"the process named"}


def stopped_server(net):
    """Seen from its client: the connection waits in the backlog."""
    net.away, net.two = net.home, False
    listening = net.listener("::1" if net.v6 else "127.0.0.1")
    ours = net.socket()
    ours.connect(listening.getsockname()[:2])
    if net.random.random() < 0.7:
        ours.sendall(b"GET / HTTP/1.1")
    child = stopped(listening, ours)
    said = net.why_of(ours)
    os.kill(child, signal.SIGKILL)
    return said, {"not-accepting"} if f"({child}) is stopped" in said["text"] else {"the process named"}


def stuck_worker(net):
    """Two programs listen at one address (SO_REUSEPORT), and one of them accepts nothing: that one is named."""
    code = "import socket, sys, threading\nlistener = socket.socket(getattr(socket, sys.argv[1]))\nlistener.setsockopt(socket.SOL_SOCKET, " \
           "socket.SO_REUSEPORT, 1)\nlistener.bind((sys.argv[2], int(sys.argv[3])))\nlistener.listen(64)\nprint(listener.getsockname()[1], " \
           "flush=True)\nheld = []\nwhile sys.argv[4] == 'works': held.append(listener.accept()[0])\nsys.stdin.read()"
    workers, port = {}, "0"
    for does in net.random.sample(["works", "stands"], 2):
        workers[does] = subprocess.Popen([sys.executable, "-c", code, net.family.name, net.our_host, port, does], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)
        port = workers[does].stdout.readline().strip()
    callers = [net.there(net.socket) for _ in range(20)]
    for caller in callers:
        caller.connect((net.our_host, int(port)))
    net.pause(0.3, 2)
    said = [each for each in net.why(port) if each["verdict"] == "not-accepting"]
    for worker in workers.values():
        worker.kill()
    right = said and all(str(workers["stands"].pid) in each["next"] for each in said)
    return said[0], {"not-accepting"} if right else {"the process that stands"}


def no_descriptor_left(net):
    """accept() fails with EMFILE, and the queue grows."""
    code = "import socket, resource, sys, time\nresource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))\nlistener = socket.socket(getattr(socket, " \
           "sys.argv[1]))\nlistener.bind((sys.argv[2], 0))\nlistener.listen(64)\nprint(listener.getsockname()[1], flush=True)\nheld = []\n" \
           "while True:\n  try: held.append(listener.accept()[0])\n  except OSError: time.sleep(0.05)"
    server = subprocess.Popen([sys.executable, "-c", code, net.family.name, net.our_host], stdout=subprocess.PIPE, text=True)
    port = server.stdout.readline().strip()
    callers = [net.there(net.socket) for _ in range(20)]
    for caller in callers:
        caller.connect((net.our_host, int(port)))
    net.pause(0.3, 2)
    for each in net.why(port):
        if each.get("state") == "LISTEN":
            server.kill()
            return each, {"not-accepting"} if f"({server.pid}) has no descriptor left" in each["text"] else {"EMFILE named"}


def first_thread_ended(net):
    """A program whose first thread has ended, and whose others hold the connection and do not read."""
    code = "import ctypes, socket, sys, threading, time\nlistener = socket.socket(getattr(socket, sys.argv[1]))\nlistener.bind((sys.argv[2], 0))\n" \
           "listener.listen()\nprint(listener.getsockname()[1], flush=True)\nheld = listener.accept()\n" \
           "threading.Thread(target=time.sleep, args=(100,)).start()\nctypes.CDLL(None).pthread_exit(None)"
    server = subprocess.Popen([sys.executable, "-c", code, net.family.name, net.our_host], stdout=subprocess.PIPE, text=True)
    caller = net.there(net.socket)
    caller.connect((net.our_host, int(server.stdout.readline())))
    caller.sendall(b"request")
    while open(f"/proc/{server.pid}/stat").read().rsplit(") ", 1)[1][0] != "Z":
        time.sleep(0.01)
    net.pause(0.1, 1)
    name = text_of(caller.getsockname())
    said = next(each for each in net.why(text_of(caller.getpeername())) if each.get("remote") == name)
    server.kill()
    return said, {"application-not-reading"} if f"({server.pid}) has ended" in said["text"] else {"the process named"}


def inherited(net):
    """The server has closed a connection, and a child that inherited the descriptor keeps it open."""
    net.ours_is_client = False
    ours, peer = net.connection()
    os.set_inheritable(ours.fileno(), True)
    child = subprocess.Popen(["sleep", "100"], close_fds=False)
    name, remote = text_of(ours.getsockname()), text_of(ours.getpeername())
    ours.close()
    net.pause(0.1, 2)
    said = next(each for each in net.why(name) if each.get("remote") == remote)
    child.kill()
    named = any("sleep" in each["text"] and "inherited" in each["text"] for each in said["evidence"])
    return said, {"idle"} if named else {"the child named"}


def vanish(end):
    """Closes the connection without telling the other end."""
    end.setsockopt(socket.IPPROTO_TCP, TCP_REPAIR, 1)
    end.close()


def half_open(net):
    ours, peer = net.connection()
    if net.random.random() < 0.5:
        ours.sendall(b"request")
        peer.recv(100)
    vanish(peer)
    if not net.two:
        net.pause(0, 1)
        return net.why_of(ours), {"half-open"}
    net.pause(1.5, 3)
    return net.follow(ours, lambda: (time.sleep(1.2), ours.sendall(b"are you there?"))), {"half-open"}


def half_open_idle(net):
    """It looks the same as an idle connection, so the verdict must not be certain."""
    ours, peer = net.connection()
    if not net.two:
        return None, set()
    vanish(peer)
    net.pause(2.5, 4)
    return net.why_of(ours), {"idle"}, {"certain"}


def peer_gone(net):
    ours, peer = net.connection()
    if not net.two:
        return None, set()
    net.drop("meta l4proto tcp", there=True)
    ours.sendall(b"x" * net.random.randint(1, 3000))
    net.pause(1.5, 4)
    return net.why_of(ours), {"peer-gone", "path-loss"}


def slow_server(net):
    """The kernel cannot tell it from long polling, so the verdict is only possible."""
    ours, peer = net.connection()
    client, server = (ours, peer) if net.ours_is_client else (peer, ours)
    client.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
    server.recv(1000)
    net.pause(0.3, 4)
    said = net.why_of(ours)
    owes = "we spoke last" if client is ours else "the peer spoke last"
    return said, {"slow-server"} if owes in said["text"] else {owes}, {"certain", "likely"}


def slow_answers(net):
    """Each answer takes most of a second, and the next request comes at once."""
    ours, peer = net.connection()
    client, server = (ours, peer) if net.ours_is_client else (peer, ours)
    takes = net.random.uniform(0.7, 0.85)
    net.in_thread(lambda: (server.recv(100), time.sleep(takes), server.sendall(b"answer")))
    net.in_thread(lambda: (client.sendall(b"request"), client.recv(100)))
    net.pause(2, 4)
    return net.why_of(ours), {"slow-server"}, {"certain"}


def nagle(net):
    """A message in two small writes to a peer that answers once it has both, and delays its ACKs."""
    ours, peer = net.connection()
    first, second = net.random.randint(1, 300), net.random.randint(1, 300)

    def answer():
        got = 0
        while got < first + second:
            got += len(peer.recv(1000))
        peer.sendall(b"answer")
    net.in_thread(answer)
    net.in_thread(lambda: (ours.sendall(b"x" * first), ours.sendall(b"y" * second), ours.recv(100)))
    net.pause(0.5, 2)
    return net.why_of(ours), {"nagle-delayed-ack"}


def nodelay(net):
    """The same with TCP_NODELAY."""
    ours, peer = net.connection()
    ours.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    net.in_thread(lambda: (peer.recv(200, socket.MSG_WAITALL), peer.sendall(b"answer")))
    net.in_thread(lambda: (ours.sendall(b"x" * 100), ours.sendall(b"y" * 100), ours.recv(100), time.sleep(0.01)))
    net.pause(0.3, 2)
    return net.why_of(ours), {"healthy"}


def kept_alive(net):
    """The server has answered, and the client keeps the connection for its next request."""
    ours, peer = net.connection()
    client, server = (ours, peer) if net.ours_is_client else (peer, ours)
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    server.recv(1000)
    net.pause(0.05, 0.3)
    server.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    client.recv(1000)
    net.pause(1, 4)
    said = net.why_of(ours)
    return said, {"idle"} if said["next"] == "" else {"nobody to owe an answer"}


def proxy(net):
    """A proxy does not answer its client, because it waits for an upstream server that does not read."""
    upstream, server = net.connection()
    fill(upstream)
    inside = net.listener(net.our_host)
    client = net.there(net.socket)
    net.there(lambda: client.connect(inside.getsockname()[:2]))
    accepted = inside.accept()[0]
    client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    accepted.recv(1000)
    said = net.why_of(accepted)
    opened = net.ours_is_client
    named = any(f"connection to {text_of(upstream.getpeername())} is peer-not-reading" in each["text"] for each in said["evidence"])
    return said, {"slow-server"} if named == opened else {"upstream"}


def slow_but_moving(net):
    ours, peer = net.connection()
    gap = net.random.uniform(0.05, 0.7)
    kind = net.random.randint(0, 2)
    if kind == 0:  # much data, and the peer reads slowly
        size = net.random.randint(3000, 20000)
        net.in_thread(lambda: (time.sleep(gap), peer.recv(size)))
        net.in_thread(lambda: ours.sendall(b"x" * 65536))
    elif kind == 1:  # much data, and our end reads slowly
        size = net.random.randint(3000, 20000)
        net.in_thread(lambda: (time.sleep(gap), ours.recv(size)))
        net.in_thread(lambda: peer.sendall(b"x" * 65536))
    else:  # little data
        net.in_thread(lambda: (time.sleep(gap), ours.sendall(b"tick")))
        net.in_thread(lambda: peer.recv(100))
    net.pause(0.5, 3)
    return net.why_of(ours), {"healthy", "idle"}


def idle(net):
    ours, peer = net.connection()
    if net.random.random() < 0.5:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if net.ours_is_client and net.random.random() < 0.5:
        peer.sendall(b"hello")
        ours.recv(100)
    net.pause(0, 3)
    return net.why_of(ours), {"idle"}


def healthy_bulk(net):
    ours, peer = net.connection()
    sender, reader = (ours, peer) if net.random.random() < 0.7 else (peer, ours)
    net.in_thread(lambda: reader.recv(1 << 18))
    net.in_thread(lambda: (sender.sendall(b"x" * 100000), time.sleep(0.002)))
    net.pause(0.5, 2)
    return net.why_of(ours), {"healthy"}


CASES = {case.__name__: case for case in (
    peer_not_reading, peer_has_not_read_it, application_not_reading, close_wait_leak, client_gave_up, half_closed, syn_filtered, slow_handshake, no_neighbour, backlog_full_far, backlog_full, path_loss, pmtu_black_hole, pmtu_black_hole_at_once, defer_accept, published_port,
    reset_unread_data, reset_linger_0, reset_by_far_peer, closed_port, refused_by_icmp, reset_loses_data, listener_elsewhere, listener_of_ipv6_only, time_wait_pile, ports_used_up, port_in_time_wait, stopped_reader,
    stopped_server, stuck_worker, no_descriptor_left, first_thread_ended, inherited, half_open, half_open_idle, peer_gone,
    slow_server, slow_answers, nagle, nodelay, kept_alive, proxy, slow_but_moving, idle, healthy_bulk)}


def main():
    loquat, name, seed = sys.argv[1:]
    net = Network(loquat, seed, name)
    said, allowed, *never = CASES[name](net)
    if said is None:  # this case needs two hosts: the same seed with them
        net.two = True
        net = Network(loquat, f"{seed} two", name)
        while not net.two:
            seed += "'"
            net = Network(loquat, f"{seed} two", name)
        said, allowed, *never = CASES[name](net)
    right = said["verdict"] in allowed and said["certainty"] not in (never[0] if never else ())
    how = f"{'two hosts' if net.two else 'loopback'} {'IPv6' if net.v6 else 'IPv4'}: {said['text']} {json.dumps(said['evidence'])}"
    print(json.dumps({"verdict": said["verdict"], "certainty": said["certainty"], "right": right, "how": how}))
    sys.stdout.flush()
    os._exit(0)  # threads may be waiting in their sockets


if __name__ == "__main__":
    main()
