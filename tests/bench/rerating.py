"""A year of calls rated anew: where every charge changes, where none does, and interrupted in the middle."""

import json
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import msgspec

from appliance.acd.effects import Cdr, StoreCdr
from appliance.acd.ids import LineName
from appliance.billing.contracts import Contract, Contracts, Tax
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.connection import connect
from appliance.daemon.ledger_writes import INSERT
from appliance.daemon.migrations import migrate
from appliance.daemon.period_closing import Month, due
from appliance.daemon.rerating import Order, Progress, Rerating
from appliance.daemon.short_writes import store_for_job
from appliance.daemon.store_writes import Office, write
from tests.bench.rating import YEAR_FROM_MS, YEAR_MS, rate_table
from tests.daemon.records import cdr

CALLS = 1_000_000
CALLERS = 100_000
TARGET_S, TARGET_MB = 120, 200
MADE_AT_ONCE = 5_000
ORDER = Order(YEAR_FROM_MS, YEAR_FROM_MS + YEAR_MS, costs=True)


def office(dearer: int) -> Office:
    """A carrier's list of 10,000 prefixes and 50 calendars, and a contract by the minute; all dearer by so much."""
    carrier = rate_table(random.Random(1))
    rates = [
        msgspec.structs.replace(rate, rate_micros_per_minute=rate.rate_micros_per_minute + dearer)
        for rate in carrier.rates
    ]
    calendars = {name: one.hours for name, one in carrier.calendars.items()}
    minutes = [Rate("salientes", "out", "", None, "", 0, 150_000 + dearer, 60, 1)]
    contract = Contract("acme", "1", "Acme", "EUR", tax=Tax("IVA", 210_000), minutes=RateTable(minutes, "EUR"))
    return Office("oficina", RateTable(rates, "EUR", calendars), contracts=Contracts([contract]))


def year_of_calls(count: int) -> Iterator[Cdr]:
    """Answered calls out for one client, to people who are called about ten times each."""
    chance = random.Random(2)
    people = [f"+{chance.randrange(10**10, 10**11)}" for _ in range(CALLERS)]
    customer, agent = cdr().legs
    for number in range(1, count + 1):
        offered_at = YEAR_FROM_MS + YEAR_MS * number // (count + 1)
        talk_ms = chance.randrange(1, 600_000)
        legs = tuple(msgspec.structs.replace(leg, ended_ms=7_000 + talk_ms) for leg in (customer, agent))
        yield cdr(
            number,
            direction="out",
            line=LineName("operador"),
            called=chance.choice(people),
            client="Acme",
            offered_at=offered_at,
            answered_at=offered_at + 5_000,
            ended_at=offered_at + 7_000 + talk_ms,
            talk_ms=talk_ms,
            recording=None,
            legs=legs,
        )


def make(path: Path, count: int) -> float:
    """Seconds to put them into a store with the writer's own code."""
    began_s, now = time.perf_counter(), office(0)
    db = connect(path)
    migrate(db, path)
    db.execute("pragma synchronous = off")
    db.execute("pragma cache_size = -200000")
    calls = year_of_calls(count)
    for _ in range(0, count, MADE_AT_ONCE):
        db.execute("begin immediate")
        batch = [StoreCdr(call) for call in islice(calls, MADE_AT_ONCE)]
        write(db, 1, now, batch, YEAR_FROM_MS)
        db.execute("commit")
    db.execute("pragma wal_checkpoint(truncate)").fetchall()
    db.close()
    return time.perf_counter() - began_s


def plain(path: Path) -> float:
    """Seconds for SQLite alone to read every call and write as many lines as re-rating does, the same rows."""
    with store_for_job(path) as db:
        began_s = time.perf_counter()
        first, last = db.execute("select min(record), max(record) from calls").fetchone()
        head = db.execute("select max(number) from ledger where account = 'Acme'").fetchone()[0]
        row = db.execute("select * from ledger where number = 1 and account = 'Acme'").fetchone()
        costs = 0
        for place in range(first, last + 1, 1_000):
            calls = db.execute("select * from calls where record between ? and ?", (place, place + 999)).fetchall()
            db.execute("begin immediate")
            rows = []
            for call in calls:
                head, costs = head + 1, costs + 1
                rows.append(("Acme", head, "minutes", call[1], 1, *row[5:7], call[1], *row[8:]))
                rows.append(("=cost", costs, "cost", call[1], 1, *row[5:7], call[1], *row[8:]))
            db.executemany(INSERT, rows)
            db.execute("commit")
        return time.perf_counter() - began_s


