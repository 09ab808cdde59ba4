"""What was read out of a modem's memories: made whole, handed up once, remembered until it is kept elsewhere. Pure.

Nothing here is lost by a restart: until somebody says it is kept, it still lies in the modem and is read again.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from hw.sms_answers import ListedUnit
from hw.sms_assembly import ReceivedMessage, SmsAssembly, Stored
from hw.sms_causes import delivery_status
from hw.sms_events import MessageCame, MessageEvent, ReportCame, SmsTimings
from hw.sms_fields import PduError
from hw.sms_pdu import StatusReport, read_pdu

MAX_HANDED = 1_024
DAMAGED_READS = 3
"""A unit shorter than it was said to be is read so often before it is believed."""


@dataclass
class _Handed:
    event: MessageCame | ReportCame
    places: set[str]
    at_ms: float


class SmsInbox:
    def __init__(self, timings: SmsTimings, events: Callable[[MessageEvent], None]) -> None:
        self._events = events
        self._hand_again_ms = timings.hand_again_ms
        self._assembly = SmsAssembly(timings.part_wait_ms)
        self._handed: dict[str, _Handed] = {}
        self._damaged: dict[str, int] = {}
        self._emptying: set[str] = set()
        """Places of what is kept, which may be read once more before they are emptied."""

    def forget(self) -> None:
        """The modem is gone, perhaps with its SIM."""
        self._handed.clear()
        self._damaged.clear()
        self._emptying.clear()
        self._assembly.forget()

    def kept(self, message_id: str) -> tuple[str, ...]:
        """The places to empty; none for what is not known any more, which is told again after it is read again."""
        handed = self._handed.pop(message_id, None)
        places = handed.places if handed is not None else set()
        self._emptying |= places
        return tuple(sorted(places))

    def emptied(self, place: str) -> None:
        """It was tried: what lies there from now on is news."""
        self._emptying.discard(place)

    def will_empty(self, memory: str) -> bool:
        """Whether something lies there still that was handed up."""
        places = self._emptying.union(*(one.places for one in self._handed.values()))
        return any(place.startswith(f"{memory}/") for place in places)

    def deadline_ms(self) -> float | None:
        """When to call `overdue`."""
        return self._assembly.deadline_ms()

    def overdue(self, now_ms: float) -> None:
        self._hand_all(self._assembly.overdue(now_ms), now_ms)

    def give_up_waiting(self, now_ms: float) -> None:
        self._hand_all(self._assembly.give_up_waiting(), now_ms)

    def take_unit(self, place: str, unit: ListedUnit, now_ms: float) -> None:
        """What was read at this place."""
        if place in self._emptying:
            return
        if not unit.whole:
            self._damaged[place] = self._damaged.get(place, 0) + 1
            if self._damaged[place] < DAMAGED_READS:
                return  # bytes were lost on the way: the next look reads it again
        self._damaged.pop(place, None)
        handed = next((one for one in self._handed.values() if place in one.places), None)
        if handed is None:
            self.take(Stored(place, unit.pdu), now_ms)
        elif now_ms - handed.at_ms >= self._hand_again_ms:
            handed.at_ms = now_ms
            self._events(handed.event)

    def take(self, stored: Stored, now_ms: float) -> None:
        try:
            unit = read_pdu(stored.pdu)
        except PduError:
            unit = None
        if isinstance(unit, StatusReport):
            self._hand(_report(stored.pdu, unit), (stored.place,), now_ms)
        else:
            self._hand_all(self._assembly.take(stored, now_ms), now_ms)

    def _hand_all(self, messages: list[ReceivedMessage], now_ms: float) -> None:
        for message in messages:
            self._hand(MessageCame(message), message.places, now_ms)

    def _hand(self, event: MessageCame | ReportCame, places: tuple[str, ...], now_ms: float) -> None:
        there = {place for place in places if place}
        known = self._handed.get(event.id)
        if known is not None:
            known.places |= there
            return
        if len(self._handed) >= MAX_HANDED:
            del self._handed[next(iter(self._handed))]  # nobody says they are kept; it is read again
        self._handed[event.id] = _Handed(event, there, now_ms)
        self._events(event)


def _report(pdu: str, report: StatusReport) -> ReportCame:
    told = delivery_status(report.status)
    return ReportCame(
        hashlib.sha256(pdu.encode()).hexdigest()[:32],
        report.reference,
        report.recipient.number,
        told.state,
        told.name,
        report.submitted_at_ms,
        report.done_at_ms,
    )
