"""What an agent can be doing, as a table; the steps along it, and who can be rung right now.

logged_out -> ready <-> not_ready;  ready -> ringing -> talking <-> held -> wrap_up -> ready;  also outbound
"""

from typing import Literal

from appliance.acd.effects import StoreAgentState, StoreWrapUp
from appliance.acd.hours import local_time
from appliance.acd.ids import CallId, StationName
from appliance.acd.state import Agent, FinishedCall, State
from appliance.acd.turn import IllegalTransition, Turn
from appliance.acd.view import AgentStateName

AgentEvent = Literal[
    "log_in",
    "log_out",
    "pause",
    "resume",
    "ring",
    "ring_over",  # the ring came to nothing, whatever the reason
    "miss_out",  # one missed ring too many
    "answer",
    "hold",
    "take_back",
    "part",  # the conversation is over
    "never_met",  # lifted, but the caller was not through and is gone
    "wrapped_up",
    "dial",
    "dial_over",
]
FINISHED_CALLS_KEPT = 20

TABLE: dict[tuple[AgentStateName, AgentEvent], AgentStateName] = {
    ("logged_out", "log_in"): "ready",
    ("ready", "log_out"): "logged_out",
    ("ready", "pause"): "not_ready",
    ("ready", "ring"): "ringing",
    ("ready", "dial"): "outbound",
    ("not_ready", "pause"): "not_ready",  # another reason
    ("not_ready", "resume"): "ready",
    ("not_ready", "log_out"): "logged_out",
    ("not_ready", "dial"): "outbound",
    ("ringing", "ring_over"): "ready",
    ("ringing", "miss_out"): "not_ready",
    ("ringing", "answer"): "talking",
    ("talking", "hold"): "held",
    ("talking", "part"): "wrap_up",
    ("talking", "never_met"): "ready",
    ("held", "take_back"): "talking",
    ("held", "part"): "wrap_up",
    ("outbound", "answer"): "talking",  # the number that was dialled
    ("outbound", "ring"): "ringing",  # kept for a customer who has answered now
    ("outbound", "dial_over"): "ready",
    ("wrap_up", "dial"): "outbound",
    ("wrap_up", "wrapped_up"): "ready",
    ("wrap_up", "pause"): "not_ready",
    ("wrap_up", "log_out"): "logged_out",
}
ON_A_CALL: tuple[AgentStateName, ...] = ("talking", "held", "outbound")


def move(turn: Turn, agent: Agent, event: AgentEvent, reason: str = "") -> None:
    """One step along the table, with its row in the agent's history. Raises IllegalTransition."""
    new = TABLE.get((agent.state, event))
    if new is None:
        raise IllegalTransition(f"agent {agent.plan.name}: {event} while {agent.state}")
    previous_ms = turn.now_ms - agent.since_ms
    if new == "ready" and event in ("log_in", "resume", "wrapped_up"):
        agent.idle_since_ms = turn.now_ms
    agent.state, agent.reason, agent.since_ms = new, reason, turn.now_ms
    if new == "ready":
        turn.freed_agents.append(agent.plan.name)
    if new not in ("ringing", *ON_A_CALL):
        thin_out(turn, agent)
    number = turn.state.next_agent_change
    turn.state.next_agent_change = number + 1
    turn.store.append(
        StoreAgentState(
            number, agent.plan.name, new, reason, agent.station, agent.call, turn.now_utc_ms, max(0, previous_ms)
        )
    )


def thin_out(turn: Turn, agent: Agent) -> None:
    """There may be nobody left in the queues of this agent."""
    for name in agent.queues:
        turn.thinned_queues[name] = None


def excluded(state: State, agent: Agent) -> str:
    """Why this agent cannot be rung now: "" for one who can, else the reason code."""
    if agent.state != "ready":
        return agent.state
    station = state.stations.get(agent.station) if agent.station is not None else None
    if station is None:
        return "no_station"
    if station.health != "up":
        return "unreachable"
    if station.off_hook or station.star_legs:
        return "off_hook"
    return "retry" if agent.retry_at_ms else ""


def is_at_hand(state: State, agent: Agent) -> bool:
    """Whether the agent's station could be rung, whatever the agent does."""
    station = state.stations.get(agent.station) if agent.station is not None else None
    return station is not None and station.health == "up" and not station.off_hook and not station.star_legs


