"""Calls that are over: the list, one call with its arithmetic and reasons, its sound, and the worklist."""

import gzip
import re
import sqlite3

import msgspec
import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace

from appliance.acd.ids import LineName
from appliance.billing.charges import Charge
from appliance.billing.rating import free_emergency, rate_call, together
from appliance.billing.tariffs import Rate, RateTable
from tests.web_ui.conftest import Place
from tests.web_ui.test_overview import text_of


def test_a_call_tells_its_record_charge_and_reasons(client: FlaskClient) -> None:
    shown = text_of(client.get("/calls/oficina-13").text).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "600 111 213",
        "La llamada oficina-13 de 600111213 entró por la línea gsm1.",
        "llevaba más tiempo libre (1 min 35 s)",
        "0,0808 €",
        # 76,042 ms of talk: 77 s in whole increments, 0.05 + 77 x 0.024 / 60
        "0.05 + 77 s (60 + 17 x 1) x 0.024/min = 0.0808 EUR (moviles v1)",
        "Tarifa moviles, versión 1",
        "Bea Soler En pausa Excluido: en pausa",
        "Elena Martínez de la Torre Disponible Podía, no elegido 0:41",
        "Tipificación venta",
        "señalizada por la red",
        "Lo que paga el cliente Llamada atendida · robledo-26 v2 0,90 €",
        "Coste de operadores 0,0808 € Margen 0,8192 €",
    ):
        assert words in shown, words


def test_an_abandoned_call_has_no_charge_and_no_sound(client: FlaskClient) -> None:
    shown = text_of(client.get("/calls/oficina-12").text)
    assert "Abandonada" in shown
    assert "Sin cargo: nadie contestó." in shown
    assert "Esta llamada no se grabó." in shown


def charge_kept(place: Place, call: str, charge: Charge) -> None:
    with sqlite3.connect(place.settings.store) as db:
        kept = (msgspec.json.encode(charge).decode(), charge.total_micros, charge.worst_reason, call)
        db.execute("update calls set charge = ?, charge_micros = ?, charge_reason = ? where call = ?", kept)


def test_a_caller_who_was_sent_on_shows_what_both_ways_cost(place: Place, client: FlaskClient) -> None:
    table = RateTable([Rate("fijos", "out", "+34", None, "", 50_000, 60_000, 1, 1)], "EUR")
    own = rate_call(table, "in", "600111212", LineName("gsm1"), "", 60_000)
    leg = replace(rate_call(table, "out", "+34911222333", LineName("trunk"), "", 60_000), line="trunk")
    charge_kept(place, "oficina-12", together(own, (leg,)))
    shown = text_of(client.get("/calls/oficina-12").text).replace("\N{NO-BREAK SPACE}", " ")
    sum_ = "0 EUR (sin tarifa); +34911222333 (trunk): 0.05 + 60 s (1 + 59 x 1) x 0.06/min = 0.11 EUR (fijos v1)"
    assert f"0,11 € {sum_}; = 0.11 EUR" in shown
    assert "Tarifa ," not in shown, "the way in has none"


def test_an_emergency_has_no_charge_and_the_page_says_why(place: Place, client: FlaskClient) -> None:
    table = RateTable([Rate("todo", "out", "", None, "", 50_000)], "EUR")
    charge_kept(place, "oficina-12", free_emergency(rate_call(table, "out", "112", LineName("gsm1"), "", 60_000)))
    assert "Sin cargo: es una emergencia." in text_of(client.get("/calls/oficina-12").text)


def test_a_recording_that_was_removed_is_said_to_be_gone(client: FlaskClient) -> None:
    assert "ya no está en esta centralita" in client.get("/calls/oficina-11").text
    assert client.get("/calls/oficina-11/recording/1").status_code == 404


def test_each_recording_of_a_call_has_its_player(client: FlaskClient) -> None:
    """Its caller was recorded with an agent, then left a message."""
    page = client.get("/calls/oficina-10").text
    assert re.findall(r'<audio [^>]*src="([^"]+)"', page) == [f"/calls/oficina-10/recording/{n}" for n in (1, 2)]
    words = text_of(page)
    assert words.index("Conversación Descargar 1:16") < words.index("Buzón de voz Descargar 0:09")
    talk, message = (client.get(f"/calls/oficina-10/recording/{n}") for n in (1, 2))
    assert (talk.status_code, message.status_code) == (200, 200)
    assert talk.data != message.data
    kept = client.get("/calls/oficina-10/recording/2?download=1")
    assert kept.headers["Content-Disposition"] == "attachment; filename=oficina-10-2.wav"


