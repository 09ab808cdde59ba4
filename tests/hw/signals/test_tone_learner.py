"""Tones that no table has, measured out of a recording: what they are, and what is none."""

import random
from array import array
from functools import cache

import pytest

from hw.signals.libraries import spandsp
from hw.signals.tone_hearer import ToneHearer
from hw.signals.tone_learner import Verdict, dial_tone_in, disconnect_tone_in, last_tone
from hw.signals.tones import CountryTone, ToneSender, country_tones
from tests.bench.tones import music
from tests.spoken import speech

SEED = 17
NOISE_AMPLITUDE = 60
"""-55 dBFS, as a bad line has."""
UNKNOWN: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((620,), (350, 350)),
    ((425,), (350, 350)),  # the country's frequency, another cadence
    ((480,), (250, 250)),  # one of two frequencies of the United States'
    ((350, 440), (500, 500)),
    ((440, 480), (300, 300)),
    ((425,), (100, 100)),
    ((425,), (2_000, 500)),
    ((950,), ()),
    ((450,), (100, 100, 100, 700)),
    ((1_400, 2_060), (100, 100)),
]


@cache
def talk() -> bytes:
    return next(speech(6, SEED))


def recording(tone: CountryTone, chance: random.Random, ms: int, level_dbfs: float) -> bytes:
    """Somebody talks, a pause, the tone from its beginning to somewhere in it; noise all over."""
    clean = array("h", talk() + bytes(16 * 700) + _at_level(tone, level_dbfs, 16 * ms))
    noisy = (one + round(chance.gauss(0, NOISE_AMPLITUDE)) for one in clean)
    return array("h", (max(-32_768, min(32_767, one)) for one in noisy)).tobytes()


def _at_level(tone: CountryTone, level_dbfs: float, size: int) -> bytes:
    gain = 10 ** ((level_dbfs + 20) / 20)
    return array("h", (round(gain * one) for one in array("h", ToneSender(tone).take(size)))).tobytes()


@pytest.mark.parametrize("country", ["ES", "US"])
def test_an_unknown_tone_is_measured_and_then_heard(country: str) -> None:
    print(f"seed {SEED}")
    chance = random.Random(f"{SEED}/{country}")
    for hz, cadence_ms in UNKNOWN:
        level_dbfs = chance.choice((-12, -20, -30))
        sound = recording(CountryTone(hz=hz, cadence_ms=cadence_ms), chance, chance.randint(8_000, 12_000), level_dbfs)
        verdict = disconnect_tone_in(sound, country)
        learned = verdict.learned
        assert learned is not None and not verdict.known and verdict.unusable is None, (hz, cadence_ms, verdict)
        assert len(learned.tone.hz) == len(hz) and len(learned.tone.cadence_ms) == len(cadence_ms), verdict
        assert all(abs(a - b) <= 4 for a, b in zip(learned.tone.hz, hz, strict=True)), verdict
        assert all(abs(a - b) <= 20 for a, b in zip(learned.tone.cadence_ms, cadence_ms, strict=True)), verdict
        assert abs(learned.level_ddb - 10 * level_dbfs) <= 15, (level_dbfs, verdict)
        assert disconnect_tone_in(sound, country, learned.tone) == Verdict(known=True), "told of it, it is heard"


def test_the_countrys_own_tones_are_known() -> None:
    tones = country_tones("ES")
    chance = random.Random(SEED)
    for tone in (tones.busy, tones.congestion, tones.disconnect, tones.dial):
        assert disconnect_tone_in(recording(tone, chance, 6_000, -20), "ES") == Verdict(known=True)


def test_a_frequency_a_little_off_the_countrys_is_the_countrys() -> None:
    found = last_tone(ToneSender(CountryTone(hz=(420,), cadence_ms=(500, 500))).take(16 * 6_000), country_tones("ES"))
    assert found is not None and found.tone.hz == (425,)


def test_ringing_at_the_far_end_is_never_taken_for_its_end() -> None:
    ringback = country_tones("ES").ringback
    verdict = disconnect_tone_in(recording(ringback, random.Random(SEED), 24_000, -20), "ES")
    assert verdict.learned is None and not verdict.known
    assert verdict.unusable is not None and verdict.unusable.tone.hz == (425,)


def test_what_is_no_tone_is_not_learned() -> None:
    chance = random.Random(SEED)
    four = (
        ToneSender(CountryTone(hz=(1_400, 2_060), cadence_ms=(100, 100))),
        ToneSender(CountryTone(hz=(2_450, 2_600), cadence_ms=(100, 100))),
    )
    howler = array("h", map(sum, zip(*(array("h", one.take(16 * 6_000)) for one in four), strict=True))).tobytes()
    uneven = b"".join(
        bytes(16 * chance.randint(60, 900)) + ToneSender(CountryTone(hz=(620,))).take(16 * chance.randint(80, 700))
        for _ in range(12)
    )
    short = ToneSender(CountryTone(hz=(620,), cadence_ms=(200, 200))).take(16 * 1_000)
    beep = talk() + ToneSender(CountryTone(hz=(1_000,))).take(16 * 1_500)
    noise = array("h", (round(chance.gauss(0, 2_000)) for _ in range(8_000 * 6))).tobytes()
    sounds = {"nothing": b"", "half a sample": b"\1", "silence": bytes(16 * 5_000), "talk": next(speech(12, SEED))}
    sounds |= {"music": next(music(10)), "howler": howler, "uneven": uneven, "short": short}
    sounds |= {"beep": beep, "noise": noise}
    for name, sound in sounds.items():
        assert disconnect_tone_in(sound, "ES") == Verdict(), name


def test_a_dial_tone_is_measured_whatever_the_country() -> None:
    chance = random.Random(SEED)
    for country, hz in (("ES", (425,)), ("US", (350, 440))):
        clean = ToneSender(country_tones(country).dial).take(16 * 2_000)
        for box in ("ES", "US"):
            noisy = array("h", (one + round(chance.gauss(0, NOISE_AMPLITUDE)) for one in array("h", clean))).tobytes()
            heard = dial_tone_in(bytes(16 * 300) + noisy, box)
            assert heard is not None and heard.tone == CountryTone(hz=heard.tone.hz), (country, box)
            assert all(abs(a - b) <= 4 for a, b in zip(heard.tone.hz, hz, strict=True)), (country, box, heard)
            assert heard.tone.hz == hz or country != box
            assert abs(heard.level_ddb + 200) <= 10
    for nothing in (b"", bytes(16 * 2_000), talk()):
        heard = dial_tone_in(nothing, "ES")
        assert heard is None or heard.lasted_ms < 500, heard
    noise = array("h", (round(chance.gauss(0, 2_000)) for _ in range(16_000))).tobytes()
    assert dial_tone_in(noise, "ES") is None


def test_a_tone_of_one_of_anothers_frequencies_is_told_from_it() -> None:
    """The pair 480 and 620 Hz is busy in the United States; 480 Hz alone is this line's."""
    own = CountryTone(hz=(480,), cadence_ms=(500, 500))
    assert spandsp() is not None
    hearer = ToneHearer("US", own)
    told = [one for one in (hearer.heard(ToneSender(own).take(16 * 4_000)),) if one]
    assert told and told[-1].names == ("disconnect",) and told[-1].sure
    hearer.begin()
    busy = hearer.heard(ToneSender(country_tones("US").busy).take(16 * 4_000))
    assert busy is not None and busy.names == ("busy",) and busy.sure
