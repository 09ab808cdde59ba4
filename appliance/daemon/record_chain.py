"""The chain of call records: each carries a hash over the one before it, so that none can be changed or taken out."""

import hashlib

import msgspec

from appliance.acd.effects import Cdr
from appliance.billing.charges import Charge

FIRST = "0" * 64
"""What the first record of a store has for its predecessor."""
_encoder = msgspec.json.Encoder()


def record_hash(previous_hash: str, cdr: Cdr, charge: Charge) -> str:
    """SHA-256, in hex, over the predecessor's hash, the record and its charge, each as JSON in the order of fields.

    Wrap-up and disposition are not in it: they come later, and may be corrected.
    """
    sum_ = hashlib.sha256(previous_hash.encode())
    sum_.update(_encoder.encode(cdr))
    sum_.update(_encoder.encode(charge))
    return sum_.hexdigest()
