"""What CPython's tests do not ask: deadlines across signals, close() that wakes, connect_ex. For Loquat's lanes."""
import errno
import signal
import socket
import threading
import time
import unittest

WAKE = 20  # seconds after which something that should have been woken was not


class Ticking:
    """A signal every 20 ms. After 3 s the handler raises: whatever was to end has not."""

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


class CloseTest(unittest.TestCase):
    def woken(self, sock, call):
        result = []

        def wait():
            try:
                result.append(call())
            except OSError as error:
                result.append(error.errno)
        waiter = threading.Thread(target=wait, daemon=True)
        waiter.start()
        while waiter.is_alive() and not self.waits(sock):
            time.sleep(0.001)
        sock.close()
        waiter.join(WAKE)
        self.assertFalse(waiter.is_alive(), "close() woke nobody")
        self.assertEqual(result, [errno.EBADF])

    @staticmethod
    def waits(_sock, since=[]):  # the call has had time to begin; earlier is as good
        since.append(time.monotonic())
        return since[-1] - since[0] > 0.02

    def test_a_reader_is_woken(self):
        left, right = socket.socketpair()
        with right:
            self.woken(left, lambda: left.recv(1))

    def test_a_writer_is_woken(self):
        left, right = socket.socketpair()
        with right:
            self.woken(left, lambda: left.sendall(bytes(10_000_000)))

    def test_an_acceptor_is_woken(self):
        server = socket.create_server(("127.0.0.1", 0))
        self.woken(server, server.accept)


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


if __name__ == "__main__":
    unittest.main()
