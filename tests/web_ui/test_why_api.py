"""Why, for programs: the same as the page tells, as JSON, behind the same log-in."""

import msgspec
import pytest
from flask import Flask
from flask.testing import FlaskClient

from appliance.acd.effects import StoreDecision
from appliance.acd.ids import CallId
from appliance.daemon.why import WhyAgent, WhyCall
from tests.daemon.records import decision
from tests.web_ui.an_office import OFFICE
from tests.web_ui.conftest import Place, now_utc_ms
from tests.web_ui.small_box import SmallStore


def test_a_call_over_is_told_as_on_its_page(client: FlaskClient) -> None:
    answer = client.get("/api/why/calls/oficina-13")
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    found = msgspec.json.decode(answer.data, type=WhyCall)
    assert (found.call, found.over, len(found.decisions)) == ("oficina-13", True, 1)
    assert "llevaba más tiempo libre (1 min 35 s)" in found.text
    assert [seen.outcome for seen in found.decisions[0].candidates] == ["rung", "excluded", "not_chosen"]
    english = msgspec.json.decode(client.get("/api/why/calls/oficina-13?language=en").data, type=WhyCall)
    assert "idle for longest (1 min 35 s)" in english.text
    assert english.decisions[0].reason == found.decisions[0].reason == "longest_idle"


def test_a_call_that_is_up_has_its_decisions_so_far(place: Place, client: FlaskClient) -> None:
    store = SmallStore(place.settings.store, OFFICE, now_utc_ms(), first_number=1_000)
    store.put(StoreDecision(decision(77, CallId("oficina-77"))))
    store.close()
    found = msgspec.json.decode(client.get("/api/why/calls/oficina-77").data, type=WhyCall)
    assert (found.over, found.record, len(found.decisions)) == (False, None, 1)


def test_an_agent_is_told_of_page_by_page(client: FlaskClient) -> None:
    first = msgspec.json.decode(client.get("/api/why/agents/bea?limit=4&language=en").data, type=WhyAgent)
    assert [one.decision.call for one in first.decisions] == [f"oficina-{n}" for n in (13, 11, 10, 9)]
    assert first.decisions[0].sentence == "bea was not rung for oficina-13: not ready."
    rest = msgspec.json.decode(client.get(f"/api/why/agents/bea?before={first.next}").data, type=WhyAgent)
    assert (len(rest.decisions), rest.next) == (6, "")
    assert client.get("/api/why/agents/bea?to=2020-01-01").json["decisions"] == []  # type: ignore[index]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("calls/oficina-99", 404),
        ("calls/-", 404),
        ("agents/B%20ea", 400),
        ("agents/bea?before=x", 400),
        ("agents/bea?from=yesterday", 400),
        ("agents/bea?from=0001-01-01&to=9999-12-31&limit=x", 200),
        ("agents/nobody", 200),
    ],
)
def test_what_cannot_be_answered_is_said_in_json(client: FlaskClient, path: str, status: int) -> None:
    answer = client.get(f"/api/why/{path}")
    assert (answer.status_code, answer.mimetype) == (status, "application/json")


def test_nobody_is_told_without_the_log_in(app: Flask) -> None:
    for path in ("calls/oficina-13", "agents/bea"):
        answer = app.test_client().get(f"/api/why/{path}")
        assert answer.status_code == 401
        assert b"oficina-13" not in answer.data
