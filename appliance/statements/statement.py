"""A statement in hand: its head, its totals, and its lines read from the store whenever they are wanted."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import msgspec

from appliance.billing.ledger import Audit, Entry, Hidden, LedgerError, digest
from appliance.billing.lines import Line
from appliance.billing.seals import Seal
from appliance.billing.statements import Extent, Sums, Totals
from appliance.daemon.ledger_queries import lines_of
from appliance.statements.proof import Body, End, Head, begin, end, entry

_line = msgspec.json.Decoder(Line)
TELL_EVERY = 1_000
Progress = Callable[[int, int], None]
"""Told how many lines were done, and how many there are."""


@dataclass(frozen=True)
class Statement:
    """`signature` "" when it is not sealed."""

    head: Head
    totals: Totals
    seal: Seal | None
    signature: str

    @property
    def extent(self) -> Extent:
        return extent(self.head)

    def lines(self, store: sqlite3.Connection, *, late: bool, tell: Progress) -> Iterator[Entry]:
        """Those of the month, or those of earlier ones, each with its place in the account."""
        for one in entries(store, self.head, tell):
            if isinstance(one, Entry) and late == (one.line.period != self.head.month):
                yield one

    @property
    def has_late(self) -> bool:
        return any(group.month != self.head.month for group in self.totals.groups)


def extent(head: Head) -> Extent:
    return Extent(head.client, head.month, {one.month: one.after for one in head.late})


def proof(store: sqlite3.Connection, head: Head, seal: Seal | None, tell: Progress) -> Iterator[bytes | Totals]:
    """The JSON file up to its signature, a part at a time; at last its totals. Raises LedgerError when the account's
    lines do not hold: no statement is made of such."""
    body_audit = Audit(head.after.number, head.after.hash)
    sums = Sums(head.decimals)
    yield begin(head)
    for one in entries(store, head, tell):
        body_audit.see(one)
        if isinstance(one, Entry):
            sums.add(one.line)
        yield entry(one, last=one.number == head.until)
    if body_audit.number != head.until:
        raise LedgerError(body_audit.number + 1, f"it is missing: the account had {head.until} lines")
    if seal is not None and body_audit.head != seal.head:
        raise LedgerError(seal.number, "it was sealed with another hash: the account was written anew")
    totals = sums.totals()
    yield end(End(totals, seal))
    yield totals


def body_of(store: sqlite3.Connection, head: Head, seal: Seal | None, tell: Progress) -> tuple[bytes, Totals]:
    """What the box signs of a statement, and its totals."""
    body = Body()
    totals: Totals | None = None
    for part in proof(store, head, seal, tell):
        if isinstance(part, Totals):
            totals = part
        else:
            body.add(part)
    assert totals is not None
    return body.signed, totals


def entries(store: sqlite3.Connection, head: Head, tell: Progress) -> Iterator[Entry | Hidden]:
    """Every line of the account from the statement's first to its last; of those not on it the digest."""
    on_it = extent(head)
    first = head.after.number
    for row in lines_of(store, head.client, first, head.until):
        if on_it.has(row.number, row.month):
            yield Entry(row.number, _line.decode(row.line), row.hash)
        else:
            yield Hidden(row.number, digest(row.line.encode()))
        if (row.number - first) % TELL_EVERY == 0:
            tell(row.number - first, head.until - first)
