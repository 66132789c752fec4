"""Counts the results of other test runners: prints a line for each skipped test, a line for each failed one with what
it said, indented, and then "N passed, N failed, N skipped".

  tally.py --junit FILE   ctest's JUnit report, GoogleTest's reasons included
  tally.py --log FILE     the output of node --test, Vitest or Playwright
"""
import re
import sys
import xml.etree.ElementTree as ElementTree


def junit(path):
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        status = case.get("status")
        why = case.find("skipped")
        if status == "run":
            passed += 1
        elif status == "disabled" or (status == "notrun" and why is not None and why.get("message", "").startswith("SKIP")):
            skipped += 1
            print(f"skipped: {case.get('name')}: {reason(status, case.findtext('system-out') or '')}")
        else:
            failed += 1
            print(f"failed: {case.get('name')}")
            print_indented(complaint((case.findtext("system-out") or "").splitlines()))
    return passed, failed, skipped


def complaint(lines):
    """What a failed test printed, from GoogleTest's first failure on: at most 40 lines."""
    first = next((at for at, line in enumerate(lines) if line.endswith(": Failure")), max(0, len(lines) - 40))
    return lines[first:first + 40]


def print_indented(lines):
    for line in lines:
        print("    " + line)


def reason(status, output):
    """The text of GTEST_SKIP(), or else the last line that the test printed."""
    if status == "disabled":
        return "disabled in its source"
    lines = [line.strip() for line in output.splitlines()]
    for at, line in enumerate(lines):
        if line.endswith(": Skipped") and at + 1 < len(lines) and lines[at + 1]:
            return lines[at + 1]
    said = [line for line in lines if line]
    return said[-1] if said else "no reason given"


# The summary of each runner: (pattern, group of the word or None, which count).
PASSED, FAILED, SKIPPED = range(3)
WORDS = {"pass": PASSED, "passed": PASSED, "flaky": FAILED, "fail": FAILED, "failed": FAILED, "cancelled": FAILED,
         "did not run": FAILED, "interrupted": FAILED, "skip": SKIPPED, "skipped": SKIPPED, "todo": SKIPPED}


def log(path):
    counts = [0, 0, 0]
    text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", open(path, encoding="utf-8", errors="replace").read())
    for line in text.splitlines():
        node = re.fullmatch(r"(?:ℹ|#) (pass|fail|cancelled|skipped|todo) (\d+)", line)
        vitest = re.fullmatch(r"\s*Tests\s+(\d+ \w+(?: \| \d+ \w+)*) \(\d+\)", line)
        playwright = re.fullmatch(r"\s+(\d+) (passed|failed|flaky|skipped|did not run|interrupted)(?: \(.*\))?", line)
        skip = re.fullmatch(r"\s*(?:ok \d+ - |﹣ )(.*?)(?: \([\d.]+ms\))? # (?:SKIP ?)?(.*)", line) or \
            re.fullmatch(r"\s+-\s+\d+ (.*)()", line)
        failure = re.fullmatch(r"\s*not ok \d+ - (.*)", line) or re.fullmatch(r"\s*✖ (.*?)(?: \([\d.]+ms\))?", line)
        if failure:
            print(f"failed: {failure[1]}")
        if skip:
            print(f"skipped: {skip[1]}: {skip[2] or 'its source says why'}")
        if node:
            counts[WORDS[node[1]]] += int(node[2])
        elif vitest:
            for part in vitest[1].split(" | "):
                number, word = part.split()
                counts[WORDS[word]] += int(number)
        elif playwright:
            counts[WORDS[playwright[2]]] += int(playwright[1])
    if not any(counts):
        sys.exit("tally: no test runner that it knows reported any test")
    return counts


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("--junit", "--log"):
        sys.exit(__doc__)
    print("%d passed, %d failed, %d skipped" % tuple({"--junit": junit, "--log": log}[sys.argv[1]](sys.argv[2])))
