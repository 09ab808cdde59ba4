"""A modem as a line: the whole driver on the real device code and its twin, with an exchange that takes notes."""

from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal

import pytest

from appliance.acd.ids import LegId, LineName, StationName
from appliance.acd.inputs import AnswerEvidence, LegCause, LineHealth, StationHealth
from appliance.acd.message_inputs import MessageInput
from appliance.configuration.file import ConfigurationError, Line
from appliance.switch.legs import LegImpossible, LegPort, LineDriver
from appliance.switch.lines import fxo, gsm
from hw.at_modem_sim import AtModemTwin
from hw.fxo_modem_sim import FxoModemTwin
from tests.hw.modem_rig import GSM_MODELS, QUICK_FXO, QUICK_GSM, quick_fxo_faults, quick_gsm_faults
from tests.sound import ToneEnd
from tests.switch.line_place import Place
from tests.waiting import wait_for

MODELS = ("sim7600", "ec25", "cx93010")
DIALLED = LegId("acd-1")
NUMBER = "600123123"


@dataclass
class NotedExchange:
    """An exchange whose engine is the test's own thread; notes what it was told, health apart."""

    told: list[tuple[Any, ...]] = field(default_factory=list)
    health: list[tuple[LineHealth, str]] = field(default_factory=list)
    place: Place = field(default_factory=Place)
    port: LegPort | None = None
    first_health_after: int = -1
    _posted: SimpleQueue[Callable[[], object]] = field(default_factory=SimpleQueue)
    _legs: int = 0

    def said_of_messages(self, one: MessageInput) -> None:
        self.told.append(("message", one))

    def post(self, what: Callable[..., object], *args: Any, **kwargs: Any) -> None:
        self._posted.put(partial(what, *args, **kwargs))

    def run_until(self, what: str, true: Callable[[], bool]) -> None:
        """Run the engine until this is true."""

        def ran() -> bool:
            with suppress(Empty):
                self._posted.get(timeout=0.02)()
            return true()

        wait_for(f"{what}, after {self.told} and {self.health}", ran, 40, 0)

    def until(self, *last: Any) -> None:
        self.run_until(repr(last), lambda: bool(self.told) and self.told[-1][: len(last)] == last)

    def until_health(self, state: LineHealth) -> None:
        self.run_until(state, lambda: bool(self.health) and self.health[-1][0] == state)

    def sound_port(self, name: str) -> Place:
        return self.place

    def _mint(self) -> LegId:
        self._legs += 1
        return LegId(f"sw-{self._legs}")

    def offered(self, port: LegPort, line: LineName, caller: str, called: str = "", caller_name: str = "") -> LegId:
        self.port = port
        self.told.append(("offered", caller))
        return self._mint()

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
        self.port = port
        self.told.append(("found", state, number))
        return self._mint()

    def progress(self, leg: LegId) -> None:
        self.told.append(("progress", leg))

    def answered(self, leg: LegId, evidence: AnswerEvidence = "signalled") -> None:
        self.told.append(("answered", leg, evidence))

    def answer_proved(self, leg: LegId, evidence: AnswerEvidence) -> None:
        self.told.append(("proved", leg, evidence))

    def ended(self, leg: LegId, cause: LegCause, by_us: bool = False) -> None:
        self.told.append(("ended", leg, cause, by_us))

    def digit(self, leg: LegId, digit: str) -> None:
        self.told.append(("digit", leg, digit))

    def line_changed(self, line: LineName, health: LineHealth, detail: str = "", *rest: object, sim: str = "") -> None:
        if health != "starting" and self.first_health_after < 0:
            self.first_health_after = len(self.told)
        self.health.append((health, detail))

    def dialled(self, port: LegPort, station: StationName, digits: str) -> LegId:
        raise AssertionError("a line is no station")

    def sound_changed(self, leg: LegId) -> None:
        raise AssertionError("a line's place stays the same")

    def held(self, leg: LegId, held: bool) -> None:
        raise AssertionError("a line has no hold key")

    def station_changed(
        self, station: StationName, health: StationHealth, off_hook: bool = False, detail: str = ""
    ) -> None:
        raise AssertionError("a line is no station")

    def button(self, button: str) -> None:
        raise AssertionError("a line has no buttons")


