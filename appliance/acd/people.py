"""What people ask for: log-in and log-out, pauses, wrap-up, dispositions, night mode, hanging up, worklist items.

What cannot be done is ignored here without a word: the daemon refused it before, with the sentence of `refusals`.
"""

from appliance.acd import agents, balances, callback_attempts, lamps, line_tests, rings, wrap_up
from appliance.acd.agents import ON_A_CALL
from appliance.acd.conversation import hang_up_call
from appliance.acd.effects import StoreNightMode
from appliance.acd.ending import end
from appliance.acd.ids import StationName
from appliance.acd.inputs import (
    AgentLogin,
    AgentLogout,
    AgentPause,
    AgentResume,
    AskBalance,
    ButtonPressed,
    CallBack,
    CloseWorklistItem,
    EndWrapUp,
    ExtendWrapUp,
    PersonCommand,
    SetDisposition,
    SetNightMode,
    TestLine,
)
from appliance.acd.refusals import Refusal, callback_queue, login_station, why_not
from appliance.acd.state import Agent
from appliance.acd.turn import Turn


def obey(turn: Turn, command: PersonCommand) -> Refusal | None:
    """Do what somebody asked, if it can be done; else the reason why not."""
    refusal = why_not(turn.state, command, turn.now_ms)
    if refusal is not None:
        return refusal
    state = turn.state
    match command:
        case AgentLogin():
            _log_in(turn, command)
        case AgentLogout(name):
            log_out(turn, state.agents[name])
        case AgentPause(name, reason):
            _pause(turn, state.agents[name], reason)
        case AgentResume(name):
            _resume(turn, state.agents[name])
        case EndWrapUp(name):
            wrap_up.end(turn, state.agents[name])
        case ExtendWrapUp(name):
            wrap_up.extend(turn, state.agents[name])
        case SetDisposition():
            _set_disposition(turn, command)
        case SetNightMode(on):
            set_night_mode(turn, on)
        case CloseWorklistItem(number, by, result):
            callback_attempts.settled(turn, number, None, by, result)
        case CallBack(number, by, _, agent):
            queue = callback_queue(state, command)
            assert queue is not None, "why_not said that there is one"
            callback_attempts.order(turn, number, queue, agent, by)
        case TestLine():
            line_tests.begin(turn, command)
        case AskBalance():
            balances.ask(turn, command)
        case _:
            hang_up_call(turn, state.calls[command.call])
    return None


def button(turn: Turn, pressed: ButtonPressed) -> None:
    """A button of the panel: `night_mode` toggles it, `login:<station>` toggles the agent of that station."""
    kind, _, name = pressed.button.partition(":")
    if pressed.button == lamps.NIGHT_MODE:
        set_night_mode(turn, not turn.state.night_mode)
    elif kind != "login" or toggle_login(turn, StationName(name)) not in ("logged_in", "logged_out"):
        turn.late("useless_button", pressed.button)


def toggle_login(turn: Turn, station: StationName) -> str | None:
    """Log out who is logged in at a station, else log in who usually sits there: "logged_out", "logged_in", the code
    of a refusal, or None where there is nobody to log in."""
    place = turn.state.stations.get(station)
    if place is None:
        return None
    if place.agent is not None:
        log_out(turn, turn.state.agents[place.agent])
        return "logged_out"
    for name, agent in turn.state.agents.items():
        if agent.plan.station == station and agent.state == "logged_out":
            refusal = obey(turn, AgentLogin(name, station, trusted=True))
            return "logged_in" if refusal is None else refusal.code
    return None


def set_night_mode(turn: Turn, on: bool) -> None:
    """Night mode closes every queue to new callers; those who wait already are served."""
    if turn.state.night_mode != on:
        turn.state.night_mode = on
        turn.store.append(StoreNightMode(on, turn.now_utc_ms))
        lamps.light_night_mode(turn)


def log_out(turn: Turn, agent: Agent) -> None:
    """Now, or when the call is over; wrap-up is cut short, a ring is withdrawn."""
    _give_back(turn, agent)
    if agent.state in ON_A_CALL:
        agent.after_call, agent.after_call_reason, agent.after_call_scheduled = "logged_out", "", False
        return
    if _let_go(turn, agent):
        agents.log_out(turn, agent)


def _log_in(turn: Turn, command: AgentLogin) -> None:
    agent, station = turn.state.agents[command.agent], login_station(turn.state, command)
    assert station is not None, "why_not said that there is one"
    if agent.state != "logged_out":
        log_out(turn, agent)
    sitting = turn.state.stations[station].agent
    if sitting is not None:
        log_out(turn, turn.state.agents[sitting])
    agents.log_in(turn, agent, station)


def _give_back(turn: Turn, agent: Agent) -> None:
    """An agent who leaves is not kept for a customer any more: it is not dialled for nobody, and is tried again."""
    call = turn.state.calls.get(agent.call) if agent.call is not None else None
    if call is not None and call.reserved == agent.plan.name:
        end(turn, call, "cancelled", "agent")


def _pause(turn: Turn, agent: Agent, reason: str) -> None:
    _give_back(turn, agent)
    if agent.state in ON_A_CALL or wrap_up.needs_disposition(agent):
        agent.after_call, agent.after_call_reason, agent.after_call_scheduled = "not_ready", reason, False
        return
    if not _let_go(turn, agent):
        return
    if agent.shift_is_over:
        agents.log_out(turn, agent, "shift")
    else:
        agents.move(turn, agent, "pause", reason)


def _resume(turn: Turn, agent: Agent) -> None:
    if agent.after_call == "not_ready":
        agents.forget_after_call(agent)
    else:
        agent.missed_in_a_row = 0
        agents.move(turn, agent, "resume")


def _let_go(turn: Turn, agent: Agent) -> bool:
    """Take the agent out of a ring or of wrap-up, so that the step to another state is a legal one; False when that
    logged the agent out: the shift is over."""
    agents.forget_after_call(agent)
    if agent.state == "ringing" and agent.leg is not None:
        rings.over(turn, turn.state.legs[agent.leg], "rejected", "cancelled")
    elif agent.state == "wrap_up":
        wrap_up.close(turn, agent)
    return agent.state != "logged_out"


def _set_disposition(turn: Turn, command: SetDisposition) -> None:
    agent = turn.state.agents[command.agent]
    call = command.call if command.call is not None else wrap_up.calls_had(agent)[-1]
    wrap_up.set_disposition(turn, agent, call, command.code)
