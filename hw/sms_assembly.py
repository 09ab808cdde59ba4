"""Messages that came, made whole of their parts: in any order, doubled, by different message centres, or not all. Pure.

The parts stay in the modem's memory until the whole message is kept elsewhere, so a process that dies forgets nothing:
the next one reads them again. A message of which a part does not come is given out without it, and says so.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import groupby

from hw.sms_fields import PduError
from hw.sms_pdu import Deliver, StatusReport, Submit, read_pdu
from hw.sms_text import Coding, UserData

PART_WAIT_MS = 15 * 60_000
"""For a missing part after the last that came. Networks retry within minutes, and a SIM has room for few."""
MAX_HALF_MESSAGES = 32
"""Beyond, the one that waits longest is given out as it is."""


@dataclass(frozen=True)
class Stored:
    """A unit in the modem's memory. `place` names it there ("ME/12"), "" when the modem has not kept it."""

    place: str
    pdu: str


@dataclass(frozen=True)
class ReceivedMessage:
    """`id` is the same whenever the same message is read, by whichever process. `text` marks each missing part as
    `[…2/3…]`; `octets` is what is no text; `unreadable` says why a unit could not be read, which then is in `octets`.
    `sent_at_ms` is None when the network sent nonsense. `places` are the modem's, to be emptied once it is kept."""

    id: str
    sender: str
    text: str
    sent_at_ms: int | None
    centre: str = ""
    parts: int = 1
    missing: tuple[int, ...] = ()
    octets: bytes = b""
    unreadable: str = ""
    places: tuple[str, ...] = ()


_Key = tuple[str, bool, int, int]


@dataclass
class _Half:
    """`places` are of every copy of every part."""

    due_ms: float
    parts: dict[int, Deliver] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)


@dataclass(frozen=True)
class _Done:
    """A whole message that was given out: a part of it that comes once more is it again, with the same id."""

    parts: dict[int, Deliver]
    message: ReceivedMessage


class SmsAssembly:
    """`take` and `overdue` return the messages that are ready; wake it at `deadline_ms`."""

    def __init__(self, part_wait_ms: float = PART_WAIT_MS) -> None:
        self._part_wait_ms = part_wait_ms
        self._halves: dict[_Key, _Half] = {}
        self._done: dict[_Key, _Done] = {}

    def __len__(self) -> int:
        return len(self._halves)

    def take(self, stored: Stored, now_ms: float) -> list[ReceivedMessage]:
        """One unit that came. What is no incoming message (a draft, a status report) is for others: `read_pdu`."""
        try:
            unit = read_pdu(stored.pdu)
        except PduError as error:
            return [unreadable(stored, str(error))]
        if isinstance(unit, (Submit, StatusReport)):
            return []
        part = unit.data.concatenation
        if part is None or part.parts == 1:
            return [_message({1: unit}, 1, (stored.place,))]
        key = (unit.sender.number, part.wide, part.reference, part.parts)
        ready = []
        half = self._halves.get(key)
        done = self._done.get(key)
        if half is None and done is not None and _is_again(done.parts[part.part], unit):
            return [replace(done.message, places=(stored.place,) if stored.place else ())]
        known = half.parts.get(part.part) if half is not None else None
        if half is not None and known is not None and known.data == unit.data and stored.place in half.places:
            return []  # the memory was only looked into again
        if known is not None and known.data != unit.data:
            ready.append(self._give_out(key))  # the reference is used again, for another message
            half = None
        if half is None:
            half = self._halves[key] = _Half(0)
        half.due_ms = now_ms + self._part_wait_ms
        half.parts.setdefault(part.part, unit)
        half.places[stored.place] = None
        if len(half.parts) == part.parts:
            ready.append(self._give_out(key))
        elif len(self._halves) > MAX_HALF_MESSAGES:
            ready.append(self._give_out(min(self._halves, key=lambda one: self._halves[one].due_ms)))
        return ready

    def overdue(self, now_ms: float) -> list[ReceivedMessage]:
        """Those whose missing part is not waited for any more."""
        return [self._give_out(key) for key in [*self._halves] if self._halves[key].due_ms <= now_ms]

    def give_up_waiting(self) -> list[ReceivedMessage]:
        """All of them, for the modem has no room for more."""
        return [self._give_out(key) for key in [*self._halves]]

    def forget(self) -> None:
        """The modem is gone; what it has kept is read again."""
        self._halves.clear()

    def deadline_ms(self) -> float | None:
        return min((half.due_ms for half in self._halves.values()), default=None)

    def _give_out(self, key: _Key) -> ReceivedMessage:
        half = self._halves.pop(key)
        message = _message(half.parts, key[3], half.places)
        if not message.missing:
            self._done.pop(key, None)
            self._done[key] = _Done(half.parts, message)
            if len(self._done) > MAX_HALF_MESSAGES:
                del self._done[next(iter(self._done))]
        return message


def _is_again(known: Deliver, unit: Deliver) -> bool:
    """The centre's time of a part stays with it: the same words of another time were sent anew."""
    return (known.data, known.sent_at_ms) == (unit.data, unit.sent_at_ms)


def _message(parts: dict[int, Deliver], count: int, places: Iterable[str]) -> ReceivedMessage:
    first = parts[min(parts)]
    times = [part.sent_at_ms for part in parts.values() if part.sent_at_ms is not None]
    missing = tuple(number for number in range(1, count + 1) if number not in parts)
    kept = tuple(sorted(place for place in places if place))
    sent_at_ms = min(times, default=None)
    # Without a time the same words are told apart by where they lie.
    reference = first.data.concatenation.reference if first.data.concatenation is not None else 0
    told = (first.sender.number, sent_at_ms, kept if sent_at_ms is None else (), count, reference, _contents(parts))
    return ReceivedMessage(
        _hash(told),
        first.sender.number,
        _text(parts, count),
        sent_at_ms,
        first.centre.number,
        count,
        missing,
        b"".join(part.data.content for _, part in sorted(parts.items()) if part.data.coding == "octets"),
        places=kept,
    )


def _contents(parts: dict[int, Deliver]) -> list[tuple[int, str, str]]:
    return [(number, part.data.coding, part.data.content.hex()) for number, part in sorted(parts.items())]


def _hash(told: object) -> str:
    return hashlib.sha256(repr(told).encode()).hexdigest()[:32]


def _text(parts: dict[int, Deliver], count: int) -> str:
    """Neighbours of one coding are decoded together: a character may lie across them."""
    numbered = [(number, parts[number].data if number in parts else None) for number in range(1, count + 1)]
    text = []
    for kind, run in groupby(numbered, key=lambda one: _kind(one[1])):
        if kind is None:
            text += [f"[…{number}/{count}…]" for number, _ in run]
        else:
            content = b"".join(data.content for _, data in run if data is not None)
            text.append(UserData(kind[0], content, spanish=kind[1]).text)
    return "".join(text)


def _kind(data: UserData | None) -> tuple[Coding, bool] | None:
    return None if data is None else (data.coding, data.spanish)


def unreadable(stored: Stored, why: str) -> ReceivedMessage:
    """A unit nobody can read is kept as it is rather than lost."""
    try:
        octets = bytes.fromhex(stored.pdu.strip())
    except ValueError:
        octets = stored.pdu.encode()
    places = (stored.place,) if stored.place else ()
    return ReceivedMessage(
        _hash(("unreadable", stored.pdu, places)), "", "", None, octets=octets, unreadable=why, places=places
    )
