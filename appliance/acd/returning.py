"""Callers who gave up waiting and call again: they stand where they would if they had stayed, for as long as the queue
remembers them (mod_callcenter's `abandoned-resume-allowed` and `discard-abandoned-after`)."""

from appliance.acd import callbacks, numbers
from appliance.acd.effects import EndReason
from appliance.acd.state import Call, LeftBehind, Queue
from appliance.acd.turn import Turn

REMEMBERED = 2_000
"""Numbers; who left longest ago is forgotten first."""


def note_end(turn: Turn, call: Call, reason: EndReason) -> None:
    """Remember the place of a caller who left while waiting. A withheld number is nobody's."""
    queue = turn.queue_of(call)
    if reason not in ("abandoned", "short_abandon") or queue is None or call.queued_ms < 0 or not call.caller:
        return
    if queue.plan.resume_ms > 0:
        left = LeftBehind(queue.plan.name, call.queued_ms - call.head_start_ms, turn.now_ms)
        numbers.remember(turn.state.left_behind, numbers.key(turn.state.plan, call.caller), left, REMEMBERED)


def take_place(turn: Turn, call: Call, queue: Queue) -> None:
    """Before the call waits: the place its caller left, or was promised with a call back, if that is the better one."""
    key = numbers.key(turn.state.plan, call.caller)
    promised = turn.state.callbacks.get(key)
    if promised is not None and promised.queue == queue.plan.name and promised.call != call.id:
        _stand_at(turn, call, callbacks.place_ms(turn, promised), "promised_place")
    left = turn.state.left_behind.get(key)
    if left is None or left.queue != queue.plan.name:
        return
    del turn.state.left_behind[key]
    if turn.now_ms - left.left_ms <= queue.plan.resume_ms:
        _stand_at(turn, call, left.place_ms, "resumed_place")


def _stand_at(turn: Turn, call: Call, place_ms: int, reason: str) -> None:
    since_ms = call.queued_ms if call.queued_ms >= 0 else turn.now_ms
    if since_ms - place_ms > call.head_start_ms:
        call.head_start_ms = since_ms - place_ms
        turn.decide("route", reason, call=call, detail=str(turn.now_ms - place_ms))
