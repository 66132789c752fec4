"""The README's echo server, as the reader would compile it."""
import pathlib
import re

AROUND = """\
#include <loquat/run.h>
#include <loquat/socket.h>
#include <iostream>
int main(int, char** argv) {
  const auto where = loquat::parse_host_port(argv[1]);
  loquat::run([&] {
%s
  });
}
"""


def echo_program(repository):
    """A whole program of at most 15 lines, that listens on a free port."""
    readme = pathlib.Path(repository, "README.md").read_text()
    block = re.search(r"<!-- from examples/06_echo_server\.cc#\w+ -->\n```cpp\n(.*?)```", readme, re.S)[1]
    program = block if "int main" in block else AROUND % block.rstrip("\n")
    assert len(program.splitlines()) <= 15, program
    return re.sub(r'(create_server\(\{"[^"]*", )\d+', r"\g<1>0", program)
