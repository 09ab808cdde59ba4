"""A handset wired to the box as a station: hook movements and what is dialled to legs, rings to the lamp, sound to the
conference."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from gpiozero import Factory

from appliance.acd.ids import LegId, StationName
from appliance.acd.inputs import LegCause
from appliance.configuration.file import Configuration, ConfigurationError, Station
from appliance.switch.legs import Exchange, LegImpossible, LegPort, SoundPort, StationDriver
from appliance.switch.stations.dial_plan import DialPlan
from appliance.switch.stations.port_states import STRAY, Happening, State
from hw.boards import Board
from hw.devices import HandsetDevice, HandsetEvent, HookLifted, HookReplaced, PortHealth
from hw.handset_port import HandsetPort
from hw.signals.dialling import DialEvent, Dialling, DialTimings, FellSilent, NotTaken, NumberDialled
from hw.signals.dtmf_receiver import DtmfReceiver
from hw.signals.libraries import SignalLibraryMissing
from hw.signals.tones import CountryTones, country_tones

MakeHandset = Callable[[Callable[[HandsetEvent], None]], HandsetDevice]
"""Makes the device, given where it is to report."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DialPlace:
    """What a lifted handset hears, and when what it dials is complete."""

    tones: CountryTones
    plan: DialPlan
    timings: DialTimings = field(default_factory=DialTimings)


def make(station: Station, make_handset: MakeHandset, place: DialPlace) -> StationDriver:
    """The driver of one `[[station]]` of kind "port" on this handset."""
    return HandsetStation(StationName(station.name), make_handset, place)


def make_handset_stations(
    configuration: Configuration, board: Board, pin_factory: Factory | None
) -> list[StationDriver]:
    """A driver for each `[[station]]` of kind "port". Raises ConfigurationError when the board has not such a port.

    `pin_factory` None: the stations are unreachable, and say that it is for their pins.
    """
    place = DialPlace(country_tones(configuration.box.country), DialPlan.of(configuration))
    made: list[StationDriver] = []
    for station in configuration.station:
        if station.kind != "port":
            continue
        wiring = board.handset(station.board_port)
        if wiring is None:
            numbers = ", ".join(str(port.number) for port in board.handset_port) or "none"
            raise ConfigurationError(
                f'[[station]] "{station.name}" board_port: {station.board_port} is no handset port of the board '
                f"({board.title}). It has: {numbers}."
            )
        made.append(make(station, partial(HandsetPort, wiring, pin_factory), place))
    return made


class _HandsetLeg:
    """The leg of a handset that rings, dialled or talks. Once it is over its commands do nothing."""

    def __init__(self, station: "HandsetStation") -> None:
        self._station = station
        self.leg: LegId | None = None

    @property
    def slot(self) -> int | None:
        return self._station.slot_of(self)

    def answer(self) -> None:
        """Let it in that dialled; one that rings is answered by its person only."""
        self._station.answer(self)

    def refuse(self, cause: LegCause) -> None:
        self.hang_up(cause)

    def hang_up(self, cause: LegCause) -> None:
        self._station.hang_up(self, cause)

    def send_digits(self, digits: str) -> None:
        """A handset has nothing that listens to digits."""


