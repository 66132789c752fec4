"""loquat-gdb.py - gdb's commands for the fibers of a program that uses Loquat, live or from a core file.

    (gdb) info fibers                 all fibers: number, name, where they were spawned, what they wait for
    (gdb) fiber 9                     bt, up, frame and info locals then show that fiber's stack
    (gdb) fiber                       which fiber is shown
    (gdb) fiber none                  the thread's own stack again; so does letting the program run
    (gdb) fiber apply all bt 8        a command for each fiber; numbers instead of `all` select fibers
    (gdb) fiber gcore FILE            gcore, with the fibers' stacks, which gcore alone may leave out

gdb loads the file with libloquat.so; in a program that is linked with the static library, `source` it. It calls no
function of the program and changes none of its registers. docs/debugging.md tells more.

The library describes itself in the symbol `loquat_debug` (src/sched/workers.cc): the list of its runs, and the offset
of each member that is read here. So no debug information is needed.
"""
import itertools
import struct
import time
import types

import gdb
import gdb.unwinder

VERSION = 1


class Trouble(gdb.GdbError):
    """Becomes the command's only line."""


# ---- memory ----------------------------------------------------------------------------------------------------------

def read(address, layout):
    return struct.unpack(layout, gdb.selected_inferior().read_memory(address, struct.calcsize(layout)))[0]


def word(address):
    return read(address, "Q")


def text(address, limit=200):
    """The C string there, read in pieces that cross no page."""
    found = b""
    while address and len(found) < limit and b"\0" not in found:
        at = address + len(found)
        found += bytes(gdb.selected_inferior().read_memory(at, 64 - at % 64))
    return "".join(c if c.isprintable() else "?" for c in found.split(b"\0")[0][:limit].decode("utf-8", "replace"))


class Object:
    """A C++ object: `o.word("next")` reads the member that the library's table calls "Kind::next"."""

    def __init__(self, table, kind, address):
        self.table, self.kind, self.address = table, kind, address

    def place(self, member):
        return self.address + self.table[f"{self.kind}::{member}"]

    def read(self, member, layout):
        return read(self.place(member), layout)

    def word(self, member):
        return word(self.place(member))

    def follow(self, member, kind):
        """The object that the member points to; None: the null pointer."""
        address = self.word(member)
        return Object(self.table, kind, address) if address else None

    def list(self, member, kind, link="next"):
        """The objects of a linked list that begins in the member."""
        at, known = self.follow(member, kind), set()
        while at and at.address not in known:
            known.add(at.address)
            yield at
            at = at.follow(link, kind)


def symbol(name):
    try:
        return int(gdb.parse_and_eval(f"(unsigned long)&{name}"))
    except gdb.error:
        return None


def table_and_runs():
    address = symbol("loquat_debug")
    if address is None:
        raise Trouble("There is no symbol `loquat_debug`: the program does not use Loquat, or an older one, or it is "
                      "linked with the static library and stripped. Then gdb needs the unstripped program (`file "
                      "PROGRAM`) or its debug symbols (`symbol-file FILE`).")
    try:
        version, runs = word(address), word(address + 8)
        if version != VERSION:
            raise Trouble(f"The library describes its fibers in version {version}, this file knows version {VERSION}: "
                          "source the loquat-gdb.py of that library.")
        table = {}
        for at in itertools.count(address + 16, 16):
            if word(at) == 0:
                break
            table[text(word(at))] = word(at + 8)
        word(runs)
    except gdb.MemoryError:
        raise Trouble("The memory of the program cannot be read: start it, attach to it, or load a core file (and the "
                      "program that wrote it).")
    return table, runs


# ---- what there is ---------------------------------------------------------------------------------------------------

