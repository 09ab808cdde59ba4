"""What is known of the one call a GSM modem carries, made of news that comes late, twice, or not at all. Pure.

The call list (+CLCC) is the truth; everything else is a hint that makes it worth asking. A call is over when a list
asked after the last sign of life is empty twice, or once after a hint that it ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hw.at_answers import Caller, ListedCall
from hw.devices import Answered, Dialling, Found, LineEvent, OnHold, Ringing, RingingThere, Waiting, WaitingOver

CallState = Literal["incoming", "dialling", "alerting", "active", "held"]
CONNECTED = ("active", "held")
EMPTY_LISTS_TO_END = 2
NO_CALL, CALL_IN_PROGRESS = 0, 4
DOUBT_AFTER_END_MS = 2_000
"""A ring so soon after a call may be that call's: believed only once the call list shows it."""

_NEXT: dict[tuple[CallState, str], tuple[CallState, LineEvent | None]] = {
    ("incoming", "active"): ("active", Answered("signalled")),
    ("incoming", "held"): ("active", Answered("signalled")),
    ("dialling", "alerting"): ("alerting", RingingThere()),
    ("dialling", "active"): ("active", Answered("signalled")),
    ("alerting", "active"): ("active", Answered("signalled")),
    ("active", "held"): ("held", OnHold(True)),
    ("held", "active"): ("active", OnHold(False)),
}
"""Everything else the list may say of a call is old news and changes nothing."""
_FOUND_STATES: dict[str, tuple[CallState, Literal["ringing", "dialling", "answered"]]] = {
    "incoming": ("incoming", "ringing"),
    "dialling": ("dialling", "dialling"),
    "alerting": ("alerting", "dialling"),
    "active": ("active", "answered"),
    "held": ("active", "answered"),
}


@dataclass
class TrackedCall:
    incoming: bool
    state: CallState
    number: str
    since_ms: float
    sent: bool = True
    """The dialling command went to the modem."""
    accepted: bool = True
    """The modem took the number we dialled."""
    told_dialling: bool = True
    confirmed: bool = False
    """The network took it."""
    assumed: bool = False
    """It is taken for answered, and may show as ringing in a list."""
    index: int = 1
    """Its number in the call list."""
    number_known: bool = False
    announced: bool = False
    """The user of the device knows of it."""
    doubtful: bool = False
    ending: bool = False
    """We are hanging up."""
    over_hint_ms: float | None = None
    """When something last said it is over."""
    empty_lists: int = 0
    name: str = ""


@dataclass
class WaitingCall:
    """A second caller."""

    number: str
    since_ms: float
    refused: bool = False
    """We tell them busy."""
    missing_lists: int = 0


