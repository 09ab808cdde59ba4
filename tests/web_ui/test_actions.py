"""Buttons on the page become commands, and what the ACD says of them comes back as a sentence."""

import pytest
from flask.testing import FlaskClient

from appliance.acd.inputs import (
    AgentLogin,
    AgentLogout,
    AgentPause,
    AgentResume,
    AskBalance,
    CallBack,
    CloseWorklistItem,
    Command,
    EndWrapUp,
    ExtendWrapUp,
    SetNightMode,
)
from tests.web_ui.conftest import Place

JSON = {"Accept": "application/json"}
COMMANDS: list[tuple[str, dict[str, str], Command]] = [
    ("/agents/david/log-in", {"station": ""}, AgentLogin("david", None, trusted=True)),  # type: ignore[arg-type]
    ("/agents/david/log-in", {"station": "mesa2"}, AgentLogin("david", "mesa2", trusted=True)),  # type: ignore[arg-type]
    ("/agents/ana/log-out", {}, AgentLogout("ana")),  # type: ignore[arg-type]
    ("/agents/ana/pause", {"reason": "comida"}, AgentPause("ana", "comida")),  # type: ignore[arg-type]
    ("/agents/bea/resume", {}, AgentResume("bea")),  # type: ignore[arg-type]
    ("/agents/carlos/end-wrap-up", {}, EndWrapUp("carlos")),  # type: ignore[arg-type]
    ("/agents/carlos/extend-wrap-up", {}, ExtendWrapUp("carlos")),  # type: ignore[arg-type]
    ("/lines/gsm1/balance", {}, AskBalance("gsm1", "web")),  # type: ignore[arg-type]
    ("/night-mode", {"on": "1"}, SetNightMode(True)),
    ("/night-mode", {"on": "0"}, SetNightMode(False)),
    ("/worklist/call", {"number": "910000012"}, CallBack("910000012", "web")),
    ("/worklist/close", {"number": "910000012", "result": "reached"}, CloseWorklistItem("910000012", "web", "reached")),
]


@pytest.mark.parametrize(("path", "form", "command"), COMMANDS)
def test_a_button_is_a_command(
    place: Place, client: FlaskClient, path: str, form: dict[str, str], command: Command
) -> None:
    answer = client.post(path, data=form, headers={**JSON, "X-CSRF-Token": place.csrf(client)})
    assert answer.json == {"ok": True, "message": "Hecho."}
    assert place.box.commands == [command]


def test_without_scripts_it_works_by_a_form(place: Place, client: FlaskClient) -> None:
    form = {"csrf": place.csrf(client), "reason": "cafe"}
    answer = client.post("/agents/ana/pause", data=form)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Hecho." in client.get("/").text
    assert "Hecho." not in client.get("/").text, "said once"


def test_a_refusal_is_shown_in_its_own_words(place: Place, client: FlaskClient) -> None:
    place.box.refuse[AgentPause] = "«ana» no ha iniciado sesión."
    headers = {**JSON, "X-CSRF-Token": place.csrf(client)}
    answer = client.post("/agents/ana/pause", data={"reason": "cafe"}, headers=headers)
    assert answer.json == {"ok": False, "message": "No se ha hecho: «ana» no ha iniciado sesión."}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/agents/ANA/pause", {"reason": "cafe"}),
        ("/agents/ana/pause", {"reason": ""}),
        ("/agents/ana/pause", {"reason": "x" * 33}),
        ("/agents/ana/log-in", {"station": "../mesa"}),
        ("/worklist/close", {"number": "91; drop", "result": "reached"}),
        ("/worklist/close", {"number": "910000012", "result": "whatever"}),
        ("/worklist/close", {}),
    ],
)
def test_nonsense_never_reaches_the_acd(place: Place, client: FlaskClient, path: str, form: dict[str, str]) -> None:
    answer = client.post(path, data=form, headers={**JSON, "X-CSRF-Token": place.csrf(client)})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["ok"] is False
    assert place.box.commands == []


def test_a_giant_form_is_refused(place: Place, client: FlaskClient) -> None:
    answer = client.post("/agents/ana/pause", data={"csrf": place.csrf(client), "reason": "x" * 100_000})
    assert answer.status_code == 413
    assert place.box.commands == []


def test_commands_are_not_given_by_reading(place: Place, client: FlaskClient) -> None:
    assert client.get("/night-mode").status_code == 405
    assert client.get("/agents/ana/log-out").status_code == 405
    assert place.box.commands == []
