"""Which agent is rung for which caller: who could be, who is not and why, and what breaks the tie.

Two rules keep this cheap however many callers wait. No queue holds a caller who wants an agent while one whom it may be
given to is free: so only the arrival of a caller, a wait long enough for other agents, or the freeing of an agent can
lead to a ring. And callers of one queue who want the same agents (`wants`) stand in one line: so only the first of each
such line is looked at.
"""

from collections.abc import Sequence
from functools import lru_cache

from appliance.acd import callback_attempts, contacts, queues, rings, strategies, wants
from appliance.acd.agents import excluded
from appliance.acd.desk import Contact
from appliance.acd.effects import Candidate
from appliance.acd.ids import AgentName, CallId
from appliance.acd.state import Agent, Call, Queue, Waiter, Waiting, Want
from appliance.acd.turn import Turn

SHORTEST_RING_MORE_MS = 1_000


def settle(turn: Turn) -> None:
    """Bring the callers who came to want an agent and the agents who became free together, longest waiter first.

    The freed agents first: whoever waits longer than a caller who came in this moment has the first right to them.
    """
    while turn.hungry_calls or turn.freed_agents:
        freed, turn.freed_agents = list(dict.fromkeys(turn.freed_agents)), []
        _employ(turn, [turn.state.agents[name] for name in freed if name in turn.state.agents])
        hungry, turn.hungry_calls = turn.hungry_calls, []
        if len(hungry) > 1:
            hungry.sort(key=lambda call: _stands(turn, call))
        for call_id in hungry:
            call = turn.waiter(call_id)
            if call is not None:
                _serve(turn, call)


def _stands(turn: Turn, name: CallId) -> tuple[int, int]:
    """Where a caller or contact stands against those of other queues, its queue's weight counted as waiting."""
    call = turn.waiter(name)
    if call is None or call.queue is None:
        return (turn.now_ms, 0)
    weight = turn.its_queue(call).plan.weight * turn.state.plan.priority_worth_ms
    return (queues.place_of(call)[0] - weight, call.number)


def _serve(turn: Turn, call: Waiter) -> None:
    """Ring for a call that wants an agent, if it is its turn and somebody is free."""
    queue = turn.its_queue(call)
    if not queues.is_hungry(queue, call):
        return
    if queues.is_next(queue, call):
        _ring_for(turn, call, queue)
    elif isinstance(call, Contact) or not call.rings:
        _note_nobody(turn, call, "callers_ahead", ())


def _employ(turn: Turn, freed: list[Agent]) -> None:
    """Ring for the longest waiters of all queues that agents just freed serve, until these ring or nobody wants them.

    All of the freed together, so that no strategy takes one of them for a caller who is not next; and again after each
    ring, because the strategy may have preferred another of them.
    """
    while True:
        firsts = [_longest_waiter(turn, agent) for agent in freed if _may_take_any(turn, agent)]
        waiting = [first for first in firsts if first is not None]
        if not waiting:
            return
        (_, _, name), queue = min(waiting, key=lambda first: first[0])
        call = turn.waiter(name)
        assert call is not None, "who left stands in no queue"
        _ring_for(turn, call, queue)


def _may_take_any(turn: Turn, agent: Agent) -> bool:
    """Whether it is worth looking who waits: most agents take calls only, and have one."""
    return bool(agent.plan.capacity) or not excluded(turn.state, agent)


def _longest_waiter(turn: Turn, agent: Agent) -> tuple[Waiting, Queue] | None:
    """Over all queues the agent serves, weights and priorities counted as waiting."""
    state = turn.state
    best: tuple[Waiting, Queue] | None = None
    for name in agent.queues:
        queue = state.queues[name]
        place = queues.next_for(state, queue, agent)
        if place is not None and (best is None or place < best[0]):
            best = (place, queue)
    return best


