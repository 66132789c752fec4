"""sqlite_peer.py DIR SECONDS: SQLite by itself. Prints "BATCH LINES_PER_SECOND" for batches of 1, 10 and 100."""
import pathlib
import sqlite3
import sys
import time

TEXT = "a line of ordinary length, as people write them when they talk to one another"


def measure(database, batch, seconds):
    began = now = time.monotonic()
    done = 0
    while now < began + seconds:
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT INTO line(time, kind, room, nick, text) VALUES (?, 1, 1, 'somebody', ?)",
                             [(time.time_ns() // 1_000_000, TEXT)] * batch)
        database.execute("COMMIT")
        done += batch
        now = time.monotonic()
    return done / (now - began)


def main():
    database = sqlite3.connect(pathlib.Path(sys.argv[1]) / "peer.db", isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute("PRAGMA synchronous=FULL")
    database.execute("CREATE TABLE line(seq INTEGER PRIMARY KEY, time INTEGER, kind INTEGER, room INTEGER, nick TEXT, "
                     "text TEXT)")
    database.execute("CREATE INDEX by_room ON line(room, seq)")
    for batch in (1, 10, 100):
        print(batch, round(measure(database, batch, float(sys.argv[2]))), flush=True)


if __name__ == "__main__":
    main()