def job(path: Path, dearer: int) -> None:
    """In a process of its own: one run of the job, its figures on the standard output as JSON."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    began_s = time.perf_counter()
    with store_for_job(path) as db:
        progress = Rerating(db, office(dearer), ORDER, lambda: YEAR_FROM_MS).run(lambda _: None, lambda: bool(stopped))
    print(json.dumps(_figures(progress, time.perf_counter() - began_s)))


def _figures(progress: Progress, took_s: float) -> dict[str, float]:
    status = Path("/proc/self/status").read_text()
    peak_kib = int(status.partition("VmHWM:")[2].split()[0])
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "took_s": round(took_s, 1),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(peak_kib / 1024, 1),
        "calls": progress.calls,
        "changed": progress.changed,
        "lines": sum(one.lines for one in progress.differences.values()),
        "longest_write_ms": progress.longest_write_ms,
        "finished": progress.finished,
    }


def run_job(path: Path, dearer: int, stop_after_s: float = 0.0) -> dict[str, float]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.rerating", str(path), str(dearer)], stdout=subprocess.PIPE, text=True
    )
    if stop_after_s:
        time.sleep(stop_after_s)
        child.terminate()
    said, _ = child.communicate()
    found: dict[str, float] = json.loads(said)
    return found


def month_closed(path: Path) -> float:
    """Seconds to work out a month's least; nothing is locked meanwhile."""
    (contract,) = office(0).contracts.all
    contracts, month = Contracts([replace(contract, minimum_micros=1_000_000)]), Month.named("2026-05", "Europe/Madrid")
    with store_for_job(path) as db:
        began_s = time.perf_counter()
        assert len(due(db, contracts, month)) == 1
        return round(time.perf_counter() - began_s, 2)


def lines_of(path: Path) -> int:
    with sqlite3.connect(path) as db:
        return int(db.execute("select count(*) from ledger").fetchone()[0])


def main(as_json: bool, calls: int = CALLS) -> int:
    """0 when it could be measured."""
    figures: dict[str, object] = {}

    def found(name: str, value: object) -> None:
        figures[name] = value
        print(f"{name:22} {value}", flush=True)

    with tempfile.TemporaryDirectory(prefix="rerating-", dir="/var/tmp") as folder:
        path, copy = Path(folder) / "store.sqlite3", Path(folder) / "copy.sqlite3"
        found("made_s", round(make(path, calls), 1))
        shutil.copy(path, copy)
        plain_s = plain(copy)
        found("plain_s", round(plain_s, 1))
        copy.unlink()
        runs = [run_job(path, 0)]
        found("none_changes", runs[-1])
        runs.append(run_job(path, 10_000))
        found("every_charge_changes", runs[-1])
        found("month_closed_s", month_closed(path))
        none, every = runs
        runs.append(run_job(path, 20_000, every["took_s"] / 2))
        found("interrupted", runs[-1])
        runs.append(run_job(path, 20_000))
        found("resumed", runs[-1])
        runs.append(run_job(path, 20_000))
        found("again", runs[-1])
        found("lines", lines_of(path))
    if as_json:
        print(json.dumps(figures))
    ratio = every["took_s"] / plain_s
    print(f"plain SQLite, the same calls read, as many lines written: {plain_s:.0f} s (re-rating takes {ratio:.1f}x)")
    print(f"peak memory {max(one['peak_mb'] for one in runs):.0f} MB (target < {TARGET_MB})")
    print(f"{calls:,} calls: every charge changes {every['took_s']:.0f} s, none changes {none['took_s']:.0f} s")
    print(f"rerating {max(every['took_s'], none['took_s']):.0f} s (target <= {TARGET_S})")
    return 0


if __name__ == "__main__":
    job(Path(sys.argv[1]), int(sys.argv[2]))
