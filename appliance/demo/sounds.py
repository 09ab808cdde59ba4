"""What people at a far end say and how what they hear is measured: samples and levels, no calls and no devices.

Sound is s16le mono at 8,000 Hz. Levels are dB below full scale of the RMS, −99 for silence.
"""

import math
import time
from array import array
from collections.abc import Iterable
from functools import lru_cache
from operator import mul
from pathlib import Path

from appliance.demo.sip_records import Silence, Sound, Tone
from appliance.demo.speech import read_samples

RATE_HZ = 8000
SILENCE_DBFS = -99.0
BLOCK = 160
"""Samples of one look at what is heard: 20 ms."""
HEARD_DBFS = -45.0
"""Anything quieter counts as silence: noise of a telephone line."""
TONE_SHARE = 0.7
"""Of a block's power, for the block to count as that tone."""
DIAL_TONE_HZ = 425
DIAL_TONE_MS = 2_000
"""The box's dial tone without a pause for so long (ITU-T E.180; ringback pauses sooner): nobody is there."""


@lru_cache(maxsize=64)
def samples_of(sound: Sound) -> bytes:
    """One round of a sound, to be repeated without a seam. Raises OSError or SpeechError for a bad file."""
    match sound:
        case Silence():
            return bytes(2 * RATE_HZ)
        case Tone(hz, dbfs):
            peak = 32768 * 10 ** (dbfs / 20) * math.sqrt(2)
            wave = (round(peak * math.sin(2 * math.pi * hz * n / RATE_HZ)) for n in range(RATE_HZ))
            return array("h", wave).tobytes()
        case _:
            return read_samples(Path(sound.path))


def power(block: "array[int]") -> float:
    return float(sum(map(mul, block, block))) / max(1, len(block))


def dbfs(mean_power: float) -> float:
    return SILENCE_DBFS if mean_power < 1 else round(10 * math.log10(mean_power / 32768**2), 1)


def tone_power(block: "array[int]", hz: int) -> float:
    """Mean power of one frequency (Goertzel, Am. Math. Monthly 65, 1958)."""
    turn = 2 * math.cos(2 * math.pi * hz / RATE_HZ)
    before = last = 0.0
    for sample in block:
        before, last = last, sample + turn * last - before
    return (last * last + before * before - turn * last * before) * 2 / len(block) ** 2


class Ear:
    """Measures what is heard, 20 ms at a time, and how long each of some known tones was there."""

    def __init__(self, tones: Iterable[int] = ()) -> None:
        self.level_dbfs = SILENCE_DBFS
        self.loudest_dbfs = SILENCE_DBFS
        self.heard_ms = 0
        """Of anything, silence included."""
        self.loud_ms = 0
        self.quiet_ms = 0
        """Silence, or dial tone, up to now, in one piece."""
        self._dial_tone_ms = 0
        self.tone_ms: dict[int, int] = dict.fromkeys(tones, 0)
        self._rest = b""

    def listen(self, heard: bytes) -> None:
        data = self._rest + heard
        whole = len(data) // (2 * BLOCK) * 2 * BLOCK
        self._rest = data[whole:]
        for at in range(0, whole, 2 * BLOCK):
            self._block(array("h", data[at : at + 2 * BLOCK]))

    def _block(self, block: "array[int]") -> None:
        block_ms = BLOCK * 1000 // RATE_HZ
        mean_power = power(block)
        self.level_dbfs = dbfs(mean_power)
        self.loudest_dbfs = max(self.loudest_dbfs, self.level_dbfs)
        self.heard_ms += block_ms
        if self.level_dbfs < HEARD_DBFS:
            self.quiet_ms += block_ms
            self._dial_tone_ms = 0
            return
        dial_tone = tone_power(block, DIAL_TONE_HZ) > TONE_SHARE * mean_power
        self._dial_tone_ms = self._dial_tone_ms + block_ms if dial_tone else 0
        self.quiet_ms = self.quiet_ms + block_ms if self._dial_tone_ms > DIAL_TONE_MS else 0
        self.loud_ms += block_ms
        for hz in self.tone_ms:
            if tone_power(block, hz) > TONE_SHARE * mean_power:
                self.tone_ms[hz] += block_ms
                break

    def tone(self, at_least_ms: int = 100) -> int:
        """The tone heard longest, in Hz; 0 when none was there for so long."""
        best = max(self.tone_ms, key=lambda hz: self.tone_ms[hz], default=0)
        return best if self.tone_ms.get(best, 0) >= at_least_ms else 0


class Voice:
    """A person at a twin's far end (`hw.twins.FarEnd`): says a sound over and over, and has an ear.

    `say` may be called from any thread; it takes effect with the next samples.
    """

    def __init__(self, sound: Sound, tones: Iterable[int] = ()) -> None:
        self.ear = Ear(tones)
        self.heard_at_s = time.monotonic()
        """When anything louder than silence was heard last, or when this began."""
        self._said = (samples_of(sound), [0])

    def say(self, sound: Sound) -> None:
        """From its beginning."""
        self._said = (samples_of(sound), [0])

    def __call__(self, heard: bytes) -> bytes:
        self.ear.listen(heard)
        if self.ear.quiet_ms == 0:
            self.heard_at_s = time.monotonic()
        samples, place = self._said
        out = samples[place[0] : place[0] + len(heard)]
        while len(out) < len(heard):
            out += samples[: len(heard) - len(out)]
        place[0] = (place[0] + len(heard)) % len(samples)
        return out
