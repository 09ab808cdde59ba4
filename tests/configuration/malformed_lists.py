"""Carriers' lists with something wrong in them, made from a seed: where it is, and what must be said of it."""

import csv
import io
import random
from dataclasses import dataclass, field
from typing import NamedTuple

COLUMNS = (
    "prefix",
    "description",
    "price_per_minute",
    "connect_fee",
    "first_increment_s",
    "next_increment_s",
    "minimum",
    "maximum",
    "rounding",
    "decimals",
    "direction",
    "line",
    "project",
    "hours",
    "valid_from",
    "valid_to",
    "free_s",
    "version",
    "currency",
)
SPANISH = (
    "Prefijo", "Descripción", "Precio por minuto", "Establecimiento", "Primer incremento", "Siguiente incremento",
    "Mínimo", "Máximo", "Redondeo", "Decimales", "Sentido", "Línea", "Proyecto", "Horario", "Válido desde",
    "Válido hasta", "Segundos gratis", "Version", "Moneda",
)  # fmt: skip
DELIMITERS = (",", ";", "\t", "|")
GOOD_ROW = (
    "",
    "Móvil",
    "0.024",
    "0.05",
    "60",
    "1",
    "0",
    "0",
    "half_up",
    "6",
    "out",
    "",
    "",
    "",
    "",
    "",
    "0",
    "7",
    "EUR",
)


class Expected(NamedTuple):
    """A problem that must be among those told; 0 as line or column is any."""

    code: str
    line: int
    column: int


@dataclass
class Sheet:
    """A list before it is written."""

    rng: random.Random
    delimiter: str
    header: list[str]
    rows: list[list[str]]
    ending: str = "\n"
    bom: bool = False
    expected: list[Expected] = field(default_factory=list)
    spoilt: set[int] = field(default_factory=set)

    def take_row(self) -> int:
        """A row with nothing wrong in it yet."""
        place = self.rng.choice([one for one in range(len(self.rows)) if one not in self.spoilt])
        self.spoilt.add(place)
        return place

    def lines(self) -> list[str]:
        return [_written(row, self.delimiter) for row in (self.header, *self.rows)]

    def data(self, lines: list[str] | None = None) -> bytes:
        text = self.ending.join(self.lines() if lines is None else lines) + self.ending
        return (b"\xef\xbb\xbf" if self.bom else b"") + text.encode()


def sheet(rng: random.Random, rows: int = 0) -> Sheet:
    """A list with nothing wrong in it, in one of the dialects that are read."""
    prefixes = rng.sample(range(200, 999), rows or rng.randint(4, 12))
    made = [[f"+{prefix}", *GOOD_ROW[1:]] for prefix in prefixes]
    for row in made:
        row[2] = f"0.{rng.randint(0, 999_999):06d}"
    names = list(rng.choice((COLUMNS, SPANISH)))
    return Sheet(rng, rng.choice(DELIMITERS), names, made, rng.choice(("\n", "\r\n", "\r")), rng.random() < 0.3)


def _written(row: list[str], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="").writerow(row)
    return out.getvalue()


