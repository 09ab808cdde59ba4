"""The driver of a GSM or 4G voice modem: a line device that speaks AT on one tty and carries sound on another.

This file is the modem's life: opened, set up, in service, lost, restarted. Its calls are in `at_calls`, and what a
model really answers is in its profile, `modems/*.toml`; where it is plugged in, in `usb_modems`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hw import at_answers
from hw.at_calls import AtCalls, CallTimings, SecondCaller
from hw.at_card_sound import AtCardSound
from hw.at_commands import ESCAPE, Command, Urc, UrcPattern
from hw.at_second_port import CallPorts
from hw.at_session import NO_ANSWER, AtSession, OpenTransport, Pause, Script, SessionHandlers
from hw.at_setup import AtSetup, ModemFacts, SetupTimings
from hw.at_sound import AtSound
from hw.device_loop import DeviceLoop, NamedTimers
from hw.devices import LineEvent, PacedExchange
from hw.health_report import HealthReport
from hw.modem_profiles import GsmProfile
from hw.power_cure import PowerCure, RecoveryTimings
from hw.serial_transport import SerialTransport, TransportLost
from hw.sms_events import MessageEvent, OutgoingMessage, SmsTimings
from hw.sms_modem import MESSAGE_URCS, SmsModem
from hw.sound_frames import SoundFrames
from hw.usb_modems import NamedPorts, Place, Ports
from hw.usb_power import NoUsbPower, UsbPower

DEAF_TO_RESET = "the modem did not restart when told"


@dataclass(frozen=True)
class AtTimings:
    """How long the driver waits for what. Tests may shorten these; the defaults are for real modems."""

    setup: SetupTimings = field(default_factory=SetupTimings)
    call: CallTimings = field(default_factory=CallTimings)
    messages: SmsTimings = field(default_factory=SmsTimings)
    recovery: RecoveryTimings = field(default_factory=RecoveryTimings)
    reopen_ms: tuple[float, ...] = (1_000, 1_000, 2_000, 3_000, 5_000)
    """Between tries to open a port that is not there; the last repeats."""
    look_ms: int = 30_000
    """Between looks at signal and registration."""
    search_ms: int = 2_000
    """The same while there is no network."""
    sound_settle_ms: int = 60
    """What a modem kept of the call before is over by then."""
    reset_wait_ms: int = 10_000
    """For a modem that was told to restart to go away."""


class AtModem:
    """A LineDevice. `port` and `audio_port` are the ttys of commands and of sound; "" as `audio_port`: no sound.
    `card`, instead of it, is the modem's sound card (`at_card_sound`), and the profile is then one of such a modem.

    `place`, instead of both, finds the modem by its IMEI or USB socket each time it is opened. `power` is switched off
    and on when nothing else brings the modem back.
    `messages` is told of messages and USSD; without it the modem's are left alone.
    """

    def __init__(
        self,
        *,
        name: str,
        profile: GsmProfile,
        port: str = "",
        audio_port: str = "",
        card: str = "",
        place: Place | None = None,
        power: UsbPower | None = None,
        events: Callable[[LineEvent], None],
        messages: Callable[[MessageEvent], None] | None = None,
        pin: str = "",
        second_caller: SecondCaller = "busy",
        timings: AtTimings | None = None,
        open_transport: OpenTransport = SerialTransport,
    ) -> None:
        self._profile = profile
        self._place = place if place is not None else NamedPorts(port, audio_port)
        self._ports: Ports | None = None
        """Where it was found at the last try."""
        self._timings = timings or AtTimings()
        self._open_transport = open_transport
        self._loop = DeviceLoop(f"modem {name}", self._failed)
        self._timers = NamedTimers(self._loop)
        self._health = HealthReport(events)
        self._facts = ModemFacts()
        self._setup = AtSetup(profile, pin, self._timings.setup, self._facts, self._not_ready)
        self._frames = SoundFrames(self._timings.sound_settle_ms)
        self._card = card
        has_sound = profile.sound.kind != "analogue" and bool(place or audio_port)
        self._sound: AtSound | AtCardSound | None = None
        if card:
            self._sound = AtCardSound(self._frames)
        elif has_sound:
            self._sound = AtSound(self._loop, self._frames, self._sound_lost)
        self._cure = PowerCure(
            self._loop, power or NoUsbPower(), self._timings.recovery, lambda why: self._health.say("down", why)
        )
        urcs = (*(UrcPattern(one.begins, one.kind, one.whole) for one in profile.urcs), *MESSAGE_URCS)
        self._session = AtSession(
            self._loop,
            self._find,
            urcs,
            SessionHandlers(self._opened, self._lost, self._absent, self._urc),
            open_transport,
            self._timings.reopen_ms,
        )
        self._call_ports = CallPorts(
            self._loop,
            self._session,
            urcs,
            lambda: self._ports.second_port if self._ports else "",
            open_transport,
            self._second_urc,
        )
        self._calls = AtCalls(
            self._loop,
            self._call_ports,
            self._sound,
            profile,
            self._timings.call,
            events,
            self._sick,
            self._free,
            second_caller,
            lambda: self._emergencies_only,
        )
        self._messages = messages and SmsModem(
            self._loop,
            self._session,
            profile.messages,
            self._timings.messages,
            messages,
            lambda: self._calls.busy,
            lambda: self._calls.quiet,
        )
        self._ready = False
        self._emergencies_only = False
        """Its SIM is missing or locked: it is of no use but for them (TS 22.101 §10.1.1)."""
        self._sickness = ""
        """A fault of the modem that only a restart of it cures."""

    def start(self) -> None:
        self._loop.start()
        self._loop.call(self._begin)

    def answer(self) -> None:
        self._loop.call(self._calls.answer)

    def dial(self, number: str, emergency: bool = False) -> None:
        self._loop.call(lambda: self._dial(number, emergency))

    def hang_up(self) -> None:
        self._loop.call(self._calls.hang_up)

    def send_digits(self, digits: str) -> None:
        self._loop.call(lambda: self._calls.send_digits(digits))

    def send_message(self, message: OutgoingMessage) -> None:
        """MessageSent or MessageFailed follows."""
        self._with_messages(lambda messages: messages.send(message))

    def message_kept(self, message_id: str) -> None:
        """The message or report that came is safe: empty it from the modem."""
        self._with_messages(lambda messages: messages.kept(message_id))

    def ask_network(self, code: str) -> None:
        """A USSD request, as *100#. UssdAnswered follows."""
        self._with_messages(lambda messages: messages.ask_network(code))

    def _with_messages(self, do: Callable[[SmsModem], None]) -> None:
        messages = self._messages
        if messages is not None:
            self._loop.call(lambda: do(messages))

    def hold(self, held: bool) -> None:
        """Put the call on hold, or take it back: OnHold follows, nothing while a second caller waits."""
        self._loop.call(lambda: self._calls.hold(held))

    def refuse_waiting(self) -> None:
        """Tell the second caller busy: WaitingOver follows."""
        self._loop.call(self._calls.refuse_waiting)

    def attach_sound(self, exchange: PacedExchange) -> None:
        self._loop.call(lambda: self._frames.attach(exchange))

    def detach_sound(self) -> None:
        self._loop.call(self._frames.detach)

    def close(self) -> None:
        """Lets go of the ports and leaves a call up: the next start finds it."""
        self._loop.call(self._close)
        self._loop.stop()

    def _dial(self, number: str, emergency: bool) -> None:
        in_service = self._ready and self._facts.registered
        if emergency:
            in_service = self._ready or self._emergencies_only
        self._calls.dial(number, in_service, emergency)

    def _begin(self) -> None:
        self._health.say("starting", "opening the modem")
        self._session.start()

    def _close(self) -> None:
        self._timers.cancel_all()
        if self._sound is not None:
            self._sound.close()
        self._call_ports.go_back()
        self._session.close()

    def _failed(self, error: Exception) -> None:
        """A fault of this program in one of its handlers: start over rather than go on half known."""
        self._loop.log_error(error)
        self._session.lose(f"internal fault: {error}")

    def _find(self) -> str:
        self._ports = None
        ports = self._ports = self._place.find()
        self._cure.seen(ports.usb_path)
        return ports.port

    def _opened(self) -> None:
        if self._sound is not None and self._ports is not None:
            try:
                self._sound.open_at(self._card or self._ports.audio_port, self._open_transport)
            except TransportLost as error:
                # The ttys of a modem appear one after another.
                self._session.lose(str(error))
                return
        self._session.send_data(ESCAPE)  # the process before us may have died at a prompt
        self._session.run(self._set_up())

    def _absent(self, reason: str) -> None:
        self._health.say("down", reason)
        if self._ports is None or not Path(self._ports.port).exists():
            self._cure.absent()

    def _lost(self, reason: str) -> None:
        self._out_of_service(reason)
        if self._sound is not None:
            self._sound.close()
        if reason == NO_ANSWER:
            self._cure.silent()
        elif reason == DEAF_TO_RESET:
            self._cure.deaf_to_reset()

    def _sound_lost(self, reason: str) -> None:
        self._session.lose(reason)

    def _out_of_service(self, reason: str) -> None:
        self._timers.cancel_all()
        self._ready = self._emergencies_only = False
        self._sickness = ""
        self._facts.registered, self._facts.operator = False, ""
        if self._messages is not None:
            self._messages.lost()
        self._call_ports.go_back()
        self._calls.lost()
        self._health.say("down", reason)

    def _rebooted(self) -> None:
        """It said so; during set-up that is the end of its start, and set-up begins again."""
        self._session.restart()
        self._sickness = ""
        if self._ready or self._emergencies_only:
            self._out_of_service("the modem restarted by itself")
        self._session.run(self._set_up())

    def _set_up(self) -> Script:
        self._ready = False
        yield from self._setup.greet()
        if not self._place.is_it(self._facts.imei):
            imei = self._facts.imei
            self._session.lose(
                f"looking for the modem of this line: the one here has IMEI {imei}"
                if imei
                else "looking for the modem of this line: the one here does not tell its IMEI"
            )
            return
        once = self._emergencies_only  # each of them is looked at again later, and an emergency comes between
        if not (yield from self._setup.unlock(once)):
            yield from self._serve_emergencies()
            return
        if once and self._calls.busy:
            yield from self._serve_emergencies()
            return
        if not self._calls.busy:
            yield from self._calls.adopt()
        if not (yield from self._setup.find_voice(once)):
            yield from self._serve_emergencies()
            return
        yield from self._setup.prepare()
        yield from self._setup.look_at_network()
        self._ready, self._emergencies_only = True, False
        self._cure.well()
        self._report()
        self._look_later()
        self._calls.resume()
        if self._messages is not None:
            self._messages.resume()

    def _serve_emergencies(self) -> Script:
        """Until the SIM is ready: it is looked at again and again while no such call is up."""
        if not self._emergencies_only:
            self._emergencies_only = True
            yield from self._setup.prepare_for_emergencies()
        self._timers.set("sim", self._timings.setup.sim_retry_ms, self._look_at_sim)

    def _look_at_sim(self) -> None:
        if self._calls.busy:
            self._timers.set("sim", self._timings.setup.sim_retry_ms, self._look_at_sim)
        else:
            self._session.run(self._set_up())

    def _not_ready(self, why: str) -> None:
        self._health.say("down", why)

    def _report(self) -> None:
        if not self._ready:
            return
        facts = self._facts
        self._health.sim = facts.iccid
        network = self._setup.network_trouble()
        fault = self._sickness or facts.defect
        if network:
            self._health.say("down", network, facts.signal_percent, facts.operator)
        elif fault:
            self._health.say("degraded", fault, facts.signal_percent, facts.operator)
        else:
            named = f"registered with {facts.operator}" if facts.operator else "registered"
            self._health.say("up", named, facts.signal_percent, facts.operator)

    def _look_later(self) -> None:
        wait_ms = self._timings.look_ms if self._facts.registered else self._timings.search_ms
        self._timers.set("look", wait_ms, lambda: self._session.run(self._look()))

    def _look(self) -> Script:
        yield from self._setup.look_at_network()
        if self._facts.settings_lost:
            # It started anew and did not say so: a call from before is gone, one since then goes on.
            yield from self._calls.lose_unless_listed()
            self._sickness = ""
            self._health.say("down", "the modem restarted by itself")
            yield from self._set_up()
            return
        self._report()
        self._look_later()

    def _urc(self, urc: Urc) -> None:
        if urc.kind == "rebooted":
            self._rebooted()
        elif self._emergencies_only:
            self._calls.urc(urc)
        elif not self._ready:
            return  # the call list is asked again at the end of set-up; a caller rings again
        elif urc.kind == "registration":
            self._setup.registration_told(at_answers.registration(urc.text))
            self._report()
            self._timers.set("look", self._timings.search_ms, lambda: self._session.run(self._look()))
        elif urc.kind == "booted":
            # Before the call list is asked twice more: empty because it started anew, and not because somebody hung up.
            self._session.run(self._look(), urgent=True)
        elif urc.kind == "sound_flow" and self._sound is not None:
            self._sound.pause(at_answers.fields(urc.text)[:1] == ["0"])
        elif self._messages is None or not self._messages.urc(urc):
            self._calls.urc(urc)

    def _second_urc(self, urc: Urc) -> None:
        """Of another port than the first, which says all of it too; only calls are commanded there."""
        if self._ready or self._emergencies_only:
            self._calls.urc(urc)

    def _sick(self, fault: str) -> None:
        if self._emergencies_only:
            return  # help may be called again at once: no restart
        self._sickness = fault
        self._report()

    def _free(self) -> Script:
        """No call is up: time for the one cure of a sick modem. It goes away and comes back."""
        if not self._sickness:
            return
        self._ready = False
        self._health.say("down", f"restarting the modem: {self._sickness}")
        yield Command(self._profile.reset, timeout_ms=self._timings.call.answer_ms)
        yield Pause(self._timings.reset_wait_ms)
        self._session.lose(DEAF_TO_RESET)
