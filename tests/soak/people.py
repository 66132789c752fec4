"""Simulated people on one server: they come, talk, paste, fall asleep and vanish, and note what they hear."""
import math
import random
import threading
import time
from array import array

from doors import KINDS, Gone, load_page, scan

ROOMS = ["#lobby", "#one", "#two", "#three", "#four"]
PASTE = 30  # lines


class Stay:
    """One client in one room, from join to leave: the numbers of the lines that it heard, in order."""

    def __init__(self, room, who):
        self.room, self.who = room, who
        self.heard = array("I")
        self.unheard = set()  # own lines, at a door without echo
        self.open = True


class Town:
    """The people of one server. `day` is the length of a day in seconds."""

    def __init__(self, name, port, people, day, seed):
        self.name, self.port, self.day = name, port, day
        self.began = time.monotonic()
        self.over = self.quiet = False
        self.stays = []
        self.counts = {"said": 0, "echoed": 0, "visits": 0, "cut off": 0, "pages": 0, "pastes": 0}
        self.faults = []
        self.lock = threading.Lock()
        self.people = [threading.Thread(target=Person(self, i, seed * 1000 + i).live, daemon=True) for i in range(people)]

    def start(self):
        for thread in self.people:
            thread.start()

    def join(self):
        for thread in self.people:
            thread.join(120)
            if thread.is_alive():
                raise AssertionError(f"{thread.name} still waits two minutes after the end")

    def activity(self):
        """From 0.1 at midnight to 1 at noon."""
        return 0.1 + 0.9 * math.sin(math.pi * (time.monotonic() - self.began) / self.day) ** 2

    def count(self, what, more=1):
        with self.lock:
            self.counts[what] += more
            return self.counts[what]

    def fault(self, text):
        with self.lock:
            self.faults.append(f"{self.name}: {text}")


class Person:
    def __init__(self, town, number, seed):
        self.town, self.number = town, number
        self.random = random.Random(seed)
        self.kind, self.tls = KINDS[number % len(KINDS)]
        self.visits = 0

    def live(self):
        while not self.town.over:
            if self.asleep() or self.town.quiet:
                time.sleep(0.5)
                continue
            try:
                self.visit()
            except (OSError, Gone) as error:
                self.town.count("cut off")
                self.cut_off = error
                time.sleep(self.random.uniform(0.2, 1))
            except Exception as error:  # a fault of the soak is to be seen, too
                self.town.fault(f"{type(error).__name__}: {error}")
                return

    def asleep(self):
        return self.number % 3 == 0 and self.town.activity() < 0.3

    def pause(self):
        return min(self.random.expovariate(1 / 12) / self.town.activity(), 60)

    def visit(self):
        self.visits += 1
        self.door = self.kind(self.town.port, f"p{self.number}-{self.visits % 2}", self.tls)
        self.stays = {}
        self.door.heard = self.hear
        try:
            self.door.enter()
            self.town.count("visits")
            for room in self.door.rooms or (ROOMS[0], ROOMS[1 + self.number % 4]):
                self.join(room)
            self.talk()
        finally:
            for stay in self.stays.values():
                stay.open = stay.open and self.town.over
            self.door.close()

    def talk(self):
        stays_until = time.monotonic() + self.random.expovariate(1 / 240)
        next_act = time.monotonic() + self.pause()
        while not self.town.over:
            self.door.receive(min(max(next_act - time.monotonic(), 0), 0.5) if not self.town.quiet else 0.2)
            now = time.monotonic()
            if self.town.quiet:
                continue
            if now > stays_until or self.asleep():
                return self.leave()
            if now >= next_act:
                self.act()
                next_act = now + self.pause()

    def leave(self):
        for stay in self.stays.values():
            stay.open = False
        if self.random.random() < 0.3:
            return self.door.vanish()
        self.door.quit()
        try:
            for _ in range(1000):
                self.door.receive(10)
        except (OSError, Gone):
            pass

    def act(self):
        choice = self.random.random()
        if choice < 0.78:
            self.say(1)
        elif choice < 0.80:
            self.town.count("pastes")
            self.say(PASTE)
        elif choice < 0.86:
            self.door.ask()
        elif choice < 0.93:
            self.town.count("pages")
            load_page(self.town.port, self.tls)
        elif choice < 0.94:
            scan(self.town.port)
        elif len(self.stays) > 1:
            room = list(self.stays)[-1]
            self.stays.pop(room).open = False
            self.door.part(room)
        else:
            self.join(self.random.choice(ROOMS[1:]))

    def join(self, room):
        if room in self.stays or (not self.door.echoes and room != "#lobby"):
            return
        self.stays[room] = Stay(room, f"{self.door.nick} {self.kind.__name__}")
        with self.town.lock:
            self.town.stays.append(self.stays[room])
        self.door.join(room)

    def say(self, lines):
        room = self.random.choice(list(self.stays))
        numbers = [self.town.count("said") for _ in range(lines)]
        if not self.door.echoes:
            self.stays[room].unheard.update(numbers)
        self.own = getattr(self, "own", set()) | set(numbers)
        self.door.say(room, [f"L{number:08} {'x' * self.random.randrange(120)}" for number in numbers])

    def hear(self, room, number):
        if stay := self.stays.get(room):
            stay.heard.append(number)
        if number in getattr(self, "own", ()):
            self.own.discard(number)
            self.town.count("echoed")
