"""Promises to call back: who has one, with which place in which queue, and what an attempt that is over means for it.

One promise a number. It is an item of the worklist (the store keeps it through a power cut) until somebody reached the
customer, or the attempts are used up: then a person has to decide.
"""

from appliance.acd import numbers, worklist
from appliance.acd.effects import EndReason
from appliance.acd.ids import CallId, QueueName
from appliance.acd.state import NO_LEG, Call, Callback, State
from appliance.acd.turn import Turn

NO_CALL = CallId("")
NO_QUEUE = QueueName("")
PROMISES_KEPT = 500
"""More are not made: who cannot be promised a call back is treated as if it were not offered."""
FIRST_AFTER_MS = 15_000
"""The customer has hung up by then."""
EXPIRES_MS = 72 * 3600 * 1000
"""Then a person has to decide whether it is still wanted."""
NOT_NOW_MS = 60_000
"""The queue is closed, or too much is going on: looked at again after so long."""
_NOT_AN_ATTEMPT: tuple[EndReason, ...] = ("cancelled", "box_restarted")
"""Does not count, unless the number was dialled before it was cancelled."""
LINE_AGAIN_MS = 5_000
"""No line was free when it was its turn: looked at again after so long."""


def may_promise(turn: Turn, call: Call, of: QueueName | None = None) -> bool:
    return not why_not_promised(turn, call, of)


def why_not_promised(turn: Turn, call: Call, of: QueueName | None = None) -> str:
    """The code of a refusal when this caller cannot be called back: the number is not known or may not be dialled, no
    queue would do it, or there are too many; "" when one can. Nothing changes.

    `of` is the queue of who has not come to wait in one yet.
    """
    state = turn.state
    queue = turn.queue_of(call) if call.queued_ms >= 0 else turn.state.queues.get(of or NO_QUEUE)
    if not call.caller or queue is None or queue.removed:
        return "callback"
    barred = numbers.why_not_called_back(state.plan, call.caller)
    return f"callback_{barred}" if barred else "" if has_room(state, call.caller) else "callback"


def has_room(state: State, number: str) -> bool:
    """Whether this number has a promise, or there is room for one more."""
    return len(state.callbacks) < PROMISES_KEPT or numbers.key(state.plan, number) in state.callbacks


def withdraw(turn: Turn, key: str) -> Callback | None:
    """Whoever is known by this key is promised nothing any more; what they were promised."""
    turn.deadlines.cancel("callback", key)
    return turn.state.callbacks.pop(key, None)


def promise(turn: Turn, call: Call) -> None:
    """The caller is called back, standing where they stand now; an earlier promise to the number keeps its place."""
    assert call.queue is not None, "may_promise said that there is one"
    key = numbers.key(turn.state.plan, call.caller)
    stands_ms = call.queued_ms - call.head_start_ms
    old = turn.state.callbacks.get(key)
    if old is None:
        old = Callback(key, call.queue, stands_ms, needs=dict(call.needs), language=call.language)
        turn.state.callbacks[key] = old
    old.place_ms, old.name = min(old.place_ms, stands_ms), call.caller_name
    call.called_back = True
    if old.call is None:
        turn.deadlines.set("callback", key, turn.now_ms + FIRST_AFTER_MS)
    worklist.add(turn, call, "callback")


def is_attempt(turn: Turn, call: Call) -> bool:
    """Whether this call is one to keep a promise."""
    kept = turn.state.callbacks.get(numbers.key(turn.state.plan, call.caller))
    return kept is not None and kept.call == call.id


def undialled_attempt(turn: Turn, number: str) -> Call | None:
    """The attempt to call this number that has not dialled it yet: it waits, or an agent's phone rings for it."""
    return undialled(turn, turn.state.callbacks.get(numbers.key(turn.state.plan, number)))


def undialled(turn: Turn, kept: Callback | None) -> Call | None:
    """The same of a promise."""
    attempt = turn.state.calls.get(kept.call) if kept is not None and kept.call is not None else None
    waits = attempt is not None and attempt.leg == NO_LEG and attempt.conversation is None
    return attempt if waits else None


def place_ms(turn: Turn, kept: Callback) -> int:
    """Where they stand; of a promise older than the last power cut by the wall clock, as far as it is known."""
    if kept.place_utc_ms:
        return min(turn.now_ms, kept.place_utc_ms - turn.state.utc_offset_ms)
    return kept.place_ms


def note_end(turn: Turn, call: Call, reason: EndReason) -> None:
    """A call is over. On a line that only assumes that somebody answered, a talk of some length is an answer; else it
    was one more attempt."""
    outside_ms = call.spent_ms.get("outside", 0) if call.forward_to else 0
    talked_ms = call.spent_ms.get("talking", 0) + call.spent_ms.get("held", 0) + outside_ms
    if worklist.answer_is_assumed(call) and talked_ms >= worklist.REACHED_MS:
        worklist.close(turn, call.caller, worklist.NUMBER if outside_ms else call.agent or "", "reached")
        withdraw(turn, numbers.key(turn.state.plan, call.caller))
    else:
        _attempt_over(turn, call, reason)


def _attempt_over(turn: Turn, call: Call, reason: EndReason) -> None:
    """A call is over: if it was the attempt of a promise that still stands, there is another, or none. What dialled
    nobody does not count."""
    if not is_attempt(turn, call):
        return
    key = numbers.key(turn.state.plan, call.caller)
    kept = turn.state.callbacks[key]
    kept.call, kept.last_call = None, call.id
    queue = turn.state.queues.get(kept.queue)
    tried = reason not in _NOT_AN_ATTEMPT or (reason == "cancelled" and bool(call.lines_tried))
    kept.tries += tried
    if queue is None or queue.removed or kept.tries >= queue.plan.callback.attempts:
        give_up(turn, key)
    else:
        if tried:
            worklist.add(turn, call, "callback")
        again_ms = queue.plan.callback.retry_ms if tried else NOT_NOW_MS
        turn.deadlines.set("callback", key, turn.now_ms + max(again_ms, FIRST_AFTER_MS))


def give_up(turn: Turn, key: str) -> None:
    """Nobody is called by the box any more; the item stays for a person."""
    kept = withdraw(turn, key)
    assert kept is not None, "there is a promise to give up"
    turn.decide("dial", "callback_given_up", call=turn.state.calls.get(kept.last_call or NO_CALL), detail=kept.number)
    if kept.last_call is not None:
        worklist.put(turn, kept.number, kept.last_call, kept.queue, "callback_failed")
