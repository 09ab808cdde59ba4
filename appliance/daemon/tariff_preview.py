"""What a book would have done to calls that are over: each rated again by the table as it would be, nothing written.

Calls are read a page at a time, so a long look neither keeps the store's log from being emptied nor fills the memory.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from appliance.acd.ids import LineName
from appliance.billing.rating import LONGEST_MS, rate_call
from appliance.billing.tariffs import Rate, RateTable
from appliance.configuration.file import Configuration
from appliance.configuration.tariff_books import Book
from appliance.configuration.tariff_problems import Language
from appliance.daemon.e164 import e164
from appliance.daemon.plan_times import hours_plan
from appliance.daemon.tariff_rates import Rates, add_books
from appliance.daemon.tariff_shelf import OnShelf

PAGE = 2_000
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
    talk_ms: int = 0
    then_micros: int = 0
    would_micros: int = 0

    @property
    def difference_micros(self) -> int:
        return self.would_micros - self.then_micros

    def add(self, other: "Sum") -> None:
        self.calls += other.calls
        self.talk_ms += other.talk_ms
        self.then_micros += other.then_micros
        self.would_micros += other.would_micros


class Lost(NamedTuple):
    """A call that had a rate and would have none."""

    call: str
    number: str
    then_micros: int


@dataclass
class Preview:
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
    table: RateTable,
    country: str,
    from_ms: int,
    to_ms: int,
    progress: Callable[[int], None] = lambda done: None,
) -> Preview:
    """The calls offered in this time, rated by `table`. `progress` is told how many were, now and again."""
    found, done = Preview(), 0
    for page in _pages(store, from_ms, to_ms):
        for row in page:
            _rate(found, table, country, row)
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
            """select record, call, direction, line, caller, called, project, offered_at, answered_at, talk_ms, hold_ms,
                  charge_micros, charge_reason, currency,
                  coalesce(json_extract(charge, '$.included_s'), 0) as included_s
               from calls where (offered_at, record) > (?, ?) and offered_at < ? order by offered_at, record limit ?""",
            (at_ms, record, to_ms, PAGE),
        ).fetchall()
        if not page:
            return
        yield page
        at_ms, record = page[-1]["offered_at"], page[-1]["record"]


def _rate(found: Preview, table: RateTable, country: str, row: sqlite3.Row) -> None:
    rated_ms = row["talk_ms"] + row["hold_ms"]
    if row["charge_reason"] == "unanswered" or rated_ms <= 0:
        found.unanswered += 1
        return
    if row["currency"] != table.currency:
        found.other_currency += 1
        return
    if rated_ms > LONGEST_MS:
        found.broken += 1
        return
    number = row["called"] if row["direction"] == "out" else row["caller"]
    charge = rate_call(
        table,
        row["direction"],
        number,
        LineName(row["line"]),
        row["project"],
        rated_ms,
        at_utc_ms=max(row["answered_at"], 0),
        included_s=row["included_s"],
        rated_as=e164(number, country),
    )
    then = row["charge_micros"]
    if charge.reason == "no_rate" and row["charge_reason"] == "rated":
        found.lost += 1
        found.lost_micros += then
        if len(found.lost_first) < MOST_LOST:
            found.lost_first.append(Lost(row["call"], number, then))
    found.gained += charge.reason == "rated" and row["charge_reason"] == "no_rate"
    one = Sum(1, rated_ms, then, charge.total_micros)
    found.groups.setdefault(Group(row["line"], row["direction"], charge.tariff), Sum()).add(one)
    found.total.add(one)
