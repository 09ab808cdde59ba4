"""Whether what a line with an echo gives us may be our own sound that comes back, by how loud both are. Pure."""

from array import array
from collections import deque
from operator import mul

from hw.devices import SAMPLE_RATE_HZ

COMES_BACK_MS = 400
"""Our sound may still come back so long after: a modem's buffers both ways, and the exchange's hybrid."""
TOGETHER_MS = 100
"""A tone's edge within so long of our echo is heard as one sound with it."""
LOSS = 4.0
"""In power: a hybrid loses 6 dB at least."""


class OwnVoice:
    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Another call."""
        self._sent = _Powers(COMES_BACK_MS)
        self._heard = _Powers(TOGETHER_MS)

    def sent(self, sound: bytes) -> None:
        """All that goes out (s16le), as it goes."""
        self._sent.add(sound)

    def heard(self, sound: bytes) -> None:
        self._heard.add(sound)

    @property
    def may_be_heard(self) -> bool:
        """In what was heard last."""
        return LOSS * min(self._heard.powers, default=0.0) < max(self._sent.powers, default=0.0)


class _Powers:
    """Of pieces of sound, for so long."""

    def __init__(self, kept_ms: int) -> None:
        self._kept_samples = kept_ms * SAMPLE_RATE_HZ // 1000
        self._pieces: deque[tuple[float, int]] = deque()
        self._samples = 0

    @property
    def powers(self) -> list[float]:
        return [power for power, _ in self._pieces]

    def add(self, sound: bytes) -> None:
        samples = array("h", sound[: len(sound) // 2 * 2])
        if not samples:
            return
        self._pieces.append((sum(map(mul, samples, samples)) / len(samples), len(samples)))
        self._samples += len(samples)
        while self._samples - self._pieces[0][1] >= self._kept_samples:
            self._samples -= self._pieces.popleft()[1]
