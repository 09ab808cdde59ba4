"""The page of accounts: this month's money by client, project and queue, and statements as they were made."""

import io
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance.acd.effects import Cdr
from appliance.configuration.file import read_configuration
from appliance.daemon.figures import local_midnight
from appliance.statements.csv_verify import prove_csv
from appliance.statements.verify import prove
from tests.command_line.charged_office import CLIENT, ZONE, Charged, a_call, charged_office
from tests.web_ui.conftest import MakePlace, Place, now_utc_ms, running_app
from tests.web_ui.test_overview import text_of
from web_ui.process import web_settings


@pytest.fixture
def office(tmp_path: Path) -> Charged:
    folder = tmp_path / "office"
    folder.mkdir()
    office = charged_office(folder)
    now = local_midnight(ZONE, now_utc_ms()) + 1
    for number, project in ((901, "tienda"), (902, "taller"), (903, "tienda")):
        call = a_call(number, "2026-01", CLIENT, project=project)
        office.put(at(call, now + number))
    return office


def at(call: Cdr, offered_at: int) -> Cdr:
    return msgspec.structs.replace(call, offered_at=offered_at, queued_at=offered_at)


@pytest.fixture
def place(make_place: MakePlace, office: Charged) -> Place:
    made = make_place()
    shutil.copy(office.store, made.settings.store)
    of_box = web_settings(read_configuration(office.config), None)
    made.settings = replace(made.settings, time_zone=ZONE, currency=of_box.currency, country=of_box.country)
    made.box.start()
    return made


@pytest.fixture
def app(place: Place) -> Iterator[Flask]:
    with running_app(place) as made:
        yield made


@pytest.fixture
def client(place: Place, app: Flask) -> FlaskClient:
    return place.let_in(app.test_client())


def shown(client: FlaskClient) -> str:
    return unescape(text_of(client.get("/accounts").text)).replace("\N{NO-BREAK SPACE}", " ")


def test_income_cost_and_margin_of_this_month(client: FlaskClient) -> None:
    page = shown(client)
    assert f"{CLIENT} 3 0,888666 € 0,00 € 0,00 € 0,888666 €" in page
    assert "tienda 2 0,494333 €" in page and "taller 1 0,394333 €" in page
    assert "Ventas 3 0,888666 €" in page
    assert "Todavía no se ha hecho ninguno" in page


def test_a_statement_is_downloaded_as_it_was_made(office: Charged, place: Place, client: FlaskClient) -> None:
    assert client.get("/accounts/statements/1.json").status_code == 404
    out = office.config.parent / "out"
    assert office.bill("statement", CLIENT, "2026-01", "--out", out)[0] == 0
    shutil.copy(office.store, place.settings.store)
    assert "120," in shown(client) or "€ JSON CSV PDF" in shown(client)
    made = {path.suffix[1:]: path for path in out.iterdir()}
    for ending in ("json", "csv", "pdf"):
        answer = client.get(f"/accounts/statements/1.{ending}")
        assert answer.status_code == 200
        assert answer.data == made[ending].read_bytes()
        assert "attachment" in answer.headers["Content-Disposition"]
    assert prove(io.BytesIO(client.get("/accounts/statements/1.json").data)).head.client == CLIENT
    client.post("/language", data={"csrf": place.csrf(client), "language": "en", "back": "/accounts"})
    english = client.get("/accounts/statements/1.csv").data
    assert english.startswith(b"\xef\xbb\xbfNumber;Date") and prove_csv(io.BytesIO(english)).head.client == CLIENT
    assert client.get("/accounts/statements/1.exe").status_code == 404
    assert client.get("/accounts/statements/2.json").status_code == 404


def test_nobody_sees_it_without_the_password(app: Flask) -> None:
    stranger = app.test_client()
    for path in ("/accounts", "/accounts/statements/1.json"):
        assert stranger.get(path).status_code == 302
