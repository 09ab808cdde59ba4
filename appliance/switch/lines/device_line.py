"""A modem as a line: what its device reports becomes a leg's life in the exchange, and its sound a conference place.

GSM and analogue modems are the same here; what differs is inside `hw`.
"""

import logging
from collections.abc import Callable
from typing import Literal

from appliance.acd.ids import LegId, LineName
from appliance.acd.inputs import LegCause
from appliance.configuration.file import Line
from appliance.switch.legs import Exchange, LegImpossible, LegPort, SoundPort
from hw.devices import (
    Answered,
    AnswerProved,
    Dialling,
    Digit,
    Ended,
    Found,
    Health,
    Liftable,
    LineDevice,
    LineEvent,
    Ringing,
    RingingThere,
)

State = Literal["free", "offered", "answering", "dialling", "answered", "turned_away"]
Happening = Literal["rings", "dial", "answer", "far_rings", "connected", "found", "ended"]
MakeDevice = Callable[[Callable[[LineEvent], None]], LineDevice]
"""Makes the device, given where it is to report."""

_NEXT: dict[tuple[State, Happening], State] = {
    ("free", "rings"): "offered",
    ("free", "dial"): "dialling",
    ("free", "found"): "free",  # the state it was found in follows
    ("offered", "answer"): "answering",
    ("offered", "connected"): "answered",
    ("answering", "connected"): "answered",
    ("dialling", "rings"): "offered",  # a caller was faster than we: the dialled leg ends
    ("dialling", "far_rings"): "dialling",
    ("dialling", "connected"): "answered",
    ("offered", "ended"): "free",
    ("answering", "ended"): "free",
    ("dialling", "ended"): "free",
    ("answered", "ended"): "free",
    ("turned_away", "ended"): "free",
}
"""A pair that is not here is late or doubled news and is ignored."""
_FOUND: dict[str, State] = {"ringing": "offered", "dialling": "dialling", "answered": "answered"}

log = logging.getLogger(__name__)


class _Leg:
    """The leg of the modem's one call. Once it is over its commands do nothing."""

    def __init__(self, line: "DeviceLine", leg: LegId | None = None) -> None:
        self._line = line
        self.leg = leg

    @property
    def slot(self) -> int | None:
        return self._line.slot_of(self)

    def answer(self) -> None:
        self._line.answer(self)

    def refuse(self, cause: LegCause) -> None:
        self._line.hang_up(self, cause)

    def hang_up(self, cause: LegCause) -> None:
        self._line.hang_up(self, cause)

    def send_digits(self, digits: str) -> None:
        self._line.send_digits(self, digits)


