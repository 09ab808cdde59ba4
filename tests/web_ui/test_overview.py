"""The first page tells the truth: who waits, who is there, what works, what is not known."""

import json
import re
import time

import msgspec
from flask import Flask
from flask.testing import FlaskClient

from appliance.acd.ids import CallId
from tests.waiting import wait_for
from tests.web_ui.an_office import waiting_call
from tests.web_ui.conftest import MakePlace, Place, now_utc_ms, running_app
from web_ui.live import HEARTBEAT_S
from web_ui.site import site_of


def text_of(html: str) -> str:
    """What a reader sees, as words with single blanks between them."""
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def test_it_shows_callers_agents_lines_queues_figures_and_charges(client: FlaskClient) -> None:
    shown = text_of(client.get("/").text).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "+34 912 345 678",
        "Número oculto",
        "Ana Ruiz",
        "En pausa: Café",
        "Trabajo posterior",
        "Fuera de turno",
        "/dev/gsm2 no existe: ¿está conectado el módem?",
        "su registro ha caducado",
        "Movistar",
        "Objetivo en riesgo",
        "Soporte técnico",
        "Nivel de servicio 61,5 %",  # 8 of 13 answered within 20 s
        "Abandono 23,1 %",
        "Atendidas 10 / 13",
        "0,0808 €",
        "Pendientes 1",
    ):
        assert words in shown, words


def test_a_caller_from_nowhere_cannot_write_on_the_page(place: Place, client: FlaskClient) -> None:
    evil = "<script>alert(1)</script>"
    call = msgspec.structs.replace(place.box.status.calls[1], caller=evil, called=evil)
    place.box.show(calls=(call,))

    def shown() -> str | None:
        page = client.get("/").text
        return page if "alert(1)" in page else None

    assert evil not in wait_for("the caller on the page", shown)


def test_a_caller_in_a_menu_is_shown_with_the_menu_and_the_name(place: Place, client: FlaskClient) -> None:
    waiting = place.box.status.calls[0]
    call = msgspec.structs.replace(
        waiting, state="menu", queue=None, agent=None, position=0, menu="principal", caller_name="Taller Pérez"
    )
    place.box.show(calls=(call,))

    def shown() -> str | None:
        page = client.get("/").text
        return page if "principal" in page else None

    page = wait_for("the menu on the page", shown)
    assert "En un menú" in page and "Taller Pérez" in page
    assert f'data-since="{call.offered_utc_ms}"' in page


def test_waiting_times_count_from_the_beginning_of_the_wait(place: Place, client: FlaskClient) -> None:
    at = place.box.status.at_utc_ms
    assert f'data-since="{at - 26_000}"' in client.get("/").text


def test_without_the_acd_it_says_so_and_history_goes_on(make_place: MakePlace) -> None:
    place = make_place()
    with running_app(place) as app:
        client = place.let_in(app.test_client())
        page = wait_for("the last calls", lambda: html if "oficina-13" in (html := client.get("/").text) else None)
        assert "aún no se sabe nada de la centralita" in page
        assert client.get("/calls").status_code == 200
        answer = client.post("/night-mode", data={"csrf": place.csrf(client), "on": "1"}, follow_redirects=True)
        assert "no responde. Inténtelo de nuevo" in answer.text


def test_when_the_acd_goes_away_the_page_keeps_what_it_knew_and_says_so(place: Place, client: FlaskClient) -> None:
    assert "no responde" not in client.get("/").text
    place.box.stop()
    page = wait_for("the notice", lambda: html if "no responde" in (html := client.get("/").text) else None)
    assert "Ana Ruiz" in page
    assert "Desde las" in page


def test_it_says_when_the_switch_is_away_the_clock_wrong_or_it_is_night(place: Place, client: FlaskClient) -> None:
    client.get("/")
    place.box.show(switch_connected=False, clock_synchronised=False, night_mode=True)

    def page() -> str | None:
        html = client.get("/").text
        return html if "conmutador no responde" in html else None

    html = wait_for("the notices", page)
    assert "reloj de la centralita no está sincronizado" in html
    assert "Modo noche puesto" in html
    assert "Quitar modo noche" in html


def test_an_empty_office_says_what_to_do(place: Place, client: FlaskClient) -> None:
    client.get("/")
    place.box.show(calls=(), agents=(), lines=(), queues=(), stations=())
    html = wait_for("emptiness", lambda: p if "Nadie espera." in (p := client.get("/").text) else None)
    assert "Añada tablas [[agent]]" in html
    assert "Añada tablas [[line]]" in html


