"""Why a command of a person cannot be done now: the code, and the sentence for the person who asked."""

from typing import NamedTuple

from appliance.acd import numbers
from appliance.acd.agents import ON_A_CALL, calls_had
from appliance.acd.ids import AgentName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    AgentLogout,
    AgentPause,
    AgentResume,
    CloseWorklistItem,
    Command,
    EndWrapUp,
    HangUpCall,
    SetDisposition,
)
from appliance.acd.plan import Language
from appliance.acd.prompts import Words
from appliance.acd.state import State

LONGEST_TEXT = 200
SENTENCES: dict[str, Words] = {
    "unknown_agent": Words(
        "No hay ningún agente «{who}». Los agentes están en la configuración.",
        "There is no agent “{who}”. Agents are in the configuration.",
    ),
    "unknown_station": Words(
        "No hay ningún aparato «{who}». Los aparatos están en la configuración.",
        "There is no station “{who}”. Stations are in the configuration.",
    ),
    "no_station": Words(
        "«{who}» no tiene aparato habitual: diga en qué aparato entra.",
        "“{who}” has no usual station: say at which station to log in.",
    ),
    "wrong_pin": Words("El PIN de «{who}» no es correcto.", "The PIN of “{who}” is wrong."),
    "station_on_a_call": Words(
        "En ese aparato está «{who}» con una llamada: espere a que termine.",
        "“{who}” is on a call at that station: wait until it is over.",
    ),
    "on_a_call": Words("«{who}» tiene una llamada: espere a que termine.", "“{who}” is on a call: wait until it ends."),
    "logged_in_here": Words("«{who}» ya está en ese aparato.", "“{who}” is already logged in at that station."),
    "logged_out": Words("«{who}» no ha iniciado sesión.", "“{who}” is not logged in."),
    "no_reason": Words("Una pausa necesita un motivo.", "A pause needs a reason."),
    "too_long": Words("El texto es demasiado largo.", "The text is too long."),
    "not_paused": Words("«{who}» no está en pausa.", "“{who}” is not paused."),
    "not_in_wrap_up": Words("«{who}» no está en trabajo posterior.", "“{who}” is not in wrap-up."),
    "no_last_call": Words(
        "«{who}» no tiene ninguna llamada reciente que tipificar.",
        "“{who}” has no recent call to give a disposition to.",
    ),
    "no_code": Words("Falta el código de la tipificación.", "The disposition's code is missing."),
    "not_on_worklist": Words("El número {who} no está en la lista.", "The number {who} is not on the worklist."),
    "no_such_call": Words("La llamada {who} ya no está en curso.", "The call {who} is not up any more."),
}


class Refusal(NamedTuple):
    code: str
    who: str = ""


def sentence(refusal: Refusal, language: Language) -> str:
    words = SENTENCES[refusal.code]
    return (words.en if language == "en" else words.es).format(who=refusal.who)


def why_not(state: State, command: Command) -> Refusal | None:
    """What stands in the way of this command; None when nothing does."""
    match command:
        case AgentLogin():
            return _login(state, command)
        case AgentLogout(agent) | AgentPause(agent) | AgentResume(agent) | EndWrapUp(agent) | SetDisposition(agent):
            return _of_agent(state, agent, command)
        case CloseWorklistItem(number):
            listed = numbers.key(state.plan, number) in state.worklist
            return None if listed else Refusal("not_on_worklist", number)
        case HangUpCall(call):
            return None if call in state.calls else Refusal("no_such_call", call)
    return None


def login_station(state: State, command: AgentLogin) -> StationName | None:
    """Where a login puts the agent: where the command says, else the agent's usual station."""
    agent = state.agents.get(command.agent)
    return command.station if command.station is not None else agent.plan.station if agent is not None else None


def _login(state: State, command: AgentLogin) -> Refusal | None:
    agent = state.agents.get(command.agent)
    if agent is None or agent.removed:
        return Refusal("unknown_agent", command.agent)
    if agent.plan.pin and not command.trusted and command.pin != agent.plan.pin:
        return Refusal("wrong_pin", command.agent)
    name = login_station(state, command)
    if name is None:
        return Refusal("no_station", command.agent)
    station = state.stations.get(name)
    if station is None:
        return Refusal("unknown_station", name)
    if agent.state != "logged_out":
        if agent.station == name:
            return Refusal("logged_in_here", command.agent)
        if agent.state in ON_A_CALL:
            return Refusal("on_a_call", command.agent)
    other = state.agents.get(station.agent) if station.agent is not None else None
    if other is not None and other.state in ON_A_CALL:
        return Refusal("station_on_a_call", other.plan.name)
    return None


def _of_agent(state: State, name: AgentName, command: Command) -> Refusal | None:
    agent = state.agents.get(name)
    if agent is None or agent.removed:
        return Refusal("unknown_agent", name)
    if isinstance(command, SetDisposition):
        if not command.code:
            return Refusal("no_code")
        if len(command.code) > LONGEST_TEXT:
            return Refusal("too_long")
        calls = calls_had(agent)
        known = command.call in calls if command.call is not None else bool(calls)
        return None if known else Refusal("no_last_call", name)
    if agent.state == "logged_out":
        return Refusal("logged_out", name)
    match command:
        case AgentPause(_, reason):
            return Refusal("no_reason") if not reason else Refusal("too_long") if len(reason) > LONGEST_TEXT else None
        case AgentResume() if agent.state != "not_ready" and agent.after_call != "not_ready":
            return Refusal("not_paused", name)
        case EndWrapUp() if agent.state != "wrap_up":
            return Refusal("not_in_wrap_up", name)
    return None
