"""The queues as lists: who waits where, who is next, and who is how far from it."""

from bisect import bisect_left, insort

from appliance.acd import calls
from appliance.acd.agents import excluded
from appliance.acd.state import Call, Queue, State, Waiting
from appliance.acd.turn import Turn


def place_of(call: Call) -> Waiting:
    """Where a call stands: by when it first came to wait, whatever happened to it since."""
    return (call.queued_ms, call.number, call.id)


def join(turn: Turn, call: Call, queue: Queue) -> None:
    """The call waits in this queue from now on, wanting an agent; its limits and announcements begin."""
    if call.queued_ms < 0:
        call.queued_ms = turn.now_ms
    calls.move(turn, call, "wait")
    insort(queue.waiting, place_of(call))
    want(turn, call, queue)
    turn.deadlines.set("max_wait", call.id, turn.now_ms + queue.plan.max_wait_ms)
    if queue.plan.announce_position_every_ms:
        turn.deadlines.set("announce", call.id, turn.now_ms + announce_every_ms(queue))


def announce_every_ms(queue: Queue) -> int:
    """At least five seconds: shorter than that the announcements would run into each other."""
    return max(5_000, queue.plan.announce_position_every_ms)


def leave(turn: Turn, call: Call) -> None:
    """The call waits no more: it is answered, gone, or goes somewhere else."""
    queue = turn.queue_of(call)
    if queue is not None and _remove(queue.waiting, place_of(call)):
        satisfy(turn, call, queue)
        turn.touched_queues[queue.plan.name] = None
        turn.deadlines.cancel("max_wait", call.id)
        turn.deadlines.cancel("announce", call.id)


def want(turn: Turn, call: Call, queue: Queue) -> None:
    """The call wants an agent rung."""
    if not wants(queue, call):
        insort(queue.hungry, place_of(call))
    turn.hungry_calls.append(call.id)
    turn.touched_queues[queue.plan.name] = None


def satisfy(turn: Turn, call: Call, queue: Queue) -> None:
    """Enough phones ring for the call, or it left."""
    _remove(queue.hungry, place_of(call))


def wants(queue: Queue, call: Call) -> bool:
    place = place_of(call)
    at = bisect_left(queue.hungry, place)
    return at < len(queue.hungry) and queue.hungry[at] == place


def next_hungry(state: State, queue: Queue) -> Call | None:
    """The longest waiter of those who want an agent."""
    return state.calls[queue.hungry[0][2]] if queue.hungry else None


def position(queue: Queue, call: Call) -> int:
    """1 is next; 0 is not waiting here."""
    place = place_of(call)
    at = bisect_left(queue.waiting, place)
    return at + 1 if at < len(queue.waiting) and queue.waiting[at] == place else 0


def is_full(turn: Turn, queue: Queue) -> bool:
    """Whether one more caller is too many: the limit is reached, and no agent could be rung for the caller at once."""
    if len(queue.waiting) < queue.plan.max_length:
        return False
    return bool(queue.hungry) or not anyone_free(turn, queue)


def anyone_free(turn: Turn, queue: Queue) -> bool:
    state = turn.state
    agents = (state.agents.get(name) for name in queue.plan.agents)
    return any(agent is not None and not excluded(state, agent, turn.now_ms) for agent in agents)


def longest_wait_ms(queue: Queue, now_ms: int) -> int:
    return now_ms - queue.waiting[0][0] if queue.waiting else 0


def _remove(places: list[Waiting], place: Waiting) -> bool:
    at = bisect_left(places, place)
    if at < len(places) and places[at] == place:
        del places[at]
        return True
    return False
