"""Claiming a box on its page: once, with its code, by choosing a password; and changing that password later."""

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web_ui.conftest import MakePlace, Place, running_app
from web_ui.attempts import FREE_ATTEMPTS
from web_ui.claim_code import CODE_FILE, PAUSES_S, TRIES_FILE, ClaimTries, ensure_claim_code
from web_ui.passwords import FILE_NAME, check_password, set_password

OWN = "cuatro palabras sin sentido"


@pytest.fixture
def new_box(make_place: MakePlace) -> Iterator[tuple[Place, Flask, str]]:
    """A box nobody has claimed, its app and its code."""
    place = make_place()
    (place.settings.data_dir / FILE_NAME).unlink()
    code = ensure_claim_code(place.settings.data_dir)
    assert code is not None
    place.box.start()
    with running_app(place) as app:
        yield place, app, code


NewBox = tuple[Place, Flask, str]


def send(place: Place, client: FlaskClient, path: str, **fields: str) -> str:
    answer = client.post(path, data={"csrf": place.csrf(client), **fields}, follow_redirects=True)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_every_page_of_a_new_box_leads_to_the_claim(new_box: NewBox) -> None:
    _place, app, code = new_box
    for path in ("/", "/login", "/calls", "/password"):
        page = app.test_client().get(path, follow_redirects=True)
        assert page.request.path == "/claim"
        assert "Estrenar la centralita" in page.text and code not in page.text


def test_the_code_and_a_password_claim_it_and_let_in(new_box: NewBox) -> None:
    place, app, code = new_box
    client = app.test_client()
    inside = send(place, client, "/claim", code=f" {code.upper()}", password=OWN, again=OWN)
    assert "La centralita ya es suya" in inside and "/logout" in inside
    assert check_password(place.settings.data_dir, OWN)
    assert not (place.settings.data_dir / CODE_FILE).exists()
    other = app.test_client()
    assert other.get("/", follow_redirects=True).request.path == "/login"
    assert "ya es de alguien" in send(place, other, "/claim", code=code, password="otra cosa", again="otra cosa")
    assert check_password(place.settings.data_dir, OWN)


@pytest.mark.parametrize(
    "fields, said",
    [
        ({"code": "aaaa-bbbb-cccc"}, "El código no es el de esta centralita"),
        ({"code": ""}, "El código no es el de esta centralita"),
        ({"password": "corta", "again": "corta"}, "al menos 8 caracteres"),
        ({"password": "corta    ", "again": "corta    "}, "al menos 8 caracteres"),
        ({"password": "x" * 257, "again": "x" * 257}, "hasta 256 caracteres"),
        ({"again": "cuatro palabras con sentido"}, "no son iguales"),
        ({"password": "", "again": ""}, "al menos 8 caracteres"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_claimed(new_box: NewBox, fields: dict[str, str], said: str) -> None:
    place, app, code = new_box
    page = send(place, app.test_client(), "/claim", **{"code": code, "password": OWN, "again": OWN, **fields})
    assert said in page and 'action="/claim"' in page
    assert not (place.settings.data_dir / FILE_NAME).exists()


def test_the_code_is_no_password(new_box: NewBox) -> None:
    place, app, code = new_box
    for password in (code, code.replace("-", ""), code.upper()):
        page = send(place, app.test_client(), "/claim", code=code, password=password, again=password)
        assert "no puede ser el código" in page


def test_wrong_codes_from_one_computer_make_it_wait_and_others_not(new_box: NewBox) -> None:
    place, app, code = new_box
    client = app.test_client()
    form = {"csrf": place.csrf(client), "password": OWN, "again": OWN}
    for _ in range(FREE_ATTEMPTS):
        assert client.post("/claim", data={**form, "code": "aaaa-bbbb-cccc"}).status_code == 200
    answer = client.post("/claim", data={**form, "code": code})
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert "Demasiados códigos equivocados" in answer.text
    answer = client.post("/claim", data={**form, "code": code}, environ_base={"REMOTE_ADDR": "127.0.60.9"})
    assert answer.status_code == 303


def test_wrong_codes_from_everywhere_are_slowed_down_by_at_most_a_minute_also_after_a_restart(place: Place) -> None:
    now_s = [1000.0]
    data_dir = place.settings.data_dir

    def tried(tries: ClaimTries) -> int:
        waited_s = 0
        while wait_s := tries.begin():
            waited_s += wait_s
            now_s[0] += wait_s
        return waited_s

    tries = ClaimTries(data_dir, lambda: now_s[0])
    waits = [tried(tries) for _ in range(300)]
    assert waits[:20] == [0] * 20
    assert waits[20:200] == [5] * 180
    assert set(waits[200:]) == {60} == {max(pause for _, pause in PAUSES_S)}
    again = ClaimTries(data_dir, lambda: now_s[0])
    assert again.begin() == 60, "switching it off and on gives no free tries"
    assert tried(again) == 60
    (data_dir / TRIES_FILE).write_text("many")
    assert ClaimTries(data_dir, lambda: now_s[0]).begin() == 0


def test_a_password_that_cannot_be_kept_is_said_and_the_code_still_counts(
    new_box: NewBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    place, app, code = new_box
    client = app.test_client()
    form = {"csrf": place.csrf(client), "password": OWN, "again": OWN, "code": code}
    with monkeypatch.context() as broken:

        def refused(*_: object, **__: object) -> bool:
            raise OSError(30, "Read-only file system")

        broken.setattr("web_ui.passwords.write_private", refused)
        answer = client.post("/claim", data=form)
    assert answer.status_code == 503 and "No se ha podido guardar" in answer.text
    assert client.post("/claim", data=form).status_code == 303


def test_the_page_to_claim_is_in_english_too(new_box: NewBox) -> None:
    place, app, _code = new_box
    client = app.test_client()
    client.post("/language", data={"csrf": place.csrf(client), "language": "en"})
    assert "Claim this box" in client.get("/claim").text


def test_the_password_is_changed_by_who_knows_it_and_other_sessions_end(place: Place, app: Flask) -> None:
    mine, other = place.log_in(app.test_client()), place.log_in(app.test_client())
    assert 'href="/password"' in mine.get("/").text
    page = send(place, mine, "/password", old=place.password, password=OWN, again=OWN)
    assert "La contraseña ha cambiado" in page and "/logout" in page
    assert other.get("/").status_code == 302
    assert check_password(place.settings.data_dir, OWN)


def test_a_change_that_is_wrong_is_said_and_changes_nothing(place: Place, app: Flask) -> None:
    client = place.log_in(app.test_client())
    sent = {"old": place.password, "password": OWN, "again": OWN}
    for fields, said in (
        ({"old": "no"}, "La contraseña de ahora no es correcta"),
        ({"again": "otra"}, "no son iguales"),
        ({"password": "x", "again": "x"}, "al menos 8"),
    ):
        assert said in send(place, client, "/password", **{**sent, **fields})
    assert check_password(place.settings.data_dir, place.password)
    assert app.test_client().post("/password", data=sent).status_code == 400


def test_trying_present_passwords_is_stopped(place: Place, client: FlaskClient) -> None:
    form = {"csrf": place.csrf(client), "old": "guess", "password": OWN, "again": OWN}
    for _ in range(FREE_ATTEMPTS):
        assert client.post("/password", data=form).status_code == 200
    assert client.post("/password", data={**form, "old": place.password}).status_code == 429


def test_a_box_with_a_password_of_its_own_has_no_claim_page(place: Place, app: Flask) -> None:
    set_password(place.settings.data_dir, OWN)
    assert app.test_client().get("/claim").location == "/login"