@pytest.mark.parametrize("number", ["0", "3", "-1", "x", "1x", "9" * 40, ""])
def test_a_call_has_no_such_recording(client: FlaskClient, number: str) -> None:
    assert client.get(f"/calls/oficina-10/recording/{number}").status_code == 404


def test_one_recording_that_was_removed_does_not_hide_the_other(place: Place, client: FlaskClient) -> None:
    (place.settings.data_dir / "recordings/2026/11/22/oficina-10.wav").unlink()
    page = client.get("/calls/oficina-10").text
    assert re.findall(r'<audio [^>]*src="([^"]+)"', page) == ["/calls/oficina-10/recording/2"]
    assert "ya no está en esta centralita" in page


def test_a_player_can_jump_in_the_sound(place: Place, client: FlaskClient) -> None:
    sound = (place.settings.data_dir / "recordings/2026/11/22/oficina-13.wav").read_bytes()
    whole = client.get("/calls/oficina-13/recording/1")
    assert whole.data == sound
    assert whole.mimetype == "audio/wav"
    part = client.get("/calls/oficina-13/recording/1", headers={"Range": "bytes=1000-1999"})
    assert part.status_code == 206
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(sound)}"
    assert part.data == sound[1000:2000]
    past = client.get("/calls/oficina-13/recording/1", headers={"Range": f"bytes={len(sound)}-"})
    assert past.status_code == 416
    kept = client.get("/calls/oficina-13/recording/1?download=1")
    assert kept.headers["Content-Disposition"] == "attachment; filename=oficina-13.wav"


def test_a_recording_outside_the_folder_is_not_given(place: Place, client: FlaskClient) -> None:
    """The store is ours, yet a path in it is not believed."""
    secret = place.settings.data_dir / "secret.wav"
    secret.write_bytes(b"RIFF")
    link = place.settings.data_dir / "recordings/2026/11/22/oficina-13.wav"
    link.unlink()
    link.symlink_to(secret)
    assert client.get("/calls/oficina-13/recording/1").status_code == 404


@pytest.mark.parametrize("call", ["oficina-99", "..%2F..%2Fetc%2Fpasswd", "%27%20or%201=1", "x" * 200, "%00"])
def test_there_is_no_such_call(client: FlaskClient, call: str) -> None:
    assert client.get(f"/calls/{call}").status_code == 404
    assert client.get(f"/calls/{call}/recording/1").status_code == 404


def test_the_list_goes_back_page_by_page(client: FlaskClient) -> None:
    page = client.get("/calls")
    assert page.text.count("data-key=") == 13
    older = client.get("/calls?before=4")
    assert [f"oficina-{n}" in older.text for n in (1, 2, 3, 4)] == [True, True, True, False]
    assert "Las más recientes" in older.text
    assert client.get("/calls?before=x").status_code == 200


def test_the_worklist_offers_to_close_each_item(client: FlaskClient) -> None:
    page = client.get("/worklist").text
    assert "Colgó esperando" in text_of(page)
    assert page.count('name="number" value="910000012"') == 2, "to call it, and to close its item"
    assert 'value="reached"' in page


def test_pages_are_gzipped_for_who_takes_it_and_sound_is_not(client: FlaskClient) -> None:
    plain = client.get("/calls")
    packed = client.get("/calls", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert gzip.decompress(packed.data).startswith(b"<!doctype html>")
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 3
    style = client.get("/static/app.css", headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(style.data) == client.get("/static/app.css").data
    assert "Content-Encoding" not in client.get("/static/app.css", headers={"Accept-Encoding": "gzip;q=0"}).headers
    sound = client.get("/calls/oficina-13/recording/1", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in sound.headers
    again = client.get("/static/app.css", headers={"Accept-Encoding": "gzip", "If-None-Match": style.headers["ETag"]})
    assert again.status_code == 304
