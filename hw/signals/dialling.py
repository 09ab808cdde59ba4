"""A lifted telephone dials: dial tone, digits from its sound, and what they are when they are complete.

All of it is in the time of the sound itself: whoever exchanges n samples has waited n samples long. What follows what
is in `_NEXT`; how long each state may last in `DialTimings`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hw.devices import SAMPLE_RATE_HZ
from hw.signals.dtmf_receiver import HeardDigit
from hw.signals.tones import CountryTones, ToneSender

Completeness = Literal["more", "soon", "complete"]
"""What digits can be: a beginning, something that may go on but is meant if nothing follows soon, or all there is."""
Judge = Callable[[str], Completeness]
State = Literal["dial_tone", "collecting", "soon", "sent", "congestion", "silent"]
Happening = Literal["digit", "late"]
MAX_DIGITS = 32
"""E.164 has 15; prefixes and codes come before them."""
SILENCE_BYTE = b"\0"


@dataclass(frozen=True)
class DialTimings:
    """Each state's limit."""

    first_digit_ms: int = 15_000
    """Of dial tone, as exchanges give (ITU-T E.180 leaves it to them)."""
    between_digits_ms: int = 4_000
    soon_ms: int = 1_500
    taken_ms: int = 20_000
    """For somebody to take what was dialled."""
    congestion_ms: int = 20_000


@dataclass(frozen=True)
class NumberDialled:
    digits: str


@dataclass(frozen=True)
class NotTaken:
    """Nobody took what was dialled."""


@dataclass(frozen=True)
class FellSilent:
    """Nothing more will be heard."""


DialEvent = NumberDialled | NotTaken | FellSilent

_NEXT: dict[tuple[State, Happening], State] = {
    ("dial_tone", "late"): "congestion",
    ("collecting", "late"): "sent",
    ("soon", "late"): "sent",
    ("sent", "late"): "congestion",
    ("congestion", "late"): "silent",
}
_TAKES_DIGITS: tuple[State, ...] = ("dial_tone", "collecting", "soon")
"""In the others a digit is a stray: too late, and ignored."""
_AFTER_DIGIT: dict[Completeness, State] = {"more": "collecting", "soon": "soon", "complete": "sent"}


class Dialling:
    """One lift of the telephone. `exchange` is its sound; `report` is called from within it."""

    def __init__(
        self,
        tones: CountryTones,
        hear: Callable[[bytes], list[HeardDigit]],
        judge: Judge,
        report: Callable[[DialEvent], None],
        timings: DialTimings | None = None,
    ) -> None:
        limits = timings or DialTimings()
        self._limit_ms: dict[State, int] = {
            "dial_tone": limits.first_digit_ms,
            "collecting": limits.between_digits_ms,
            "soon": limits.soon_ms,
            "sent": limits.taken_ms,
            "congestion": limits.congestion_ms,
        }
        self._tones = tones
        self._hear = hear
        self._judge = judge
        self._report = report
        self._digits = ""
        self.state: State = "dial_tone"
        self._sender: ToneSender | None = ToneSender(tones.dial)
        self._samples = 0
        """In this state."""
        self._refused = False

    def exchange(self, heard: bytes) -> bytes:
        """What the telephone says in, what it hears out: as many samples."""
        if self._refused and self.state == "sent":
            self._go("congestion")
        for one in self._hear(heard):
            self._digit(one.digit)
        self._samples += len(heard) // 2
        limit_ms = self._limit_ms.get(self.state)
        if limit_ms is not None and self._samples * 1000 >= limit_ms * SAMPLE_RATE_HZ:
            self._late()
        return self._sender.take(len(heard)) if self._sender is not None else SILENCE_BYTE * len(heard)

    def refuse(self) -> None:
        """Nobody takes what was dialled: congestion from now on. Any thread."""
        self._refused = True

    def _digit(self, digit: str) -> None:
        if self.state not in _TAKES_DIGITS or digit in "ABCD":
            return
        if digit == "#" and self._digits and not self._digits.startswith("#"):
            self._go("sent")  # as on every telephone: what was dialled is all
            return
        self._digits += digit
        judged = self._judge(self._digits)
        self._go("sent" if len(self._digits) >= MAX_DIGITS else _AFTER_DIGIT[judged])

    def _late(self) -> None:
        unanswered = self.state == "sent"
        self._go(_NEXT[self.state, "late"])
        if unanswered:
            self._report(NotTaken())

    def _go(self, state: State) -> None:
        self.state = state
        self._samples = 0
        self._sender = ToneSender(self._tones.congestion) if state == "congestion" else None
        if state == "sent":
            self._report(NumberDialled(self._digits))
        elif state == "silent":
            self._report(FellSilent())