class Fiber:
    def __init__(self, run, worker, task, several):
        self.run, self.worker, self.task = run, worker, task
        self.number = task.word("number")
        self.id = f"{run.index}.{self.number}" if several else str(self.number)
        self.running = worker.word("running") == task.address
        self.stack = task.follow("stack", "Stack")

    def thread(self):
        """The thread that runs the fiber; None: it is not running, or that thread is not there."""
        if not self.running:
            return None
        lwp, threads = self.worker.read("thread", "i"), gdb.selected_inferior().threads()
        return next((each for each in threads if lwp in each.ptid[1:]), None) or next(
            (each for each in threads if self.owns(registers_of(each)[0])), None)  # of a simulation

    def owns(self, address):
        """Whether the address is in the fiber's stack."""
        low = self.stack.word("low") if self.stack else 0
        return self.stack is not None and low <= address < low + self.stack.word("size")

    def name(self):
        for local in self.task.list("locals", "Local"):
            if local.word("key") == 0 and "Local::name" in self.task.table:
                value = local.word("name")
                return text(word(value)) if value else ""
        return ""

    def spawned(self):
        file = self.task.word("file")
        if file:
            path = text(file)
            while path.startswith("../"):
                path = path[3:]
            return f"{path}:{self.task.read('line', 'I')}"
        return "main" if self.number == 1 else type_name(self.task.address)

    def doing(self):
        if self.stack is None:
            return "not begun"
        if self.running:
            thread = self.thread()
            return "running" + (f" in thread {thread.num}" if thread else "")
        if self.task.read("ready", "?"):
            return "ready"
        call = self.task.word("call")
        what = text(call) if call else "waiting"
        descriptor = self.task.read("descriptor", "i")
        if call and descriptor >= 0:
            what += f" on {descriptor}"
        return what + self.run.since(self.task.word("waits_since"))

    def stack_use(self):
        if self.stack is None:
            return ""
        size, thread = self.stack.word("size"), self.thread()
        at = registers_of(thread)[0] if thread else self.task.word("point")
        if (self.running and not thread) or not self.owns(at):
            return f", stack of {kibibytes(size)} KiB"
        return f", stack {kibibytes(self.stack.word('low') + size - at)} of {kibibytes(size)} KiB"

    def line(self):
        name = self.name()
        return (f"{self.id} " + (f"{name}, " if name else "") +
                f"{self.spawned()}, on worker {self.worker.word('index')}, {self.doing()}{self.stack_use()}")


class Run:
    """A call of run() or simulate() that has not returned."""

    def __init__(self, index, workers):
        self.index = index
        begin, end = word(workers.place("workers")), word(workers.place("workers") + 8)
        self.workers = [Object(workers.table, "Worker", word(at)) for at in range(begin, end, 8)]
        self.is_kernel = workers.read("is_kernel", "?")
        self.first = workers.word("first_ticks"), workers.read("first_time", "q")
        self.set_clock()

    def set_clock(self):
        """A tick in nanoseconds and the present in ticks, if they are known: ticks have no fixed length, and a core
        file has no clock. None: no worker has noted a time yet."""
        self.tick, self.present = 1, max(worker.word("turn_time") for worker in self.workers)
        self.at_least = "" if is_live() or not self.is_kernel else "at least "
        if not self.is_kernel:
            return
        ticks, clock = max((worker.word("clock_turn"), worker.read("clock_time", "q")) for worker in self.workers)
        known = ticks > self.first[0] and clock > self.first[1]
        self.tick = (clock - self.first[1]) / (ticks - self.first[0]) if known else None
        if known and is_live():
            self.present = ticks + (time.clock_gettime_ns(time.CLOCK_MONOTONIC) - clock) / self.tick

    def since(self, moment):
        return "" if self.tick is None else (
            f" since {self.at_least}{seconds(max(0, self.present - moment) * self.tick / 1e9)}")


def fibers():
    table, newest = table_and_runs()
    table["Root::runs"] = 0
    runs = list(Object(table, "Root", newest).list("runs", "Workers"))
    found = []
    for index, workers in enumerate(reversed(runs), 1):
        run = Run(index, workers)
        of_run = [Fiber(run, worker, task, len(runs) > 1) for worker in run.workers
                  for task in worker.list("tasks", "Task") if not task.read("done", "?")]
        found += sorted(of_run, key=lambda fiber: fiber.number)
    return found


def is_live():
    return getattr(getattr(gdb.selected_inferior(), "connection", None), "type", "") == "native"


def seconds(value):
    return f"{value * 1e3:.0f} ms" if value < 1 else f"{value:.1f} s"


def kibibytes(size):
    return (size + 1023) // 1024


def type_name(address):
    """The type of an object with virtual functions, which its std::type_info names."""
    name = text(word(word(word(address) - 8) + 8), 2000).lstrip("*")
    said = gdb.execute(f"demangle -l c++ -- _ZTI{name}", to_string=True)
    return said.strip().removeprefix("typeinfo for ")


def registers_of(thread):
    """Stack pointer and program counter of the innermost frame."""
    before = gdb.selected_thread()
    enabled, unwinder.enabled = unwinder.enabled, False
    gdb.invalidate_cached_frames()
    try:
        thread.switch()
        return place_of(gdb.newest_frame())
    finally:
        unwinder.enabled = enabled
        gdb.invalidate_cached_frames()
        if before:
            before.switch()


def is_x86_64():
    return gdb.selected_inferior().architecture().name() == "i386:x86-64"


# ---- stacks ----------------------------------------------------------------------------------------------------------

