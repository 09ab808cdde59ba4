"""What the driver of an analogue line hears itself: tones that its modem does not tell, and no echo of what it sent.

The modem of these tests is set to another country than the exchange's: it tells no tone at all. The exchange is
Spain's.
"""

from pathlib import Path

import msgspec
import pytest

from hw.devices import Answered, Ended, Ringing, RingingThere
from hw.fxo_calls import FxoCall
from hw.fxo_ear import meaning
from hw.fxo_modem import FxoModem
from hw.fxo_modem_sim import FxoModemTwin
from hw.fxo_modem_sim_faults import HangUpSign
from hw.modem_profiles import read_fxo_profile
from hw.signals.cadence import Tone
from hw.signals.tones import ToneName
from tests.hw.fxo_stories import NUMBER, Place, comes_in, fxo_twin, goes_out, over
from tests.hw.modem_rig import FXO_MODELS, QUICK_FXO, Events, Rig, at_once, quick_fxo_faults
from tests.sound import level_dbfs
from tests.spoken import speech
from tests.waiting import wait_for

HERE, ELSEWHERE = "A0", "B5"
ECHO_LOSS_DB = 8


def _deaf(folder: Path, model: str) -> Place:
    (folder / "raw").mkdir(parents=True)
    place = Place(folder, model)
    place.faults.country = ELSEWHERE
    return place


def _dials(place: Place, line: Rig) -> None:
    """With a dial tone that the modem knows; it knows no other tone."""
    place.faults.country = HERE
    goes_out(line)
    place.faults.country = ELSEWHERE


class Talker:
    """Speaks without end; keeps what it hears."""

    def __init__(self, seed: int) -> None:
        self._speech = next(speech(20, seed))
        self._at = 0
        self.heard = bytearray()

    def __call__(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        self.heard += heard
        wanted = len(heard) if said_bytes is None else said_bytes
        said = self._speech[self._at : self._at + wanted]
        self._at = (self._at + wanted) % (len(self._speech) - 2_000)
        return said + bytes(wanted - len(said))


SIGNS: tuple[HangUpSign, ...] = ("busy", "congestion", "dial_tone", "tone_only", "howler")


@at_once(*((model, sign) for model in FXO_MODELS for sign in SIGNS))
def test_a_caller_who_hung_up_is_gone_by_the_tone_alone(case: tuple[str, HangUpSign], folder: Path) -> None:
    model, sign = case
    place = _deaf(folder, model)
    place.faults.hang_up_sign = sign
    with place.line() as line:
        comes_in(line)
        line.twin.far_end_hangs_up()
        over(line, Ended("normal"))


@at_once(*FXO_MODELS)
def test_how_a_call_out_goes_is_heard(model: str, folder: Path) -> None:
    place = _deaf(folder, model)
    with place.line(assume_answered_ms=3_000, ringback_gone_ms=7_000) as line:
        twin = fxo_twin(line)
        _dials(place, line)
        twin.far_end_rings()
        line.events.next(RingingThere)
        assert not line.events.of(Answered), "it rings, and is not taken for answered"
        twin.far_end_is_busy()
        assert line.events.next(Ended) == Ended("busy")
        line.events.skip()
        _dials(place, line)
        twin.far_end_is_congested()
        over(line, Ended("congestion"))


@at_once(*((model, how) for model in FXO_MODELS for how in ("busy", "congestion")))
def test_a_tone_after_an_assumed_answer_says_that_there_was_none(case: tuple[str, str], folder: Path) -> None:
    """Our own echo is nobody's voice."""
    model, how = case
    place = _deaf(folder, model)
    place.faults.echo_loss_db = ECHO_LOSS_DB
    with place.line() as line:
        twin = fxo_twin(line)
        _dials(place, line)
        assert line.events.next(Answered) == Answered("assumed")
        if how == "busy":
            twin.far_end_is_busy()
        else:
            twin.far_end_is_congested()
        assert line.events.next(Ended).cause == how


@at_once(*FXO_MODELS)
def test_a_tone_after_talk_is_a_hang_up(model: str, folder: Path) -> None:
    place = _deaf(folder, model)
    place.faults.hang_up_sign = "tone_only"
    with place.line() as line:
        _dials(place, line)
        line.events.next(Answered)
        line.twin.attach_far_end(Talker(1))
        line.twin.far_end_answers()
        frames = line.twin.sound.frames
        wait_for("2 s of talk", lambda: line.twin.sound.frames > frames + 100, 15)
        line.twin.far_end_hangs_up()
        assert line.events.next(Ended) == Ended("normal")


@at_once(*FXO_MODELS)
def test_people_who_talk_are_no_tones(model: str, folder: Path) -> None:
    with _deaf(folder, model).line() as line:
        line.twin.attach_far_end(Talker(1))
        comes_in(line)
        line.modem.attach_sound(Talker(2))
        frames = line.twin.sound.frames
        wait_for("6 s of talk", lambda: line.twin.sound.frames > frames + 300)
        assert line.twin.call_state == "connected" and not line.events.of(Ended)


@at_once(True, False)
def test_our_echo_is_cancelled_unless_the_profile_says_that_the_modem_does(cancelled: bool, folder: Path) -> None:
    folder.mkdir()
    faults = quick_fxo_faults()
    faults.echo_loss_db = ECHO_LOSS_DB
    twin, events, talker = FxoModemTwin(folder, faults=faults), Events(), Talker(3)
    profile = msgspec.structs.replace(read_fxo_profile("cx93010"), echo_cancelled=cancelled)
    modem = FxoModem(name="a", profile=profile, port=twin.port, events=events.put, timings=QUICK_FXO, country="ES")
    twin.start()
    modem.start()
    try:
        events.health("up")
        twin.ring(NUMBER)
        events.next(Ringing)
        modem.answer()
        modem.attach_sound(talker)
        said_dbfs = level_dbfs(next(speech(20, 3))[: 16_000 * 8])

        def weaker_db() -> float:
            """In the last two seconds."""
            return said_dbfs - level_dbfs(bytes(talker.heard)[-32_000:])

        wait_for("4 s of talk", lambda: len(talker.heard) > 16_000 * 4)
        if cancelled:
            wait_for("the echo is gone", lambda: weaker_db() > ECHO_LOSS_DB + 25)
        else:
            assert weaker_db() < ECHO_LOSS_DB + 8
    finally:
        modem.close()
        twin.close()


@pytest.mark.parametrize(
    ("names", "sure", "answered", "event"),
    [
        (("ringback",), False, False, "ringback"),
        (("dial", "ringback"), False, False, "ringback"),
        (("dial", "ringback"), False, True, None),
        (("ringback",), True, True, None),
        (("dial",), False, False, None),
        (("dial",), True, False, "dial_tone"),
        (("dial",), True, True, "dial_tone"),
        (("busy", "congestion", "disconnect"), False, False, None),
        (("busy", "congestion", "disconnect"), True, False, "busy"),
        (("busy", "disconnect"), False, False, "busy"),
        (("congestion",), False, False, "congestion"),
        (("congestion", "disconnect"), False, False, "congestion"),
        (("busy", "disconnect"), False, True, None),
        (("congestion",), True, True, "dial_tone"),
    ],
)
def test_what_a_tone_means(names: tuple[ToneName, ...], sure: bool, answered: bool, event: str | None) -> None:
    assert meaning(Tone(names, sure), FxoCall(incoming=False, answered=answered)) == event
