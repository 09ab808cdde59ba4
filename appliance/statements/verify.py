"""Proves a statement in JSON from its own bytes: no store, no configuration, no network; a line of the file at a time.

Each line must be written as we write it, so that there is no byte which does not matter.
"""

import re
import stat
from pathlib import Path
from typing import BinaryIO

from appliance.billing.ledger import Entry, Hidden
from appliance.statements.proof import BEGIN, END_LAST, ENTRIES, FORMAT, LAST, SIGNATURE, Body, End, Head
from appliance.statements.proof import END as END_MARK
from appliance.statements.proving import NotProved, Proof, Proved, Tell, canonical, is_digest

MAX_LINE_BYTES = 4_000_000
_HIDDEN = re.compile(rb'\{"number":[0-9]{1,18},"digest":')


def open_file(path: Path) -> BinaryIO:
    """The file, if it is one. Raises NotProved."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise NotProved("no_file", path=str(path))
        return path.open("rb")
    except OSError as error:
        raise NotProved("unreadable", path=str(path), error=error.strerror or str(error)) from error


def prove(file: BinaryIO, key: str = "", tell: Tell = lambda done, count: None) -> Proved:
    """Prove a JSON statement; `key`: the fingerprint it has to be of; "": any. Raises NotProved at the first thing that
    does not hold."""
    lines = Lines(file)
    body = Body()
    proof = Proof(_head(body.add(lines.next()), lines), key, tell)
    while not (text := body.add(lines.next())).startswith(END_MARK):
        proof.see(_entry(text, lines, proof.next, last=proof.next == proof.head.until))
    if not text.endswith(END_LAST):
        raise lines.wrong()
    end = canonical(text[len(END_MARK) : -len(END_LAST)], End)
    if end is None:
        raise lines.wrong()
    text = lines.next()
    if not (text.startswith(SIGNATURE) and text.endswith(LAST)):
        raise lines.wrong()
    signature = canonical(text[len(SIGNATURE) : -len(LAST)], str)
    if signature is None:
        raise lines.wrong()
    lines.end()
    return proof.finish(end, body.signed, signature)


class Lines:
    """Lines of a file, none longer than MAX_LINE_BYTES. Raises NotProved where it ends too soon."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.number = 0

    def next(self) -> bytes:
        self.number += 1
        text = self._read()
        if not text:
            raise NotProved("cut_off", at=str(self.number))
        if len(text) > MAX_LINE_BYTES:
            raise self.wrong()
        return text

    def end(self) -> None:
        if self._read():
            raise NotProved("goes_on", at=str(self.number))

    def wrong(self) -> NotProved:
        return NotProved("shape", at=str(self.number))

    def _read(self) -> bytes:
        try:
            return self._file.readline(MAX_LINE_BYTES + 1)
        except OSError as error:
            raise NotProved("unreadable", path="", error=error.strerror or str(error)) from error


def _head(text: bytes, lines: Lines) -> Head:
    version = re.match(rb'\{"format":([0-9]{1,6}),', text)
    if version is not None and int(version[1]) != FORMAT:
        raise NotProved("format", found=version[1].decode(), known=str(FORMAT))
    if not (text.startswith(BEGIN) and text.endswith(ENTRIES)):
        raise lines.wrong()
    head = canonical(text[len(BEGIN) : -len(ENTRIES)], Head)
    if head is None:
        raise lines.wrong()
    return head


def _entry(text: bytes, lines: Lines, number: int, *, last: bool) -> Entry | Hidden:
    ending = b"\n" if last else b",\n"
    plain = text.removesuffix(ending)
    found: Entry | Hidden | None = None
    if len(plain) + len(ending) == len(text):
        found = canonical(plain, Hidden) if _HIDDEN.match(plain) else canonical(plain, Entry)
    if found is None or (isinstance(found, Hidden) and not is_digest(found.digest)):
        raise NotProved("entry", number, at=str(lines.number))
    return found
