"""A handset as a station: the whole driver on the real device code, its twin, and an exchange that takes notes."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal, get_args

import pytest

from appliance.acd.ids import LegId, LineName, StationName
from appliance.acd.inputs import AnswerEvidence, LegCause, LineHealth, StationHealth
from appliance.acd.message_inputs import MessageInput
from appliance.configuration.file import Box, Configuration, ConfigurationError, Line, Queue, Station
from appliance.switch.legs import LegImpossible, LegPort
from appliance.switch.panel import make_panel
from appliance.switch.stations.dial_plan import DialPlan
from appliance.switch.stations.port import _TABLE, DialPlace, make, make_handset_stations
from appliance.switch.stations.port_states import STRAY, Happening, State
from hw.boards import Board, load_board
from hw.contact import Contact
from hw.dtmf import DigitSender
from hw.handset_port import HandsetPort
from hw.handset_port_sim import HandsetTwin, sound_card_file
from hw.panel_sim import BenchPins, simulated_pins
from hw.signals.tones import country_tones
from tests.hw.handset_rig import BOARD, sound_cards
from tests.sound import ToneEnd, listen, steady_part
from tests.waiting import wait_for

MESA1 = StationName("mesa1")
PLACE = DialPlace(country_tones("ES"), DialPlan.of(Configuration()))
LEG = LegId("acd-1")
FOUND_LEG = LegId("sw-1")
DIALLED_LEG = LegId("sw-2")


class Place:
    """A conference place that says 1,000 Hz while it is open."""

    slot = 7

    def __init__(self) -> None:
        self.is_open = False
        self.end = ToneEnd(1000)

    def set_levels(self, in_db: float, out_db: float) -> None:
        raise AssertionError("a handset has no levels")

    def open(self) -> None:
        self.is_open = True

    def exchange(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        return self.end(heard) if self.is_open else bytes(len(heard))

    def close(self) -> None:
        self.is_open = False


@dataclass
class NotedExchange:
    """An exchange whose engine is the test's own thread; notes what it was told."""

    told: list[tuple[Any, ...]] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    found_port: LegPort | None = None
    dialled_port: LegPort | None = None
    digits: list[tuple[LegId, str]] = field(default_factory=list)
    _posted: SimpleQueue[Callable[[], object]] = field(default_factory=SimpleQueue)

    def said_of_messages(self, one: MessageInput) -> None:
        self.told.append(("message", one))

    def post(self, what: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        self._posted.put(partial(what, *args, **kwargs))

    def run_until(self, *last: Any, timeout_s: float = 30.0) -> None:
        """Run the engine until the last thing told begins with `last`."""

        def ran() -> bool:
            self.turn()
            return bool(self.told) and self.told[-1][: len(last)] == last

        wait_for(f"{last}, after {self.told}", ran, timeout_s, 0)

    def turn(self) -> None:
        """Run what is posted next, if anything is."""
        with suppress(Empty):
            self._posted.get(timeout=0.02)()

    def waiting(self) -> int:
        return self._posted.qsize()

    def last(self) -> tuple[Any, ...]:
        return self.told[-1]

    def sound_port(self, name: str) -> Place:
        return self.place

    def found(
        self,
        port: LegPort,
        state: Literal["offered", "dialling", "ringing", "answered"],
        *,
        line: LineName | None = None,
        station: StationName | None = None,
        number: str = "",
        dialled: bool = False,
    ) -> LegId:
        self.found_port = port
        self.told.append(("found", state, station))
        return FOUND_LEG

    def progress(self, leg: LegId) -> None:
        self.told.append(("progress", leg))

    def answered(self, leg: LegId, evidence: AnswerEvidence = "signalled") -> None:
        self.told.append(("answered", leg, evidence))

    def answer_proved(self, leg: LegId, evidence: AnswerEvidence) -> None:
        raise AssertionError("a handset's answer is no assumption")

    def ended(self, leg: LegId, cause: LegCause, by_us: bool = False) -> None:
        self.told.append(("ended", leg, cause, by_us))

    def station_changed(
        self, station: StationName, health: StationHealth, off_hook: bool = False, detail: str = ""
    ) -> None:
        self.told.append(("station", health, off_hook))

    def button(self, button: str) -> None:
        self.told.append(("button", button))

    def offered(self, port: LegPort, line: LineName, caller: str, called: str = "", caller_name: str = "") -> LegId:
        raise AssertionError("a handset is no line")

    def dialled(self, port: LegPort, station: StationName, digits: str) -> LegId:
        self.dialled_port = port
        self.told.append(("dialled", station, digits))
        return DIALLED_LEG

    def sound_changed(self, leg: LegId) -> None:
        raise AssertionError("a handset's place stays the same")

    def held(self, leg: LegId, held: bool) -> None:
        raise AssertionError("a handset has no hold key")

    def digit(self, leg: LegId, digit: str) -> None:
        self.digits.append((leg, digit))

    def line_changed(
        self,
        line: LineName,
        health: LineHealth,
        detail: str = "",
        signal_percent: int = -1,
        operator: str = "",
        sim: str = "",
    ) -> None:
        raise AssertionError("a handset is no line")


class Person(ToneEnd):
    """Speaks by a tone, or is silent, and presses keys."""

    def __init__(self, hz: float) -> None:
        super().__init__(hz)
        self.silent = False
        self.keys = DigitSender()

    def __call__(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        said = super().__call__(heard, said_bytes)
        return self.keys.over(bytes(len(said)) if self.silent else said)

    def dials(self, digits: str) -> None:
        self.silent = True
        self.keys.send(digits)


class Desk:
    """One station with its handset's twin; `lifted` from before the switch began."""

    def __init__(self, folder: Path, *, lifted: bool = False, place: DialPlace = PLACE) -> None:
        wiring = BOARD.handset_port[0]
        self.pins: BenchPins = simulated_pins(folder / "bench.sock")
        if lifted:
            with Contact(wiring.hook_pin, True, self.pins, lambda: None):
                self.pins.drive(wiring.hook_pin, 0)
        self.twin = HandsetTwin(wiring, folder / "bench.sock", sound_card_file(folder, 1))
        self.person = Person(425)
        self.twin.attach_person(self.person)
        self.twin.start()
        if lifted:
            self.twin.lift()
        self.exchange = NotedExchange()
        handset = partial(HandsetPort, wiring, self.pins)
        self.station = make(Station("mesa1", "port", "101", board_port=1), handset, place)
        self.station.start(self.exchange)

    def close(self) -> None:
        self.station.close()
        self.twin.close()
        self.pins.close()


@pytest.fixture
def folder(tmp_path: Path, native_dir: Path) -> Iterator[Path]:
    with sound_cards(tmp_path, native_dir):
        yield tmp_path


@pytest.fixture
def desk(folder: Path) -> Iterator[Desk]:
    made = Desk(folder)
    made.exchange.run_until("station", "up", False)
    yield made
    made.close()


def _talking(desk: Desk) -> LegPort:
    port = desk.station.ring(LEG, "600123123", "Ventas")
    assert desk.twin.wait_ringing(True, 20)
    desk.twin.lift()
    desk.exchange.run_until("answered", LEG, "signalled")
    return port


def test_rung_lifted_talked_on_and_replaced(desk: Desk) -> None:
    port = _talking(desk)
    assert desk.exchange.told[-2] == ("progress", LEG)
    assert port.slot == 7
    heard = desk.exchange.place.end.heard
    wait_for("two seconds of sound", lambda: len(heard) > 32_000)
    assert desk.twin.wait_ringing(False, 20)
    assert abs(listen(steady_part(bytes(heard), 425), 425).tone_dbfs + 15) < 3
    assert abs(listen(steady_part(bytes(desk.person.heard), 1000), 1000).tone_dbfs + 15) < 3
    desk.twin.replace()
    desk.exchange.run_until("ended", LEG, "normal", False)
    assert port.slot is None
    assert not desk.exchange.place.is_open
    wait_for("the card is not used", lambda: not desk.twin.sound.in_use)


def test_a_ring_that_is_cancelled_stops_and_it_can_be_rung_again(desk: Desk) -> None:
    first = desk.station.ring(LEG, "", "Ventas")
    assert desk.twin.wait_ringing(True, 20)
    first.hang_up("answered_elsewhere")
    assert desk.exchange.last() == ("ended", LEG, "answered_elsewhere", True)
    assert desk.twin.wait_ringing(False, 20)
    second = desk.station.ring(LegId("acd-2"), "", "Ventas")
    first.hang_up("normal")  # of a leg that is over: nothing
    assert desk.exchange.last() == ("progress", LegId("acd-2"))
    second.hang_up("cancelled")


def test_hung_up_by_us_it_is_off_the_hook_until_it_is_replaced(desk: Desk) -> None:
    _talking(desk).hang_up("normal")
    assert desk.exchange.told[-2:] == [("station", "up", True), ("ended", LEG, "normal", True)]
    with pytest.raises(LegImpossible, match="off hook") as refused:
        desk.station.ring(LegId("acd-2"), "", "")
    assert refused.value.cause == "busy"
    desk.twin.replace()
    desk.exchange.run_until("station", "up", False)
    desk.station.ring(LegId("acd-2"), "", "").hang_up("normal")


def test_lifted_with_no_call_it_says_so_and_cannot_be_rung(desk: Desk) -> None:
    desk.twin.lift()
    desk.exchange.run_until("station", "up", True)
    with pytest.raises(LegImpossible):
        desk.station.ring(LEG, "", "")
    desk.twin.replace()
    desk.exchange.run_until("station", "up", False)


def test_off_the_hook_since_before_the_switch_began_it_is_found_with_sound(folder: Path) -> None:
    desk = Desk(folder, lifted=True)
    try:
        desk.exchange.run_until("station", "up", False)
        assert desk.exchange.told[0] == ("found", "answered", MESA1)
        assert desk.exchange.found_port is not None
        assert desk.exchange.found_port.slot == 7
        wait_for("its sound", lambda: len(desk.exchange.place.end.heard) > 8000)
        desk.exchange.found_port.hang_up("normal")
        assert desk.exchange.told[-2:] == [("station", "up", True), ("ended", FOUND_LEG, "normal", True)]
    finally:
        desk.close()


def test_its_card_pulled_out_while_it_talks_ends_the_leg_and_it_cannot_be_rung(desk: Desk) -> None:
    _talking(desk)
    desk.twin.unplug()
    desk.exchange.run_until("ended", LEG, "unreachable", False)
    assert desk.exchange.told[-2] == ("station", "unreachable", True)
    desk.twin.replace()
    desk.exchange.run_until("station", "unreachable", False)
    with pytest.raises(LegImpossible, match="handset1") as refused:
        desk.station.ring(LegId("acd-2"), "", "")
    assert refused.value.cause == "unreachable"
    desk.twin.plug()
    desk.exchange.run_until("station", "up", False)


def test_a_station_whose_pins_another_has_is_unreachable_and_closes(folder: Path, desk: Desk) -> None:
    handset = partial(HandsetPort, BOARD.handset_port[0], desk.pins)
    second = make(Station("mesa2", "port", "102", board_port=1), handset, PLACE)
    noted = NotedExchange()
    second.start(noted)
    noted.run_until("station", "unreachable", False)
    second.close()


def test_every_state_has_an_answer_to_every_happening() -> None:
    pairs = set(product(get_args(State), get_args(Happening)))
    assert set(_TABLE) | set(STRAY) == pairs
    assert not set(_TABLE) & set(STRAY)


def _office(*stations: Station) -> Configuration:
    return Configuration(
        box=Box(board="laptop"),
        line=(Line("movil1", "gsm"),),
        queue=(Queue("ventas", "Ventas", ()), Queue("soporte", "Soporte", ())),
        station=stations,
    )


def test_stations_are_made_for_the_handsets_of_the_configuration_only() -> None:
    office = _office(Station("mesa1", "port", "101", board_port=2), Station("mesa2", "sip", "201"))
    assert [station.name for station in make_handset_stations(office, BOARD, BenchPins())] == ["mesa1"]


def test_a_port_the_board_has_not_is_refused_with_those_it_has() -> None:
    with pytest.raises(ConfigurationError, match=r'"mesa1" board_port: 3 .*Laptop.* It has: 1, 2\.'):
        make_handset_stations(_office(Station("mesa1", "port", "101", board_port=3)), BOARD, BenchPins())


def test_the_panel_knows_lamps_and_buttons_by_the_names_of_the_office(tmp_path: Path) -> None:
    board: Board = load_board("laptop")
    pins = simulated_pins(tmp_path / "bench.sock")
    panel = make_panel(_office(Station("mesa1", "port", "101", board_port=2)), board, pins)
    noted = NotedExchange()
    panel.start(noted)
    panel.set_lamp("queue:soporte", "steady")
    panel.set_lamp("queue:other", "steady")
    wait_for("the second lamp", lambda: pins.levels()[20] == 1)
    assert pins.levels()[16] == 0
    pins.drive(2, 0)
    wait_for("the button", lambda: noted.told == [("button", "login:mesa1")])
    panel.close()
    pins.close()


def test_a_panel_whose_pins_another_has_is_dark_and_does_no_harm() -> None:
    pins = BenchPins()
    first = make_panel(_office(), BOARD, pins)
    first.start(NotedExchange())
    second = make_panel(_office(), BOARD, pins)
    second.start(NotedExchange())
    second.set_lamp("queue:ventas", "steady")
    second.close()
    assert pins.levels()[16] == 0
    first.close()
