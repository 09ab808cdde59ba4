"""Inputs that come late, twice, or about nothing: each is named, and changes nothing else."""

import pytest

from appliance.acd.ids import LegId, LineName, RecordingName, StationName
from appliance.acd.inputs import (
    DigitPressed,
    Input,
    LegAnswered,
    LegEnded,
    LegHeld,
    LegOffered,
    LegProgress,
    LineChanged,
    PlayFinished,
    RecordingFinished,
    StationChanged,
    StationDialled,
)
from appliance.acd.state import State
from appliance.acd.turn import LATE_DECISIONS_A_MINUTE
from tests.acd.office import Office

GONE = LegId("s1-99")


def what_matters(state: State) -> object:
    return (
        [(call.id, call.state, call.rings, call.conversation) for call in state.calls.values()],
        [(agent.state, agent.leg) for agent in state.agents.values()],
        list(state.legs),
    )


@pytest.mark.parametrize(
    ("input", "name"),
    [
        (LegAnswered(GONE), "answered_unknown"),
        (LegProgress(GONE), "progress_unknown"),
        (LegEnded(GONE, "normal"), "ended_unknown"),
        (LegHeld(GONE, True), "held_unknown"),
        (DigitPressed(GONE, "5"), "digit_unknown"),
        (PlayFinished(GONE, "greeting-1"), "play_unknown"),
        (PlayFinished(LegId("s1-1"), "greeting-0"), "play_of_before"),
        (LegAnswered(LegId("s1-1")), "answered_twice"),
        (LegAnswered(LegId("acd-1")), "answered_twice"),
        (LegHeld(LegId("acd-1"), False), "not_held"),
        (LegHeld(LegId("s1-1"), True), "hold_without_conversation"),
        (LegOffered(LegId("s1-1"), LineName("gsm1"), "600111222", ""), "offered_already"),
        (StationDialled(LegId("acd-1"), StationName("desk-ana"), "*45"), "offered_already"),
        (RecordingFinished(RecordingName("2020/01/01/x.wav"), 1, 1), "unknown_recording"),
        (LineChanged(LineName("gsm9"), "up"), "unknown_line"),
        (StationChanged(StationName("nowhere"), "up"), "unknown_station"),
    ],
)
def test_a_stray_input_is_named_and_ignored(input: Input, name: str) -> None:
    one = Office()
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    before = what_matters(one.acd.state)
    one.do(input)
    assert one.reasons("late") == [name]
    assert what_matters(one.acd.state) == before


def test_news_of_a_leg_that_we_hung_up_crossed_our_hang_up() -> None:
    one = Office()
    one.sits_down("ana")
    caller = one.calls()
    agent = one.ringing_leg("ana")
    one.acd.handle(LegEnded(caller, "cancelled"), one.now_ms)  # the hang-up of the ring is on its way
    for input in (LegProgress(agent), LegAnswered(agent), LegHeld(agent, True), DigitPressed(agent, "1")):
        one.do(input)
    assert one.reasons("late") == [
        "progress_after_hang_up",
        "answered_after_hang_up",
        "held_after_hang_up",
        "digit_after_hang_up",
    ]
    assert one.agent("ana") == "ready"


def test_holding_twice_is_named() -> None:
    one = Office()
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    one.holds("ana")
    one.holds("ana")
    assert one.reasons("late") == ["held_already"]


def test_digits_during_a_call_are_no_news() -> None:
    one = Office()
    caller = one.calls()
    one.do(DigitPressed(caller, "5"))
    assert one.reasons("late") == []


def test_a_mad_device_does_not_fill_the_disk() -> None:
    one = Office()
    for _ in range(500):
        one.do(LegProgress(GONE))
    assert len(one.reasons("late")) == LATE_DECISIONS_A_MINUTE
    one.wait(60_000)
    one.do(LegProgress(GONE))
    assert one.decisions("late")[LATE_DECISIONS_A_MINUTE].reason == "left_out"
    assert one.decisions("late")[LATE_DECISIONS_A_MINUTE].detail == str(500 - LATE_DECISIONS_A_MINUTE)


def test_time_never_goes_back() -> None:
    one = Office()
    caller = one.calls()
    one.wait(7_000)
    one.acd.handle(LegProgress(GONE), one.now_ms)
    one.now_ms -= 60_000
    one.ends(caller)
    assert one.cdr().wait_ms == 7_000
