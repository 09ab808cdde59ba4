"""Who gets in: nobody without the password, nobody by trying, and no form without its token."""

import itertools

from flask import Flask
from flask.testing import FlaskClient

from tests.web_ui.conftest import Place, running_app
from web_ui.attempts import FREE_ATTEMPTS
from web_ui.passwords import FILE_NAME, set_password

PAGES = ["/", "/calls", "/calls/oficina-13", "/calls/oficina-13/recording/1", "/worklist", "/live", "/live/now"]


def test_without_a_session_there_is_only_the_log_in(app: Flask) -> None:
    for path in PAGES:
        answer = app.test_client().get(path)
        assert answer.status_code == 302, path
        assert answer.location == "/login"


def test_a_script_without_a_session_is_told_so(app: Flask) -> None:
    answer = app.test_client().get("/live/now", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.json == {"ok": False, "login": "/login"}


def test_the_right_password_opens_and_log_out_closes(place: Place, app: Flask) -> None:
    client = place.log_in(app.test_client())
    assert client.get("/").status_code == 200
    assert client.get("/login").location == "/"
    token = place.csrf(client)
    assert client.post("/logout", data={"csrf": token}).location == "/login"
    assert client.get("/").status_code == 302


def test_a_wrong_password_is_told_and_does_not_open(place: Place, app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/login", data={"csrf": place.csrf(client), "password": "wrong"})
    assert "no es correcta" in answer.text
    assert client.get("/").status_code == 302


def test_the_cookie_is_for_this_site_only_and_not_for_scripts(place: Place, app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/login", data={"csrf": place.csrf(client), "password": place.password})
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


def test_trying_passwords_is_stopped_even_for_the_right_one(place: Place, app: Flask) -> None:
    client = app.test_client()
    token = place.csrf(client)
    for _ in range(FREE_ATTEMPTS):
        assert client.post("/login", data={"csrf": token, "password": "guess"}).status_code == 200
    answer = client.post("/login", data={"csrf": token, "password": place.password})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "Demasiados intentos" in answer.text
    # Others are not kept out by it.
    elsewhere = {"REMOTE_ADDR": "127.0.60.9"}
    answer = client.post("/login", data={"csrf": token, "password": place.password}, environ_base=elsewhere)
    assert answer.status_code == 303


def test_nothing_is_done_without_the_token(place: Place, client: FlaskClient) -> None:
    paths = ["/login", "/logout", "/language", "/night-mode", "/agents/ana/pause", "/worklist/close", "/nowhere"]
    place.csrf(client)
    for path, token in itertools.product(paths, [None, "", "wrong", "ñ"]):
        answer = client.post(path, data={} if token is None else {"csrf": token})
        assert answer.status_code == 400, (path, token)
        assert "ya no vale" in answer.text
    assert place.box.commands == []
    assert client.get("/").status_code == 200, "still logged in"


def test_the_token_of_another_session_is_worth_nothing(place: Place, app: Flask, client: FlaskClient) -> None:
    theirs = place.csrf(app.test_client())
    assert client.post("/night-mode", data={"csrf": theirs, "on": "1"}).status_code == 400


def test_a_new_password_ends_open_sessions(place: Place, client: FlaskClient) -> None:
    set_password(place.settings.data_dir, "otra contraseña")
    assert client.get("/").status_code == 302


def test_a_forged_session_is_worth_nothing(place: Place, app: Flask) -> None:
    other = Flask("other")
    other.secret_key = b"guess"
    forged = other.session_interface.get_signing_serializer(other).dumps({"password": "x"})  # type: ignore[attr-defined]
    client = app.test_client()
    client.set_cookie("centralita", forged)
    assert client.get("/").status_code == 302


def test_a_box_without_a_password_says_how_to_make_one(place: Place, app: Flask) -> None:
    (place.settings.data_dir / FILE_NAME).unlink()
    client = app.test_client()
    answer = client.post("/login", data={"csrf": place.csrf(client), "password": ""})
    assert answer.status_code == 503
    assert "centralita password" in answer.text


def test_sessions_outlive_a_restart_of_the_page(place: Place, client: FlaskClient) -> None:
    cookie = client.get_cookie("centralita")
    assert cookie is not None
    with running_app(place) as restarted:
        again = restarted.test_client()
        again.set_cookie("centralita", cookie.value)
        assert again.get("/worklist").status_code == 200


def test_every_answer_binds_the_browser(client: FlaskClient) -> None:
    for path in ("/", "/login", "/static/app.css", "/nowhere", "/live/now"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/").headers["Cache-Control"] == "no-store"


def test_the_language_switch_leads_nowhere_else(place: Place, client: FlaskClient) -> None:
    for back in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", ""):
        answer = client.post("/language", data={"csrf": place.csrf(client), "language": "en", "back": back})
        assert answer.location == "/", back


def test_the_language_stays_chosen(place: Place, client: FlaskClient) -> None:
    assert "En espera" in client.get("/").text
    answer = client.post("/language", data={"csrf": place.csrf(client), "language": "en", "back": "/calls?before=9"})
    assert answer.location == "/calls?before=9"
    page = client.get("/")
    assert '<html lang="en">' in page.text
    assert "Waiting" in page.text
    client.post("/language", data={"csrf": place.csrf(client), "language": "klingon"})
    assert '<html lang="en">' in client.get("/").text
