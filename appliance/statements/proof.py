"""The statement as a JSON file that proves itself: its shape, version 1, and how its bytes are laid out.

    {"format":1,"head":{…},"entries":[
    {"number":8,"line":{…},"hash":"…"},            a line that is on the statement
    {"number":9,"digest":"…"}                      one between that is not: of another month
    ],"end":{…},
    "signature":"…"}

One entry stands on each line of the file, so that a long one is written and read a line at a time, and there is only
one way to write each, so that any other byte is a change. The box signs all that stands before the signature (`Body`);
the seal in `end` was signed when the statement was made (`billing.seals`) and holds the chain (`billing.ledger`).
"""

import hashlib

import msgspec
from msgspec import Struct

from appliance.billing.ledger import Entry, Hidden
from appliance.billing.seals import Seal
from appliance.billing.statements import Late, Totals

FORMAT = 1
BEGIN = b'{"format":1,"head":'
ENTRIES = b',"entries":[\n'
END = b'],"end":'
END_LAST = b",\n"
SIGNATURE = b'"signature":'
LAST = b"}\n"
encoder = msgspec.json.Encoder()


class Place(Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the account and its hash."""

    number: int
    hash: str


class Head(Struct, frozen=True, forbid_unknown_fields=True):
    """What the statement is of. Times UTC ms."""

    box: str
    key: str
    """The box's public key, Ed25519, in hex; "" on a statement that is not sealed."""
    client: str
    month: str
    currency: str
    decimals: int
    """Of what is to be paid."""
    time_zone: str
    issued_utc_ms: int
    after: Place
    """The line before the first entry."""
    until: int
    """The last entry."""
    late: tuple[Late, ...]
    """Earlier months, and from where on their lines are on this statement."""
    so_far: bool = False
    """The month was not over: nothing is sealed or signed, and another statement of it will follow."""


class End(Struct, frozen=True, forbid_unknown_fields=True):
    totals: Totals
    seal: Seal | None


class Body:
    """Takes the bytes of a statement in their order, for the text that the box signs."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    def add(self, part: bytes) -> bytes:
        self._digest.update(part)
        return part

    @property
    def signed(self) -> bytes:
        return encoder.encode(("centralita statement 1", self._digest.hexdigest()))


def begin(head: Head) -> bytes:
    return BEGIN + encoder.encode(head) + ENTRIES


def entry(one: Entry | Hidden, *, last: bool) -> bytes:
    return encoder.encode(one) + (b"\n" if last else b",\n")


def end(what: End) -> bytes:
    return END + encoder.encode(what) + END_LAST


def signature(text: str) -> bytes:
    return SIGNATURE + encoder.encode(text) + LAST
