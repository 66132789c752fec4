"""Checks that the book (docs/book) is whole, then itself. What is inside its C++ blocks is checked by docs.py.

  1. Every chapter NN-name.md has its Chinese NN-name.zh.md, with the same pieces of the same examples in the same order.
  2. The tables of chapter 7, in both languages, have a row for every public function of include/loquat/socket.h and for
     no other, and a bold one for every function of the tutorial's table.
  3. Every example is in the book by its name, has a test in tests/examples_test.py, and stays under 60 lines.
  4. Every relative link of README*.md and docs/ leads to a file.
"""
import pathlib
import re
import shutil
import sys
import tempfile

TUTORIAL = """bind listen accept connect connect_ex recv send sendall recvfrom sendto getpeername getsockname getsockopt
setsockopt close setblocking settimeout gettimeout fileno makefile""".split()
ROW = re.compile(r"^\| (\*\*)?`(?:Socket::)?(\w+)\(", re.M)
MARK = re.compile(r"^<!-- from \S+ -->$", re.M)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.M | re.S)


def functions(header):
    """The names of the public functions that socket.h declares: Socket's own, and those beside it."""
    text = re.sub(r"//[^\n]*", "", header)
    text = re.sub(r"^struct \w+ \{.*?^\};", "", text, flags=re.M | re.S)
    inside = re.search(r"^class Socket \{\s*public:(.*?)^ private:.*?^\};(.*)", text, re.M | re.S)
    names = set()
    for statement in (inside[1] + inside[2]).replace("= {}", "").split(";"):
        found = re.match(r"[^()]*?([~\w]+)\(", statement.strip())
        if found and not found[1].startswith(("~", "operator")) and "operator" not in found[0]:
            names.add(found[1])
    return names


def check_chapters(book):
    chapters = [page for page in sorted(book.glob("[0-9]*.md")) if not page.name.endswith(".zh.md")]
    for page in [*chapters, book / "README.md"]:
        chinese = page.with_suffix(".zh.md")
        if not chinese.is_file():
            yield f"{page.name}: there is no {chinese.name}"
        elif MARK.findall(page.read_text()) != MARK.findall(chinese.read_text()):
            yield f"{chinese.name}: shows other pieces of code than {page.name}, or in another order"


def check_table(book, header):
    for page in sorted(book.glob("07-*.md")):
        rows = {name: bool(bold) for bold, name in ROW.findall(page.read_text())}
        for name in sorted(functions(header) - set(rows)):
            yield f"{page.name}: no row for {name}() of socket.h"
        for name in sorted(set(rows) - functions(header)):
            yield f"{page.name}: a row for {name}(), which socket.h does not have"
        for name in TUTORIAL:
            if not rows.get(name):
                yield f"{page.name}: no bold row for {name}() of the tutorial"


def check_examples(root):
    book = "".join(page.read_text() for page in sorted((root / "docs/book").glob("[0-9]*.md")))
    tests = (root / "tests/examples_test.py").read_text()
    for example in sorted((root / "examples").glob("[0-9]*.cc")):
        if f"examples/{example.name})" not in book:
            yield f"{example.name}: no chapter links to it"
        if f'"{example.stem}"' not in tests:
            yield f"{example.name}: tests/examples_test.py does not run it"
        lines = example.read_text().count("\n")
        if lines >= 60:
            yield f"{example.name}: {lines} lines"


def check_links(root):
    for page in sorted(root.glob("README*.md")) + sorted((root / "docs").rglob("*.md")):
        for target in LINK.findall(CODE.sub("", page.read_text())):
            if "://" not in target and not (page.parent / target).exists():
                yield f"{page.relative_to(root)}: there is no {target}"


def check(root):
    book = root / "docs/book"
    header = (root / "include/loquat/socket.h").read_text()
    return [*check_chapters(book), *check_table(book, header), *check_examples(root), *check_links(root)]


# (file, text to replace, replacement, expected message). An empty text means: append.
PLANTS = [
    ("docs/book/03-one-message.zh.md", "#client -->", "#server -->", "shows other pieces"),
    ("include/loquat/socket.h", "  int detach();", "  int detach();\n  std::string peek(std::size_t size = {});", "no row for peek()"),
    ("include/loquat/socket.h", "Socket fromfd(int fd);", "Socket fromfd(int fd);\nvoid planted();", "no row for planted()"),
    ("docs/book/07-the-table.md", "| `detach()`", "| `attach()`", "07-the-table.md: no row for detach()"),
    ("docs/book/07-the-table.zh.md", "| `detach()`", "| `attach()`", "a row for attach(), which socket.h does not have"),
    ("docs/book/07-the-table.zh.md", "**`connect_ex(address)`**", "`connect_ex(address)`", "no bold row for connect_ex()"),
    ("docs/README.md", "", "[a page](nowhere.md)\n", "docs/README.md: there is no nowhere.md"),
    ("examples/01_layers.cc", "", "// planted\n" * 60, "01_layers.cc: "),
    ("tests/examples_test.py", '"02_states"', '"02_reset"', "02_states.cc: tests/examples_test.py does not run it"),
]


def missed_plants(root):
    """Plants every fault in a copy of its own; returns those that the check missed."""
    missed = []
    for name, text, planted, expected in PLANTS:
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for part in ("docs", "examples", "include", "tests/examples_test.py"):
                source = root / part
                (copy / part).parent.mkdir(exist_ok=True)
                (shutil.copytree if source.is_dir() else shutil.copy)(source, copy / part)
            file = copy / name
            old = file.read_text()
            file.write_text(old.replace(text, planted, 1) if text else old + planted)
            if not any(expected in problem for problem in check(copy)):
                missed.append(f"self-test: {planted.strip()[:40]!r} in {name} went unnoticed")
    return missed


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    problems = check(root)
    missed = missed_plants(root)
    for line in problems + missed:
        print(line)
    names = functions((root / "include/loquat/socket.h").read_text())
    print(f"book: {len(names)} functions of socket.h, {len(PLANTS)} planted faults")
    print(f"{(not problems) + len(PLANTS) - len(missed)} passed, {bool(problems) + len(missed)} failed, 0 skipped")
    return 1 if problems or missed else 0


if __name__ == "__main__":
    sys.exit(main())
