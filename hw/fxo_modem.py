"""The driver of an analogue (FXO) voice modem after ITU-T V.253: a line device with commands and sound on one tty.

What a model wants to be told is in its profile (`modems/*.toml`), which call states follow which in `fxo_calls`, the
sound in `fxo_sound`; this file is what the driver does when.
"""

import logging
import re
from collections.abc import Callable
from pathlib import Path

from hw.at_commands import Answer, Urc, UrcPattern
from hw.at_session import NO_ANSWER, AtSession, OpenTransport, Pause, Script, SessionHandlers
from hw.caller_id import CallerId
from hw.device_loop import DeviceLoop, NamedTimers
from hw.devices import (
    Dialling,
    EndCause,
    Ended,
    Found,
    LineEvent,
    PacedExchange,
    Ringing,
)
from hw.fxo_calls import FxoCall, LineState, Step, next_state
from hw.fxo_hook import FxoHook
from hw.fxo_rings import FxoRings
from hw.fxo_setup import FxoSetup
from hw.fxo_talk import FxoTalk, TalkHooks
from hw.fxo_timings import FxoTimings
from hw.health_report import HealthReport
from hw.modem_profiles import FxoProfile
from hw.power_cure import PowerCure, UsbSocket
from hw.serial_transport import SerialTransport
from hw.signals.tones import CountryTone
from hw.sound_frames import SoundFrames
from hw.usb_power import NoUsbPower

log = logging.getLogger(__name__)

_DIALABLE = re.compile(r"^\+?[0-9*#]{1,32}$")
_URCS = (
    UrcPattern("RING", "ring", whole=True),
    *(UrcPattern(begins, "identity") for begins in ("DATE", "TIME", "NMBR", "NAME", "MESG", "DDN", "NDID")),
)
INTERNATIONAL_PREFIX = "00"
"""A dial pad has no +; ITU-T E.164 recommends this."""
_DIAL_CAUSES: dict[str, EndCause] = {"BUSY": "busy", "NO ANSWER": "no_answer"}


