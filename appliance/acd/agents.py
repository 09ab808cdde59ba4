"""What an agent can be doing, as a table; the steps along it, and who can be rung right now.

logged_out -> ready <-> not_ready;  ready -> ringing -> talking <-> held -> wrap_up -> ready;  also outbound
"""

from typing import Literal

from appliance.acd import hours, pause_time
from appliance.acd.effects import StoreAgentState
from appliance.acd.ids import StationName
from appliance.acd.plan import Channel
from appliance.acd.state import Agent, State
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


def move(turn: Turn, agent: Agent, event: AgentEvent, reason: str = "", *, scheduled: bool = False) -> None:
    """One step along the table, with its row in the agent's history. Raises IllegalTransition.

    `scheduled`: it is the calendar that pauses the agent.
    """
    new = TABLE.get((agent.state, event))
    if new is None:
        raise IllegalTransition(f"agent {agent.plan.name}: {event} while {agent.state}")
    previous_ms = turn.now_ms - agent.since_ms
    if (new == "ready" and event in ("log_in", "resume", "wrapped_up")) or (event == "dial" and agent.state != "ready"):
        agent.idle_since_ms = turn.now_ms
    if agent.state == "not_ready":
        pause_time.ended(turn, agent)
    agent.state, agent.reason, agent.since_ms = new, reason, turn.now_ms
    if new == "not_ready":
        pause_time.began(turn, agent, scheduled=scheduled)
    if new == "ready":
        turn.freed_agents.append(agent.plan.name)
    if agent.contacts and new in ("not_ready", "logged_out"):
        turn.left_desks.append(agent)
    if new == "talking" and agent.plan.messages_while_on_call:
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


def excluded(state: State, agent: Agent, channel: Channel = "voice") -> str:
    """Why this agent cannot be given a contact of this channel now, voice: be rung: "" for one who can, else the
    reason code."""
    if channel != "voice":
        return _no_room(state, agent, channel)
    if agent.state != "ready":
        return agent.state
    if agent.off_shift:
        return "off_shift"
    station = state.stations.get(agent.station) if agent.station is not None else None
    if station is None or station.health != "up":
        return "unreachable"
    if station.off_hook or station.star_legs:
        return "off_hook"
    if agent.contacts and not agent.plan.calls_while_in_conversation:
        return "in_conversation"
    return "retry" if agent.retry_at_ms else ""


def _no_room(state: State, agent: Agent, channel: Channel) -> str:
    """Conversations need no telephone, and may go on beside a call where the plan says so."""
    room = agent.plan.capacity.get(channel, 0)
    if room <= 0:
        return "channel"
    if agent.state != "ready" and not (agent.plan.messages_while_on_call and agent.state in ("talking", "held")):
        return agent.state
    if agent.off_shift:
        return "off_shift"
    if sum(state.contacts[name].channel == channel for name in agent.contacts) >= room:
        return "full"
    return "retry" if agent.contact_retry else ""


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
    return hours.local_day(turn.state.plan.time_zone, turn.now_utc_ms)


def never_met(turn: Turn, agent: Agent) -> None:
    """The agent lifted or dialled, but the conversation never began: free again, without after-call work."""
    agent.call = agent.leg = None
    move(turn, agent, "dial_over" if agent.state == "outbound" else "never_met")
    do_after_call(turn, agent)


def do_after_call(turn: Turn, agent: Agent) -> bool:
    """What was asked for, or came due, while the agent had a call or was rung; False when nothing was."""
    after, reason, scheduled = agent.after_call, agent.after_call_reason, agent.after_call_scheduled
    forget_after_call(agent)
    if agent.shift_is_over:
        log_out(turn, agent, "shift")
    elif after == "logged_out":
        log_out(turn, agent)
    elif after == "not_ready" and agent.state != "not_ready":
        move(turn, agent, "pause", reason, scheduled=scheduled)
    else:
        return False
    return True


def forget_after_call(agent: Agent) -> None:
    agent.after_call, agent.after_call_reason, agent.after_call_scheduled = "", "", False


def log_in(turn: Turn, agent: Agent, station: StationName) -> None:
    """Ready at a station, which must exist; whoever sat there before is not this function's business."""
    agent.station, turn.state.stations[station].agent = station, agent.plan.name
    agent.missed_in_a_row = agent.failed_in_a_row = agent.retry_at_ms = 0
    agent.off_shift = agent.shift_is_over = False
    move(turn, agent, "log_in")


def log_out(turn: Turn, agent: Agent, reason: str = "") -> None:
    """Leave the station. Only from states without a call."""
    turn.deadlines.cancel("retry", agent.plan.name)
    turn.deadlines.cancel("shift_over", agent.plan.name)
    turn.deadlines.cancel("contact_retry", agent.plan.name)
    agent.contact_retry = False
    forget_after_call(agent)
    agent.off_shift = agent.shift_is_over = False
    move(turn, agent, "log_out", reason)
    place = turn.state.stations.get(agent.station) if agent.station is not None else None
    if place is not None and place.agent == agent.plan.name:
        place.agent = None
    agent.station = None
    if agent.removed:
        del turn.state.agents[agent.plan.name]
