"""Checks that code in README*.md and docs/ is code that the tests compile and run, then itself.

usage: docs.py [--write]      --write puts the examples' text into the blocks that name them

A ```cpp or ```c block below the line `<!-- from examples/03_one_message.cc -->` is that file, word for word. Below
`<!-- from examples/03_one_message.cc#server -->` it is the part of the file between the lines `// [server]` and
`// [/server]`, moved to the left margin. In a README and in docs/book every such block has such a line.
"""
import itertools
import pathlib
import re
import sys
import tempfile
import textwrap

BLOCK = re.compile(r"^(?P<indent>[ \t]*)```(?P<language>c|cpp)\n(?P<code>.*?)^[ \t]*```[ \t]*$", re.M | re.S)
MARK = re.compile(r"<!-- from (?P<file>[\w./-]+)(?:#(?P<part>[\w-]+))? -->\s*\Z")
PART_LINE = re.compile(r"^[ \t]*// \[/?[\w-]+\][ \t]*\n", re.M)


def part_of(text, part):
    """The code between `// [part]` and `// [/part]`, or None if there is no such part."""
    found = re.search(rf"^[ \t]*// \[{part}\][ \t]*\n(.*?)^[ \t]*// \[/{part}\][ \t]*$", text, re.M | re.S)
    return PART_LINE.sub("", found[1]) if found else None


def example(root, mark):
    """The code that a mark names, at the left margin, and the mark's fault; one of the two is empty."""
    source = root / mark["file"]
    if not source.is_file():
        return "", f"there is no {mark['file']}"
    text = source.read_text()
    code = part_of(text, mark["part"]) if mark["part"] else PART_LINE.sub("", text)
    if code is None:
        return "", f"{mark['file']} has no part '{mark['part']}'"
    return textwrap.dedent(code).strip("\n"), ""


def check_block(root, mark, code):
    """The fault of one marked block, or an empty string."""
    expected, problem = example(root, mark)
    if not problem and expected != textwrap.dedent(code).strip("\n"):
        return f"differs from {mark['file']}{'#' + mark['part'] if mark['part'] else ''}"
    return problem


def pages(root):
    return sorted(root.glob("README*.md")) + sorted((root / "docs").rglob("*.md"))


def write(root):
    """Puts the examples' text into the blocks that name them."""
    for page in pages(root):
        text = page.read_text()

        def block(found):
            mark = MARK.search(text[: found.start()])
            code, problem = example(root, mark) if mark else ("", "no mark")
            if problem:
                return found[0]
            return textwrap.indent(f"```{found['language']}\n{code}\n```", found["indent"])

        written = BLOCK.sub(block, text)
        if written != text:
            page.write_text(written)


def check(root):
    """Returns the problems of a checkout and how many marked blocks it has."""
    problems, blocks = [], 0
    for page in pages(root):
        text = page.read_text()
        if re.search(r"^(<{7}|>{7}) ", text, re.M):
            problems.append(f"{page.relative_to(root)}: a merge was left unfinished")
        for block in BLOCK.finditer(text):
            mark = MARK.search(text[: block.start()])
            problem = check_block(root, mark, block["code"]) if mark else ""
            if not mark and page.parent in (root, root / "docs/book"):
                problem = "a C++ block without a line '<!-- from examples/... -->'"
            blocks += bool(mark)
            if problem:
                line = text.count("\n", 0, block.start()) + 1
                problems.append(f"{page.relative_to(root)}:{line}: {problem}")
    return problems, blocks


EXAMPLE = "int main() {\n  // [sum]\n  int sum = 1 + 1;\n  // [/sum]\n}\n"
# The expected message for a README with this text; empty: none.
PLANTS = [
    ("<!-- from examples/a.cc -->\n```cpp\nint main() {\n  int sum = 1 + 1;\n}\n```\n", ""),
    ("<!-- from examples/a.cc#sum -->\n```cpp\nint sum = 1 + 1;\n```\n", ""),
    ("<!-- from examples/a.cc#sum -->\n\n```cpp\nint sum = 1 + 2;\n```\n", "README.md:3: differs from examples/a.cc#sum"),
    ("<!-- from examples/a.cc#product -->\n```cpp\n```\n", "has no part 'product'"),
    ("<!-- from examples/b.cc -->\n```cpp\n```\n", "there is no examples/b.cc"),
    ("Text.\n```cpp\nint sum;\n```\n", "a C++ block without a line"),
    ("<!-- from examples/a.cc#sum -->\n```c\nint sum = 1;\n```\n", "README.md:2: differs from examples/a.cc#sum"),
]
PLACES = ("README.md", "docs/book/01.md")


def missed_plants():
    missed = []
    for (readme, expected), place in itertools.product(PLANTS, PLACES):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            (root / "examples").mkdir()
            (root / "docs/book").mkdir(parents=True)
            (root / "examples/a.cc").write_text(EXAMPLE)
            (root / place).write_text(readme)
            said = "\n".join(check(root)[0])
            expected = expected.replace("README.md", place)
            if (expected not in said) if expected else said:
                missed.append(f"self-test: of {readme!r} in {place} it said {said!r}, not {expected!r}")
            write(root)
            left = "\n".join(check(root)[0])
            if "differs" in left or (root / place).read_text().count("```c\n") != readme.count("```c\n"):
                missed.append(f"self-test: --write left {left!r} of {readme!r} in {place}, or another language")
    return missed


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    if sys.argv[1:] == ["--write"]:
        write(root)
    problems, blocks = check(root)
    missed = missed_plants()
    for line in problems + missed:
        print(line)
    print(f"docs: {blocks} blocks that are examples")
    passed = (not problems) + len(PLANTS) * len(PLACES) - len(missed)
    failed = bool(problems) + len(missed)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
