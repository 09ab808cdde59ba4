"""Makes the statement of a client and month: closes the month, proves the account, seals it, and remembers it.

A statement is made once; asked for again it is the same, to the byte. What is charged after it for its month comes on
the next one, apart. Writing is done in short transactions, so that calls are recorded meanwhile.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from babel.numbers import get_currency_precision

from appliance.billing.amounts import MICRO_DECIMALS
from appliance.billing.contracts import Contracts
from appliance.billing.ledger import LedgerError
from appliance.billing.lines import Line
from appliance.billing.statements import Extent, late_months
from appliance.daemon.box_key import BoxKey, is_signed
from appliance.daemon.ledger_queries import (
    StatementRow,
    accounts,
    first_of,
    hash_at,
    head_of,
    issues_of,
    seal_at,
    statement_of,
)
from appliance.daemon.ledger_writes import Ledger
from appliance.daemon.period_closing import Month, charge_all, due
from appliance.daemon.sealing import seal
from appliance.daemon.short_writes import immediate, write_shortly
from appliance.statements.proof import Head, Place
from appliance.statements.statement import Progress, Statement, body_of

MAX_TRIES = 3
"""When other statements of the client are made at the same moment."""


class NotMade(Exception):
    """There can be no such statement. `code` is one of `texts`' sentences, `parts` what it names."""

    def __init__(self, code: str, **parts: str) -> None:
        super().__init__(f"{code}: {parts}")
        self.code = code
        self.parts = parts


@dataclass(frozen=True)
class Office:
    """Of the box: whose name, clock and money, and what its clients have agreed to."""

    box: str
    time_zone: str
    currency: str
    contracts: Contracts

    @property
    def decimals(self) -> int:
        return min(int(get_currency_precision(self.currency)), MICRO_DECIMALS)


def clients(store: sqlite3.Connection, office: Office) -> list[str]:
    """Whoever was charged something or has a contract."""
    return sorted({name for name in accounts(store) if not name.startswith("=")} | _contracted(office))


def close_month(db: sqlite3.Connection, office: Office, month: Month, client: str, now_utc_ms: int) -> list[Line]:
    """Charge a month's fees, extras and minimum of a client: worked out first, then written in one short transaction.
    Raises NotMade when it is not over."""
    if now_utc_ms < month.until_ms:
        raise NotMade("not_over", month=month.name)
    return write_shortly(
        db,
        lambda: due(db, office.contracts, month, client),
        lambda lines: charge_all(Ledger(db, now_utc_ms), lines),
    )


def known(store: sqlite3.Connection, client: str, month: str) -> Statement | None:
    """A statement that was made; None when none was. Needs neither key nor configuration."""
    row = statement_of(store, client, month)
    return None if row is None else _again(store, row)


def is_as_signed(store: sqlite3.Connection, row: StatementRow, key: str, tell: Progress) -> bool:
    """Whether a statement that was made is still what the box signed; `key`: its public one, "": not known."""
    try:
        made = _again(store, row)
        text, totals = body_of(store, made.head, made.seal, tell)
    except (LedgerError, msgspec.MsgspecError, ValueError, ArithmeticError):
        return False
    same = (made.head.client, made.head.month, made.head.until) == (row.account, row.month, row.until)
    ours = made.head.key == key or not key
    return same and ours and totals == row.totals and is_signed(made.head.key, text, made.signature)


def make(
    db: sqlite3.Connection,
    office: Office,
    client: str,
    month: Month,
    key: Callable[[], BoxKey],
    now_utc_ms: int,
    tell: Progress,
) -> Statement:
    """The statement of a month that is over. Raises NotMade, LedgerError (the account does not hold) and
    sealing.SealBroken."""
    for _ in range(MAX_TRIES):
        found = known(db, client, month.name)
        if found is not None:
            return found
        if client not in clients(db, office):
            raise NotMade("no_client", client=client, clients=", ".join(clients(db, office)) or "—")
        close_month(db, office, month, client, now_utc_ms)
        _close_late(db, office, client, month, now_utc_ms)
        with immediate(db):
            sealed = seal(db, client, key(), office.box, now_utc_ms)
        if sealed is None:
            raise NotMade("no_lines", client=client)
        head = _head(db, office, client, month, now_utc_ms, sealed.number, sealed.key)
        text, totals = body_of(db, head, sealed, tell)
        made = Statement(head, totals, sealed, key().sign(text))
        if _remember(db, made):
            return made
    raise NotMade("busy", client=client)


def make_so_far(
    store: sqlite3.Connection, office: Office, client: str, month: Month, now_utc_ms: int, tell: Progress
) -> Statement:
    """What a month that is not over came to until now, without what is charged at its end. Raises NotMade."""
    if client not in clients(store, office):
        raise NotMade("no_client", client=client, clients=", ".join(clients(store, office)) or "—")
    head = _head(store, office, client, month, now_utc_ms, head_of(store, client)[0], "")
    head = msgspec.structs.replace(head, so_far=True)
    _, totals = body_of(store, head, None, tell)
    return Statement(head, totals, None, "")


def _contracted(office: Office) -> set[str]:
    return {contract.client for contract in office.contracts.all}


def _head(
    store: sqlite3.Connection, office: Office, client: str, month: Month, now_utc_ms: int, until: int, key: str
) -> Head:
    late = late_months(issues_of(store, client), month.name)
    extent = Extent(client, month.name, {one.month: one.after for one in late})
    after = min(first_of(store, extent, until) - 1, until)
    before = hash_at(store, client, after)
    assert before is not None
    return Head(
        box=office.box,
        key=key,
        client=client,
        month=month.name,
        currency=office.currency,
        decimals=office.decimals,
        time_zone=office.time_zone,
        issued_utc_ms=now_utc_ms,
        after=Place(after, before),
        until=until,
        late=late,
    )


def _close_late(db: sqlite3.Connection, office: Office, client: str, month: Month, now_utc_ms: int) -> None:
    """A call that came late may change what is above an earlier month's fee, too."""
    query = "select 1 from ledger where account = ? and period = ? and number > ? limit 1"
    for one in late_months(issues_of(db, client), month.name):
        if db.execute(query, (client, one.month, one.after)).fetchone() is not None:
            close_month(db, office, Month.named(one.month, office.time_zone), client, now_utc_ms)


def _remember(db: sqlite3.Connection, made: Statement) -> bool:
    """False: another statement of the client was made meanwhile, and this one may show the same lines."""
    head = made.head
    with immediate(db):
        if late_months(issues_of(db, head.client), head.month) != head.late:
            return False
        if statement_of(db, head.client, head.month) is not None:
            return False
        db.execute(
            "insert into statements (account, month, until, head, totals, signature) values (?, ?, ?, ?, ?, ?)",
            (
                head.client,
                head.month,
                head.until,
                msgspec.json.encode(head).decode(),
                msgspec.json.encode(made.totals).decode(),
                made.signature,
            ),
        )
    return True


def _again(store: sqlite3.Connection, row: StatementRow) -> Statement:
    head = msgspec.json.decode(row.head, type=Head)
    return Statement(head, row.totals, seal_at(store, row.account, row.until), row.signature)
