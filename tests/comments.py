"""Finds comments that clang-format has broken in the middle of a sentence, a ruler or a line of code, then checks itself.

clang-format 14 moves what stands beyond column 120 to a line of its own and leaves the next line as it was. It may also
join a comment to the ruler above it. What it has done it takes for good, so nobody else finds it.
"""
import pathlib
import re
import subprocess
import sys

COMMENT = re.compile(r"( *)//( *)(\S.*)")
ENDS_SENTENCE = re.compile(r"[.:;?!][\"')`]*$")
FULL = 110  # columns: a line that reaches this with the next word is filled, or nearly


def fault(first, second):
    """What is wrong between two lines of code that follow each other; None if nothing is."""
    one, two = COMMENT.fullmatch(first), COMMENT.fullmatch(second)
    if one is None or two is None or one[1] != two[1]:
        return None
    if one[3].startswith("---") and re.match("-{5}", two[3]):
        return "a ruler is broken"
    if one[2] != two[2]:
        return None
    if len(one[2]) > 1:  # code; the further lines of an item are indented more
        is_open = len(one[2]) <= 3 and one[3].endswith(",") and one[3].count("(") > one[3].count(")")
        return "a line of code is broken" if is_open else None
    is_table = re.search(r"\S  +\S", one[3]) or re.search(r"\S  +\S", two[3])
    if is_table or ENDS_SENTENCE.search(one[3]) or not two[3][0].islower():
        return None
    return "a sentence is broken" if len(first) + 1 + len(two[3].split()[0]) <= FULL else None


def faults(text):
    """The broken comments of a file, each as (number of its first line, what is wrong)."""
    lines = [line.rstrip() for line in text.splitlines()]
    found = ((number, fault(*pair)) for number, pair in enumerate(zip(lines, lines[1:]), 1))
    return [(number, what) for number, what in found if what]


BROKEN = [
    ("  // --- any thread\n  // -------------------------------- Runs the message on this worker, between\n", "ruler"),
    ("// ---- the server\n// ------------------------------------------------------------------------\n", "ruler"),
    ("// A size is 1 to 15 digits and nothing else; of\n// extensions the form is checked.\n", "sentence"),
    ("  // Waits for the peer, which\n  // may be gone.\n", "sentence"),
    ('//   std::string line = IrcWriter().tag("time",\n//   now).line();\n', "code"),
]
WHOLE = [
    "// Waits.\n// with a small letter\n",
    "// --- any thread ---------------------\n\n// Runs the message.\n",
    "//   1. A call enters in a direction,\n//      performs operations.\n",
    "//   f(a,\n//     b);\n",
    "// cut.pcapng      the first bytes\n// empty.pcapng    two interfaces\n",
    "// " + "x" * 110 + " or\n// not\n",
    "// One\n  // two\n",
    "int a;  // one\nint b;  // two\n",
]


def check_itself():
    for text, what in BROKEN:
        assert [(1, what) for _, found in faults(text) if what in found] == [(1, what)], (text, faults(text))
    for text in WHOLE:
        assert not faults(text), (text, faults(text))
    return len(BROKEN) + len(WHOLE)


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "--", "*.cc", "*.h"], cwd=root, check=True,
                            capture_output=True, text=True).stdout.splitlines()
    failed = 0
    for name in listed:
        for line, what in faults((root / name).read_text()):
            print(f"{name}:{line}: {what}")
            failed += 1
    print(f"{check_itself()} cases of its own, {len(listed)} files, {failed} broken comments")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
