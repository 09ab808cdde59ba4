"""Finds how late the echo of what is sent comes back, from how loud both are: modems and their drivers hold sound back
for tens of milliseconds before the line's own path begins. Pure: samples in, a delay out.
"""

import math
import struct
from array import array
from collections import deque
from itertools import accumulate
from operator import mul

BLOCK_SAMPLES = 40
BLOCK_MS = 5
WINDOW = 80
"""Blocks compared: 0.4 s."""
LONGEST = 80
"""Blocks: 400 ms."""
LOOKS, CALM_LOOKS = 20, 400
"""Blocks between two looks: 0.1 s, and 2 s while what is found is what is known."""
ALIKE = 0.85
"""Correlation from which one is believed to be the other's echo …"""
AGREE = 1
"""… when looks in a row agree to so many blocks: …"""
AGREEING = 5
"""… so many. Two looks see the same sound but for 0.1 s, and agree on people who talk at the same time in most calls;
from the first to the fifth it is all another. But …"""
SURE, SURE_AGREEING = 0.96, 3
"""… with such a correlation, which an echo that nobody talks over has, so many do."""
LOUD = 80
"""Mean of the absolute samples of what is sent; with less nothing can be told."""


class EchoDelay:
    """Give it what was sent and what came in the same time, frame by frame."""

    def __init__(self) -> None:
        self._sent: deque[int] = deque([0] * LONGEST, maxlen=WINDOW + LONGEST)
        self._came: deque[int] = deque(maxlen=WINDOW)
        self._since = 0
        self._last: int | None = None
        self._agreeing = 0
        """Looks in a row that found the same, the last one included; and of those, the last ones that were sure."""
        self._sure = 0
        self.blocks: int | None = None
        """How late, once it is known."""

    def frame(self, sent: bytes, came: bytes) -> bool:
        """Whether the delay is known now, or another than before. Both whole blocks, s16le, of the same length."""
        self._sent.extend(_loudness(sent))
        self._came.extend(_loudness(came))
        self._since += len(sent) // (2 * BLOCK_SAMPLES)
        if self._since < (CALM_LOOKS if self._is_calm() else LOOKS):
            return False
        if len(self._sent) < WINDOW + LONGEST:
            return False
        self._since = 0
        return self._look()

    def _is_calm(self) -> bool:
        """The delay is known, and the last look did not find another."""
        return self.blocks is not None and (self._last is None or abs(self._last - self.blocks) <= AGREE)

    def _look(self) -> bool:
        (found, alike), last = self._most_alike(), self._last
        self._last = found
        if found is None:
            self._agreeing = self._sure = 0
            return False
        if last is None or abs(found - last) > AGREE:
            self._agreeing = self._sure = 0
        self._agreeing += 1
        self._sure = self._sure + 1 if alike >= SURE else 0
        if (self._agreeing < AGREEING and self._sure < SURE_AGREEING) or self._is_calm():
            return False
        self.blocks = found
        return True

    def _most_alike(self) -> tuple[int | None, float]:
        """In whole numbers up to the last division: sums over a window are differences of sums from the beginning."""
        came, sent = list(self._came), list(self._sent)
        came_sum = sum(came)
        came_power = WINDOW * sum(map(mul, came, came)) - came_sum * came_sum
        sums = list(accumulate(sent, initial=0))
        squares = list(accumulate(map(mul, sent, sent), initial=0))
        products = _products(sent, came)
        best: int | None = None
        best_alike = ALIKE
        for late in range(LONGEST):
            begin, end = LONGEST - late, LONGEST - late + WINDOW
            part_sum = sums[end] - sums[begin]
            if part_sum < LOUD * BLOCK_SAMPLES * WINDOW:
                continue
            power = (WINDOW * (squares[end] - squares[begin]) - part_sum * part_sum) * came_power
            if power <= 0:
                continue
            alike = (WINDOW * products[end - 1] - part_sum * came_sum) / math.sqrt(power)
            if alike > best_alike:
                best, best_alike = late, alike
        return best, best_alike


def _products(sent: list[int], came: list[int]) -> tuple[int, ...]:
    """At n: the sum of the products of `came` with as many of `sent`, of which the n-th is the last. These are the
    coefficients of a product of two polynomials, worked out as one of two long numbers (Kronecker's substitution): 8
    bytes a coefficient, which is less than 2^47, for a block is BLOCK_SAMPLES of at most 2^15."""
    one, other = (int.from_bytes(struct.pack(f"<{len(part)}Q", *part), "little") for part in (sent, came[::-1]))
    size = len(sent) + len(came)
    return struct.unpack(f"<{size}Q", (one * other).to_bytes(8 * size, "little"))


def _loudness(sound: bytes) -> list[int]:
    sizes = list(map(abs, array("h", sound)))
    return [sum(sizes[at : at + BLOCK_SAMPLES]) for at in range(0, len(sizes), BLOCK_SAMPLES)]
