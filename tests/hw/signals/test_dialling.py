"""A lifted telephone: dial tone, digits, pauses and what follows them, in the time of its sound; and tones as sound."""

import random
from itertools import product
from typing import get_args

import pytest

from hw.dtmf import DIGITS, digit_sound
from hw.signals.dialling import (
    MAX_DIGITS,
    Completeness,
    DialEvent,
    Dialling,
    DialTimings,
    FellSilent,
    NotTaken,
    NumberDialled,
    State,
)
from hw.signals.dtmf_receiver import DtmfReceiver
from hw.signals.tones import TONE_NAMES, ToneSender, country_tones, tables
from tests.sound import level_dbfs, listen, samples, tone_dbfs

FRAME = 320


class Telephone:
    """In somebody's hand: speaks frames in, keeps what is heard and reported."""

    def __init__(self, country: str = "ES", timings: DialTimings | None = None) -> None:
        self.told: list[DialEvent] = []
        self.heard = bytearray()
        self.dialling = Dialling(
            country_tones(country), DtmfReceiver(dial_tone=True).heard, self._judge, self.told.append, timings
        )

    def _judge(self, digits: str) -> Completeness:
        return "complete" if digits == "112" else "soon" if digits == "91" else "more"

    def say(self, sound: bytes) -> bytes:
        """What was heard meanwhile."""
        begin = len(self.heard)
        for at in range(0, len(sound), FRAME):
            piece = sound[at : at + FRAME]
            answer = self.dialling.exchange(piece)
            assert len(answer) == len(piece)
            self.heard += answer
        return bytes(self.heard[begin:])

    def wait(self, ms: int) -> bytes:
        return self.say(bytes(16 * ms))

    def press(self, digits: str) -> bytes:
        return self.say(b"".join(map(digit_sound, digits)))


def test_dial_tone_until_the_first_digit_then_silence_and_the_number_after_a_pause() -> None:
    phone = Telephone()
    heard = listen(phone.wait(1000), 425)
    assert heard.tone_dbfs == pytest.approx(-20, abs=0.5) and heard.gap_ms == 0 and heard.other_dbfs < -60
    phone.press("6")
    assert phone.press("00123123") == bytes(len(digit_sound("0")) * 8), "the tone stops at the first digit"
    phone.wait(3_600)
    assert phone.told == []
    phone.wait(400)
    assert phone.told == [NumberDialled("600123123")]


def test_a_whole_number_goes_at_once_and_one_that_may_go_on_soon() -> None:
    phone = Telephone()
    phone.press("112")
    assert phone.told == [NumberDialled("112")]
    phone = Telephone()
    phone.press("91")
    assert phone.told == []
    phone.wait(1_500)
    assert phone.told == [NumberDialled("91")]
    phone = Telephone()
    phone.press("912")
    phone.wait(2_000)
    assert phone.told == []


@pytest.mark.parametrize(("pressed", "dialled"), [("#", []), ("12#", ["12"]), ("##", []), ("1A2D#", ["12"])])
def test_the_hash_ends_a_number_and_letters_are_none(pressed: str, dialled: list[str]) -> None:
    phone = Telephone()
    phone.press(pressed)
    assert phone.told == [NumberDialled(one) for one in dialled]


def test_nothing_dialled_is_congestion_then_silence_and_digits_are_too_late() -> None:
    phone = Telephone()
    phone.wait(15_000)
    assert phone.dialling.state == "congestion"
    phone.wait(200)  # the frame of the time-out had its beginning
    frames = samples(phone.wait(1_800)).reshape(-1, 160)
    loud = sum(abs(frame).max() > 1_000 for frame in frames)
    assert 28 <= loud <= 33, "0.2 s on and off three times, the last pause 0.6 s: a third of it sounds"
    phone.press("112")
    phone.wait(20_000)
    assert phone.told == [FellSilent()]
    assert phone.wait(1_000) == bytes(16_000)


def test_what_nobody_takes_or_is_refused_is_congestion() -> None:
    phone = Telephone()
    phone.press("112")
    phone.wait(20_000)
    assert phone.told == [NumberDialled("112"), NotTaken()]
    assert phone.dialling.state == "congestion"
    phone = Telephone()
    phone.dialling.refuse()  # of a lift in which nothing was dialled: nothing
    phone.press("112")
    phone.wait(20)
    assert phone.dialling.state == "congestion" and phone.told == [NumberDialled("112")]


def test_no_number_is_longer_than_it_can_be() -> None:
    phone = Telephone()
    phone.press("7" * (MAX_DIGITS + 5))
    assert phone.told == [NumberDialled("7" * MAX_DIGITS)]


def test_whatever_is_pressed_and_whenever_it_ends_in_silence() -> None:
    seed = random.randrange(2**32)
    chance = random.Random(seed)
    quick = DialTimings(600, 300, 100, 500, 400)
    for _ in range(60):
        phone = Telephone(timings=quick)
        for _ in range(chance.randint(0, 6)):
            if chance.random() < 0.6:
                phone.press(chance.choice(DIGITS))
            else:
                phone.wait(chance.randint(0, 400))
        phone.wait(2_000)
        numbers = [one for one in phone.told if isinstance(one, NumberDialled)]
        assert phone.dialling.state == "silent" and phone.told[-1] == FellSilent(), (seed, phone.told)
        assert len(numbers) <= 1 and phone.told.count(NotTaken()) == len(numbers), (seed, phone.told)


def test_every_state_but_the_last_has_a_limit() -> None:
    phone = Telephone()
    limits: dict[State, int] = phone.dialling._limit_ms
    assert set(limits) == set(get_args(State)) - {"silent"}


@pytest.mark.parametrize(("country", "name"), list(product(sorted(tables()), TONE_NAMES)))
def test_every_tone_sounds_as_its_row_says(country: str, name: str) -> None:
    tone = country_tones(country).named(name)  # type: ignore[arg-type]
    assert len(tone.cadence_ms) % 2 == 0
    period_ms = sum(tone.cadence_ms) or 1_000
    sound = ToneSender(tone).take(16 * period_ms * 2)
    assert sound[: 16 * period_ms] == sound[16 * period_ms :]
    first = sound[: 16 * (tone.cadence_ms[0] if tone.cadence_ms else period_ms)]
    assert level_dbfs(first) == pytest.approx(-20, abs=0.7)
    for hz in tone.hz:
        assert tone_dbfs(first[: 16 * 100], hz) == pytest.approx(-20 - 3 * (len(tone.hz) - 1), abs=2.5)


def test_a_country_without_a_table_has_what_is_recommended() -> None:
    assert country_tones("XX") == tables()["ITU"]
