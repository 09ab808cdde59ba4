"""Proves a statement in CSV: each row is written again from the record it carries and compared, byte by byte."""

import csv
import io
from typing import BinaryIO, get_args
from zoneinfo import ZoneInfoNotFoundError

from appliance.acd.plan import Language
from appliance.billing.ledger import Entry, Hidden
from appliance.billing.lines import Line
from appliance.statements.csv_file import MARK, Rows
from appliance.statements.numbers import NoSuchLocale, Place
from appliance.statements.proof import Body, End, Head, begin, encoder
from appliance.statements.proof import end as end_of
from appliance.statements.proof import entry as entry_of
from appliance.statements.proving import NotProved, Proof, Proved, Tell, canonical, is_digest
from appliance.statements.verify import MAX_LINE_BYTES, Lines

LANGUAGES: tuple[Language, ...] = get_args(Language)
_LAST_CELLS = 6
csv.field_size_limit(MAX_LINE_BYTES)


def prove_csv(file: BinaryIO, key: str = "", tell: Tell = lambda done, count: None) -> Proved:
    """The same as `verify.prove`, of a CSV file. Raises NotProved."""
    delimiter, head, end, signature, language, place = _last_row(file)
    lines, body = Lines(file), Body()
    proof = Proof(head, key, tell)
    try:
        rows = Rows(head, place, language)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NotProved("head") from error
    body.add(begin(head))
    if lines.next() != rows.begin():
        raise lines.wrong()
    while proof.next <= head.until:
        text = lines.next()
        one = _entry(text, delimiter)
        if one is None:
            raise NotProved("entry", proof.next, at=str(lines.number))
        number = proof.next
        proof.see(one)
        try:
            same = rows.entry(one) == text
        except (ValueError, ArithmeticError, LookupError, OSError) as error:
            raise NotProved("entry", number, at=str(lines.number)) from error
        if not same:
            raise NotProved("cells", number, one.line if isinstance(one, Entry) else None, at=str(lines.number))
        body.add(entry_of(one, last=number == head.until))
    body.add(end_of(end))
    if lines.next() != rows.end(head, end, signature):
        raise lines.wrong()
    lines.end()
    return proof.finish(end, body.signed, signature)


def _last_row(file: BinaryIO) -> tuple[str, Head, End, str, Language, Place]:
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - MAX_LINE_BYTES))
    tail = file.read(MAX_LINE_BYTES)
    file.seek(0)
    where = tail.rfind(b"\r\n" + MARK.encode())
    cells: list[str] | None = None
    delimiter = tail[where + 2 + len(MARK) : where + 3 + len(MARK)].decode("ascii", "replace")
    if where >= 0 and delimiter in (";", ","):
        cells = _cells(tail[where + 2 :], delimiter)
    if cells is None or len(cells) != _LAST_CELLS or cells[0] != MARK:
        raise NotProved("csv_end")
    head, end = canonical(cells[1].encode(), Head), canonical(cells[2].encode(), End)
    language = next((one for one in LANGUAGES if one == cells[4]), None)
    if head is None or end is None or language is None:
        raise NotProved("csv_end")
    try:
        return delimiter, head, end, cells[3], language, Place.named(cells[5])
    except NoSuchLocale as error:
        raise NotProved("csv_end") from error


def _entry(text: bytes, delimiter: str) -> Entry | Hidden | None:
    cells = _cells(text, delimiter)
    if cells is None or len(cells) < 3 or not (cells[0].isascii() and cells[0].isdigit() and len(cells[0]) < 19):
        return None
    number, hash_, record = int(cells[0]), cells[-2], cells[-1]
    if not hash_:
        return Hidden(number, record) if is_digest(record) else None
    line = canonical(record.encode(), Line)
    return Entry(number, line, hash_) if line is not None and encoder.encode(line) == record.encode() else None


def _cells(text: bytes, delimiter: str) -> list[str] | None:
    """A row that is one line of the file."""
    try:
        rows = list(csv.reader(io.StringIO(text.decode(), newline=""), delimiter=delimiter, strict=True))
    except (csv.Error, UnicodeDecodeError):
        return None
    return rows[0] if len(rows) == 1 else None
