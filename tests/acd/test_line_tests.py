"""A line tried out by a call: its steps, who may order it, and that it gives way, ends and leaves nothing behind."""

import pytest
from msgspec.structs import replace

from appliance.acd.acd import Acd
from appliance.acd.effects import StopRecording
from appliance.acd.explain import tell
from appliance.acd.ids import LegId, LineName, QueueName
from appliance.acd.inputs import (
    LegAnswered,
    LegEnded,
    LineChanged,
    PlanChanged,
    PlayFinished,
    RecordingFinished,
    SwitchStarted,
    TestLine,
)
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.line_tests import DIAL_TONE_MS, LISTEN_LIMIT_MS, RECORDING_LIMIT_MS, SIGNAL, SIGNAL_LIMIT_MS
from appliance.acd.plan import LinePlan
from appliance.acd.view import LineTestView
from tests.acd.office import Office, small_plan, ventas

GSM, ENTRA = LineName("gsm"), LineName("entra")
NUMBER = "600111222"
ORDER = TestLine(GSM, NUMBER, "doctor")


def office() -> Office:
    """One modem that dials and one that does not; Ana at her desk."""
    lines = (
        LinePlan(GSM, "both", QueueName("ventas"), channels=1, allowance=AllowancePlan(6_000_000)),
        LinePlan(ENTRA, "in", QueueName("ventas"), channels=1),
    )
    rules = {"803": False}
    one = Office(small_plan(ventas("ana"), lines=lines, emergency=("112",), dial_rules=rules, dial_timeout_ms=30_000))
    for line in lines:
        one.do(LineChanged(line.name, "up"))
    one.sits_down("ana")
    return one


def test_of(one: Office) -> LineTestView | None:
    return one.acd.view(one.now_ms).lines[0].test


test_of.__test__ = False  # type: ignore[attr-defined]


def leg_of(one: Office) -> LegId:
    (leg,) = [leg.leg for leg in one.switch.up() if leg.line == GSM]
    return leg


def far_end(one: Office, what: str) -> None:
    for said in one.switch.far_end(leg_of(one), what):
        one.do(said)


def done(one: Office) -> LineTestView:
    test = test_of(one)
    assert test is not None and test.over
    assert not [leg for leg in one.acd.state.legs.values() if leg.role == "test"] or one.switch.up() == []
    return test


def test_it_dials_plays_records_and_hangs_up() -> None:
    one = office()
    assert one.acd.refusal(ORDER) is None and test_of(one) is None
    one.do(ORDER)
    one.wait(2_000)
    far_end(one, "rings")
    one.wait(3_000)
    leg = leg_of(one)
    far_end(one, "answers")
    assert one.switch.legs[leg].heard == [SIGNAL]
    (recording,) = one.switch.recordings
    assert one.switch.recordings[recording] == (leg,) or leg in one.switch.recordings[recording]
    one.wait(8_000)
    one.hears_to_the_end(leg)
    test = done(one)
    assert (test.called, test.rang_ms, test.answered_ms, test.ended_ms) == (NUMBER, 2_000, 5_000, 13_000)
    assert (test.cause, test.evidence, test.recording) == ("normal", "signalled", "line-tests/gsm-1.wav")
    assert test.recorded_ms == 1_000 and one.switch.up() == [] and one.switch.recordings == {}
    assert one.cdrs() == [] and one.acd.state.legs == {}
    assert tell(one.decisions("dial")[0], "en") == "Test of line gsm: 600111222 was dialled."
    assert one.acd.view(one.now_ms).lines[0].used_ms == test.counted_ms == 60_000, "the network charges for it"
    cost = tell(one.decisions("dial")[-1], "en")
    assert cost == "Test of line gsm: 8 s of talk with 600111222; 1 min 00 s of the contract."
    one.do(ORDER)
    another = test_of(one)
    assert another is not None and another.number == 2 and not another.over


def test_it_listens_for_the_far_end_to_hang_up_when_told_to() -> None:
    one = office()
    one.do(replace(ORDER, listens=True))
    far_end(one, "answers")
    leg = leg_of(one)
    one.wait(8_000)
    one.hears_to_the_end(leg)
    test = test_of(one)
    assert test is not None and not test.over and leg_of(one) == leg and one.switch.recordings
    one.do(PlayFinished(leg, "test-1"))  # said twice
    one.wait(5_000)
    one.ends(leg)
    test = done(one)
    assert (test.listened, test.far_end_left, test.ended_ms) == (True, True, 13_000)
    assert one.switch.up() == [] and one.switch.recordings == {}


def listening_office() -> Office:
    one = office()
    one.do(
        PlanChanged(replace(one.acd.plan, lines=tuple(replace(on, has_dial_tone=True) for on in one.acd.plan.lines)))
    )
    return one


