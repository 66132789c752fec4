"""Makes traffic of each kind: HTTP by curl, a WebSocket, DNS, TLS, ping, a closed port, fragments; while tcpdump captures the
loopback interface and "any". For wire_traffic_test.py, which runs it in a network of its own.

usage: wire_traffic.py FOLDER    leaves lo.pcap and any.pcap there
"""
import contextlib
import http.server
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading

from programs import wait_until

END = b"this is the end of the traffic"


@contextlib.contextmanager
def capture(interface, file):
    who = ["-Z", "root"] if os.geteuid() == 0 else []
    # With the default snapshot length of 262,144 bytes, its buffer has room for only seven frames.
    process = subprocess.Popen(["tcpdump", "-i", interface, "-n", "-s", "2000", "-B", "8192", "-U", "--immediate-mode",
                                "-w", file, *who], stderr=subprocess.PIPE)
    line = process.stderr.readline()
    while b"listening on" not in line:
        assert line, "tcpdump ended"
        line = process.stderr.readline()
    try:
        yield
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.bind(("127.0.0.1", 0))
            end.sendto(END, end.getsockname())

        def whole():
            with open(file, "rb") as captured:
                return END in captured.read()
        wait_until(whole, "the end of the traffic")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stderr.close()


@contextlib.contextmanager
def serving(handle, family=socket.AF_INET, kind=socket.SOCK_STREAM, port=0):
    """Runs handle(socket) in a thread with a listening or a bound socket; returns its address."""
    with socket.socket(family, kind) as server:
        server.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", port))
        if kind == socket.SOCK_STREAM:
            server.listen()
        thread = threading.Thread(target=handle, args=(server,))
        thread.start()
        yield server.getsockname()
        thread.join()


def http_by_curl():
    class Quiet(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_):
            pass

    class SixServer(http.server.HTTPServer):
        address_family = socket.AF_INET6

    for kind, host in ((http.server.HTTPServer, "127.0.0.1"), (SixServer, "::1")):
        with kind((host, 0), Quiet) as server:
            thread = threading.Thread(target=server.handle_request)
            thread.start()
            where = f"[{host}]" if ":" in host else host
            subprocess.run(["curl", "--silent", "--show-error", "--noproxy", "*", "--fail", "--output", os.devnull,
                            "--user-agent", "loquat test", f"http://{where}:{server.server_address[1]}/a?b=c"], check=True)
            thread.join()


def websocket():
    def handle(server):
        peer, _ = server.accept()
        with peer:
            peer.recv(4096)
            peer.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            peer.recv(4096)
            peer.sendall(b"\x81\x05hello")
            peer.recv(4096)

    with serving(handle) as address, socket.create_connection(address) as client:
        client.sendall(b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                       b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        client.recv(4096)
        client.sendall(b"\x81\x85\x01\x02\x03\x04" + bytes(a ^ b for a, b in zip(b"hello", b"\1\2\3\4\1")))
        client.recv(4096)


def dns():
    question = b"\7example\3org\0\0\1\0\1"
    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"

    def handle(server):
        query, peer = server.recvfrom(512)
        server.sendto(query[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + question + answer, peer)

    with serving(handle, kind=socket.SOCK_DGRAM, port=53) as address:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + question, address)
            client.recv(512)


def tls(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                    "/CN=example.org", "-keyout", f"{folder}/key", "-out", f"{folder}/cert"], check=True,
                   capture_output=True)
    ours, theirs = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH), ssl.create_default_context()
    ours.load_cert_chain(f"{folder}/cert", f"{folder}/key")
    ours.set_alpn_protocols(["http/1.1"])
    theirs.load_verify_locations(f"{folder}/cert")
    theirs.set_alpn_protocols(["h2", "http/1.1"])

    def handle(server):
        with ours.wrap_socket(server.accept()[0], server_side=True) as peer:
            peer.sendall(peer.recv(100))

    with serving(handle) as address, socket.create_connection(address) as plain:
        with theirs.wrap_socket(plain, server_hostname="example.org") as client:
            client.sendall(b"secret")
            client.recv(100)


def ping_and_closed_port_and_fragments():
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as raw:
        raw.sendto(b"\x08\0\xf7\xfb\0\1\0\2\0\1", ("127.0.0.1", 0))
        raw.recv(100)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        address = taken.getsockname()
        taken.sendto(b"f" * 4000, address)
        taken.recv(5000)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect(address)
        client.send(b"nobody is there")
        with contextlib.suppress(ConnectionRefusedError):
            client.recv(100)


def main():
    folder = sys.argv[1]
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)
    with capture("lo", f"{folder}/lo.pcap"), capture("any", f"{folder}/any.pcap"):
        http_by_curl()
        websocket()
        dns()
        tls(folder)
        ping_and_closed_port_and_fragments()


main()
