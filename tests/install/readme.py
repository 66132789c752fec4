"""The README's echo server, as the reader would compile it."""
import pathlib
import re


def echo_program(repository):
    """The README's program, at most 15 lines, with a free port in place of 9000."""
    readme = pathlib.Path(repository, "README.md").read_text()
    program = re.search(r"<!-- from examples/echo\.cc -->\n```cpp\n(.*?)```", readme, re.S)[1]
    assert len(program.splitlines()) <= 15 and '{"", 9000}' in program, program
    return program.replace('{"", 9000}', '{"", 0}')
