"""The output of tshark, capinfos and tcpdump for a capture file, for the tests that compare it with ours.

Fields are {name: [(bit offset, bit length, shown value), ...]} for each frame, from `tshark -T json -x`.
"""
import json
import shutil
import subprocess
import sys
import tempfile
import unittest

# tshark must look at each frame alone, as we do.
PREFERENCES = ["tcp.desegment_tcp_streams:FALSE", "tcp.relative_sequence_numbers:FALSE", "ip.defragment:FALSE",
               "ipv6.defragment:FALSE", "http.desegment_headers:FALSE", "http.desegment_body:FALSE",
               "http.decompress_body:FALSE", "tls.desegment_ssl_records:FALSE", "tcp.check_checksum:TRUE"]


def need(*programs):
    """Skips this test, with a reason, if a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            print(f"SKIP: {program} is not installed")
            sys.exit(77)


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, errors="surrogateescape", timeout=200, **options)


def tshark(*arguments, strict=True):
    """Returns its standard output. Ignores its warning about running as root, and without `strict` all others."""
    ran = run("tshark", "-n", *[word for preference in PREFERENCES for word in ("-o", preference)], *arguments)
    said = [line for line in ran.stderr.splitlines() if line and not line.startswith("Running as user")]
    assert not strict or (ran.returncode == 0 and not said), (arguments, said)
    return ran.stdout


class InFolder(unittest.TestCase):
    """Tests that share a temporary folder."""

    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(tempfile.TemporaryDirectory())


class Tree(list):
    """A JSON object as pairs, because tshark repeats names."""


def place(raw):
    """The (bit offset, bit length) of [hex, byte offset, bytes, mask, type]."""
    _, offset, length, mask, _ = raw
    if mask == 0:
        return offset * 8, length * 8
    width = max(length * 8, (mask.bit_length() + 7) // 8 * 8)  # tshark gives a length of one byte for a bit in two
    return offset * 8 + width - mask.bit_length(), mask.bit_length() - ((mask & -mask).bit_length() - 1)


def gather(tree, places, values):
    for name, value in tree:
        if isinstance(value, Tree):
            gather(value, places, values)
        elif isinstance(value, list) and value and isinstance(value[0], Tree):
            for branch in value:
                gather(branch, places, values)
        elif name.endswith("_raw") and isinstance(value, list):  # not a field with that ending: tcp.seq_raw
            raws = value if isinstance(value[0], list) else [value]
            places.setdefault(name[:-4], []).extend(place(raw) for raw in raws)
        else:
            values.setdefault(name, []).extend(value if isinstance(value, list) else [value])


def fields_of(file, *arguments, strict=True):
    frames = []
    for tree in json.loads(tshark("-r", file, "-T", "json", "-x", *arguments, strict=strict), object_pairs_hook=Tree):
        places, values = {}, {}
        gather(tree, places, values)
        frames.append((places, values))
    return frames


def number(text):
    """The number at the start of a value, or else the value."""
    word = text.split(" (")[0]
    try:
        return int(word, 0)
    except ValueError:
        return word.rstrip("\r\n")
