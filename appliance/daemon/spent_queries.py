"""What calls that went out cost, read from the store for the limits: of a window, of an account; and how they are kept.

Each answer is a sum over an index that has all it needs, so it takes as long as the window has calls, whatever else the
store has. A caller who was sent outside costs the line that carried it, by that leg's own charge.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from appliance.acd.effects import Cdr
from appliance.billing.charges import Charge
from appliance.billing.limit_terms import Account, Group, Window


class StoredCost(Struct, frozen=True):
    """A call's record is on the disk, as number `record`, with what each of its connections that went out cost."""

    record: int
    call: str
    begun_utc_ms: int
    costs: tuple[tuple[Group, int], ...]


class RecentCall(Struct, frozen=True):
    number: str
    call: str
    group: Group
    begun_utc_ms: int


def costs_of(cdr: Cdr, charge: Charge) -> tuple[tuple[Group, int], ...]:
    """By whose it is; () for a call of which nothing went out."""
    if cdr.direction == "out":
        return ((Group(cdr.line, cdr.agent or "", cdr.client, cdr.project), charge.total_micros),)
    return tuple((Group(leg.line, "", cdr.client, cdr.project), leg.total_micros) for leg in charge.legs)


def newest_record(db: sqlite3.Connection) -> int:
    return int(db.execute("select coalesce(max(record), 0) from calls").fetchone()[0])


def spent(db: sqlite3.Connection, of: Window, up_to_record: int) -> dict[Group, int]:
    """What calls that began in a window cost, as far as this record."""
    found: dict[Group, int] = defaultdict(int)
    if of.client:
        row = db.execute(
            """select coalesce(sum(charge_micros), 0) from calls
               where direction = 'out' and client <> '' and client = ? and offered_at >= ? and record <= ?""",
            (of.client, of.from_ms, up_to_record),
        ).fetchone()
        found[Group("", "", of.client, "")] += row[0]
    else:
        rows = db.execute(
            """select line, coalesce(agent, ''), client, project, sum(charge_micros) from calls
               where direction = 'out' and offered_at >= ? and offered_at < ? and record <= ? group by 1, 2, 3, 4""",
            (of.from_ms, of.to_ms, up_to_record),
        )
        for line, agent, client, project, micros in rows:
            found[Group(line, agent, client, project)] += micros
    for group, micros in _sent_outside(db, of, up_to_record):
        found[group] += micros
    return dict(found)


def _sent_outside(db: sqlite3.Connection, of: Window, up_to_record: int) -> Iterator[tuple[Group, int]]:
    rows = db.execute(
        """select client, project, charge from calls where direction = 'in' and forwarded_to <> ''
           and offered_at >= ? and offered_at < ? and record <= ?""",
        (of.from_ms, of.to_ms, up_to_record),
    )
    for client, project, charge in rows:
        if not of.client or client == of.client:
            for leg in msgspec.json.decode(charge, type=Charge).legs:
                yield Group("" if of.client else leg.line, "", client, "" if of.client else project), leg.total_micros


def account(db: sqlite3.Connection, client: str) -> Account | None:
    """What was paid into a client's account; None when nothing ever was."""
    row = db.execute("select min(at_utc_ms), sum(amount_micros) from top_ups where client = ?", (client,)).fetchone()
    return None if row[0] is None else Account(int(row[0]), int(row[1]))


def clients_with_accounts(db: sqlite3.Connection) -> list[str]:
    return [row[0] for row in db.execute("select distinct client from top_ups order by client")]


def recent(db: sqlite3.Connection, since_utc_ms: int, until_utc_ms: int, up_to_record: int) -> list[RecentCall]:
    """Calls that began to go out in this time, and are over."""
    rows = db.execute(
        """select called, call, line, coalesce(agent, ''), client, project, offered_at from calls
           where direction = 'out' and offered_at >= ? and offered_at <= ? and record <= ?""",
        (since_utc_ms, until_utc_ms, up_to_record),
    )
    return [RecentCall(row[0], row[1], Group(*row[2:6]), row[6]) for row in rows]
