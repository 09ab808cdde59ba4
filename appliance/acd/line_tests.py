"""Test calls that somebody orders on one line: dialled, a known noise played, what the line says recorded, hung up.

A test is no customer's call: all that is kept of it is what it cost, and it rings nobody. It gives way to an
emergency, ends with the switch, and each of its steps has a limit. What was heard is measured by whoever reads the
recording.
"""

from appliance.acd import allowances, legs, line_choice, numbers
from appliance.acd.effects import DialLine, Play, StartRecording, StopRecording
from appliance.acd.ids import LineName, RecordingName
from appliance.acd.inputs import AnswerEvidence, LegCause, RecordingFinished, TestLine
from appliance.acd.line_state import LineTest
from appliance.acd.state import Leg, State
from appliance.acd.turn import Turn

SIGNAL = "test/line"
"""The prompt: `hw.line_measure` says what is in it."""
SIGNAL_LIMIT_MS = 15_000
"""The noise takes 8 s."""
LISTEN_LIMIT_MS = 40_000
"""For whoever is there to hang up, and then for so much of the exchange's tone that it can be measured."""
DIAL_TONE_MS = 2_500
"""Of a line that is lifted and not dialled on; exchanges wait 10 s for the first digit."""
RECORDING_LIMIT_MS = 5_000
"""For the recording to be whole, once the call is over."""
RECORDINGS_KEPT = 10
"""Of a line's tests: the next one takes the place of the oldest."""


def why_not(state: State, command: TestLine) -> str:
    """The code of a refusal; "" when the test can begin."""
    line = state.lines.get(command.line)
    if line is None:
        return "unknown_line"
    if line.test is not None and line.test.state != "over":
        return "line_is_tested"
    if any(leg.line == command.line for leg in state.legs.values()):
        return "line_has_call"
    if line.plan.mode == "in":
        return "line_only_in"
    if not line_choice.is_up(line):
        return "line_is_down"
    if not command.number:
        return "" if line.plan.has_dial_tone else "no_dial_tone_here"
    return "" if numbers.may_be_called_back(state.plan, command.number) else "may_not_be_called"


def begin(turn: Turn, command: TestLine) -> None:
    """Dial the number on this line, whatever line it would go out on otherwise."""
    state = turn.state
    number = state.next_line_test
    state.next_line_test = number + 1
    leg = Leg(legs.mint(turn), "test", "dialling", turn.now_ms, line=command.line)
    leg.uses_minutes = bool(command.number) and allowances.uses_minutes(state, command.line, command.number)
    state.legs[leg.id] = leg
    state.lines[command.line].test = LineTest(
        number, command.number, command.by, leg.id, turn.now_ms, listens=command.listens
    )
    code = "line_test" if command.number else "line_listened_to"
    turn.decide("dial", code, detail=f"{command.number}:{command.line}")
    turn.switch.append(DialLine(leg.id, command.line, command.number))
    turn.deadlines.set("line_test", command.line, turn.now_ms + state.plan.dial_timeout_ms)


def far_ring(turn: Turn, leg: Leg) -> None:
    test = _of(turn.state, leg)
    if test is not None and test.rang_ms < 0:
        test.rang_ms = turn.now_ms


def answered(turn: Turn, leg: Leg, evidence: AnswerEvidence) -> None:
    """Somebody is there, or a machine: the noise, and a recording of what comes back. Or only the exchange."""
    legs.came_through(turn, leg, evidence)
    test = _of(turn.state, leg)
    if test is None or leg.line is None:
        legs.hang_up(turn, leg)
        return
    test.answered_ms, test.evidence = turn.now_ms, evidence
    test.state, limit_ms = ("measuring", SIGNAL_LIMIT_MS) if test.called else ("listening", DIAL_TONE_MS)
    test.recording = RecordingName(f"line-tests/{leg.line}-{test.number % RECORDINGS_KEPT}.wav")
    longest_ms = limit_ms + (LISTEN_LIMIT_MS if test.listens else 0)
    turn.switch.append(StartRecording(test.recording, (leg.id,), longest_ms))
    if test.called:
        turn.switch.append(Play(leg.id, (SIGNAL,), f"test-{test.number}"))
    turn.deadlines.set("line_test", leg.line, turn.now_ms + limit_ms)