class HandsetStation:
    """One handset port as a station; everything here runs on the engine's thread.

    What happens in which state is in `_TABLE`; a pair that is not there is ignored on purpose (`STRAY` says why).
    """

    def __init__(self, name: StationName, make_handset: MakeHandset, place: DialPlace) -> None:
        self._name = name
        self._place = place
        self._handset = make_handset(self._from_device)
        self._state: State = "starting"
        self._port: _HandsetLeg | None = None
        self._dialling: Dialling | None = None
        self._digits = ""
        self._lifted_free = False
        """Lifted with no call on it, and not replaced since."""
        self._cause: LegCause = "normal"
        self._card = PortHealth("down", "starting")
        self._exchange: Exchange
        self._sound: SoundPort

    @property
    def name(self) -> StationName:
        return self._name

    def start(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._sound = exchange.sound_port(self._name)
        try:
            self._handset.start()
        except (
            Exception
        ) as error:  # gpiozero, lgpio and the kernel each have their own; all mean that the pins are not ours
            log.error("station %s: %s: %s", self._name, type(error).__name__, error)
            self._health_changed(PortHealth("down", f"its pins cannot be used: {error}"))

    def ring(self, leg: LegId, caller: str, title: str) -> LegPort:
        """Blink and ring. Raises LegImpossible (unreachable, busy)."""
        if self._card.state == "down":
            raise LegImpossible("unreachable", f"{self._name}: {self._card.detail}")
        if self._state != "on_hook":
            raise LegImpossible("busy", f"{self._name}: the handset is {self._state.replace('_', ' ')}")
        self._port = _HandsetLeg(self)
        self._port.leg = leg
        self._state = "ringing"
        self._handset.ring(True)
        self._exchange.progress(leg)
        return self._port

    def close(self) -> None:
        self._handset.close()
        self._sound.close()

    def slot_of(self, port: _HandsetLeg) -> int | None:
        return self._sound.slot if port is self._port and self._state == "talking" else None

    def answer(self, port: _HandsetLeg) -> None:
        if port is self._port:
            self._happened("answer")

    def hang_up(self, port: _HandsetLeg, cause: LegCause) -> None:
        if port is self._port:
            self._cause = cause
            self._happened("hang_up")

    def _from_device(self, event: HandsetEvent) -> None:
        """On the device's thread."""
        self._exchange.post(self._on_event, event)

    def _on_event(self, event: HandsetEvent) -> None:
        match event:
            case HookLifted():
                self._happened("lifted")
            case HookReplaced():
                self._happened("replaced")
            case PortHealth():
                self._health_changed(event)

    def _on_dialling(self, dialling: Dialling, event: DialEvent) -> None:
        if dialling is not self._dialling:
            return  # of a lift that is over
        match event:
            case NumberDialled():
                self._digits = event.digits
                self._happened("number")
            case NotTaken():
                self._happened("not_taken")
            case FellSilent():
                self._happened("silent")

    def _health_changed(self, health: PortHealth) -> None:
        self._card = health
        self._happened("card_up" if health.state == "up" else "card_down")

    def _happened(self, what: Happening) -> None:
        known = _TABLE.get((self._state, what))
        if known is None:
            log.debug("station %s: %s while %s ignored: %s", self._name, what, self._state, STRAY[self._state, what])
            return
        act, self._state = known
        act(self)

    # --- what the table does, the new state already set

    def _found(self) -> None:
        """Off the hook since before we started: there may be a call that the switch before us had."""
        self._port = _HandsetLeg(self)
        self._connect_sound()
        self._port.leg = self._exchange.found(self._port, "answered", station=self._name)

    def _dial_tone(self) -> None:
        """Lifted with no call on it: its person may dial."""
        self._lifted_free = True
        self._tell()
        receiver = self._receiver(dial_tone=True)
        if receiver is None:
            return
        post = self._exchange.post
        made = Dialling(
            self._place.tones,
            receiver.heard,
            self._place.plan.judge,
            lambda event: post(self._on_dialling, made, event),  # on the sound's thread
            self._place.timings,
        )
        self._dialling = made
        self._handset.attach_sound(made.exchange)

    def _receiver(self, *, dial_tone: bool = False) -> DtmfReceiver | None:
        try:
            return DtmfReceiver(dial_tone=dial_tone)
        except SignalLibraryMissing as error:
            log.error("station %s cannot dial: %s", self._name, error)
            return None

    def _offer(self) -> None:
        """What was dialled is complete: from here on it is as if a SIP phone had called us."""
        self._port = _HandsetLeg(self)
        self._port.leg = self._exchange.dialled(self._port, self._name, self._digits)

    def _let_in(self) -> None:
        self._dialling = None
        self._connect_sound()
        if self._port is not None and self._port.leg is not None:
            self._exchange.answered(self._port.leg)

    def _gave_up(self) -> None:
        """Put down before anybody took what was dialled."""
        self._end("cancelled", by_us=False)
        self._put_down()

    def _put_down(self) -> None:
        self._lifted_free = False
        self._dialling = None
        self._handset.detach_sound()
        self._tell()

    def _not_taken(self) -> None:
        log.error("station %s dialled %s and nobody took it: does the ACD run?", self._name, self._digits)
        self._dialled_in_vain("failed")

    def _turned_away(self) -> None:
        self._dialled_in_vain(self._cause)

    def _fall_silent(self) -> None:
        self._dialling = None
        self._handset.detach_sound()

    def _dialled_in_vain(self, cause: LegCause) -> None:
        """The leg is over; the person hears congestion for a while, then nothing."""
        port, self._port = self._port, None
        if self._dialling is not None:
            self._dialling.refuse()
        if port is not None and port.leg is not None:
            self._exchange.ended(port.leg, cause, by_us=True)

    def _answer(self) -> None:
        self._handset.ring(False)
        self._connect_sound()
        if self._port is not None and self._port.leg is not None:
            self._exchange.answered(self._port.leg)

    def _connect_sound(self) -> None:
        self._sound.open()
        exchange, receiver, port = self._sound.exchange, self._receiver(), self._port
        if receiver is None or port is None:
            self._handset.attach_sound(exchange)
            return

        def talk(heard: bytes) -> bytes:
            for one in receiver.heard(heard):
                if port.leg is not None:
                    self._exchange.digit(port.leg, one.digit)
            return exchange(heard)

        self._handset.attach_sound(talk)

    def _hung_up(self) -> None:
        self._end("normal", by_us=False)
        if self._lifted_free:
            self._put_down()

    def _cancelled(self) -> None:
        self._end(self._cause, by_us=True)

    def _ended_by_us(self) -> None:
        """The person still holds the handset: nobody can ring it until it lies on its hook."""
        self._tell()  # first, so that nobody thinks of ringing it between the two
        self._end(self._cause, by_us=True)

    def _card_lost(self) -> None:
        self._dialling = None
        self._tell()
        self._end("unreachable", by_us=False)

    def _end(self, cause: LegCause, by_us: bool) -> None:
        port, self._port = self._port, None
        self._handset.ring(False)
        self._handset.detach_sound()
        self._sound.close()
        if port is not None and port.leg is not None:
            self._exchange.ended(port.leg, cause, by_us)

    def _tell(self) -> None:
        self._exchange.station_changed(
            self._name,
            "up" if self._card.state == "up" else "unreachable",
            off_hook=self._state == "off_hook" or self._lifted_free,
            detail=self._card.detail,
        )


_TABLE: dict[tuple[State, Happening], tuple[Callable[[HandsetStation], None], State]] = {
    ("starting", "lifted"): (HandsetStation._found, "talking"),
    ("starting", "card_up"): (HandsetStation._tell, "on_hook"),
    ("starting", "card_down"): (HandsetStation._tell, "on_hook"),
    ("on_hook", "lifted"): (HandsetStation._dial_tone, "dialling"),
    ("on_hook", "card_up"): (HandsetStation._tell, "on_hook"),
    ("on_hook", "card_down"): (HandsetStation._tell, "on_hook"),
    ("ringing", "lifted"): (HandsetStation._answer, "talking"),
    ("ringing", "hang_up"): (HandsetStation._cancelled, "on_hook"),
    ("ringing", "card_down"): (HandsetStation._card_lost, "on_hook"),
    ("dialling", "number"): (HandsetStation._offer, "dialled"),
    ("dialling", "replaced"): (HandsetStation._put_down, "on_hook"),
    ("dialling", "card_up"): (HandsetStation._tell, "dialling"),
    ("dialling", "card_down"): (HandsetStation._tell, "dialling"),  # the tone goes on when the card is back
    ("dialling", "silent"): (HandsetStation._fall_silent, "off_hook"),
    ("dialled", "answer"): (HandsetStation._let_in, "talking"),
    ("dialled", "hang_up"): (HandsetStation._turned_away, "off_hook"),
    ("dialled", "not_taken"): (HandsetStation._not_taken, "off_hook"),
    ("dialled", "replaced"): (HandsetStation._gave_up, "on_hook"),
    ("dialled", "card_up"): (HandsetStation._tell, "dialled"),
    ("dialled", "card_down"): (HandsetStation._card_lost, "off_hook"),
    ("talking", "replaced"): (HandsetStation._hung_up, "on_hook"),
    ("talking", "hang_up"): (HandsetStation._ended_by_us, "off_hook"),
    ("talking", "card_up"): (HandsetStation._tell, "talking"),
    ("talking", "card_down"): (HandsetStation._card_lost, "off_hook"),
    ("off_hook", "replaced"): (HandsetStation._put_down, "on_hook"),
    ("off_hook", "silent"): (HandsetStation._fall_silent, "off_hook"),
    ("off_hook", "card_up"): (HandsetStation._tell, "off_hook"),
    ("off_hook", "card_down"): (HandsetStation._tell, "off_hook"),
}
