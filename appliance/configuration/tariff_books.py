"""A book: one carrier's list of rates, from the bytes of its file to typed rates or to everything that is wrong in it.

Reading goes in steps, and a file that fails one is not taken to the next: bytes to lines (`tariff_text`), lines to rows
(`tariff_csv`, `tariff_toml`), rows to rates (`tariff_rows`). What rates do to each other and to those in force is found
when they are compiled (`daemon.tariff_overlaps`).
"""

import re
import stat
import unicodedata
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from appliance.configuration.file_types import NAME
from appliance.configuration.tariff_csv import read_csv
from appliance.configuration.tariff_problems import Problems
from appliance.configuration.tariff_rows import BookRate, Known, RowReader
from appliance.configuration.tariff_text import lines_of
from appliance.configuration.tariff_toml import read_toml

MOST_MB = 20
CSV_KINDS, TOML_KIND = (".csv", ".txt", ".tsv"), ".toml"
_NAME = re.compile(NAME)


class Book(Struct, frozen=True, forbid_unknown_fields=True):
    """A version of a list, as it is kept."""

    name: str
    version: str
    number: int
    """Of this import among those of the name, from 1: a later one replaces the earlier from its first day on."""
    valid_from: str
    """Its first day, YYYY-MM-DD by the box's clock; "": it holds for all that ever was."""
    currency: str
    source: str
    """The name of the file it came from."""
    source_sha256: str
    imported_utc_ms: int
    rates: tuple[BookRate, ...]


class Listed(NamedTuple):
    """What a file says; nothing of it is to be used when there are problems."""

    rates: tuple[BookRate, ...]
    version: str
    """"" when it names none."""
    problems: Problems

    @property
    def first_day(self) -> str:
        """The earliest day on which a rate begins; "" when one is without."""
        return min((rate.valid_from for rate in self.rates), default="")


def read_list(data: bytes, kind: str, known: Known) -> Listed:
    """The rates in the bytes of a file of this `kind`, the end of its name. Never raises for what is in it."""
    problems = Problems()
    if kind.lower() not in (*CSV_KINDS, TOML_KIND):
        problems.add("kind", 1, 1, "", kind)
        return Listed((), "", problems)
    if len(data) > MOST_MB * 1_000_000:
        problems.add("large", 1, 1, "", "", str(MOST_MB))
        return Listed((), "", problems)
    lines = lines_of(data, problems)
    if problems.count:
        return Listed((), "", problems)
    reader = RowReader(known, problems)
    read = read_toml if kind.lower() == TOML_KIND else read_csv
    rates = read(lines, reader, problems)
    return Listed(() if problems.count else tuple(rates), reader.version, problems)


def bytes_of(path: Path) -> bytes | Problems:
    """A file's bytes, at most one more than are read; or why there are none."""
    problems = Problems()
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            problems.add("no_file", 1, 1)
            return problems
        with path.open("rb") as file:
            return file.read(MOST_MB * 1_000_000 + 1)
    except (OSError, ValueError) as error:
        problems.add("unreadable", 1, 1, "", "", str(getattr(error, "strerror", None) or error))
        return problems


def name_of(path: Path) -> str:
    """What the book of a file is called when nobody says: the file's name in letters that names have; "" when none."""
    plain = unicodedata.normalize("NFKD", path.stem.lower())
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    name = re.sub("[^a-z0-9_-]+", "-", letters).strip("-_")[:32]
    return name if is_name(name) else ""


def is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None
