"""Builds the Debian packages, extracts them into a folder, and uses them as a new user would.

  run.py BUILD     BUILD: a finished release build

Prints a line for each check, and "N passed, N failed, N skipped" at the end.
"""
import pathlib
import sys
import tempfile
import traceback

import documents
import library
import packages


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory() as folder:
        tree = packages.Tree(build, pathlib.Path(folder))
        for check in [*packages.CHECKS, *library.CHECKS, *documents.CHECKS]:
            name = check.__name__.replace("_", " ")
            try:
                check(tree)
                result = "passed"
                print(f"ok: {name}")
            except packages.Skip as why:
                result = "skipped"
                print(f"skipped: {name}: {why}")
            except Exception:
                result = "failed"
                print(f"FAILED: {name}\n{traceback.format_exc()}")
            counts[result] += 1
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
