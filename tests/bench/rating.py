"""Call records rated a second, beside plain SQLite reading and writing the same rows."""

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from appliance.acd.ids import LineName
from appliance.acd.plan import Hours, OpenSpan
from appliance.billing.rating import rate_call
from appliance.billing.tariffs import Rate, RateTable

RECORDS = 50_000
PREFIXES = 10_000
CALENDARS = 50
YEAR_MS = 365 * 86_400_000
YEAR_FROM_MS = 1_767_225_600_000
"""2026-01-01T00:00Z."""
Row = tuple[int, str, str, int, int]


def rate_table(chance: random.Random) -> RateTable:
    """As large as a carrier's list: prefixes of two to seven digits, each with a rate by day and one by night."""
    prefixes = {"", "34", "346", "347"}
    while len(prefixes) < PREFIXES:
        prefixes.add(str(chance.randrange(10, 9_999_999)))
    zones = ("Europe/Madrid", "America/Mexico_City", "America/Bogota", "Atlantic/Canary", "UTC")
    days = tuple(range(7))
    spans = [(OpenSpan(days[: number % 7 + 1], 400 + number, 1000 + number),) for number in range(CALENDARS)]
    calendars = {f"c{number}": Hours(zones[number % len(zones)], spans[number]) for number in range(CALENDARS)}
    rates = []
    for number, prefix in enumerate(sorted(prefixes)):
        price = chance.randrange(500_000)
        rates.append(Rate(prefix, "out", prefix, None, "", 10_000, price, 30, 6))
        rates.append(Rate(prefix, "out", prefix, None, "", 10_000, price * 2, 60, 30, "2", f"c{number % CALENDARS}"))
    return RateTable(rates, "EUR", calendars)


def filled(path: Path, chance: random.Random) -> sqlite3.Connection:
    """A table of calls to charge."""
    db = sqlite3.connect(path)
    db.execute(
        "create table calls (id integer primary key, number text, line text, at_utc_ms integer, talk_ms integer)"
    )
    db.execute("create table charges (id integer primary key, charge_micros integer)")
    rows = (
        (
            number,
            f"+{chance.randrange(10**10, 10**11)}",
            "operador",
            YEAR_FROM_MS + chance.randrange(YEAR_MS),
            chance.randrange(1, 600_000),
        )
        for number in range(RECORDS)
    )
    db.executemany("insert into calls values (?, ?, ?, ?, ?)", rows)
    db.commit()
    return db


def read_and_write(db: sqlite3.Connection, charge: Callable[[Row], int]) -> float:
    """Seconds to read every row, charge it, and write the charge, in one transaction."""
    db.execute("delete from charges")
    db.commit()
    began = time.perf_counter()
    rows = db.execute("select id, number, line, at_utc_ms, talk_ms from calls")
    db.executemany("insert into charges values (?, ?)", [(row[0], charge(row)) for row in rows])
    db.commit()
    return time.perf_counter() - began


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    chance = random.Random(1)
    table, line = rate_table(chance), LineName("operador")

    def rated(row: Row) -> int:
        return rate_call(table, "out", row[1], line, "", row[4], at_utc_ms=row[3]).total_micros

    with tempfile.TemporaryDirectory(prefix="rating-") as folder:
        db = filled(Path(folder) / "bench.sqlite3", chance)
        plain_s = min(read_and_write(db, lambda row: row[4]) for _ in range(5))
        rated_s = min(read_and_write(db, rated) for _ in range(5))
        db.close()
    only_rating = RECORDS / max(rated_s - plain_s, 1e-9)
    figures = {
        "rated_per_s": only_rating,
        "sqlite_read_write_per_s": RECORDS / plain_s,
        "read_rate_write_per_s": RECORDS / rated_s,
        "prefixes": PREFIXES,
        "calendars": CALENDARS,
    }
    if as_json:
        print(json.dumps(figures))
    print(f"plain SQLite read and write: {figures['sqlite_read_write_per_s']:,.0f} records/s")
    print(f"read, rate and write: {figures['read_rate_write_per_s']:,.0f} records/s")
    print(f"rating {only_rating:,.0f} records/s (target >= 20,000 with {PREFIXES:,} prefixes, {CALENDARS} calendars)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(False))