class CallTracker:
    """`emit` gets all that happens but Ended; `on_over` gets the call that ended: its owner says Ended, then calls
    `settled`, and until then no new call is announced."""

    def __init__(self, emit: Callable[[LineEvent], None], on_over: Callable[[TrackedCall], None]) -> None:
        self._emit = emit
        self._on_over = on_over
        self._settling = False
        self._ended_ms = -1e12
        self.call: TrackedCall | None = None
        self.waiting: WaitingCall | None = None

    def ring(self, now_ms: float) -> None:
        self._incoming(now_ms)

    def caller(self, caller: Caller, now_ms: float) -> None:
        """The network told who calls ("" : withheld)."""
        call = self._incoming(now_ms)
        if call is not None and not call.announced:
            call.number, call.name = caller.number, caller.name
            call.number_known = True
            self._announce(call)

    def number_will_not_come(self) -> None:
        if self.call is not None and self.call.incoming:
            self.call.number_known = True
            self._announce(self.call)

    def seen(self, listed: ListedCall, now_ms: float) -> None:
        """News of one call, from the list or by itself."""
        if listed.status == "over":
            self.hinted_over(now_ms)
            return
        if listed.status == "waiting":
            self.waits(listed.number, now_ms)
            return
        call = self.call
        if listed.incoming and listed.status == "incoming":
            call = self._incoming(now_ms)
        if call is None or call.incoming != listed.incoming:
            return
        call.index = listed.index
        if listed.number and call.incoming and not call.number_known:
            call.number, call.number_known = listed.number, True
        step = _NEXT.get((call.state, listed.status))
        if step is not None and call.incoming and not call.announced:
            call.doubtful = False
            call.number_known = True
            self._announce(call)
        if step is not None:
            call.state, event = step
            call.accepted = call.confirmed = True
            self.dialled(call)
            if event is not None:
                self._emit(event)
        elif call.incoming:
            self._announce(call)

    def listed(self, calls: tuple[ListedCall, ...], asked_ms: float, now_ms: float) -> None:
        """An answer to the call list asked at `asked_ms`."""
        if self.call is not None and not self._ours_among(calls):
            self._missing(self.call, asked_ms, now_ms)
        for listed in calls:
            if self.call is None and listed.status != "incoming":
                continue
            self.seen(listed, now_ms)
        call = self.call
        if call is not None and self._ours_among(calls):
            call.empty_lists = 0
            if call.over_hint_ms is not None and asked_ms >= call.over_hint_ms and not call.ending:
                call.over_hint_ms = None  # another call's, and late
            call.doubtful = False
            self._announce(call)
        if self.waiting is not None:
            self._still_waits(self.waiting, any(one.status == "waiting" for one in calls), asked_ms)

    def activity(self, status: int, asked_ms: float, now_ms: float) -> None:
        """The modem's activity (TS 27.007 §8.1), where there is no call list. It does not tell when a call is answered:
        whoever dialled hears it ring, so they are connected at once."""
        call = self.call
        if call is None:
            return
        if status == CALL_IN_PROGRESS:
            call.empty_lists = 0
            if call.over_hint_ms is not None and asked_ms >= call.over_hint_ms and not call.ending:
                call.over_hint_ms = None
            if call.accepted and not call.incoming and call.state in ("dialling", "alerting"):
                call.state, call.assumed = "active", True
                self.dialled(call)
                self._emit(Answered("assumed"))
        elif status == NO_CALL:
            self._missing(call, asked_ms, now_ms)

    def waits(self, number: str, now_ms: float) -> None:
        """A second caller; a third cannot be."""
        call = self.call
        if call is not None and call.announced and self.waiting is None and call.number != number:
            self.waiting = WaitingCall(number, now_ms)
            self._emit(Waiting(number))

    def dialled(self, call: TrackedCall) -> None:
        """The modem took the number: said once, and before all that follows from it."""
        if not call.told_dialling:
            call.told_dialling = True
            self._emit(Dialling())

    def confirmed(self) -> None:
        if self.call is not None:
            self.call.confirmed = True

    def may_be_among(self, calls: tuple[ListedCall, ...]) -> bool:
        """Whether the call we know can be one of these; one that was not dialled yet is in no list."""
        return self.call is None or not self.call.sent or self._ours_among(calls)

    def adopt(self, calls: tuple[ListedCall, ...], now_ms: float) -> None:
        """At start: whatever call is up goes on."""
        for listed in calls:
            known = _FOUND_STATES.get(listed.status)
            if known is None or self.call is not None:
                continue
            state, said = known
            self.call = TrackedCall(listed.incoming, state, listed.number, now_ms, number_known=True, announced=True)
            self._emit(Found(listed.number, said, listed.incoming))

    def dial(self, number: str, now_ms: float) -> TrackedCall:
        self.call = TrackedCall(False, "dialling", number, now_ms, number_known=True, announced=True)
        self.call.sent = self.call.accepted = self.call.told_dialling = False
        return self.call

    def hinted_over(self, now_ms: float) -> None:
        if self.call is not None:
            self.call.over_hint_ms = now_ms

    def over(self, now_ms: float) -> None:
        """The call is gone for certain."""
        call, self.call = self.call, None
        self.waiting = None  # whoever waits rings now
        self._ended_ms = now_ms
        if call is not None and call.announced:
            self._settling = True
            self._on_over(call)

    def settled(self) -> None:
        """Ended was said: a call that came meanwhile may be announced."""
        self._settling = False
        if self.call is not None:
            self._announce(self.call)

    def lost(self) -> TrackedCall | None:
        """The modem is gone; returns the call that was announced and must be said Ended."""
        call, self.call = self.call, None
        self.waiting = None
        self._settling = False
        return call if call is not None and call.announced else None

    def _incoming(self, now_ms: float) -> TrackedCall | None:
        if self.call is None:
            doubtful = now_ms - self._ended_ms < DOUBT_AFTER_END_MS
            self.call = TrackedCall(True, "incoming", "", now_ms, doubtful=doubtful)
        return self.call if self.call.incoming else None

    def _announce(self, call: TrackedCall) -> None:
        if call.announced or not call.number_known or call.doubtful or self._settling:
            return
        call.announced = True
        self._emit(Ringing(call.number, caller_name=call.name))

    def _ours_among(self, calls: tuple[ListedCall, ...]) -> bool:
        return self.call is not None and any(_same(self.call, listed) for listed in calls)

    def _still_waits(self, waiting: WaitingCall, listed: bool, asked_ms: float) -> None:
        if listed:
            waiting.missing_lists = 0
        elif asked_ms >= waiting.since_ms:
            waiting.missing_lists += 1
            if waiting.refused or waiting.missing_lists >= EMPTY_LISTS_TO_END:
                self.waiting = None
                self._emit(WaitingOver(by_us=waiting.refused))

    def _missing(self, call: TrackedCall, asked_ms: float, now_ms: float) -> None:
        if asked_ms < call.since_ms or not call.accepted:
            return  # the list is older than the call
        call.empty_lists += 1
        if call.empty_lists >= EMPTY_LISTS_TO_END or call.over_hint_ms is not None:
            self.over(now_ms)


def _same(call: TrackedCall, listed: ListedCall) -> bool:
    """Whether a listed call can be the one we know: the next caller may be there already."""
    if listed.incoming != call.incoming or listed.status in ("waiting", "over"):
        return False
    if call.state in CONNECTED:
        return listed.status in CONNECTED or call.assumed
    return not (call.incoming and call.number and listed.number and call.number != listed.number)
