"""The packages in a root of their own, and a folder with the headers of only the C and C++ libraries."""
import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(command, **options):
    """The standard output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


class Skip(Exception):
    """The reason why a check cannot run here."""


class Tree:
    def __init__(self, build, folder):
        self.build = build
        self.folder = folder
        self.root = folder / "root"
        run(["cpack", "-G", "DEB", "-B", folder / "debs"], cwd=build, umask=0o077)  # the umask must not matter
        self.debs = {path.name.split("_")[0]: path for path in (folder / "debs").glob("*.deb")}
        for deb in self.debs.values():
            run(["dpkg-deb", "--extract", deb, self.root])
        self.usr = self.root / "usr"
        self.libraries, = self.usr.glob("lib/*/libloquat.so.0")
        self.libraries = self.libraries.parent

    def field(self, package, name):
        return run(["dpkg-deb", "--field", self.debs[package], name]).strip()

    @functools.cached_property
    def bare(self):
        """Compiler flags that find only the headers of libc, the kernel and libstdc++."""
        version = run(["g++", "-dumpversion"]).strip()
        machine = run(["g++", "-dumpmachine"]).strip()
        headers = self.folder / "headers"
        for line in run(["dpkg-query", "-L", "libc6-dev", "linux-libc-dev", f"libstdc++-{version}-dev"]).splitlines():
            file = pathlib.Path(line)
            if file.is_relative_to("/usr/include") and file.is_file():
                link = headers / file.relative_to("/usr/include")
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(file)
        return ["-nostdinc", *(f"-isystem{headers / path}" for path in
                               (f"c++/{version}", f"{machine}/c++/{version}", f"c++/{version}/backward"))], \
            [f"-isystem{headers / machine}", f"-isystem{headers}"]

    def flags(self, compiler):
        """The same with the compiler's own headers in their place."""
        before, after = self.bare
        own = run([compiler, "-print-resource-dir"]).strip() + "/include" if "clang" in compiler else \
            run([compiler, "-print-file-name=include"]).strip()
        return [*before, f"-isystem{own}", *after]

    def environment(self, **more):
        """Environment variables that make programs use the root."""
        return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PKG_CONFIG_PATH": f"{self.libraries}/pkgconfig",
                "LD_LIBRARY_PATH": str(self.libraries), **more}


def the_packages_are_three_and_depend_on_what_they_use(tree):
    assert sorted(tree.debs) == ["libloquat-dev", "libloquat0", "loquat"], tree.debs
    needs = {package: set(re.findall(r"[a-z][a-z0-9.+-]+(?=[ ,]|$)", tree.field(package, "Depends"))) for package in tree.debs}
    assert needs["libloquat0"] == {"libc6", "libgcc-s1", "libstdc++6", "liburing2"}, needs
    assert {"libloquat0", "liburing-dev"} <= needs["libloquat-dev"] <= {"libloquat0", "liburing-dev", "libboost-context-dev"}, needs
    assert {"libc6", "libsqlite3-0", "liburing2"} <= needs["loquat"], needs
    assert not {need for need in needs["loquat"] if need.endswith("-dev") or need.startswith(("node", "npm"))}, needs
    version = tree.field("libloquat0", "Version")
    assert f"libloquat0 (= {version})" in tree.field("libloquat-dev", "Depends")
    shlibs = subprocess.run(["tar", "xO", "./shlibs"], input=subprocess.run(
        ["dpkg-deb", "--ctrl-tarfile", tree.debs["libloquat0"]], capture_output=True, check=True).stdout,
        capture_output=True, check=True).stdout.decode()
    assert shlibs == f"libloquat 0 libloquat0 (>= {version})\n", shlibs


def everybody_may_read_what_is_installed(tree):
    wrong = [line for deb in tree.debs.values() for line in run(["dpkg-deb", "--contents", deb]).splitlines()
             if not re.match(r"drwxr-xr-x root/root|-rw-r--r-- root/root|-rwxr-xr-x root/root .*(/bin/|\.so\.)|l", line)]
    assert not wrong, wrong


def the_headers_are_those_of_include(tree):
    installed = {path.relative_to(tree.usr / "include") for path in (tree.usr / "include").rglob("*.h")}
    assert installed == {path.relative_to(ROOT / "include") for path in (ROOT / "include").rglob("*.h")}, installed


def cmake_installs_the_same_files(tree):
    prefix = tree.folder / "prefix"
    run(["cmake", "--install", tree.build, "--prefix", prefix])
    def names(root):
        return {str(path.relative_to(root)).removesuffix(".gz").replace(f"auto-load{prefix}/", "auto-load/usr/")
                for path in root.rglob("*") if not path.is_dir()}  # gdb finds its file by the library's full path
    assert names(prefix) == names(tree.usr), names(prefix) ^ names(tree.usr)


def nothing_names_the_folder_it_was_built_in(tree):
    for path in tree.root.rglob("*"):
        if path.is_file():
            assert str(ROOT).encode() not in path.read_bytes(), path


def the_service_is_understood_by_systemd(tree):
    unit = (tree.usr / "lib/systemd/system/loquat.service").read_text()
    assert "DynamicUser=yes" in unit and "StateDirectory=loquat" in unit and "ExecReload=kill -HUP $MAINPID" in unit
    try:
        run(["systemd-analyze", "--version"])
    except FileNotFoundError:
        raise Skip("there is no systemd-analyze") from None
    # The command and man's database are in the root only.
    copy = tree.folder / "loquat.service"
    copy.write_text(re.sub(r"^Documentation=.*\n", "", unit, flags=re.M).replace("ExecStart=loquat", f"ExecStart={tree.usr}/bin/loquat"))
    said = subprocess.run(["systemd-analyze", "verify", copy], capture_output=True, text=True)
    mine = [line for line in said.stderr.splitlines() if "loquat" in line]
    assert not mine, mine


def gdb_finds_its_commands(tree):
    library = (tree.libraries / "libloquat.so.0").resolve()
    path = tree.usr / "share/gdb/auto-load" / library.relative_to(tree.root.resolve())
    assert path.with_name(path.name + "-gdb.py").is_file(), f"{path}-gdb.py"


CHECKS = [the_packages_are_three_and_depend_on_what_they_use, everybody_may_read_what_is_installed,
          the_headers_are_those_of_include, cmake_installs_the_same_files,
          nothing_names_the_folder_it_was_built_in, the_service_is_understood_by_systemd, gdb_finds_its_commands]
