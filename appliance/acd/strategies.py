"""Whom a queue's strategy rings of those who could be: one function a strategy, and the code of what decided.

Names and rules as in Asterisk's app_queue and FreeSWITCH's mod_callcenter; where those differ, the docstring says which
is followed. Tiers come first for every strategy but `ring_all`, which rings every tier that is open: what it is for.
"""

from collections.abc import Callable
from typing import NamedTuple

from appliance.acd import agents, chance
from appliance.acd.desk import Contact
from appliance.acd.ids import AgentName
from appliance.acd.state import Agent, Call, Queue, Waiter
from appliance.acd.turn import Turn


class Choice(NamedTuple):
    """`measures` is what was compared, an int for each of those compared, in their order; empty when nothing was."""

    chosen: list[Agent]
    reason: str
    measures: list[int]


def choose(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    """Of those free, at least one, all of the lowest tier among them unless the strategy is `ring_all`.

    What is no call is offered to one at a time: where all would be rung, to the longest idle.
    """
    if len(free) == 1:
        _note(queue, call, free[0])
        return Choice(free, "only_one_free", [])
    one = isinstance(call, Contact) and queue.plan.strategy == "ring_all"
    choice = _STRATEGIES["longest_idle" if one else queue.plan.strategy](turn, queue, call, free)
    _note(queue, call, choice.chosen[-1])
    return choice


def _note(queue: Queue, call: Waiter, last: Agent) -> None:
    """Whom the strategy goes on from. A ring of the caller's own agent was not the strategy's."""
    queue.last_rung = last.plan.name
    if isinstance(call, Call) and queue.hungry[call.want].want.only is None:
        call.rung_in_order = last.plan.name


def lowest_tier(queue: Queue, free: list[Agent]) -> list[Agent]:
    """Those whom tiers leave to the strategy."""
    plan = queue.plan
    if not plan.tiers or plan.strategy == "ring_all":
        return free
    tier_of = plan.tiers.get
    tiers = [tier_of(agent.plan.name, 1) for agent in free]
    lowest = min(tiers)
    return [agent for agent, tier in zip(free, tiers, strict=True) if tier == lowest]


def _ring_all(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    return Choice(free, "all_free", [])


def _linear(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    """Top down for every caller, on from whoever was rung for this one last and did not take it (app_queue `linear`,
    mod_callcenter `top-down`)."""
    last = call.rung_in_order if isinstance(call, Call) else None
    if last is None:
        return Choice(free[:1], "first_in_order", [])
    return Choice([_next_after(queue, last, free)], "next_in_order", [])


def _longest_idle(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    """mod_callcenter `longest-idle-agent`. A ring that came to nothing does not make an agent less idle."""
    since = [agent.idle_since_ms for agent in free]
    longest = min(since)
    reason = "longest_idle" if since.count(longest) == 1 else "longest_idle_then_order"
    return Choice([free[since.index(longest)]], reason, [])


def _ring_progressively(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    """mod_callcenter `ring-progressively`: one more at a time, the longest idle first, while the others ring on."""
    return Choice(_longest_idle(turn, queue, call, free).chosen, "next_to_ring", [])


def _round_robin(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    """app_queue `rrmemory`: the first free one after whoever was rung last, in the queue's order."""
    return Choice([_next_after(queue, queue.last_rung, free)], "next_in_turn", [])


def _next_after(queue: Queue, last: AgentName | None, free: list[Agent]) -> Agent:
    """The first free one after this agent in the queue's order, and from the top again; from the top after nobody."""
    order = queue.plan.agents
    after = order.index(last) + 1 if last in order else 0
    by_name = {agent.plan.name: agent for agent in free}
    return next(by_name[name] for name in (*order[after:], *order[:after]) if name in by_name)


def _fewest_calls(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    """Calls of the local day, over all queues. (app_queue's `fewestcalls` counts since its start, each queue's own.)"""
    day = agents.local_day(turn)
    return _least(free, [agent.calls_today if agent.day == day else 0 for agent in free], "fewest_calls")


def _least_talk_time(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    """mod_callcenter `agent-with-least-talk-time`, of the local day, with holds."""
    day = agents.local_day(turn)
    return _least(free, [agent.talk_today_ms if agent.day == day else 0 for agent in free], "least_talk_time")


def _least(free: list[Agent], measures: list[int], reason: str) -> Choice:
    """The least measure; of those who share it the longest idle, then the first in the queue's order."""
    least = min(measures)
    same = [agent for agent, measure in zip(free, measures, strict=True) if measure == least]
    chosen = min(same, key=lambda agent: agent.idle_since_ms)
    return Choice([chosen], reason if len(same) == 1 else f"{reason}_then_idle", measures)


def _random(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    return Choice([free[chance.draw(turn.state, [1] * len(free))]], "by_chance", [])


def _weighted_random(turn: Turn, queue: Queue, call: Waiter, free: list[Agent]) -> Choice:
    """As many tickets as the plan says (app_queue `wrandom` makes the chance of the penalty)."""
    weights = [max(1, queue.plan.weights.get(agent.plan.name, 1)) for agent in free]
    return Choice([free[chance.draw(turn.state, weights)]], "by_weighted_chance", weights)


_STRATEGIES: dict[str, Callable[[Turn, Queue, Waiter, list[Agent]], Choice]] = {
    "ring_all": _ring_all,
    "longest_idle": _longest_idle,
    "round_robin": _round_robin,
    "linear": _linear,
    "fewest_calls": _fewest_calls,
    "least_talk_time": _least_talk_time,
    "random": _random,
    "weighted_random": _weighted_random,
    "ring_progressively": _ring_progressively,
}