class Box:
    """One line with its modem's twin."""

    def __init__(
        self,
        folder: Path,
        model: str,
        mode: Literal["in", "out", "both"] = "both",
        register_ms: float | None = None,
    ) -> None:
        """`register_ms`: how long a GSM modem looks for its operator."""
        self.twin: AtModemTwin | FxoModemTwin
        if model in GSM_MODELS:
            faults = quick_gsm_faults()
            faults.register_ms = faults.register_ms if register_ms is None else register_ms
            self.twin = AtModemTwin(folder, name=model, model=model, faults=faults)
        else:
            self.twin = FxoModemTwin(folder, name=model, model=model, faults=quick_fxo_faults())
        self.network = ToneEnd(600)
        self.twin.attach_far_end(self.network)
        self.twin.start()
        driver: Literal["gsm", "fxo"] = "gsm" if model in GSM_MODELS else "fxo"
        self.line = Line("linea1", driver, mode, model=model, port=self.twin.port, audio_port=self.twin.audio_port)
        self.begin("up" if register_ms is None else "down")

    def begin(self, health: LineHealth = "up") -> None:
        """The switch's process starts."""
        self.exchange = NotedExchange()
        self.driver: LineDriver
        if self.line.driver == "gsm":
            self.driver = gsm.make(self.line, QUICK_GSM)
        else:
            self.driver = fxo.make(self.line, QUICK_FXO, country="ES")
        self.driver.start(self.exchange)
        self.exchange.until_health(health)

    def call(self) -> LegPort:
        """Somebody calls and is answered."""
        self.twin.ring(NUMBER)
        self.exchange.until("offered", NUMBER)
        assert self.exchange.port is not None
        self.exchange.port.answer()
        self.exchange.until("answered")
        return self.exchange.port

    def close(self) -> None:
        self.driver.close()
        self.twin.close()


@pytest.fixture(params=MODELS)
def box(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Box]:
    one = Box(tmp_path, request.param)
    yield one
    one.close()


def test_a_callers_leg_from_offer_to_end_with_sound_both_ways(box: Box) -> None:
    port = box.call()
    place = box.exchange.place
    assert port.slot == place.slot and place.is_open
    box.exchange.run_until("sound both ways", lambda: len(place.end.heard) > 8_000 and any(box.network.heard))
    box.twin.far_end_hangs_up()
    box.exchange.until("ended")
    assert box.exchange.told == [
        ("offered", NUMBER), ("answered", "sw-1", "signalled"), ("ended", "sw-1", "normal", False),
    ]  # fmt: skip
    assert port.slot is None and not place.is_open
    port.hang_up("normal")
    port.answer()
    box.twin.ring(NUMBER)
    box.exchange.until("offered", NUMBER)  # commands on the leg that is over did nothing to this one


def test_a_leg_we_hang_up_ends_with_our_cause(box: Box) -> None:
    port = box.call()
    port.hang_up("media_timeout")
    box.exchange.until("ended", "sw-1", "media_timeout", True)
    assert box.twin.call_state == ""


def test_a_caller_turned_away(box: Box) -> None:
    box.twin.ring(NUMBER)
    box.exchange.until("offered", NUMBER)
    assert box.exchange.port is not None and box.exchange.port.slot is None
    box.exchange.port.refuse("busy")
    box.exchange.until("ended", "sw-1", "busy", True)


def test_a_leg_we_dial(box: Box) -> None:
    port = box.driver.dial(DIALLED, "934445566")
    assert port.slot is None
    with pytest.raises(LegImpossible) as busy:
        box.driver.dial(LegId("acd-2"), "911")
    assert busy.value.cause == "congestion"
    wait_for(
        "the network rings there",
        lambda: ("dialling" if box.line.driver == "fxo" else "alerting") == box.twin.call_state,
    )
    if box.line.driver == "gsm":
        box.exchange.until("progress", DIALLED)
    box.twin.far_end_answers()
    box.exchange.until("answered", DIALLED, "signalled" if box.line.driver == "gsm" else "assumed")
    assert port.slot == 7
    port.hang_up("normal")
    box.exchange.until("ended", DIALLED, "normal", True)


def test_how_an_analogue_line_knew_of_the_answer_is_told(tmp_path: Path) -> None:
    """The evidence goes into the call's record."""
    with closing(Box(tmp_path, "cx93010")) as box:
        assert isinstance(box.twin, FxoModemTwin)
        box.twin.faults.answer_sign, box.twin.faults.tells_ringback = "polarity", True
        box.driver.dial(DIALLED, "934445566")
        wait_for("sound", lambda: box.twin.call_state == "dialling" and box.twin.sound.running)
        box.twin.far_end_rings()
        box.exchange.until("progress", DIALLED)
        box.twin.far_end_answers()
        box.exchange.until("answered", DIALLED, "polarity")


def test_a_line_that_is_unplugged_ends_its_leg_and_dials_no_more(box: Box) -> None:
    box.call()
    box.twin.unplug()
    box.exchange.until("ended", "sw-1", "line_lost", False)
    box.exchange.until_health("down")
    with pytest.raises(LegImpossible) as down:
        box.driver.dial(DIALLED, "911")
    assert down.value.cause == "line_lost"
    box.twin.plug()
    box.exchange.until_health("up")


def test_a_call_that_outlived_the_process_is_found_before_the_line_is_up(box: Box) -> None:
    box.call()
    wait_for("sound", lambda: box.twin.sound.running)
    box.driver.close()
    box.begin()
    assert box.exchange.told == [("found", "answered", NUMBER if box.line.driver == "gsm" else "")]
    assert box.exchange.first_health_after == 1
    port = box.exchange.port
    assert port is not None and port.slot == 7
    box.exchange.run_until("sound", lambda: len(box.exchange.place.end.heard) > 8_000)
    port.hang_up("normal")
    box.exchange.until("ended", "sw-1", "normal", True)


