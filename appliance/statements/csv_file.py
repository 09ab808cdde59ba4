"""The statement as a CSV file for spreadsheets, which proves itself too: each row carries its line's record.

Fields are parted by semicolons where decimals have a comma, and by commas elsewhere; UTF-8 with a byte order mark, as
spreadsheets want it. Lines that are not shown stand as rows with their digest alone. The last row begins with
`#centralita` and holds what else the JSON file has (`proof`), and in which language and number format this was written,
so that all of it can be written again and compared.
"""

import csv
import io
import re
import sqlite3
from collections.abc import Iterator, Sequence
from typing import BinaryIO
from zoneinfo import ZoneInfo

from appliance.acd.plan import Language
from appliance.billing.charges import money
from appliance.billing.ledger import Entry, Hidden, encoded
from appliance.statements.line_words import KINDS, arithmetic, when
from appliance.statements.numbers import Place
from appliance.statements.proof import End, Head, encoder
from appliance.statements.statement import Progress, Statement, entries
from appliance.statements.texts import said

BEGIN = b"\xef\xbb\xbf"
MARK = "#centralita"
_FORMULA = re.compile(r"[=@\t\r]|[+-](?![0-9]+$)")


class Rows:
    """Writes rows of a statement."""

    def __init__(self, head: Head, place: Place, language: Language) -> None:
        self._zone = ZoneInfo(head.time_zone)
        self._place = place
        self._language = language
        self._delimiter = ";" if place.point == "," else ","

    def begin(self) -> bytes:
        return BEGIN + self._row(self._titles)

    def entry(self, one: Entry | Hidden) -> bytes:
        return self._row(self._shown(one) if isinstance(one, Entry) else self._hidden(one))

    def end(self, head: Head, end: End, signature: str) -> bytes:
        parts = (encoder.encode(head).decode(), encoder.encode(end).decode(), signature)
        return self._row([MARK, *parts, self._language, self._place.tag])

    @property
    def _titles(self) -> list[str]:
        return said("csv", self._language).split("|")

    def _shown(self, one: Entry) -> list[str]:
        line, point = one.line, self._place.point
        words = [
            when(line, self._zone),
            line.period,
            KINDS[self._language][line.kind],
            line.contract,
            line.version,
            line.clause,
            line.project,
            line.queue,
            line.agent,
            line.call,
            arithmetic(line, self._language, point),
        ]
        return [
            str(one.number),
            *(_harmless(word) for word in words),
            money(line.amount_micros, point),
            _harmless(line.tax.name),
            money(line.tax.ppm * 100, point) if line.tax.name else "",
            money(line.tax_micros, point),
            money(line.amount_micros + line.tax_micros, point),
            line.currency,
            str(line.corrects or ""),
            one.hash,
            encoded(line).decode(),
        ]

    def _hidden(self, one: Hidden) -> list[str]:
        row = [""] * len(self._titles)
        row[0], row[3], row[-1] = str(one.number), said("csv_hidden", self._language), one.digest
        return row

    def _row(self, cells: Sequence[str]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self._delimiter).writerow(cells)
        return text.getvalue().encode()


def parts(
    store: sqlite3.Connection, statement: Statement, place: Place, language: Language, tell: Progress
) -> Iterator[bytes]:
    """The file, a row at a time."""
    rows = Rows(statement.head, place, language)
    yield rows.begin()
    for one in entries(store, statement.head, tell):
        yield rows.entry(one)
    yield rows.end(statement.head, End(statement.totals, statement.seal), statement.signature)


def is_csv(file: BinaryIO) -> bool:
    """Whether a file looks like one of these; it is at its beginning afterwards."""
    first = file.read(len(BEGIN))
    file.seek(0)
    return first == BEGIN


def _harmless(text: str) -> str:
    """No cell is a formula, however a client or an agent is called (OWASP: CSV injection), nor has a line break."""
    plain = " ".join(text.splitlines()) if "\n" in text or "\r" in text else text
    return f"'{plain}" if _FORMULA.match(plain) else plain
