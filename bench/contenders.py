"""How each server under test is started: ours and the peers, each with the settings that make it fast at this work."""
import os

from harness import Server, free_port, installed

HTML = "text/html; charset=utf-8"


def loquat(bench, poller, name="data"):
    """The chat server on one worker."""
    data = bench.folder(f"{name}-{poller}")
    return Server([bench.program("loquat"), "serve", "--listen", "127.0.0.1:0", "--data", data, "--workers", 1,
                   "--flood", 0],
                  env={"LOQUAT_POLLER": poller})


def web_server(bench, poller):
    return Server([bench.program("example_06_web_server"), "127.0.0.1:0"], env={"LOQUAT_POLLER": poller})


def echo_server(bench, poller):
    return Server([bench.program("bench_echo"), "127.0.0.1:0"], env={"LOQUAT_POLLER": poller})


def raw(bench, name):
    return Server([bench.program(f"bench_raw_{name}")])


def go(bench, *arguments):
    return Server([bench.go_peer(), *arguments], env={"GOMAXPROCS": "1"})


def gevent(bench, *arguments):
    return Server([*bench.gevent_peer(), *arguments])


NGINX = """
{user}
worker_processes 1;
worker_rlimit_nofile 20000;
daemon off;
pid {folder}/pid;
error_log stderr crit;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  default_type "{html}";
  types {{ }}
  keepalive_timeout 600s;
  keepalive_requests 1000000000;
  sendfile on;
  server {{
    listen {address} backlog=1024;
    root {folder};
    location /file/ {{ }}
    location /cached/ {{ alias {folder}/file/; open_file_cache max=100; open_file_cache_valid 60s; }}
    location = /return {{ {give} }}
  }}
}}
"""


def nginx(bench, files):
    """One worker that serves the files, {name: bytes}, at /file/NAME, /cached/NAME, and a fixed text at /return."""
    program = installed("nginx")
    folder, address = bench.folder("nginx"), f"127.0.0.1:{free_port()}"
    (folder / "file").mkdir(exist_ok=True)
    for name, body in files.items():
        (folder / "file" / name).write_bytes(body)
    give = f'return 200 "{files["short"].decode()}";' if "short" in files else "return 204;"
    (folder / "conf").write_text(NGINX.format(folder=folder, address=address, html=HTML, give=give,
                                              user="user root;" if os.geteuid() == 0 else ""))
    return Server([program, "-p", folder, "-c", folder / "conf"], address)


HAPROXY = """
global
  nbthread 1
  maxconn 8000
defaults
  mode http
  timeout client 600s
  timeout http-keep-alive 600s
  timeout connect 1s
  timeout server 1s
frontend page
  bind {address}
  http-request return status 200 content-type "{html}" file {file}
"""


def haproxy(bench, body):
    program = installed("haproxy")
    folder, address = bench.folder("haproxy"), f"127.0.0.1:{free_port()}"
    (folder / "body").write_bytes(body)
    (folder / "conf").write_text(HAPROXY.format(address=address, html=HTML, file=folder / "body"))
    return Server([program, "-db", "-q", "-f", folder / "conf"], address)


NGIRCD = """
[Global]
  Name = bench.example
  Info = bench
  Listen = 127.0.0.1
  Ports = {port}
  MotdPhrase = bench
[Limits]
  MaxConnections = 0
  MaxConnectionsIP = 0
  MaxPenaltyTime = 0
  MaxJoins = 0
  PingTimeout = 3600
[Options]
  DNS = no
  Ident = no
  PAM = no
  SyslogFacility = local1
"""


def ngircd(bench):
    program = installed("ngircd")
    folder, port = bench.folder("ngircd"), free_port()
    (folder / "conf").write_text(NGIRCD.format(port=port))
    return Server([program, "-n", "-f", folder / "conf"], f"127.0.0.1:{port}")


