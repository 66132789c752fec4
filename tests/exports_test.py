#!/usr/bin/env python3
"""libloquat.so exports what loquat.h declares and what gdb reads (packaging/gdb), with its version, and nothing else.

usage: exports_test.py LIBRARY
"""
import pathlib
import re
import subprocess
import sys
import unittest

LIBRARY = sys.argv.pop(1)
HEADER = pathlib.Path(__file__).resolve().parent.parent / "include/loquat/loquat.h"
VERSION = "LOQUAT_0"


def exported(library):
    """Name and version of each symbol, as `nm` prints them: `0000000000008e20 T loquat_accept@@LOQUAT_0`."""
    listing = subprocess.run(["nm", "--dynamic", "--defined-only", "--with-symbol-versions", library], check=True,
                             capture_output=True, text=True).stdout
    return {line.split()[2] for line in listing.splitlines()} - {VERSION}


def declared(header):
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", header, flags=re.S)
    return set(re.findall(r"\b(loquat_\w+)\(", code))


class Exports(unittest.TestCase):
    def test_exports_exactly_the_headers_declarations(self):
        names = declared(HEADER.read_text(encoding="utf-8"))
        self.assertIn("loquat_recv", names)
        self.assertEqual(exported(LIBRARY), {f"{name}@@{VERSION}" for name in names | {"loquat_debug"}})

    def test_needs_only_the_libraries_in_the_readme(self):
        section = subprocess.run(["readelf", "--dynamic", "--wide", LIBRARY], check=True, capture_output=True, text=True)
        needed = set(re.findall(r"\(NEEDED\).*\[(.*?)\.so", section.stdout))
        self.assertIn("liburing", needed)
        self.assertLessEqual(needed, {"liburing", "libstdc++", "libm", "libgcc_s", "libc", "ld-linux-x86-64",
                                      "libboost_context"})
        self.assertIn("SONAME", section.stdout)

    def test_the_header_is_c(self):
        for language, standard in (("c", "c99"), ("c", "c17"), ("c++", "c++11")):
            subprocess.run(["cc", "-x", language, f"-std={standard}", "-Wall", "-Wextra", "-Werror", "-pedantic",
                            "-fsyntax-only", HEADER], check=True)

    def test_self(self):
        """A declaration in a comment does not count."""
        self.assertEqual(declared("/* loquat_no(1) */ int loquat_yes(int a); // loquat_no(2)"), {"loquat_yes"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
