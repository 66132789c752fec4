#!/usr/bin/env python3
"""kill -9 at random moments: every line that any client has received is in the history, once, in order.

usage: kill_test.py LOQUAT [SEED [ROUNDS]]

Several text clients send and receive while the server is killed and started again on the same data. The test then looks
up every received line in the archive, with SQLite alone.
"""
import random
import re
import socket
import sqlite3
import sys
import tempfile
import threading
import time

from serve import Server

LOQUAT = sys.argv[1]
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(2**32)
ROUNDS = int(sys.argv[3]) if len(sys.argv) > 3 else 8
CLIENTS = 4
LINE = re.compile(r"line-\d+-\d+-\d+")


class Client:
    """Sends numbered lines as fast as the server accepts them, and records the other clients' lines."""

    def __init__(self, port, round_number, number):
        self.heard = []
        self.mark = f"line-{round_number}-{number}"
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.threads = [threading.Thread(target=self.talk), threading.Thread(target=self.listen)]
        for thread in self.threads:
            thread.start()

    def talk(self):
        try:
            for i in range(1_000_000):
                self.socket.sendall(f"{self.mark}-{i}\n".encode())
        except OSError:
            pass

    def listen(self):
        buffer = b""
        try:
            while data := self.socket.recv(65536):
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    self.heard += LINE.findall(line.decode())
        except OSError:
            pass

    def join(self):
        for thread in self.threads:
            thread.join()
        self.socket.close()


def history(directory):
    with sqlite3.connect(f"{directory}/chat.db") as database:
        rows = database.execute("SELECT text FROM event ORDER BY seq").fetchall()
    return [found.group() for (text,) in rows if (found := LINE.search(text))]


def check(heard, position, counts):
    for client in heard:
        lost = [line for line in client if line not in position]
        assert not lost, f"{len(lost)} lines were received and are not in the history, such as {lost[0]}"
        doubled = [line for line in client if counts[line] != 1]
        assert not doubled, f"{doubled[0]} is in the history {counts[doubled[0]]} times"
        order = [position[line] for line in client]
        assert len(set(client)) == len(client), "a client was shown a line twice"
        assert order == sorted(order), "a client saw another order than the history's"


def main():
    print(f"seed {SEED}, {ROUNDS} rounds", flush=True)
    moments = random.Random(SEED)
    received = 0
    with tempfile.TemporaryDirectory() as directory:
        for round_number in range(ROUNDS):
            with Server(LOQUAT, "--flood", "0", data=directory) as server:
                clients = [Client(server.port, round_number, number) for number in range(CLIENTS)]
                while not all(client.heard for client in clients):
                    time.sleep(0.01)  # until each client has received a line
                time.sleep(moments.uniform(0, 0.3))  # the random moment is the subject of this test
                server.kill()
                for client in clients:
                    client.join()
            lines = history(directory)
            position = {line: index for index, line in enumerate(lines)}
            counts = {}
            for line in lines:
                counts[line] = counts.get(line, 0) + 1
            # a new client first gets the last lines of earlier rounds, in order
            check([[line for line in client.heard if line.startswith(f"line-{round_number}-")] for client in clients],
                  position, counts)
            received += sum(len(client.heard) for client in clients)
            print(f"round {round_number}: {len(lines)} lines in the history, {received} received so far", flush=True)
    assert received > 0
    print("1 passed, 0 failed")


if __name__ == "__main__":
    main()
