"""The ledger, read: lines of an account in their order, its seals, its statements, and who has one at all.

Lines are only ever added, so they are read a page at a time and no reader holds the writer's log up for long.
"""

import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from appliance.billing.ledger import FIRST
from appliance.billing.seals import Seal
from appliance.billing.statements import Extent, Issue, Totals

PAGE_ROWS = 2_000


class LedgerRow(NamedTuple):
    """A line as it is stored: `line` is its JSON."""

    number: int
    line: str
    hash: str
    month: str


class StatementRow(NamedTuple):
    """A statement that was made. `head` is JSON: what `statements.proof.Head` says."""

    serial: int
    account: str
    month: str
    until: int
    head: str
    totals: Totals
    signature: str


class MonthRow(NamedTuple):
    """What a client was charged for a month so far, in micro-units."""

    account: str
    month: str
    lines: int
    amount_micros: int
    tax_micros: int


def accounts(store: sqlite3.Connection) -> list[str]:
    """Every account that has a line, by name; one look-up each."""
    rows = store.execute(
        """with recursive one (account) as (
               select min(account) from ledger
               union all
               select (select min(account) from ledger where account > one.account) from one
                   where one.account is not null)
           select account from one where account is not null"""
    )
    return [str(row[0]) for row in rows]


def lines_of(store: sqlite3.Connection, account: str, after: int, until: int) -> Iterator[LedgerRow]:
    """Lines of an account after one number up to another, in order."""
    while after < until:
        rows = store.execute(
            "select number, line, hash, period from ledger where account = ? and number > ? and number <= ? "
            "order by number limit ?",
            (account, after, until, PAGE_ROWS),
        ).fetchall()
        if not rows:
            return
        for row in rows:
            yield LedgerRow(*row)
        after = rows[-1][0]


def head_of(store: sqlite3.Connection, account: str) -> tuple[int, str]:
    """An account's last line: its number and hash; (0, FIRST) when it has none."""
    row = store.execute(
        "select number, hash from ledger where account = ? order by number desc limit 1", (account,)
    ).fetchone()
    return (0, FIRST) if row is None else (int(row[0]), str(row[1]))


def hash_at(store: sqlite3.Connection, account: str, number: int) -> str | None:
    """The hash of a line; None: there is no such line."""
    if number == 0:
        return FIRST
    row = store.execute("select hash from ledger where account = ? and number = ?", (account, number)).fetchone()
    return None if row is None else str(row[0])


def seals_of(store: sqlite3.Connection, account: str) -> list[Seal]:
    """An account's seals, the first first."""
    rows = store.execute(
        "select box, account, number, head, at_utc_ms, key, signature from seals where account = ? order by number",
        (account,),
    )
    return [Seal(*row) for row in rows]


def seal_at(store: sqlite3.Connection, account: str, number: int) -> Seal | None:
    row = store.execute(
        "select box, account, number, head, at_utc_ms, key, signature from seals where account = ? and number = ?",
        (account, number),
    ).fetchone()
    return None if row is None else Seal(*row)


def sealed_accounts(store: sqlite3.Connection) -> list[str]:
    return [str(row[0]) for row in store.execute("select distinct account from seals order by account")]


def issues_of(store: sqlite3.Connection, account: str, before: int | None = None) -> list[Issue]:
    """An account's statements in the order they were made; with `before`, those made before this one."""
    query = "select month, until from statements where account = ? and (? is null or serial < ?) order by serial"
    return [Issue(*row) for row in store.execute(query, (account, before, before))]


def statement_of(store: sqlite3.Connection, account: str, month: str) -> StatementRow | None:
    query = (
        "select serial, account, month, until, head, totals, signature from statements where account = ? and month = ?"
    )
    row = store.execute(query, (account, month)).fetchone()
    return None if row is None else _statement(row)


def statements(store: sqlite3.Connection) -> list[StatementRow]:
    """Every statement that was made, by client and month."""
    query = "select serial, account, month, until, head, totals, signature from statements order by account, month"
    return [_statement(row) for row in store.execute(query)]


def _statement(row: tuple[object, ...]) -> StatementRow:
    serial, account, month, until, head, totals, signature = row
    return StatementRow(
        *(serial, account, month, until, head),  # type: ignore[arg-type]  # the strict table says their types
        msgspec.json.decode(str(totals), type=Totals),
        str(signature),
    )


def months(store: sqlite3.Connection) -> list[MonthRow]:
    """What each account came to in each month; of clients and of corrected costs, by account and month."""
    rows = store.execute(
        """select account, period, count(*), sum(amount_micros), sum(tax_micros) from ledger
           group by account, period order by account, period"""
    )
    return [MonthRow(*row) for row in rows]


def first_of(store: sqlite3.Connection, extent: Extent, until: int) -> int:
    """The number of the first line that is on a statement; after `until` when none is."""
    query = "select min(number) from ledger where account = ? and period = ? and number > ? and number <= ?"
    found = [until + 1]
    for month, after in {extent.month: 0, **extent.late}.items():
        row = store.execute(query, (extent.client, month, after, until)).fetchone()
        found += [int(row[0])] if row[0] is not None else []
    return min(found)
