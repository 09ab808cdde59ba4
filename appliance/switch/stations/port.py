"""A handset wired to the box as a station: hook movements to legs, rings to the lamp, sound to the conference."""

import logging
from collections.abc import Callable
from functools import partial
from typing import Literal

from gpiozero import Factory

from appliance.acd.ids import LegId, StationName
from appliance.acd.inputs import LegCause
from appliance.configuration.file import Configuration, ConfigurationError, Station
from appliance.switch.legs import Exchange, LegImpossible, LegPort, SoundPort, StationDriver
from hw.boards import Board
from hw.devices import HandsetDevice, HandsetEvent, HookLifted, HookReplaced, PortHealth
from hw.handset_port import HandsetPort

State = Literal["starting", "on_hook", "ringing", "talking", "off_hook"]
Happening = Literal["lifted", "replaced", "card_up", "card_down", "hang_up"]
MakeHandset = Callable[[Callable[[HandsetEvent], None]], HandsetDevice]
"""Makes the device, given where it is to report."""

log = logging.getLogger(__name__)


def make(station: Station, make_handset: MakeHandset) -> StationDriver:
    """The driver of one `[[station]]` of kind "port" on this handset."""
    return HandsetStation(StationName(station.name), make_handset)


def make_handset_stations(
    configuration: Configuration, board: Board, pin_factory: Factory | None
) -> list[StationDriver]:
    """A driver for each `[[station]]` of kind "port". Raises ConfigurationError when the board has not such a port.

    `pin_factory` None: the stations are unreachable, and say that it is for their pins.
    """
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
        made.append(make(station, partial(HandsetPort, wiring, pin_factory)))
    return made


class _HandsetLeg:
    """The leg of a handset that rings or talks. Once it is over its commands do nothing."""

    def __init__(self, station: "HandsetStation") -> None:
        self._station = station
        self.leg: LegId | None = None

    @property
    def slot(self) -> int | None:
        return self._station.slot_of(self)

    def answer(self) -> None:
        """Only its person answers a handset."""

    def refuse(self, cause: LegCause) -> None:
        self.hang_up(cause)

    def hang_up(self, cause: LegCause) -> None:
        self._station.hang_up(self, cause)

    def send_digits(self, digits: str) -> None:
        """A handset has nothing that listens to digits."""


class HandsetStation:
    """One handset port as a station; everything here runs on the engine's thread.

    What happens in which state is in `_TABLE`; a pair that is not there is ignored on purpose (`_STRAY` says why).
    """

    def __init__(self, name: StationName, make_handset: MakeHandset) -> None:
        self._name = name
        self._handset = make_handset(self._from_device)
        self._state: State = "starting"
        self._port: _HandsetLeg | None = None
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

    def _health_changed(self, health: PortHealth) -> None:
        self._card = health
        self._happened("card_up" if health.state == "up" else "card_down")

    def _happened(self, what: Happening) -> None:
        known = _TABLE.get((self._state, what))
        if known is None:
            log.debug("station %s: %s while %s ignored: %s", self._name, what, self._state, _STRAY[self._state, what])
            return
        act, self._state = known
        act(self)

    # --- what the table does, the new state already set

    def _found(self) -> None:
        """Off the hook since before we started: there may be a call that the switch before us had."""
        self._port = _HandsetLeg(self)
        self._connect_sound()
        self._port.leg = self._exchange.found(self._port, "answered", station=self._name)

    def _answer(self) -> None:
        self._handset.ring(False)
        self._connect_sound()
        if self._port is not None and self._port.leg is not None:
            self._exchange.answered(self._port.leg)

    def _connect_sound(self) -> None:
        self._sound.open()
        self._handset.attach_sound(self._sound.exchange)

    def _hung_up(self) -> None:
        self._end("normal", by_us=False)

    def _cancelled(self) -> None:
        self._end(self._cause, by_us=True)

    def _ended_by_us(self) -> None:
        """The person still holds the handset: nobody can ring it until it lies on its hook."""
        self._end(self._cause, by_us=True)
        self._tell()

    def _card_lost(self) -> None:
        self._end("unreachable", by_us=False)
        self._tell()

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
            off_hook=self._state == "off_hook",
            detail=self._card.detail,
        )


_TABLE: dict[tuple[State, Happening], tuple[Callable[[HandsetStation], None], State]] = {
    ("starting", "lifted"): (HandsetStation._found, "talking"),
    ("starting", "card_up"): (HandsetStation._tell, "on_hook"),
    ("starting", "card_down"): (HandsetStation._tell, "on_hook"),
    ("on_hook", "lifted"): (HandsetStation._tell, "off_hook"),
    ("on_hook", "card_up"): (HandsetStation._tell, "on_hook"),
    ("on_hook", "card_down"): (HandsetStation._tell, "on_hook"),
    ("ringing", "lifted"): (HandsetStation._answer, "talking"),
    ("ringing", "hang_up"): (HandsetStation._cancelled, "on_hook"),
    ("ringing", "card_down"): (HandsetStation._card_lost, "on_hook"),
    ("talking", "replaced"): (HandsetStation._hung_up, "on_hook"),
    ("talking", "hang_up"): (HandsetStation._ended_by_us, "off_hook"),
    ("talking", "card_up"): (HandsetStation._tell, "talking"),
    ("talking", "card_down"): (HandsetStation._card_lost, "off_hook"),
    ("off_hook", "replaced"): (HandsetStation._tell, "on_hook"),
    ("off_hook", "card_up"): (HandsetStation._tell, "off_hook"),
    ("off_hook", "card_down"): (HandsetStation._tell, "off_hook"),
}
_STRAY: dict[tuple[State, Happening], str] = {
    ("starting", "replaced"): "it was on its hook anyway",
    ("starting", "hang_up"): "there is no leg yet",
    ("on_hook", "replaced"): "it lies there already",
    ("on_hook", "hang_up"): "the leg ended before",
    ("ringing", "replaced"): "a lift that was too short to be one",
    ("ringing", "card_up"): "only a card that was up rings",
    ("talking", "lifted"): "it is in the hand already",
    ("off_hook", "lifted"): "it is in the hand already",
    ("off_hook", "hang_up"): "the leg ended before",
}
