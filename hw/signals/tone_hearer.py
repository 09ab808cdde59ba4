"""Hears a country's call progress tones in telephone sound: which, from their frequencies and their cadence.

Each 10 ms it looks at the last 40 ms: a tone is there when its frequencies carry nearly all of their power (Goertzel,
by SpanDSP) and it is as loud as at its beginning; a pause when they are far quieter than the burst before. `cadence`
makes tones of bursts and pauses. Beside them it counts what is neither a tone nor the line's noise: somebody.
"""

from array import array
from collections import deque
from operator import mul

from msgspec.structs import replace

from hw.devices import SAMPLE_RATE_HZ
from hw.signals.cadence import Cadence, Tone
from hw.signals.goertzel import Goertzel
from hw.signals.tones import TONE_NAMES, CountryTone, country_tones

__all__ = ["Tone", "ToneHearer"]

HOP_SAMPLES = 80
HOP_MS = HOP_SAMPLES * 1000 // SAMPLE_RATE_HZ
HOPS = 4
"""A look: 40 ms."""
SHARE = 0.75
"""Of a look's power in the tone; three quarters of it are tone then, at a burst's edge."""
TWIST = 8.0
"""How much stronger one of two frequencies may be, in power: 9 dB."""
LOUD_DBFS = -43.0
PAUSE_BELOW = 0.06
"""Of the burst's power (-12 dB); a talker at our end may leak into the pause."""
STEADY = 0.5
"""Of the burst's greatest power (-3 dB): an exchange's tone stays as it is, a plucked string fades."""
BLUR_MS = 20
"""A burst seems shorter by this, and a pause longer, as SHARE is."""
EDGE_HOPS = 6
"""So many looks in a row may be neither burst nor pause."""
QUIETEST_OF_HOPS = 300
"""3 s: who talks stops for breath, and an exchange's tone has its pause, or is a tone all the time. What is left then
is the line's noise."""
ABOVE_NOISE = 4.0
"""In power (6 dB): noise itself is as loud all the time, within 2 dB."""
NO_NOISE_DBFS = -25.0
"""What is louder is no line's noise, however steady: a fax machine, say."""


class ToneHearer:
    """For one line, one call after another (`begin`). Not for two threads at once. Raises SignalLibraryMissing.

    `disconnect` is the line's own disconnect tone, where it is another than the country's.
    """

    def __init__(self, country: str, disconnect: CountryTone | None = None) -> None:
        tones = country_tones(country)
        if disconnect is not None:
            tones = replace(tones, disconnect=replace(disconnect, hz=tuple(sorted(disconnect.hz))))
        self._kinds = sorted({tones.named(name).hz for name in TONE_NAMES})
        self._cadence = Cadence(tones)
        self._detectors = {
            hz: Goertzel(hz, HOP_SAMPLES * HOPS) for hz in sorted({hz for kind in self._kinds for hz in kind})
        }
        self._loud = 10 ** (LOUD_DBFS / 10) * 32768**2 * HOP_SAMPLES * HOPS
        self._no_noise = 10 ** (NO_NOISE_DBFS / 10) * 32768**2 * HOP_SAMPLES * HOPS
        self.begin()

    def begin(self) -> None:
        """Forget what was heard: another call."""
        self._cadence.nothing()
        self._rest = b""
        self._hops: deque[bytes] = deque(maxlen=HOPS)
        self._energies: deque[int] = deque(maxlen=HOPS)
        self._burst_energy = 0
        self._in_burst = False
        self._neither = 0
        self._looks: deque[int] = deque(maxlen=QUIETEST_OF_HOPS)
        self._other_hops = self._other_ms = 0

    def take_other_ms(self) -> int:
        """Of sound that is loud, above the line's noise, and no tone of the country, since it was asked last. How loud
        a tone was before makes no difference: people are far quieter than an exchange."""
        other_ms, self._other_ms = self._other_ms, 0
        return other_ms

    @property
    def lasting(self) -> Tone | None:
        """The news told last, while that tone goes on."""
        return self._cadence.lasting

    def heard(self, frame: bytes) -> Tone | None:
        """The latest news in these samples (s16le mono 8,000 Hz, any number)."""
        sound = self._rest + frame
        whole = len(sound) // (2 * HOP_SAMPLES) * (2 * HOP_SAMPLES)
        self._rest = sound[whole:]
        news = None
        for at in range(0, whole, 2 * HOP_SAMPLES):
            news = self._hop(sound[at : at + 2 * HOP_SAMPLES]) or news
        return news

    def _hop(self, hop: bytes) -> Tone | None:
        samples = array("h", hop)
        self._hops.append(hop)
        self._energies.append(sum(map(mul, samples, samples)))
        if len(self._hops) < HOPS:
            return None
        energy = sum(self._energies)
        kind = self._kind(energy) if energy >= self._loud else None
        self._looks.append(energy)
        self._count_other(kind, energy)
        if kind is not None and (not self._in_burst or energy >= STEADY * self._burst_energy):
            return self._burst(kind, energy)
        if energy < max(self._loud, PAUSE_BELOW * self._burst_energy):
            return self._pause()
        self._neither += 1
        if self._neither > EDGE_HOPS:
            self._cadence.nothing()
            self._in_burst = False
            return None
        # The edge of a burst: its time is the pause's, which BLUR_MS takes into account.
        return self._cadence.pause(HOP_MS) if not self._in_burst else self._edge()

    def _count_other(self, kind: tuple[int, ...] | None, energy: int) -> None:
        """The edges of bursts are not tone either, but short."""
        if kind is not None or energy < self._loud or energy < min(ABOVE_NOISE * min(self._looks), self._no_noise):
            self._other_hops = 0
            return
        self._other_hops += 1
        if self._other_hops > EDGE_HOPS:
            self._other_ms += HOP_MS

    def _burst(self, kind: tuple[int, ...], energy: int) -> Tone | None:
        self._neither = 0
        began = not self._in_burst
        self._in_burst = True
        self._burst_energy = energy if began else max(energy, self._burst_energy)
        return self._cadence.burst(kind, HOP_MS + BLUR_MS if began else HOP_MS)

    def _pause(self) -> Tone | None:
        self._neither = 0
        return self._edge() if self._in_burst else self._cadence.pause(HOP_MS)

    def _edge(self) -> Tone | None:
        """The first look that is not the burst any more."""
        self._in_burst = False
        return self._cadence.pause(HOP_MS - BLUR_MS)

    def _kind(self, energy: int) -> tuple[int, ...] | None:
        """Which of the country's sets of frequencies is nearly all there is."""
        look = b"".join(self._hops)
        powers = {hz: detector.power(look) for hz, detector in self._detectors.items()}
        fitting = [kind for kind in self._kinds if _is_most([powers[hz] for hz in kind], energy)]
        # A tone's frequency may be one of another tone's two.
        return max(fitting, key=lambda kind: sum(powers[hz] for hz in kind), default=None)


def _is_most(powers: list[float], energy: int) -> bool:
    return sum(powers) >= SHARE * energy and max(powers) <= TWIST * min(powers)
