"""After something died: what the ACD does when the switch or the ACD itself starts again.

The switch: legs it does not list are gone. What it found again (modems keep their calls, handsets stay off-hook) is
matched to the calls we had. Calls that went with the old switch ended when it was lost (SwitchLost), which is the last
moment that is certain; without that, at the time of SwitchStarted.

The ACD: its journal was replayed before this code sees anything; only the incarnation's number is new.

The whole box: `restore`.
"""

from appliance.acd import (
    admission,
    allowances,
    announcements,
    balances,
    conversation,
    dialling,
    ivr,
    lamps,
    legs,
    line_health,
    line_tests,
    messages,
    numbers,
    office_calendar,
    rings,
)
from appliance.acd.effects import AnswerLeg, Connect, Disconnect, SetBackground
from appliance.acd.ending import end
from appliance.acd.ids import LegId
from appliance.acd.inputs import (
    BoxHealth,
    ClockSet,
    DaemonStarted,
    FoundLeg,
    LegFound,
    LegOffered,
    SwitchBack,
    SwitchLost,
    SwitchStarted,
)
from appliance.acd.routing import take
from appliance.acd.state import NO_LEG, Call, Leg
from appliance.acd.turn import Turn

NUMBERS_AN_INCARNATION = 1_000_000_000
"""Decisions and agent changes are numbered from incarnation x this: never twice the same, even if memory was lost."""


def daemon_started(turn: Turn, what: DaemonStarted) -> None:
    state = turn.state
    state.incarnation = what.incarnation
    first = what.incarnation * NUMBERS_AN_INCARNATION + 1
    state.next_decision = max(state.next_decision, first)
    state.next_agent_change = max(state.next_agent_change, first)


def clock_set(turn: Turn, what: ClockSet) -> None:
    """The wall clock was read, or stepped. Durations do not care; stamps from now on do, and the calendar."""
    turn.state.utc_offset_ms, turn.state.clock_synchronised = what.utc_offset_ms, what.synchronised
    office_calendar.clock_set(turn)


def box_health(turn: Turn, what: BoxHealth) -> None:
    """Somebody in the office sees the lamp and looks at the page."""
    turn.state.box_health = what.level
    lamps.light_box(turn)


def switch_lost(turn: Turn, what: SwitchLost) -> None:
    """Calls stay as they are until it is known which of them live."""
    if turn.state.switch_lost_ms < 0:
        turn.state.switch_lost_ms = turn.now_ms


def switch_back(turn: Turn, what: SwitchBack) -> None:
    turn.state.switch_lost_ms = -1
    turn.thinned_queues.update(dict.fromkeys(turn.state.queues))


def switch_started(turn: Turn, what: SwitchStarted) -> None:
    """A new switch: keep what it still has, find again what it found, end the rest, take what is new."""
    state = turn.state
    listed = {leg.leg: leg for leg in what.legs}
    _never_mint_again(turn, listed)
    if what.incarnation != state.switch_incarnation:
        state.switch_incarnation = what.incarnation
        _reset_devices(turn)
        messages.switch_started(turn)
        balances.switch_started(turn)
    unknown = {name: leg for name, leg in listed.items() if name not in state.legs}
    for leg in list(state.legs.values()):
        if leg.id not in listed and leg.call is None:
            allowances.count(turn, leg)
            legs.forget(turn, leg)
    line_tests.switch_lost(turn)
    for call in list(state.calls.values()):
        _reconcile(turn, call, listed, unknown)
    for leg in list(state.legs.values()):
        if leg.state == "closing" and leg.id in listed:
            legs.say_again(turn, leg)
        elif leg.state == "closing":
            legs.forget(turn, leg)
    for found in unknown.values():
        if not found.announced:
            _take_new(turn, found)
    state.switch_lost_ms = -1
    turn.thinned_queues.update(dict.fromkeys(state.queues))
    lamps.light_all(turn)


def leg_found(turn: Turn, what: LegFound) -> None:
    """What nobody knew when the switch started begins now; what was recognised has gone on since."""
    if what.found.leg not in turn.state.legs:
        _take_new(turn, what.found)