def test_an_analogue_line_is_lifted_and_listened_to_without_a_number() -> None:
    one = listening_office()
    one.do(replace(ORDER, number=""))
    leg = leg_of(one)
    assert one.switch.legs[leg].number == ""
    far_end(one, "answers")
    assert one.switch.legs[leg].heard == [] and one.switch.recordings
    one.wait(DIAL_TONE_MS)
    test = done(one)
    assert (test.called, test.cause, test.ended_ms - test.answered_ms) == ("", "normal", DIAL_TONE_MS)
    assert test.recorded_ms == 1_000 and one.switch.up() == []
    assert one.acd.view(one.now_ms).lines[0].used_ms == test.counted_ms == 0, "nobody was called"
    assert len(one.decisions("dial")) == 1
    assert tell(one.decisions("dial")[0], "en") == "Test of line gsm: it was lifted, nobody was called."
    one.do(ORDER)
    assert one.switch.legs[leg_of(one)].number == NUMBER


def test_listening_to_the_dial_tone_gives_way_and_is_for_analogue_lines() -> None:
    assert office().acd.refusal(replace(ORDER, number=""), "en") == "Line “gsm” is not analogue: it has no dial tone."
    one = listening_office()
    one.do(LineChanged(ENTRA, "down"))
    one.do(replace(ORDER, number=""))
    far_end(one, "answers")
    one.calls(line="entra")
    one.dials("ana", "112")
    one.wait(2_000)
    assert [leg.number for leg in one.switch.up() if leg.dialled and leg.line] == ["112"]
    assert done(one).cause == "cancelled"


@pytest.mark.parametrize("listens", [False, True])
def test_a_recording_that_ends_before_the_call_does_not_keep_the_call(listens: bool) -> None:
    one = office()
    one.do(replace(ORDER, listens=listens))
    far_end(one, "answers")
    (recording,) = one.switch.recordings
    one.switch.recordings.clear()
    one.do(RecordingFinished(recording, 700, 11_000))  # the disk is full
    test = test_of(one)
    assert test is not None and not test.over and one.acd.refusal(ORDER) is not None
    one.hears_to_the_end(leg_of(one))
    one.wait(LISTEN_LIMIT_MS)
    assert done(one).recorded_ms == 700 and one.switch.up() == [] and one.acd.refusal(ORDER) is None


def test_it_does_not_listen_for_ever() -> None:
    one = office()
    one.do(replace(ORDER, listens=True))
    far_end(one, "answers")
    leg = leg_of(one)
    one.hears_to_the_end(leg)
    one.wait(LISTEN_LIMIT_MS)
    test = done(one)
    assert (test.cause, test.listened, test.far_end_left) == ("normal", True, False) and one.switch.up() == []
    assert test.recorded_ms >= 0 and one.acd.refusal(ORDER) is None


def test_listening_gives_way_too() -> None:
    one = office()
    one.do(LineChanged(ENTRA, "down"))
    one.do(replace(ORDER, listens=True))
    far_end(one, "answers")
    one.hears_to_the_end(leg_of(one))
    one.calls(line="entra")
    one.dials("ana", "112")
    one.wait(2_000)
    assert done(one).cause == "cancelled"


@pytest.mark.parametrize("cause", ["busy", "congestion", "no_answer"])
def test_who_is_not_reached_ends_it_with_the_cause(cause: str) -> None:
    one = office()
    one.do(ORDER)
    one.ends(leg_of(one), cause)  # type: ignore[arg-type]
    test = done(one)
    assert (test.cause, test.answered_ms, test.recording) == (cause, -1, "")


@pytest.mark.parametrize("cause", ["busy", "congestion"])
def test_a_busy_tone_after_an_assumed_answer_is_no_answer_and_counts_nothing(cause: str) -> None:
    one = office()
    one.do(ORDER)
    leg = leg_of(one)
    one.switch.far_end(leg, "answers")
    one.do(LegAnswered(leg, "assumed"))
    one.wait(2_000)
    one.ends(leg, cause)  # type: ignore[arg-type]
    test = done(one)
    assert (test.cause, test.answered_ms, test.evidence, test.counted_ms) == (cause, -1, None, 0)
    assert one.acd.view(one.now_ms).lines[0].used_ms == 0


@pytest.mark.parametrize("cause", ["busy", "congestion"])
def test_a_busy_tone_that_crossed_our_hang_up_takes_no_answer_away(cause: str) -> None:
    one = office()
    one.do(ORDER)
    leg = leg_of(one)
    one.acd.handle(LegAnswered(leg, "assumed"), one.now_ms)
    effects = one.acd.handle(PlayFinished(leg, "test-1"), one.now_ms + 8_000).switch
    (stop,) = [effect for effect in effects if isinstance(effect, StopRecording)]
    one.acd.handle(RecordingFinished(stop.recording, 8_000, 128_044), one.now_ms + 8_000)
    one.acd.handle(LegEnded(leg, cause, by_us=False), one.now_ms + 8_100)  # type: ignore[arg-type]
    test = done(one)
    assert (test.cause, test.answered_ms, test.evidence, test.counted_ms) == ("normal", 0, "assumed", 60_000)


