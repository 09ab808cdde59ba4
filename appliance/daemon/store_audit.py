"""Proves a whole store: every account's lines against each other and its seals, and the chain of call records.

Reads only, a page at a time. What does not hold is told as a `Fault`, the first of each account.
"""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import msgspec

from appliance.acd.effects import AgentSegment, Cdr, LegRecord
from appliance.acd.ids import QueueName
from appliance.billing.charges import Charge
from appliance.billing.ledger import Audit, Entry, LedgerError, encoded
from appliance.billing.lines import Line
from appliance.billing.rating import worked_out
from appliance.billing.seals import CALLS_ACCOUNT, Seal
from appliance.daemon.box_key import is_signed
from appliance.daemon.ledger_queries import PAGE_ROWS, accounts, sealed_accounts, seals_of
from appliance.daemon.record_chain import FIRST, record_hash

COLUMNS = ("account", "kind", "subject", "revision", "corrects", "period", "call", "amount_micros", "tax_micros")
"""What of a line stands beside it too."""
_line = msgspec.json.Decoder(Line)
_charge = msgspec.json.Decoder(Charge)
_queues = msgspec.json.Decoder(tuple[QueueName, ...])
Progress = Callable[[str, int, int], None]
"""Told an account, how many of its lines were read and how many there are."""


class Fault(NamedTuple):
    """`number` is the first line that does not hold; of the call records, the record."""

    account: str
    number: int
    why: str


class Audited(NamedTuple):
    """An account that was read through."""

    account: str
    lines: int
    seals: int


def audit_store(store: sqlite3.Connection, key: str, progress: Progress) -> Iterator[Audited | Fault]:
    """Every account, then the call records. `key`: the box's public key; "": it is not known, and seals are checked
    against the key they name."""
    names = sorted({*accounts(store), *sealed_accounts(store)} - {CALLS_ACCOUNT})
    for account in names:
        yield _judged(store, account, key, progress, _lines)
    yield _judged(store, CALLS_ACCOUNT, key, progress, _records)


_Read = Callable[[sqlite3.Connection, str, "_Seals", Callable[[int], None]], int]


def _judged(store: sqlite3.Connection, account: str, key: str, progress: Progress, read: _Read) -> Audited | Fault:
    seals = _Seals(seals_of(store, account), key)
    if account == CALLS_ACCOUNT:
        (count,) = store.execute("select count(*) from calls").fetchone()
    else:
        (count,) = store.execute("select count(*) from ledger where account = ?", (account,)).fetchone()
    try:
        lines = read(store, account, seals, lambda done: progress(account, done, count))
        seals.end(lines)
    except LedgerError as error:
        return Fault(account, error.number, error.why)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        return Fault(account, seals.seen + 1, f"it cannot be read: {error}")
    return Audited(account, lines, len(seals.seals))


class _Seals:
    """An account's seals, held against its lines as they go by."""

    def __init__(self, seals: list[Seal], key: str) -> None:
        self.seals = seals
        self.seen = 0
        self._key = key
        self._next = 0

    def line(self, number: int, head: str) -> None:
        """Raises LedgerError when this line was sealed, and as another."""
        self.seen = number
        while self._next < len(self.seals) and self.seals[self._next].number <= number:
            one = self.seals[self._next]
            self._next += 1
            if one.number == number:
                self._judge(one)
                if one.head != head:
                    raise LedgerError(number, "it was sealed with another hash: the account was written anew")

    def end(self, lines: int) -> None:
        """Raises LedgerError when more lines were sealed than there are."""
        for one in self.seals[self._next :]:
            self._judge(one)
            raise LedgerError(lines + 1, f"{one.number} lines were sealed and {lines} are left: the end is cut off")

    def _judge(self, one: Seal) -> None:
        if self._key and one.key != self._key:
            raise LedgerError(one.number, "its seal was made with another key than this box's")
        if not is_signed(one.key, one.signed, one.signature):
            raise LedgerError(one.number, "its seal is not signed by the key it names")


def _lines(store: sqlite3.Connection, account: str, seals: _Seals, progress: Callable[[int], None]) -> int:
    repeated = {
        (str(row[0]), str(row[1]))
        for row in store.execute(
            "select kind, subject from ledger where account = ? group by kind, subject having count(*) > 1", (account,)
        )
    }
    audit = Audit(repeated=repeated)
    while True:
        rows = store.execute(
            f"select number, line, hash, {', '.join(COLUMNS)} from ledger where account = ? and number > ? "
            "order by number limit ?",
            (account, audit.number, PAGE_ROWS),
        ).fetchall()
        if not rows:
            return audit.number
        for number, text, hash_, *columns in rows:
            line = _line.decode(text)
            audit.see(Entry(number, line, hash_))
            if encoded(line) != text.encode():
                raise LedgerError(number, "it is not written as its hash has it")
            if tuple(columns) != tuple(getattr(line, name) for name in COLUMNS):
                raise LedgerError(number, "what stands beside the line in the table is not what it says")
            seals.line(number, hash_)
        progress(audit.number)


def _records(store: sqlite3.Connection, _account: str, seals: _Seals, progress: Callable[[int], None]) -> int:
    previous, record = FIRST, 0
    cursor = store.cursor()
    cursor.row_factory = sqlite3.Row
    while True:
        rows = cursor.execute(
            "select * from calls where record > ? order by record limit ?", (record, PAGE_ROWS)
        ).fetchall()
        if not rows:
            return record
        for row in rows:
            if row["record"] != record + 1:
                raise LedgerError(record + 1, f"record {row['record']} stands here: records are missing")
            record = row["record"]
            charge = _charge.decode(row["charge"])
            if row["previous_hash"] != previous or record_hash(previous, _cdr(cursor, row), charge) != row["hash"]:
                raise LedgerError(record, "its hash is not that of its contents and of the record before it")
            if worked_out(charge) != charge.total_micros or row["charge_micros"] != charge.total_micros:
                raise LedgerError(record, "its charge is not what its facts come to")
            previous = row["hash"]
            seals.line(record, previous)
        progress(record)


def _cdr(cursor: sqlite3.Cursor, row: sqlite3.Row) -> Cdr:
    """A stored call as the record it was."""
    fields: dict[str, Any] = {name: row[name] for name in Cdr.__struct_fields__ if name not in ("legs", "segments")}
    fields["queues"] = _queues.decode(row["queues"])
    fields["legs"] = _children(cursor, "legs", LegRecord, row["call"])
    fields["segments"] = _children(cursor, "segments", AgentSegment, row["call"])
    return msgspec.convert(fields, Cdr, strict=False)


def _children(cursor: sqlite3.Cursor, table: str, kind: type[msgspec.Struct], call: str) -> list[dict[str, Any]]:
    names = kind.__struct_fields__
    rows = cursor.connection.execute(
        f"select {', '.join(names)} from {table} where call = ? order by position", (call,)
    )
    return [dict(zip(names, row, strict=True)) for row in rows]
