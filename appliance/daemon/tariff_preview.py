"""What a book would have done to calls that are over: each rated again by the table as it would be, nothing written.

Calls are read a page at a time, so a long look neither keeps the store's log from being emptied nor fills the memory.
They are rated just as the store's writer does (`call_costs`); what was included in a contract then is included again.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from appliance.acd.effects import Cdr, LegRecord
from appliance.acd.ids import LineName
from appliance.acd.plan import Plan
from appliance.billing.charges import Charge, all_free
from appliance.billing.rating import LONGEST_MS
from appliance.billing.tariffs import Rate, RateTable
from appliance.configuration.file import Configuration
from appliance.configuration.tariff_books import Book
from appliance.configuration.tariff_problems import Language
from appliance.daemon.call_costs import call_cost
from appliance.daemon.included_minutes import ALL_S, IncludedMinutes
from appliance.daemon.plan_times import hours_plan
from appliance.daemon.tariff_rates import Rates, add_books
from appliance.daemon.tariff_shelf import OnShelf

PAGE = 500
MOST_LOST = 20
"""Calls without a rate that are named; all are counted."""


class Group(NamedTuple):
    line: str
    direction: str
    destination: str
    """The name of the rate it would be; "" where there would be none."""


@dataclass
class Sum:
    calls: int = 0
    rated_ms: int = 0
    then_micros: int = 0
    would_micros: int = 0

    @property
    def difference_micros(self) -> int:
        return self.would_micros - self.then_micros

    def add(self, other: "Sum") -> None:
        self.calls += other.calls
        self.rated_ms += other.rated_ms
        self.then_micros += other.then_micros
        self.would_micros += other.would_micros


class Lost(NamedTuple):
    """A call that had a rate and would have none."""

    call: str
    number: str
    then_micros: int


@dataclass
class Preview:
    """`groups` are of connections: a caller sent to an outside number is one more, on the line that carried it."""

    groups: dict[Group, Sum] = field(default_factory=dict)
    total: Sum = field(default_factory=Sum)
    unanswered: int = 0
    other_currency: int = 0
    broken: int = 0
    """Calls longer than any call is."""
    lost: int = 0
    lost_micros: int = 0
    lost_first: list[Lost] = field(default_factory=list)
    gained: int = 0
    """Had no rate and would have one."""


class Terms(NamedTuple):
    """What calls are rated by."""

    table: RateTable
    country: str
    emergency: Collection[str]
    plan: Plan


def table_as_if(configuration: Configuration, shelf: Sequence[OnShelf], book: Book, language: Language) -> RateTable:
    """The table as it will be on the book's first day, as if it had been so always. Raises TariffError."""
    rates = Rates(configuration)
    add_books(rates, shelf, language, but=book.name)
    (span,) = rates.spans([OnShelf(Path(), book.name, book.number, book.valid_from, book, "")])
    rates.add(rates.sourced(book, span))
    calendars = {hours.name: hours_plan(hours, configuration.box) for hours in configuration.hours}
    return RateTable(_as_on(rates.table().rates, span.from_ms), configuration.box.currency, calendars)


