"""Progress tones in sound: each country's, in noise and in pieces of any size, and nothing in what is none of them."""

import random
from array import array
from itertools import pairwise

import pytest

from hw.devices import SAMPLE_RATE_HZ
from hw.dtmf import DIGITS, digit_sound
from hw.g711 import decoder, encoder
from hw.signals.cadence import Cadence, Tone
from hw.signals.tone_hearer import ToneHearer
from hw.signals.tones import ToneName, ToneSender, country_tones
from tests.bench.tones import COUNTRIES, TARGET_MS, music, news, recognised_ms
from tests.sound import level_dbfs, tone
from tests.spoken import speech

IN_THE_END: dict[tuple[str, str], tuple[ToneName, ...]] = {
    ("ES", "busy"): ("busy", "disconnect"),
    ("ES", "congestion"): ("congestion",),
    ("MX", "busy"): ("busy", "congestion", "disconnect"),
    ("AR", "busy"): ("busy", "disconnect"),
    ("AR", "congestion"): ("congestion",),
    ("CO", "congestion"): ("congestion",),
    ("US", "busy"): ("busy",),
    ("US", "congestion"): ("congestion", "disconnect"),
    ("ES", "ringback"): ("ringback",),
    ("US", "ringback"): ("ringback",),
    ("ES", "dial"): ("dial",),
    ("US", "dial"): ("dial",),
}


def _tone(country: str, name: ToneName, seconds: float, before_ms: int = 300) -> bytes:
    return bytes(16 * before_ms) + ToneSender(country_tones(country).named(name)).take(int(seconds * 16_000))


def _told(country: str, sound: bytes) -> list[Tone]:
    return [one for _, one in news(ToneHearer(country), sound)]


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_tone_is_recognised_soon_in_noise(country: str) -> None:
    chance = random.Random(11)
    names: tuple[ToneName, ...] = ("dial", "ringback", "busy", "congestion", "disconnect")
    for name in names:
        after_ms = recognised_ms(country, name, chance)
        assert after_ms is not None and after_ms <= TARGET_MS, (country, name, after_ms)


@pytest.mark.parametrize(("country", "name"), list(IN_THE_END), ids="-".join)
def test_in_the_end_only_tones_that_sound_the_same_are_left(country: str, name: ToneName) -> None:
    told = _told(country, _tone(country, name, 5))
    assert told[-1] == Tone(IN_THE_END[country, name], sure=True)
    assert all(set(later.names) <= set(sooner.names) for sooner, later in pairwise(told))
    assert sum(one.sure for one in told) == 1 or name == "ringback", told


def test_it_begins_in_the_middle_of_a_burst() -> None:
    whole = _tone("ES", "congestion", 6, 0)
    for cut_ms in range(0, 1_800, 90):
        told = _told("ES", whole[16 * cut_ms :])
        assert told[-1] == Tone(("congestion",), sure=True), (cut_ms, told)


