"""The bench drives the simulated world and the pins of the box, and shows what they do."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from gpiozero import LED, Button

from appliance.demo.world_records import CallerView, WorldLine, WorldRefused, WorldState, WorldStation
from appliance.demo.world_socket import WorldServer
from hw.panel_sim import BenchPins
from tests.waiting import wait_for
from tests.web_ui.conftest import MakePlace, Place, now_utc_ms, running_app
from tests.web_ui.test_overview import text_of
from web_ui.settings import BenchSettings

LAMP_PIN, BUTTON_PIN, PORT_LAMP_PIN = 16, 8, 17


@dataclass
class SmallWorld:
    """What the demo's world does for its socket, noted down; refuses calls into gsm2."""

    done: list[tuple[object, ...]] = field(default_factory=list)
    lifted: bool = False
    ringing: bool = True

    def place_call(self, line: str, caller: str, patience_s: float, talk_s: float) -> str:
        if line == "gsm2":
            raise WorldRefused("the line gsm2 is unplugged; plug it in first")
        self.done.append(("place_call", line, caller, patience_s, talk_s))
        return "c7"

    def end_call(self, call: str) -> None:
        self.done.append(("end_call", call))

    def lift(self, station: str) -> None:
        self.done.append(("lift", station))
        self.lifted, self.ringing = True, False

    def replace(self, station: str) -> None:
        self.done.append(("replace", station))
        self.lifted = False

    def automatic(self, station: str) -> None:
        self.done.append(("automatic", station))

    def unplug(self, line: str) -> None:
        self.done.append(("unplug", line))

    def plug(self, line: str) -> None:
        self.done.append(("plug", line))

    def state(self) -> WorldState:
        caller = CallerView("c1", "600111222", "talking", 90_000, manual=False)
        return WorldState(
            at_utc_ms=now_utc_ms(),
            lines=(
                WorldLine("gsm1", "gsm", "600000001", True, 1, (caller,)),
                WorldLine("gsm2", "gsm", "600000002", False, 1),
                WorldLine("troncal", "sip", "910000001", True, 8),
            ),
            stations=(
                WorldStation("mesa1", "port", "2001", "ana", self.ringing, self.lifted, manual=self.lifted),
                WorldStation("telefono2", "sip", "2004", "elena", False, False, manual=False, reachable=False),
            ),
        )


@dataclass
class Bench:
    """A page with a bench, the world behind it, and the box's pins."""

    place: Place
    client: FlaskClient
    world: SmallWorld
    lamp: LED
    button: Button
    bench_socket: Path
    world_server: WorldServer

    def press(self, path: str, **form: str) -> object:
        headers = {"Accept": "application/json", "X-CSRF-Token": self.place.csrf(self.client)}
        return self.client.post(path, data=form, headers=headers).json


@pytest.fixture
def pins(tmp_path: Path) -> Iterator[BenchPins]:
    made = BenchPins(tmp_path / "bench.sock")
    yield made
    made.close()


@pytest.fixture
def bench(make_place: MakePlace, tmp_path: Path, pins: BenchPins) -> Iterator[Bench]:
    settings = BenchSettings(
        bench_socket=tmp_path / "bench.sock",
        world_socket=tmp_path / "world.sock",
        lamp_pins={"queue:ventas": LAMP_PIN, "line:gsm1": 12, "night_mode": 11},
        button_pins={"night_mode": BUTTON_PIN, "login:mesa1": 4},
        handset_lamp_pins={"mesa1": PORT_LAMP_PIN},
    )
    place = make_place(bench=settings)
    place.box.start()
    world = SmallWorld()
    server = WorldServer(settings.world_socket, world)
    server.start()
    with (
        running_app(place) as app,
        LED(LAMP_PIN, pin_factory=pins) as lamp,
        Button(BUTTON_PIN, pin_factory=pins) as button,
    ):
        yield Bench(place, place.let_in(app.test_client()), world, lamp, button, settings.bench_socket, server)
    server.close()


def events_of(bench: Bench) -> Iterator[dict[str, object]]:
    stream = bench.client.get("/bench/live", buffered=False)
    for chunk in stream.response:
        for line in chunk.decode().split("\n"):  # type: ignore[union-attr]
            if line.startswith("data: "):
                yield json.loads(line[6:])


def test_a_real_box_has_no_bench(client: FlaskClient) -> None:
    assert client.get("/bench").status_code == 404
    assert "/bench" not in client.get("/").text


def test_the_bench_needs_a_session(bench: Bench) -> None:
    assert bench.client.application.test_client().get("/bench").location == "/login"


def test_it_draws_the_box_its_stations_and_who_is_on(bench: Bench) -> None:
    html = bench.client.get("/bench").text
    shown = text_of(html).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "Ventas",
        "Línea gsm1",
        "Modo noche",
        "Entrar o salir: mesa1",
        "Sonando",
        "Ana Ruiz · 600 111 222",
        "No registrado",
    ):
        assert words in shown, words
    for pin in (LAMP_PIN, PORT_LAMP_PIN):
        assert f'data-pin="{pin}"' in html