def preview(
    store: sqlite3.Connection,
    terms: Terms,
    from_ms: int,
    to_ms: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Preview:
    """The calls offered in this time, rated by `terms`. `progress` is told how many were, now and again."""
    found, done = Preview(), 0
    for page in _pages(store, from_ms, to_ms):
        legs = _legs(store, [row["call"] for row in page])
        for row in page:
            _rate(found, store, terms, row, tuple(legs.get(row["call"], ())))
        done += len(page)
        progress(done)
    return found


def count_calls(store: sqlite3.Connection, from_ms: int, to_ms: int) -> int:
    query = "select count(*) from calls where offered_at >= ? and offered_at < ?"
    return int(store.execute(query, (from_ms, to_ms)).fetchone()[0])


def _as_on(rates: Sequence[Rate], day_ms: int) -> Iterator[Rate]:
    """Those that have not ended by then; those that have begun by then from the beginning of all."""
    for rate in rates:
        if rate.valid_to_ms > day_ms:
            yield replace(rate, valid_from_ms=0) if rate.valid_from_ms <= day_ms else rate


def _pages(store: sqlite3.Connection, from_ms: int, to_ms: int) -> Iterator[list[sqlite3.Row]]:
    at_ms, record = from_ms, -1
    while True:
        page = store.execute(
            """select * from calls where (offered_at, record) > (?, ?) and offered_at < ?
               order by offered_at, record limit ?""",
            (at_ms, record, to_ms, PAGE),
        ).fetchall()
        if not page:
            return
        yield page
        at_ms, record = page[-1]["offered_at"], page[-1]["record"]


def _legs(store: sqlite3.Connection, calls: Sequence[str]) -> dict[str, list[LegRecord]]:
    marks, names = ", ".join("?" * len(calls)), LegRecord.__struct_fields__
    query = f"select call, {', '.join(names)} from legs where call in ({marks}) order by call, position"
    found: dict[str, list[LegRecord]] = {}
    for row in store.execute(query, tuple(calls)):
        leg = msgspec.convert({name: row[name] for name in names}, LegRecord, strict=False)
        found.setdefault(row["call"], []).append(leg)
    return found


_OF_ROW = frozenset(Cdr.__struct_fields__) - {"queues", "legs", "segments"}


def _cdr(row: sqlite3.Row, legs: tuple[LegRecord, ...]) -> Cdr:
    """The record as far as it is rated by."""
    values = {name: row[name] for name in _OF_ROW}
    return msgspec.convert({**values, "queues": (), "legs": legs, "segments": ()}, Cdr, strict=False)


@dataclass
class _AsThen(IncludedMinutes):
    """Included again is what was, of each connection in its turn; nothing is counted or written."""

    then: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def take(self, name: LineName, number: str, at_utc_ms: int, lasted_ms: int) -> int:
        left = self.then.get((name, number))
        return left.pop(0) if left else 0


def _included(charge: Charge) -> int:
    whole = charge.included_s and not charge.free_s and charge.pieces and all_free(charge.pieces)
    return ALL_S if whole else charge.included_s


def _rate(
    found: Preview, store: sqlite3.Connection, terms: Terms, row: sqlite3.Row, legs: tuple[LegRecord, ...]
) -> None:
    then = msgspec.json.decode(row["charge"], type=Charge)
    cdr = _cdr(row, legs)
    if then.currency != terms.table.currency:
        found.other_currency += 1
        return
    if cdr.talk_ms + cdr.hold_ms > LONGEST_MS or any(leg.ended_ms - leg.answered_ms > LONGEST_MS for leg in legs):
        found.broken += 1
        return
    minutes = _AsThen(store, terms.plan)
    for one in (then, *then.legs):
        minutes.then.setdefault((one.line or cdr.line, one.number), []).append(_included(one))
    would = call_cost(terms.table, terms.country, cdr, terms.emergency, minutes)
    if would.reason == "unanswered" and not would.legs and not then.total_micros:
        found.unanswered += 1
        return
    number = cdr.called if cdr.direction == "out" else cdr.caller
    if would.worst_reason == "no_rate" and then.worst_reason != "no_rate":
        found.lost += 1
        found.lost_micros += then.total_micros
        if len(found.lost_first) < MOST_LOST:
            found.lost_first.append(Lost(cdr.call, number, then.total_micros))
    found.gained += would.worst_reason != "no_rate" and then.worst_reason == "no_rate"
    _add(found, cdr.line, then, would)


def _add(found: Preview, line: str, then: Charge, would: Charge) -> None:
    """A connection each; of a call kept before connections were told apart, all that was charged is its own's."""
    alike = len(then.legs) == len(would.legs)
    sums = [Sum(1, would.rated_ms, then.own_micros if alike else then.total_micros, would.own_micros)]
    thens = [leg.total_micros if alike else 0 for leg in (then.legs if alike else would.legs)]
    sums += [Sum(1, leg.rated_ms, micros, leg.total_micros) for leg, micros in zip(would.legs, thens, strict=True)]
    total = Sum()
    for charge, one in zip((would, *would.legs), sums, strict=True):
        if charge.reason != "unanswered" or one.then_micros:
            found.groups.setdefault(Group(charge.line or line, charge.direction, charge.tariff), Sum()).add(one)
        total.add(one)
    found.total.add(Sum(1, total.rated_ms, total.then_micros, total.would_micros))