def _ring_for(turn: Turn, call: Waiter, queue: Queue) -> None:
    """One decision: choose by the queue's strategy, keep why, and ring, or offer what is no call to one agent."""
    want = queue.hungry[call.want].want
    free, looked_at = _look(turn, queue, want)
    if not free:
        if isinstance(call, Contact) or not call.rings:
            _note_nobody(turn, call, "nobody_free", looked_at)
        return
    if isinstance(call, Call) and not call.rings and callback_attempts.wait_for_line(turn, call, queue):
        _note_nobody(turn, call, "no_line_free", ())
        return
    strategy = queue.plan.strategy
    eligible = strategies.lowest_tier(queue, free)
    chosen, reason, measures = strategies.choose(turn, queue, call, eligible)
    if want.only is not None:
        reason = "last_agent" if call.for_agent is None else "asked_for"
    elif reason == "only_one_free" and len(free) > 1:
        reason = "only_one_of_tier"
    keep_free = isinstance(call, Call) and callback_attempts.dials_first(call, queue)
    if keep_free:
        del chosen[1:]  # one is enough for a customer who is not there yet
    names = {agent.plan.name for agent in chosen}
    if measures or len(eligible) != len(free):
        looked_at = _with_measures(looked_at, eligible, measures)
    candidates = tuple(_marked(seen) if seen.agent in names else seen for seen in looked_at)
    call.last_picture = ""
    detail = ",".join(agent.plan.name for agent in chosen)
    if isinstance(call, Contact):
        turn.decide("offer", reason, call=call, detail=detail, strategy=strategy, candidates=candidates)
        contacts.offer(turn, call, queue, chosen[0])
        if call.want in queue.hungry:  # there may be room for one more
            turn.hungry_calls.append(queue.hungry[call.want].places[0][2])
        return
    if keep_free:
        turn.decide("reserve", reason, call=call, detail=detail, strategy=strategy, candidates=candidates)
        callback_attempts.reserve(turn, call, chosen[0])
        return
    turn.decide("ring", reason, call=call, detail=detail, strategy=strategy, candidates=candidates)
    if strategy != "ring_all":
        queues.satisfy(call, queue)
    if strategy == "ring_progressively":
        turn.deadlines.set("ring_more", call.id, turn.now_ms + max(queue.plan.ring_more_ms, SHORTEST_RING_MORE_MS))
    for agent in chosen:
        rings.start(turn, call, queue, agent)


def _look(turn: Turn, queue: Queue, want: Want) -> tuple[list[Agent], list[Candidate]]:
    """Every agent of the queue: those who can be rung, and all as candidates with the reason each other one cannot."""
    state, now_ms, plan = turn.state, turn.now_ms, queue.plan
    free: list[Agent] = []
    looked_at: list[Candidate] = []
    anybody = wants.is_anybody(plan, want)
    for name in plan.agents:
        agent = state.agents.get(name)
        if agent is None:
            continue
        why_not = excluded(state, agent, want.channel)
        if not why_not and not anybody:
            why_not = wants.barred(plan, want, agent)
        if why_not:
            looked_at.append(_not_chosen(name, agent.state, why_not))
        else:
            free.append(agent)
            looked_at.append(Candidate(name, agent.state, "", now_ms - agent.idle_since_ms, False))
    return free, looked_at


def _with_measures(looked_at: list[Candidate], eligible: list[Agent], measures: list[int]) -> list[Candidate]:
    """The same, with what the strategy compared, and with who is of a higher tier than those it chose from."""
    names = [agent.plan.name for agent in eligible]
    compared = dict(zip(names, measures, strict=True)) if measures else dict.fromkeys(names, 0)
    found = []
    for seen in looked_at:
        measure = 0 if seen.excluded else compared.get(seen.agent)
        if measure is None:
            seen = _not_chosen(seen.agent, seen.state, "lower_tier_first")
        elif measure:
            seen = Candidate(seen.agent, seen.state, "", seen.idle_ms, False, measure)
        found.append(seen)
    return found


@lru_cache(maxsize=4096)
def _not_chosen(agent: AgentName, state: str, why_not: str) -> Candidate:
    """Most agents are busy in most decisions: the same record each time."""
    return Candidate(agent, state, why_not, 0, False)


def _marked(seen: Candidate) -> Candidate:
    return Candidate(seen.agent, seen.state, seen.excluded, seen.idle_ms, True, seen.measure)


def _note_nobody(turn: Turn, call: Waiter, reason: str, looked_at: Sequence[Candidate]) -> None:
    """Keep why nobody is rung, unless the same was kept for this call already."""
    picture = reason + " ".join(f"{seen.agent}:{seen.excluded}" for seen in looked_at)
    if picture != call.last_picture:
        call.last_picture = picture
        queue = turn.its_queue(call)
        ahead = queue.hungry[call.want].places.index if isinstance(call, Contact) else None
        detail = str(queues.position(queue, call) - 1 if ahead is None else ahead(queues.place_of(call)))
        turn.decide("none_ready", reason, call=call, detail=detail, candidates=tuple(looked_at))
