"""Promises to call back: who has one, with which place in which queue, and what an attempt that is over means for it.

One promise a number. It is an item of the worklist (the store keeps it through a power cut) until somebody reached the
customer, or the attempts are used up: then a person has to decide.
"""

from appliance.acd import numbers, worklist
from appliance.acd.effects import EndReason
from appliance.acd.ids import CallId
from appliance.acd.state import NO_LEG, Call, Callback
from appliance.acd.turn import Turn

NO_CALL = CallId("")
PROMISES_KEPT = 500
"""More are not made: who cannot be promised a call back is treated as if it were not offered."""
FIRST_AFTER_MS = 15_000
"""The customer has hung up by then."""
EXPIRES_MS = 72 * 3600 * 1000
"""Then a person has to decide whether it is still wanted."""
NOT_NOW_MS = 60_000
"""The queue is closed, or too much is going on: looked at again after so long."""
_NOT_AN_ATTEMPT: tuple[EndReason, ...] = ("cancelled", "box_restarted")
"""The customer's phone was not at fault: it does not count."""


def may_promise(turn: Turn, call: Call) -> bool:
    """Whether this caller can be called back: the number is known, may be dialled, and there are not too many."""
    state, queue = turn.state, turn.queue_of(call)
    key = numbers.key(state.plan, call.caller)
    return (
        queue is not None
        and not queue.removed
        and call.queued_ms >= 0
        and numbers.may_be_dialled(state.plan, call.caller)
        and (key in state.callbacks or len(state.callbacks) < PROMISES_KEPT)
    )


def promise(turn: Turn, call: Call) -> None:
    """The caller is called back, standing where they stand now; an earlier promise to the number keeps its place."""
    assert call.queue is not None, "may_promise said that there is one"
    key = numbers.key(turn.state.plan, call.caller)
    place_ms = call.queued_ms - call.head_start_ms
    old = turn.state.callbacks.get(key)
    if old is None:
        old = Callback(call.caller, call.queue, place_ms, needs=dict(call.needs), language=call.language)
        turn.state.callbacks[key] = old
    old.place_ms, old.name = min(old.place_ms, place_ms), call.caller_name
    call.called_back = True
    if old.call is None:
        turn.deadlines.set("callback", key, turn.now_ms + FIRST_AFTER_MS)
    worklist.add(turn, call, "callback", old)


def is_attempt(turn: Turn, call: Call) -> bool:
    """Whether this call is one to keep a promise."""
    kept = turn.state.callbacks.get(numbers.key(turn.state.plan, call.caller))
    return kept is not None and kept.call == call.id


def waiting_attempt(turn: Turn, number: str) -> Call | None:
    """The attempt to call this number that waits, and has neither rung nor dialled anybody."""
    kept = turn.state.callbacks.get(numbers.key(turn.state.plan, number))
    attempt = turn.state.calls.get(kept.call) if kept is not None and kept.call is not None else None
    return attempt if attempt is not None and attempt.leg == NO_LEG and attempt.state == "waiting" else None


def attempt_over(turn: Turn, call: Call, reason: EndReason) -> None:
    """A call is over: if it was the attempt of a promise that still stands, there is another, or none."""
    if not is_attempt(turn, call):
        return
    key = numbers.key(turn.state.plan, call.caller)
    kept = turn.state.callbacks[key]
    kept.call, kept.last_call = None, call.id
    queue = turn.state.queues.get(kept.queue)
    if reason not in _NOT_AN_ATTEMPT:
        kept.tries += 1
    if queue is None or queue.removed or kept.tries >= queue.plan.callback.attempts:
        give_up(turn, key)
    else:
        worklist.add(turn, call, "callback", kept)
        again_ms = NOT_NOW_MS if reason in _NOT_AN_ATTEMPT else queue.plan.callback.retry_ms
        turn.deadlines.set("callback", key, turn.now_ms + max(again_ms, FIRST_AFTER_MS))


def give_up(turn: Turn, key: str) -> None:
    """Nobody is called by the box any more; the item stays for a person."""
    kept = turn.state.callbacks.pop(key)
    turn.deadlines.cancel("callback", key)
    turn.decide("dial", "callback_given_up", call=turn.state.calls.get(kept.last_call or NO_CALL), detail=kept.number)
    if kept.last_call is not None:
        worklist.put(turn, kept.number, kept.last_call, kept.queue, "callback_failed")
