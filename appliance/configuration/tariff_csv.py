"""A carrier's list as CSV (RFC 4180): which delimiter parts it, what its columns are, how its prices are written."""

import csv
import re
from typing import NamedTuple

from appliance.configuration.tariff_columns import COLUMNS, IN_MICROS, MONEY, column_of
from appliance.configuration.tariff_problems import Problems
from appliance.configuration.tariff_rows import BookRate, Cell, RowReader

MOST_ROWS = 100_000
MOST_COLUMNS = 64
LONGEST_FIELD = 200
DELIMITERS = {",": "«,»", ";": "«;»", "\t": "«TAB»", "|": "«|»"}
_NOT_READ = {":": "«:»", "~": "«~»", "^": "«^»", "/": "«/»", "!": "«!»", "¦": "«¦»", "#": "«#»", "&": "«&»"}
_HINT = re.compile(r"sep=(.)", re.IGNORECASE)
"""What Excel writes before the header, and takes."""
_COMMA = re.compile(r"[0-9]+,[0-9]+")
_POINT = re.compile(r"[0-9]+\.[0-9]+")
_MAY_BE_THOUSANDS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")


class _Line(NamedTuple):
    number: int
    fields: list[str]


class _Header(NamedTuple):
    line: _Line
    columns: dict[str, int]
    """Column -> place among the fields, from 0."""


def read_csv(lines: list[str], reader: RowReader, problems: Problems) -> list[BookRate]:
    """The rates of the rows that hold, in their order; the others are in `problems`."""
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    delimiter = ""
    if numbered and (hint := _HINT.fullmatch(numbered[0][1].strip(' "'))):
        number, _ = numbered.pop(0)
        delimiter = hint[1]
        if delimiter not in DELIMITERS:
            problems.add("delimiter", number, 1, "", f"«{delimiter}»")
            return []
    if not numbered:
        problems.add("no_rows", len(lines), 1)
        return []
    number, line = numbered[0]
    delimiter = delimiter or _delimiter(number, line, problems)
    header = _header(number, line, delimiter, problems) if delimiter else None
    if header is None:
        return []
    rows = _rows(numbered[1:], header, delimiter, problems)
    if not rows and not problems.count:
        problems.add("no_rows", number, 1)
    _write_points(rows, header, problems)
    return _rates(rows, header, reader)


def _fields(line: str, delimiter: str) -> list[str] | None:
    """The fields of a line, which is a whole row: a quoted field that goes on in the next line is most often a quote
    that was not closed, and it would swallow the rest of the file. None when its quotes do not hold."""
    if '"' not in line:
        return [field.strip() for field in line.split(delimiter)]
    try:
        rows = list(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=True))
    except csv.Error:
        return None
    return [field.strip() for field in rows[0]] if len(rows) == 1 else None


def _delimiter(number: int, line: str, problems: Problems) -> str:
    """The one that parts the header into names we know; "" and a problem when that is none, or more than one."""
    parts = {delimiter: _fields(line, delimiter) for delimiter in DELIMITERS}
    if not any(parts.values()):
        problems.add("quote", number, line.index('"') + 1, "", line)
        return ""
    fits = [one for one, fields in parts.items() if fields is not None and len(fields) > 1 and _known(fields)]
    if len(fits) > 1:
        problems.add("two_delimiters", number, 1, "", " ".join(DELIMITERS[one] for one in fits))
        return ""
    if fits:
        return fits[0]
    if column_of(line.strip(' "')):
        return ","
    for other, shown in _NOT_READ.items():
        if _known(line.split(other)) > 1:
            problems.add("delimiter", number, line.index(other) + 1, "", shown)
            return ""
    if _known(line.split()) > 1:
        problems.add("delimiter", number, len(line.split()[0]) + 1, "", "« »")
        return ""
    problems.add("header", number, 1, "", line)
    return ""


def _known(fields: list[str]) -> int:
    return sum(bool(column_of(field)) for field in fields)


