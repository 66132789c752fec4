"""The peers on gevent: "http FILE", "echo" (both print "listening on HOST:PORT") and "fibers"."""
import pathlib
import sys
import time

import gevent
from gevent.pywsgi import WSGIServer
from gevent.queue import Channel
from gevent.server import StreamServer


def serve(server):
    server.start()
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()


def serve_http(file):
    body = pathlib.Path(file).read_bytes()
    headers = [("Content-Type", "text/html; charset=utf-8"), ("Content-Length", str(len(body)))]

    def application(_environ, start_response):
        start_response("200 OK", headers)
        return [body]

    serve(WSGIServer(("127.0.0.1", 0), application, log=None, error_log=None, backlog=1024))


def echo(client, _address):
    try:
        while data := client.recv(4096):
            client.sendall(data)
    except OSError:
        pass


def per_call(calls, body):
    began = time.thread_time_ns()
    body()
    return (time.thread_time_ns() - began) / calls


def fibers():
    calls = 100_000

    def turns():
        for _ in range(calls):
            gevent.sleep(0)

    def switches():
        other = gevent.spawn(turns)
        turns()
        other.join()

    def spawns():
        for _ in range(calls):
            gevent.spawn(int).join()

    def messages():
        channel = Channel()

        def send():
            for number in range(calls):
                channel.put(number)

        sender = gevent.spawn(send)
        for _ in range(calls):
            channel.get()
        sender.join()

    print(f"switch {per_call(2 * calls, switches):.2f}")
    print(f"spawn {per_call(calls, spawns):.2f}")
    print(f"channel {per_call(calls, messages):.2f}")


if __name__ == "__main__":
    if sys.argv[1] == "http":
        serve_http(sys.argv[2])
    elif sys.argv[1] == "echo":
        serve(StreamServer(("127.0.0.1", 0), echo, backlog=1024))
    else:
        fibers()
