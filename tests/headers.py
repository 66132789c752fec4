"""Compiles each header of include/ and src/, and each .cc of src/ and tools/, by itself, to check that it includes what it
uses and that a public header needs nothing from src/. The tested builds compile many files at once and would not notice.

A header that is the first #include of a file in src/ is checked by compiling that file. Tests are left out, because they
start with precompiled headers.
"""
import argparse
import concurrent.futures
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DEFINED = ["-D_GNU_SOURCE", '-DLOQUAT_VERSION=""', "-DSPDLOG_COMPILED_LIB", "-DSPDLOG_FMT_EXTERNAL"]
GENERATED = [f"build/release/tools/loquat/{name}" for name in ("loquat_page", "loquat_wire_files")]


def compile_alone(file):
    """Returns the compiler's errors, or an empty string."""
    paths = ["include"] if file.is_relative_to(ROOT / "include") else ["include", "src", "build/release", *GENERATED]
    command = ["c++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", *DEFINED, *(f"-I{path}" for path in paths)]
    command += ["-x", "c++", "-include", file, "/dev/null"] if file.suffix == ".h" else [file]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    return "" if result.returncode == 0 else result.stderr


def sources():
    return [file for folder in ("src", "tools") for file in sorted((ROOT / folder).rglob("*.cc"))
            if not file.stem.endswith("_test")]


def first_includes():
    """The headers that are the first #include of a file, where no other header can hide what they lack."""
    texts = (file.read_text() for file in sources())
    return {ROOT / "src" / found[1] for found in (re.search(r'^#include [<"](.*)[>"]', text, re.M) for text in texts) if found}


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=2)
    headers = sorted((ROOT / "include").rglob("*.h")) + sorted(set((ROOT / "src").rglob("*.h")) - first_includes())
    files = headers + sources()
    with concurrent.futures.ThreadPoolExecutor(options.parse_args().jobs) as pool:
        complaints = list(pool.map(compile_alone, files))
    for file, complaint in zip(files, complaints):
        if complaint:
            print(f"{file.relative_to(ROOT)} does not compile by itself:\n{complaint}")
    failed = sum(map(bool, complaints))
    print(f"{len(files) - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