# Where a fiber that is not running has kept its registers, in words from Task::point: src/sched/stack/jump.cc and
# Boost.Context's jump_x86_64_sysv_elf_gas.S. Its stack goes on above them.
KEPT = {"own": ("", "r15", "r14", "r13", "r12", "rbx", "rbp", "rip"),
        "boost": ("", "r12", "r13", "r14", "r15", "rbx", "rbp", "rip")}


def kept_registers(fiber):
    point = fiber.task.word("point")
    kind = KEPT["boost" if "boost jump" in fiber.task.table else "own"]
    kept = {name: word(point + 8 * i) for i, name in enumerate(kind) if name}
    return {**kept, "rsp": point + 8 * len(kind)}


class FiberUnwinder(gdb.unwinder.Unwinder):
    """Tells gdb that the innermost frame of the thread was called by the fiber. FiberOnly hides that frame."""

    def __init__(self):
        super().__init__("loquat-fiber")
        self.enabled = False
        self.fiber = None

    def show(self, fiber):
        self.hide()
        carrier = gdb.selected_thread()
        self.below, self.registers = registers_of(carrier), kept_registers(fiber)
        self.fiber, self.thread, self.enabled = fiber, carrier.ptid, True
        only_its_frames.enabled = True
        gdb.invalidate_cached_frames()
        first_of_fiber().select()

    def hide(self):
        if self.enabled:
            self.enabled, self.fiber, only_its_frames.enabled = False, None, False
            gdb.invalidate_cached_frames()

    def is_shown(self):
        """Whether the fiber is what gdb shows now, and not another thread that the user has selected."""
        thread = gdb.selected_thread()
        return self.enabled and thread is not None and thread.ptid == self.thread

    def __call__(self, pending):
        rsp, rip = pending.read_register("rsp"), pending.read_register("rip")
        if not self.is_shown() or (int(rsp), int(rip) & (1 << 64) - 1) != self.below:
            return None
        found = pending.create_unwind_info(
            types.SimpleNamespace(sp=gdb.Value(self.fiber.task.word("point")), pc=rip))
        for name, value in self.registers.items():
            found.add_saved_register(name, gdb.Value(value).cast(pending.read_register(name).type))
        return found


def place_of(frame):
    return int(frame.read_register("rsp" if is_x86_64() else "sp")), frame.pc()


def first_of_fiber():
    frame = gdb.newest_frame()
    while frame and place_of(frame) == unwinder.below:
        frame = frame.older()
    if frame is None or frame.pc() == 0:
        unwinder.hide()
        raise Trouble("The fiber's stack is not in this core file. gdb's gcore leaves it out on Linux 6.13 and later, "
                      "since it has a guard page; the kernel's own core files and those of `fiber gcore` have it.")
    return frame


class FiberOnly:
    """A frame filter: leaves out the frames of the thread that a fiber is shown on."""

    def __init__(self):
        self.name, self.priority, self.enabled = "loquat-fiber", 1000, False  # bt looks different with any filter
        gdb.frame_filters[self.name] = self

    def filter(self, frames):
        if not unwinder.is_shown():
            return frames
        own = itertools.dropwhile(lambda each: place_of(each.inferior_frame()) == unwinder.below, frames)
        return itertools.takewhile(lambda each: each.inferior_frame().pc() != 0, own)


# ---- commands --------------------------------------------------------------------------------------------------------

def select(fiber):
    """Makes gdb show the fiber."""
    if fiber.stack is None:
        raise Trouble(f"Fiber {fiber.id} has not begun, so it has no stack.")
    if fiber.running:
        unwinder.hide()
        thread = fiber.thread()
        if thread is None:
            raise Trouble(f"Fiber {fiber.id} is running, but there is no thread that runs it.")
        thread.switch()
        return gdb.newest_frame().select()
    if not is_x86_64():
        raise Trouble("Stacks of fibers that wait can be shown on x86-64 only; `info fibers` works here too.")
    if gdb.selected_thread() is None:
        gdb.selected_inferior().threads()[0].switch()
    unwinder.show(fiber)


def chosen(words):
    """The fibers that the numbers name."""
    known = {fiber.id: fiber for fiber in fibers()}
    missing = [each for each in words if each not in known]
    if missing:
        raise Trouble(f"There is no fiber {missing[0]}; `info fibers` lists them.")
    return [known[each] for each in words]


