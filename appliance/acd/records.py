"""The call detail record: a call's state turned into its CDR, at its end and as the heartbeats before.

Where the time goes: a call's time is counted by its states, and each state belongs to one column, so the columns add
up to the whole by construction.

    ivr        offered, menu, greeting (only when it comes before the queue), ending (closed and all-busy messages)
    wait       waiting and ringing, dialling and alerting, up to the moment agent and customer are connected
    ring       the part of the wait in which at least one station rang, or the number that was dialled
    talk, hold talking (with an agent or somebody outside), held
    voicemail  from the start of its invitation to the end

All UTC times of a record are made with the clock's offset as known when the record is made: so a clock that was set
during the call makes the record right, and never makes it disagree with its durations.
"""

from msgspec.structs import replace

from appliance.acd import allowances, legs
from appliance.acd.calls import count_time, spent
from appliance.acd.effects import AgentSegment, Cdr, EndReason, HungUpBy, LegRecord, StoreOpenCall
from appliance.acd.ids import QueueName
from appliance.acd.state import Call
from appliance.acd.turn import Turn

HEARTBEAT_MS = 28_000
"""A power cut may cost 30 s of a call: the rest is for the disk, which has a heartbeat only when its fsync is done."""
MAX_CALL_MS = 4 * 3600 * 1000
"""No honest call is longer."""
NO_QUEUE = QueueName("")
"""Of an agent who dialled out and serves no queue."""


def make(turn: Turn, call: Call, end_reason: EndReason, hung_up_by: HungUpBy) -> Cdr:
    """The record of a call as if it ended now."""
    count_time(call, turn.now_ms)
    state = turn.state
    offered_at = call.offered_ms + state.utc_offset_ms
    return Cdr(
        call=call.id,
        seq=call.number,
        incarnation=state.incarnation,
        direction=call.direction,
        line=call.line,
        caller=call.caller if call.direction == "in" else _own_number(turn, call),
        called=call.called,
        queue=call.queue,
        queues=tuple(call.queues),
        project=call.project,
        client=call.client,
        offered_at=offered_at,
        queued_at=call.queued_ms + state.utc_offset_ms if call.queued_ms >= 0 else 0,
        answered_at=call.answered_ms + state.utc_offset_ms if call.answered_ms >= 0 else 0,
        ended_at=turn.now_ms + state.utc_offset_ms,
        clock_synchronised=state.clock_synchronised,
        ivr_ms=spent(call, "offered", "menu", "greeting", "ending"),
        wait_ms=spent(call, "waiting", "ringing", "dialling", "alerting"),
        ring_ms=spent(call, "ringing", "alerting"),
        talk_ms=spent(call, "talking", "outside"),
        hold_ms=spent(call, "held"),
        voicemail_ms=spent(call, "voicemail"),
        end_reason=end_reason,
        hung_up_by=hung_up_by,
        evidence=call.evidence,
        agent=call.agent if call.answered_ms >= 0 else None,
        recording=call.recording,
        legs=tuple(call.legs),
        segments=tuple(call.segments),
        forwarded_to=call.forward_to,
    )


def heartbeat(turn: Turn, call: Call) -> None:
    """Make durable what a power cut would leave of this call, and do so again in HEARTBEAT_MS at the latest.

    What is stored says `power_lost`: it is read only if the power was.
    """
    cdr = make(turn, call, "power_lost", "system")
    talk = call.conversation
    so_far = (talked(call),) if talk is not None and talk.connected and talk.agent is not None else ()
    cdr = replace(cdr, legs=cdr.legs + _legs_up(turn, call), segments=cdr.segments + so_far)
    turn.store.append(StoreOpenCall(cdr))
    allowances.heartbeat(turn, call)
    turn.deadlines.set("heartbeat", call.id, turn.now_ms + HEARTBEAT_MS)


def keep(turn: Turn, call: Call) -> None:
    """From now on the call has a durable record of itself, and a limit."""
    heartbeat(turn, call)
    turn.deadlines.set("max_call", call.id, turn.now_ms + MAX_CALL_MS)


def talked(call: Call) -> AgentSegment:
    """The talking agent's part of the call, as far as its time is counted. Only while there is a conversation."""
    talk = call.conversation
    assert talk is not None and talk.agent is not None and talk.station is not None, "an agent's segment"
    return AgentSegment(
        talk.agent,
        talk.station,
        call.queue or NO_QUEUE,
        talk.ring_ms,
        spent(call, "talking") - talk.talk_base_ms,
        spent(call, "held") - talk.hold_base_ms,
        "talked",
    )


def _legs_up(turn: Turn, call: Call) -> tuple[LegRecord, ...]:
    up = [call.leg, *call.rings]
    if call.conversation is not None:
        up.append(call.conversation.leg)
    known = (turn.state.legs.get(name) for name in up)
    return tuple(legs.line_of(call, leg, turn.now_ms, "failed") for leg in known if leg is not None)


def _own_number(turn: Turn, call: Call) -> str:
    """Of the line a call of ours went out on."""
    line = turn.state.lines.get(call.line)
    return line.plan.number if line is not None else ""
