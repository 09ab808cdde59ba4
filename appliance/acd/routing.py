"""A call arrives: whether it is taken at all, and where the line, the dialled number and the caller lead.

What is more particular wins: the caller's own way, then the dialled number's, then the line's. Opening hours are those
of the menu or queue it comes to; the language is the caller's, else the line's, else the menu's or queue's.
"""

from appliance.acd import callers, calls, legs, records
from appliance.acd.admission import answer, send
from appliance.acd.distribution import settle
from appliance.acd.effects import EndReason
from appliance.acd.ending import close
from appliance.acd.inputs import LegCause, LegOffered
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
    too_many = calls.are_too_many(state)
    call = _new_call(turn, what, answered)
    line = state.lines.get(what.line)
    if line is None or line.plan.mode == "out":
        _turn_away(turn, call, "line_is_out_only" if line is not None else "unknown_line", "unreachable", "rejected")
        return
    if too_many:
        _turn_away(turn, call, "too_many_calls", "congestion", "busy")
        return
    who = callers.known(state.plan, what.caller)
    if who is not None and who.blocked:
        # Busy and never answered: a nuisance caller pays nothing, and learns nothing.
        _turn_away(turn, call, "blocked" if what.caller else "withheld", "busy", "rejected", who.name or what.caller)
        return
    to, reason = callers.leads_to(line.plan, what.called, who)
    if to is None or not callers.exists(turn, to):
        _turn_away(turn, call, "no_queue", "unreachable", "rejected")
        return
    if who is not None:
        callers.recognise(turn, call, who)
    if line.plan.language is not None and not call.language_chosen:
        callers.set_language(turn, call, line.plan.language)
    turn.decide("route", f"{reason}_menu" if to.to == "menu" else reason, call=call, detail=to.queue or to.menu)
    send(turn, call, to, "")
    settle(turn)
    if call.id in state.calls:
        answer(turn, call)
        records.keep(turn, call)


def _new_call(turn: Turn, what: LegOffered, answered: bool) -> Call:
    state = turn.state
    call = Call(
        *calls.mint(turn),
        what.line,
        what.caller,
        what.called,
        what.caller_name,
        what.leg,
        turn.now_ms,
        language=state.plan.language,
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


def _turn_away(turn: Turn, call: Call, reason: str, cause: LegCause, end_reason: EndReason, who: str = "") -> None:
    turn.decide("refuse", reason, call=call, detail=who or call.line)
    leg = turn.state.legs[call.leg]
    legs.record(turn, call, leg, cause)
    if leg.state == "offered":
        legs.refuse(turn, leg, cause)
    else:
        legs.hang_up(turn, leg, cause)
    close(turn, call, end_reason, "system")
