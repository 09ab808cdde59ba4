"""The worklist: everybody who could not be served and has not been reached since; one open item a number."""

from appliance.acd import numbers
from appliance.acd.effects import CloseStoredWorklistItem, EndReason, StoreWorklistItem
from appliance.acd.ids import CallId, QueueName
from appliance.acd.state import Call, Worklisted
from appliance.acd.turn import Turn

REACHED_MS = 15_000
"""Where a line only assumes that somebody answered, so long a talk is taken for one."""
NUMBER = "number"
"""By whom a customer was reached that was sent to an outside number."""
ITEMS_REMEMBERED = 10_000
"""Beyond it the ACD forgets the oldest (the store does not): only their closing by a later answer is lost."""
_UNSERVED: tuple[EndReason, ...] = ("abandoned", "overflowed", "busy", "failed", "box_restarted", "power_lost")


def note_end(turn: Turn, call: Call, end_reason: EndReason) -> None:
    """Put the caller on the list if the call ended unserved: with the end's reason, or a better one if there is.

    A short abandon is somebody who misdialled, a withheld number is nobody to call back: neither is listed. Nor is whom
    we called ourselves, unless they were cut off, nor who chose to hear a message and go, nor whom an outside number
    served; who was promised a call back is listed already.
    """
    outside_ms = call.spent_ms.get("outside", 0)
    if call.called_back or call.chose_to_go or outside_ms >= (REACHED_MS if answer_is_assumed(call) else 1):
        return
    if call.cut_off:
        add(turn, call, "cut_off")
    elif end_reason in _UNSERVED and call.direction == "in":
        add(turn, call, "voicemail" if call.state == "voicemail" and call.recordings else end_reason)


def answer_is_assumed(call: Call) -> bool:
    """Whether a line only assumed that somebody answered: the customer, or the outside number they were sent to. Of a
    call whose legs are recorded."""
    customer = call.direction == "out" and call.evidence == "assumed"
    return customer or any(leg.role == "number" and leg.evidence == "assumed" for leg in call.legs)


def add(turn: Turn, call: Call, reason: str) -> None:
    """Put the customer's number on the list, or say what is new of it."""
    if call.caller:
        put(turn, call.caller, call.id, call.queue, reason)


def put(turn: Turn, caller: str, call: CallId, queue: QueueName | None, reason: str) -> None:
    """The same of a call that may be over. A promise that stands stays one."""
    worklist, key = turn.state.worklist, numbers.key(turn.state.plan, caller)
    promised = turn.state.callbacks.get(key)
    if promised is not None:
        reason, queue, promised.last_call = "callback", promised.queue, call
    if key in turn.state.plan.emergency:
        return
    item = worklist.get(key)
    if item is None:
        item = worklist[key] = Worklisted(queue, reason, turn.now_utc_ms, number=caller)
        if len(worklist) > ITEMS_REMEMBERED:
            del worklist[next(iter(worklist))]
    else:
        item.queue, item.reason, item.attempts = queue, reason, item.attempts + 1
    place_utc_ms = 0
    if promised is not None:
        place_utc_ms = promised.place_utc_ms or promised.place_ms + turn.state.utc_offset_ms
    tries = promised.tries if promised is not None else 0
    number = item.number or key
    turn.store.append(StoreWorklistItem(number, call, item.queue, reason, turn.now_utc_ms, place_utc_ms, tries))


def close(turn: Turn, number: str, by: str, result: str) -> None:
    """The number was reached, or somebody decided not to. Nothing when it was not on the list."""
    key = numbers.key(turn.state.plan, number)
    item = turn.state.worklist.pop(key, None)
    if item is not None:
        turn.store.append(CloseStoredWorklistItem(item.number or key, turn.now_utc_ms, by, result))
