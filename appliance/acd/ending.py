"""How a call ends: everything it held is let go at once, and its record is closed in the same moment.

The record does not wait for the switch to confirm each leg: what is decided is over. Legs that still have to end are
`closing`, and no call's any more.
"""

from msgspec.structs import replace

from appliance.acd import (
    agents,
    announcements,
    callbacks,
    calls,
    legs,
    queues,
    recordings,
    records,
    returning,
    rings,
    worklist,
    wrap_up,
)
from appliance.acd.effects import EndReason, HungUpBy, StoreCdr
from appliance.acd.inputs import LegCause
from appliance.acd.state import Call, DeadlineKind
from appliance.acd.turn import Turn

_CALL_DEADLINES: tuple[DeadlineKind, ...] = (
    "answer",
    "greeting",
    "menu",
    "max_wait",
    "announce",
    "message",
    "want",
    "ring_more",
    "heartbeat",
    "goodbye",
    "voicemail_prompt",
    "voicemail_end",
    "max_call",
    "offer",
    "whisper",
    "dial_again",
)


def end(turn: Turn, call: Call, reason: EndReason, hung_up_by: HungUpBy, cause: LegCause = "normal") -> None:
    """The call is over: rings stop, legs are hung up, the agent goes to wrap-up, the record is closed.

    `cause` is the caller's leg's. Legs the switch already reported as ended are expected to be gone from the state.
    """
    rings.stop_all(turn, call, "caller_left", "cancelled")
    part(turn, call)
    _release_reserved(turn, call)
    queues.leave(turn, call)
    recordings.stop(turn, call)
    leg = turn.state.legs.get(call.leg)
    if leg is not None and leg.call == call.id:
        legs.record(turn, call, leg, cause)
        legs.hang_up(turn, leg)
    close(turn, call, reason, hung_up_by)


def close(turn: Turn, call: Call, reason: EndReason, hung_up_by: HungUpBy) -> None:
    """Write the record of a call that has let go of everything, and forget the call."""
    calls.move(turn, call, "end")
    announcements.stop(call)
    turn.store.append(StoreCdr(records.make(turn, call, reason, hung_up_by)))
    turn.decide("end", reason, call=call, detail=hung_up_by)
    worklist.note_end(turn, call, reason)
    callbacks.note_end(turn, call, reason)
    returning.note_end(turn, call, reason)
    for kind in _CALL_DEADLINES:
        turn.deadlines.cancel(kind, call.id)
    line = turn.state.lines.get(call.line)
    if line is not None:
        line.calls -= 1
        turn.touched_lines[call.line] = None
    del turn.state.calls[call.id]


def part(turn: Turn, call: Call, cause: LegCause = "normal") -> None:
    """The agent's side of the call is over: segment written, leg hung up if it is still there, wrap-up begins."""
    talk = call.conversation
    if talk is None:
        return
    calls.count_time(call, turn.now_ms)
    turn.deadlines.cancel("whisper", call.id)
    leg = turn.state.legs.get(talk.leg)
    if leg is not None:
        legs.record(turn, call, leg, cause)
        legs.hang_up(turn, leg)
    if talk.agent is None:
        call.conversation = None
        return
    agent = turn.state.agents[talk.agent]
    segment = records.talked(call)
    if not talk.connected:
        segment = replace(segment, talk_ms=0, hold_ms=0, outcome="caller_left")
    rings.add_segment(call, segment)
    call.conversation = None
    if talk.connected:
        queue, talk_ms = turn.queue_of(call), segment.talk_ms + segment.hold_ms
        rules = queue.plan if queue is not None else None
        if queue is not None and call.direction == "in":
            queues.handled(queue, talk_ms + wrap_up.time_ms(agent, rules))
        agents.count(turn, agent, talk_ms=talk_ms)
        wrap_up.begin(turn, agent, call.id, rules)
    else:
        agents.never_met(turn, agent)


def _release_reserved(turn: Turn, call: Call) -> None:
    """The agent kept free for a customer who was being called is free again."""
    if call.reserved is not None:
        agent = turn.state.agents[call.reserved]
        call.reserved = None
        agents.never_met(turn, agent)
