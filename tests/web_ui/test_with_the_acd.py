"""The page in front of the real ACD: what its buttons do to agents, and how its refusals and calls read."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from appliance.acd.acd import Acd
from appliance.acd.ids import AgentName, LegId, LineName, QueueName, StationName
from appliance.acd.inputs import ClockSet, Command, DaemonStarted, Input, LegAnswered, LegOffered, LineChanged
from appliance.acd.plan import AgentPlan, LinePlan, Plan, QueuePlan, StationPlan
from appliance.daemon.control_messages import Message, Request
from tests.waiting import wait_for
from tests.web_ui.conftest import MakePlace, Place, now_utc_ms, running_app
from tests.web_ui.test_overview import text_of

PLAN = Plan(
    box="oficina",
    queues=(QueuePlan(QueueName("ventas"), "Ventas", (AgentName("ana"), AgentName("bea")), greeting=""),),
    agents=(
        AgentPlan(AgentName("ana"), "Ana Ruiz", "11", pin="1234", station=StationName("mesa1")),
        AgentPlan(AgentName("bea"), "Bea Soler", "12"),
    ),
    stations=(
        StationPlan(StationName("mesa1"), "2001", always_reachable=True),
        StationPlan(StationName("mesa2"), "2002", always_reachable=True),
    ),
    lines=(LinePlan(LineName("gsm1"), queue=QueueName("ventas"), number="600000001"),),
)


class Office:
    """The ACD behind the small box's socket: commands are checked and handled as the daemon does."""

    def __init__(self, place: Place, client: FlaskClient) -> None:
        self.place = place
        self.client = client
        self._acd = Acd(PLAN)
        self._now_ms = 1_000_000
        place.box.answer = self._answer  # the box's own would show a canned picture
        self.happens(DaemonStarted(1), ClockSet(now_utc_ms() - self._now_ms, True))
        self.happens(LineChanged(LineName("gsm1"), "up", signal_percent=80, operator="Movistar"))

    def happens(self, *inputs: Input) -> None:
        for one in inputs:
            self._now_ms += 10
            self._acd.handle(one, self._now_ms)
        self.place.box.status = self._acd.view(self._now_ms)
        self.place.box.show()

    def press(self, path: str, **form: str) -> tuple[bool, str]:
        headers = {"Accept": "application/json", "X-CSRF-Token": self.place.csrf(self.client)}
        said = self.client.post(path, data=form, headers=headers).json
        assert said is not None
        return said["ok"], said["message"]

    def shows(self, words: str) -> None:
        """Waits until the first page says this."""

        def page() -> bool:
            return words in text_of(self.client.get("/").text).replace("\N{NO-BREAK SPACE}", " ")

        wait_for(f"{words!r} on the page", page)

    def _answer(self, request: Request) -> Message:
        if request.do is None:
            return Message(id=request.id, ok=True, status=self.place.box.status)
        return self._do(request.id, request.do)

    def _do(self, request_id: int, command: Command) -> Message:
        why = self._acd.refusal(command)
        if why is not None:
            return Message(id=request_id, ok=False, error=why)
        self.happens(command)
        return Message(id=request_id, ok=True)


@pytest.fixture
def office(make_place: MakePlace) -> Iterator[Office]:
    place = make_place()
    with running_app(place) as app:
        made = Office(place, place.let_in(app.test_client()))
        place.box.start()
        yield made


def test_an_agent_is_logged_in_paused_and_resumed_from_the_page(office: Office) -> None:
    office.shows("Ana Ruiz 0 hoy Fuera de turno")
    assert office.press("/agents/ana/log-in", station="") == (True, "Hecho.")
    office.shows("Ana Ruiz mesa1 · 0 hoy Disponible")
    assert office.press("/agents/ana/pause", reason="comida") == (True, "Hecho.")
    office.shows("En pausa: Comida")
    assert office.press("/agents/ana/resume") == (True, "Hecho.")
    office.shows("Ana Ruiz mesa1 · 0 hoy Disponible")
    assert office.press("/agents/ana/log-out") == (True, "Hecho.")
    office.shows("Ana Ruiz 0 hoy Fuera de turno")


def test_refusals_read_as_the_acd_says_them(office: Office) -> None:
    ok, message = office.press("/agents/bea/log-in", station="")
    assert not ok
    assert message.startswith("No se ha hecho: «bea» no tiene aparato habitual")
    assert "no ha iniciado sesión" in office.press("/agents/ana/pause", reason="cafe")[1]
    assert "No hay ningún agente «nadie»" in office.press("/agents/nadie/log-out")[1]
    assert "no está en la lista" in office.press("/worklist/close", number="999", result="reached")[1]


def test_a_call_is_seen_from_its_arrival_to_the_ring(office: Office) -> None:
    office.press("/agents/ana/log-in", station="")
    office.happens(LegOffered(LegId("1-1"), LineName("gsm1"), "600111222", ""))
    office.shows("600 111 222")
    office.happens(LegAnswered(LegId("1-1")))
    office.shows("Le suena")
    office.shows("Ocupada")


def test_night_mode_is_switched_from_the_page(office: Office) -> None:
    assert office.press("/night-mode", on="1") == (True, "Hecho.")
    office.shows("Modo noche puesto")
    assert office.press("/night-mode", on="0") == (True, "Hecho.")
    office.shows("Poner modo noche")
