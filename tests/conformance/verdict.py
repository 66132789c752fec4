"""Turns the results into sentences about Loquat's faults."""
import faults
from lanes import FIBERS, OURS, Result

MOST_LATE = 50_000_000  # ns: the limit for a heartbeat fiber on the same worker


def of_tests(r, stock):
    """The faults of one module in one lane: a test that CPython passes must pass. `stock` is None without CPython's run."""
    for name, why in sorted(r.failed.items()):
        if stock is None or name in stock or name == r.module:
            yield f"{r.lane}: {name}: {why}"
    for name in sorted((stock or set()) - r.passed - set(r.failed)):
        yield f"{r.lane}: {name}: passes in CPython and {'is skipped' if name in r.skipped else 'did not run'} here"
    if not r.passed and not r.failed:
        yield f"{r.lane}: {r.module}: nothing ran"


def of_fibers(r):
    """That there were any, and that none had to wait long for another."""
    in_all, by_fibers = r.counts.get("late", [0, 0])
    if not 0 < by_fibers <= MOST_LATE:
        yield (f"{r.lane}: the heartbeat was {by_fibers / 1e6:.1f} ms late ({in_all / 1e6:.1f} ms with the time without a "
               f"processor); at most {MOST_LATE / 1e6:.0f} are allowed")
    if r.counts.get("recv", [0, 0])[1] == 0:
        yield f"{r.lane}: no fiber ever waited"


def judge(results):
    stock = {r.module: r.passed for r in results if r.lane == "stock"}
    for r in results:
        if r.lane not in OURS:
            continue
        if r.fault:
            known_by = "AddressSanitizer" if r.fault in faults.ASAN else ""
            if not any(known_by in why for why in r.failed.values()):
                yield f"{r.lane}: the planted fault {r.fault} was not found"
            continue
        yield from of_tests(r, stock.get(r.module))
        if r.lane in FIBERS and r.module == "test_socket":
            yield from of_fibers(r)


def self_test():
    """The judge must find what is planted here, and nothing else."""
    stock = Result("stock", "test_socket", "", {"a", "b"}, {"c": "no network"}, {}, {})
    good = Result("fiber-uring", "test_socket", "", {"a", "b"}, {"c": "no network"}, {},
                  {"recv": [9, 3], "late": [60_000_000, 1_000_000]})
    plants = [(good, ""), (good._replace(passed={"a"}, failed={"b": "wrong"}), "b: wrong"),
              (good._replace(passed={"a"}, skipped={"b": "why not"}), "b: passes in CPython and is skipped"),
              (good._replace(passed={"a"}), "b: passes in CPython and did not run"),
              (good._replace(counts={"recv": [9, 3], "late": [60_000_000, 51_000_000]}), "heartbeat was 51.0 ms late"),
              (good._replace(counts={"recv": [9, 0], "late": [2, 1]}), "no fiber ever waited"),
              (good._replace(counts={}), "heartbeat"), (good._replace(fault="overrun", failed={"b": "?"}), "overrun was not"), (good._replace(fault="deaf", failed={}), "deaf was not found")]
    for planted, expected in plants:
        said = "\n".join(judge([stock, planted]))
        if (expected not in said) if expected else said:
            yield f"self-test: of {planted} the judge said {said!r}, not {expected!r}"
