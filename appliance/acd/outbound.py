"""Calls we make: the record of one, the line a number goes out on, and dialling it there.

A line that is `in` is never dialled on, except for an emergency number: that goes out on whatever line there is.
"""

from collections.abc import Sequence

from appliance.acd import calls, legs, records
from appliance.acd.effects import DialLine
from appliance.acd.ids import LineName
from appliance.acd.state import NO_LEG, NO_LINE, Call, Conversation, Leg, Line, Queue
from appliance.acd.turn import Turn

EMERGENCY_DIAL_MS = 60_000
"""At least so long an emergency may take to ring, whatever the plan allows other numbers."""


def new_call(turn: Turn, number: str, queue: Queue | None) -> Call:
    """A call to this number that nobody was dialled for yet; it belongs to the queue's project and client."""
    state = turn.state
    call = Call(*calls.mint(turn), NO_LINE, number, number, "", NO_LEG, turn.now_ms)
    call.direction, call.state_since_ms = "out", turn.now_ms
    if queue is not None:
        call.queue, call.queues = queue.plan.name, [queue.plan.name]
        call.project, call.client, call.language = queue.plan.project, queue.plan.client, queue.plan.language
    state.calls[call.id] = call
    return call


def dial(turn: Turn, call: Call) -> bool:
    """Dial the customer, or the outside number the caller is sent to, on the first line that can. False: none can."""
    line = line_for(turn, call)
    if line is None:
        return False
    number = call.forward_to or call.caller
    leg = Leg(legs.mint(turn), "number" if call.forward_to else "caller", "dialling", turn.now_ms, call.id, line=line)
    turn.state.legs[leg.id] = leg
    call.lines_tried.append(line)
    if call.forward_to:
        call.conversation = Conversation(None, None, leg.id, 0)
    else:
        call.leg = leg.id
        _goes_out_on(turn, call, line)
    calls.move(turn, call, "dial")
    detail = f"{number}:{line}"
    if call.emergency:
        turn.decide("dial", "emergency", call=call, detail=detail)
    elif call.forward_to:
        turn.decide("dial", "forwarded", call=call, detail=detail)
    else:
        turn.decide("dial", "called", call=call, detail=detail)
    turn.switch.append(DialLine(leg.id, line, number, call.emergency))
    limit_ms = turn.state.plan.dial_timeout_ms
    turn.deadlines.set("dial", leg.id, turn.now_ms + (max(limit_ms, EMERGENCY_DIAL_MS) if call.emergency else limit_ms))
    keep(turn, call)
    return True


def keep(turn: Turn, call: Call) -> None:
    """A call of ours begins to count when it is dialled first; a caller's did before."""
    if call.direction == "out" and turn.deadlines.when_ms("max_call", call.id) is None:
        records.keep(turn, call)


def line_for(turn: Turn, call: Call) -> LineName | None:
    """The first line that is free for this call and was not tried for this number; None when the office has as many
    calls as it takes."""
    state = turn.state
    if not call.emergency and not call.forward_to and calls.are_too_many(state, call):
        return None
    return free_line(turn, call.lines_tried, emergency=call.emergency)


def free_line(turn: Turn, tried: Sequence[LineName] = (), *, emergency: bool = False) -> LineName | None:
    """The first line, in the order of the plan, that may dial, is up, has room and is none of those tried.

    For an emergency: lines that may dial, then those for incoming calls; of each, the ones that are up first.
    """
    room = [
        line
        for name, line in turn.state.lines.items()
        if name not in tried and (emergency or _may(line)) and has_room(turn, line)
    ]
    if emergency:
        room.sort(key=lambda line: (line.plan.mode == "in", not is_up(line)))
    return room[0].plan.name if room else None


def has_room(turn: Turn, line: Line) -> bool:
    """Whether the line carries one call more: one that is being hung up is still on it."""
    channels = line.plan.channels
    return not channels or sum(leg.line == line.plan.name for leg in turn.state.legs.values()) < channels


def is_up(line: Line) -> bool:
    return line.health in ("up", "degraded")


def _may(line: Line) -> bool:
    return line.plan.mode != "in" and is_up(line)


def _goes_out_on(turn: Turn, call: Call, name: LineName) -> None:
    """The call is on this line from now on, and on no other."""
    for line_name, more in ((call.line, -1), (name, 1)):
        line = turn.state.lines.get(line_name)
        if line is not None:
            line.calls += more
            turn.touched_lines[line_name] = None
    call.line = name