def _reconcile(turn: Turn, call: Call, listed: dict[LegId, FoundLeg], unknown: dict[LegId, FoundLeg]) -> None:
    """Bring one call and the legs the switch has together."""
    for name in list(call.rings):
        if name not in call.rings:
            continue  # another agent was found to have lifted
        if name not in listed:
            ringing = turn.state.legs[name]
            now_ms, turn.now_ms = turn.now_ms, _when_lost(turn, call)
            rings.over(turn, ringing, "caller_left", "failed", ended=True)
            turn.now_ms = now_ms
            legs.forget(turn, ringing)
        elif _is_up(listed[name]):
            conversation.agent_lifted(turn, turn.state.legs[name])
    if call.id not in turn.state.calls:
        return
    found_caller = None
    if call.leg == NO_LEG:
        _go_on_undialled(turn, call, listed)
        return
    if call.leg in listed:
        _catch_up(turn, call, listed[call.leg])
    else:
        call.recording_on = False  # what the old switch recorded ended with it
        announcements.stop(call)
        dialled = turn.state.legs[call.leg].state == "dialling"
        found_caller = _same_caller(turn, call, unknown, dialled)
        now_ms, turn.now_ms = turn.now_ms, _when_lost(turn, call)
        _let_leg_go(turn, call, call.leg)
        if found_caller is None:
            _end_with_switch(turn, call, listed)
        turn.now_ms = now_ms
        if found_caller is None:
            return
        del unknown[found_caller.leg]
        _adopt_caller(turn, call, found_caller)
    agent_is_back = _reconcile_agent(turn, call, listed, unknown)
    if call.id not in turn.state.calls:
        return
    if found_caller is not None:
        _go_on(turn, call, agent_is_back)
    elif agent_is_back:
        conversation.meet(turn, call)


def _go_on_undialled(turn: Turn, call: Call, listed: dict[LegId, FoundLeg]) -> None:
    """Nobody was dialled yet: who is to be called back waits on, a station that dialled goes with the switch."""
    talk = call.conversation
    if talk is None:
        return
    if talk.leg in listed:
        _catch_up_ours(turn, call, turn.state.legs[talk.leg], listed[talk.leg])
        return
    now_ms, turn.now_ms = turn.now_ms, _when_lost(turn, call)
    _end_with_switch(turn, call, listed)
    turn.now_ms = now_ms


def _end_with_switch(turn: Turn, call: Call, listed: dict[LegId, FoundLeg]) -> None:
    if call.conversation is not None and call.conversation.leg not in listed:
        _let_leg_go(turn, call, call.conversation.leg)
    turn.decide("recover", "caller_gone", call=call)
    end(turn, call, "box_restarted", "system")


def _catch_up(turn: Turn, call: Call, found: FoundLeg) -> None:
    """The same leg is still there, but inputs or effects about it were lost on the way."""
    leg, talk = turn.state.legs[call.leg], call.conversation
    if leg.state == "dialling" and _is_up(found):
        dialling.answered(turn, call, leg, "assumed")
    elif leg.state == "offered" and _is_up(found):
        leg.answer_asked = True
        conversation.caller_through(turn, leg, "assumed")
    elif leg.state == "offered" and leg.answer_asked:
        turn.switch.append(AnswerLeg(leg.id))
    if talk is not None and talk.connected and call.id in turn.state.calls:
        turn.switch.append(Disconnect(leg.id, talk.leg) if call.state == "held" else Connect(leg.id, talk.leg))


def _reconcile_agent(turn: Turn, call: Call, listed: dict[LegId, FoundLeg], unknown: dict[LegId, FoundLeg]) -> bool:
    """The agent's side of a conversation; True when it is there (again)."""
    talk = call.conversation
    if talk is None:
        return False
    if talk.leg in listed:
        talk.whisper = ""
        _catch_up_ours(turn, call, turn.state.legs[talk.leg], listed[talk.leg])
        return True
    station = talk.station
    if talk.agent is None or station is None:
        now_ms, turn.now_ms = turn.now_ms, _when_lost(turn, call)
        _end_with_switch(turn, call, listed)
        turn.now_ms = now_ms
        return False
    found = next((leg for leg in unknown.values() if leg.adopted and leg.station == station and _is_up(leg)), None)
    if found is None:
        now_ms, turn.now_ms = turn.now_ms, _when_lost(turn, call)
        _let_leg_go(turn, call, talk.leg)
        conversation.lose_agent(turn, call)
        turn.now_ms = now_ms
        return False
    old = _let_leg_go(turn, call, talk.leg)
    del unknown[found.leg]
    new = Leg(found.leg, "agent", "answered", turn.now_ms, call.id, talk.agent, station, answered_ms=turn.now_ms)
    new.evidence = old.evidence
    turn.state.legs[new.id] = new
    talk.leg = new.id
    turn.state.agents[talk.agent].leg = new.id
    return True


def _catch_up_ours(turn: Turn, call: Call, leg: Leg, found: FoundLeg) -> None:
    """A station that dialled, or an outside number, may have come through unheard."""
    if _is_up(found) and leg.state == "dialling":
        dialling.answered(turn, call, leg, "assumed")
    elif _is_up(found) and leg.state == "offered":
        conversation.station_through(turn, leg, "assumed")
    elif leg.state == "offered":
        turn.switch.append(AnswerLeg(leg.id))


