"""The ledger: each account's lines in a chain of hashes, and the rules by which anyone finds the first that is false.

    digest(n) = SHA-256 of the line as JSON, its fields in their order and those left out that have their default
    hash(n)   = SHA-256 of  hash(n-1) "\\n" n "\\n" digest(n)     hash(0) = 64 noughts; both in hex

So a line can be shown without those beside it: of these the digest is enough, which tells nothing of them.
"""

import hashlib
from collections.abc import Container, Iterable
from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from appliance.billing.lines import Line, worked_out

FIRST = "0" * 64
"""What the first line of an account has before it."""
_encoder = msgspec.json.Encoder()


class LedgerError(Exception):
    """An account that does not hold. `number` is its first false line; the message says what is wrong with it."""

    def __init__(self, number: int, why: str) -> None:
        super().__init__(f"line {number}: {why}")
        self.number = number
        self.why = why


class Entry(Struct, frozen=True, forbid_unknown_fields=True):
    """A line in its place. `number` begins with 1 in each account."""

    number: int
    line: Line
    hash: str


class Hidden(Struct, frozen=True, forbid_unknown_fields=True):
    """In the place of a line that is not shown."""

    number: int
    digest: str


def encoded(line: Line) -> bytes:
    """The line as it is kept and hashed."""
    return _encoder.encode(line)


def digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def chained(previous: str, number: int, line_digest: str) -> str:
    """The hash of the account's line `number`."""
    return hashlib.sha256(f"{previous}\n{number}\n{line_digest}".encode()).hexdigest()


@dataclass(slots=True)
class _Subject:
    """What the lines of a subject come to, as far as they were seen."""

    first: int
    revision: int
    amount_micros: int
    tax_micros: int


@dataclass
class Audit:
    """Reads an account line by line, in order, and raises LedgerError at the first that does not hold.

    Begins after line `number`, whose hash is `head`; what corrects a line before that is held against itself alone.
    """

    number: int = 0
    head: str = FIRST
    amount_micros: int = 0
    tax_micros: int = 0
    hidden: bool = False
    """Something was not shown, and so what a correction says of the lines before it can not be told to be false."""
    repeated: Container[tuple[str, str]] | None = None
    """Kinds and subjects with more than one line, from whoever knows them: only these are remembered. None: not known,
    and every subject is."""
    _subjects: dict[tuple[str, str], _Subject] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.hidden = self.number > 0

    def read(self, entries: Iterable[Entry | Hidden]) -> None:
        for entry in entries:
            self.see(entry)

    def see(self, entry: Entry | Hidden) -> None:
        if entry.number != self.number + 1:
            raise LedgerError(entry.number, f"line {self.number + 1} should be here: lines are missing or out of order")
        if isinstance(entry, Hidden):
            self.hidden = True
            self.head = chained(self.head, entry.number, entry.digest)
        else:
            expected = chained(self.head, entry.number, digest(encoded(entry.line)))
            if entry.hash != expected:
                raise LedgerError(entry.number, "its hash is not that of its contents and of the line before it")
            self._judge(entry.number, entry.line)
            self.head = entry.hash
            self.amount_micros += entry.line.amount_micros
            self.tax_micros += entry.line.tax_micros
        self.number = entry.number

    def _judge(self, number: int, line: Line) -> None:
        try:
            amount, tax = worked_out(line)
        except (ValueError, ArithmeticError, LookupError) as error:
            raise LedgerError(number, f"its facts contradict themselves: {error}") from error
        if (amount, tax) != (line.amount_micros, line.tax_micros):
            raise LedgerError(
                number,
                f"its facts come to {amount} micro-units and {tax} of tax, and it says {line.amount_micros} "
                f"and {line.tax_micros}",
            )
        key = (line.kind, line.subject)
        known = self._subjects.get(key)
        if line.revision == 0:
            if known is not None:
                raise LedgerError(number, f"{line.subject} was charged already, by line {known.first}")
            if line.corrects or line.was_micros or line.was_tax_micros:
                raise LedgerError(number, "it is the first line of its subject and yet corrects another")
            if self.repeated is None or key in self.repeated:
                self._subjects[key] = _Subject(number, 0, amount, tax)
            return
        if known is None:
            known = self._unseen(number, line)
        if (line.corrects, line.revision) != (known.first, known.revision + 1):
            raise LedgerError(
                number,
                f"it is correction {line.revision} of line {line.corrects}, and should be "
                f"{known.revision + 1} of {known.first}",
            )
        if (line.was_micros, line.was_tax_micros) != (known.amount_micros, known.tax_micros):
            raise LedgerError(
                number,
                f"it says that {line.was_micros} micro-units were charged before it, and it was {known.amount_micros}",
            )
        self._subjects[key] = _Subject(known.first, line.revision, known.amount_micros + amount, known.tax_micros + tax)

    def _unseen(self, number: int, line: Line) -> _Subject:
        """What a correction says of lines that are not here: of a cost they are the call's own record."""
        if line.kind == "cost" and line.revision == 1 and line.corrects == 0:
            return _Subject(0, 0, line.was_micros, line.was_tax_micros)
        if not self.hidden or not 0 < line.corrects < number:
            raise LedgerError(number, f"it corrects line {line.corrects}, which is no line of {line.subject} before it")
        return _Subject(line.corrects, line.revision - 1, line.was_micros, line.was_tax_micros)
