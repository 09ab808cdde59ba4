"""What becomes of a call there is no money for: it is not dialled, another line is tried, or the agent hears why not;
one that is up is warned of, to the agent alone, and ended.

An emergency is never refused: whoever says so of one is not believed.
"""

from appliance.acd import admission, conversation, legs, line_tests, outbound
from appliance.acd.effects import Play
from appliance.acd.ending import end
from appliance.acd.ids import LegId
from appliance.acd.money_inputs import DialRefused, MoneyLow, MoneyOut, RefusedFor
from appliance.acd.prompts import prompt
from appliance.acd.star_codes import CONFIRMATION_LIMIT_MS
from appliance.acd.state import NO_LEG, NO_LINE, Call
from appliance.acd.turn import Turn

SAID: dict[RefusedFor, str] = {
    "limit": "no_money",
    "prepaid": "no_money",
    "no_price": "price_unknown",
    "guard_minute": "number_guarded",
    "guard_at_once": "number_guarded",
    "guard_hours": "number_guarded",
}
"""By the reason, the prompt that says it to whoever dialled."""


def refused(turn: Turn, what: DialRefused) -> None:
    """What was to be dialled was not."""
    leg = turn.state.legs.get(what.leg)
    call = turn.call_of(leg) if leg is not None else None
    if leg is None or leg.state != "dialling" or (call is not None and call.emergency):
        turn.late("refused_is_not_dialled", what.leg, call)
        return
    number = outbound.number_of(call) if call is not None else line_tests.number_under_test(turn.state, leg)
    amounts = f"{what.left_micros}|{what.most_micros}|{what.cost_micros}"
    turn.decide("refuse", f"money_{what.reason}", call=call, detail=f"{number}|{leg.line}|{what.limit}|{amounts}")
    if call is None:
        line_tests.ended(turn, leg, "rejected")
        return
    legs.forget(turn, leg)
    if call.forward_to:
        call.conversation = None
    else:
        call.leg = NO_LEG
        outbound.goes_out_on(turn, call, NO_LINE)
    if what.other_line and outbound.dial(turn, call):
        return
    if call.forward_to:
        admission.say_goodbye(turn, call, "number_not_reached")
        return
    _say_why(turn, call, SAID[what.reason])
    end(turn, call, "rejected", "system")


def low(turn: Turn, what: MoneyLow) -> None:
    """The agent hears that the call is about to be cut; the customer does not."""
    call = _going_on(turn, what.leg, "money_low")
    if call is None:
        return
    turn.decide("money", "low", call=call, detail=f"{what.limit}|{what.left_ms}")
    talk = call.conversation
    ours = turn.state.legs.get(talk.leg) if talk is not None else None
    if talk is not None and ours is not None and ours.state == "answered" and ours.station is not None:
        talk.warning = turn.play_token("money")
        turn.switch.append(Play(ours.id, (prompt(call.language, "money_low"),), talk.warning))


def out(turn: Turn, what: MoneyOut) -> None:
    """The call ends here."""
    call = _going_on(turn, what.leg, "money_out")
    if call is not None:
        turn.decide("money", "out", call=call, detail=what.limit)
        conversation.hang_up_call(turn, call)


def _going_on(turn: Turn, name: LegId, said: str) -> Call | None:
    """The call of a leg that goes out and was answered; None for one that is over meanwhile. A test just ends."""
    leg = turn.state.legs.get(name)
    call = turn.call_of(leg) if leg is not None else None
    if leg is not None and leg.role == "test" and leg.state == "answered" and leg.line is not None:
        if said == "money_out":
            line_tests.overdue(turn, leg.line)
        return None
    if leg is None or leg.state != "answered" or call is None or call.emergency:
        turn.late(f"{said}_late", name, call)
        return None
    return call


def _say_why(turn: Turn, call: Call, name: str) -> None:
    """The agent's leg is the call's no more: it hears why not and is hung up, as after a code that was dialled."""
    talk = call.conversation
    leg = turn.state.legs.get(talk.leg) if talk is not None else None
    if talk is None or leg is None:
        return  # an agent was only kept free: the call's record says why not
    legs.record(turn, call, leg, "normal")
    talk.leg = NO_LEG
    station = turn.state.stations.get(leg.station) if leg.station is not None else None
    if leg.role != "dialler" and station is not None:
        station.star_legs += 1
    leg.role, leg.call, leg.agent = "star", None, None
    leg.prompts = (prompt(call.language, name),)
    turn.deadlines.set("star", leg.id, turn.now_ms + CONFIRMATION_LIMIT_MS)
    if leg.state == "answered":
        turn.switch.append(Play(leg.id, leg.prompts, f"star-{leg.id}"))