def may_be_rung_again(turn: Turn, agent: Agent) -> None:
    """The time a failed ring left the agent alone is over."""
    agent.retry_at_ms = 0
    turn.freed_agents.append(agent.plan.name)


def count(turn: Turn, agent: Agent, *, calls: int = 0, talk_ms: int = 0) -> None:
    """So much more today; a talk over midnight counts for the day it ends in."""
    today = local_day(turn)
    if agent.day != today:
        agent.day, agent.calls_today, agent.talk_today_ms = today, 0, 0
    agent.calls_today += calls
    agent.talk_today_ms += talk_ms


def local_day(turn: Turn) -> str:
    """The date where the box is."""
    return local_time(turn.state.plan.time_zone, turn.now_utc_ms).date().isoformat()


def begin_wrap_up(turn: Turn, agent: Agent, call: CallId, wrap_up_ms: int) -> None:
    """The conversation is over: after-call work begins, and ends by itself after `wrap_up_ms`."""
    move(turn, agent, "part")
    agent.leg = None
    _finished(agent, call)
    if wrap_up_ms > 0:
        turn.deadlines.set("wrap_up", agent.plan.name, turn.now_ms + wrap_up_ms)
    else:
        end_wrap_up(turn, agent)


def end_wrap_up(turn: Turn, agent: Agent) -> None:
    """After-call work is over; then comes what the agent asked for during the call."""
    close_wrap_up(turn, agent)
    after, reason = agent.after_call, agent.after_call_reason
    agent.after_call, agent.after_call_reason = "", ""
    if after == "not_ready":
        move(turn, agent, "pause", reason)
    elif after == "logged_out":
        log_out(turn, agent)
    else:
        move(turn, agent, "wrapped_up")


def close_wrap_up(turn: Turn, agent: Agent) -> None:
    """Write down how long the after-call work was; the step to the next state is the caller's."""
    turn.deadlines.cancel("wrap_up", agent.plan.name)
    assert agent.call is not None, "after-call work is a call's"
    done = _finished(agent, agent.call)
    done.wrap_up_ms = turn.now_ms - agent.since_ms
    turn.store.append(StoreWrapUp(done.call, agent.plan.name, done.wrap_up_ms, done.disposition))
    agent.call = None


def never_met(turn: Turn, agent: Agent) -> None:
    """The agent lifted or dialled, but the conversation never began: free again, without after-call work."""
    agent.call = agent.leg = None
    move(turn, agent, "dial_over" if agent.state == "outbound" else "never_met")
    after, reason = agent.after_call, agent.after_call_reason
    agent.after_call, agent.after_call_reason = "", ""
    if after == "not_ready":
        move(turn, agent, "pause", reason)
    elif after == "logged_out":
        log_out(turn, agent)


def calls_had(agent: Agent) -> list[CallId]:
    """The calls this agent can still give a disposition to, the latest last."""
    had = [done.call for done in agent.finished]
    if agent.call is not None and agent.state in ("talking", "held", "wrap_up") and agent.call not in had:
        had.append(agent.call)
    return had


def set_disposition(turn: Turn, agent: Agent, call: CallId, code: str) -> None:
    """How a call ended, as the agent says; written with its after-call work, again if that was already written."""
    done = _finished(agent, call)
    done.disposition = code
    if agent.call != call:
        turn.store.append(StoreWrapUp(call, agent.plan.name, done.wrap_up_ms, code))


def log_in(turn: Turn, agent: Agent, station: StationName) -> None:
    """Ready at a station, which must exist; whoever sat there before is not this function's business."""
    agent.station, turn.state.stations[station].agent = station, agent.plan.name
    agent.missed_in_a_row = agent.failed_in_a_row = agent.retry_at_ms = 0
    move(turn, agent, "log_in")


def log_out(turn: Turn, agent: Agent) -> None:
    """Leave the station. Only from states without a call."""
    turn.deadlines.cancel("retry", agent.plan.name)
    move(turn, agent, "log_out")
    place = turn.state.stations.get(agent.station) if agent.station is not None else None
    if place is not None and place.agent == agent.plan.name:
        place.agent = None
    agent.station = None
    if agent.removed:
        del turn.state.agents[agent.plan.name]


def _finished(agent: Agent, call: CallId) -> FinishedCall:
    for done in agent.finished:
        if done.call == call:
            return done
    done = FinishedCall(call)
    agent.finished.append(done)
    del agent.finished[:-FINISHED_CALLS_KEPT]
    return done
