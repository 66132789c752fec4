"""Checks every #include of include/, src/, tools/ and examples/ against docs/layers.txt, then itself.

  1. A file of src/X belongs to layer X; a public header to the layer that it names: "// Layer: X (docs/layers.txt)".
  2. A layer includes only itself and the layers below it, or the rooms of one that it names. Tests of the layers listed after sim may include sim too.
  3. A public header includes only public headers, the standard library and system headers.
  4. An example includes no header of src/: it is what a user of the library would write.
  5. In a layer, a quoted #include names a file that is there, or one that the build makes in a layer's folder.
  6. No header of src/ hides a system header, as src/sys/socket.h would hide <sys/socket.h>.
  7. A folder in a layer is one of its rooms, and includes only itself and the rooms below it. What lies directly in the
     layer's folder stands above them. Tests may use their whole layer.
  8. No folder of include/, src/, tools/ or web/ has more than 32 files directly in it (include/loquat 40), and
     docs/README.md lists each with its number.
"""
import os
import pathlib
import re
import shutil
import sys
import tempfile

STANDARD = set("""algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes
climits clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator semaphore set
shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view strstream syncstream
system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray variant vector
version""".split())
SYSTEM = re.compile(r"(sys|netinet|arpa|net|linux|asm)/.*|(errno|fcntl|limits|netdb|poll|pthread|sched|signal|stdarg|stddef"
                    r"|stdint|stdio|stdlib|string|time|unistd)\.h")
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
MAX_FILES = 32
MORE_FILES = {"include/loquat/": 40}  # programs include these by their path, so they cannot move into folders
NOT_CODE = ("node_modules", "dist", "files")  # files: what the command embeds
LISTED = re.compile(r"^([\w/]+/) +(\d+)  ", re.M)
LAYER_LINE = re.compile(r"^// Layer: ([a-z]+) \(docs/layers\.txt\)", re.M)


def hides_system_header(name):
    return any((folder / name).exists() for folder in (pathlib.Path("/usr/include"), *pathlib.Path("/usr/include").glob("*-linux-gnu*")))


def is_test(path):
    return "_test" in path.stem or path.stem.startswith("test_")


class Tree:
    """One checkout: its layers, its files and their faults."""

    def __init__(self, root):
        self.root = root
        self.problems = []
        self.includes = 0
        self.allowed, self.rooms = self.read_layers()
        self.files = [file for folder in ("include", "src", "tools", "examples")
                      for file in sorted((root / folder).rglob("*")) if file.suffix in (".h", ".cc", ".c")]
        for file in self.files:
            self.check(file)
        self.check_folders()

    def read_layers(self):
        """Maps each layer, and each room "layer/room", to the set that it may include: itself and all below it."""
        layers, rooms = {}, {}
        for line in (self.root / "docs/layers.txt").read_text().splitlines():
            if not line.strip() or line.startswith("#"):
                continue
            name, below = line.strip().split(":")
            allowed = rooms if "/" in name else layers
            allowed[name] = {name}
            for other in below.split():
                if other not in layers | rooms or other.split("/")[0] != name.split("/")[0] and allowed is rooms:
                    self.problems.append(f"docs/layers.txt: {name} names {other}, which does not stand above it in the file")
                allowed[name] |= (layers | rooms).get(other, set())
        return layers, rooms

    def check_folders(self):
        """Each folder's size against the limit, and against the list in docs/README.md."""
        listed = dict(LISTED.findall((self.root / "docs/README.md").read_text()))
        for part in ("include", "src", "tools", "web"):
            for folder, folders, files in os.walk(self.root / part):
                folders[:] = [name for name in folders if name not in NOT_CODE]
                name = pathlib.Path(folder).relative_to(self.root).as_posix() + "/"
                most = MORE_FILES.get(name, MAX_FILES)
                if len(files) > most:
                    self.problems.append(f"{name}: {len(files)} files in one folder; {most} are enough")
                if len(files) != int(listed.pop(name, 0)):
                    self.problems.append(f"{name}: docs/README.md does not list it with its {len(files)} files")
        self.problems += [f"{name}: docs/README.md lists it, and it is not there" for name in listed]

    def layer_of(self, path):
        """The layer of a file, as a path from the root, or None for those that are in no layer (tools, examples)."""
        if path.parts[0] == "src":
            return path.parts[1]
        if path.parts[0] == "include":
            found = LAYER_LINE.search((self.root / path).read_text())
            return found[1] if found else ""
        return None

    def room_of(self, path):
        """ "layer/room" for a file of src/layer/room/, or None for one directly in src/layer/ and for all others."""
        return "/".join(path.parts[1:3]) if path.parts[0] == "src" and len(path.parts) > 3 else None

    def resolve(self, file, quoted, name):
        """The path of the file that `file` includes as `name`; None if it is not in the repository."""
        for folder in (file.parent, self.root / "include", self.root / "src"):
            found = (folder / name).resolve()
            if found.is_file() and found.is_relative_to(self.root):
                return found.relative_to(self.root)
        if quoted and name.split("/")[0] in self.allowed:
            return pathlib.Path("src", name)
        return None

    def check(self, file):
        path = file.relative_to(self.root)
        layer = self.layer_of(path)
        if layer is not None and layer not in self.allowed:
            self.problems.append(f"{path}: its layer '{layer}' is not in docs/layers.txt" if layer else
                                 f"{path}: no line '// Layer: NAME (docs/layers.txt)'")
            return
        if path.parts[0] == "src" and file.suffix == ".h" and hides_system_header(path.relative_to("src")):
            self.problems.append(f"{path}: would be taken for <{path.relative_to('src')}>")
        room = self.room_of(path)
        if room is not None and room not in self.rooms:
            self.problems.append(f"{path}: its room '{room}' is not in docs/layers.txt")
            return
        text = file.read_text()
        for found in INCLUDE.finditer(text):
            self.includes += 1
            problem = self.why_not(path, layer, found[1] == '"', found[2])
            if problem:
                line = text.count("\n", 0, found.start()) + 1
                self.problems.append(f"{path}:{line}: {problem}")

    def why_not(self, path, layer, quoted, name):
        target = self.resolve(self.root / path, quoted, name)
        public = path.parts[0] == "include"
        if target is None:
            if quoted and layer is not None:
                return f'there is no "{name}"'
            if public and name not in STANDARD and not SYSTEM.fullmatch(name):
                return f"a public header includes <{name}>, which is neither the standard library's nor the system's"
            return None
        if public and target.parts[0] != "include":
            return f"a public header includes {target}, which is not installed"
        if path.parts[0] == "examples" and target.parts[0] == "src":
            return f"an example includes {target}, which is not installed"
        below = self.layer_of(target)
        if layer is not None and below is not None and not {below, self.room_of(target)} & self.may_include(path, layer):
            return f"{layer} includes {name}, which is of {self.room_of(target) or below}; {layer} may include {', '.join(sorted(self.allowed[layer]))}"
        return self.why_not_in_room(path, target) if layer is not None and layer == below else None

    def why_not_in_room(self, path, target):
        """Checks an #include within one layer: `path` includes `target`."""
        room, other = self.room_of(path), self.room_of(target)
        if room is None or other in self.rooms[room] or is_test(path):
            return None
        return f"{room} includes {target.name}, which is of {other or 'no room'}; it may include {', '.join(sorted(self.rooms[room]))}"

    def may_include(self, path, layer):
        order = list(self.allowed)
        simulated = is_test(path) and "sim" in order and order.index(layer) > order.index("sim")
        return self.allowed[layer] | ({"sim"} if simulated else set())


