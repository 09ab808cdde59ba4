"""The howler of a line that was left lifted: heard at every level and in noise, and in nothing that is none."""

import math
import random
from array import array

import pytest

from hw.devices import SAMPLE_RATE_HZ
from hw.dtmf import DIGITS, digit_sound
from hw.signals.howler import HERTZ, HowlerHearer
from hw.signals.tones import TONE_NAMES, ToneSender, country_tones
from tests.bench.tones import COUNTRIES, music
from tests.spoken import speech

SEED = 506


def howler(seconds: float, dbfs: float, on_ms: int = 100, off_ms: int = 100, hertz: tuple[int, ...] = HERTZ) -> bytes:
    chance = random.Random(SEED)
    peak = 32767 * 10 ** (dbfs / 20) * math.sqrt(2 / len(hertz))
    noise = 32767 * 10 ** ((dbfs - 20) / 20)
    cycle, on = (on_ms + off_ms) * 8, on_ms * 8
    waves = (
        peak * sum(math.sin(2 * math.pi * hz * n / SAMPLE_RATE_HZ) for hz in hertz) if n % cycle < on else 0.0
        for n in range(int(seconds * SAMPLE_RATE_HZ))
    )
    return array("h", (round(max(-32767, min(32767, wave + chance.gauss(0, noise)))) for wave in waves)).tobytes()


def times(sound: bytes, piece: int = 320) -> int:
    hearer = HowlerHearer()
    return sum(hearer.heard(sound[at : at + piece]) for at in range(0, len(sound), piece))


@pytest.mark.parametrize("dbfs", [-6, -20, -33])
@pytest.mark.parametrize("piece", [1, 34, 320, 4_000])
def test_it_is_sure_once_within_three_seconds(dbfs: float, piece: int) -> None:
    assert times(howler(1.5, dbfs), piece) == 0
    assert times(howler(3, dbfs), piece) == 1
    assert times(howler(12, dbfs), piece) == 1


def test_another_call_begins_anew() -> None:
    hearer = HowlerHearer()
    hearer.heard(howler(1.9, -10))
    hearer.begin()
    assert not hearer.heard(howler(1.9, -10))


@pytest.mark.parametrize(
    "sound",
    [
        howler(6, -10, hertz=(1_400,)),
        howler(6, -10, hertz=(697, 1_209)),
        howler(6, -10, 200, 200),
        howler(6, -10, 100, 300),
        howler(6, -10, 5_000, 1),
        b"".join(digit_sound(digit) for digit in DIGITS) * 3,
    ],
    ids=["one frequency", "keys", "slower", "pauses", "no pauses", "digits"],
)
def test_what_sounds_alike_is_none(sound: bytes) -> None:
    assert times(sound) == 0


@pytest.mark.parametrize("country", COUNTRIES)
def test_no_tone_of_a_country_is_one(country: str) -> None:
    for name in TONE_NAMES:
        assert times(ToneSender(country_tones(country).named(name)).take(16_000 * 8)) == 0


def test_nobody_who_talks_or_plays_is_one() -> None:
    assert sum(times(sound) for sound in (*speech(60, SEED), *music(60))) == 0