@pytest.mark.real_time
def test_digits_cross(box: Box) -> None:
    port = box.call()
    box.exchange.run_until("sound", lambda: len(box.exchange.place.end.heard) > 320)
    box.twin.send_digits("4")
    box.exchange.until("digit", "sw-1", "4")
    dialled: list[str] = []
    box.twin.on_event = lambda kind, detail: dialled.append(detail) if kind == "digit" else None
    port.send_digits("9")
    wait_for("the digit", lambda: dialled == ["9"])


@pytest.mark.parametrize("model", MODELS)
def test_a_line_for_one_direction_refuses_the_other(model: str, tmp_path: Path) -> None:
    box = Box(tmp_path, model, "in")
    try:
        with pytest.raises(LegImpossible) as refused:
            box.driver.dial(DIALLED, "911")
        assert refused.value.cause == "rejected"
        box.driver.close()
        box.line = replace_mode(box.line)
        box.begin()
        box.twin.ring(NUMBER)
        box.exchange.run_until("turned away", lambda: box.twin.call_state == "")
        assert box.exchange.told == []
    finally:
        box.close()


@pytest.mark.parametrize("model", MODELS)
def test_a_line_for_incoming_calls_carries_an_emergency(model: str, tmp_path: Path) -> None:
    box = Box(tmp_path, model, "in")
    try:
        box.driver.dial(DIALLED, "112", emergency=True)
        wait_for("it is dialled", lambda: box.twin.call_state in ("dialling", "alerting"))
    finally:
        box.close()


def test_a_modem_no_operator_registers_carries_an_emergency_and_nothing_else(tmp_path: Path) -> None:
    box = Box(tmp_path, "sim7600", register_ms=3_600_000)
    try:
        with pytest.raises(LegImpossible):
            box.driver.dial(DIALLED, "934445566")
        box.driver.dial(DIALLED, "112", emergency=True)
        wait_for("it is dialled", lambda: box.twin.call_state in ("dialling", "alerting"))
    finally:
        box.close()


def test_an_analogue_line_says_what_it_learns_of_an_answer_it_assumed(tmp_path: Path) -> None:
    box = Box(tmp_path, "cx93010")
    assert isinstance(box.twin, FxoModemTwin)
    try:
        box.driver.dial(DIALLED, NUMBER)
        box.exchange.until("answered", DIALLED, "assumed")
        box.twin.tells("L")
        box.exchange.until("proved", DIALLED, "polarity")
        box.twin.far_end_answers()
        box.twin.far_end_hangs_up()
        box.exchange.until("ended", DIALLED, "normal")
        wait_for("the line is free", lambda: box.twin.call_state == "")
        box.driver.dial(DIALLED, NUMBER)
        box.exchange.until("answered", DIALLED, "assumed")
        box.twin.far_end_is_busy()
        box.exchange.until("ended", DIALLED, "busy")
    finally:
        box.close()


def replace_mode(line: Line) -> Line:
    """The same line for outgoing calls only."""
    return Line(line.name, line.driver, "out", model=line.model, port=line.port, audio_port=line.audio_port)


def test_a_caller_who_comes_while_we_dial_wins(tmp_path: Path) -> None:
    """The network offers a call in the moment in which we were told to dial: the dialled leg ends, the caller rings."""
    box = Box(tmp_path, "sim7600")
    try:
        box.twin.ring(NUMBER)
        wait_for("the modem heard it", lambda: "AT+CLCC" in box.twin.commands[-2:])
        box.driver.dial(DIALLED, "911")
        box.exchange.until("offered", NUMBER)
        assert box.exchange.told == [("ended", DIALLED, "congestion", False), ("offered", NUMBER)]
    finally:
        box.close()


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (Line("l", "gsm", model="sim7600", audio_port="/dev/a"), "port"),
        (Line("l", "gsm", model="sim7600", port="/dev/a"), "audio_port"),
        (Line("l", "gsm", model="generic_27007", usb="1-1.3"), "usb: a 3GPP TS 27.007 cannot be told from others"),
        (Line("l", "gsm", model="a7670", imei="861234050000017"), "imei: a SIMCom A7670"),
        (Line("l", "gsm", model="sim760", port="/dev/a", audio_port="/dev/b"), "model"),
        (Line("l", "gsm", model="cx93010", port="/dev/a", audio_port="/dev/b"), "model"),
        (Line("l", "gsm", model="sim7600", port="/dev/a", audio_port="alsa:plughw:CARD=Android"), "model"),
    ],
)
def test_a_gsm_line_that_cannot_be_made_names_the_key(line: Line, key: str) -> None:
    with pytest.raises(ConfigurationError, match=key):
        gsm.make(line)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (Line("l", "fxo", model="cx93010"), "port"),
        (Line("l", "fxo", port="/dev/a"), "model"),
        (Line("l", "fxo", model="ec25", port="/dev/a"), "model"),
    ],
)
def test_an_fxo_line_that_cannot_be_made_names_the_key(line: Line, key: str) -> None:
    with pytest.raises(ConfigurationError, match=key):
        fxo.make(line)
