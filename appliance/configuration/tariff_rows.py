"""One rate of a carrier's list, and how the texts of its cells become it or problems: nothing about files."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple, TypeVar

from msgspec import Struct

from appliance.configuration.file import Configuration
from appliance.configuration.numbering import numbering, tariff_prefix
from appliance.configuration.tariff_columns import IN_MICROS
from appliance.configuration.tariff_problems import Problems

LONGEST_TEXT = 80
DECIMALS = 6
MOST_MICROS = 10**12
LONGEST_S = 3_600
ALL = "*"
"""A prefix that is every number; an empty cell may be a slip."""
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_PREFIX = re.compile(r"[+=]?[0-9]{0,15}")
_SPREADSHEET = re.compile(r"[+=]?[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+|#[A-Z?!/0]+|[+=]?[0-9]+[.,]0+")
_AMOUNT = re.compile(r"[0-9]{1,12}(?:\.([0-9]{1,20}))?")
_SIGNED = re.compile(r"[$€£¥]|\b[A-Z]{3}\b|\bcent|\bct\b", re.IGNORECASE)
_THOUSANDS = re.compile(r"[0-9]{1,3}([.,' \u00a0\u202f][0-9]{3})+([.,][0-9]+)?")
_DAY = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}")
_WHOLE = re.compile(r"[0-9]{1,15}")

Direction = Literal["in", "out"]
Rounding = Literal["half_up", "half_even", "up", "down"]
Counts = Literal["talk", "line"]
_Choice = TypeVar("_Choice", Direction, Rounding, Counts)
_DIRECTIONS: dict[str, Direction] = {
    "out": "out", "outgoing": "out", "outbound": "out", "saliente": "out", "salida": "out",
    "in": "in", "incoming": "in", "inbound": "in", "entrante": "in", "entrada": "in",
}  # fmt: skip
_ROUNDINGS: dict[str, Rounding] = {
    "half_up": "half_up", "al_mas_cercano": "half_up", "half_even": "half_even", "al_par": "half_even",
    "up": "up", "arriba": "up", "down": "down", "abajo": "down",
}  # fmt: skip

_COUNTS: dict[str, Counts] = {"talk": "talk", "conversacion": "talk", "line": "line", "linea": "line"}


class BookRate(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """Money in micro-units of the book's currency; days as YYYY-MM-DD by the box's clock, the last one included."""

    at_line: int
    """Of the file it came from: where its prefix is."""
    at_column: int
    prefix: str
    """`+346`, `=1004`, "" for every number."""
    rate_micros_per_minute: int
    description: str = ""
    direction: Direction = "out"
    line: str | None = None
    project: str = ""
    hours: str = ""
    connect_fee_micros: int = 0
    first_increment_s: int = 60
    next_increment_s: int = 60
    valid_from: str = ""
    valid_to: str = ""
    free_s: int = 0
    minimum_micros: int = 0
    maximum_micros: int = 0
    rounding: Rounding = "half_up"
    decimals: int = DECIMALS
    counts: Counts = "talk"
    """Of a call in; see `billing.tariffs.Rate`."""


class Known(NamedTuple):
    """What of the configuration a list may name, and what its numbers and prices are of."""

    lines: tuple[str, ...]
    projects: tuple[str, ...]
    hours: tuple[str, ...]
    country: str
    currency: str

    @classmethod
    def of(cls, configuration: Configuration) -> "Known":
        return cls(
            lines=tuple(line.name for line in configuration.line),
            projects=tuple(sorted({queue.project for queue in configuration.queue if queue.project})),
            hours=tuple(table.name for table in configuration.hours),
            country=configuration.box.country,
            currency=configuration.box.currency,
        )


class Cell(NamedTuple):
    """A text of the file: never empty, without spaces around it."""

    text: str
    line: int
    column: int
    name: str
    """Of the column, as the file writes it."""

    @property
    def place(self) -> tuple[int, int, str]:
        return self.line, self.column, self.name


class RowReader:
    """Turns rows into rates, and keeps what all of a file's rows must agree on."""

    def __init__(self, known: Known, problems: Problems) -> None:
        self.version = ""
        self._known = known
        self._problems = problems

    def read(self, cells: Mapping[str, Cell], where: Mapping[str, Cell]) -> BookRate | None:
        """The rate of a row, by column; None when something is wrong with it, which `problems` has then. `where` has
        the cells that are empty too."""
        before = self._problems.count
        row = _Row(cells, where, self._known, self._problems)
        decimals = row.whole("decimals", DECIMALS, 0, DECIMALS)
        rate = BookRate(
            at_line=where["prefix"].line,
            at_column=where["prefix"].column,
            prefix=row.prefix(),
            rate_micros_per_minute=row.money("price_per_minute", required=True),
            description=row.text("description"),
            direction=row.choice("direction", _DIRECTIONS, "out"),
            line=row.name("line", self._known.lines) or None,
            project=row.name("project", self._known.projects),
            hours=row.name("hours", self._known.hours),
            connect_fee_micros=row.money("connect_fee"),
            first_increment_s=row.whole("first_increment_s", 60, 1, LONGEST_S),
            next_increment_s=row.whole("next_increment_s", 60, 1, LONGEST_S),
            valid_from=row.day("valid_from"),
            valid_to=row.day("valid_to"),
            free_s=row.whole("free_s", 0, 0, LONGEST_S),
            minimum_micros=row.money("minimum", decimals=decimals),
            maximum_micros=row.money("maximum", decimals=decimals),
            rounding=row.choice("rounding", _ROUNDINGS, "half_up"),
            decimals=decimals,
            counts=row.choice("counts", _COUNTS, "talk"),
        )
        if self._problems.count == before:
            row.between(rate)
        self._agree(cells)
        return rate if self._problems.count == before else None

    def _agree(self, cells: Mapping[str, Cell]) -> None:
        currency, version = cells.get("currency"), cells.get("version")
        if currency is not None and currency.text.upper() != self._known.currency:
            self._problems.add("currency", *currency.place, currency.text, self._known.currency)
        if version is None:
            return
        if not VERSION.fullmatch(version.text):
            self._problems.add("version", *version.place, version.text)
            return
        if self.version and version.text != self.version:
            self._problems.add("versions", *version.place, version.text, self.version)
        self.version = self.version or version.text


