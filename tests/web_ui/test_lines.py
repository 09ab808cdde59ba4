"""The page of lines tells how each is and was, and what it used; the first page tells of a line that is down."""

from flask.testing import FlaskClient
from msgspec.structs import replace

from appliance.acd.view import BalanceView
from tests.waiting import wait_for
from tests.web_ui.conftest import MakePlace, Place, running_app
from tests.web_ui.test_overview import text_of


def test_it_shows_health_minutes_calls_and_outages_of_every_line(client: FlaskClient) -> None:
    shown = text_of(client.get("/lines").text).replace("\N{NO-BREAK SPACE}", " ")
    for words in (
        "gsm1 600 000 001",
        "Funciona desde",
        "Cobertura 74,0 %",
        "Operador Movistar",
        "SIM (ICCID) 8934071100000000017",
        "Minutos usados desde el 15 nov 2026 120 de 300",
        "Llamadas en 24 h 13 entrantes, 0 salientes (0 atendidas)",
        "Fallos en 24 h Ninguno",
        "el módem se ha reiniciado solo",
        "0:20",
        "y 2 avisos más, demasiado seguidos",
        "/dev/gsm2 no existe: ¿está conectado el módem?",
        "Se reinició el conmutador.",
        "sigue",
    ):
        assert words in shown, words


def test_it_speaks_english_too(place: Place, client: FlaskClient) -> None:
    client.post("/language", data={"csrf": place.csrf(client), "language": "en", "back": "/lines"})
    shown = text_of(client.get("/lines").text)
    assert "Minutes used since 15 Nov 2026 120 of 300" in shown and "the modem restarted by itself" in shown


def test_a_line_that_is_down_is_on_the_first_page(place: Place, client: FlaskClient) -> None:
    lines = place.box.status.lines
    assert "no funciona desde" not in client.get("/").text
    place.box.show(lines=(replace(lines[1], told_down=True), lines[0]))

    def shown() -> str | None:
        page = client.get("/").text
        return page if "no funciona desde" in page else None

    assert "La línea gsm2 no funciona desde las" in text_of(wait_for("the notice", shown))


def test_a_line_that_has_had_trouble_for_long_is_on_the_first_page(place: Place, client: FlaskClient) -> None:
    lines = place.box.status.lines
    silent = replace(
        lines[1], health="degraded", detail="192.0.2.1 does not answer (OPTIONS); calls are tried all the same"
    )
    place.box.show(lines=(replace(silent, told_degraded=True), lines[0]))

    def shown() -> str | None:
        page = client.get("/").text
        return page if "tiene problemas desde" in page else None

    assert "192.0.2.1 no responde (OPTIONS)" in text_of(wait_for("the notice", shown))


def test_what_a_device_says_cannot_write_on_the_page(place: Place, client: FlaskClient) -> None:
    evil = "<script>alert(1)</script>"
    line = replace(place.box.status.lines[0], detail=evil, operator=evil, sim=evil, used_since=evil)
    place.box.show(lines=(line,))

    def shown() -> str | None:
        page = client.get("/lines").text
        return page if "alert(1)" in page else None

    assert evil not in wait_for("the line on the page", shown)


def test_without_lines_or_without_the_acd_it_says_so(place: Place, client: FlaskClient, make_place: MakePlace) -> None:
    place.box.show(lines=())
    wait_for("no lines", lambda: "No hay líneas" in client.get("/lines").text)
    away = make_place()
    with running_app(away) as app:
        client = away.let_in(app.test_client())
        assert client.get("/lines").status_code == 200
        wait_for("the ACD's absence", lambda: "no responde" in client.get("/lines").text)


def test_whoever_is_not_logged_in_sees_nothing(place: Place) -> None:
    with running_app(place) as app:
        for path in ("/lines", "/live/lines", "/live/lines/now"):
            assert app.test_client().get(path).status_code in (302, 303, 401), path


def test_the_balance_is_asked_and_shown_in_the_operators_words(place: Place, client: FlaskClient) -> None:
    assert "Saldo" not in text_of(client.get("/lines").text), "no line has a code to ask by"
    line = replace(place.box.status.lines[0], can_ask_balance=True)

    def shown(words: str, **changes: object) -> str:
        place.box.show(lines=(replace(line, **changes),))
        return wait_for(words, lambda: page if words in (page := client.get("/lines").text) else None)

    page = shown("Preguntar")
    assert 'formaction="/lines/gsm1/balance"' in page
    page = shown("Preguntando a la red", balance=BalanceView(1, "asking", "", 1_795_345_200_000))
    assert "/lines/gsm1/balance" not in page, "it is being asked"
    page = shown("quedan", balance=BalanceView(1, "done", "Le quedan <b>12</b> EUR", 1_795_345_200_000))
    assert "Le quedan &lt;b&gt;12&lt;/b&gt; EUR" in page and "/lines/gsm1/balance" in page
    shown("La red no contestó a tiempo", balance=BalanceView(2, "timeout", "", 1_795_345_200_000))
