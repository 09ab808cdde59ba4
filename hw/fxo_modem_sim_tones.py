"""What an exchange plays into a twin's line, endlessly: E.180's tones of Spain, North America's howler, an odd one."""

import math
import struct
from functools import cache
from typing import Literal

from hw.devices import FRAME_BYTES, SAMPLE_RATE_HZ

Tone = Literal["dial", "ringback", "busy", "congestion", "howler", "odd"]
_TONES: dict[Tone, tuple[tuple[int, ...], tuple[tuple[int, int], ...]]] = {
    "dial": ((425,), ((1_000, 0),)),
    "ringback": ((425,), ((1_500, 3_000),)),
    "busy": ((425,), ((200, 200),)),
    "congestion": ((425,), ((200, 200), (200, 200), (200, 600))),
    "odd": ((620,), ((350, 450),)),
    "howler": ((1_400, 2_060, 2_450, 2_600), ((100, 100),)),
}
_PEAK = 8_000


class ToneSource:
    """One tone from its beginning."""

    def __init__(self, tone: Tone) -> None:
        self.tone = tone
        self._cycle = _cycle(tone)
        self._at = 0

    def frame(self) -> bytes:
        part = self._cycle[self._at : self._at + FRAME_BYTES]
        self._at = (self._at + FRAME_BYTES) % len(self._cycle)
        return part


@cache
def _cycle(tone: Tone) -> bytes:
    frequencies, cadence = _TONES[tone]
    samples: list[int] = []
    for on_ms, off_ms in cadence:
        for at in range(on_ms * SAMPLE_RATE_HZ // 1000):
            waves = sum(math.sin(2 * math.pi * hz * at / SAMPLE_RATE_HZ) for hz in frequencies)
            samples.append(round(_PEAK * waves / len(frequencies)))
        samples.extend([0] * (off_ms * SAMPLE_RATE_HZ // 1000))
    return struct.pack(f"<{len(samples)}h", *samples)
