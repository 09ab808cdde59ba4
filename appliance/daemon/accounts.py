"""Prepaid accounts in the store: what was paid in, each once by its reference, and what is left of it.

The rows are only ever added. Written in a short transaction of whoever tops up; the ACD reads what is new when it would
otherwise refuse a call or end one.
"""

import sqlite3

from msgspec import Struct

from appliance.billing.limit_terms import account_window
from appliance.daemon.spent_queries import account, newest_record, spent


class AccountError(Exception):
    """It cannot be booked. The message says why, and what to do."""


class TopUp(Struct, frozen=True):
    """Money that was paid in. `reference` names it: the same one is never booked twice."""

    client: str
    amount_micros: int
    currency: str
    reference: str
    note: str
    by: str
    at_utc_ms: int


class Balance(Struct, frozen=True):
    client: str
    currency: str
    credit_micros: int
    spent_micros: int
    """By calls whose records are stored."""
    top_ups: int
    last_at_utc_ms: int

    @property
    def left_micros(self) -> int:
        return self.credit_micros - self.spent_micros


def top_up(db: sqlite3.Connection, paid: TopUp) -> bool:
    """Book it; False when it was booked before, and nothing is changed. Raises AccountError, or sqlite3.Error."""
    db.execute("begin immediate")
    try:
        done = _book(db, paid)
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise
    return done


def _book(db: sqlite3.Connection, paid: TopUp) -> bool:
    if paid.amount_micros <= 0:
        raise AccountError("what is paid in is more than nothing.")
    row = db.execute(
        "select client, amount_micros, currency from top_ups where reference = ?", (paid.reference,)
    ).fetchone()
    if row is not None:
        if tuple(row) == (paid.client, paid.amount_micros, paid.currency):
            return False
        raise AccountError(
            f"reference {paid.reference} is another payment's: {row[0]}, {row[1]} micro-{row[2]}. Give this one one "
            "of its own."
        )
    other = db.execute(
        "select currency from top_ups where client = ? and currency <> ? limit 1", (paid.client, paid.currency)
    ).fetchone()
    if other is not None:
        raise AccountError(f"the account of {paid.client} is in {other[0]}, and the box's currency is {paid.currency}.")
    names = ", ".join(f'"{name}"' for name in TopUp.__struct_fields__)
    marks = ", ".join("?" * len(TopUp.__struct_fields__))
    values = tuple(getattr(paid, name) for name in TopUp.__struct_fields__)
    db.execute(f"insert into top_ups ({names}) values ({marks})", values)
    return True


def balances(db: sqlite3.Connection) -> list[Balance]:
    """Every account there is, by client."""
    rows = db.execute(
        "select client, min(currency), count(*), max(at_utc_ms) from top_ups group by client order by client"
    ).fetchall()
    record = newest_record(db)
    found = []
    for client, currency, count, last_at in rows:
        known = account(db, client)
        used = sum(spent(db, account_window(known, client), record).values())
        credit = known.credit_micros if known is not None else 0
        found.append(Balance(client, currency, credit, used, count, last_at))
    return found
