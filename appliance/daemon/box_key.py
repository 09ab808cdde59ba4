"""The box's own key: made once, kept for good, used to sign seals and statements; and how a signature is checked.

Ed25519 (RFC 8032) by the library `cryptography`. The private key is a PKCS 8 file in PEM, as other programs read it.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from appliance.private_files import write_private

FILE_NAME = "keys/box-ed25519.pem"
"""Within the data folder."""
FINGERPRINT_DIGITS = 32
_PEM = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()


class BoxKeyError(Exception):
    """The key cannot be read or made. The message says where and what to do."""


@dataclass(frozen=True)
class BoxKey:
    """The private key, and the public one in hex."""

    private: Ed25519PrivateKey
    public: str

    def sign(self, text: bytes) -> str:
        return self.private.sign(text).hex()


def box_key(data_dir: Path) -> BoxKey:
    """The key in `data_dir`, made when there is none; one that is there is never written over. Raises BoxKeyError."""
    path = data_dir / FILE_NAME
    try:
        if not path.exists():
            write_private(path, Ed25519PrivateKey.generate().private_bytes(*_PEM), replace=False)
        content = path.read_bytes()
    except OSError as error:
        raise BoxKeyError(
            f"{path}: {error.strerror}. Use root, or give the ACD's user the right to read and write in {data_dir}."
        ) from error
    return _decoded(path, content)


def known_box_key(data_dir: Path) -> BoxKey | None:
    """The key in `data_dir`; None when none was ever made. Raises BoxKeyError."""
    return box_key(data_dir) if (data_dir / FILE_NAME).exists() else None


def _decoded(path: Path, content: bytes) -> BoxKey:
    try:
        private = serialization.load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BoxKeyError(_damaged(path)) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BoxKeyError(_damaged(path))
    raw = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return BoxKey(private, raw.hex())


def _damaged(path: Path) -> str:
    return (
        f"{path}: this is no Ed25519 key in PEM. Put it back from a backup; a new one is only made where there is "
        "none, and what the old one has signed would not be known as this box's any more."
    )


def is_signed(public: str, text: bytes, signature: str) -> bool:
    """Whether `signature` over `text` was made by the key whose public part this is; both in hex. What is no key or no
    signature at all is False too."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
        key.verify(bytes.fromhex(signature), text)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: str) -> str:
    """A public key as people compare it: the first 128 bits of its SHA-256, in groups of four hex digits."""
    digits = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:FINGERPRINT_DIGITS]
    return "-".join(digits[place : place + 4] for place in range(0, FINGERPRINT_DIGITS, 4))


def same_fingerprint(one: str, other: str) -> bool:
    """However they are grouped and in whatever case."""
    plain = [text.replace("-", "").replace(":", "").replace(" ", "").lower() for text in (one, other)]
    return plain[0] == plain[1]
