"""What becomes of a number that was dialled: it rings, answers, or cannot be reached and another line is tried."""

from appliance.acd import (
    admission,
    agents,
    announcements,
    calls,
    conversation,
    legs,
    line_choice,
    line_tests,
    outbound,
    queues,
    rings,
)
from appliance.acd.effects import Candidate, EndReason, Play, SetBackground
from appliance.acd.ending import end
from appliance.acd.inputs import AnswerEvidence, LegCause
from appliance.acd.prompts import prompt
from appliance.acd.state import NO_LEG, Agent, Call, Leg
from appliance.acd.turn import Turn

EMERGENCY_AGAIN_MS = 1_000
EMERGENCY_ROUNDS = 30
"""An emergency number is dialled again on every line, a second apart, so often; then whoever dialled hears busy."""
DIALLED_WITHOUT_SIM = ("112", "911", "000", "08", "110", "118", "119", "999")
"""3GPP TS 22.101, 10.1.1: what a mobile without a SIM takes for an emergency. Any other number of a country, such as
061, is to it a subscriber's, which it may not call. None is dialled in its place: who answers 112 is not who was
called."""
NETWORK_FAULTS: tuple[LegCause, ...] = ("congestion", "failed", "line_lost", "unreachable", "media_timeout")
"""The way was at fault and not the number: another line may reach it."""
_REASONS: dict[LegCause, EndReason] = {
    "busy": "busy",
    "no_answer": "no_answer",
    "rejected": "rejected",
    "normal": "no_answer",
    "cancelled": "cancelled",
}


def far_ring(turn: Turn, call: Call, leg: Leg) -> None:
    """The number rings. An emergency may ring for as long as it takes: hanging up would lose its turn there."""
    if call.emergency:
        turn.deadlines.cancel("dial", leg.id)
    if call.state == "dialling":
        calls.move(turn, call, "far_ring")


def answered(turn: Turn, call: Call, leg: Leg, evidence: AnswerEvidence) -> None:
    """The number that was dialled answered."""
    legs.came_through(turn, leg, evidence)
    if leg.role == "caller":
        call.evidence = evidence
        turn.switch.append(SetBackground(leg.id, "music"))  # until they are connected
    if call.reserved is not None:
        _customer_is_there(turn, call, turn.state.agents[call.reserved])
    else:
        conversation.meet(turn, call)


def timed_out(turn: Turn, leg: Leg) -> None:
    """It was dialled as long as the plan allows."""
    call = turn.call_of(leg)
    assert call is not None, "a dialled leg that is not closing has its call"
    legs.record(turn, call, leg, "no_answer")
    legs.hang_up(turn, leg, "no_answer")
    not_reached(turn, call, "no_answer")


def not_reached(turn: Turn, call: Call, cause: LegCause) -> None:
    """The dialled leg is over (recorded, and forgotten or closing): another line, or that was it."""
    forwarded = bool(call.forward_to)
    if forwarded:
        call.conversation = None
    else:
        call.leg = NO_LEG
    if (cause in NETWORK_FAULTS or call.emergency) and outbound.dial(turn, call):
        return
    if call.emergency and call.emergency_rounds < EMERGENCY_ROUNDS:
        turn.deadlines.set("dial_again", call.id, turn.now_ms + EMERGENCY_AGAIN_MS)
        _advise(turn, call)
    elif forwarded:
        turn.decide("refuse", "number_not_reached", call=call, detail=call.forward_to)
        admission.say_goodbye(turn, call, "number_not_reached")
    else:
        end(turn, call, reason_of(cause), "network", cause)


def _advise(turn: Turn, call: Call) -> None:
    """Every line was tried in vain and none is in service: whoever dialled is told once what a modem without a SIM
    still calls, while the number is dialled on."""
    talk = call.conversation
    ours = turn.state.legs.get(talk.leg) if talk is not None else None
    if talk is None or ours is None or ours.state != "answered" or ours.prompts:
        return
    in_service = any(line_choice.is_up(line) for line in turn.state.lines.values())
    if not in_service and call.caller not in DIALLED_WITHOUT_SIM:
        ours.prompts = (prompt(call.language, "emergency_dial_112"),)
        turn.decide("refuse", "emergency_dial_112", call=call, detail=call.caller)
        talk.warning = turn.play_token("advice")
        turn.switch.append(Play(ours.id, ours.prompts, talk.warning))


def reason_of(cause: LegCause) -> EndReason:
    """Of a call whose number was not reached."""
    return _REASONS.get(cause, "failed")


def emergency_again(turn: Turn, call: Call) -> None:
    """Every line was tried: all of them once more, and somebody else's call gives way if it keeps one from dialling."""
    call.lines_tried = []
    call.emergency_rounds += 1
    make_room(turn, call)
    if not outbound.dial(turn, call):
        not_reached(turn, call, "failed")


def make_room(turn: Turn, call: Call) -> None:
    """End a test, or another call, on a line that is up and carries no more: of those in which nobody talks, else of
    all, the one that has lasted longest. One is enough."""
    busy = line_choice.calls_on(turn)
    full = [
        name
        for name, line in turn.state.lines.items()
        if line.plan.channels and line_choice.is_up(line) and busy[name] >= line.plan.channels
    ]
    if line_tests.give_way(turn, full):
        return
    going = any(leg.state == "closing" and leg.line in full for leg in turn.state.legs.values())
    others = [other for other in turn.state.calls.values() if other.line in full and not other.emergency]
    others.sort(key=lambda other: other.state in ("talking", "held", "outside"))
    if others and not going:
        turn.decide("refuse", "emergency_first", call=others[0], detail=call.id)
        end(turn, others[0], "answered" if others[0].answered_ms >= 0 else "failed", "system")


def _customer_is_there(turn: Turn, call: Call, agent: Agent) -> None:
    """The agent kept for this customer is rung, whoever else waits; an agent who cannot be rung any more is let go, and
    the customer waits like everybody else."""
    queue = turn.its_queue(call)
    call.reserved = None
    agent.call = None
    if queue.removed:
        agents.never_met(turn, agent)
        end(turn, call, "failed", "system")
        return
    queues.join(turn, call, queue)
    if agents.is_at_hand(turn.state, agent) and not agent.after_call:
        seen = Candidate(agent.plan.name, "outbound", "", turn.now_ms - agent.idle_since_ms, True)
        turn.decide("ring", "reserved", call=call, detail=agent.plan.name, candidates=(seen,))
        queues.satisfy(call, queue)
        rings.start(turn, call, queue, agent)
    else:
        agents.never_met(turn, agent)
    announcements.speak(turn, call)
