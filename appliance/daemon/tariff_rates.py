"""From books and the configuration to the one table calls are rated by: which version holds when, what contradicts.

The configuration's own tariffs come first. A book that contradicts them, or one before it by name, is left out whole
and said to be: its calls are charged 0 with the reason `no_rate` and can be rated later, and the box goes on.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from typing import NamedTuple

from appliance.acd.hours import instant_of
from appliance.acd.ids import LineName
from appliance.billing.calendars import Calendar
from appliance.billing.tariffs import FOREVER_MS, Rate, RateTable, TariffError, normalised, overlap
from appliance.configuration.file import Configuration
from appliance.configuration.tariff_books import Book
from appliance.configuration.tariff_problems import Language, Problems
from appliance.configuration.tariff_rows import BookRate, Known
from appliance.daemon.plan_builder import build_rates
from appliance.daemon.plan_times import hours_plan
from appliance.daemon.tariff_shelf import OnShelf
from appliance.daemon.tariff_words import WORDS

DAY_MINUTES = 1440
MOST_IN_FORCE = 200_000
"""Rates, of all books and their versions: about a kilobyte of the ACD's memory each."""


class Span(NamedTuple):
    """From this instant to that, which is outside (UTC ms)."""

    from_ms: int
    to_ms: int


class Sourced(NamedTuple):
    """A rate and where it is written, for whoever must find it."""

    rate: Rate
    book: Book | None
    """None: the configuration file."""
    row: BookRate | None


class InForce(NamedTuple):
    """What calls are rated by."""

    table: RateTable
    books: tuple[str, ...]
    """`orange 2026-12 (from 2026-12-01, 1204 rates)`, of each version that holds at some time, now or later."""
    left_out: tuple[str, ...]
    """Why a book is not among them, a sentence each."""


_Key = tuple[str, str, str | None, str]


class Rates:
    """Rates that do not contradict each other, by what they cover; more are added if they fit."""

    def __init__(self, configuration: Configuration) -> None:
        """With the configuration's own tariffs. Raises TariffError when those contradict each other."""
        box = configuration.box
        self._calendars = {hours.name: hours_plan(hours, box) for hours in configuration.hours}
        self._zone, self.currency = box.time_zone, box.currency
        self._known = Known.of(configuration)
        self._by_key: dict[_Key, list[Sourced]] = {}
        self._opened = {name: Calendar(hours) for name, hours in self._calendars.items()}
        self._rates: list[Rate] = []
        self._instant = cache(self._instant_of)
        own = build_rates(configuration)
        RateTable(own, self.currency, self._calendars)
        for rate in own:
            self._take(Sourced(rate, None, None))

    @property
    def count(self) -> int:
        return len(self._rates)

    def table(self) -> RateTable:
        return RateTable(self._rates, self.currency, self._calendars)

    def spans(self, versions: Sequence[OnShelf]) -> list[Span]:
        """When each version of one book holds: until the first day of the earliest-beginning one imported after it."""
        spans: list[Span] = []
        ends_ms = FOREVER_MS
        for one in reversed(versions):
            begins_ms = self._instant(one.valid_from, 0) if one.valid_from else 0
            spans.append(Span(begins_ms, max(ends_ms, begins_ms)))
            ends_ms = min(ends_ms, begins_ms)
        return spans[::-1]

    def sourced(self, book: Book, span: Span) -> list[Sourced]:
        """The rates of a version in its time; without those that never hold within it, and those of hours that the
        configuration no longer has."""
        named: dict[str, str] = {}
        rates = []
        for row in book.rates:
            begins_ms = max(self._instant(row.valid_from, 0) if row.valid_from else 0, span.from_ms)
            ends_ms = min(self._instant(row.valid_to, DAY_MINUTES) if row.valid_to else FOREVER_MS, span.to_ms)
            if begins_ms < ends_ms and (not row.hours or row.hours in self._calendars):
                name = named.setdefault(row.description, _name(book.name, row.description))
                rates.append(Sourced(_rate(row, book, name, begins_ms, ends_ms), book, row))
        return rates

    def contradictions(self, rates: Iterable[Sourced], problems: Problems, language: Language) -> None:
        """Tell of each rate that covers the same calls as one taken before, or as an earlier one of the same."""
        seen: dict[_Key, list[Sourced]] = {}
        for one in rates:
            key = _key(one.rate)
            same = seen.setdefault(key, [])
            for other in (*self._by_key.get(key, ()), *same):
                if overlap(other.rate, one.rate, self._opened):
                    row = one.row
                    assert row is not None
                    place = row.at_line, row.at_column, "prefix"
                    problems.add("overlap", *place, row.prefix or "*", _where(other, one, language))
                    break
            same.append(one)

    def add(self, rates: Iterable[Sourced]) -> None:
        """Take rates that do not contradict."""
        for one in rates:
            self._take(one)

    def unknown_names(self, book: Book, language: Language) -> str:
        """Where it names what the configuration no longer has, which matches no call then; "" when nowhere."""
        words = WORDS[language]
        for row in book.rates:
            for kind, value, names in (
                ("line", row.line or "", self._known.lines),
                ("project", row.project, self._known.projects),
                ("hours", row.hours, self._known.hours),
            ):
                if value and value not in names:
                    return words["row"].format(line=row.at_line, source=book.source, kind=words[kind], value=value)
        return ""

    def _take(self, one: Sourced) -> None:
        self._by_key.setdefault(_key(one.rate), []).append(one)
        self._rates.append(one.rate)

    def _instant_of(self, day: str, minute: int) -> int:
        return max(instant_of(self._zone, date.fromisoformat(day), minute), 0)


