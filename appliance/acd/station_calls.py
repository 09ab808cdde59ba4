"""Numbers people dial on a station: an agent's call out, and an emergency, which goes out whoever dials and whatever
the agent, the lines or the queues are doing."""

from appliance.acd import agents, calls, dialling, numbers, outbound, wrap_up
from appliance.acd.effects import AnswerLeg
from appliance.acd.ending import close
from appliance.acd.inputs import StationDialled
from appliance.acd.plan import Language
from appliance.acd.state import Agent, Call, Conversation, Leg, Station
from appliance.acd.turn import Turn

MAY_DIAL = ("ready", "not_ready", "wrap_up")
"""States in which an agent can call out: after-call work ends with it."""
SHORTEST_NUMBER = 3


def call_out(turn: Turn, what: StationDialled) -> str:
    """Place the call, if it may be: then the station's leg is its leg, and "" is returned. Else the prompt that says
    why not, and the leg is nobody's yet."""
    state = turn.state
    station = state.stations.get(what.station)
    agent = state.agents.get(station.agent) if station is not None and station.agent is not None else None
    if what.digits in state.plan.emergency:
        _place(turn, what, agent if agent is not None and agent.state in MAY_DIAL else None, emergency=True)
        return ""
    internal = any(other.plan.extension == what.digits for other in state.stations.values())
    if internal or not numbers.is_dialable(what.digits) or len(what.digits) < SHORTEST_NUMBER:
        return "unknown_code"
    if agent is None or agent.state not in MAY_DIAL or calls.are_too_many(state):
        return "not_possible"
    if wrap_up.needs_disposition(agent):
        return "disposition_needed"
    if not numbers.may_be_dialled(state.plan, what.digits):
        _write_down(turn, agent, what.digits)
        return "number_barred"
    return "" if _place(turn, what, agent, emergency=False) else "no_line"


def _write_down(turn: Turn, agent: Agent, digits: str) -> None:
    """A number was dialled that is barred: it is a call of ours that was refused, for whoever looks for fraud."""
    queue = turn.state.queues.get(agent.queues[0]) if agent.queues else None
    call = outbound.new_call(turn, digits, queue)
    turn.decide("refuse", "number_barred", call=call, detail=f"{agent.plan.name}:{digits}")
    close(turn, call, "rejected", "system")


def language_of(turn: Turn, station: Station) -> Language:
    """The language of the agent who sits here, by the first queue served; else of the first queue; else Spanish."""
    agent = turn.state.agents.get(station.agent) if station.agent is not None else None
    for name in (*(agent.queues if agent is not None else ()), *turn.state.queues):
        return turn.state.queues[name].plan.language
    return "es"


def _place(turn: Turn, what: StationDialled, agent: Agent | None, *, emergency: bool) -> bool:
    """Dial it for this station, for the project of the agent's first queue; an emergency is nobody's.

    False, and nothing happened, when no line is free; an emergency is dialled all the same as soon as one is.
    """
    lines = None if emergency else outbound.why_no_line(turn, what.digits)
    if lines is not None:
        turn.decide("refuse", "no_line", detail=what.digits, lines=lines)
        return False
    first = agent.queues[0] if agent is not None and agent.queues and not emergency else None
    queue = turn.state.queues.get(first) if first is not None else None
    call = outbound.new_call(turn, what.digits, queue)
    call.emergency = emergency
    station = turn.state.stations.get(what.station)
    if emergency and station is not None:
        call.language = language_of(turn, station)
    _take_station(turn, what, call, agent)
    if not outbound.dial(turn, call):
        outbound.keep(turn, call)
        dialling.emergency_again(turn, call)
    return True


def _take_station(turn: Turn, what: StationDialled, call: Call, agent: Agent | None) -> None:
    """The station's leg becomes our side of the call, and is answered: it hears how it goes on."""
    name = agent.plan.name if agent is not None else None
    leg = Leg(what.leg, "dialler", "offered", turn.now_ms, call.id, name, what.station, answer_asked=True)
    if agent is not None:
        leg.role = "agent"
    turn.state.legs[leg.id] = leg
    turn.switch.append(AnswerLeg(leg.id))
    call.conversation = Conversation(name, what.station, leg.id, 0)
    station = turn.state.stations.get(what.station)
    if agent is None:
        if station is not None:
            station.star_legs += 1
        return
    if agent.state == "wrap_up":
        wrap_up.close(turn, agent)
    if agent.state == "not_ready":
        agent.after_call, agent.after_call_reason = "not_ready", agent.reason
        agent.after_call_scheduled = agent.pause_scheduled
    agent.call, agent.leg = call.id, leg.id
    agents.move(turn, agent, "dial")