class FxoModem:
    """A LineDevice on one tty. `country` (ISO 3166) is what the modem is told to be installed in; `disconnect_tone`
    is the line's own, None for the country's; `usb_socket` has the power that frees a modem which is stuck for good."""

    def __init__(
        self,
        *,
        name: str,
        profile: FxoProfile,
        port: str,
        events: Callable[[LineEvent], None],
        timings: FxoTimings | None = None,
        open_transport: OpenTransport = SerialTransport,
        country: str = "",
        disconnect_tone: CountryTone | None = None,
        usb_socket: UsbSocket | None = None,
    ) -> None:
        self._profile = profile
        self._port = port
        self._usb_socket = usb_socket or UsbSocket(NoUsbPower(), lambda: "")
        self._events = events
        self._timings = timings or FxoTimings()
        self._loop = DeviceLoop(f"modem {name}", self._failed)
        self._health = HealthReport(events)
        self._frames = SoundFrames(self._timings.sound_settle_ms)
        handlers = SessionHandlers(self._opened, self._lost, self._absent, self._urc, self._data, self._noticed)
        self._session = AtSession(self._loop, port, _URCS, handlers, open_transport, self._timings.reopen_ms)
        hooks = TalkHooks(events, self._ring, self._far_end_gone, self._session)
        self._talk = FxoTalk(self._loop, profile, country, self._frames, self._timings, hooks, disconnect_tone)
        self._setup = FxoSetup(profile, self._session, self._timings, country)
        self._hook = FxoHook(profile, self._session, self._timings, self._setup)
        self._cure = PowerCure(
            self._loop, self._usb_socket.power, self._timings.recovery, lambda why: self._health.say("down", why)
        )
        self._rings = FxoRings(self._loop, self._timings.ring, self._announce, self._ring_stopped)
        self._timers = NamedTimers(self._loop)
        self._state: LineState = "down"
        self._call: FxoCall | None = None
        self._line_fault = ""
        self._stuck = False
        """The port was lost while a call was being ended: what it sends when it is back is no call to go on with."""
        self._listening: bytearray | None = None
        """What came while we listen for sound at the start."""

    def start(self) -> None:
        self._loop.start()
        self._loop.call(self._begin)

    def answer(self) -> None:
        self._loop.call(self._answer)

    def dial(self, number: str, emergency: bool = False) -> None:
        self._loop.call(lambda: self._dial(number, emergency))

    def listen(self) -> None:
        """Lift the line and dial nothing (a `Liftable`)."""
        self._loop.call(lambda: self._dial("", emergency=False, listens=True))

    def hang_up(self) -> None:
        self._loop.call(self._hang_up)

    def send_digits(self, digits: str) -> None:
        self._loop.call(lambda: self._talk.send_digits(digits))

    def attach_sound(self, exchange: PacedExchange) -> None:
        self._loop.call(lambda: self._frames.attach(exchange))

    def detach_sound(self) -> None:
        self._loop.call(self._frames.detach)

    def close(self) -> None:
        """Lets go of the port and leaves a call up: the next start finds it by its sound."""
        self._loop.call(self._close)
        self._loop.stop()

    # Opening, losing and setting up.

    def _begin(self) -> None:
        self._health.say("starting", "opening the modem")
        self._session.start()

    def _close(self) -> None:
        self._talk.end()
        self._timers.cancel_all()
        self._session.close()

    def _failed(self, error: Exception) -> None:
        """A fault of this program in one of its handlers: start over rather than go on half known."""
        self._loop.log_error(error)
        self._session.lose(f"internal fault: {error}")

    def _absent(self, reason: str) -> None:
        self._health.say("down", reason)
        if not Path(self._port).exists():
            self._cure.absent()

    def _opened(self) -> None:
        self._cure.seen(self._usb_socket.path())
        self._listening = bytearray()
        self._session.engine.enter_data_mode()
        self._session.run(self._set_up())

    def _lost(self, reason: str) -> None:
        self._talk.end()
        self._timers.cancel_all()
        self._rings.over()
        self._listening = None
        self._line_fault = ""
        self._stuck = self._state == "ending" or (self._stuck and reason == NO_ANSWER)
        self._go("lost")
        call, self._call = self._call, None
        if call is not None and call.announced:
            self._events(Ended("line_lost", by_us=call.by_us))
        self._health.say("down", reason)
        if reason == NO_ANSWER:
            self._cure.silent()

    def _set_up(self) -> Script:
        yield Pause(self._timings.adopt_listen_ms)
        heard, self._listening = bytes(self._listening or b""), None
        speaks = len(heard) * 1000 >= 8 * self._timings.adopt_listen_ms * 500  # half of 8,000 bytes a second
        if speaks and not self._stuck:
            self._adopt()
            return
        self._session.leave_data_mode(b"")
        if self._stuck:
            yield from self._setup.recover()
        yield from self._setup.identify()
        yield from self._setup.prepare()
        self._stuck = False
        self._go("ready")
        self._report()

    def _adopt(self) -> None:
        """The process before us died in a call; the modem goes on sending its sound."""
        self._call = FxoCall(incoming=True, announced=True, answered=True)
        self._go("adopt")
        self._talk.begin(self._call)
        self._events(Found("", "answered", incoming=True))
        self._report()

    def _look(self) -> None:
        if self._state == "idle" and self._session.is_idle:
            self._session.run(self._setup.look())
        self._timers.set("look", self._timings.look_ms, self._look)

    def _report(self) -> None:
        self._cure.well()
        self._timers.set("look", self._timings.look_ms, self._look)
        fault = self._line_fault or self._setup.defect
        self._health.say(
            "degraded" if fault else "up",
            fault or "ready",
            overruns=self._talk.overruns,
            underruns=self._talk.underruns,
        )

    def _go(self, step: Step) -> bool:
        """Take the step if it has a meaning now."""
        state = next_state(self._state, step)
        if state is None:
            log.debug("%s while %s is ignored", step, self._state)
            return False
        self._state = state
        return True

    # A caller rings.

    def _urc(self, urc: Urc) -> None:
        if urc.kind == "ring":
            self._ring()
        elif urc.kind == "identity" and self._state in ("idle", "ringing"):
            self._rings.identity_line(urc.text)

    def _ring(self) -> None:
        if self._go("ring"):
            if self._call is None:
                self._call = FxoCall(incoming=True)
            self._rings.ring()

    def _announce(self, identity: CallerId) -> None:
        if self._call is not None and self._state == "ringing":
            self._call.announced = True
            self._events(Ringing(identity.number or "", identity.called, identity.name))

    def _ring_stopped(self) -> None:
        if self._go("ring_stopped"):
            self._over()

    def _over(self) -> None:
        self._rings.over()
        call, self._call = self._call, None
        if call is not None and call.announced:
            self._events(Ended(call.cause, by_us=call.by_us))

    # What the user wants.

    def _answer(self) -> None:
        if self._call is not None and self._call.announced and self._go("answer"):
            self._rings.over()
            self._session.run(self._connect_script(self._call), urgent=True)

    def _dial(self, number: str, emergency: bool, listens: bool = False) -> None:
        if self._call is not None:
            if not self._call.announced:
                self._events(Ended("congestion"))  # a call is just arriving
        elif self._state != "idle":
            self._events(Ended("line_lost" if self._state == "down" else "congestion"))
        elif not listens and not _DIALABLE.match(number):
            self._events(Ended("failed"))
        else:
            self._go("dial")
            number = number.replace("+", INTERNATIONAL_PREFIX)
            self._call = FxoCall(incoming=False, number=number, emergency=emergency, announced=True)
            self._session.run(self._connect_script(self._call), urgent=True)

    def _hang_up(self) -> None:
        call = self._call
        if call is not None and call.announced and not call.by_us:
            call.by_us = True
            call.cause = "normal"
            self._hook.abort()
            self._end()

    def _connect_script(self, call: FxoCall) -> Script:
        def wanted() -> bool:
            return self._call is call and self._state in ("answering", "dialling")

        answer = yield from self._hook.lift(call.number, wanted, lambda: self._events(Dialling()))
        if not wanted():
            return  # ended meanwhile; the script that ends it comes next
        if not answer.ok:
            self._cannot_connect(call, answer)
            return
        self._go("connected")
        self._line_fault = ""
        self._talk.begin(call)

    def _cannot_connect(self, call: FxoCall, answer: Answer) -> None:
        call.cause = _DIAL_CAUSES.get(answer.result, "failed")
        if answer.result in ("NO DIALTONE", "NO DIAL TONE"):
            self._line_fault = "no dial tone: is the telephone line plugged in?"
        self._end()

    # What the modem notices, and the sound.

    def _data(self, data: bytes) -> None:
        if self._listening is not None:
            self._listening += data[: 65_536 - len(self._listening)]
            return
        if self._talk.heard(data):
            self._session.happened("sound over")
            self._far_end_gone("normal")

    def _noticed(self, code: int) -> None:
        """Between lines of commands too: a ring in class 8 is `<DLE>R`."""
        self._talk.noticed(code)

    def _far_end_gone(self, cause: EndCause, fault: str = "") -> None:
        if self._call is not None and self._state == "online":
            self._call.cause = cause
            self._line_fault = fault or self._line_fault
            self._end()

    # How calls end.

    def _end(self) -> None:
        refused = self._state == "ringing"
        if self._go("end"):
            self._rings.over()
            self._talk.end()
            self._session.run(self._end_script(refused), urgent=True)

    def _end_script(self, refused: bool) -> Script:
        yield from self._hook.hang_up(refused)
        self._over()
        self._go("ended")  # on hook: the next caller may ring, and be named, while the modem is prepared again
        yield from self._setup.prepare()
        self._report()
