#!/usr/bin/env python3
"""--help in Chinese: each text of each command is translated, and help.def holds nothing that no command says. Messages of
wrong command lines and files, in both languages; messages.def holds nothing that no code says.

    tests/help_zh_test.py build/release/bin/loquat
"""
import gzip
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import texts_test

ROOT = pathlib.Path(__file__).resolve().parent.parent
HELP = re.compile(r'^HELP\("((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\)$', re.M)
# A line without text of ours: empty, an example's command alone, an option whose text stands on the next line.
BARE = re.compile(r"\s*$|  (loquat|sudo|echo|source)\b\S* .*|  -{1,2}[\w-]+ [A-Z]+$")
SAME = re.compile(r"  \S.*  (text|json|svg|html|hex|raw)(、\w+)+$")
HAN = re.compile("[\u3400-\u9fff]")
MESSAGE = re.compile(r'^MESSAGE\("((?:[^"\\]|\\.)*)",\s*"((?:[^"\\]|\\.)*)"\)$', re.M)
# Messages of libraries, and of code that joins them from more than these pieces.
FOREIGN = ("No such file", "Permission", "Is a directory", "Not a directory", "No space", "Broken pipe", "File too large",
           "Too many open", "this kernel has no", "{0} not in", "Value {0}", "Could not")
PCAP = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")
FILES = (
    (None, "x.pcap: No such file or directory", "x.pcap：没有这个文件或目录"),
    (b"hello, this is no capture", "x.pcap: neither pcap nor pcapng", "x.pcap：既不是 pcap 也不是 pcapng"),
    (PCAP[:10], "the file ends at byte 10, with 10 of a block's 24 bytes", "文件在第 10 字节结束，一个块的 24 字节只有 10 字节"),
    (PCAP + bytes([0] * 8 + [0xff] * 8), "x.pcap: byte 24: a packet of 4294967295 bytes", "x.pcap：第 24 字节：报文有 4294967295 字节"),
    (gzip.compress(PCAP + bytes(160))[:-9], "x.pcap: the gzip data ends too early", "x.pcap：gzip 数据不完整"),
    (b"BZh91AY&SY", "compressed with bzip2; bunzip2 it first", "用 bzip2 压缩；请先 bunzip2"),
)
WRONG = (
    (["wire", "shw"], 'loquat: there is no command "shw"', '没有子命令 "shw"'),
    (["wire"], "loquat: a command is missing", "缺少子命令"),
    (["wire", "graph"], "loquat: FILE is missing", "缺少 FILE"),
    (["serve", "foo"], 'loquat: "foo" is not expected here', '不应有 "foo"'),
    (["--nope"], 'loquat: "--nope" is not expected here', '不应有 "--nope"'),
    (["wire", "play", "close", "--hold"], "loquat: --hold needs a value", "--hold 需要一个值"),
    (["wire", "play", "nosuch"], "there is no scenario 'nosuch'", "没有场景 'nosuch'"),
    (["wire", "play", "close", "--drop", "foo"], "'foo': 'foo' is not understood", "'foo'：看不懂 'foo'"),
    (["wire", "layers", "f", "--frame", "abc"], "Value abc not in range 1 to", "abc 不在 1 到"),
    (["wire", "show", "f", "--frm", "x"], 'loquat: "--frm" is not expected', '不应有 "--frm"'),
    (["wire", "graph", "--kind", "x", "f"], "loquat: --kind: x not in {", "命令行有误：--kind：x 不在 {"),
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


def problems_of_messages(catalog, code):
    for text, chinese in MESSAGE.findall(catalog):
        yield from texts_test.problems_of(text, text, chinese)
        if not text.startswith(FOREIGN) and not all(piece in code for piece in re.split(r"\{\d\}", text)):
            yield f"messages.def: no code says: {text}"


def problems_of_files(loquat):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "x.pcap")
        for content, english, chinese in FILES:
            if content is not None:
                file.write_bytes(content)
            for language, expected in (("C", english), ("zh_CN.UTF-8", chinese)):
                for command in ("show", "layers", "follow", "why"):
                    ran = run(loquat, language, "wire", command, str(file))
                    if expected not in ran.stderr:
                        yield f"{command}: {expected}, but: {ran.stderr}"


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
    code = "".join(re.sub(r'"\s*"', "", file.read_text()) for part in ("tools", "src/codec", "src/wire", "src/net")
                   for file in sorted((ROOT / part).rglob("*.cc")))
    messages = (ROOT / "tools/loquat/help/messages.def").read_text()
    problems = [*problems_of_help(pages), *problems_of_catalog((ROOT / "tools/loquat/help/help.def").read_text(), pages),
                *problems_of_messages(messages, code), *problems_of_usage(loquat), *problems_of_files(loquat)]
    planted = [("x",), "a\n  --new N  something new\n", "甲\n  --new N  something new\n"]
    if len(list(problems_of_messages('MESSAGE("planted here", "没")\n', code))) != 1 or len(list(problems_of_help([planted]))) != 1 or len(list(problems_of_catalog('HELP("gone", "没")\n', pages))) != 1:
        problems.append("a planted fault was not found")
    print("\n".join(problems))
    print(f"{len(pages)} pages, {len(problems)} problems")
    return bool(problems)


sys.exit(main())