# Planted faults: (file, line to add, the expected message).
PLANTS = [
    ("src/base/planted.cc", '#include "net/planted.h"', "base includes net/planted.h, which is of net"),
    ("src/sched/planted.h", '#include "loquat/planted.h"', "which is of chat"),
    ("include/loquat/error.h", "#include <boost/asio.hpp>", "neither the standard library's nor the system's"),
    ("include/loquat/error.h", '#include "base/planted.h"', "which is not installed"),
    ("include/loquat/bare.h", "#include <string>", "no line '// Layer"),
    ("src/net/planted_test.cc", '#include "loquat/testing.h"', "which is of sim"),
    ("src/http/planted.cc", '#include "loquat/testing.h"', "which is of sim"),
    ("src/base/planted.cc", '#include "nowhere.h"', 'there is no "nowhere.h"'),
    ("src/sys/socket.h", "#include <string>", "would be taken for <sys/socket.h>"),
    ("src/chat/planted.cc", '#include "codec/irc/message.h"', "chat includes codec/irc/message.h, which is of codec/irc"),
    ("src/wire/trace/planted.cc", '#include "wire/why/why.h"', "wire/trace includes why.h, which is of wire/why"),
    ("src/codec/text/planted.cc", '#include "codec/sniff.h"', "codec/text includes sniff.h, which is of no room"),
    ("src/doors/irc/planted.cc", '#include "doors/text/door.h"', "doors/irc includes door.h, which is of doors/text"),
    ("src/wire/attic/planted.cc", "#include <string>", "its room 'wire/attic' is not in docs/layers.txt"),
    ("src/attic/planted.cc", "#include <string>", "its layer 'attic' is not in docs/layers.txt"),
    ("examples/planted.cc", '#include "base/planted.h"', "an example includes"),
]


FOLDERS = [("src/heap", f"{MAX_FILES + 1} files", "are enough"), ("src/heap", "no line", "does not list it with its 33 files")]


def missed_plants(root):
    """Plants every fault in one copy; returns those that the check missed."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder).resolve()
        for part in ("docs", "include", "src"):
            shutil.copytree(root / part, copy / part)
        for name, line in (("src/base/planted.h", ""), ("src/net/planted.h", ""),
                           ("include/loquat/planted.h", "// Layer: chat (docs/layers.txt)."), *(plant[:2] for plant in PLANTS)):
            (copy / name).parent.mkdir(exist_ok=True)
            with (copy / name).open("a") as file:
                file.write(line + "\n")
        (copy / "src/heap").mkdir()
        for number in range(MAX_FILES + 1):
            (copy / f"src/heap/{number}.md").touch()
        found = Tree(copy).problems
    return [f"self-test: {line} in {name} went unnoticed" for name, line, expected in PLANTS + FOLDERS
            if not any(problem.startswith(name) and expected in problem for problem in found)]


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    tree = Tree(root)
    missed = missed_plants(root)
    for line in tree.problems + missed:
        print(line)
    print(f"layers: {tree.includes} includes of {len(tree.files)} files, {len(PLANTS + FOLDERS)} planted faults")
    passed = (not tree.problems) + len(PLANTS + FOLDERS) - len(missed)
    failed = bool(tree.problems) + len(missed)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
