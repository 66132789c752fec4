"""Compiles each header of include/ and src/ by itself: it includes what it uses, and a public one needs no header of src/.

A header of src/ that is the first #include of a file there is left out, for the release build has compiled it so; but not if
the file is a test, which begins with precompiled headers.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent


def compile_alone(header):
    """The compiler's complaints, or an empty string."""
    paths = ["include"] if header.is_relative_to(ROOT / "include") else ["include", "src", "build/release"]
    command = ["c++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-D_GNU_SOURCE", "-x", "c++"]
    result = subprocess.run([*command, *(f"-I{path}" for path in paths), "-include", header, "/dev/null"],
                            cwd=ROOT, capture_output=True, text=True)
    return "" if result.returncode == 0 else result.stderr


def first_includes():
    """The headers that stand first in a file of the library, before anything that could hide what they lack."""
    texts = (file.read_text() for file in (ROOT / "src").rglob("*.cc") if not file.stem.endswith("_test"))
    return {ROOT / "src" / found[1] for found in (re.search(r'^#include [<"](.*)[>"]', text, re.M) for text in texts) if found}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=2)
    headers = sorted((ROOT / "include").rglob("*.h")) + sorted(set((ROOT / "src").rglob("*.h")) - first_includes())
    with concurrent.futures.ThreadPoolExecutor(options.parse_args().jobs) as pool:
        complaints = list(pool.map(compile_alone, headers))
    for header, complaint in zip(headers, complaints):
        if complaint:
            print(f"{header.relative_to(ROOT)} does not compile by itself:\n{complaint}")
    failed = sum(map(bool, complaints))
    print(f"{len(headers) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