class _Row(NamedTuple):
    cells: Mapping[str, Cell]
    where: Mapping[str, Cell]
    known: Known
    problems: Problems

    def wrong(self, code: str, cell: Cell, other: str = "") -> None:
        self.problems.add(code, *cell.place, cell.text, other)

    def text(self, column: str) -> str:
        cell = self.cells.get(column)
        if cell is None:
            return ""
        if len(cell.text) > LONGEST_TEXT:
            self.wrong("long_field", cell, str(LONGEST_TEXT))
        return cell.text

    def prefix(self) -> str:
        cell = self.cells.get("prefix")
        if cell is None:
            empty = self.where["prefix"]
            self.problems.add("prefix_empty", *empty.place)
            return ""
        if cell.text == ALL:
            return ""
        if not _PREFIX.fullmatch(cell.text):
            self.wrong("prefix_sheet" if _SPREADSHEET.fullmatch(cell.text) else "prefix", cell)
            return ""
        read, code = tariff_prefix(cell.text, self.known.country), numbering(self.known.country).code
        if read in ("+", "="):
            self.wrong("prefix_all", cell)
        elif read[0] not in "+=":
            bare = cell.text.lstrip("0")
            own = f"+{code}{bare}" if code else "+…"
            self.wrong("prefix_bare", cell, f"{own}, +{bare}, ={cell.text}")
        return read

    def money(self, column: str, *, required: bool = False, decimals: int = DECIMALS) -> int:
        """Micro-units, exactly. Written as an amount in the currency's unit, or in micro-units in a column of those."""
        cell = self.cells.get(column)
        if cell is None:
            micros = self.cells.get(IN_MICROS[column])
            if micros is not None:
                value = self.whole(IN_MICROS[column], 0, 0, MOST_MICROS)
                return self._as_fine(micros, value, decimals)
            if required:
                empty = self.where.get(column) or self.where[IN_MICROS[column]]
                self.problems.add("price_empty", *empty.place)
            return 0
        amount = _AMOUNT.fullmatch(cell.text)
        if amount is None:
            code, other = _no_amount(cell.text)
            self.wrong(code, cell, other)
            return 0
        fraction = (amount[1] or "").rstrip("0")
        if len(fraction) > DECIMALS:
            self.wrong("too_fine", cell)
            return 0
        value = int(cell.text.partition(".")[0]) * 10**DECIMALS + int(fraction.ljust(DECIMALS, "0"))
        if value > MOST_MICROS:
            self.wrong("too_much", cell, str(MOST_MICROS // 10**DECIMALS))
        return self._as_fine(cell, value, decimals)

    def _as_fine(self, cell: Cell, micros: int, decimals: int) -> int:
        """A total of so many decimals can be neither held to a finer least nor to a finer most."""
        if micros % 10 ** (DECIMALS - decimals):
            self.wrong("least_decimals", cell, str(decimals))
        return micros

    def whole(self, column: str, default: int, least: int, most: int) -> int:
        cell = self.cells.get(column)
        if cell is None:
            return default
        if not _WHOLE.fullmatch(cell.text) or not least <= int(cell.text) <= most:
            self.wrong("whole", cell, f"{least}…{most}")
            return default
        return int(cell.text)

    def choice(self, column: str, values: Mapping[str, _Choice], default: _Choice) -> _Choice:
        cell = self.cells.get(column)
        if cell is None:
            return default
        value = values.get(cell.text.lower())
        if value is None:
            self.wrong("choice", cell, ", ".join(values))
            return default
        return value

    def name(self, column: str, names: tuple[str, ...]) -> str:
        cell = self.cells.get(column)
        if cell is None:
            return ""
        if cell.text not in names:
            self.wrong("unknown_name", cell, ", ".join(names[:20]) or "—")
        return cell.text

    def day(self, column: str) -> str:
        cell = self.cells.get(column)
        if cell is None:
            return ""
        if not _DAY.fullmatch(cell.text):
            self.wrong("day_form", cell)
            return ""
        try:
            date.fromisoformat(cell.text)
        except ValueError:
            self.wrong("no_day", cell)
            return ""
        return cell.text

    def between(self, rate: BookRate) -> None:
        """What the cells of a row promise each other."""
        if rate.valid_from and rate.valid_to and rate.valid_to < rate.valid_from:
            self.wrong("day_order", self.cells["valid_to"], rate.valid_from)
        if rate.counts == "line" and rate.direction == "out":
            self.wrong("counts", self.cells["counts"])
        if rate.maximum_micros and rate.maximum_micros < rate.minimum_micros:
            least = self.cells.get("minimum") or self.cells["minimum_micros"]
            self.wrong("most_less", self.cells.get("maximum") or self.cells["maximum_micros"], least.text)


def _no_amount(text: str) -> tuple[str, str]:
    """Why a text is no amount: the problem's code, and what would be right where that is certain."""
    if re.fullmatch(r"[-\u2212(][0-9.,]+\)?", text):
        return "negative", ""
    if _SIGNED.search(text) and any(one.isdigit() for one in text):
        return "currency_sign", ""
    if re.fullmatch(r"[0-9]+,[0-9]+", text):
        return "comma", text.replace(",", ".")
    if _THOUSANDS.fullmatch(text):
        return "thousands", ""
    return "amount", ""