def proved(turn: Turn, leg: Leg, evidence: AnswerEvidence) -> None:
    """That somebody is there is known better than it was."""
    test = _of(turn.state, leg)
    if test is not None:
        test.evidence = evidence


def played(turn: Turn, leg: Leg) -> None:
    """The noise was heard to its end."""
    test = _of(turn.state, leg)
    if test is None or leg.line is None or not test.listens:
        _stop(turn, leg, "normal")
    elif test.state == "measuring":
        test.state = "listening"
        turn.deadlines.set("line_test", leg.line, turn.now_ms + LISTEN_LIMIT_MS)


def ended(turn: Turn, leg: Leg, cause: LegCause) -> None:
    """The other side hung up, or could not be reached; or it is our own hang-up that came through."""
    test = _of(turn.state, leg)
    if test is not None and legs.never_answered(leg, cause):
        leg.answered_ms = test.answered_ms = -1
        leg.evidence = test.evidence = None
    if test is not None and leg.state != "closing":
        test.far_end_left = test.answered_ms >= 0 and cause == "normal"
        _over(turn, leg, test, cause)
    legs.forget(turn, leg)


def overdue(turn: Turn, name: str) -> None:
    """A step took as long as it may."""
    line = turn.state.lines.get(LineName(name))
    test = line.test if line is not None else None
    leg = turn.state.legs.get(test.leg) if test is not None else None
    if leg is not None and leg.state != "closing":
        _stop(turn, leg, "no_answer" if leg.state == "dialling" else "normal")
    elif test is not None:
        test.state = "over"  # the recording never became whole


def recorded(turn: Turn, what: RecordingFinished) -> bool:
    """Whether this was the recording of a test, which is over then, if the call is: a full disk ends it sooner."""
    for name, line in turn.state.lines.items():
        if line.test is not None and line.test.recording == what.recording and line.test.state != "over":
            line.test.recorded_ms = what.duration_ms
            if line.test.ended_ms >= 0:
                line.test.state = "over"
                turn.deadlines.cancel("line_test", name)
            return True
    return False


def number_under_test(state: State, leg: Leg) -> str:
    """What is dialled for the test whose leg this is."""
    test = _of(state, leg)
    return test.called if test is not None else ""


def give_way(turn: Turn, lines: list[LineName]) -> bool:
    """End the tests on these lines, for an emergency; whether there were any."""
    found = [leg for leg in turn.state.legs.values() if leg.role == "test" and leg.line in lines]
    for leg in found:
        _stop(turn, leg, "cancelled")
    return bool(found)


def switch_lost(turn: Turn) -> None:
    """A new switch knows nothing of a test: its legs are forgotten."""
    for name, line in turn.state.lines.items():
        if line.test is not None and line.test.leg not in turn.state.legs and line.test.state != "over":
            line.test.state, line.test.cause = "over", line.test.cause or "failed"
            line.test.ended_ms = line.test.ended_ms if line.test.ended_ms >= 0 else turn.now_ms
            turn.deadlines.cancel("line_test", name)


def _stop(turn: Turn, leg: Leg, cause: LegCause) -> None:
    test = _of(turn.state, leg)
    if test is not None and leg.state != "closing":
        _over(turn, leg, test, cause)
    legs.hang_up(turn, leg, cause)


def _over(turn: Turn, leg: Leg, test: LineTest, cause: LegCause) -> None:
    """The call is; the recording will be whole soon."""
    test.counted_ms = allowances.count(turn, leg)
    test.ended_ms, test.cause = turn.now_ms, cause
    if test.called and test.answered_ms >= 0:
        talked_ms = turn.now_ms - test.answered_ms
        turn.decide("dial", "line_test_over", detail=f"{test.called}:{leg.line}:{talked_ms}:{test.counted_ms}")
    assert leg.line is not None, "a test is of a line"
    if test.recording and test.recorded_ms < 0:
        test.state = "finishing"
        turn.switch.append(StopRecording(test.recording))
        turn.deadlines.set("line_test", leg.line, turn.now_ms + RECORDING_LIMIT_MS)
    else:
        test.state = "over"
        turn.deadlines.cancel("line_test", leg.line)


def _of(state: State, leg: Leg) -> LineTest | None:
    """The test whose leg this is; None when the line left the plan."""
    line = state.lines.get(leg.line) if leg.line is not None else None
    return line.test if line is not None and line.test is not None and line.test.leg == leg.id else None