def _header(number: int, line: str, delimiter: str, problems: Problems) -> _Header | None:
    fields = _fields(line, delimiter)
    if fields is None:
        problems.add("quote", number, line.index('"') + 1, "", line)
        return None
    before = problems.count
    if len(fields) > MOST_COLUMNS:
        problems.add("columns", number, MOST_COLUMNS + 1, "", str(len(fields)), str(MOST_COLUMNS))
        return None
    columns: dict[str, int] = {}
    for place, field in enumerate(fields):
        column = column_of(field)
        if not field:
            problems.add("unnamed", number, place + 1, "—")
        elif not column:
            problems.add("unknown_column", number, place + 1, _short(field), field, ", ".join(COLUMNS))
        elif column in columns:
            problems.add("duplicate", number, place + 1, field, field, f"{columns[column] + 1} ({column})")
        else:
            columns[column] = place
    for column, micros in IN_MICROS.items():
        if column in columns and micros in columns:
            place = columns[micros]
            problems.add("both", number, place + 1, fields[place], fields[place], fields[columns[column]])
    for column in ("prefix", "price_per_minute"):
        if column not in columns and IN_MICROS.get(column) not in columns:
            shown = {"prefix": "prefix / prefijo", "price_per_minute": "price / precio"}[column]
            problems.add("missing", number, len(fields) + 1, column, "", shown)
    return _Header(_Line(number, fields), columns) if problems.count == before else None


def _short(field: str) -> str:
    return "".join(one for one in field if one.isprintable())[:40]


def _rows(numbered: list[tuple[int, str]], header: _Header, delimiter: str, problems: Problems) -> list[_Line]:
    """The rows that have the header's columns. A line of nothing but delimiters is an empty one of a spreadsheet."""
    rows: list[_Line] = []
    wanted = len(header.line.fields)
    blank = frozenset(f'{delimiter}" \t')
    for number, line in numbered:
        if blank.issuperset(line):
            continue
        if len(rows) == MOST_ROWS:
            problems.add("rows", number, 1, "", "", f"{MOST_ROWS:,}")
            break
        fields = _fields(line, delimiter)
        if fields is None:
            problems.add("quote", number, line.index('"') + 1, "", line[line.index('"') :])
        elif len(fields) != wanted:
            _ragged(number, line, len(fields), header, delimiter, problems)
        elif any(len(field) > LONGEST_FIELD for field in fields):
            place = next(place for place, field in enumerate(fields) if len(field) > LONGEST_FIELD)
            name = header.line.fields[place]
            problems.add("long_field", number, place + 1, name, fields[place], str(LONGEST_FIELD))
        else:
            rows.append(_Line(number, fields))
    return rows


def _ragged(number: int, line: str, count: int, header: _Header, delimiter: str, problems: Problems) -> None:
    names = header.line.fields
    for other, shown in DELIMITERS.items():
        parts = _fields(line, other) if other != delimiter else None
        if count == 1 and parts is not None and len(parts) > 1:
            problems.add("other_delimiter", number, 1, names[0], shown, DELIMITERS[delimiter])
            return
    place = min(count, len(names))
    if count < len(names):
        problems.add("few", number, place + 1, names[place], str(count), str(len(names)))
    else:
        problems.add("many", number, place + 1, "—", str(count), str(len(names)))


def _write_points(rows: list[_Line], header: _Header, problems: Problems) -> None:
    """Decimal commas become points, where a whole column leaves no doubt that they are decimal commas: at least one has
    not three figures behind it, or has nothing but 0 before it, and no amount of the file is written with a point."""
    places = [header.columns[column] for column in MONEY if column in header.columns]
    point = min((row.number for at in places for row in rows if _POINT.fullmatch(row.fields[at])), default=0)
    for at in places:
        commas = [row for row in rows if _COMMA.fullmatch(row.fields[at])]
        certain = any(not _MAY_BE_THOUSANDS.fullmatch(row.fields[at]) for row in commas)
        for row in commas:
            text = row.fields[at]
            row.fields[at] = text.replace(",", ".")
            name = header.line.fields[at]
            if point:
                problems.add("comma_and_point", row.number, at + 1, name, text, str(point))
            elif not certain:
                problems.add("comma_uncertain", row.number, at + 1, name, text, row.fields[at])


def _rates(rows: list[_Line], header: _Header, reader: RowReader) -> list[BookRate]:
    names, columns = header.line.fields, tuple(header.columns.items())
    rates = []
    for number, fields in rows:
        row = {column: Cell(fields[at], number, at + 1, names[at]) for column, at in columns}
        rate = reader.read({column: cell for column, cell in row.items() if cell.text}, row)
        if rate is not None:
            rates.append(rate)
    return rates
