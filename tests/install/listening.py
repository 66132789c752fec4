"""Finds the port on which a program listens, from /proc."""
import os
import pathlib
import re
import time


def listening_port(processes, seconds=60):
    """The TCP port on which one of the processes that `processes()` returns listens, once it does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sockets = {inode for process in processes() for inode in sockets_of(process)}
        for table in ("tcp", "tcp6"):
            for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
                field = line.split()
                if field[3] == "0A" and field[9] in sockets:
                    return int(field[1].rsplit(":", 1)[1], 16)
        time.sleep(0.1)
    raise AssertionError(f"nothing listened within {seconds} s")


def target(link):
    """The target of a link in /proc; empty once its process has ended."""
    try:
        return os.readlink(link)
    except OSError:
        return ""


def sockets_of(process):
    try:
        links = [target(f"/proc/{process}/fd/{number}") for number in os.listdir(f"/proc/{process}/fd")]
    except OSError:
        return []
    return re.findall(r"socket:\[(\d+)\]", " ".join(links))
