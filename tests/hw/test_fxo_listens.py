"""An analogue line lifted without dialling: its dial tone is heard, and means nothing but itself."""

from pathlib import Path

from hw.devices import Answered, Dialling, Ended, Liftable
from hw.signals.tone_learner import dial_tone_in
from tests.hw.fxo_stories import Place, comes_in, fxo_twin, goes_on, over
from tests.hw.modem_rig import FXO_MODELS, at_once
from tests.sound import ToneEnd
from tests.waiting import wait_for

SECONDS = 4
"""A dial tone in a talk ends it sooner."""


@at_once(*((model, heard) for model in FXO_MODELS for heard in (True, False)))
def test_its_dial_tone_is_heard_until_we_hang_up(case: tuple[str, bool], folder: Path) -> None:
    model, heard = case
    (folder / "raw").mkdir(parents=True)
    place = Place(folder, model)
    place.faults.no_dial_tone = not heard
    with place.line() as line:
        end = ToneEnd(1_000, -60.0)
        assert isinstance(line.modem, Liftable)
        line.modem.listen()
        assert line.events.next(Answered) == Answered("signalled")
        line.modem.attach_sound(end)
        wait_for("the line's sound", lambda: len(end.heard) > 16_000 * SECONDS, 15)
        assert not line.events.of(Ended) and not line.events.of(Dialling) and fxo_twin(line).lifted
        assert fxo_twin(line).call_state == "" and not fxo_twin(line).calls, "nobody was called"
        tone = dial_tone_in(bytes(end.heard), "ES")
        assert (tone.tone.hz if tone is not None else None) == ((425,) if heard else None)
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        wait_for("the hook", lambda: not fxo_twin(line).lifted)
        line.events.skip()
        comes_in(line)


@at_once(*FXO_MODELS)
def test_a_line_with_a_call_is_not_listened_to(model: str, folder: Path) -> None:
    (folder / "raw").mkdir(parents=True)
    with Place(folder, model).line() as line:
        comes_in(line)
        assert isinstance(line.modem, Liftable)
        line.modem.listen()
        goes_on(line)
        line.twin.far_end_hangs_up()
        over(line, Ended("normal"))
