"""Callers and the agents who know them: whom a number talked with last, and the first right that gives."""

from appliance.acd.ids import AgentName
from appliance.acd.state import Call, LastAgent, Queue
from appliance.acd.turn import Turn

REMEMBERED = 2_000
"""Numbers; the one heard of longest ago is forgotten first."""


def remember(turn: Turn, number: str, agent: AgentName) -> None:
    """They are talking. A withheld number is nobody's."""
    if not number:
        return
    known = turn.state.last_agents
    known.pop(number, None)
    known[number] = LastAgent(agent, turn.now_utc_ms)
    if len(known) > REMEMBERED:
        del known[next(iter(known))]


def first_right(turn: Turn, call: Call, queue: Queue) -> AgentName | None:
    """The agent this caller is to wait for at first: of this queue, and at work today."""
    last = turn.state.last_agents.get(call.caller) if queue.plan.sticky_ms > 0 else None
    agent = turn.state.agents.get(last.agent) if last is not None else None
    if agent is None or queue.plan.name not in agent.queues or agent.state in ("logged_out", "not_ready"):
        return None
    return agent.plan.name
