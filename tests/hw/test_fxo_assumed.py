"""What analogue lines learn of an answer they only assumed: rows through the real driver on a pty, cut by chance."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from hw.devices import Answered, AnswerProved, Ended
from tests.hw.fxo_stories import Place, Row, Story, fxo_twin, goes_out, groups, over, tell
from tests.hw.modem_rig import FXO_MODELS
from tests.steady_clock import now_s
from tests.waiting import wait_for

BOTH, ONE = FXO_MODELS, FXO_MODELS[:1]


def is_proved_by_polarity_after_it_was_assumed(place: Place) -> None:
    place.faults.answer_sign = "polarity"
    with place.line() as line:
        goes_out(line)
        assert line.events.next(Answered) == Answered("assumed")
        wait_for("past the exchange's switching", _passed(0.9))
        line.twin.far_end_answers()
        assert line.events.next(AnswerProved) == AnswerProved("polarity")


def is_proved_by_a_voice_that_is_not_ours(place: Place) -> None:
    """The modem may tell our own voice, which comes back."""
    with place.line() as line:
        goes_out(line)
        line.events.next(Answered)
        fxo_twin(line).tells("V")
        line.twin.attach_far_end(_speaks)
        line.twin.far_end_answers()
        wait_for("somebody speaks", _passed(0.9))
        assert not line.events.of(AnswerProved)
        fxo_twin(line).tells("V")
        assert line.events.next(AnswerProved) == AnswerProved("voice_detected")


def is_not_answered_after_it_was_assumed(how: Literal["busy", "congestion"]) -> Story:
    """An exchange that takes longer to say so than an answer takes to be assumed."""

    def story(place: Place) -> None:
        with place.line() as line:
            goes_out(line)
            assert line.events.next(Answered) == Answered("assumed")
            if how == "busy":
                line.twin.far_end_is_busy()
            else:
                fxo_twin(line).far_end_is_congested()
            over(line, Ended(how))

    return story


def _passed(seconds: float) -> Callable[[], bool]:
    """By the clock of the driver and the twin."""
    end_s = now_s() + seconds
    return lambda: now_s() >= end_s


def _speaks(heard: bytes, said_bytes: int | None = None, /) -> bytes:
    return (b"\x00\x10\x00\xf0" * len(heard))[: len(heard)]


ROWS: tuple[Row, ...] = (
    ("answer evidence: polarity, later than assumed", BOTH, is_proved_by_polarity_after_it_was_assumed),
    ("answer evidence: voice, later than assumed", ONE, is_proved_by_a_voice_that_is_not_ours),
    ("`b` after an assumed answer is none", BOTH, is_not_answered_after_it_was_assumed("busy")),
    ("`K` after an assumed answer is none", ONE, is_not_answered_after_it_was_assumed("congestion")),
)
GROUPS = groups(ROWS)


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_answers_that_analogue_lines_assumed(group: int, tmp_path: Path) -> None:
    tell(GROUPS[group], tmp_path)
