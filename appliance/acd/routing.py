"""A call arrives: whether it is taken at all, and which queue the line and the dialled number choose."""

from appliance.acd import legs, records
from appliance.acd.admission import MAX_CALL_MS, admit, answer
from appliance.acd.distribution import settle
from appliance.acd.effects import EndReason
from appliance.acd.ending import close
from appliance.acd.ids import CallId, QueueName
from appliance.acd.inputs import LegCause, LegOffered
from appliance.acd.plan import LinePlan
from appliance.acd.state import Call, Leg
from appliance.acd.turn import Turn


def offered(turn: Turn, what: LegOffered) -> None:
    """A call rings on a line."""
    if what.leg in turn.state.legs:
        turn.late("offered_already", what.leg)
        return
    take(turn, what)


def take(turn: Turn, what: LegOffered, *, answered: bool = False) -> None:
    """Make a call of a caller's leg and route it. `answered`: its path is open already (found after a restart).

    The stations are rung before the caller is answered: the ring is what everybody waits for.
    """
    state = turn.state
    too_many = len(state.calls) >= state.plan.max_calls
    call = _new_call(turn, what, answered)
    line = state.lines.get(what.line)
    if line is None or line.plan.mode == "out":
        _turn_away(turn, call, "line_is_out_only" if line is not None else "unknown_line", "unreachable", "rejected")
        return
    if too_many:
        _turn_away(turn, call, "too_many_calls", "congestion", "busy")
        return
    queue, reason = queue_for(line.plan, what.called)
    if queue is None or queue not in state.queues:
        _turn_away(turn, call, "no_queue", "unreachable", "rejected")
        return
    turn.decide("route", reason, call=call, detail=str(queue))
    admit(turn, call, queue)
    settle(turn)
    if call.id in state.calls:
        answer(turn, call)
        records.heartbeat(turn, call)
        turn.deadlines.set("max_call", call.id, turn.now_ms + MAX_CALL_MS)


def queue_for(line: LinePlan, called: str) -> tuple[QueueName | None, str]:
    """The queue for a dialled number on a line, and the code of the rule that chose it."""
    by_number = line.did.get(called)
    return (by_number, "dialled_number") if by_number is not None else (line.queue, "line")


def _new_call(turn: Turn, what: LegOffered, answered: bool) -> Call:
    state = turn.state
    number = state.next_call
    state.next_call = number + 1
    call = Call(
        CallId(f"{state.plan.box}-{number}"),
        number,
        what.line,
        what.caller,
        what.called,
        what.caller_name,
        what.leg,
        turn.now_ms,
        state_since_ms=turn.now_ms,
    )
    leg = Leg(what.leg, "caller", "offered", turn.now_ms, call=call.id, line=what.line)
    if answered:
        leg.state, leg.answered_ms, leg.evidence, leg.answer_asked = "answered", turn.now_ms, "assumed", True
        call.evidence = "assumed"
    state.calls[call.id], state.legs[leg.id] = call, leg
    line = state.lines.get(what.line)
    if line is not None:
        call.head_start_ms = line.plan.priority * state.plan.priority_worth_ms
        call.needs = dict(line.plan.needs)
        line.calls += 1
        turn.touched_lines[what.line] = None
    return call


def _turn_away(turn: Turn, call: Call, reason: str, cause: LegCause, end_reason: EndReason) -> None:
    turn.decide("refuse", reason, call=call, detail=call.line)
    leg = turn.state.legs[call.leg]
    legs.record(turn, call, leg, cause)
    if leg.state == "offered":
        legs.refuse(turn, leg, cause)
    else:
        legs.hang_up(turn, leg, cause)
    close(turn, call, end_reason, "system")
