"""The recovery key: 160 random bits as people write them down, and the keys of the backup's encryption made from it.

On paper it is eight groups of five: four digits of Crockford's base 32 (no I, L, O, U; read in either case, with I and
L taken for 1 and O for 0; crockford.com/base32.html) and a fifth that checks them. The check is a weighted sum in
GF(32) with the group's place in it: any one wrong digit, any two exchanged within a group, and any group in another's
place are found and named, so that who typed the key knows where to look. Pure: the random bits come from the caller.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass

KEY_BYTES = 20
GROUPS = 8
GROUP_DIGITS = 5
_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)} | {"O": 0, "I": 1, "L": 1}
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_AGE_PREFIX = "age-secret-key-"
_PURPOSE = b"centralita backup, age X25519 identity, 1"


@dataclass(frozen=True)
class KeyTypo(Exception):
    """What was typed is no recovery key: `groups` (from 1) are those to look at; () when there are not eight groups."""

    groups: tuple[int, ...]
    found: int
    """How many digits were typed, of `GROUPS` × `GROUP_DIGITS`."""


@dataclass(frozen=True, repr=False)
class RecoveryKey:
    """`secret`: KEY_BYTES random bytes. Never in a log: it has no repr."""

    secret: bytes

    def text(self) -> str:
        """As it is printed: ABCDE-FGHJK-…, eight groups."""
        number = int.from_bytes(self.secret, "big")
        values = [number >> shift & 31 for shift in range(5 * (GROUPS * 4 - 1), -1, -5)]
        groups = [values[start : start + 4] for start in range(0, len(values), 4)]
        return "-".join(
            "".join(_DIGITS[value] for value in [*group, _check(place, group)]) for place, group in enumerate(groups)
        )

    def age_identity(self) -> str:
        """The key as the program age takes it (age-encryption.org/v1): an X25519 secret by HKDF-SHA-256 (RFC 5869)."""
        return _bech32(_AGE_PREFIX, hkdf_sha256(self.secret, b"", _PURPOSE, 32)).upper()

    def mark(self) -> str:
        """Eight digits that tell one key from another and nothing of the key itself."""
        return hkdf_sha256(self.secret, b"", b"centralita backup, mark, 1", 4).hex()


def parse(text: str) -> RecoveryKey:
    """The key somebody typed, in any case, grouped anyhow. Raises KeyTypo, naming the groups that are wrong."""
    words = [word for word in re.split(r"[\s\-–—_.,]+", text.strip().upper()) if word]
    digits = "".join(words)
    if len(words) == GROUPS:
        groups = words
    else:
        groups = [digits[start : start + GROUP_DIGITS] for start in range(0, len(digits), GROUP_DIGITS)]
    if len(groups) != GROUPS:
        raise KeyTypo((), len(digits))
    wrong = tuple(place + 1 for place, group in enumerate(groups) if not _is_good(place, group))
    if wrong:
        raise KeyTypo(wrong, len(digits))
    number = 0
    for group in groups:
        for digit in group[:4]:
            number = number << 5 | _VALUES[digit]
    return RecoveryKey(number.to_bytes(KEY_BYTES, "big"))


def hkdf_sha256(secret: bytes, salt: bytes, purpose: bytes, length: int) -> bytes:
    """RFC 5869; at most 255 × 32 bytes."""
    key = hmac.digest(salt or bytes(32), secret, hashlib.sha256)
    made, block = b"", b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(key, block + purpose + bytes([number]), hashlib.sha256)
        made += block
    return made[:length]


def _is_good(place: int, group: str) -> bool:
    values = [_VALUES.get(digit, -1) for digit in group]
    return len(values) == GROUP_DIGITS and min(values) >= 0 and _check(place, values[:4]) == values[4]


def _check(place: int, values: list[int]) -> int:
    """The weights 2, 4, 8, 16 (the check digit's is 1) are all different powers of GF(32)'s generator 2."""
    total = _times(place + 1, 7)
    for position, value in enumerate(values):
        total ^= _times(value, 1 << (position + 1))
    return total


def _times(one: int, other: int) -> int:
    """Multiplication in GF(2^5) by x^5 + x^2 + 1."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        one <<= 1
        if one & 32:
            one ^= 0b100101
        other >>= 1
    return product


def _bech32(prefix: str, content: bytes) -> str:
    """BIP 173, without its limit of 90 characters, as age writes its keys."""
    bits = int.from_bytes(content, "big") << (-len(content) * 8 % 5)
    count = -(-len(content) * 8 // 5)
    values = [bits >> shift & 31 for shift in range(5 * (count - 1), -1, -5)]
    letters = [ord(letter) for letter in prefix]
    expanded = [*(letter >> 5 for letter in letters), 0, *(letter & 31 for letter in letters)]
    total = _polymod([*expanded, *values, *[0] * 6]) ^ 1
    values += [total >> shift & 31 for shift in range(25, -1, -5)]
    return f"{prefix}1{''.join(_BECH32[value] for value in values)}"


def _polymod(values: list[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for position, generator in enumerate(_BECH32_GENERATOR):
            if top >> position & 1:
                total ^= generator
    return total
