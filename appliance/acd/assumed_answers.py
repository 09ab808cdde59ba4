"""An answer that a line only assumed, and what is learned of it afterwards: that there is one, or that there was none.

An analogue line that tells nothing of an answer assumes one when it has not rung there for a while. What it notices
later is believed: a reversal of its polarity says that somebody answered, a busy tone before anybody was heard that
nobody did. Then there was no talk: its time was spent ringing, it costs nothing, and nobody was reached.
"""

from msgspec.structs import replace

from appliance.acd import agents, allowances, callback_attempts, calls, dialling, legs, line_tests, recordings
from appliance.acd.effects import SetBackground
from appliance.acd.ending import end
from appliance.acd.inputs import AnswerEvidence, LegCause, LegEnded
from appliance.acd.state import Call, Conversation, Leg
from appliance.acd.turn import Turn
from appliance.acd.view import CallStateName

TOLD_AT_ONCE: tuple[AnswerEvidence, ...] = ("signalled", "polarity")
"""The network tells of an answer in its moment; a voice is heard some time after."""


def proved(turn: Turn, leg: Leg, evidence: AnswerEvidence) -> bool:
    """Whether this is better evidence than there was: leg and call have it then."""
    if leg.evidence != "assumed" or evidence == "assumed":
        return False
    leg.evidence = evidence
    if evidence in TOLD_AT_ONCE:
        leg.answered_ms = turn.now_ms  # and from then on it costs
    if leg.role == "test":
        line_tests.proved(turn, leg, evidence)
    call = turn.call_of(leg)
    if call is not None and leg.role == "caller":
        call.evidence = evidence
    if call is not None and _is_dialled(call, leg) and call.conversation is not None and call.conversation.connected:
        callback_attempts.met(turn, call, call.conversation)
    return True


def was_none(call: Call, leg: Leg, what: LegEnded) -> bool:
    """Whether the end of a dialled leg says that nobody had answered."""
    return _is_dialled(call, leg) and not what.by_us and legs.never_answered(leg, what.cause)


def _is_dialled(call: Call, leg: Leg) -> bool:
    return leg.role == "number" or (leg.role == "caller" and call.direction == "out")


def undo(turn: Turn, call: Call, leg: Leg) -> None:
    """There was no answer, and no talk. The leg is recorded after this."""
    leg.answered_ms, leg.evidence = -1, None
    line = allowances.line_of(turn.state, leg)
    if line is not None:
        allowances.keep(turn, line)  # heartbeats had counted the talk there seemed to be
    talk = call.conversation
    together: tuple[CallStateName, ...] = ("outside",)
    if call.state in ("talking", "held", "outside"):
        calls.move(turn, call, "never_answered")
    if leg.role == "caller":
        recordings.stop(turn, call)
        call.evidence, call.answered_ms = None, -1
        call.segments = [replace(one, talk_ms=0, hold_ms=0) for one in call.segments]
        together = ("talking", "held", "outside")
    rang_ms = sum(call.spent_ms.pop(state, 0) for state in together)
    call.spent_ms["alerting"] = call.spent_ms.get("alerting", 0) + rang_ms
    if talk is not None and talk.connected:
        _part(turn, talk)


def go_on(turn: Turn, call: Call, cause: LegCause) -> None:
    """As with any number that is not reached (its leg is recorded and forgotten)."""
    if call.conversation is None:
        end(turn, call, dialling.reason_of(cause), "network", cause)  # the agent is only being rung
        return
    waits = call.leg if call.forward_to else call.conversation.leg
    dialling.not_reached(turn, call, cause)
    if waits in turn.state.legs and turn.state.legs[waits].state == "answered":
        turn.switch.append(SetBackground(waits, "ringback"))


def _part(turn: Turn, talk: Conversation) -> None:
    """Agent and customer were never together."""
    talk.connected, talk.talk_base_ms, talk.hold_base_ms = False, 0, 0
    agent = turn.state.agents[talk.agent] if talk.agent is not None else None
    if agent is None:
        return
    if agent.state == "held":
        agents.move(turn, agent, "take_back")
    agents.count(turn, agent)  # a new day begins anew
    agent.calls_today = max(0, agent.calls_today - 1)
