"""What tshark, capinfos and tcpdump say of a capture file, for the tests that compare them with ours.

Fields are {name: [(bit offset, bit length, shown value), ...]} for each frame, as `tshark -T json -x` tells them.
"""
import json
import shutil
import subprocess
import sys

# tshark is asked to look at each frame by itself, as we do.
PREFERENCES = ["tcp.desegment_tcp_streams:FALSE", "tcp.relative_sequence_numbers:FALSE", "ip.defragment:FALSE",
               "ipv6.defragment:FALSE", "http.desegment_headers:FALSE", "http.desegment_body:FALSE",
               "http.decompress_body:FALSE", "tls.desegment_ssl_records:FALSE", "tcp.check_checksum:TRUE"]


def need(*programs):
    """Ends this test as skipped, aloud, if a program is not installed."""
    for program in programs:
        if shutil.which(program) is None:
            print(f"SKIP: {program} is not installed")
            sys.exit(77)


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=200, **options)


def tshark(*arguments):
    """Its standard output; its complaint about being run as root is none about the file."""
    ran = run("tshark", "-n", *[word for preference in PREFERENCES for word in ("-o", preference)], *arguments)
    said = [line for line in ran.stderr.splitlines() if line and not line.startswith("Running as user")]
    assert ran.returncode == 0 and not said, (arguments, said)
    return ran.stdout


class Tree(list):
    """A JSON object as pairs: tshark repeats names."""


def place(raw):
    """The (bit offset, bit length) of [hex, byte offset, bytes, mask, type]."""
    _, offset, length, mask, _ = raw
    if mask == 0:
        return offset * 8, length * 8
    width = max(length * 8, (mask.bit_length() + 7) // 8 * 8)  # tshark gives one byte's length to a bit of two
    return offset * 8 + width - mask.bit_length(), mask.bit_length() - ((mask & -mask).bit_length() - 1)


def gather(tree, places, values):
    for name, value in tree:
        if isinstance(value, Tree):
            gather(value, places, values)
        elif isinstance(value, list) and value and isinstance(value[0], Tree):
            for branch in value:
                gather(branch, places, values)
        elif name.endswith("_raw") and isinstance(value, list):  # else a field whose name ends so: tcp.seq_raw
            raws = value if isinstance(value[0], list) else [value]
            places.setdefault(name[:-4], []).extend(place(raw) for raw in raws)
        else:
            values.setdefault(name, []).extend(value if isinstance(value, list) else [value])


def fields_of(file):
    frames = []
    for tree in json.loads(tshark("-r", file, "-T", "json", "-x"), object_pairs_hook=Tree):
        places, values = {}, {}
        gather(tree, places, values)
        frames.append((places, values))
    return frames


def number(text):
    """The number that a value begins with, or the value."""
    word = text.split(" (")[0]
    try:
        return int(word, 0)
    except ValueError:
        return word.rstrip("\r\n")
