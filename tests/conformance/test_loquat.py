"""Tests of what CPython's tests do not cover: deadlines across signals, close() that wakes, fork, connect_ex. For Loquat's lanes."""
import _socket
import errno
import os
import pathlib
import signal
import socket
import struct
import threading
import time
import unittest

import loquat_socket

WAKE = 10  # seconds after which a waiter counts as not woken


class Ticking:
    """Sends a signal every 20 ms. After 3 s the handler raises, because the call has not ended."""

    def __enter__(self):
        self.ticks = 0
        self.before = signal.signal(signal.SIGALRM, self.tick)
        signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
        return self

    def tick(self, *_):
        self.ticks += 1
        if self.ticks > 150:
            raise AssertionError("the timeout began again with each signal")

    def __exit__(self, *_):
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self.before)


class SignalsTest(unittest.TestCase):
    def setUp(self):
        self.left, self.right = socket.socketpair()
        self.addCleanup(self.left.close)
        self.addCleanup(self.right.close)

    def timed_out(self, call):
        self.left.settimeout(0.2)
        began = time.monotonic()
        with Ticking() as ticking, self.assertRaises(TimeoutError):
            call()
        self.assertGreaterEqual(time.monotonic() - began, 0.19)
        self.assertGreater(ticking.ticks, 2)

    def test_a_timeout_covers_all_of_a_recv(self):
        self.timed_out(lambda: self.left.recv(1))

    def test_a_timeout_covers_all_of_a_sendall(self):
        self.timed_out(lambda: self.left.sendall(bytes(10_000_000)))

    def test_sendall_sends_all(self):
        data = bytes(range(256)) * 20_000
        received = bytearray()

        def read():
            while piece := self.right.recv(30_000):
                received.extend(piece)
        reader = threading.Thread(target=read)
        with Ticking():
            reader.start()
            self.left.sendall(data)
            self.left.shutdown(socket.SHUT_WR)
            reader.join()
        self.assertEqual(received, data)


def wait_until_it_waits(function, calls_before):
    """Until the function has been called and every other thread of this process, the worker too, waits in the kernel.

    The state of each is the third field of /proc/<pid>/stat, proc(5).
    """
    def state(task):
        try:
            return (task / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
        except OSError:
            return "S"  # it has ended
    others = [task for task in pathlib.Path("/proc/self/task").iterdir() if int(task.name) != threading.get_native_id()]
    while loquat_socket.calls(function) == calls_before or any(state(task) != "S" for task in others):
        time.sleep(0)


class CloseTest(unittest.TestCase):
    def woken(self, sock, function, call):
        result = []

        def wait():
            try:
                result.append(call())
            except OSError as error:
                result.append(error.errno)
        waiter, before = threading.Thread(target=wait, daemon=True), loquat_socket.calls(function)
        waiter.start()
        wait_until_it_waits(function, before)
        sock.close()
        waiter.join(WAKE)
        self.assertFalse(waiter.is_alive(), "close() woke nobody")
        self.assertEqual(result, [errno.EBADF])

    def test_a_reader_is_woken(self):
        left, right = socket.socketpair()
        with right:
            self.woken(left, "recv", lambda: left.recv(1))

    def test_a_writer_is_woken(self):
        left, right = socket.socketpair()
        with right:
            self.woken(left, "sendall", lambda: left.sendall(bytes(10_000_000)))

    def test_an_acceptor_is_woken(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.woken(server, "accept", server.accept)


class ConnectExTest(unittest.TestCase):
    def test_results(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            address = server.getsockname()
            with socket.socket() as client:
                self.assertEqual(client.connect_ex(address), 0)
        with socket.socket() as client:
            self.assertEqual(client.connect_ex(address), errno.ECONNREFUSED)
        with socket.socket() as client:
            client.setblocking(False)
            self.assertIn(client.connect_ex(address), (errno.EINPROGRESS, errno.ECONNREFUSED))

    def test_a_timeout_is_eagain(self):
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as first:
            server.bind("")
            server.listen(0)
            first.connect(server.getsockname())  # the backlog is full now
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(0.05)
                self.assertEqual(client.connect_ex(server.getsockname()), errno.EAGAIN)


class AcceptTest(unittest.TestCase):
    def test_who_has_called_and_gone_is_known(self):
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
            client.connect(server.getsockname())
            name = client.getsockname()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
            connection, address = server.accept()
            with connection:
                self.assertEqual(address, name)
                self.assertRaises(ConnectionResetError, connection.recv, 1)


class ForkTest(unittest.TestCase):
    def test_a_child_may_close_what_its_parent_reads(self):
        left, right = socket.socketpair()
        before, got = loquat_socket.calls("recv"), []
        reader = threading.Thread(target=lambda: got.append(left.recv(1)))
        with left, right:
            reader.start()
            wait_until_it_waits("recv", before)
            child = os.fork()
            if child == 0:
                signal.alarm(WAKE)
                left.close()
                right.sendall(b"c")
                os._exit(0)
            self.assertEqual(os.waitpid(child, 0), (child, 0))
            reader.join(WAKE)
            self.assertEqual(got, [b"c"])


class NothingOfCPythonsTest(unittest.TestCase):
    def test_each_method_is_ours_or_poisoned(self):
        _, ours, cpythons = socket.socket.__mro__[:3]
        names = set(dir(cpythons)) - set(dir(object)) - {"family", "type", "proto"}  # plain attributes
        self.assertEqual(names - set(vars(ours)), set())
        with socket.socket() as sock, self.assertRaisesRegex(AssertionError, "own socket.sendmsg_afalg was reached"):
            sock.sendmsg_afalg()

    def test_functions_are_ours(self):
        for function in (_socket.socketpair, _socket.dup, os.sendfile):
            self.assertEqual(function.__module__, "loquat_socket")


if __name__ == "__main__":
    unittest.main()
