"""The page of text messages: what came and went, with words for every state, and a form that becomes a command."""

import pytest
from flask.testing import FlaskClient

from appliance.acd.ids import LineName, MessageId
from appliance.acd.message_effects import StoreIncomingMessage, StoreOutgoingMessage
from appliance.acd.message_inputs import SendMessage
from tests.web_ui.an_office import OFFICE
from tests.web_ui.conftest import Place, now_utc_ms
from tests.web_ui.small_box import SmallStore
from tests.web_ui.test_actions import JSON

GSM = LineName("gsm1")
FORM = {"message": "abc123", "number": "+34 600 123 123", "text": "Hola\r\nmañana 😀", "line": ""}


def test_messages_are_shown_with_words_and_gaps(place: Place, client: FlaskClient) -> None:
    at = now_utc_ms() - 60_000
    store = SmallStore(place.settings.store, OFFICE, now_utc_ms(), first_number=1_000)
    store.put(
        StoreIncomingMessage(MessageId("i1"), GSM, "+34611222333", "uno […2/3…] <b>", at, at, 3, (2,), "", ""),
        StoreIncomingMessage(MessageId("i2"), GSM, "MiBanco", "", at, at, 1, (), "0102ff", ""),
        StoreOutgoingMessage(MessageId("o1"), GSM, "600123123", "hola", "ana", "failed", at, at, 1, 4, "congestion"),
    )
    store.close()
    page = client.get("/messages").text
    words = ("uno […2/3…] &lt;b&gt;", "falta la parte 2", "(datos, 3 octetos)", "No enviado", "La red está saturada")
    assert [said for said in words if said not in page] == []
    only = client.get("/messages?number=%2B34600123123").text
    assert "hola" in only
    assert "falta la parte 2" not in only
    client.post("/language", data={"csrf": place.csrf(client), "language": "en", "back": "/messages"})
    assert "The network is congested" in client.get("/messages").text


def test_without_messages_it_says_so(client: FlaskClient) -> None:
    assert "Todavía no hay mensajes" in client.get("/messages").text


@pytest.mark.parametrize(("line", "name"), [("", None), ("gsm1", GSM)])
def test_the_form_is_a_command(place: Place, client: FlaskClient, line: str, name: LineName | None) -> None:
    headers = {**JSON, "X-CSRF-Token": place.csrf(client)}
    answer = client.post("/messages/send", data=FORM | {"line": line}, headers=headers)
    assert answer.json == {"ok": True, "message": "Hecho."}
    assert place.box.commands == [SendMessage(MessageId("abc123"), "+34600123123", "Hola\nmañana 😀", "web", name)]


@pytest.mark.parametrize(
    "wrong", [{"number": "mamá"}, {"text": " "}, {"text": "a" * 1_225}, {"line": "../x"}, {"message": ""}], ids=str
)
def test_nonsense_never_reaches_the_acd(place: Place, client: FlaskClient, wrong: dict[str, str]) -> None:
    headers = {**JSON, "X-CSRF-Token": place.csrf(client)}
    assert client.post("/messages/send", data=FORM | wrong, headers=headers).status_code == 400
    assert place.box.commands == []