def test_each_ring_is_news() -> None:
    told = [at * 1000 // SAMPLE_RATE_HZ for at, _ in news(ToneHearer("US"), _tone("US", "ringback", 20, 0))]
    for ring_ms in (0, 6_000, 12_000, 18_000):
        assert any(ring_ms < at_ms <= ring_ms + TARGET_MS for at_ms in told), (ring_ms, told)


@pytest.mark.parametrize("sizes", [[1], [2, 3, 7, 999], [100_000]], ids=str)
def test_pieces_of_any_size_make_no_difference(sizes: list[int]) -> None:
    sound, hearer, at, last = _tone("CO", "congestion", 4), ToneHearer("CO"), 0, None
    while at < len(sound):
        size = sizes[at % len(sizes)]
        last = hearer.heard(sound[at : at + size]) or last
        at += size
    assert last == Tone(("congestion",), sure=True)


def test_a_call_before_is_forgotten() -> None:
    hearer = ToneHearer("ES")
    sound = _tone("ES", "busy", 0.9)
    assert list(news(hearer, sound)) == []
    hearer.begin()
    assert list(news(hearer, sound)) == []


def test_a_tone_lasts_until_it_stops() -> None:
    hearer = ToneHearer("ES")
    assert hearer.lasting is None
    hearer.heard(_tone("ES", "dial", 4))
    assert hearer.lasting == Tone(("dial",), sure=True)
    hearer.heard(_tone("ES", "dial", 4, 0))
    assert hearer.lasting == Tone(("dial",), sure=True)
    hearer.heard(bytes(16 * 200))
    assert hearer.lasting is None
    hearer.heard(_tone("ES", "dial", 4))
    hearer.heard(next(speech(2, seed=5)))
    assert hearer.lasting is None


def test_other_tones_digits_and_noise_are_none() -> None:
    chance = random.Random(3)
    noise = array("h", (round(chance.gauss(0, 3000)) for _ in range(40_000))).tobytes()
    one_of_two = b"".join(tone(440, 0.5) + bytes(8_000) for _ in range(8))
    too_slow = b"".join(tone(425, 0.6, -15) + bytes(9_600) for _ in range(6))
    fading = array("h", (round(v * 0.99985**n) for n, v in enumerate(array("h", tone(425, 4, -8))))).tobytes()
    for sound in (noise, one_of_two, b"".join(map(digit_sound, DIGITS)) * 3, fading):
        for country in COUNTRIES:
            assert _told(country, sound) == [], country
    assert _told("ES", too_slow) == []


def test_a_talker_over_the_tone_does_not_hide_it_for_good() -> None:
    loud = next(speech(3, seed=5))[: 16 * 2_500]
    busy = array("h", _tone("ES", "busy", 6, 0))
    mixed = array("h", busy)
    for n, sample in enumerate(array("h", loud)):
        mixed[n] = max(-32767, min(32767, mixed[n] + sample))
    assert _told("ES", mixed.tobytes())[-1].sure


def test_speech_and_music_are_none() -> None:
    for sound in (*speech(45, seed=9), next(music(60))):
        for country in COUNTRIES:
            assert _told(country, sound) == []


def _at(sound: bytes, dbfs: float) -> bytes:
    gain = 10 ** ((dbfs - level_dbfs(sound)) / 20)
    return array("h", (round(max(-32767, min(32767, gain * one))) for one in array("h", sound))).tobytes()


@pytest.mark.parametrize("speech_dbfs", [-35, -30, -20])
def test_speech_far_below_the_ringback_before_it_is_other_sound(speech_dbfs: int) -> None:
    said = _at(next(speech(8, seed=21))[: 16_000 * 6], speech_dbfs)
    for country in COUNTRIES:
        hearer = ToneHearer(country)
        hearer.heard(_at(_tone(country, "ringback", 8, 0)[:16_000], -10) + bytes(16_000 * 3))
        hearer.take_other_ms()
        hearer.heard(said)
        assert hearer.take_other_ms() > 1_000, country


@pytest.mark.parametrize("country", COUNTRIES)
@pytest.mark.parametrize("name", ["dial", "ringback", "busy", "congestion", "disconnect"])
def test_tones_and_the_noise_of_a_line_are_no_other_sound(country: str, name: ToneName) -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    tone_dbfs, noise_dbfs = chance.choice([(-10, -30), (-10, -40), (-15, -38), (-20, -40), (-35, -60)])
    sigma = 32768 * 10 ** (noise_dbfs / 20)
    gain = 10 ** ((tone_dbfs + 20) / 20)
    seconds = 60 if country == "ES" else 15
    sound = array("h", _tone(country, name, seconds, chance.choice([0, 300])))
    noisy = array("h", (max(-32767, min(32767, round(gain * one + chance.gauss(0, sigma)))) for one in sound))
    hearer = ToneHearer(country)
    hearer.heard(decoder("a_law")(encoder("a_law")(noisy.tobytes())))
    assert hearer.take_other_ms() < 300 * seconds // 60, (seed, tone_dbfs, noise_dbfs)


def test_a_loud_steady_sound_is_other_sound() -> None:
    hearer = ToneHearer("ES")
    hearer.heard(tone(2_000, 2, -18))
    assert hearer.take_other_ms() > 1_000


def test_whatever_bursts_come_no_more_is_kept_than_needed() -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    cadence = Cadence(country_tones("ES"))
    for _ in range(20_000):
        chance.choice((lambda: cadence.burst((425,), 10), lambda: cadence.pause(10), cadence.nothing))()
        assert len(cadence._parts) <= 13, seed
