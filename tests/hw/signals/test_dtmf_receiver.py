"""Digits in sound: each of the sixteen, in pieces of any size, at their times, and nothing where there is none."""

import random
from array import array

import pytest

from hw.dtmf import DIGITS, GAP_MS, TONE_MS, digit_sound
from hw.signals.dtmf_receiver import BLOCK_SAMPLES, DtmfReceiver, HeardDigit
from tests.bench.dtmf import noisy
from tests.sound import tone
from tests.spoken import speech

BLOCK_MS = BLOCK_SAMPLES / 8


def _heard(sound: bytes, sizes: list[int], *, dial_tone: bool = False) -> list[HeardDigit]:
    receiver = DtmfReceiver(dial_tone=dial_tone)
    found: list[HeardDigit] = []
    at = 0
    while at < len(sound):
        size = sizes[at % len(sizes)]
        found += receiver.heard(sound[at : at + size])
        at += size
    return found


def _mixed(one: bytes, other: bytes) -> bytes:
    return array("h", (a + b for a, b in zip(array("h", one), array("h", other), strict=False))).tobytes()


@pytest.mark.parametrize("sizes", [[320], [1], [2, 3, 7, 640], [100_000]], ids=str)
def test_all_sixteen_are_heard_once_each_at_their_times_in_pieces_of_any_size(sizes: list[int]) -> None:
    found = _heard(b"".join(map(digit_sound, DIGITS)), sizes)
    assert "".join(one.digit for one in found) == DIGITS
    for number, one in enumerate(found):
        began_ms = number * (TONE_MS + GAP_MS)
        assert began_ms + BLOCK_MS <= one.at_ms <= began_ms + 4 * BLOCK_MS


def test_in_noise_20_db_below_each_is_heard() -> None:
    chance = random.Random(7)
    for digit in DIGITS:
        assert [one.digit for one in _heard(noisy(digit, chance), [320], dial_tone=True)] == [digit]


@pytest.mark.parametrize("hertz", [(425.0,), (350.0, 440.0)], ids=str)
def test_digits_are_heard_over_a_dial_tone_as_loud_as_they(hertz: tuple[float, ...]) -> None:
    dial = tone(hertz[0], 0.4, -18)
    for hz in hertz[1:]:
        dial = _mixed(dial, tone(hz, 0.4, -18))
    for digit in DIGITS:
        sound = _mixed(digit_sound(digit) + bytes(3200), dial)
        assert [one.digit for one in _heard(sound, [320], dial_tone=True)] == [digit]


def test_one_tone_alone_or_too_short_a_pair_is_no_digit() -> None:
    assert _heard(tone(770, 1.0) + tone(1336, 1.0), [320]) == []
    assert _heard(digit_sound("5")[: 2 * 8 * 20] + bytes(3200), [320]) == []


def test_a_digit_held_down_is_one_digit() -> None:
    held = _mixed(tone(770, 3.0, -18), tone(1336, 3.0, -18))
    assert [one.digit for one in _heard(held, [320])] == ["5"]


def test_speech_is_no_digits() -> None:
    assert [one for sound in speech(60, seed=3) for one in _heard(sound, [320])] == []