CELLS: dict[str, tuple[str, tuple[str, ...]]] = {
    "negative": ("price_per_minute", ("-1", "-0.024", "(0.5)", "\u22120.1")),
    "currency_sign": ("connect_fee", ("0.05 €", "€0.05", "0.05 EUR", "$1", "5 cent")),
    "thousands": ("price_per_minute", ("1.234,5", "1,234.5", "1 234", "1'234.00", "1.234.567")),
    "too_fine": ("price_per_minute", ("0.0000001", "1.23456789", "0.1234567")),
    "too_much": ("price_per_minute", ("1000001", "999999999999", "1000000.000001")),
    "amount": ("price_per_minute", ("gratis", "n/a", "1e-3", ".5", "5.", "0x10", "1..2", "٣", "nan", "inf", "1/2")),
    "price_empty": ("price_per_minute", ("", " ", "   ")),
    "prefix_bare": ("prefix", ("346", "600", "0600", "900123")),
    "prefix_empty": ("prefix", ("", "  ")),
    "prefix_all": ("prefix", ("+", "=", "00")),
    "prefix_sheet": ("prefix", ("3.46E+11", "3,46E+10", "+34600.0", "#N/A", "#REF!")),
    "prefix": ("prefix", ("+34 600", "+34-600", "++34", "34+", "abc", "+1234567890123456", "+٣٤", "'+34", "+34*")),
    "choice": ("direction", ("both", "salientes", "0", "OUT!")),
    "unknown_name": ("line", ("linea-que-no-hay", "Movil1", "-")),
    "whole": ("first_increment_s", ("-60", "1.5", "60s", "0", "3601", "60/60", "1e2", "٦٠")),
    "day_form": ("valid_from", ("01/12/2026", "2026-12-1", "2026/12/01", "20261201", "1 dic 2026", "1999-01-01")),
    "no_day": ("valid_to", ("2026-02-30", "2026-13-01", "2026-00-10", "2027-02-29")),
    "least_decimals": ("minimum", ()),
    "version": ("version", ("una versión", "7/8", "x" * 33, ".7", "versión7")),
    "versions": ("version", ("8", "7.1")),
    "currency": ("currency", ("USD", "MXN", "€", "EURO")),
    "long_field": ("description", ("x" * 81, "y" * 201)),
}  # fmt: skip
OTHER_CELLS = (
    ("rounding", "choice"), ("project", "unknown_name"), ("hours", "unknown_name"), ("decimals", "whole"),
    ("free_s", "whole"), ("next_increment_s", "whole"), ("connect_fee", "negative"), ("maximum", "too_fine"),
)  # fmt: skip
"""Columns that can be wrong in the same way."""


def spoil_cell(one: Sheet, code: str) -> None:
    """Write something wrong in a cell of a good row."""
    column, values = CELLS[code]
    other = [name for name, its in OTHER_CELLS if its == code]
    if other and one.rng.random() < 0.5:
        column = one.rng.choice(other)
    row, place = one.take_row(), COLUMNS.index(column)
    if code == "least_decimals":
        one.rows[row][COLUMNS.index("decimals")] = "2"
        values = ("0.001", "0.015", "1.000001")
    one.rows[row][place] = one.rng.choice(values)
    if code == "whole" and column in ("decimals", "free_s"):
        one.rows[row][place] = one.rng.choice(("-1", "9999", "1.5", "dos"))
    line = row + 2
    if code == "versions":  # the first row's version is the file's, whichever it is
        line = row + 2 if row else 0
    one.expected.append(Expected(code, line, place + 1))


def spoil_pair(one: Sheet) -> None:
    """Two cells of a row that contradict each other."""
    row = one.take_row()
    if one.rng.random() < 0.5:
        one.rows[row][COLUMNS.index("valid_from")] = "2026-12-02"
        one.rows[row][COLUMNS.index("valid_to")] = "2026-12-01"
        one.expected.append(Expected("day_order", row + 2, COLUMNS.index("valid_to") + 1))
    else:
        one.rows[row][COLUMNS.index("minimum")] = "0.5"
        one.rows[row][COLUMNS.index("maximum")] = "0.4"
        one.expected.append(Expected("most_less", row + 2, COLUMNS.index("maximum") + 1))


def spoil_counts(one: Sheet) -> None:
    """What is dialled is counted by its line's time anyway."""
    one.header.append("counts")
    for fields in one.rows:
        fields.append("")
    row = one.take_row()
    one.rows[row][-1] = one.rng.choice(("line", "linea", "LINE"))
    one.expected.append(Expected("counts", row + 2, len(COLUMNS) + 1))


def spoil_overlap(one: Sheet) -> None:
    """A row that rates what another of the list, of the configuration or of another book rates too."""
    row = one.take_row()
    match one.rng.randrange(3):
        case 0:
            other = one.take_row()
            row, other = max(row, other), min(row, other)
            one.rows[row][0] = one.rows[other][0]
        case 1:
            one.rows[row][0] = "+3467"
            one.rows[row][COLUMNS.index("direction")] = one.rng.choice(("in", "entrante"))
        case _:
            one.rows[row][0] = "+49"
    one.expected.append(Expected("overlap", row + 2, 1))