def test_lamps_follow_the_pins_and_buttons_press_them(bench: Bench) -> None:
    pressed: list[bool] = []
    bench.button.when_pressed = lambda: pressed.append(True)
    events = events_of(bench)
    levels: dict[str, int] = {}

    def level_of_lamp() -> int | None:
        levels.update(next(events).get("pins", {}))  # type: ignore[call-overload]
        return levels.get(str(LAMP_PIN))

    wait_for("the lamp's first level", lambda: level_of_lamp() == 0)
    bench.lamp.on()
    wait_for("the lamp on the page", lambda: level_of_lamp() == 1)
    bench.lamp.off()
    wait_for("the lamp off again", lambda: level_of_lamp() == 0)
    assert bench.press("/bench/buttons/night_mode") == {"ok": True, "message": ""}
    wait_for("the button", lambda: pressed == [True])
    assert not bench.button.is_pressed, "it is let go"


def test_a_handset_is_lifted_and_replaced(bench: Bench) -> None:
    events = events_of(bench)
    assert "bench/stations/mesa1/lift" in bench.client.get("/bench").text
    assert bench.press("/bench/stations/mesa1/lift") == {"ok": True, "message": ""}

    def shown() -> str | None:
        parts = next(events).get("parts")
        html = parts["world"] if isinstance(parts, dict) else ""
        return html if "bench/stations/mesa1/replace" in html else None

    assert "Devolver a su agente" in wait_for("the lifted handset", shown)
    bench.press("/bench/stations/mesa1/replace")
    bench.press("/bench/stations/mesa1/automatic")
    bench.press("/bench/lines/gsm1/unplug")
    bench.press("/bench/lines/gsm1/plug")
    bench.press("/bench/calls/c1/end")
    assert bench.world.done == [
        ("lift", "mesa1"),
        ("replace", "mesa1"),
        ("automatic", "mesa1"),
        ("unplug", "gsm1"),
        ("plug", "gsm1"),
        ("end_call", "c1"),
    ]


def test_a_call_is_placed_into_a_line(bench: Bench) -> None:
    said = bench.press("/bench/calls", line="troncal", caller="600 12 34 56", patience_s="30", talk_s="5.5")
    assert said == {"ok": True, "message": "Llamada c7 en marcha por troncal."}
    bench.press("/bench/calls", line="gsm1", caller="", patience_s="30", talk_s="5")
    assert bench.world.done == [
        ("place_call", "troncal", "600123456", 30.0, 5.5),
        ("place_call", "gsm1", "", 30.0, 5.0),
    ]


def test_the_worlds_refusal_is_shown(bench: Bench) -> None:
    said = bench.press("/bench/calls", line="gsm2", caller="600123456", patience_s="30", talk_s="5")
    assert said == {
        "ok": False,
        "message": "El mundo simulado no puede: the line gsm2 is unplugged; plug it in first",
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": "../x"},
        {"caller": "ana"},
        {"patience_s": "0"},
        {"patience_s": "nan"},
        {"talk_s": "1e9"},
        {"talk_s": ""},
    ],
)
def test_nonsense_in_the_form_goes_nowhere(bench: Bench, wrong: dict[str, str]) -> None:
    form = {"line": "gsm1", "caller": "600123456", "patience_s": "30", "talk_s": "5", **wrong}
    headers = {"Accept": "application/json", "X-CSRF-Token": bench.place.csrf(bench.client)}
    assert bench.client.post("/bench/calls", data=form, headers=headers).status_code == 400
    assert bench.world.done == []


def test_unknown_buttons_and_orders_are_not_found(bench: Bench) -> None:
    token = {"csrf": bench.place.csrf(bench.client)}
    for path in ("/bench/buttons/self_destruct", "/bench/stations/mesa1/explode", "/bench/lines/gsm1/burn"):
        assert bench.client.post(path, data=token).status_code == 404
    assert bench.world.done == []


def test_without_world_or_switch_the_bench_says_so_and_comes_back(bench: Bench, pins: BenchPins) -> None:
    bench.world_server.close()
    pins.close()
    assert "¿Sigue en marcha" in bench.client.get("/bench").text
    said = bench.press("/bench/buttons/night_mode")
    assert said == {"ok": False, "message": "El panel no responde: el conmutador se está reiniciando."}
    assert "no responde" in str(bench.press("/bench/stations/mesa1/lift"))
    events = events_of(bench)
    wait_for("the notice", lambda: "reiniciando" in str(next(events).get("panel", "")))
    again = WorldServer(bench.place.settings.bench.world_socket, bench.world)  # type: ignore[union-attr]
    again.start()
    with_pins = BenchPins(bench.bench_socket)
    try:
        wait_for("the panel is back", lambda: next(events).get("panel") == "")
        assert bench.press("/bench/stations/mesa1/lift") == {"ok": True, "message": ""}
    finally:
        again.close()
        with_pins.close()
