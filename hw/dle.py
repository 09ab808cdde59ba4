"""The shielding of a voice modem's data stream by DLE (0x10): sound and events told apart, as ITU-T V.253 says.

Pure and incremental: any split of the stream gives the same result. In the stream to the host `<DLE><DLE>` is one
sound byte 0x10, `<DLE><SUB>` two of them, and every other `<DLE><c>` is an event.
"""

from dataclasses import dataclass
from typing import Literal

DLE = 0x10
ETX = 0x03
SUB = 0x1A
CAN = 0x18
END_OF_DUPLEX = b"\x10^"
END_OF_SOUND = b"\x10\x03"

EventName = Literal[
    "ring",
    "ringback",
    "busy",
    "congestion",
    "refused_tone",  # the three rising tones before an announcement (SIT)
    "dial_tone",
    "voice",
    "answer_tone",  # a fax or data modem answers
    "calling_tone",  # a fax or data modem calls
    "loop_break",
    "polarity",
    "handset_on",
    "handset_off",
    "silence",  # nothing was said since the sound began
    "quiet",  # nothing was said for a while
    "overrun",
    "underrun",
    "call_waiting",
    "end_of_sound",
    "noise",  # known and of no use: time marks, flow control
]
_CHARACTERS: dict[EventName, str] = {
    "ring": "R",
    "ringback": "r",
    "busy": "b",
    "congestion": "K",
    "refused_tone": "J",
    "dial_tone": "di",
    "voice": "vV",
    "answer_tone": "a",
    "calling_tone": "cefm",
    "loop_break": "l",
    "polarity": "L",
    "handset_on": "hp",
    "handset_off": "HP",
    "silence": "s",
    "quiet": "q",
    "overrun": "oY",
    "underrun": "u",
    "call_waiting": "w",
    "end_of_sound": "\x03",
    "noise": "TQSEt$@",
}
EVENTS = {ord(character): name for name, characters in _CHARACTERS.items() for character in characters}
"""ITU-T V.253 table 7 with what Conexant's and US Robotics' command references add (i: stuttered dial tone; p, P: an
extension; Y: lost data). Digits are no part of it."""
DIGIT_EVENTS = frozenset(b"0123456789*#ABCD")
DIGIT_BEGINS = ord("/")
DIGIT_ENDS = ord("~")


@dataclass(frozen=True)
class Sound:
    """Bytes of sound with the shielding removed."""

    data: bytes


@dataclass(frozen=True)
class Event:
    """What the modem noticed: the character after DLE."""

    code: int

    @property
    def character(self) -> str:
        return chr(self.code)


Item = Sound | Event


def shield(sound: bytes) -> bytes:
    """Sound as it goes to the modem: every 0x10 doubled."""
    return sound.replace(b"\x10", b"\x10\x10") if DLE in sound else sound


class Unshielder:
    """Takes the stream apart. At most one byte (a DLE whose meaning comes next) is kept between calls.

    After `<DLE><ETX>` there is no more sound: the event is the last item, and `after_end` has the bytes that follow.
    """

    def __init__(self) -> None:
        self._after_dle = False
        self.after_end: bytes | None = None

    def feed(self, data: bytes) -> list[Item]:
        """Sound and events in the order they came; neighbouring sound is joined."""
        if not self._after_dle and DLE not in data:
            return [Sound(data)] if data else []
        items: list[Item] = []
        sound = bytearray()
        position = 0
        while position < len(data):
            if not self._after_dle:
                found = data.find(DLE, position)
                if found < 0:
                    sound += data[position:]
                    break
                sound += data[position:found]
                position = found + 1
                self._after_dle = True
                continue
            code = data[position]
            position += 1
            self._after_dle = False
            if code == DLE:
                sound.append(DLE)
            elif code == SUB:
                sound += b"\x10\x10"
            else:
                if sound:
                    items.append(Sound(bytes(sound)))
                    sound.clear()
                items.append(Event(code))
                if code == ETX:
                    self.after_end = data[position:]
                    return items
        if sound:
            items.append(Sound(bytes(sound)))
        return items


class DigitFilter:
    """Makes one digit of each key pressed: `/ 5 5 5 ~` is one 5, and so is a bare `5` of a modem that wraps nothing.

    A wrapping whose end was lost is over when another begins, or another digit comes.
    """

    def __init__(self) -> None:
        self._wrapped = False
        self._told = -1

    def event(self, code: int) -> str | None:
        """The digit to report now, if this event is the first that names it."""
        if code == DIGIT_BEGINS:
            self._wrapped, self._told = True, -1
            return None
        if code == DIGIT_ENDS:
            self._wrapped = False
            return None
        if code not in DIGIT_EVENTS or (self._wrapped and self._told == code):
            return None
        self._told = code
        return chr(code)