def test_a_missing_store_is_told_and_does_not_matter_to_the_rest(make_place: MakePlace) -> None:
    place = make_place()
    place.settings.store.unlink()
    place.box.start()
    with running_app(place) as app:
        client = place.let_in(app.test_client())
        page = wait_for("the agents", lambda: text if "Ana Ruiz" in (text := client.get("/").text) else None)
        assert "El historial no se puede leer" in page
        answer = client.get("/calls")
        assert answer.status_code == 503
        assert "Arranque el ACD" in answer.text
        client.post("/language", data={"csrf": place.csrf(client), "language": "en"})
        assert "Start the ACD" in client.get("/calls").text


def test_news_come_as_they_happen_and_only_what_changed(place: Place, app: Flask, client: FlaskClient) -> None:
    stream = client.get("/live", headers={"Accept": "text/event-stream"}, buffered=False)
    assert stream.mimetype == "text/event-stream"
    events = (line[6:] for chunk in stream.response for line in chunk.decode().split("\n") if line.startswith("data: "))  # type: ignore[union-attr]
    first = json.loads(next(events))
    assert {"waiting", "agents", "lines", "queues", "summary", "calls"} <= set(first["parts"])
    assert "Número oculto" in first["parts"]["waiting"]
    assert abs(first["now"] - now_utc_ms()) < 60_000
    place.box.show(calls=place.box.status.calls[:1])
    begun = time.monotonic()
    for event in events:
        news = json.loads(event)
        if "waiting" in news["parts"]:
            break
        assert time.monotonic() - begun < 60, "the change did not come"
    assert "Nadie espera." in news["parts"]["waiting"]
    assert "lines" not in news["parts"], "what did not change is not sent"
    assert news["announce"] == "0 en espera"
    stream.close()


def test_a_stream_without_news_has_a_heartbeat_and_an_end(place: Place, app: Flask, client: FlaskClient) -> None:
    stream = client.get("/live", buffered=False)
    chunks = iter(stream.response)
    begun = time.monotonic()
    next(chunks), next(chunks), next(chunks)  # how often to retry, the picture, a heartbeat
    assert time.monotonic() - begun < 6 * HEARTBEAT_S
    site_of(app).hub.close()
    rest = list(chunks)
    assert len(rest) <= 2, "the stream ended when the page was stopped"


def test_streams_have_a_limit_and_the_next_page_is_told_to_ask(make_place: MakePlace) -> None:
    place = make_place(live_clients_limit=2)
    place.box.start()
    with running_app(place) as app:
        client = place.let_in(app.test_client())
        streams = [client.get("/live", buffered=False) for _ in range(2)]
        for stream in streams:
            next(iter(stream.response))
        assert client.get("/live").text == 'data: {"full": true}\n\n'
        news = client.get("/live/now").json
        assert news is not None
        assert "Ana Ruiz" in news["parts"]["agents"]
        streams[0].close()
        again = client.get("/live", buffered=False)
        assert next(iter(again.response)) == b"retry: 2000\n\n", "a place that was given back is used again"
        again.close()
        streams[1].close()


def test_asking_again_costs_nothing_while_nothing_changed(place: Place, client: FlaskClient) -> None:
    news = client.get("/live/now").json
    assert news is not None
    place.box.stop()  # the picture then changes once more, and stays
    version = wait_for(
        "the last picture",
        lambda: (
            site_of(client.application).hub.latest.version
            if site_of(client.application).hub.latest.away_since_utc_ms >= 0
            else None
        ),
    )
    assert client.get(f"/live/now?seen={version}").status_code == 204
    assert client.get(f"/live/now?seen={version - 1}").status_code == 200


def test_each_language_has_its_own_news(place: Place, app: Flask, client: FlaskClient) -> None:
    english = place.let_in(app.test_client())
    english.post("/language", data={"csrf": place.csrf(english), "language": "en"})
    for _ in range(2):
        assert client.get("/live/now").json["parts"]["waiting"].count("Número oculto") == 1  # type: ignore[index]
        assert english.get("/live/now").json["parts"]["waiting"].count("Withheld number") == 1  # type: ignore[index]
        assert "su registro ha caducado" in client.get("/live/now").json["parts"]["lines"]  # type: ignore[index]
        assert "its registration is over" in english.get("/live/now").json["parts"]["lines"]  # type: ignore[index]


def test_a_thousand_callers_fit(place: Place, client: FlaskClient) -> None:
    now = now_utc_ms()
    place.box.show(calls=tuple(waiting_call(n, f"6{n:08}", n, n * 100, now) for n in range(1, 1001)))
    page = wait_for("all callers", lambda: p if "oficina-1000" in (p := client.get("/").text) else None)
    assert page.count(f'data-key="{CallId("oficina-500")}"') == 1


def test_programs_can_ask_whether_the_page_is_up(app: Flask) -> None:
    assert app.test_client().get("/health").text == "ok\n"
