"""The worklist: everybody who could not be served and has not been reached since; one open item a number."""

from appliance.acd.effects import CloseStoredWorklistItem, EndReason, StoreWorklistItem
from appliance.acd.state import Call, Worklisted
from appliance.acd.turn import Turn

ITEMS_REMEMBERED = 10_000
"""Beyond it the ACD forgets the oldest (the store does not): only their closing by a later answer is lost."""
_UNSERVED: tuple[EndReason, ...] = ("abandoned", "overflowed", "busy", "failed", "box_restarted", "power_lost")


def note_end(turn: Turn, call: Call, end_reason: EndReason) -> None:
    """Put the caller on the list if the call ended unserved: with the end's reason, or a better one if there is.

    A short abandon is somebody who misdialled, a withheld number is nobody to call back: neither is listed.
    """
    if call.cut_off:
        add(turn, call, "cut_off")
    elif end_reason in _UNSERVED:
        add(turn, call, "voicemail" if call.state == "voicemail" and call.recordings else end_reason)


def add(turn: Turn, call: Call, reason: str) -> None:
    if not call.caller:
        return
    worklist = turn.state.worklist
    item = worklist.get(call.caller)
    if item is None:
        worklist[call.caller] = Worklisted(call.queue, reason, turn.now_utc_ms)
        if len(worklist) > ITEMS_REMEMBERED:
            del worklist[next(iter(worklist))]
    else:
        item.queue, item.reason, item.attempts = call.queue, reason, item.attempts + 1
    turn.store.append(StoreWorklistItem(call.caller, call.id, call.queue, reason, turn.now_utc_ms))


def close(turn: Turn, number: str, by: str, result: str) -> bool:
    """The number was reached, or somebody decided not to. False when it was not on the list."""
    if turn.state.worklist.pop(number, None) is None:
        return False
    turn.store.append(CloseStoredWorklistItem(number, turn.now_utc_ms, by, result))
    return True
