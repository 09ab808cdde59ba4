"""The call progress tones of countries (`tones.toml`) as records, and as sound to send."""

import math
from array import array
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from hw.devices import SAMPLE_RATE_HZ

ToneName = Literal["dial", "ringback", "busy", "congestion", "disconnect"]
TONE_NAMES: tuple[ToneName, ...] = get_args(ToneName)
DATA = Path(__file__).parent / "tones.toml"
RECOMMENDED = "ITU"
"""The table of countries that have none."""
LEVEL_DBFS = -20.0
"""Of the tones we send; E.180 wants dial tone at -10 ± 5 dBm0, and handsets differ more than that."""
EDGE_SAMPLES = SAMPLE_RATE_HZ // 200


class CountryTone(Struct, frozen=True, forbid_unknown_fields=True):
    hz: Annotated[tuple[Annotated[int, Meta(ge=300, le=3000)], ...], Meta(min_length=1, max_length=2)]
    cadence_ms: Annotated[tuple[Annotated[int, Meta(ge=60, le=10_000)], ...], Meta(max_length=8)] = ()
    """On, off, on, off …; empty: without pauses."""


class CountryTones(Struct, frozen=True, forbid_unknown_fields=True):
    dial: CountryTone
    ringback: CountryTone
    busy: CountryTone
    congestion: CountryTone
    disconnect: CountryTone

    def named(self, name: ToneName) -> CountryTone:
        tone: CountryTone = getattr(self, name)
        return tone


@cache
def tables() -> dict[str, CountryTones]:
    """By ISO 3166 code, and RECOMMENDED."""
    return msgspec.toml.decode(DATA.read_bytes(), type=dict[str, CountryTones])


def country_tones(country: str) -> CountryTones:
    """The country's, or those that E.180 recommends."""
    known = tables()
    return known.get(country, known[RECOMMENDED])


@cache
def tone_cycle(tone: CountryTone, level_dbfs: float = LEVEL_DBFS) -> bytes:
    """One round of its cadence, s16le, to be sent again and again without a seam; a second of one without pauses."""
    if not tone.cadence_ms:
        return _sines(tone.hz, SAMPLE_RATE_HZ, level_dbfs).tobytes()  # whole hertz: the second ends where it begins
    samples = array("h")
    for place, length_ms in enumerate(tone.cadence_ms):
        count = length_ms * SAMPLE_RATE_HZ // 1000
        samples += array("h", bytes(2 * count)) if place % 2 else _softened(_sines(tone.hz, count, level_dbfs))
    return samples.tobytes()


def _sines(hertz: tuple[int, ...], count: int, level_dbfs: float) -> "array[int]":
    peak = 32767 * 10 ** (level_dbfs / 20) * math.sqrt(2 / len(hertz))
    turns = [2 * math.pi * hz / SAMPLE_RATE_HZ for hz in hertz]
    return array("h", (round(peak * sum(math.sin(turn * n) for turn in turns)) for n in range(count)))


def _softened(samples: "array[int]") -> "array[int]":
    for n in range(EDGE_SAMPLES):
        gain = 0.5 - 0.5 * math.cos(math.pi * n / EDGE_SAMPLES)
        samples[n] = round(samples[n] * gain)
        samples[-1 - n] = round(samples[-1 - n] * gain)
    return samples


class ToneSender:
    """Sends one tone from its beginning, in pieces of any size."""

    def __init__(self, tone: CountryTone) -> None:
        self._cycle = tone_cycle(tone)
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes of it."""
        out = bytearray()
        while len(out) < size:
            part = self._cycle[self._at : self._at + size - len(out)]
            out += part
            self._at = (self._at + len(part)) % len(self._cycle)
        return bytes(out)