class DeviceLine:
    """One modem as a LineDriver; everything here runs on the engine's thread, except `_from_device`."""

    def __init__(self, line: Line, make_device: MakeDevice) -> None:
        self._line = line
        self._device = make_device(self._from_device)
        self._state: State = "free"
        self._port: _Leg | None = None
        self._cause: LegCause | None = None
        """Why we hung up, when we did."""
        self._health = Health("starting", "not opened yet")
        self._exchange: Exchange
        self._sound: SoundPort

    @property
    def name(self) -> LineName:
        return LineName(self._line.name)

    def start(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._sound = exchange.sound_port(self._line.name)
        self._sound.set_levels(self._line.level_in_db, self._line.level_out_db)
        self._device.start()

    def dial(self, leg: LegId, number: str, emergency: bool = False) -> LegPort:
        """Without a number an analogue line is lifted and listened to. Raises LegImpossible: rejected (for callers
        only), line_lost (down), congestion (a call is up), failed (it cannot be listened to)."""
        if self._line.mode == "in" and not emergency:
            raise LegImpossible("rejected", f"line {self.name} is for incoming calls only")
        if self._health.state not in ("up", "degraded") and not emergency:
            raise LegImpossible("line_lost", f"line {self.name}: {self._health.detail}")
        device = self._device
        if not number and not isinstance(device, Liftable):
            raise LegImpossible("failed", f"line {self.name} cannot be listened to")
        if not self._go("dial"):
            raise LegImpossible("congestion", f"line {self.name} has a call")
        self._port = _Leg(self, leg)
        if number:
            device.dial(number, emergency)
        elif isinstance(device, Liftable):
            device.listen()
        return self._port

    def close(self) -> None:
        self._device.close()
        self._sound.close()

    # What the leg is told to do.

    def slot_of(self, port: _Leg) -> int | None:
        return self._sound.slot if port is self._port and self._state == "answered" else None

    def answer(self, port: _Leg) -> None:
        if port is self._port and self._go("answer"):
            self._device.answer()

    def hang_up(self, port: _Leg, cause: LegCause) -> None:
        if port is self._port and self._cause is None:
            self._cause = cause
            self._device.hang_up()

    def send_digits(self, port: _Leg, digits: str) -> None:
        if port is self._port and self._state == "answered":
            self._device.send_digits(digits)

    # What the device reports.

    def _from_device(self, event: LineEvent) -> None:
        """On the device's thread."""
        self._exchange.post(self._on_event, event)

    def _on_event(self, event: LineEvent) -> None:
        match event:
            case Health():
                self._health = event
                self._exchange.line_changed(
                    self.name, event.state, event.detail, event.signal_percent, event.operator, event.sim
                )
            case Ringing():
                self._rings(event)
            case RingingThere():
                if self._go("far_rings") and self._port is not None and self._port.leg is not None:
                    self._exchange.progress(self._port.leg)
            case Answered():
                self._connected(event)
            case AnswerProved():
                if self._state == "answered" and self._port is not None and self._port.leg is not None:
                    self._exchange.answer_proved(self._port.leg, event.evidence)
            case Ended():
                self._ended(event.cause, event.by_us)
            case Found():
                self._found(event)
            case Digit():
                if self._state == "answered" and self._port is not None and self._port.leg is not None:
                    self._exchange.digit(self._port.leg, event.digit)
            case Dialling():
                return  # the exchange wants to know when it rings there

    def _rings(self, event: Ringing) -> None:
        if self._line.mode == "out" and self._state == "free":
            self._state = "turned_away"
            self._device.hang_up()
            return
        before = self._port
        if not self._go("rings"):
            return
        if before is not None and before.leg is not None:
            self._exchange.ended(before.leg, "congestion", by_us=self._cause is not None)
        self._cause = None
        self._port = _Leg(self)
        self._port.leg = self._exchange.offered(self._port, self.name, event.caller, event.called, event.caller_name)

    def _connected(self, event: Answered) -> None:
        if self._go("connected") and self._port is not None and self._port.leg is not None:
            self._open_sound()
            self._exchange.answered(self._port.leg, event.evidence)

    def _found(self, event: Found) -> None:
        if not self._go("found"):
            return
        self._state = _FOUND[event.state]
        self._port = _Leg(self)
        if event.state == "answered":
            self._open_sound()
        state: Literal["offered", "dialling", "answered"] = "offered" if event.state == "ringing" else event.state
        self._port.leg = self._exchange.found(
            self._port, state, line=self.name, number=event.number, dialled=not event.incoming
        )

    def _ended(self, cause: LegCause, by_us: bool) -> None:
        if not self._go("ended"):
            return
        port, self._port = self._port, None
        ours, self._cause = self._cause, None
        self._device.detach_sound()
        self._sound.close()
        if port is not None and port.leg is not None:
            self._exchange.ended(port.leg, ours if by_us and ours is not None else cause, by_us)

    def _open_sound(self) -> None:
        self._sound.open()
        self._device.attach_sound(self._sound.exchange)

    def _go(self, happening: Happening) -> bool:
        """Take the step if it has a meaning now."""
        state = _NEXT.get((self._state, happening))
        if state is None:
            log.debug("line %s: %s while %s ignored", self.name, happening, self._state)
            return False
        self._state = state
        return True
