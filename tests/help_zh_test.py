#!/usr/bin/env python3
"""--help in Chinese: each text of each command is translated, and help.def holds nothing that no command says. What a wrong
command line says, in both languages.

    tests/help_zh_test.py build/release/bin/loquat
"""
import os
import pathlib
import re
import subprocess
import sys

import texts_test

CATALOG = pathlib.Path(__file__).resolve().parent.parent / "tools/loquat/help.def"
HELP = re.compile(r'^HELP\("((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\)$', re.M)
# A line without text of ours: empty, an example's command alone, an option whose text stands on the next line.
BARE = re.compile(r"\s*$|  (loquat|sudo|echo|source)\b\S* .*|  -{1,2}[\w-]+ [A-Z]+$")
SAME = re.compile(r"  \S.*  (text|json|svg|html|hex|raw)(、\w+)+$")
HAN = re.compile("[\u3400-\u9fff]")
WRONG = (
    (["wire", "shw"], 'loquat: there is no command "shw"', '没有子命令 "shw"'),
    (["wire"], "loquat: a command is missing", "缺少子命令"),
    (["wire", "graph"], "loquat: FILE is missing", "缺少 FILE"),
    (["serve", "foo"], 'loquat: "foo" is not expected here', '不应有 "foo"'),
    (["--nope"], 'loquat: "--nope" is not expected here', '不应有 "--nope"'),
    (["wire", "graph", "--kind", "x", "f"], "loquat: --kind: x not in {", "命令行有误：--kind: x not in {"),
)


def run(loquat, language, *words):
    environment = {**os.environ, "LC_ALL": language}
    return subprocess.run([loquat, *words], env=environment, capture_output=True, text=True, timeout=60)


def commands_of(text):
    block = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
    return re.findall(r"^  (\S+)", block[1], re.M) if block else []


def helps(loquat, *command):
    """(command, English, Chinese), for `command` and all below it."""
    english, chinese = (run(loquat, language, *command, "--help").stdout for language in ("C", "zh_CN.UTF-8"))
    yield command, english, chinese
    for word in commands_of(english):
        yield from helps(loquat, *command, word)


def problems_of_help(pages):
    for command, english, chinese in pages:
        if english.count("\n") != chinese.count("\n"):
            yield f"{' '.join(command)}: the languages have different numbers of lines"
        for line in chinese.splitlines():
            if not HAN.search(line) and not BARE.match(line) and not SAME.match(line):
                yield f"{' '.join(command)}: not translated: {line}"
        # what stands behind an example's command
        for line in re.findall(r"^  (?:loquat|sudo|tar|tcpdump) .*  +([A-Za-z.].*)$", chinese, re.M):
            if not HAN.search(line):
                yield f"{' '.join(command)}: not translated: {line}"


def problems_of_catalog(catalog, pages):
    said = "\n".join(english for _, english, _ in pages)
    for text, chinese in HELP.findall(catalog):
        yield from texts_test.problems_of(text, text, chinese)
        if text.replace('\\"', '"') not in said:
            yield f"help.def: no command says: {text}"


def problems_of_usage(loquat):
    for words, english, chinese in WRONG:
        for language, expected in (("C", english), ("zh_CN.UTF-8", chinese)):
            ran = run(loquat, language, *words)
            if expected not in ran.stderr or ran.returncode != 2 or "--help" not in ran.stderr:
                yield f"{' '.join(words)}: {ran.returncode} {ran.stderr}"
    if "用法：loquat wire list" not in run(loquat, "C", "wire", "list", "--lang", "zh", "--help").stdout:
        yield "--lang zh does not make --help Chinese"


def main():
    loquat = sys.argv[1]
    pages = list(helps(loquat))
    problems = [*problems_of_help(pages), *problems_of_catalog(CATALOG.read_text(), pages), *problems_of_usage(loquat)]
    planted = [("x",), "a\n  --new N  something new\n", "甲\n  --new N  something new\n"]
    if len(list(problems_of_help([planted]))) != 1 or len(list(problems_of_catalog('HELP("gone", "没")\n', pages))) != 1:
        problems.append("a planted fault was not found")
    print("\n".join(problems))
    print(f"{len(pages)} pages, {len(problems)} problems")
    return bool(problems)


sys.exit(main())
