"""Why a command of a person cannot be done now: the code, and the sentence for the person who asked."""

from typing import NamedTuple

from appliance.acd import balances, contacts, line_tests, messages, numbers, pauses, shifts
from appliance.acd.agents import ON_A_CALL
from appliance.acd.callbacks import has_room
from appliance.acd.ids import AgentName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    AgentLogout,
    AgentPause,
    AgentResume,
    AskBalance,
    CallBack,
    CloseWorklistItem,
    Command,
    ContactAccepted,
    ContactClosed,
    ContactOffered,
    ContactRejected,
    EndWrapUp,
    ExtendWrapUp,
    HangUpCall,
    SetDisposition,
    TestLine,
)
from appliance.acd.message_inputs import SendMessage
from appliance.acd.plan import Language
from appliance.acd.prompts import Words
from appliance.acd.state import Agent, Queue, State
from appliance.acd.wrap_up import calls_had, needs_disposition, why_not_extend

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
    "no_more_extensions": Words(
        "El trabajo posterior de «{who}» ya no se puede alargar más.",
        "The wrap-up of “{who}” cannot be extended any more.",
    ),
    "needs_disposition": Words(
        "Falta la tipificación de la última llamada de «{who}»: sin ella no termina el trabajo posterior.",
        "The disposition of the last call of “{who}” is missing: wrap-up does not end without it.",
    ),
    "paused_already": Words("«{who}» ya está en esa pausa.", "“{who}” is in that pause already."),
    "pause_reserved": Words(
        "«{detail}» no es un motivo de pausa que se pueda elegir: lo pone la centralita.",
        "“{detail}” is no reason to choose for a pause: the box gives it.",
    ),
    "pause_unknown": Words(
        "Ese motivo de pausa no está en la configuración. Hay: {detail}.",
        "That reason for a pause is not in the configuration. There are: {detail}.",
    ),
    "pause_full": Words(
        "Ya están en esa pausa todos los que caben ({detail}): espere a que alguien vuelva.",
        "As many as may are in that pause already ({detail}): wait until somebody is back.",
    ),
    "pause_day_limit": Words(
        "«{who}» ya ha usado hoy todo el tiempo de esa pausa ({detail}).",
        "“{who}” has used all of today's time for that pause ({detail}).",
    ),
    "off_shift": Words(
        "«{who}» está fuera de su turno, que no admite horas extra.",
        "“{who}” is outside the shift, which allows no overtime.",
    ),
    "unknown_queue": Words(
        "La cola del contacto {who} no está en la configuración.",
        "The queue of contact {who} is not in the configuration.",
    ),
    "contact_known": Words("El contacto {who} ya está en una cola.", "Contact {who} is in a queue already."),
    "too_many_contacts": Words(
        "Hay demasiados contactos a la vez: el {who} no cabe.", "There are too many contacts: {who} finds no room."
    ),
    "unknown_contact": Words("El contacto {who} no está en ninguna cola.", "Contact {who} is in no queue."),
    "not_offered": Words(
        "El contacto {who} ya no se ofrece a ese agente.", "Contact {who} is not offered to that agent any more."
    ),
    "no_last_call": Words(
        "«{who}» no tiene ninguna llamada reciente que tipificar.",
        "“{who}” has no recent call to give a disposition to.",
    ),
    "no_code": Words("Falta el código de la tipificación.", "The disposition's code is missing."),
    "not_on_worklist": Words("El número {who} no está en la lista.", "The number {who} is not on the worklist."),
    "may_not_be_called": Words(
        "No se permite llamar al {who}: vea [dialling] en la configuración.",
        "{who} may not be called: see [dialling] in the configuration.",
    ),
    "unknown_line": Words(
        "No hay ninguna línea «{who}». Las líneas están en la configuración.",
        "There is no line “{who}”. Lines are in the configuration.",
    ),
    "line_is_tested": Words("La línea «{who}» ya se está probando.", "Line “{who}” is being tested already."),
    "line_has_call": Words(
        "La línea «{who}» tiene una llamada: espere a que termine.", "Line “{who}” has a call: wait until it is over."
    ),
    "line_only_in": Words(
        "La línea «{who}» es solo de entrada: por ella no se llama.", "Line “{who}” is for incoming calls only."
    ),
    "line_is_down": Words(
        "La línea «{who}» no funciona: no se puede llamar por ella.", "Line “{who}” is down: no call can go out on it."
    ),
    "no_dial_tone_here": Words(
        "La línea «{who}» no es analógica: no tiene tono de marcar.",
        "Line “{who}” is not analogue: it has no dial tone.",
    ),
    "no_balance_code": Words(
        "La línea «{who}» no tiene código para preguntar el saldo: escriba `balance_code` en su [[line]].",
        "Line “{who}” has no code to ask the balance by: write `balance_code` in its [[line]].",
    ),
    "balance_is_asked": Words(
        "Ya se está preguntando el saldo de la línea «{who}».", "The balance of line “{who}” is being asked already."
    ),
    "line_cannot_ask": Words(
        "La línea «{who}» no funciona: no se puede preguntar su saldo.",
        "Line “{who}” is down: its balance cannot be asked.",
    ),
    "no_queue_to_call": Words("Diga qué cola ha de llamar al {who}.", "Say which queue is to call {who}."),
    "not_of_the_queue": Words("«{who}» no atiende esa cola.", "“{who}” does not serve that queue."),
    "on_the_line": Words("Ya hay una llamada con el {who}.", "There is a call with {who} already."),
    "too_many_calls": Words(
        "Hay demasiadas llamadas pendientes: espere a que terminen.", "There are too many calls to make: wait for some."
    ),
    "message_empty": Words("El mensaje no tiene texto que se pueda enviar.", "The message has no text to send."),
    "message_too_long": Words(
        "El mensaje es demasiado largo: caben como mucho 8 partes.", "The message is too long: it may have 8 parts."
    ),
    "message_known": Words(
        "Ese mensaje ya se pidió: la lista dice cómo va.",
        "That message was asked for already: the list has it.",
    ),
    "too_many_messages": Words(
        "Hay demasiados mensajes pendientes: espere a que salgan.", "Too many messages wait: let some be sent first."
    ),
    "no_line_for_messages": Words(
        "No hay ninguna línea así que pueda enviar mensajes.", "There is no such line that can send messages."
    ),
    "messages_of_today": Words(
        "La línea ya ha enviado hoy todos los mensajes que puede: vea `messages_per_day` en la configuración.",
        "The line has sent all its messages of today: see `messages_per_day` in the configuration.",
    ),
    "no_such_call": Words("La llamada {who} ya no está en curso.", "The call {who} is not up any more."),
}


