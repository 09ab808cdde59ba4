"""Finds how late the echo of what is sent comes back, from how loud both are: modems and their drivers hold sound back
for tens of milliseconds before the line's own path begins. Pure: samples in, a delay out.
"""

from array import array
from collections import deque
from operator import mul

BLOCK_SAMPLES = 40
BLOCK_MS = 5
WINDOW = 80
"""Blocks compared: 0.4 s."""
LONGEST = 80
"""Blocks: 400 ms."""
FIRST_LOOKS = 20
LATER_LOOKS = 400
"""Blocks between two looks: 0.1 s until the delay is known, then 2 s."""
ALIKE = 0.85
"""Correlation from which one is believed to be the other's echo …"""
AGREE = 1
"""… when two looks in a row agree to so many blocks."""
LOUD = 80
"""Mean of the absolute samples of what is sent; with less nothing can be told."""


class EchoDelay:
    """Give it what was sent and what came in the same time, frame by frame."""

    def __init__(self) -> None:
        self._sent: deque[int] = deque([0] * LONGEST, maxlen=WINDOW + LONGEST)
        self._came: deque[int] = deque(maxlen=WINDOW)
        self._since = 0
        self._last: int | None = None
        self.blocks: int | None = None
        """How late, once it is known."""

    def frame(self, sent: bytes, came: bytes) -> bool:
        """Whether the delay is known now, or another than before. Both whole blocks, s16le, of the same length."""
        self._sent.extend(_loudness(sent))
        self._came.extend(_loudness(came))
        self._since += len(sent) // (2 * BLOCK_SAMPLES)
        if self._since < (FIRST_LOOKS if self.blocks is None else LATER_LOOKS):
            return False
        if len(self._sent) < WINDOW + LONGEST:
            return False
        self._since = 0
        return self._look()

    def _look(self) -> bool:
        found = self._most_alike()
        agreed = found is not None and self._last is not None and abs(found - self._last) <= AGREE
        self._last = found
        if found is None or not agreed:
            return False
        if self.blocks is not None and abs(found - self.blocks) <= AGREE:
            return False
        self.blocks = found
        return True

    def _most_alike(self) -> int | None:
        came, sent = _centred(list(self._came)), list(self._sent)
        came_power = sum(map(mul, came, came))
        best, best_alike = None, ALIKE
        for late in range(LONGEST):
            part = sent[LONGEST - late : LONGEST - late + WINDOW]
            if sum(part) < LOUD * BLOCK_SAMPLES * WINDOW:
                continue
            part_centred = _centred(part)
            power = sum(map(mul, part_centred, part_centred)) * came_power
            alike = sum(map(mul, part_centred, came)) / power**0.5 if power > 0 else 0.0
            if alike > best_alike:
                best, best_alike = late, alike
        return best


def _loudness(sound: bytes) -> list[int]:
    sizes = list(map(abs, array("h", sound)))
    return [sum(sizes[at : at + BLOCK_SAMPLES]) for at in range(0, len(sizes), BLOCK_SAMPLES)]


def _centred(values: list[int]) -> list[float]:
    mean = sum(values) / len(values)
    return [value - mean for value in values]
