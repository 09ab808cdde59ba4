"""What is wrong with the box is at the top of every page, in the reader's language, and nobody outside reads it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance.acd.view import BoxFinding
from tests.waiting import wait_for
from tests.web_ui.conftest import MakePlace, Place, running_app
from web_ui import site
from web_ui.claim_code import ensure_claim_code
from web_ui.passwords import FILE_NAME

FULL = BoxFinding("data_full", "bad", {"mb": "42"})
MOVED = BoxFinding("clock_moved", "warning", {"by_ms": "7200000"})


def shown(client: FlaskClient, path: str, words: str) -> str:
    return wait_for(words, lambda: html if words in (html := client.get(path).text) else None)


@pytest.mark.parametrize("path", ["/", "/calls", "/worklist", "/messages", "/lines", "/accounts", "/password"])
def test_every_page_says_it_once_and_until_it_is_over(place: Place, client: FlaskClient, path: str) -> None:
    assert "El disco de datos está lleno" not in client.get(path).text
    place.box.show(findings=(FULL, MOVED))
    page = shown(client, path, "quedan 42 MB")
    assert page.count("El disco de datos está lleno") == 1
    assert "iba 2 h atrasado" in page
    assert page.index("está lleno") < page.index("atrasado")
    place.box.show(findings=())
    wait_for("it is over", lambda: "El disco de datos" not in client.get(path).text)


def test_it_is_said_in_english_too(place: Place, client: FlaskClient) -> None:
    place.box.show(findings=(FULL,))
    client.post("/language", data={"csrf": place.csrf(client), "language": "en"})
    shown(client, "/calls", "The data disk is full: 42 MB are left")


def test_strangers_read_nothing_of_it(place: Place, app: Flask) -> None:
    place.box.show(findings=(FULL,))
    wait_for("it is known", lambda: site.site_of(app).hub.now().findings)
    assert "disco" not in app.test_client().get("/login").text


def test_while_the_acd_is_away_the_page_looks_for_itself(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web_ui.findings", lambda _facts: (BoxFinding("data_gone", "bad"),))
    place = make_place()
    with running_app(place) as app:
        shown(place.let_in(app.test_client()), "/calls", "El disco de datos ha desaparecido")


def test_who_finds_a_claimed_box_unclaimed_is_told_that_its_data_are_lost(
    make_place: MakePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = (BoxFinding("data_lost", "bad", {"reason": "is not there"}), FULL)
    monkeypatch.setattr("web_ui.findings", lambda _facts: lost)
    place = make_place()
    (place.settings.data_dir / FILE_NAME).unlink()
    ensure_claim_code(place.settings.data_dir)
    with running_app(place) as app:
        page = app.test_client().get("/claim").text
        assert "La partición de datos no aparece" in page and "está lleno" not in page
