"""Ringing stations for a call, and what a ring that came to nothing means for the agent and for the call."""

from typing import Literal

from appliance.acd import agents, calls, legs, queues
from appliance.acd.effects import AgentSegment, RingStation
from appliance.acd.inputs import LegCause
from appliance.acd.plan import QueuePlan
from appliance.acd.state import Agent, Call, Leg, Queue
from appliance.acd.turn import Turn

Outcome = Literal["missed", "rejected", "unreachable", "answered_elsewhere", "caller_left"]
BACK_OFF_DOUBLINGS = 5
"""A station that cannot be reached is tried again after its time, twice that, … up to 2**5 times that."""
SHORTEST_RETRY_MS = 100
SEGMENTS_RECORDED = 200
"""Agent segments kept in one call's record. Beyond it the oldest untalked are left out, never talk time."""
_OUTCOMES: dict[LegCause, Outcome] = {
    "no_answer": "missed",
    "normal": "rejected",
    "busy": "rejected",
    "rejected": "rejected",
    "cancelled": "rejected",
    "answered_elsewhere": "answered_elsewhere",
}


def outcome_of(cause: LegCause) -> Outcome:
    """What it means for the agent that the ringing leg ended by itself; every fault of the way is `unreachable`."""
    return _OUTCOMES.get(cause, "unreachable")


def start(turn: Turn, call: Call, queue: Queue, agent: Agent) -> None:
    """Ring this agent's station for this call. The agent can be rung: that was looked at before."""
    station = agent.station
    assert station is not None, "only an agent with a station is ever chosen"
    leg = Leg(
        legs.mint(turn),
        "agent",
        "ringing",
        turn.now_ms,
        call=call.id,
        agent=agent.plan.name,
        station=station,
    )
    turn.state.legs[leg.id] = leg
    agent.call, agent.leg = call.id, leg.id
    agents.move(turn, agent, "ring")
    calls.move(turn, call, "ring")
    call.rings.append(leg.id)
    turn.switch.append(RingStation(leg.id, station, call.caller, queue.plan.title))
    turn.deadlines.set("ring", leg.id, turn.now_ms + queue.plan.ring_timeout_ms)


def over(turn: Turn, leg: Leg, outcome: Outcome, cause: LegCause, *, ended: bool = False) -> None:
    """A ring came to nothing. `ended`: the switch said so, else we hang it up.

    The agent is free again, or paused after too many misses; a call for which nothing rings any more waits again.
    """
    call, agent = turn.call_of(leg), turn.agent_of(leg)
    if not ended:
        legs.hang_up(turn, leg, cause)
    turn.deadlines.cancel("ring", leg.id)
    assert call is not None and agent is not None, "a ringing leg always has its call and its agent"
    _leave_call(turn, call, leg, outcome, cause)
    _release(turn, agent, call, outcome, cause)


def timed_out(turn: Turn, leg: Leg) -> None:
    """Rang as long as the queue allows: missed."""
    over(turn, leg, "missed", "no_answer")


def stop_all(turn: Turn, call: Call, outcome: Outcome, cause: LegCause) -> None:
    """Stop every ring of a call at once; nobody missed anything."""
    for name in list(call.rings):
        over(turn, turn.state.legs[name], outcome, cause)


def _leave_call(turn: Turn, call: Call, leg: Leg, outcome: Outcome, cause: LegCause) -> None:
    call.rings.remove(leg.id)
    legs.record(turn, call, leg, cause)
    if leg.agent == call.sticky:
        call.sticky = None  # had the first right to the caller, and did not take it
    queue = turn.its_queue(call)
    assert leg.agent is not None and leg.station is not None, "an agent's leg is a station's"
    ring_ms = turn.now_ms - leg.started_ms
    add_segment(call, AgentSegment(leg.agent, leg.station, queue.plan.name, ring_ms, 0, 0, outcome))
    if not call.rings and call.conversation is None and call.state == "ringing":
        calls.move(turn, call, "rings_over")
        queues.want(turn, call, queue)


def _release(turn: Turn, agent: Agent, call: Call, outcome: Outcome, cause: LegCause) -> None:
    queue = turn.its_queue(call)
    agent.call = agent.leg = None
    if outcome == "missed":
        agent.missed_in_a_row += 1
    if outcome == "unreachable":
        agent.failed_in_a_row += 1
    elif outcome in ("missed", "rejected"):
        agent.failed_in_a_row = 0
    if outcome == "missed" and agent.missed_in_a_row >= queue.plan.missed_rings_limit:
        agents.move(turn, agent, "miss_out", "missed")
        turn.decide("agent_state", "missed_limit", call=call, detail=agent.plan.name)
    else:
        if outcome in ("missed", "rejected", "unreachable"):
            leave_alone(turn, agent, queue, cause)
        agents.move(turn, agent, "ring_over")
    agents.do_after_call(turn, agent)


def leave_alone(turn: Turn, agent: Agent, queue: Queue, cause: LegCause) -> None:
    """Not again at once: after the queue's time for this cause, doubled each time the station could not be reached."""
    doublings = min(max(0, agent.failed_in_a_row - 1), BACK_OFF_DOUBLINGS)
    agent.retry_at_ms = turn.now_ms + (max(_retry_ms(queue.plan, cause), SHORTEST_RETRY_MS) << doublings)
    turn.deadlines.set("retry", agent.plan.name, agent.retry_at_ms)


def _retry_ms(plan: QueuePlan, cause: LegCause) -> int:
    """Busy is a cause of its own here, though the record says `rejected` of it: somebody chose not to be rung."""
    match cause:
        case "busy":
            own_ms = plan.retry_busy_ms
        case "no_answer":
            own_ms = plan.retry_no_answer_ms
        case _ if outcome_of(cause) == "rejected":
            own_ms = plan.retry_rejected_ms
        case _:
            own_ms = plan.retry_unreachable_ms
    return own_ms or plan.retry_ms


def add_segment(call: Call, segment: AgentSegment) -> None:
    call.segments.append(segment)
    if segment.outcome == "talked":
        call.rung_in_order = None
    if len(call.segments) > SEGMENTS_RECORDED:
        dropped = next((old for old in call.segments if old.outcome != "talked"), call.segments[0])
        call.segments.remove(dropped)
