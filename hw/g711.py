"""The two companding laws of ITU-T G.711 (1988), as table look-ups between 8-bit codes and 16-bit linear samples.

Codes are as they travel (A-law with its even bits inverted, µ-law with all bits inverted). Linear samples are signed
16-bit little-endian: G.711's 13-bit (A) and 14-bit (µ) values, left-aligned as in ITU-T G.191. Encoding takes the
interval of the decision values that a sample falls into, magnitude and sign apart; a sample on a decision value
belongs to the interval above it, seen from zero (the Recommendation leaves that open).
"""

from array import array
from collections.abc import Callable
from typing import Literal

Law = Literal["a_law", "mu_law"]

_MU_BIAS = 33
"""µ-law's segments double once 33 is added to the magnitude (in units of the 14-bit scale)."""


def _a_law_magnitudes() -> list[int]:
    """The 128 decoder outputs of one sign on the 16-bit scale, from the smallest: G.711 table 1a, column 6 times 8."""
    outputs = [8 * (2 * step + 1) for step in range(16)]
    for segment in range(7):
        outputs += [8 * ((2 * step + 33) << segment) for step in range(16)]
    return outputs


def _mu_law_magnitudes() -> list[int]:
    """The 128 decoder outputs of one sign on the 16-bit scale, from the smallest: G.711 table 2a, column 7 times 4."""
    return [4 * (((2 * step + _MU_BIAS) << segment) - _MU_BIAS) for segment in range(8) for step in range(16)]


def _a_law_limits() -> list[int]:
    """Where each interval of one sign ends on the 16-bit scale: the decision values of table 1a, column 4, times 8."""
    limits = [16 * (step + 1) for step in range(16)]
    for segment in range(7):
        limits += [8 * ((2 * (step + 1) + 32) << segment) for step in range(16)]
    return [*limits[:-1], 32_768]


def _mu_law_limits() -> list[int]:
    """The same of table 2a, column 4, times 4: 1, 3, 5 … 31, 35, 39 … 7903; the last interval has no end."""
    limits = [4 * (((2 * step + 34) << segment) - _MU_BIAS) for segment in range(8) for step in range(16)]
    return [*limits[:-1], 32_768]


class _Codec:
    """Tables of one law: two translations for decoding (low and high byte), 65,536 codes for encoding."""

    def __init__(self, magnitudes: list[int], limits: list[int], inverted: int, positive_bit: int) -> None:
        low, high = bytearray(256), bytearray(256)
        upwards, downwards = bytearray(), bytearray()
        start = 0
        for number, (magnitude, limit) in enumerate(zip(magnitudes, limits, strict=True)):
            for sign, code in ((1, number | positive_bit), (-1, number)):
                sample = (sign * magnitude).to_bytes(2, "little", signed=True)
                low[code ^ inverted], high[code ^ inverted] = sample[0], sample[1]
            upwards += bytes([(number | positive_bit) ^ inverted]) * (limit - start)
            downwards += bytes([number ^ inverted]) * (limit - start)
            start = limit
        # Indexed by the sample as an unsigned number: 0 … 32767, then -32768 … -1. -1 has magnitude 1, so the last
        # entry is downwards[1]; -32768 is beyond the table and clipped to the largest code.
        negative = bytes(reversed(downwards[1:]))
        self._codes = bytes(upwards) + downwards[-1:] + negative
        self._low, self._high = bytes(low), bytes(high)

    def decode(self, codes: bytes) -> bytes:
        linear = bytearray(2 * len(codes))
        linear[0::2] = codes.translate(self._low)
        linear[1::2] = codes.translate(self._high)
        return bytes(linear)

    def encode(self, linear: bytes) -> bytes:
        samples = array("H", linear)
        if not _LITTLE_ENDIAN:
            samples.byteswap()
        return bytes(map(self._codes.__getitem__, samples))


_LITTLE_ENDIAN = array("H", b"\x01\x00")[0] == 1
# In G.711 a positive sample has sign bit 1 in both laws; A-law inverts the even bits on the wire, µ-law all seven.
_CODECS: dict[Law, _Codec] = {
    "a_law": _Codec(_a_law_magnitudes(), _a_law_limits(), 0x55, 0x80),
    "mu_law": _Codec(_mu_law_magnitudes(), _mu_law_limits(), 0x7F, 0x80),
}
SILENCE: dict[Law, bytes] = {"a_law": b"\xd5", "mu_law": b"\xff"}
"""The code of a zero sample."""


def decoder(law: Law) -> Callable[[bytes], bytes]:
    """A function from n codes to 2n bytes of samples."""
    return _CODECS[law].decode


def encoder(law: Law) -> Callable[[bytes], bytes]:
    """A function from 2n bytes of samples to n codes. Raises ValueError when half a sample is left over."""
    return _CODECS[law].encode
