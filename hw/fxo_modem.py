"""The driver of an analogue (FXO) voice modem after ITU-T V.253: a line device with commands and sound on one tty.

What a model wants to be told is in its profile (`modems/*.toml`), which call states follow which in `fxo_calls`, the
sound in `fxo_sound`; this file is what the driver does when.
"""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from hw import dle
from hw.at_commands import Answer, Command, Urc, UrcPattern
from hw.at_session import AtSession, Expect, OpenTransport, Pause, Script, SessionHandlers
from hw.caller_id import CallerId
from hw.device_loop import DeviceLoop, NamedTimers
from hw.devices import Answered, Dialling, Digit, EndCause, Ended, Found, LineEvent, Ringing, SoundExchange
from hw.fxo_calls import FxoCall, LineState, Step, next_state
from hw.fxo_rings import FxoRings, RingTimings
from hw.fxo_setup import FxoSetup
from hw.fxo_sound import FxoSound
from hw.health_report import HealthReport
from hw.modem_profiles import FxoProfile
from hw.serial_transport import SerialTransport
from hw.sound_frames import SoundFrames

log = logging.getLogger(__name__)

_DIALABLE = re.compile(r"^\+?[0-9*#]{1,32}$")
_URCS = (
    UrcPattern("RING", "ring", whole=True),
    *(UrcPattern(begins, "identity") for begins in ("DATE", "TIME", "NMBR", "NAME", "MESG", "DDN", "NDID")),
)
INTERNATIONAL_PREFIX = "00"
"""A dial pad has no +; ITU-T E.164 recommends this."""
_DIAL_CAUSES: dict[str, EndCause] = {"BUSY": "busy", "NO ANSWER": "no_answer"}


@dataclass(frozen=True)
class FxoTimings:
    """How long the driver waits for what. Tests may shorten these; the defaults are for real lines and modems."""

    ring: RingTimings = field(default_factory=RingTimings)
    reopen_ms: tuple[float, ...] = (1_000, 1_000, 2_000, 3_000, 5_000)
    answer_ms: int = 3_000
    first_answer_ms: int = 700
    adopt_listen_ms: int = 300
    """A modem that sends sound by itself when opened has a call up."""
    connect_ms: int = 5_000
    assume_answered_ms: int = 3_000
    """After dialling; a line without answer signalling says nothing more."""
    refuse_ms: int = 600
    sound_over_ms: int = 2_000
    dtr_ms: int = 300
    sound_settle_ms: int = 60
    """What a modem kept of the call before is over by then."""
    sound_lead_ms: int = 40
    """Silence sent ahead, against gaps when this process is late."""


