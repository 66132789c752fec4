"""Manual pages and completion, as man and the shells read them."""
import shutil
import subprocess

from packages import Skip, run


def need(program):
    if shutil.which(program) is None:
        raise Skip(f"there is no {program}")


def commands(tree):
    """The names of the subcommands, from --help."""
    text = run([tree.usr / "bin/loquat", "--help"], env=tree.environment()).split("Subcommands:\n")[1]
    return [line.split()[0] for line in text.splitlines() if line.startswith("  ") and line[2] != " "]


def every_command_has_a_manual_page_without_warnings(tree):
    need("man")
    pages = {path.name for path in (tree.usr / "share/man/man1").iterdir()}
    assert pages == {"loquat.1.gz", *(f"loquat-{name}.1.gz" for name in commands(tree))}, pages
    for page in (tree.usr / "share/man").rglob("*.gz"):
        shown = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-P", "cat", "-l", page], capture_output=True, text=True,
                               env=tree.environment(MANWIDTH="80"))
        assert shown.returncode == 0 and not shown.stderr, f"{page}: {shown.stderr}"
        assert "NAME" in shown.stdout and "SEE ALSO" in shown.stdout, shown.stdout


# Asks each shell what may follow; it answers with one word per line.
def bash(tree, line):
    words = line.split(" ")
    script = f"source {tree.usr}/share/bash-completion/completions/loquat\n" \
             f"COMP_WORDS=({' '.join(word or chr(34) * 2 for word in words)}) COMP_CWORD={len(words) - 1}\n" \
             '_loquat; printf "%s\\n" "${COMPREPLY[@]}"'
    return run(["bash", "--norc", "-euc", script]).split()


def zsh(tree, line):
    # Runs the script as zsh's completion does; its two ways to answer print instead.
    words = line.split(" ")
    script = "_describe() { print -rl -- ${${(P)2}%%:*} }; _files() { print files }\n" \
             f"words=({' '.join(word or chr(34) * 2 for word in words)}) CURRENT={len(words)}\n" \
             f"source {tree.usr}/share/zsh/vendor-completions/_loquat"
    found = run(["zsh", "-fc", script]).split()
    return [word for word in found if word.startswith(words[-1])]


def fish(tree, line):
    script = f"source {tree.usr}/share/fish/vendor_completions.d/loquat.fish; complete -C '{line}'"
    return [answer.split("\t")[0] for answer in run(["fish", "--no-config", "-c", script]).splitlines()]


def check_completion(tree, complete):
    assert {"serve", "join"} <= set(complete(tree, "loquat ")), complete(tree, "loquat ")
    assert complete(tree, "loquat se") == ["serve"], complete(tree, "loquat se")
    assert complete(tree, "loquat serve --wor") == ["--workers"], complete(tree, "loquat serve --wor")
    assert "--workers" not in complete(tree, "loquat join --"), complete(tree, "loquat join --")
    assert "--lan" not in complete(tree, "loquat serve --data "), complete(tree, "loquat serve --data ")


def completion_in_bash(tree):
    check_completion(tree, bash)


def completion_in_zsh(tree):
    need("zsh")
    check_completion(tree, zsh)


def completion_in_fish(tree):
    need("fish")
    check_completion(tree, fish)


def the_command_runs_where_it_is_installed(tree):
    version = run([tree.usr / "bin/loquat", "--version"], env=tree.environment()).split()[1]
    assert version == tree.field("loquat", "Version"), version


CHECKS = [every_command_has_a_manual_page_without_warnings, completion_in_bash, completion_in_zsh, completion_in_fish,
          the_command_runs_where_it_is_installed]
