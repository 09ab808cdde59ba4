"""Which agent is rung for which caller: who could be, who is not and why, and what breaks the tie.

Two rules keep this cheap however many callers wait. No queue holds a caller who wants an agent while one of its agents
is free: so only the arrival of a caller or the freeing of an agent can lead to a ring. And all callers of one queue
want the same agents: so only the first of them is looked at.
"""

from collections.abc import Sequence
from functools import lru_cache

from appliance.acd import queues, rings
from appliance.acd.agents import excluded
from appliance.acd.effects import Candidate
from appliance.acd.ids import AgentName
from appliance.acd.state import Agent, Call, Queue
from appliance.acd.turn import Turn


def settle(turn: Turn) -> None:
    """Bring the callers who came to want an agent and the agents who became free together, longest waiter first."""
    while turn.hungry_calls or turn.freed_agents:
        hungry, turn.hungry_calls = turn.hungry_calls, []
        for call_id in hungry:
            call = turn.state.calls.get(call_id)
            if call is not None:
                _serve(turn, call)
        freed, turn.freed_agents = turn.freed_agents, []
        for name in freed:
            agent = turn.state.agents.get(name)
            if agent is not None:
                _employ(turn, agent)


def _serve(turn: Turn, call: Call) -> None:
    """Ring for a call that wants an agent, if it is its queue's turn and somebody is free."""
    queue = turn.queue_of(call)
    if queue is None or not queues.wants(queue, call):
        return
    if queues.next_hungry(turn.state, queue) is call:
        _ring_for(turn, call, queue)
    else:
        _note_nobody(turn, call, "callers_ahead", ())


def _employ(turn: Turn, agent: Agent) -> None:
    """Ring for the longest waiters of all queues the agent serves, until the agent is one of those rung.

    More than once, because the strategy may prefer another one who became free in the same moment.
    """
    while not excluded(turn.state, agent, turn.now_ms):
        best = _longest_waiter(turn, agent)
        if best is None:
            return
        _ring_for(turn, *best)


def _longest_waiter(turn: Turn, agent: Agent) -> tuple[Call, Queue] | None:
    best: tuple[Call, Queue] | None = None
    for name in agent.queues:
        queue = turn.state.queues[name]
        first = queues.next_hungry(turn.state, queue)
        if first is not None and (best is None or queues.place_of(first) < queues.place_of(best[0])):
            best = (first, queue)
    return best


def _ring_for(turn: Turn, call: Call, queue: Queue) -> None:
    """One decision: choose by the queue's strategy, keep why, and ring."""
    free, looked_at = _look(turn, queue)
    if not free:
        _note_nobody(turn, call, "nobody_free", looked_at)
        return
    chosen, reason = _choose(queue, free)
    names = {agent.plan.name for agent in chosen}
    candidates = tuple(_marked(seen) if seen.agent in names else seen for seen in looked_at)
    call.last_picture = ""
    detail = ",".join(agent.plan.name for agent in chosen)
    turn.decide("ring", reason, call=call, detail=detail, strategy=queue.plan.strategy, candidates=candidates)
    if queue.plan.strategy != "ring_all":
        queues.satisfy(turn, call, queue)
    for agent in chosen:
        rings.start(turn, call, queue, agent)


def _look(turn: Turn, queue: Queue) -> tuple[list[Agent], list[Candidate]]:
    """Every agent of the queue: those free, and all as candidates with the reason each other one is not."""
    state, now_ms = turn.state, turn.now_ms
    free: list[Agent] = []
    looked_at: list[Candidate] = []
    for name in queue.plan.agents:
        agent = state.agents.get(name)
        if agent is None:
            continue
        why_not = excluded(state, agent, now_ms)
        if why_not:
            looked_at.append(_not_chosen(name, agent.state, why_not))
        else:
            free.append(agent)
            looked_at.append(Candidate(name, "ready", "", now_ms - agent.idle_since_ms, False))
    return free, looked_at


def _choose(queue: Queue, free: list[Agent]) -> tuple[list[Agent], str]:
    """Whom to ring of those free (in the plan's order), and the code of what decided."""
    strategy = queue.plan.strategy
    if len(free) == 1:
        return free, "only_one_free"
    if strategy == "ring_all":
        return free, "all_free"
    if strategy == "linear":
        return free[:1], "first_in_order"
    since = min(agent.idle_since_ms for agent in free)
    longest = [agent for agent in free if agent.idle_since_ms == since]
    return longest[:1], "longest_idle" if len(longest) == 1 else "longest_idle_then_order"


@lru_cache(maxsize=4096)
def _not_chosen(agent: AgentName, state: str, why_not: str) -> Candidate:
    """Most agents are busy in most decisions: the same record each time."""
    return Candidate(agent, state, why_not, 0, False)


def _marked(seen: Candidate) -> Candidate:
    return Candidate(seen.agent, seen.state, seen.excluded, seen.idle_ms, True)


def _note_nobody(turn: Turn, call: Call, reason: str, looked_at: Sequence[Candidate]) -> None:
    """Keep why nobody is rung, unless the same was kept for this call already."""
    picture = reason + " ".join(f"{seen.agent}:{seen.excluded}" for seen in looked_at)
    if picture != call.last_picture:
        call.last_picture = picture
        queue = turn.queue_of(call)
        detail = str(queues.position(queue, call) - 1) if queue is not None else ""
        turn.decide("none_ready", reason, call=call, detail=detail, candidates=tuple(looked_at))
