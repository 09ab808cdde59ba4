"""A dial tone in the middle of a talk: a hang-up, unless a key that was sent asked for it. Through the real driver."""

from pathlib import Path
from typing import Literal

from hw.devices import Ended
from hw.dtmf import DigitSender
from tests.hw.fxo_stories import Place, comes_in, fxo_twin
from tests.hw.modem_rig import FXO_MODELS, Rig, at_once
from tests.waiting import wait_for

HERE, ELSEWHERE = "A0", "B5"
FRAMES_TO_BE_SURE = 200
"""4 s: a tone has lasted for long enough to be one."""
Who = Literal["the modem", "the ear"]
WHO: tuple[Who, ...] = ("the modem", "the ear")
CASES = tuple((model, who) for model in FXO_MODELS for who in WHO)


class Presses:
    """Whoever talks over the line presses a key of a telephone, once, and is silent then."""

    def __init__(self, digits: str) -> None:
        self._sender = DigitSender()
        self._sender.send(digits)

    def __call__(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        return self._sender.over(bytes(len(heard) if said_bytes is None else said_bytes))


def _place(folder: Path, model: str, who: Who) -> Place:
    """The modem tells tones, or is set to another country and tells none."""
    (folder / "raw").mkdir(parents=True)
    place = Place(folder, model)
    place.faults.country = HERE if who == "the modem" else ELSEWHERE
    return place


def _arrives(line: Rig, digit: str) -> None:
    wait_for("the exchange hears the key", lambda: ("digit", digit) in line.twin_events)


def _goes_on(line: Rig) -> None:
    frames = line.twin.sound.frames
    wait_for("a tone would be sure", lambda: line.twin.sound.frames > frames + FRAMES_TO_BE_SURE, 15)
    assert not line.events.of(Ended)


@at_once(*((*case, by) for case in CASES for by in ("the line", "a telephone")))
def test_a_dial_tone_after_a_key_is_the_exchanges_for_more_of_them(case: tuple[str, Who, str], folder: Path) -> None:
    model, who, by = case
    with _place(folder, model, who).line() as line:
        comes_in(line)
        if by == "the line":
            line.modem.send_digits("0")
        else:
            line.modem.attach_sound(Presses("0"))
        _arrives(line, "0")
        fxo_twin(line).exchange_plays("dial")
        _goes_on(line)
        fxo_twin(line).exchange_plays(None)
        line.modem.send_digits("934445566")
        _goes_on(line)
        fxo_twin(line).far_end_hangs_up()
        assert line.events.next(Ended) == Ended("normal")


@at_once(*CASES)
def test_a_dial_tone_long_after_a_key_is_a_hang_up(case: tuple[str, Who], folder: Path) -> None:
    with _place(folder, *case).line(second_dial_tone_ms=500) as line:
        comes_in(line)
        line.modem.send_digits("0")
        _arrives(line, "0")
        frames = line.twin.sound.frames
        wait_for("the key is forgotten", lambda: line.twin.sound.frames > frames + 50)
        fxo_twin(line).exchange_plays("dial")
        assert line.events.next(Ended) == Ended("normal")


@at_once(*CASES)
def test_a_dial_tone_that_goes_on_after_its_key_is_long_past_is_a_hang_up(case: tuple[str, Who], folder: Path) -> None:
    """It is told once, while it may still be for more keys."""
    with _place(folder, *case).line(second_dial_tone_ms=5_000) as line:
        comes_in(line)
        line.modem.send_digits("0")
        _arrives(line, "0")
        fxo_twin(line).exchange_plays("dial")
        _goes_on(line)
        assert line.events.next(Ended, 8) == Ended("normal")


@at_once(*CASES)
def test_a_dial_tone_that_no_key_asked_for_is_a_hang_up(case: tuple[str, Who], folder: Path) -> None:
    with _place(folder, *case).line() as line:
        comes_in(line)
        fxo_twin(line).exchange_plays("dial")
        assert line.events.next(Ended) == Ended("normal")


@at_once(*CASES)
def test_who_hangs_up_upon_a_key_is_gone_by_the_tone_that_follows(case: tuple[str, Who], folder: Path) -> None:
    with _place(folder, *case).line() as line:
        comes_in(line)
        line.modem.send_digits("0")
        _arrives(line, "0")
        fxo_twin(line).exchange_plays("dial")
        _goes_on(line)
        fxo_twin(line).exchange_plays(None)
        fxo_twin(line).far_end_hangs_up()
        assert line.events.next(Ended) == Ended("normal")
