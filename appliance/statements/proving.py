"""What makes a statement hold, whatever kind of file its parts were read from; and the ways in which one may not.

The order of what is proved: each entry in the chain and its arithmetic, that it belongs on the statement, the totals,
the seal, the box's signature over the whole.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from appliance.billing.amounts import STEPS_MICROS
from appliance.billing.ledger import Audit, Entry, Hidden, LedgerError
from appliance.billing.lines import Line
from appliance.billing.statements import Extent, StatementError, Sums, Totals
from appliance.daemon.box_key import fingerprint, is_signed, same_fingerprint
from appliance.statements.proof import End, Head, encoder
from appliance.statements.statement import extent

MAX_ENTRIES = 10_000_000
MOST = 2**63
"""No number of a statement is larger, in micro-units either."""
LAST_UTC_MS = 253_402_300_799_999
"""The end of the year 9999."""
TELL_EVERY = 1_000
_HEX_64 = re.compile(r"[0-9a-f]{64}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_Shape = TypeVar("_Shape", Head, Entry, Hidden, End, Line, str)
_decoders: dict[type, msgspec.json.Decoder[object]] = {
    kind: msgspec.json.Decoder(kind) for kind in (Head, Entry, Hidden, End, Line, str)
}
Tell = Callable[[int, int], None]


class NotProved(Exception):
    """`code` names a sentence of `texts`; `entry` is the first line of the account that does not hold, and `line` what
    it says, where that can be read; 0 when it is something else."""

    def __init__(self, code: str, entry: int = 0, line: Line | None = None, **parts: str) -> None:
        super().__init__(f"{code}: line {entry} {parts}")
        self.code = code
        self.entry = entry
        self.line = line
        self.parts = parts


@dataclass(frozen=True)
class Proved:
    """A statement that holds."""

    head: Head
    end: End
    fingerprint: str
    hidden: int
    """Lines between, of which the digest alone is there."""


def canonical(text: bytes, kind: type[_Shape]) -> _Shape | None:
    """JSON of this shape, written as we write it; None: anything else."""
    try:
        found = _decoders[kind].decode(text)
        same = encoder.encode(found) == text
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError, TypeError):
        return None
    return found if same and isinstance(found, kind) else None


def is_digest(text: str) -> bool:
    return _HEX_64.fullmatch(text) is not None


@dataclass
class Proof:
    """A statement being proved: `see` its entries in order, then `finish`. Both raise NotProved."""

    head: Head
    key: str = ""
    """The fingerprint it has to be of; "": any."""
    tell: Tell = lambda done, count: None
    hidden: int = 0
    _audit: Audit = field(init=False)
    _sums: Sums = field(init=False)
    _extent: Extent = field(init=False)

    def __post_init__(self) -> None:
        head = self.head
        if not is_sound(head):
            raise NotProved("head")
        if head.so_far:
            raise NotProved("so_far")
        if self.key and not same_fingerprint(self.key, fingerprint(head.key)):
            raise NotProved("other_key", wanted=self.key, found=fingerprint(head.key))
        self._audit = Audit(head.after.number, head.after.hash)
        self._sums, self._extent = Sums(head.decimals), extent(head)

    @property
    def next(self) -> int:
        """The number of the entry that comes next."""
        return self._audit.number + 1

    def see(self, entry: Entry | Hidden) -> None:
        number = self.next
        line = entry.line if isinstance(entry, Entry) else None
        if number - self.head.after.number > MAX_ENTRIES:
            raise NotProved("too_long")
        try:
            self._audit.see(entry)
        except LedgerError as error:
            raise NotProved("line", number, line, why=error.why) from error
        except (ValueError, ArithmeticError) as error:  # numbers of thousands of digits cannot even be shown
            raise NotProved("digits", number) from error
        if line is None:
            self.hidden += 1
        else:
            self._belongs(number, line)
        if number % TELL_EVERY == 0:
            self.tell(number - self.head.after.number, self.head.until - self.head.after.number)

    def finish(self, end: End, signed: bytes, signature: str) -> Proved:
        """`signed` is the text of `proof.Body`."""
        if self._audit.number != self.head.until:
            raise NotProved("missing", self.next, until=str(self.head.until))
        self._totals(end.totals)
        self._seal(end)
        if not is_signed(self.head.key, signed, signature):
            raise NotProved("signature")
        return Proved(self.head, end, fingerprint(self.head.key), self.hidden)

    def _belongs(self, number: int, line: Line) -> None:
        head = self.head
        if line.account != head.client:
            raise NotProved("of_another", number, line, client=line.account)
        if line.currency != head.currency:
            raise NotProved("other_currency", number, line, currency=line.currency)
        if not self._extent.has(number, line.period):
            raise NotProved("other_month", number, line, month=line.period)
        try:
            self._sums.add(line)
        except StatementError as error:
            raise NotProved("too_long") from error

    def _totals(self, said: Totals) -> None:
        totals = self._sums.totals()
        if abs(totals.payable_micros) > MOST:
            raise NotProved("too_long")
        if said != totals:
            names = [name for name in Totals.__struct_fields__ if getattr(said, name) != getattr(totals, name)]
            raise NotProved("totals", names=", ".join(names))

    def _seal(self, end: End) -> None:
        seal, head = end.seal, self.head
        if seal is None:
            raise NotProved("no_seal")
        if (seal.account, seal.number, seal.key) != (head.client, head.until, head.key):
            raise NotProved("seal_of_another")
        if seal.head != self._audit.head:
            raise NotProved("seal_head", seal.number)
        if not (0 <= seal.at_utc_ms <= LAST_UTC_MS and is_signed(seal.key, seal.signed, seal.signature)):
            raise NotProved("seal_signature")


def is_sound(head: Head) -> bool:
    """Whether what it says can be at all."""
    return (
        0 <= head.decimals < len(STEPS_MICROS)
        and (head.so_far or is_digest(head.key))
        and is_digest(head.after.hash)
        and 0 <= head.after.number <= head.until <= MOST
        and 0 <= head.issued_utc_ms <= LAST_UTC_MS
        and all(_MONTH.fullmatch(month) for month in (head.month, *(late.month for late in head.late)))
    )