def spoil_commas(one: Sheet) -> None:
    """Decimal commas that may be thousands, or are mixed with points."""
    place = COLUMNS.index("price_per_minute")
    row = one.take_row()
    if one.rng.random() < 0.5:
        for other in one.rows:
            other[place], other[3] = f"{one.rng.randint(1, 999)},{one.rng.randint(0, 999):03d}", "0"
        one.expected.append(Expected("comma_uncertain", row + 2, place + 1))
    else:
        one.rows[row][place] = "0,024"
        one.expected.append(Expected("comma_and_point", row + 2, place + 1))


def row_fault(rng: random.Random) -> tuple[bytes, Expected]:
    """A list with a line that is no row of it."""
    one = sheet(rng)
    row, lines = one.take_row(), one.lines()
    line, count = row + 2, len(COLUMNS)
    fields = one.rows[row]
    match rng.randrange(9):
        case 0:
            keep = rng.randint(2, count - 1)
            lines[line - 1] = one.delimiter.join(fields[:keep])
            expected = Expected("few", line, keep + 1)
        case 1:
            lines[line - 1] += one.delimiter + "más"
            expected = Expected("many", line, count + 1)
        case 2:
            one.delimiter, fields[2] = ",", "0,024"
            lines = one.lines()
            lines[line - 1] = ",".join(fields)
            expected = Expected("many", line, count + 1)
        case 3:
            other = rng.choice([delimiter for delimiter in DELIMITERS if delimiter != one.delimiter])
            lines[line - 1] = other.join(fields)
            expected = Expected("other_delimiter", line, 1)
        case 4:
            lines[line - 1] = lines[line - 1].replace("Móvil", rng.choice(('"Móvil', '"Móvil"x', '"Mó"vil"')))
            expected = Expected("quote", line, lines[line - 1].index('"') + 1)
        case 5:
            broken = f'{one.delimiter}"Móvil{one.ending}de España"'
            lines[line - 1] = lines[line - 1].replace(f"{one.delimiter}Móvil", broken)
            expected = Expected("quote", line, lines[line - 1].index('"') + 1)
        case 6:
            letter = rng.choice("\x00\x01\x0b\x0c\x1a\x7f\x85\xad\u200b\u200e\u2028\ufeff\ufffd")
            place = rng.randint(1, len(lines[line - 1]) - 1)
            lines[line - 1] = lines[line - 1][:place] + letter + lines[line - 1][place:]
            expected = Expected("control", line, place + 1)
        case 7:
            lines[line - 1] += " " * 10_000
            expected = Expected("long_line", line, 10_001)
        case _:
            place = lines[line - 1].index("ó")
            data = one.data(lines).split(one.ending.encode())
            data[line - 1] = data[line - 1].replace("ó".encode(), rng.choice((b"\xf3", b"\xff", b"\x80", b"\xc3\x28")))
            return one.ending.encode().join(data), Expected("byte", line, place + 1)
    return one.data(lines), expected


def header_fault(rng: random.Random) -> tuple[bytes, Expected]:
    """A list whose first line is not the header it needs."""
    one = sheet(rng)
    count = len(COLUMNS)
    match rng.randrange(9):
        case 0:
            one.delimiter = rng.choice(":~^!&")
            text = one.data()
            return text, Expected("delimiter", 1, len(one.header[0]) + 1)
        case 1:
            lines = one.lines()
            lines[0] = "prefix;price_per_minute,line"
            return one.data(lines), Expected("two_delimiters", 1, 1)
        case 2:
            gone = rng.choice((0, 2))
            for row in (one.header, *one.rows):
                del row[gone]
            return one.data(), Expected("missing", 1, count)
        case 3:
            place = rng.randrange(count)
            for row in (one.header, *one.rows):
                row.append(row[place])
            return one.data(), Expected("duplicate", 1, count + 1)
        case 4:
            one.header[1] = rng.choice(("colour", "Zona Nº", "precio/hora", "x" * 50))
            return one.data(), Expected("unknown_column", 1, 2)
        case 5:
            one.header[1] = ""
            return one.data(), Expected("unnamed", 1, 2)
        case 6:
            lines = one.lines()
            return one.data(lines[1:]), Expected("header", 1, 1)
        case 7:
            for row in (one.header, *one.rows):
                row += ["x"] * 60
            return one.data(), Expected("columns", 1, 65)
        case _:
            lines = one.lines()
            wrong = rng.choice(":~x")
            return one.data([f"sep={wrong}", *lines]), Expected("delimiter", 1, 1)