def _adopt_caller(turn: Turn, call: Call, found: FoundLeg) -> None:
    """The caller's leg has another id now, and perhaps was never answered."""
    turn.decide("recover", "caller_found", call=call, detail=call.line)
    leg = Leg(found.leg, "caller", "offered", turn.now_ms, call.id, line=call.line)
    ours = call.direction == "out" and not call.emergency
    leg.uses_minutes = ours and allowances.uses_minutes(turn.state, call.line, call.caller)
    if _is_up(found):
        leg.state, leg.answered_ms, leg.evidence = "answered", turn.now_ms, call.evidence or "assumed"
        leg.answer_asked = True
        call.evidence = leg.evidence
        turn.deadlines.cancel("answer", call.id)
    turn.state.legs[leg.id] = leg
    call.leg = leg.id


def _go_on(turn: Turn, call: Call, agent_is_back: bool) -> None:
    """A caller who was found again hears what the call's state says, from a switch that knows nothing of it yet."""
    if call.state == "ending":
        end(turn, call, "overflowed", "system")
        return
    if turn.state.legs[call.leg].state == "offered":
        admission.answer(turn, call)
        return
    talk = call.conversation
    if talk is not None and agent_is_back:
        conversation.reconnect(turn, call)
        return
    if call.reserved is not None:
        dialling.answered(turn, call, turn.state.legs[call.leg], "assumed")
        return
    turn.switch.append(SetBackground(call.leg, "silence" if call.state in ("voicemail", "menu") else "music"))
    if call.state == "menu":
        ivr.hear_again(turn, call)
    elif call.state == "greeting":
        admission.greeting_over(turn, call)
    elif call.state == "voicemail" and call.recordings:
        admission.go_on_with_message(turn, call)
    elif call.cut_off:
        announcements.say_sorry(turn, call)
    else:
        announcements.speak(turn, call)


def _take_new(turn: Turn, found: FoundLeg) -> None:
    """A leg we never heard of: a caller is taken as a new call, anything else is hung up."""
    if found.line is not None and not found.dialled and (found.state == "offered" or _is_up(found)):
        offer = LegOffered(found.leg, found.line, found.number, found.called)
        take(turn, offer, answered=_is_up(found))
        return
    stray = Leg(found.leg, "agent", "answered", turn.now_ms, station=found.station, line=found.line)
    turn.state.legs[stray.id] = stray
    turn.decide("recover", "leg_of_no_call", detail=found.leg)
    legs.hang_up(turn, stray)


def _let_leg_go(turn: Turn, call: Call, name: LegId) -> Leg:
    leg = turn.state.legs[name]
    legs.record(turn, call, leg, "failed")
    legs.forget(turn, leg)
    return leg


def _same_caller(turn: Turn, call: Call, unknown: dict[LegId, FoundLeg], dialled: bool) -> FoundLeg | None:
    """The leg the switch found on the call's line with the call's number (a withheld one is found as withheld). One
    that rings here is not the one we had `dialled`.

    An analogue line does not remember who is on it: a call found answered there without a number is the one we had,
    for nobody can have answered another while the switch was away.
    """
    return next(
        (
            leg
            for leg in unknown.values()
            if leg.adopted
            and leg.line == call.line
            and leg.state != "dialling"
            and (_is_up(leg) or not dialled)
            and not (leg.dialled and call.direction == "in")
            and (_same_number(turn, leg.number, call.caller) or (not leg.number and _is_up(leg)))
        ),
        None,
    )


def _same_number(turn: Turn, one: str, other: str) -> bool:
    return numbers.key(turn.state.plan, one) == numbers.key(turn.state.plan, other)


def _when_lost(turn: Turn, call: Call) -> int:
    """When the call lost what it had in the switch: as that was lost, or when the ACD did the last thing with it."""
    lost_ms = turn.state.switch_lost_ms
    return turn.now_ms if lost_ms < 0 else min(turn.now_ms, max(lost_ms, call.state_since_ms))


def _is_up(found: FoundLeg) -> bool:
    return found.state in ("answered", "held")


def _never_mint_again(turn: Turn, listed: dict[LegId, FoundLeg]) -> None:
    """Ids the switch still uses, if our memory of having minted them was lost."""
    for name in listed:
        prefix, _, number = name.partition("-")
        if prefix == "acd" and number.isdigit():
            turn.state.next_leg = max(turn.state.next_leg, int(number) + 1)


def _reset_devices(turn: Turn) -> None:
    """A new switch starts with every device unknown, and says which are up as it finds them."""
    line_health.reset(turn)
    for station in turn.state.stations.values():
        station.health = "up" if station.plan.always_reachable else "unreachable"
        station.off_hook, station.detail, station.reported = False, "", False
