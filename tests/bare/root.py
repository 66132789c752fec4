"""A Debian 12 in a folder. It has its own mount and process namespaces, so every process in it ends with its first one, and
that one ends with us. Nothing stays mounted or running, however we end."""
import os
import shutil
import subprocess

from listening import listening_port, target

ALONE = ["setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork", "--kill-child"]


class Root:
    def __init__(self, folder, environment=None):
        self.folder = folder
        self.environment = environment or {}

    def make(self, address):
        """Installs Debian's smallest system, with git and certificates."""
        done = subprocess.run([*ALONE, "debootstrap", "--variant=minbase", "--include=git,ca-certificates", "bookworm", self.folder,
                               address], capture_output=True, text=True, errors="replace", stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"debootstrap failed:\n{tail(done.stdout + done.stderr)}"

    def copy_to(self, folder):
        subprocess.run(["cp", "--archive", "--reflink=auto", self.folder, folder], check=True)
        return Root(folder, self.environment)

    def start(self, script, **options):
        """Starts a shell script in the root."""
        command = [*ALONE, f"--root={self.folder}", "--wd=/root", "--mount-proc", "sh", "-euc", script]
        return subprocess.Popen(command, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, errors="replace", **options)

    def run(self, script):
        """Runs a shell script, which must succeed, and returns its output."""
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
        """The process ids of the root's processes on this machine."""
        return [entry for entry in os.listdir("/proc") if entry.isdigit() and target(f"/proc/{entry}/root") == str(self.folder)]

    def listening_port(self, program):
        """The TCP port on which a program listens in the root, once it does."""
        return listening_port(lambda: [process for process in self.processes() if target(f"/proc/{process}/exe").endswith(program)])


def tail(text, lines=40):
    return "\n".join(text.splitlines()[-lines:])