def in_force(configuration: Configuration, shelf: Sequence[OnShelf], language: Language) -> InForce:
    """The table of the configuration and of every book that fits. Raises TariffError for the configuration's own."""
    rates = Rates(configuration)
    own = rates.table()
    books, left_out = add_books(rates, shelf, language)
    try:
        return InForce(rates.table(), books, left_out)
    except TariffError as error:  # what was let through above fits; if it ever does not, calls still go on
        return InForce(own, (), (*left_out, WORDS[language]["all"].format(why=error)))


def add_books(
    rates: Rates, shelf: Sequence[OnShelf], language: Language, but: str = ""
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Take every book that fits, except the one called `but`: what `InForce` says of them."""
    books: list[str] = []
    left_out: list[str] = []
    for name, versions in by_name(shelf).items():
        if name == but:
            continue
        added = _added(rates, name, versions, left_out, language)
        problems = Problems()
        rates.contradictions(added, problems, language)
        if problems.told:
            problem = problems.told[0].text(name, language)
            left_out.append(WORDS[language]["contradicts"].format(name=name, problem=problem))
            continue
        if rates.count + len(added) > MOST_IN_FORCE:
            left_out.append(WORDS[language]["many"].format(name=name, most=MOST_IN_FORCE))
            continue
        rates.add(added)
        books += _told(added, language)
    return tuple(books), tuple(left_out)


def _added(
    rates: Rates, name: str, versions: Sequence[OnShelf], left_out: list[str], language: Language
) -> list[Sourced]:
    """What of a book's versions can be in force; what cannot, is said."""
    words = WORDS[language]
    added: list[Sourced] = []
    for one, span in zip(versions, rates.spans(versions), strict=True):
        if span.from_ms >= span.to_ms:
            continue
        if one.book is None:
            since = words["from"].format(day=one.valid_from) if one.valid_from else words["before"]
            left_out.append(
                words["file"].format(file=one.path.name, wrong=wrong_with(one, language), name=name, since=since)
            )
        elif one.book.currency != rates.currency:
            left_out.append(
                words["currency"].format(name=name, version=one.book.version, its=one.book.currency, box=rates.currency)
            )
        else:
            what = rates.unknown_names(one.book, language) if span.to_ms == FOREVER_MS else ""
            if what:
                left_out.append(words["names"].format(name=name, version=one.book.version, what=what))
            added += rates.sourced(one.book, span)
    return added


def wrong_with(one: OnShelf, language: Language) -> str:
    """Why a file of the folder cannot be read."""
    return WORDS[language][one.wrong].format(mb=one.detail, format=one.detail, why=one.detail)


def _told(added: Iterable[Sourced], language: Language) -> list[str]:
    """Each version once."""
    counts: dict[tuple[str, int], int] = {}
    books: dict[tuple[str, int], Book] = {}
    for one in added:
        if one.book is not None:
            key = (one.book.name, one.book.number)
            books[key] = one.book
            counts[key] = counts.get(key, 0) + 1
    return [_describe(book, counts[key], language) for key, book in books.items()]


def by_name(shelf: Iterable[OnShelf]) -> Mapping[str, list[OnShelf]]:
    """The versions of each book, in the order of their import."""
    named: dict[str, list[OnShelf]] = {}
    for one in shelf:
        named.setdefault(one.name, []).append(one)
    return {name: sorted(versions, key=lambda one: one.number) for name, versions in sorted(named.items())}


def _describe(book: Book, rates: int, language: Language) -> str:
    words = WORDS[language]
    since = words["since"].format(day=book.valid_from) if book.valid_from else words["always"]
    return words["book"].format(name=book.name, version=book.version, since=since, rates=rates)


def _name(book: str, description: str) -> str:
    return f"{book}/{description}" if description else book


def _key(rate: Rate) -> _Key:
    return rate.direction, normalised(rate.prefix), rate.line, rate.project


def _where(other: Sourced, one: Sourced, language: Language) -> str:
    """A rate, as whoever must mend one of the two finds it."""
    if other.row is None or other.book is None:
        return f"[[tariff]] {other.rate.name}"
    words = WORDS[language]
    if other.book is one.book:
        return words["of_line"].format(line=other.row.at_line)
    return words["of_book"].format(line=other.row.at_line, book=other.book.name, source=other.book.source)


def _rate(row: BookRate, book: Book, name: str, begins_ms: int, ends_ms: int) -> Rate:
    return Rate(
        name=name,
        direction=row.direction,
        prefix=row.prefix,
        line=None if row.line is None else LineName(row.line),
        project=row.project,
        connect_fee_micros=row.connect_fee_micros,
        rate_micros_per_minute=row.rate_micros_per_minute,
        first_increment_s=row.first_increment_s,
        next_increment_s=row.next_increment_s,
        version=book.version,
        calendar=row.hours,
        valid_from_ms=begins_ms,
        valid_to_ms=ends_ms,
        free_s=row.free_s,
        minimum_micros=row.minimum_micros,
        maximum_micros=row.maximum_micros,
        rounding=row.rounding,
        decimals=row.decimals,
        counts=row.counts,
    )