class FxoModem:
    """A LineDevice on one tty."""

    def __init__(
        self,
        *,
        name: str,
        profile: FxoProfile,
        port: str,
        events: Callable[[LineEvent], None],
        timings: FxoTimings | None = None,
        open_transport: OpenTransport = SerialTransport,
    ) -> None:
        self._profile = profile
        self._events = events
        self._timings = timings or FxoTimings()
        self._loop = DeviceLoop(f"modem {name}", self._failed)
        self._timers = NamedTimers(self._loop)
        self._health = HealthReport(events)
        self._frames = SoundFrames(self._timings.sound_settle_ms, self._timings.sound_lead_ms)
        self._sound = FxoSound(profile.law, self._frames, self._noticed)
        self._digits = dle.DigitFilter()
        handlers = SessionHandlers(self._opened, self._lost, self._absent, self._urc, self._data, self._noticed)
        self._session = AtSession(self._loop, port, _URCS, handlers, open_transport, self._timings.reopen_ms)
        self._setup = FxoSetup(
            profile, self._session, self._timings.answer_ms, self._timings.first_answer_ms, self._timings.dtr_ms
        )
        self._rings = FxoRings(self._loop, self._timings.ring, self._announce, self._ring_stopped)
        self._state: LineState = "down"
        self._call: FxoCall | None = None
        self._line_fault = ""
        self._listening: bytearray | None = None
        """What came while we listen for sound at the start."""

    def start(self) -> None:
        self._loop.start()
        self._loop.call(self._begin)

    def answer(self) -> None:
        self._loop.call(self._answer)

    def dial(self, number: str, emergency: bool = False) -> None:
        self._loop.call(lambda: self._dial(number))

    def hang_up(self) -> None:
        self._loop.call(self._hang_up)

    def send_digits(self, digits: str) -> None:
        self._loop.call(lambda: self._sound.send_digits(digits))

    def attach_sound(self, exchange: SoundExchange) -> None:
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
        self._timers.cancel_all()
        self._session.close()

    def _failed(self, error: Exception) -> None:
        """A fault of this program in one of its handlers: start over rather than go on half known."""
        self._loop.log_error(error)
        self._session.lose(f"internal fault: {error}")

    def _absent(self, reason: str) -> None:
        self._health.say("down", reason)

    def _opened(self) -> None:
        self._listening = bytearray()
        self._session.engine.enter_data_mode()
        self._session.run(self._set_up())

    def _lost(self, reason: str) -> None:
        self._timers.cancel_all()
        self._rings.over()
        self._listening = None
        self._go("lost")
        call, self._call = self._call, None
        if call is not None and call.announced:
            self._events(Ended("line_lost", by_us=call.by_us))
        self._health.say("down", reason)

    def _set_up(self) -> Script:
        yield Pause(self._timings.adopt_listen_ms)
        heard, self._listening = bytes(self._listening or b""), None
        if len(heard) * 1000 >= 8 * self._timings.adopt_listen_ms * 500:  # half of 8,000 bytes a second
            self._adopt()
            return
        self._session.leave_data_mode(b"")
        yield from self._setup.identify()
        yield from self._setup.prepare()
        self._go("ready")
        self._report()

    def _adopt(self) -> None:
        """The process before us died in a call; the modem goes on sending its sound."""
        self._call = FxoCall(incoming=True, announced=True, answered=True)
        self._go("adopt")
        self._sound.begin()
        self._events(Found("", "answered", incoming=True))
        self._report()

    def _report(self) -> None:
        fault = self._line_fault or self._setup.defect
        if fault:
            self._health.say("degraded", fault)
        else:
            self._health.say("up", "ready")

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
            self._events(Ringing(identity.number or "", caller_name=identity.name))

    def _ring_stopped(self) -> None:
        if self._go("ring_stopped"):
            self._over()

    def _over(self) -> None:
        self._rings.over()
        self._timers.cancel("assume")
        call, self._call = self._call, None
        if call is not None and call.announced:
            self._events(Ended(call.cause, by_us=call.by_us))

    # What the user wants.

    def _answer(self) -> None:
        if self._call is not None and self._call.announced and self._go("answer"):
            self._rings.over()
            self._session.run(self._connect_script(self._call), urgent=True)

    def _dial(self, number: str) -> None:
        if self._call is not None:
            if not self._call.announced:
                self._events(Ended("congestion"))  # a call is just arriving
        elif self._state != "idle":
            self._events(Ended("line_lost" if self._state == "down" else "congestion"))
        elif not _DIALABLE.match(number):
            self._events(Ended("failed"))
        else:
            self._go("dial")
            self._call = FxoCall(incoming=False, number=number.replace("+", INTERNATIONAL_PREFIX), announced=True)
            self._session.run(self._connect_script(self._call), urgent=True)

    def _hang_up(self) -> None:
        call = self._call
        if call is not None and call.announced and not call.by_us:
            call.by_us = True
            call.cause = "normal"
            self._end()

    def _connect_script(self, call: FxoCall) -> Script:
        """Off the hook, dial if it is for us to dial, and sound both ways."""
        answer = yield self._command(self._profile.off_hook, tries=2)
        if answer.ok and not call.incoming:
            answer = yield self._command(self._profile.dial.replace("{number}", call.number), call_results=True)
            if answer.ok:
                self._events(Dialling())
        if answer.ok and self._call is call and self._state in ("answering", "dialling"):
            answer = yield self._command(
                self._profile.duplex, opens_data=True, call_results=True, timeout_ms=self._timings.connect_ms
            )
        if self._call is not call or self._state not in ("answering", "dialling"):
            return  # ended meanwhile; the script that ends it comes next
        if not answer.ok:
            self._cannot_connect(call, answer)
            return
        self._go("connected")
        self._line_fault = ""
        self._digits = dle.DigitFilter()
        self._sound.begin()
        if call.incoming:
            self._answered(call, "signalled")
        else:
            self._timers.set("assume", self._timings.assume_answered_ms, lambda: self._answered(call, "assumed"))

    def _answered(self, call: FxoCall, evidence: str) -> None:
        if self._call is call and self._state == "online" and not call.answered:
            call.answered = True
            self._events(Answered("assumed" if evidence == "assumed" else "signalled"))

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
        reply, rest = self._sound.heard(data, self._session.unsent_bytes)
        if rest is not None:
            self._session.leave_data_mode(rest)
            self._session.happened("sound over")
            self._far_end_gone("normal")
        elif reply:
            self._session.send_data(reply)

    def _noticed(self, code: int) -> None:
        character = chr(code)
        if character == "R":
            self._ring()
        elif character == "b":
            if self._call is not None and self._state != "ringing" and self._call.heard_busy(self._loop.now_ms):
                self._far_end_gone(self._call.cause)
        elif character in "dl":
            # Dial tone in a call is the exchange's, after the far end left; `l` is the line's own hang-up signal.
            self._far_end_gone("normal")
        elif self._state == "online":
            digit = self._digits.event(code)
            if digit is not None:
                self._events(Digit(digit))

    def _far_end_gone(self, cause: EndCause) -> None:
        if self._call is not None and self._state == "online":
            self._call.cause = cause
            self._end()

    # How calls end.

    def _end(self) -> None:
        refused = self._state == "ringing"
        if self._go("end"):
            self._rings.over()
            self._timers.cancel("assume")
            self._session.run(self._end_script(refused), urgent=True)

    def _end_script(self, refused: bool) -> Script:
        if refused:
            # The only way to turn a caller away on an analogue line: answer and hang up.
            yield self._command(self._profile.off_hook)
            yield Pause(self._timings.refuse_ms)
        on_hook = True
        for end in (dle.END_OF_DUPLEX, dle.END_OF_SOUND):
            if self._session.engine.data_mode:
                self._session.send_data(end)
                yield Expect("sound over", self._timings.sound_over_ms)
        if not self._session.engine.data_mode:
            answer = yield self._command(self._profile.on_hook, tries=2)
            on_hook = answer.ok
        if self._session.engine.data_mode or not on_hook:
            yield from self._setup.recover()
        self._over()
        self._go("ended")  # on hook: the next caller may ring, and be named, while the modem is prepared again
        yield from self._setup.prepare()
        self._report()

    def _command(
        self,
        text: str,
        answer: str = "",
        *,
        tries: int = 1,
        call_results: bool = False,
        opens_data: bool = False,
        timeout_ms: int = 0,
    ) -> Command:
        limit_ms = timeout_ms or self._timings.answer_ms
        return Command(text, answer, timeout_ms=limit_ms, tries=tries, call_results=call_results, opens_data=opens_data)
