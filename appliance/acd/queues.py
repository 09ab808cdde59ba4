"""The queues as lists: who waits where, who is next, and who is how far from it."""

from bisect import bisect_left, insort

from appliance.acd import calls, wants
from appliance.acd.agents import excluded
from appliance.acd.ids import AgentName
from appliance.acd.plan import Absence
from appliance.acd.state import NO_LEG, Agent, Call, Hungry, Queue, State, Waiter, Waiting, Want
from appliance.acd.turn import Turn


def place_of(call: Waiter) -> Waiting:
    """Where a call stands: by when it first came to wait, whatever happened to it since, and by its priority."""
    return (call.queued_ms - call.head_start_ms, call.number, call.id)


def join(turn: Turn, call: Call, queue: Queue) -> None:
    """The call waits in this queue from now on, wanting an agent; its limits and announcements begin."""
    if call.queued_ms < 0:
        call.queued_ms = turn.now_ms
    calls.move(turn, call, "wait")
    insort(queue.waiting, place_of(call))
    if call.leg != NO_LEG:
        insort(queue.arrived, _arrival_of(call))
    want(turn, call, queue)
    turn.thinned_queues[queue.plan.name] = None
    if call.leg == NO_LEG:
        return  # nobody is on the line yet: there is nobody to tell anything, and nobody who waits too long
    turn.deadlines.set("max_wait", call.id, turn.now_ms + queue.plan.max_wait_ms)
    if queue.plan.announce_position_every_ms:
        turn.deadlines.set("announce", call.id, turn.now_ms + announce_every_ms(queue))
    if queue.plan.messages:
        turn.deadlines.set("message", call.id, turn.now_ms + message_every_ms(queue))
    if queue.plan.callback.offer_after_ms and call.direction == "in":
        turn.deadlines.set("offer", call.id, turn.now_ms + queue.plan.callback.offer_after_ms)


def announce_every_ms(queue: Queue) -> int:
    """At least five seconds: shorter than that the announcements would run into each other."""
    return max(5_000, queue.plan.announce_position_every_ms)


def message_every_ms(queue: Queue) -> int:
    return max(5_000, queue.plan.message_every_ms)


def leave(turn: Turn, call: Call) -> None:
    """The call waits no more: it is answered, gone, or goes somewhere else."""
    queue = turn.queue_of(call)
    if queue is not None and _remove(queue.waiting, place_of(call)):
        _remove(queue.arrived, _arrival_of(call))
        satisfy(call, queue)
        turn.touched_queues[queue.plan.name] = None
        turn.deadlines.cancel("max_wait", call.id)
        turn.deadlines.cancel("announce", call.id)
        turn.deadlines.cancel("message", call.id)
        turn.deadlines.cancel("offer", call.id)
        turn.deadlines.cancel("want", call.id)
        turn.deadlines.cancel("ring_more", call.id)


def want(turn: Turn, call: Waiter, queue: Queue) -> None:
    """The call wants an agent rung, one of those it may be given to after so long a wait."""
    wanted, changes_ms = wants.of(queue, call, turn.now_ms)
    key = wants.key(wanted)
    if key != call.want:
        satisfy(call, queue)
        call.want = key
    hungry = queue.hungry.get(key)
    if hungry is None:
        hungry = queue.hungry[key] = Hungry(wanted)
    if _index(hungry.places, place_of(call)) < 0:
        insort(hungry.places, place_of(call))
    if changes_ms is not None:
        turn.deadlines.set("want", call.id, changes_ms)
    turn.hungry_calls.append(call.id)
    turn.touched_queues[queue.plan.name] = None


def want_changes(turn: Turn, call: Waiter) -> None:
    """The call has waited long enough to want other agents too; one for whom enough phones ring finds out later."""
    queue = turn.its_queue(call)
    if is_hungry(queue, call):
        want(turn, call, queue)


def ring_more(turn: Turn, call: Call) -> None:
    """Those rung for the call have had their time: it wants one agent more."""
    if call.rings:
        want(turn, call, turn.its_queue(call))


def satisfy(call: Waiter, queue: Queue) -> None:
    """Enough phones ring for the call, or it left."""
    hungry = queue.hungry.get(call.want)
    if hungry is not None and _remove(hungry.places, place_of(call)) and not hungry.places:
        del queue.hungry[call.want]


