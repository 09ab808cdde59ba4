"""Calls we make: the record of one, and dialling a number on the line that `line_choice` finds for it.

Nothing is dialled here that the plan's rules bar, whoever wants it: only an emergency always goes out.
"""

from appliance.acd import allowances, calls, legs, line_choice, numbers, records
from appliance.acd.effects import DialLine
from appliance.acd.ids import LineName
from appliance.acd.line_choice import Choice
from appliance.acd.line_effects import LineCandidate
from appliance.acd.state import NO_LEG, NO_LINE, Call, Conversation, Leg, Queue
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
    """Dial the customer, or the outside number the caller is sent to, on the best line there is. False: there is none,
    or the number may not be dialled."""
    line, chosen_by, seen = _line_for(turn, call)
    if line is None:
        return False
    number = number_of(call)
    leg = Leg(legs.mint(turn), "number" if call.forward_to else "caller", "dialling", turn.now_ms, call.id, line=line)
    leg.uses_minutes = not call.emergency and allowances.uses_minutes(turn.state, line, number)  # those are free
    turn.state.legs[leg.id] = leg
    call.lines_tried.append(line)
    if call.forward_to:
        call.conversation = Conversation(None, None, leg.id, 0)
    else:
        call.leg = leg.id
        goes_out_on(turn, call, line)
    calls.move(turn, call, "dial")
    reason = "emergency" if call.emergency else "forwarded" if call.forward_to else "called"
    turn.decide("dial", reason, call=call, detail=f"{number}:{line}", strategy=chosen_by, lines=seen)
    turn.switch.append(DialLine(leg.id, line, number, call.emergency))
    limit_ms = turn.state.plan.dial_timeout_ms
    turn.deadlines.set("dial", leg.id, turn.now_ms + (max(limit_ms, EMERGENCY_DIAL_MS) if call.emergency else limit_ms))
    keep(turn, call)
    return True


def number_of(call: Call) -> str:
    """What is dialled for a call: the outside number it is sent to, else the customer's."""
    return call.forward_to or call.caller


def keep(turn: Turn, call: Call) -> None:
    """A call of ours begins to count when it is dialled first; a caller's did before."""
    if call.direction == "out" and turn.deadlines.when_ms("max_call", call.id) is None:
        records.keep(turn, call)


def has_line(turn: Turn, call: Call) -> bool:
    """Whether the number of this call can be dialled now: it may be, a line is free that was not tried for it, and the
    office has not as many calls as it takes."""
    return _line_for(turn, call).line is not None


def why_no_line(turn: Turn, number: str) -> tuple[LineCandidate, ...] | None:
    """What is wrong with each line for a number that is not dialled yet; None when one is free for it."""
    choice = line_choice.choose(turn, number)
    return choice.seen if choice.line is None else None


def _line_for(turn: Turn, call: Call) -> Choice:
    state = turn.state
    if not call.emergency:
        full = not call.forward_to and calls.are_too_many(state, call)
        if full or not numbers.may_be_dialled(state.plan, number_of(call)):
            return Choice(None, "", ())
    return line_choice.choose(turn, number_of(call), call.lines_tried, emergency=call.emergency)


def goes_out_on(turn: Turn, call: Call, name: LineName) -> None:
    """The call is on this line from now on, and on no other."""
    for line_name, more in ((call.line, -1), (name, 1)):
        line = turn.state.lines.get(line_name)
        if line is not None:
            line.calls += more
            turn.touched_lines[line_name] = None
    call.line = name
