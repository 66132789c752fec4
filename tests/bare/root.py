"""A Debian 12 in a folder. What runs in it has mounts and process numbers of its own, so that all of it ends with its first
process, and that one with us: nothing stays mounted or running, however we end."""
import os
import pathlib
import re
import shutil
import subprocess
import time

ALONE = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"]


class Root:
    def __init__(self, folder, environment=None):
        self.folder = folder
        self.environment = environment or {}

    def make(self, address):
        """Debian's smallest system, with git and certificates."""
        done = subprocess.run([*ALONE, "debootstrap", "--variant=minbase", "--include=git,ca-certificates", "bookworm", self.folder,
                               address], capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"debootstrap failed:\n{tail(done.stdout + done.stderr)}"

    def copy_to(self, folder):
        subprocess.run(["cp", "--archive", "--reflink=auto", self.folder, folder], check=True)
        return Root(folder, self.environment)

    def start(self, script, **options):
        """Starts a script of sh in it."""
        command = [*ALONE, f"--root={self.folder}", "--wd=/root", "--mount-proc", "sh", "-euc", script]
        return subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace", **options)

    def run(self, script):
        """What a script of sh prints, which must succeed."""
        with self.start(script) as process:
            try:
                said = process.communicate()[0]
            finally:
                process.kill()
        assert process.returncode == 0, f"{script}\nended with {process.returncode} in the bare root:\n{tail(said)}"
        return said

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def processes(self):
        """The numbers that this machine gives the processes in the root."""
        return [entry for entry in os.listdir("/proc") if entry.isdigit() and target(f"/proc/{entry}/root") == str(self.folder)]

    def listening_port(self, program, seconds=60):
        """The TCP port on which a program listens in the root, once it does."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            sockets = {inode for process in self.processes() if target(f"/proc/{process}/exe").endswith(program)
                       for inode in sockets_of(process)}
            for table in ("tcp", "tcp6"):
                for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
                    field = line.split()
                    if field[3] == "0A" and field[9] in sockets:
                        return int(field[1].rsplit(":", 1)[1], 16)
            time.sleep(0.1)
        raise AssertionError(f"{program} did not listen within {seconds} s")


def target(link):
    """Where a link of /proc points to; an empty string once its process has gone."""
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


def tail(text, lines=40):
    return "\n".join(text.splitlines()[-lines:])