ENCODINGS = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b\x08", b"%PDF-1.7", b"{\\rtf1", b"\x89PNG\r\n")


def file_fault(rng: random.Random) -> tuple[bytes, Expected]:
    """What is no list at all."""
    one = sheet(rng)
    match rng.randrange(7):
        case 0:
            empty = (b"", b"\n", b" \r\n \n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"\t\t")
            return rng.choice(empty), Expected("empty", 1, 1)
        case 1:
            return one.data().decode("utf-8-sig").encode(rng.choice(ENCODINGS)), Expected("encoding", 1, 1)
        case 2:
            text = one.data().decode("utf-8-sig")
            first = next(place for place, letter in enumerate(text) if ord(letter) > 127)
            before = text[:first].replace("\r\n", "\n").replace("\r", "\n").split("\n")
            encoding = rng.choice(("latin-1", "cp1252", "iso8859-15"))
            return text.encode(encoding), Expected("byte", len(before), len(before[-1]) + 1)
        case 3:
            return rng.choice(MAGIC) + rng.randbytes(rng.randint(0, 3_000)), Expected("no_text", 1, 1)
        case 4:
            return one.data(one.lines()[:1]), Expected("no_rows", 1, 1)
        case 5:
            blank = [one.delimiter * (len(COLUMNS) - 1)] * 3
            return one.data([one.lines()[0], *blank]), Expected("no_rows", 1, 1)
        case _:
            return one.data() + one.data(), Expected("", 0, 0)


def toml_fault(rng: random.Random) -> tuple[bytes, Expected]:
    """A list in TOML with something wrong in it."""
    tables = [
        ["[[rate]]", f'prefix = "+{prefix}"', f"price = 0.{rng.randint(1, 999_999):06d}", 'description = "Móvil"']
        for prefix in rng.sample(range(200, 999), rng.randint(2, 8))
    ]
    spoilt = rng.randrange(len(tables))
    line = 2 + sum(len(table) for table in tables[:spoilt])
    table = tables[spoilt]
    match rng.randrange(11):
        case 0:
            table[2], expected = "price = -0.5", Expected("negative", line + 2, 1)
        case 1:
            table[2], expected = '  price = "0,024"', Expected("comma", line + 2, 3)
        case 2:
            table[1], expected = 'prefix = "600"', Expected("prefix_bare", line + 1, 1)
        case 3:
            table[2], expected = (
                f"price = {rng.choice(('true', '[1]', '{a=1}', 'nan', '1e99'))}",
                Expected("toml_type", line + 2, 1),
            )
        case 4:
            table[3], expected = 'colour = "red"', Expected("unknown_column", line + 3, 1)
        case 5:
            table[1], expected = 'prefix = "+34', Expected("toml", line + 1, 14)
        case 6:
            table[0], expected = "[[rates]]", Expected("toml_table", line, 1)
        case 7:
            table[3], expected = 'description = """\nMóvil"""', Expected("toml_text", line + 3, 15)
        case 8:
            table[3], expected = "valid_to = 2026-02-28T00:00:00", Expected("toml_type", line + 3, 1)
        case 9:
            del table[2]
            expected = Expected("price_empty", line, 1)
        case _:
            table[2], expected = "price = 0.0000001", Expected("too_fine", line + 2, 1)
    text = "\n".join(['version = "7"', *(line for table in tables for line in table)])
    return (text + "\n").encode(), expected