def test_it_is_over_when_the_line_is_free_for_the_next() -> None:
    """A modem takes a moment to hang up after its recording is whole."""
    one = office()
    one.do(ORDER)
    far_end(one, "answers")
    leg = leg_of(one)
    effects = one.acd.handle(PlayFinished(leg, "test-1"), one.now_ms).switch
    (stop,) = [effect for effect in effects if isinstance(effect, StopRecording)]
    one.acd.handle(RecordingFinished(stop.recording, 1_000, 16_044), one.now_ms)
    test = test_of(one)
    assert test is not None and not test.over and one.acd.refusal(ORDER) is not None
    one.acd.handle(LegEnded(leg, "normal", by_us=True), one.now_ms)
    assert done(one).recorded_ms == 1_000 and one.acd.refusal(ORDER) is None


def test_no_step_takes_for_ever() -> None:
    one = office()
    one.do(ORDER)
    one.wait(30_000)
    assert done(one).cause == "no_answer" and one.switch.up() == []
    one.do(ORDER)
    far_end(one, "answers")
    one.wait(SIGNAL_LIMIT_MS)
    assert done(one).cause == "normal" and one.switch.up() == []


def test_a_recording_that_never_becomes_whole_does_not_keep_it() -> None:
    one = office()
    one.do(ORDER)
    far_end(one, "answers")
    one.switch.recordings.clear()
    one.ends(leg_of(one))
    test = test_of(one)
    assert test is not None and not test.over
    one.wait(RECORDING_LIMIT_MS)
    assert done(one).recorded_ms == -1


def test_who_hangs_up_in_the_middle_leaves_a_recording() -> None:
    one = office()
    one.do(ORDER)
    far_end(one, "answers")
    one.wait(2_000)
    one.ends(leg_of(one))
    assert done(one).recorded_ms == 1_000


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (TestLine(LineName("otra"), NUMBER, "d"), "There is no line “otra”. Lines are in the configuration."),
        (TestLine(ENTRA, NUMBER, "d"), "Line “entra” is for incoming calls only."),
        (TestLine(GSM, "803111222", "d"), "803111222 may not be called: see [dialling] in the configuration."),
        (TestLine(GSM, "112", "d"), "112 may not be called: see [dialling] in the configuration."),
    ],
)
def test_what_cannot_be_tested_is_refused_in_words(order: TestLine, why: str) -> None:
    one = office()
    assert one.acd.refusal(order, "en") == why
    one.do(order)
    assert one.switch.up() == []


def test_a_line_with_a_call_or_a_test_or_down_is_refused() -> None:
    one = office()
    caller = one.calls(line="gsm")
    assert one.acd.refusal(ORDER, "es") == "La línea «gsm» tiene una llamada: espere a que termine."
    one.ends(caller)
    one.do(ORDER)
    assert one.acd.refusal(ORDER, "es") == "La línea «gsm» ya se está probando."
    one.ends(leg_of(one), "busy")
    one.do(LineChanged(GSM, "down"))
    assert one.acd.refusal(ORDER, "es") == "La línea «gsm» no funciona: no se puede llamar por ella."


def test_while_it_goes_on_nobody_else_gets_the_line() -> None:
    one = office()
    one.do(ORDER)
    assert one.switch.legs[one.dials("ana", "910111222")].heard == ["es/no_line"]


@pytest.mark.parametrize("answered", [False, True])
def test_it_gives_way_to_an_emergency(answered: bool) -> None:
    one = office()
    one.do(LineChanged(ENTRA, "down"))
    one.do(ORDER)
    if answered:
        far_end(one, "answers")
    one.calls(line="entra")  # the other modem is taken, too
    one.do(ORDER)
    one.dials("ana", "112")
    one.wait(2_000)
    assert [leg.number for leg in one.switch.up() if leg.dialled and leg.line] == ["112"]
    assert done(one).cause == "cancelled"


def test_the_switch_dies_in_it() -> None:
    one = office()
    one.do(ORDER)
    far_end(one, "answers")
    one.switch, _ = one.switch.restart("s2", set())
    one.do(SwitchStarted("s2"))
    assert done(one).cause == "failed" and one.acd.state.legs == {}
    one.do(LineChanged(GSM, "up"))
    assert one.acd.refusal(ORDER) is None


def test_the_acd_dies_in_it_and_the_line_leaves_the_plan() -> None:
    one = office()
    one.do(ORDER)
    one.acd = Acd.from_snapshot(one.acd.snapshot())
    one.do(PlanChanged(small_plan(ventas("ana"))))
    far_end(one, "rings")
    leg = leg_of(one)
    far_end(one, "answers")
    assert one.switch.legs[leg].over, "nobody wants to know any more"
    one.wait(60_000)
    assert one.acd.state.legs == {}


def test_the_line_leaves_the_plan_while_it_is_measured() -> None:
    one = office()
    one.do(ORDER)
    leg = leg_of(one)
    far_end(one, "answers")
    one.do(PlanChanged(small_plan(ventas("ana"))))
    one.hears_to_the_end(leg)
    assert one.switch.legs[leg].over and one.acd.state.legs == {}
