"""What a test asks a store's ledger: whether every account holds, and what each subject comes to."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from appliance.billing.ledger import Audit, Entry
from appliance.billing.lines import Line
from appliance.daemon.connection import connect
from appliance.daemon.rerating import Order, Progress, Rerating
from appliance.daemon.short_writes import store_for_job
from appliance.daemon.store_writes import Office
from tests.daemon.records import OFFERED_AT

YEAR_MS = 366 * 86_400_000
ALL = Order(OFFERED_AT - YEAR_MS, OFFERED_AT + YEAR_MS, costs=True)
Sums = dict[tuple[str, str, str], tuple[int, int]]
"""By account, kind and subject: the amount and its tax."""


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    db = connect(path, "rw")
    try:
        yield db
    finally:
        db.close()


def entries(db: sqlite3.Connection, account: str) -> Iterator[Entry]:
    for number, line, hash_ in db.execute(
        "select number, line, hash from ledger where account = ? order by number", (account,)
    ):
        yield Entry(number, msgspec.json.decode(line, type=Line), hash_)


def audited(db: sqlite3.Connection) -> Sums:
    """What each subject comes to, without those that come to nothing, after every account was audited from its first
    line to its last. Costs are those of the calls' own records with their corrections."""
    sums: Sums = {}
    for (account,) in db.execute("select distinct account from ledger order by 1").fetchall():
        audit = Audit()
        for entry in entries(db, account):
            audit.see(entry)
            line = entry.line
            row = db.execute(
                """select account, kind, subject, revision, call, amount_micros, tax_micros from ledger
                   where account = ? and number = ?""",
                (account, entry.number),
            ).fetchone()
            said = (account, line.kind, line.subject, line.revision, line.call, line.amount_micros, line.tax_micros)
            assert row == said, "the columns say what the line says"
            key = (account, line.kind, line.subject)
            amount, tax = sums.get(key, (0, 0))
            sums[key] = amount + line.amount_micros, tax + line.tax_micros
    for call, micros in db.execute("select call, charge_micros from calls"):
        key = ("=cost", "cost", call)
        sums[key] = sums.get(key, (0, 0))[0] + micros, 0
    return {key: sum_ for key, sum_ in sums.items() if sum_ != (0, 0)}


def lines_count(db: sqlite3.Connection) -> int:
    return int(db.execute("select count(*) from ledger").fetchone()[0])


def rerated(path: Path, office: Office, order: Order = ALL) -> Progress:
    """Do the whole job."""
    with store_for_job(path) as db:
        return Rerating(db, office, order, lambda: OFFERED_AT).run(lambda _: None, lambda: False)
