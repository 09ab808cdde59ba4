"""What a file would be as the next version of a book: its name, version and first day, and what it contradicts.

Nothing here writes; `Shelf.put` keeps what was prepared.
"""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from appliance.configuration.calendar import is_date
from appliance.configuration.file import Configuration
from appliance.configuration.tariff_books import Book, bytes_of, is_name, name_of, read_list
from appliance.configuration.tariff_problems import Language, Problems
from appliance.configuration.tariff_rows import VERSION, BookRate, Known
from appliance.daemon.tariff_rates import MOST_IN_FORCE, Rates, add_books, by_name
from appliance.daemon.tariff_shelf import OnShelf

MOST_VERSIONS = 9_999


class Wanted(NamedTuple):
    """What was asked for beside the file; "" is whatever the file says."""

    name: str = ""
    version: str = ""
    valid_from: str = ""
    language: Language = "es"
    otherwise_from: str = ""
    """Its first day when neither this nor the file tells one."""


class Compared(NamedTuple):
    """How many rates there are against the version before."""

    new: int
    gone: int
    dearer: int
    cheaper: int
    changed: int
    """In other ways: increments, days, names."""
    same: int


class Prepared(NamedTuple):
    """`book` is None when there are problems."""

    book: Book | None
    problems: Problems
    before: OnShelf | None = None
    """The version of the same name imported last."""
    is_known: bool = False
    """It is that one: there is nothing to do."""
    never: tuple[str, ...] = ()
    """Versions that come to no day of their own, because this one begins before them or with them."""


def prepare(
    configuration: Configuration, path: Path, wanted: Wanted, shelf: Sequence[OnShelf], now_utc_ms: int, today: date
) -> Prepared:
    """The book a file would be. Raises TariffError when the configuration's own tariffs contradict each other."""
    data = bytes_of(path)
    if isinstance(data, Problems):
        return Prepared(None, data)
    listed = read_list(data, path.suffix, Known.of(configuration))
    problems = listed.problems
    name = wanted.name or name_of(path)
    if not is_name(name):
        problems.add("name", 1, 1, "--name", name or path.stem)
    if wanted.version and not VERSION.fullmatch(wanted.version):
        problems.add("version", 1, 1, "--version", wanted.version)
    if wanted.valid_from and not is_date(wanted.valid_from):
        problems.add("day_form", 1, 1, "--valid-from", wanted.valid_from)
    if problems.count:
        return Prepared(None, problems)
    versions = by_name(shelf).get(name, [])
    before = versions[-1] if versions else None
    digest = hashlib.sha256(data).hexdigest()
    known = before.book if before is not None else None
    valid_from = wanted.valid_from or listed.first_day or wanted.otherwise_from
    if known is not None and _is_the_same(known, digest, wanted, listed.version):
        return Prepared(known, problems, before, is_known=True)
    book = Book(
        name=name,
        version=wanted.version or listed.version or _next_version(versions),
        number=before.number + 1 if before is not None else 1,
        valid_from=valid_from,
        currency=configuration.box.currency,
        source=path.name[:200],
        source_sha256=digest,
        imported_utc_ms=now_utc_ms,
        rates=listed.rates,
    )
    _check_version(book, versions, problems, today)
    _check_days(book, problems)
    if not problems.count:
        _check_others(configuration, book, shelf, problems, wanted.language)
    if problems.count:
        return Prepared(None, problems, before)
    return Prepared(book, problems, before, never=_never(book, versions))


def end_of(versions: Sequence[OnShelf], day: str, currency: str, now_utc_ms: int) -> Book:
    """The version without rates that ends a book on this day: nothing of what it was is lost."""
    last = versions[-1]
    return Book(last.name, _next_version(versions), last.number + 1, day, currency, "", "", now_utc_ms, ())


def compared(book: Book, before: Book) -> Compared:
    """Rates are the same one when they cover the same calls; of several with other days the last one counts."""
    old, new = ({_covers(rate): rate for rate in one.rates} for one in (before, book))
    both = [(old[key], rate) for key, rate in new.items() if key in old]
    prices = [(was.rate_micros_per_minute, now.rate_micros_per_minute) for was, now in both]
    same = sum(_terms(was) == _terms(now) for was, now in both)
    dearer = sum(was < now for was, now in prices)
    cheaper = sum(was > now for was, now in prices)
    return Compared(
        new=len(new) - len(both),
        gone=len(old) - len(both),
        dearer=dearer,
        cheaper=cheaper,
        changed=len(both) - dearer - cheaper - same,
        same=same,
    )


def _covers(rate: BookRate) -> tuple[str, ...]:
    return rate.direction, rate.prefix, rate.line or "", rate.project, rate.hours


def _terms(rate: BookRate) -> tuple[object, ...]:
    return tuple(getattr(rate, name) for name in BookRate.__struct_fields__ if not name.startswith("at_"))


def _is_the_same(known: Book, digest: str, wanted: Wanted, version: str) -> bool:
    """The same bytes again, and nothing asked for that the one that is kept is not."""
    return (
        known.source_sha256 == digest
        and (wanted.version or version or known.version) == known.version
        and (wanted.valid_from or known.valid_from) == known.valid_from
    )


def _next_version(versions: Sequence[OnShelf]) -> str:
    taken = {one.book.version for one in versions if one.book is not None}
    number = (versions[-1].number if versions else 0) + 1
    while str(number) in taken:
        number += 1
    return str(number)


def _check_version(book: Book, versions: Sequence[OnShelf], problems: Problems, today: date) -> None:
    if any(one.book is not None and one.book.version == book.version for one in versions):
        problems.add("version_taken", 1, 1, "--version", book.version, _next_version(versions))
    if versions and not book.valid_from:
        first_of_next = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
        problems.add("when", 1, 1, "--valid-from", "", first_of_next.isoformat())
    if book.number > MOST_VERSIONS:
        problems.add("many_versions", 1, 1, "--name", str(len(versions)))


def _check_days(book: Book, problems: Problems) -> None:
    for rate in book.rates:
        if rate.valid_to and rate.valid_to < book.valid_from:
            problems.add("ends_before", rate.at_line, rate.at_column, "prefix", rate.valid_to, book.valid_from)


def _check_others(
    configuration: Configuration, book: Book, shelf: Sequence[OnShelf], problems: Problems, language: Language
) -> None:
    rates = Rates(configuration)
    add_books(rates, shelf, language, but=book.name)
    (span,) = rates.spans([OnShelf(Path(), book.name, book.number, book.valid_from, book, "")])
    own = [one for one in shelf if one.name == book.name and one.book is not None]
    count = rates.count + len(book.rates) + sum(len(one.book.rates) for one in own[-1:] if one.book is not None)
    if count > MOST_IN_FORCE:
        problems.add("many_in_force", 1, 1, "", f"{count:,}", f"{MOST_IN_FORCE:,}")
        return
    rates.contradictions(rates.sourced(book, span), problems, language)


def _never(book: Book, versions: Sequence[OnShelf]) -> tuple[str, ...]:
    """Those that hold today or later, and would not any more."""
    found = []
    ends = "9999"
    for one in reversed(versions):
        if book.valid_from <= one.valid_from < ends:
            found.append(one.book.version if one.book is not None else f"#{one.number}")
        ends = min(ends, one.valid_from)
    return tuple(reversed(found))
