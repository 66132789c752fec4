"""The network settings that a bare root takes from this machine. The repository keeps none of them.

  of the user   the committed sources, npm's configuration, proxies
  of the system  apt's sources of Debian 12, its settings and passwords, local certificates, the resolver
"""
import json
import os
import pathlib
import re
import shutil
import subprocess

SUITES = {"bookworm", "bookworm-updates", "bookworm-security"}
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"  # Debian's file, with the local certificates
APT_SETTING = re.compile(r'^Acquire::(Check-|Retries|ForceIPv|https?::|Queue)[^ ]* "[^"]+";$', re.M)


class Unusable(Exception):
    """The reason why no bare root can be made here."""


# ---- of the user -----------------------------------------------------------------------------------------------------

def gather(repository, folder):
    """Copies what only the user can read into `folder`."""
    (folder / "gitconfig").write_text("[safe]\n\tdirectory = *\n")
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{repository}", folder / "loquat"], check=True,
                   env={**os.environ, "GIT_CONFIG_GLOBAL": str(folder / "gitconfig")})
    (folder / "npmrc").write_text("".join(path.read_text() + "\n" for path in npm_files()))
    (folder / "environment").write_text(json.dumps(environment(os.environ)))


def npm_files():
    """npm's configuration, in ascending priority."""
    asked = ["/etc/npmrc", str(pathlib.Path.home() / ".npmrc")]
    if shutil.which("npm"):
        asked = [subprocess.run(["npm", "config", "get", which], capture_output=True, text=True, cwd="/").stdout.strip()
                 for which in ("globalconfig", "userconfig")]
    return [path for path in map(pathlib.Path, asked) if path.is_file()]


def environment(of_user):
    """The environment variables that a bare machine in this network needs."""
    kept = {name: value for name, value in of_user.items()
            if re.fullmatch(r"(?i)(https?|no|all|ftp)_proxy|npm_config_(?!userconfig|globalconfig|prefix|cache).*|LOQUAT_JOBS", name)}
    return {"HOME": "/root", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "NODE_EXTRA_CA_CERTS": of_user.get("NODE_EXTRA_CA_CERTS", BUNDLE), **kept}


# ---- of the system ---------------------------------------------------------------------------------------------------

def apt_sources():
    """The archives of Debian 12 that apt uses here: (options, address, suite), without duplicates."""
    found = {}
    etc = pathlib.Path("/etc/apt")
    for file in [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*"))]:
        read = {".list": one_line_sources, ".sources": deb822_sources}.get(file.suffix)
        for source in read(file.read_text()) if read and file.is_file() else []:
            found.setdefault(source[1:], source)
    if not any(suite == "bookworm" for _, _, suite in found.values()):
        raise Unusable("apt knows no source of Debian 12 here")
    return list(found.values())


def one_line_sources(text):
    for options, address, suite, components in re.findall(r"^deb\s+(\[.*?\]\s+)?(\S+)\s+(\S+)\s+(.*)$", text, re.M):
        if suite in SUITES and "main" in components.split():
            yield options.strip(), address, suite


def deb822_sources(text):
    for paragraph in re.split(r"\n\s*\n", re.sub(r"^#.*\n?", "", text, flags=re.M)):
        field = dict(re.findall(r"^([\w-]+):\s*(.*)$", paragraph, re.M))
        if field.get("Enabled") == "no" or "deb" not in field.get("Types", "").split() or "main" not in field.get("Components", ""):
            continue
        key = field.get("Signed-By", "")
        for address in field["URIs"].split():
            for suite in sorted(SUITES & set(field["Suites"].split())):
                yield f"[signed-by={key}]" if key.startswith("/") else "", address, suite


def equip(root, folder):
    """Sets up a fresh root to reach the network as this machine does."""
    etc, sources = root / "etc", apt_sources()
    (etc / "apt/sources.list").write_text("".join(f"deb {options} {address} {suite} main\n" for options, address, suite in sources))
    settings = "".join(found[0] + "\n" for found in APT_SETTING.finditer(
        subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=True).stdout))
    (etc / "apt/apt.conf.d/90network").write_text(settings)
    shutil.copy(folder / "npmrc", root / "root/.npmrc")
    variables = json.loads((folder / "environment").read_text())
    text = " ".join([*(options for options, _, _ in sources), settings, (folder / "npmrc").read_text(), *variables.values()])
    named = re.findall(r"(?<![:/\w])/[^\s\"';:,\]=]+", text)  # keys and certificates
    for path in ["/etc/resolv.conf", "/etc/hosts", "/etc/apt/auth.conf", "/etc/apt/auth.conf.d",
                 "/usr/local/share/ca-certificates", *named]:
        copy(pathlib.Path(path), root)
    return variables


def copy(path, root):
    there = root / path.relative_to("/")
    if path.is_dir() and path.parts[1:3] in (("etc", "apt"), ("usr", "local")):
        shutil.copytree(path, there, dirs_exist_ok=True)
    elif path.is_file() and path != pathlib.Path(BUNDLE) and (not there.exists() or path.parts[1] == "etc"):
        there.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, there, follow_symlinks=True)
