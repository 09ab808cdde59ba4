"""Call records rated a second, beside plain SQLite reading and writing the same rows."""

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from appliance.acd.ids import LineName
from appliance.billing.rating import rate_call
from appliance.billing.tariffs import Rate, RateTable

RECORDS = 50_000
PREFIXES = 2_000
Row = tuple[int, str, str, int]


def rate_table(chance: random.Random) -> RateTable:
    """As large as a carrier's list: 2,000 prefixes of two to seven digits."""
    prefixes = {"", "34", "346", "347"}
    while len(prefixes) < PREFIXES:
        prefixes.add(str(chance.randrange(10, 9_999_999)))
    return RateTable(
        (
            Rate(prefix, "out", prefix, None, "", 10_000, chance.randrange(500_000), 30, 6)
            for prefix in sorted(prefixes)
        ),
        "EUR",
    )


def filled(path: Path, chance: random.Random) -> sqlite3.Connection:
    """A table of calls to charge."""
    db = sqlite3.connect(path)
    db.execute("create table calls (id integer primary key, number text, line text, talk_ms integer)")
    db.execute("create table charges (id integer primary key, charge_micros integer)")
    rows = (
        (number, f"+{chance.randrange(10**10, 10**11)}", "operador", chance.randrange(1, 600_000))
        for number in range(RECORDS)
    )
    db.executemany("insert into calls values (?, ?, ?, ?)", rows)
    db.commit()
    return db


def read_and_write(db: sqlite3.Connection, charge: Callable[[Row], int]) -> float:
    """Seconds to read every row, charge it, and write the charge, in one transaction."""
    db.execute("delete from charges")
    db.commit()
    began = time.perf_counter()
    rows = db.execute("select id, number, line, talk_ms from calls")
    db.executemany("insert into charges values (?, ?)", [(row[0], charge(row)) for row in rows])
    db.commit()
    return time.perf_counter() - began


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    chance = random.Random(1)
    table, line = rate_table(chance), LineName("operador")

    def rated(row: Row) -> int:
        return rate_call(table, "out", row[1], line, "", row[3]).total_micros

    with tempfile.TemporaryDirectory(prefix="rating-") as folder:
        db = filled(Path(folder) / "bench.sqlite3", chance)
        plain_s = min(read_and_write(db, lambda row: row[3]) for _ in range(5))
        rated_s = min(read_and_write(db, rated) for _ in range(5))
        db.close()
    only_rating = RECORDS / max(rated_s - plain_s, 1e-9)
    figures = {
        "rated_per_s": only_rating,
        "sqlite_read_write_per_s": RECORDS / plain_s,
        "read_rate_write_per_s": RECORDS / rated_s,
        "prefixes": PREFIXES,
    }
    if as_json:
        print(json.dumps(figures))
    print(f"plain SQLite read and write: {figures['sqlite_read_write_per_s']:,.0f} records/s")
    print(f"read, rate and write: {figures['read_rate_write_per_s']:,.0f} records/s")
    print(f"rating {only_rating:,.0f} records/s (target >= 100,000: a year of 500 calls a day in two seconds)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(False))
