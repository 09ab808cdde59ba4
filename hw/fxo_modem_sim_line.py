"""The telephone line a twin of an analogue modem hangs on: the exchange, the people behind it, and what truly happened.

It knows no commands. It tells the modem what there is to notice; whether that is noticed is the modem's affair.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from hw.device_loop import DeviceLoop, NamedTimers
from hw.devices import FRAME_BYTES
from hw.dtmf import DigitHearer
from hw.fxo_modem_sim_faults import FxoFaults
from hw.fxo_modem_sim_hybrid import Hybrid
from hw.fxo_modem_sim_tones import Tone, ToneSource
from hw.twins import FarEnd

TwinLineState = Literal["quiet", "ringing", "connected", "dialling", "released"]
MAX_CALLS_KEPT = 2_000
_TELLS: dict[str, str] = {"busy": "b", "congestion": "K", "dial_tone": "d", "loop_break": "l", "polarity": "L"}
_ANSWERS: dict[str, str] = {"voice": "V", "polarity": "L", "loop_break": "l", "answer_tone": "a"}
_SILENT_SIGNS = ("none", "tone_only", "howler", "odd_tone")
_SOUNDS: dict[str, Tone] = {
    "busy": "busy", "congestion": "congestion", "dial_tone": "dial", "tone_only": "busy", "howler": "howler",
    "odd_tone": "odd",
}  # fmt: skip


@dataclass
class TwinCall:
    """What truly happened to one call, seen from the exchange."""

    incoming: bool
    number: str
    answered: bool = False
    over: Literal["", "gave_up", "far_end", "busy", "congestion", "host", "power"] = ""
    """Who or what ended it first."""
    named_ms: float | None = None
    """When the modem told who calls, on the clock of its loop."""


class ModemSide(Protocol):
    """What the line does to the modem."""

    def hears_ring(self) -> None: ...
    def hears_identity(self, caller: str) -> bool:
        """Whether it was told on."""

    def hears_tone(self, character: str) -> None:
        """A tone is on the line; told only by a modem set to its country."""

    def hears(self, character: str) -> None: ...
    def leaves_sound(self) -> None: ...


class TwinLine:
    def __init__(
        self, loop: DeviceLoop, faults: FxoFaults, modem: ModemSide, on_event: Callable[[str, str], None]
    ) -> None:
        self._loop = loop
        self._faults = faults
        self._modem = modem
        self._on_event = on_event
        self._timers = NamedTimers(loop)
        self._hearer = DigitHearer()
        self._hybrid = Hybrid(faults.echo_loss_db) if faults.echo_loss_db else None
        self._tone: ToneSource | None = None
        self.far_end: FarEnd | None = None
        self.state: TwinLineState = "quiet"
        self.lifted = False
        self.rings = 0
        self.calls: list[TwinCall] = []

    # The exchange's side.

    def ring(self, caller: str) -> None:
        if self.state != "quiet" or self.lifted:
            raise RuntimeError(f"the line is {self.state}, {'off' if self.lifted else 'on'} hook")
        self.state, self.rings = "ringing", 0
        self.calls = [*self.calls[1 - MAX_CALLS_KEPT :], TwinCall(True, caller)]
        if self._faults.identity_after_rings == 0:
            self._identity_comes(caller)
            self._timers.set("ring", self._faults.identity_after_ms, lambda: self._ring_once(caller))
        else:
            self._ring_once(caller)

    def far_end_rings(self) -> None:
        """Ringing there begins."""
        self._must_be("dialling")
        self._play("ringback")
        if self._faults.tells_ringback:
            self._modem.hears_tone("r")
            self._timers.set("tone", self._faults.ringback_every_ms, self.far_end_rings)

    def far_end_answers(self) -> None:
        self._must_be("dialling")
        self._timers.cancel("tone")
        self._play(None)
        self.state = "connected"
        self.calls[-1].answered = True
        sign = self._faults.answer_sign
        if sign != "none":
            self._modem.hears(_ANSWERS[sign])

    def far_end_is(self, how: Literal["busy", "congestion"]) -> None:
        self._must_be("dialling")
        self._ends_by(how)
        self._release(_TELLS[how], how)

    def far_end_hangs_up(self) -> None:
        if self.state == "ringing":
            self._timers.cancel("ring", "identity")
            self.state = "quiet"  # silence is all there is to notice
            self._ends_by("gave_up")
        elif self.state in ("connected", "dialling"):
            self._ends_by("far_end")
            sign = self._faults.hang_up_sign
            self._release(_TELLS.get(sign, ""), _SOUNDS.get(sign))
            if sign == "end":
                self._modem.leaves_sound()

    def exchange_plays(self, tone: Tone | None) -> None:
        """In the middle of a talk: a switchboard's dial tone for an outside line, and its end."""
        self._must_be("connected")
        self._play(tone)
        if tone == "dial":
            self._modem.hears_tone("d")

    def frame(self, heard: bytes) -> bytes:
        """20 ms of the line's sound, for what the modem speaks into it."""
        digit = self._hearer.heard(heard)
        if digit:
            self._on_event("digit", digit)
        said = self._says(heard)
        return said if self._hybrid is None else self._hybrid.frame(heard, said)

    def _says(self, heard: bytes) -> bytes:
        if self._tone is not None:
            return self._tone.frame()
        if self.state != "connected" or self.far_end is None:
            return bytes(FRAME_BYTES)
        return self.far_end(heard)

    # The modem's side.

    def lift(self) -> None:
        self.lifted = True
        if self.state == "ringing":
            self._timers.cancel("ring", "identity")
            self.state = "connected"
            self.calls[-1].answered = True
            self._on_event("answered", "")
        elif self.state == "quiet" and not self._faults.no_dial_tone:
            self._play("dial")

    def dial_tone(self) -> bool:
        return self.lifted and self.state == "quiet" and not self._faults.no_dial_tone

    def dialled(self, number: str) -> None:
        self._play(None)
        self.state = "dialling"
        self.calls = [*self.calls[1 - MAX_CALLS_KEPT :], TwinCall(False, number)]
        self._on_event("dialled", number)

    def aborted(self) -> None:
        """Half a number: the exchange waits, and then plays congestion."""
        self.state = "released"
        self._play("congestion")

    def dropped(self, by: Literal["host", "power"]) -> None:
        """On the hook."""
        if not self.lifted:
            return
        was, self.state, self.lifted = self.state, "quiet", False
        self._timers.cancel("tone", "false busy")
        self._play(None)
        if was in ("connected", "dialling"):
            self._ends_by(by)
        if was != "quiet":
            self._on_event("hung_up", "")

    def sound_begins(self) -> None:
        """The modem can tell what it notices in its sound from now on."""
        self._hearer = DigitHearer()
        if self._faults.false_busy:
            self._timers.set("false busy", 500, lambda: self._modem.hears("b"))
        if self.state == "released":
            self._release("b", "busy")
        elif self.dial_tone() and self._faults.hang_up_sign not in _SILENT_SIGNS:
            self._modem.hears_tone("d")  # nobody is there: the exchange's dial tone

    def close(self) -> None:
        self._timers.cancel_all()

    def _ring_once(self, caller: str) -> None:
        self.rings += 1
        self._modem.hears_ring()
        if self.rings == self._faults.identity_after_rings:
            self._timers.set("identity", self._faults.identity_after_ms, lambda: self._identity_comes(caller))
        self._timers.set("ring", self._faults.ring_every_ms, lambda: self._ring_once(caller))

    def _identity_comes(self, caller: str) -> None:
        if self._modem.hears_identity(caller):
            self.calls[-1].named_ms = self._loop.now_ms

    def _release(self, event: str, tone: Tone | None) -> None:
        self.state = "released"
        if self._tone is None or self._tone.tone != tone:
            self._play(tone)
        if event in ("l", "L"):
            self._modem.hears(event)
        elif event:
            self._modem.hears_tone(event)
        if event in ("b", "K", "d"):
            self._timers.set("tone", self._faults.tone_every_ms, lambda: self._release(event, tone))
        else:
            self._timers.cancel("tone")

    def _play(self, tone: Tone | None) -> None:
        self._tone = ToneSource(tone) if tone is not None else None

    def _ends_by(self, how: Literal["gave_up", "far_end", "busy", "congestion", "host", "power"]) -> None:
        if self.calls and not self.calls[-1].over:
            self.calls[-1].over = how

    def _must_be(self, state: TwinLineState) -> None:
        if self.state != state:
            raise RuntimeError(f"the line is {self.state}")
