"""Seals: what the box signs of an account, so that nobody can cut it off, turn it round or write it anew unseen.

A seal says: this account had so many lines, and this was the last one's hash, at this time. Whoever holds a seal needs
the account's lines alone to tell whether they are still those. The signature itself is made by `daemon.box_key`.
"""

import msgspec
from msgspec import Struct

CALLS_ACCOUNT = "=calls"
"""The name by which the chain of call records is sealed; no client's name begins so."""
_encoder = msgspec.json.Encoder()


class Seal(Struct, frozen=True, forbid_unknown_fields=True):
    """`key` is the box's public one, `signature` that of `signed`; both Ed25519 (RFC 8032), in hex."""

    box: str
    account: str
    number: int
    """How many lines the account had."""
    head: str
    """The hash of the last of them."""
    at_utc_ms: int
    key: str
    signature: str

    @property
    def signed(self) -> bytes:
        return seal_text(self.box, self.account, self.number, self.head, self.at_utc_ms)


def seal_text(box: str, account: str, number: int, head: str, at_utc_ms: int) -> bytes:
    """What is signed: a JSON list, so that no two seals have the same text."""
    return _encoder.encode(("centralita seal 1", box, account, number, head, at_utc_ms))
