"""After a power cut: what the store gives back."""

from pathlib import Path

import pytest

from appliance.acd.durable import DurableAgent, DurableWorklistItem
from appliance.acd.effects import StoreCdr, StoreDecision, StoreNightMode, StoreOpenCall, StoreWorklistItem
from appliance.acd.ids import CallId
from appliance.daemon.queries import call_details, calls, open_store, worklist
from appliance.daemon.store import Store
from tests.daemon.records import ANA, DESK, OFFERED_AT, QUEUE, agent_state, cdr, decision
from tests.daemon.stores import NOW, OFFICE, writing


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centralita.sqlite3"


def opened(path: Path) -> Store:
    return Store(path, OFFICE, lambda: NOW)


def test_an_empty_store_gives_an_empty_office(path: Path) -> None:
    restore = opened(path).recover("power_lost")
    assert (restore.agents, restore.night_mode, restore.next_call, restore.worklist) == ((), False, 1, ())


def test_calls_that_were_up_are_closed_at_their_last_heartbeat_rated_and_their_callers_listed(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreOpenCall(cdr(5, talk_ms=10_000)), StoreOpenCall(cdr(5, end_reason="power_lost")))
        to.durable(StoreOpenCall(cdr(6, caller="", end_reason="power_lost")))
    opened(path).recover("power_lost")
    store = open_store(path)
    details = call_details(store, "oficina-5")
    assert details is not None
    assert (details.row.end_reason, details.row.hung_up_by, details.row.talk_ms) == ("power_lost", "system", 58_000)
    assert details.row.charge_micros == 74_000
    assert details.legs == cdr(5).legs
    assert [(item.number, item.reason, item.last_call) for item in worklist(store)] == [
        ("+34600111222", "power_lost", "oficina-5")
    ], "a withheld number cannot be called back"
    assert len(calls(store)) == 2
    assert store.execute("select count(*) from open_calls").fetchone()[0] == 0


def test_of_a_call_we_made_the_person_we_called_is_listed_and_not_our_own_number(path: Path) -> None:
    ours, theirs = "910000000", "600111222"
    with writing(path) as to:
        to.durable(StoreOpenCall(cdr(5, direction="out", caller=ours, called=theirs)))
    opened(path).recover("power_lost")
    assert [item.number for item in worklist(open_store(path))] == [theirs]


def test_recovering_again_changes_nothing_more(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreOpenCall(cdr(5)))
    first = opened(path).recover("box_restarted")
    second = opened(path).recover("box_restarted")
    assert second == first
    assert len(calls(open_store(path))) == 1
    (item,) = worklist(open_store(path))
    assert (item.attempts, item.reason) == (1, "box_restarted")


def test_agents_night_mode_and_worklist_come_back(path: Path) -> None:
    with writing(path) as to:
        to.durable(agent_state(1, "ready"), agent_state(2, "not_ready", "cafe"), StoreNightMode(True, 1))
        to.durable(StoreWorklistItem("+34911", CallId("oficina-3"), QUEUE, "abandoned", 77))
        to.durable(StoreWorklistItem("+34911", CallId("oficina-4"), QUEUE, "abandoned", 99))
    restore = opened(path).recover("power_lost")
    assert restore.agents == (DurableAgent(ANA, "not_ready", DESK, "cafe", OFFERED_AT),)
    assert restore.night_mode
    assert restore.worklist == (DurableWorklistItem("+34911", QUEUE, "abandoned", 77, 2),)


def promised(number: int, tries: int, place: int = 50, reason: str = "callback") -> StoreWorklistItem:
    return StoreWorklistItem("+34911", CallId(f"oficina-{number}"), QUEUE, reason, 60 + number, place, tries)


def test_who_was_promised_a_call_back_is_promised_it_still(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreWorklistItem("+34911", CallId("oficina-1"), QUEUE, "abandoned", 40), promised(2, 0))
        to.durable(promised(3, 1), promised(3, 2))
    (item,) = opened(path).recover("power_lost").worklist
    assert item == DurableWorklistItem("+34911", QUEUE, "callback", 40, 3, 50, 2), "two tries said of one call count"


def test_a_call_back_that_the_power_ended_is_tried_again(path: Path) -> None:
    """The record of the attempt that was up is closed, and its number keeps the promise, not the end."""
    with writing(path) as to:
        to.durable(promised(2, 1), StoreOpenCall(cdr(5, direction="out", called="+34911")))
    (item,) = opened(path).recover("power_lost").worklist
    assert item == DurableWorklistItem("+34911", QUEUE, "callback", 62, 2, 50, 1)


def test_a_promise_that_was_given_up_is_none_after_a_power_cut(path: Path) -> None:
    with writing(path) as to:
        to.durable(promised(2, 0), promised(3, 0, place=0, reason="callback_failed"))
    (item,) = opened(path).recover("power_lost").worklist
    assert (item.reason, item.callback_place_utc_ms, item.callback_tries) == ("callback_failed", 0, 0)


@pytest.mark.parametrize("state", ["ringing", "talking", "held", "wrap_up", "outbound", "ready"])
def test_an_agent_who_was_on_a_call_is_ready_after_a_power_cut(path: Path, state: str) -> None:
    with writing(path) as to:
        to.durable(agent_state(1, "not_ready", "cafe"), agent_state(2, state, "kept_by_nobody"))
    (agent,) = opened(path).recover("power_lost").agents
    assert (agent.state, agent.reason) == ("ready", "")


def test_no_call_number_is_given_twice_even_if_only_a_decision_told_of_it(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreCdr(cdr(4)), StoreDecision(decision(1, "oficina-9")), StoreOpenCall(cdr(7)))
    assert opened(path).recover("power_lost").next_call == 10