def is_hungry(queue: Queue, call: Waiter) -> bool:
    """Whether the call wants an agent rung."""
    hungry = queue.hungry.get(call.want)
    return hungry is not None and _index(hungry.places, place_of(call)) >= 0


def is_next(queue: Queue, call: Waiter) -> bool:
    """Whether it is the first of those who want what it wants."""
    hungry = queue.hungry.get(call.want)
    return hungry is not None and hungry.places[0] == place_of(call)


def next_for(state: State, queue: Queue, agent: Agent) -> Waiting | None:
    """The first of those who want an agent and may be given to this one; its place, with the queue's own head start."""
    best: Waiting | None = None
    for hungry in queue.hungry.values():
        want = hungry.want
        first = best is None or hungry.places[0] < best
        if first and not wants.barred(queue.plan, want, agent) and not excluded(state, agent, want.channel):
            best = hungry.places[0]
    if best is None or not queue.plan.weight:
        return best
    return (best[0] - queue.plan.weight * state.plan.priority_worth_ms, *best[1:])


def position(queue: Queue, call: Waiter) -> int:
    """1 is next; 0 is not waiting here."""
    return _index(queue.waiting, place_of(call)) + 1


def is_full(turn: Turn, queue: Queue, call: Call) -> bool:
    """Whether one more caller is too many: the limit is reached, and no agent could be rung for the caller at once."""
    if len(queue.arrived) < queue.plan.max_length:
        return False
    wanted, _ = wants.of(queue, call, turn.now_ms)
    return not any(_is_free_for(turn, queue, wanted, name) for name in queue.plan.agents)


def _is_free_for(turn: Turn, queue: Queue, wanted: Want, name: AgentName) -> bool:
    agent = turn.state.agents.get(name)
    return (
        agent is not None
        and not excluded(turn.state, agent)
        and not wants.barred(queue.plan, wanted, agent)
        and next_for(turn.state, queue, agent) is None
    )


def is_empty(state: State, queue: Queue, absences: tuple[Absence, ...]) -> bool:
    """Whether every agent is absent in one of these ways (app_queue's `joinempty` and `leavewhenempty`)."""
    if not absences:
        return False
    known = (state.agents[name] for name in queue.plan.agents if name in state.agents)
    return all(_absence(state, agent) in absences for agent in known)


def handled(queue: Queue, handle_ms: int) -> None:
    """A call kept an agent so long: the mean follows, an eighth of the way each time."""
    queue.handle_ms = handle_ms if not queue.handle_ms else queue.handle_ms + (handle_ms - queue.handle_ms) // 8


def expected_wait_ms(state: State, queue: Queue, call: Call) -> int | None:
    """How long the call is to wait yet: as many talks as its place says, shared by the agents who are there.

    None when it is not waiting, nobody is there, or no call of the queue has been handled yet. Agents who serve other
    queues too make it longer than this.
    """
    place = position(queue, call)
    known = (state.agents[name] for name in queue.plan.agents if name in state.agents)
    there = sum(_absence(state, agent) not in ("logged_out", "not_ready", "unreachable") for agent in known)
    return place * queue.handle_ms // there if place and there and queue.handle_ms else None


def _absence(state: State, agent: Agent) -> str:
    """How an agent is absent; else something that is no absence.

    A switch that has just started finds the stations one after the other: that sends no caller away.
    """
    why_not = excluded(state, agent)
    if agent.off_shift and agent.state in ("ready", "not_ready", "wrap_up"):
        return "logged_out"
    station = state.stations.get(agent.station) if agent.station is not None else None
    if why_not == "unreachable" and station is not None and not station.reported:
        return ""
    return why_not


def longest_wait_ms(queue: Queue, now_ms: int) -> int:
    return now_ms - queue.arrived[0][0] if queue.arrived else 0


def _arrival_of(call: Call) -> Waiting:
    return (call.queued_ms, call.number, call.id)


def _index(places: list[Waiting], place: Waiting) -> int:
    """Of a place in a sorted list; -1 when it is not there."""
    at = bisect_left(places, place)
    return at if at < len(places) and places[at] == place else -1


def _remove(places: list[Waiting], place: Waiting) -> bool:
    at = _index(places, place)
    if at < 0:
        return False
    del places[at]
    return True
