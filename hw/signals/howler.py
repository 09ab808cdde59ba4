"""Hears the howler: what an exchange plays, loud, into a line that was left lifted after a call, to have it hung up.

Four frequencies together, 0.1 s on and 0.1 s off (Telcordia GR-506 §17.2.8, receiver off-hook tone). Other countries'
exchanges have other ones, or none; they all send the tone of a call that is over before, and this may come alone only
where that was missed.
"""

from array import array
from collections import deque
from operator import mul

from hw.devices import SAMPLE_RATE_HZ
from hw.signals.goertzel import Goertzel

HERTZ = (1_400, 2_060, 2_450, 2_600)
HOP_SAMPLES = SAMPLE_RATE_HZ // 100
PART_HOPS = (7, 13)
"""How long a burst or a pause may last, of 10 ms each."""
CHECKED_HOPS = 4
"""In the middle of a burst: what its frequencies are looked for in."""
SHARE, TWIST = 0.75, 8.0
"""Of its power in the four; and how much stronger one of them may be, in power: 9 dB."""
LOUD_DBFS = -43.0
PAUSE_BELOW = 0.06
"""Of the burst's power."""
BURSTS_TO_BE_SURE = 10
"""2 s of it."""


class HowlerHearer:
    """For one line, one call after another (`begin`). Raises SignalLibraryMissing."""

    def __init__(self) -> None:
        self._detectors = [Goertzel(hz, CHECKED_HOPS * HOP_SAMPLES) for hz in HERTZ]
        self._loud = 10 ** (LOUD_DBFS / 10) * 32768**2 * HOP_SAMPLES
        self.begin()

    def begin(self) -> None:
        self._rest = b""
        self._burst: deque[bytes] = deque(maxlen=PART_HOPS[1])
        self._on = False
        self._hops = self._bursts = 0
        self._peak = 0

    def heard(self, frame: bytes) -> bool:
        """Whether it is sure now (s16le mono 8,000 Hz, any number of samples); once for each that goes on."""
        sound = self._rest + frame
        whole = len(sound) // (2 * HOP_SAMPLES) * (2 * HOP_SAMPLES)
        self._rest = sound[whole:]
        sure = False
        for at in range(0, whole, 2 * HOP_SAMPLES):
            sure = self._hop(sound[at : at + 2 * HOP_SAMPLES]) or sure
        return sure

    def _hop(self, hop: bytes) -> bool:
        samples = array("h", hop)
        energy = sum(map(mul, samples, samples))
        on = energy >= max(self._loud, PAUSE_BELOW * self._peak)
        sure = False
        if on != self._on:
            sure = self._part_over()
            self._on, self._hops = on, 0
        self._hops += 1
        if on:
            self._peak = max(self._peak, energy)
            self._burst.append(hop)
        if self._hops > PART_HOPS[1]:
            self._bursts, self._peak = 0, 0 if not on else self._peak
        return sure

    def _part_over(self) -> bool:
        fits = PART_HOPS[0] <= self._hops <= PART_HOPS[1]
        if not self._on:
            self._bursts = self._bursts if fits else 0
            return False
        burst = [*self._burst]
        self._burst.clear()
        self._bursts = self._bursts + 1 if fits and self._is_howler(burst) else 0
        return self._bursts == BURSTS_TO_BE_SURE

    def _is_howler(self, burst: list[bytes]) -> bool:
        first = (len(burst) - CHECKED_HOPS) // 2
        look = b"".join(burst[first : first + CHECKED_HOPS])
        samples = array("h", look)
        powers = [one.power(look) for one in self._detectors]
        return sum(powers) >= SHARE * sum(map(mul, samples, samples)) and max(powers) <= TWIST * min(powers)
