"""The books of tariffs on the disk: `<data_dir>/tariffs/`, a file a version, each written whole and never again.

A file is lines of JSON: the digest of all that follows, the book, and its rates, some hundred a line, so that reading
many of them holds up no other thread. Its name says whose it is, its number and its first day
(`orange.0002.2026-12-01.json`), so that of one that cannot be read it is still known what it would have replaced:
from that day on the book has no rates, rather than those of a version that has ended.
"""

import contextlib
import errno
import fcntl
import hashlib
import logging
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from appliance.configuration.file_types import NAME
from appliance.configuration.tariff_books import Book
from appliance.configuration.tariff_problems import Language
from appliance.configuration.tariff_rows import BookRate
from appliance.daemon.tariff_words import WORDS

log = logging.getLogger(__name__)

FORMAT = 1
MOST_BYTES = 100_000_000
MOST_FILES = 10_000
_FILE = re.compile(rf"({NAME})\.(\d{{4}})\.(2\d{{3}}-\d{{2}}-\d{{2}}|always)\.json")
RATES_A_LINE = 200
ALWAYS = "always"
PARTIAL = "."
"""Begins the names of files that are being written; nobody reads them, and the next import removes them."""


class ShelfError(Exception):
    """The folder cannot be read or written; `text` says why and what to do."""

    def __init__(self, code: str, path: Path, why: OSError) -> None:
        super().__init__(code, path, why)
        self._code, self._path, self._why = code, path, why.strerror or str(why)

    def text(self, language: Language) -> str:
        return f"{self._path}: {WORDS[language][self._code].format(why=self._why)}"


class OnShelf(NamedTuple):
    """A file of the folder."""

    path: Path
    name: str
    number: int
    valid_from: str
    book: Book | None
    wrong: str
    """Why it cannot be read, a key of `tariff_words`; "" when it can."""
    detail: str = ""


class Shelf:
    """The books of one box."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "tariffs"

    @property
    def is_empty(self) -> bool:
        """Whether there is not a single file, broken or not."""
        try:
            with os.scandir(self.folder) as entries:
                return not any(_FILE.fullmatch(one.name) for one in entries)
        except FileNotFoundError:
            return True
        except OSError:
            return False

    def look(self, since: str = "") -> tuple[OnShelf, ...]:
        """Every version, by name and number, but those that ended by the day `since`: they are not even read. A folder
        that is not there has none. Raises ShelfError."""
        try:
            with os.scandir(self.folder) as entries:
                names = sorted(one.name for one in entries if _FILE.fullmatch(one.name))[:MOST_FILES]
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise ShelfError("cannot_read", self.folder, error) from error
        ended = _ended(names, since)
        return tuple(_on_shelf(self.folder / name) for name in names if name not in ended)

    @contextlib.contextmanager
    def changing(self) -> Iterator[None]:
        """Nobody else changes the folder meanwhile; it is made when it is not there. Raises ShelfError."""
        try:
            if not self.folder.is_dir():
                self.folder.mkdir(mode=0o750, exist_ok=True)
                _give(self.folder, self.folder.parent)
                _to_disk(self.folder.parent)
            folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except FileNotFoundError as error:
            raise ShelfError("no_folder", self.folder.parent, error) from error
        except OSError as error:
            raise ShelfError("cannot_write", self.folder, error) from error
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ShelfError("busy", self.folder, error) from error
            yield
        finally:
            os.close(folder)

    def put(self, book: Book) -> Path:
        """Keep a version: it is there whole, and durably, or not at all. Within `changing`. Raises ShelfError."""
        path = self.folder / f"{book.name}.{book.number:04d}.{book.valid_from or ALWAYS}.json"
        partial = self.folder / f"{PARTIAL}{path.name}.{os.getpid()}"
        try:
            for left in self.folder.glob(f"{PARTIAL}*.json.*"):
                left.unlink(missing_ok=True)
            with partial.open("xb") as file:
                file.write(_encoded(book))
                file.flush()
                os.fsync(file.fileno())
            partial.chmod(0o640)
            _give(partial, self.folder)
            if path.exists():
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            partial.rename(path)
            _to_disk(self.folder)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink(missing_ok=True)
            raise ShelfError("cannot_write", path, error) from error
        return path


def _ended(names: list[str], since: str) -> set[str]:
    """The files of versions that a later one replaced by that day; names are in the order of their numbers."""
    ended: set[str] = set()
    replaced: set[str] = set()
    for name in reversed(names):
        named = _FILE.fullmatch(name)
        assert named is not None
        if named[1] in replaced:
            ended.add(name)
        if named[3] == ALWAYS or named[3] <= since:
            replaced.add(named[1])
    return ended if since else set()


def _on_shelf(path: Path) -> OnShelf:
    named = _FILE.fullmatch(path.name)
    assert named is not None
    first_day = "" if named[3] == ALWAYS else named[3]
    try:
        book, wrong, detail = _decoded(path)
    except OSError as error:
        book, wrong, detail = None, "unreadable", error.strerror or str(error)
    if book is not None and (book.name, book.number, book.valid_from) != (named[1], int(named[2]), first_day):
        book, wrong = None, "other_book"
    return OnShelf(path, named[1], int(named[2]), first_day, book, wrong, detail)


class _Head(Struct, frozen=True, forbid_unknown_fields=True):
    format: int
    sha256: str
    """Of all that follows."""


def _encoded(book: Book) -> bytes:
    rates = book.rates
    slices = (rates[at : at + RATES_A_LINE] for at in range(0, len(rates), RATES_A_LINE))
    lines = [replace(book, rates=()), *slices]
    body = b"".join(msgspec.json.encode(line) + b"\n" for line in lines)
    return msgspec.json.encode(_Head(FORMAT, hashlib.sha256(body).hexdigest())) + b"\n" + body


def _decoded(path: Path) -> tuple[Book | None, str, str]:
    """The book of a file, or why there is none and a detail of that. Raises OSError."""
    if path.stat().st_size > MOST_BYTES:
        return None, "size", str(MOST_BYTES // 1_000_000)
    digest, rates = hashlib.sha256(), list[BookRate]()
    try:
        with path.open("rb") as file:
            head = msgspec.json.decode(file.readline(), type=_Head)
            if head.format != FORMAT:
                return None, "format", str(head.format)
            first = file.readline()
            digest.update(first)
            for line in file:
                digest.update(line)
                rates.extend(_rates.decode(line))
        if digest.hexdigest() != head.sha256:
            return None, "damaged", ""
        return replace(msgspec.json.decode(first, type=Book), rates=tuple(rates)), "", ""
    except (msgspec.DecodeError, ValueError):
        return None, "damaged", ""


_rates: msgspec.json.Decoder[tuple[BookRate, ...]] = msgspec.json.Decoder(tuple[BookRate, ...])


def _give(path: Path, like: Path) -> None:
    """What root writes belongs to whoever the folder belongs to: the ACD, which reads it."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _to_disk(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