class Refusal(NamedTuple):
    code: str
    who: str = ""
    detail: str = ""


def sentence(refusal: Refusal, language: Language) -> str:
    words = SENTENCES[refusal.code]
    return words.of(language).format(who=refusal.who, detail=refusal.detail)


def why_not(state: State, command: Command, now_ms: int) -> Refusal | None:
    """What stands in the way of this command; None when nothing does."""
    match command:
        case AgentLogin():
            return _login(state, command)
        case AgentLogout(agent) | AgentPause(agent) | AgentResume(agent):
            return _of_agent(state, agent, command, now_ms)
        case EndWrapUp(agent) | ExtendWrapUp(agent) | SetDisposition(agent):
            return _of_agent(state, agent, command, now_ms)
        case CloseWorklistItem(number):
            listed = numbers.key(state.plan, number) in state.worklist
            return None if listed else Refusal("not_on_worklist", number)
        case CallBack():
            return _call_back(state, command)
        case ContactOffered() | ContactAccepted() | ContactRejected() | ContactClosed():
            code = contacts.why_not(state, command)
            return Refusal(code, command.contact) if code else None
        case SendMessage(number=number):
            code = messages.why_not(state, command, now_ms)
            return Refusal(code, number) if code else None
        case TestLine(line, number):
            code = line_tests.why_not(state, command)
            return Refusal(code, number if code == "may_not_be_called" else line) if code else None
        case AskBalance(line):
            code = balances.why_not(state, command)
            return Refusal(code, line) if code else None
        case HangUpCall(call):
            return None if call in state.calls else Refusal("no_such_call", call)
    return None


def login_station(state: State, command: AgentLogin) -> StationName | None:
    """Where a login puts the agent: where the command says, else the agent's usual station."""
    agent = state.agents.get(command.agent)
    return command.station if command.station is not None else agent.plan.station if agent is not None else None


def callback_queue(state: State, command: CallBack) -> Queue | None:
    """The queue whose agents call a number back: as the command says, else its item's, else its agent's first; else the
    office's first."""
    item = state.worklist.get(numbers.key(state.plan, command.number))
    agent = state.agents.get(command.agent) if command.agent is not None else None
    first = agent.queues[0] if agent is not None and agent.queues else next(iter(state.queues), None)
    name = command.queue or (item.queue if item is not None else None) or first
    queue = state.queues.get(name) if name is not None else None
    return None if queue is None or queue.removed else queue


def _call_back(state: State, command: CallBack) -> Refusal | None:
    queue = callback_queue(state, command)
    if not numbers.may_be_called_back(state.plan, command.number):
        return Refusal("may_not_be_called", command.number)
    if queue is None:
        return Refusal("no_queue_to_call", command.number)
    if command.agent is not None and command.agent not in queue.plan.agents:
        return Refusal("not_of_the_queue", command.agent)
    key = numbers.key(state.plan, command.number)
    if any(numbers.key(state.plan, call.caller) == key and call.leg for call in state.calls.values()):
        return Refusal("on_the_line", command.number)
    return None if has_room(state, command.number) else Refusal("too_many_calls")


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
    if agent.state == "logged_out" and not agent.on_shift and not shifts.allows_overtime(state, agent):
        return Refusal("off_shift", command.agent)
    other = state.agents.get(station.agent) if station.agent is not None else None
    if other is not None and other.state in ON_A_CALL:
        return Refusal("station_on_a_call", other.plan.name)
    return None


def _of_agent(state: State, name: AgentName, command: Command, now_ms: int) -> Refusal | None:
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
            return _pause(state, agent, reason, now_ms)
        case AgentResume() if agent.state != "not_ready" and agent.after_call != "not_ready":
            return Refusal("not_paused", name)
        case EndWrapUp() if agent.state != "wrap_up":
            return Refusal("not_in_wrap_up", name)
        case EndWrapUp() if needs_disposition(agent):
            return Refusal("needs_disposition", name)
        case ExtendWrapUp() if code := why_not_extend(agent):
            return Refusal(code, name)
    return None


def _pause(state: State, agent: Agent, reason: str, now_ms: int) -> Refusal | None:
    if not reason:
        return Refusal("no_reason")
    if len(reason) > LONGEST_TEXT:
        return Refusal("too_long")
    refused = pauses.why_not(state, agent, reason, now_ms + state.utc_offset_ms)
    return Refusal(refused[0], agent.plan.name, refused[1]) if refused is not None else None
