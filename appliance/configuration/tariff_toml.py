"""A carrier's list as TOML: [[rate]] tables with the columns of the CSV, and the line and column each key is on.

tomllib tells the place of what it cannot read and of nothing else. Since a list needs no text of several lines, and is
refused with one, a line that begins a table or a key is certainly one, and its place is found by looking.
"""

import re
import tomllib
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from appliance.configuration.tariff_columns import COLUMNS, IN_MICROS, column_of
from appliance.configuration.tariff_csv import MOST_ROWS
from appliance.configuration.tariff_problems import Problems
from appliance.configuration.tariff_rows import BookRate, Cell, RowReader

_TABLE = re.compile(r"\s*\[\[\s*(?:rate|\"rate\"|'rate')\s*\]\]\s*(?:#.*)?")
_ANY_TABLE = re.compile(r"(\s*)\[")
_KEY = re.compile(r"(\s*)([A-Za-z0-9_-]+|\"[^\"\\]*\"|'[^']*')\s*=")
_SEVERAL_LINES = re.compile(r'"""|' + "'''")
_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")
_AT_END = re.compile(r" \(at end of document\)$")
_MOST = 10**30
"""No number of a list is as large; one of a million figures would be long in writing."""
_MOST_PLACES = 30
_TOP = ("version", "currency")


class _Place(NamedTuple):
    line: int
    column: int


class _Table(NamedTuple):
    """Where a [[rate]] begins, or the top of the file, and where its keys are."""

    at: _Place
    keys: dict[str, _Place]


def read_toml(lines: list[str], reader: RowReader, problems: Problems) -> list[BookRate]:
    """The rates of the tables that hold, in their order; the others are in `problems`."""
    for number, line in enumerate(lines, 1):
        if (found := _SEVERAL_LINES.search(line)) is not None and not line.lstrip().startswith("#"):
            problems.add("toml_text", number, found.start() + 1)
            return []
    try:
        document = tomllib.loads("\n".join(lines) + "\n", parse_float=Decimal)
    except (tomllib.TOMLDecodeError, ValueError, ArithmeticError, RecursionError) as error:
        _refuse(str(error), lines, problems)
        return []
    top, tables = _places(lines)
    shared = _shared(document, top, problems)
    rates = document.get("rate", [])
    if not isinstance(rates, list) or len(rates) != len(tables) or not all(isinstance(one, dict) for one in rates):
        at = top.keys.get("rate", _Place(1, 1))
        problems.add("toml_table", at.line, at.column, "rate", "rate")
        return []
    if len(rates) > MOST_ROWS:
        problems.add("rows", tables[MOST_ROWS].at.line, 1, "", "", f"{MOST_ROWS:,}")
        return []
    if not rates and not problems.count:
        problems.add("no_rows", len(lines), 1)
    read = [_rate(values, table, shared, reader, problems) for values, table in zip(rates, tables, strict=True)]
    return [rate for rate in read if rate is not None]


def _refuse(why: str, lines: list[str], problems: Problems) -> None:
    place = _PLACE.search(why)
    what = _AT_END.sub("", _PLACE.sub("", why)) or why
    if place is not None:
        problems.add("toml", int(place[1]), int(place[2]), "", what)
    else:
        last = len(lines) if lines[-1] or len(lines) == 1 else len(lines) - 1
        problems.add("toml", last, len(lines[last - 1]) + 1, "", what)


def _places(lines: list[str]) -> tuple[_Table, list[_Table]]:
    top = _Table(_Place(1, 1), {})
    tables: list[_Table] = []
    now = top
    for number, line in enumerate(lines, 1):
        if _TABLE.fullmatch(line):
            now = _Table(_Place(number, line.index("[") + 1), {})
            tables.append(now)
        elif (other := _ANY_TABLE.match(line)) is not None:
            name = line.strip().strip("[]").split(".")[0].strip(" \"'")
            now.keys.setdefault(name, _Place(number, len(other[1]) + 1))
            top.keys.setdefault(name, _Place(number, len(other[1]) + 1))
        elif (key := _KEY.match(line)) is not None:
            now.keys.setdefault(key[2].strip("\"'"), _Place(number, len(key[1]) + 1))
        elif "=" in line and not line.lstrip().startswith("#"):
            first = line.split("=")[0].split(".")[0].strip(" \t\"'")
            now.keys.setdefault(first, _Place(number, len(line) - len(line.lstrip()) + 1))
    return top, tables


def _shared(document: dict[str, Any], top: _Table, problems: Problems) -> dict[str, Cell]:
    """What is said of all rates before the first."""
    cells: dict[str, Cell] = {}
    for key, value in document.items():
        at = top.keys.get(key, top.at)
        if key == "rate":
            continue
        if key not in _TOP:
            problems.add("toml_table", at.line, at.column, key, key)
        elif (text := _as_text(value)) is None:
            problems.add("toml_type", *at, key, type(value).__name__)
        elif text:
            cells[key] = Cell(text, *at, key)
    return cells


def _rate(
    values: dict[str, Any], table: _Table, shared: dict[str, Cell], reader: RowReader, problems: Problems
) -> BookRate | None:
    before, cells = problems.count, dict[str, Cell]()
    for key, value in values.items():
        line, place = table.keys.get(key, table.at)
        column, text = column_of(key), _as_text(value)
        if not column:
            problems.add("unknown_column", line, place, key[:40], key, ", ".join(COLUMNS))
        elif column in cells:
            problems.add("duplicate", line, place, key, key, cells[column].name)
        elif text is None:
            problems.add("toml_type", line, place, key, str(type(value).__name__))
        else:
            cells[column] = Cell(text, line, place, key)
    for column, micros in IN_MICROS.items():
        if column in cells and micros in cells:
            problems.add("both", *cells[micros].place, cells[micros].name, cells[column].name)
    if problems.count > before:
        return None
    where = {column: cells.get(column) or Cell("", *table.at, column) for column in COLUMNS}
    return reader.read({**shared, **{name: cell for name, cell in cells.items() if cell.text}}, where)


def _as_text(value: object) -> str | None:
    """As the CSV would have it; None when that cannot be."""
    match value:
        case bool() | datetime():
            return None
        case str():
            return value.strip()
        case int():
            return str(value) if abs(value) < _MOST else None
        case Decimal():
            return f"{value:f}" if value.is_finite() and abs(value.adjusted()) < _MOST_PLACES else None
        case date():
            return value.isoformat()
        case _:
            return None
