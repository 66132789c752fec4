"""What must hold after a soak: nothing that anybody saw is lost, everybody saw everything in one order; and slopes."""
import collections
import re
import sqlite3
import statistics
import types

from doors import LINE


def history(path):
    """The numbers of the lines of each room, in the order of the history."""
    rooms = collections.defaultdict(list)
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        for name, text in database.execute(
                "SELECT room.name, event.text FROM event JOIN room ON room.id = event.room ORDER BY event.seq"):
            if found := re.match(LINE, text):
                rooms[name].append(int(found[1]))
    return rooms


def check(town, path):
    """Returns the faults, and the number of lines that were compared."""
    faults, compared = [], 0
    rooms = history(path)
    places = {}
    for name, numbers in rooms.items():
        for place, number in enumerate(numbers):
            if number in places:
                faults.append(f"{town.name}: line {number} is twice in the history")
            places[number] = (name, place)
    for stay in town.stays:
        compared += len(stay.heard)
        if fault := check_stay(stay, rooms[stay.room], places):
            faults.append(f"{town.name}: {stay.who} in {stay.room}: {fault}")
    return faults, compared


def test_itself():
    """The judge must see each fault that it looks for."""
    order = [3, 1, 4, 5]
    places = {number: ("#lobby", place) for place, number in enumerate(order)} | {6: ("#one", 0)}
    stay = types.SimpleNamespace(room="#lobby", open=True)
    for heard, own, wrong in (((3, 1, 4, 5), (), ""), ((4, 5), (), ""), ((3, 5), (1, 4), ""), ((3, 4, 5), (), "missed [1]"),
                              ((1, 3, 4, 5), (), "came 3"), ((3, 1, 1), (), "came 1"), ((4, 5, 6), (), "not in the history"),
                              ((7,), (), "not in the history"), ((3, 1, 4), (), "last lines were missed: [5]")):
        stay.heard, stay.unheard = heard, set(own)
        found = check_stay(stay, order, places)
        assert bool(found) == bool(wrong) and wrong in found, (heard, own, found)
    days = [{"time": 10 * day + hour, "x": 100 + day * 3.0} for day in range(5) for hour in range(10)]
    slope = Slope(days, "x", 10)
    assert slope.grows_more_than(1000) and not slope.grows_more_than(1100), slope.per_hour
    assert not Slope([{**d, "x": 100 + d["time"] % 10} for d in days], "x", 10).grows_more_than(1)


def check_stay(stay, order, places):
    """A client hears its room's history, from some place on, without a gap."""
    place = None
    for number in stay.heard:
        if places.get(number, ("",))[0] != stay.room:
            return f"line {number} was seen and is not in the history of the room"
        at = places[number][1]
        missed = [n for n in order[place + 1:at] if n not in stay.unheard] if place is not None else []
        if missed or (place is not None and at <= place):
            return f"after line {order[place]} came {number}; missed {missed[:5]}"
        place = at
    rest = [n for n in order[place + 1:] if n not in stay.unheard] if place is not None else []
    return f"the last lines were missed: {rest[:5]}" if stay.open and rest else ""


class Slope:
    """The growth of a figure in an hour, from its means over whole days, and the standard error of that."""

    def __init__(self, samples, key, day):
        days = collections.defaultdict(list)
        for sample in samples:
            days[int(sample["time"] // day)].append(sample[key])
        points = [(number * day / 3600, statistics.fmean(values)) for number, values in sorted(days.items())]
        self.mean = statistics.fmean(value for _, value in points)
        times = [time for time, _ in points]
        middle = statistics.fmean(times)
        spread = sum((time - middle) ** 2 for time in times)
        self.per_hour = sum((time - middle) * (value - self.mean) for time, value in points) / spread
        left = [value - self.mean - self.per_hour * (time - middle) for time, value in points]
        self.error = (sum(x * x for x in left) / max(len(points) - 2, 1) / spread) ** 0.5
        self.days = len(points)

    def grows_more_than(self, allowed):
        return self.per_hour - 2 * self.error > allowed