class InfoFibers(gdb.Command):
    """List the fibers of a program that uses Loquat: number, name, place of spawn(), worker, and what each does.
`*` is the one that is shown. The numbers are for `fiber`; with several runs in the process they are RUN.NUMBER."""

    def __init__(self):
        super().__init__("info fibers", gdb.COMMAND_STATUS)

    def invoke(self, argument, from_tty):
        found = fibers()
        if not found:
            print("No fibers: run() has not been called yet, or it has returned.")
        here = gdb.selected_thread()
        for fiber in found:
            shown = fiber.task.address == unwinder.fiber.task.address if unwinder.is_shown() else (
                fiber.running and here is not None and fiber.thread() == here)
            print(("* " if shown else "  ") + fiber.line())


class FiberCommand(gdb.Command):
    """Show the stack of a fiber: `fiber 9`. Then bt, up, down, frame and info locals are about that fiber.
`fiber` says which one is shown; `fiber none` shows the thread again. `fiber apply all bt` is a command for each."""

    def __init__(self):
        super().__init__("fiber", gdb.COMMAND_STACK, prefix=True)

    def invoke(self, argument, from_tty):
        words = argument.split()
        if words == ["none"]:
            unwinder.hide()
            if gdb.selected_thread() is not None:
                gdb.execute("frame")
        elif not words:
            shown = unwinder.is_shown()
            print(f"fiber {unwinder.fiber.line()}" if shown else "No fiber is shown: `info fibers` lists them.")
        elif len(words) > 1:
            raise Trouble("fiber NUMBER, fiber none, or fiber apply NUMBER... COMMAND")
        else:
            fiber = chosen(words)[0]
            select(fiber)
            print(f"[fiber {fiber.line()}]")
            gdb.execute("frame")


class FiberApply(gdb.Command):
    """Do a command for fibers: `fiber apply all bt`, `fiber apply 3 9 bt 5`."""

    def __init__(self):
        super().__init__("fiber apply", gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        words = argument.split()
        numbers = list(itertools.takewhile(lambda each: each == "all" or each[0].isdigit(), words))
        command = " ".join(words[len(numbers):])
        if not numbers or not command:
            raise Trouble("fiber apply all COMMAND, or fiber apply NUMBER... COMMAND")
        thread, before = gdb.selected_thread(), unwinder.fiber
        try:
            for fiber in fibers() if numbers == ["all"] else chosen(numbers):
                print(f"\nfiber {fiber.line()}")
                if fiber.stack is not None:
                    self.do(fiber, command)
        finally:
            unwinder.hide()
            if thread is not None:
                thread.switch()
            if before is not None:
                select(before)

    @staticmethod
    def do(fiber, command):
        try:
            select(fiber)
            gdb.execute(command)
        except gdb.error as error:
            print(error)


class FiberGcore(gdb.Command):
    """Write a core file of the process, with the stacks of its fibers: `fiber gcore FILE`.
gcore gives up a mapping of which it cannot read a page, and the guard pages of stacks are such pages."""

    def __init__(self):
        super().__init__("fiber gcore", gdb.COMMAND_STACK, gdb.COMPLETE_FILENAME)

    def invoke(self, argument, from_tty):
        name = argument.strip()
        if not name:
            raise Trouble("fiber gcore FILE")
        unwinder.hide()
        found = fibers()
        gdb.execute(f"gcore {name}")
        with open(name, "r+b") as core:
            segments = list(loaded_segments(core))
            for fiber in found:
                if fiber.stack is not None:
                    copy_stack(fiber, core, segments)


def loaded_segments(core):
    """Address, size and place in the file of what an ELF file of 64 bits has of the memory: elf(5)."""
    core.seek(0x20)
    start = struct.unpack("Q", core.read(8))[0]
    core.seek(0x36)
    size, count = struct.unpack("HH", core.read(4))
    for i in range(count):
        core.seek(start + i * size)
        kind, _, offset, address, _, in_file = struct.unpack("IIQQQQ", core.read(40))
        if kind == 1:
            yield address, in_file, offset


def copy_stack(fiber, core, segments, page=4096):
    """The Stack object lies at the stack's upper end, in its last page."""
    thread = fiber.thread()
    at = registers_of(thread)[0] if thread else fiber.task.word("point")
    at = at // page * page if fiber.owns(at) else fiber.stack.word("low")
    size = fiber.stack.address // page * page + page - at
    for address, in_file, offset in segments:
        if address <= at and at + size <= address + in_file:
            core.seek(offset + at - address)
            core.write(gdb.selected_inferior().read_memory(at, size))


only_its_frames = FiberOnly()
unwinder = FiberUnwinder()
gdb.unwinder.register_unwinder(None, unwinder, replace=True)
gdb.events.cont.connect(lambda event: unwinder.hide())
InfoFibers()
FiberCommand()
FiberApply()
FiberGcore()
