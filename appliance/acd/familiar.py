"""Callers and the agents who know them: whom a number talked with last, and the first right that gives."""

from appliance.acd import numbers, queues
from appliance.acd.agents import excluded
from appliance.acd.ids import AgentName
from appliance.acd.state import Agent, Call, LastAgent, Queue
from appliance.acd.turn import Turn

REMEMBERED = 2_000
"""Numbers; the one heard of longest ago is forgotten first."""


def remember(turn: Turn, number: str, agent: AgentName) -> None:
    """They are talking. A withheld number is nobody's."""
    if number:
        key = numbers.key(turn.state.plan, number)
        numbers.remember(turn.state.last_agents, key, LastAgent(agent, turn.now_utc_ms), REMEMBERED)


def first_right(turn: Turn, call: Call, queue: Queue) -> AgentName | None:
    """The agent this caller is to wait for at first: of this queue, and there.

    Nobody in a queue that is full: who is let in only because somebody is free is given to whoever that is.
    """
    last = turn.state.last_agents.get(numbers.key(turn.state.plan, call.caller)) if queue.plan.sticky_ms > 0 else None
    agent = turn.state.agents.get(last.agent) if last is not None else None
    full = len(queue.waiting) >= queue.plan.max_length
    return agent.plan.name if agent is not None and not full and _is_there(turn, queue, agent) else None


def free_those_whose_agent_left(turn: Turn, queue: Queue) -> None:
    """Nobody waits for an agent who is not there any more: logged out, paused, at a phone that cannot be reached, or of
    other queues now."""
    for hungry in list(queue.hungry.values()):
        only = turn.state.agents.get(hungry.want.only) if hungry.want.only is not None else None
        if hungry.want.only is None or (only is not None and _is_there(turn, queue, only)):
            continue
        for _, _, name in list(hungry.places):
            call = turn.state.calls[name]
            call.sticky = None
            queues.want(turn, call, queue)


def _is_there(turn: Turn, queue: Queue, agent: Agent) -> bool:
    away = excluded(turn.state, agent) in ("logged_out", "not_ready", "off_shift", "unreachable")
    return queue.plan.name in agent.queues and not away
