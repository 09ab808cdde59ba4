"""The end of the opening hours: who waits is served on or sent on, on the days of the clock changes too."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from appliance.acd.inputs import ClockSet, PlanChanged, SwitchBack, SwitchLost
from appliance.acd.plan import Destination, Hours, OpenSpan, Plan
from tests.acd.office import NOON_UTC_MS, START_MS, Office, adds_up, small_plan, ventas

DAILY = (0, 1, 2, 3, 4, 5, 6)
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def plan(to_minute: int = 13 * 60, **changes: Any) -> Plan:
    """Open from nine; closes at one, an hour after the office opens."""
    queue: dict[str, Any] = {"on_closed": Destination("voicemail"), "max_wait_ms": 2 * HOUR_MS, **changes}
    hours = Hours("Europe/Madrid", (OpenSpan(DAILY, min(9 * 60, to_minute - 1), to_minute),))
    return small_plan(ventas(hours="diario", **queue), hours={"diario": hours})


def waiting(made: Plan) -> Office:
    one = Office(made)
    one.wait(HOUR_MS - MINUTE_MS)
    one.calls()
    one.wait(MINUTE_MS - 1)
    assert one.call_state() == "waiting"
    return one


def test_who_waits_at_closing_time_is_served_on() -> None:
    one = waiting(plan())
    one.wait(HOUR_MS)
    assert one.call_state() == "waiting"
    one.sits_down("ana")
    assert one.ringing() == ["ana"]


def test_or_is_sent_where_callers_go_who_come_then_and_why_says_so() -> None:
    one = waiting(plan(at_closing="send_on"))
    one.wait(1)
    assert one.call_state() == "voicemail"
    assert one.reasons("overflow") == ["closing"]
    assert [view.open for view in one.acd.view(one.now_ms).queues] == [False]


def test_who_is_sent_on_to_nowhere_hears_that_it_is_closed() -> None:
    one = waiting(plan(at_closing="send_on", on_closed=Destination()))
    one.wait(1)
    assert one.switch.legs[one.acd.state.calls[next(iter(one.acd.state.calls))].leg].heard[-1] == "es/closed"


def test_a_phone_that_rings_for_who_is_sent_on_stops_and_one_that_was_lifted_goes_on() -> None:
    one = Office(plan(at_closing="send_on"))
    one.sits_down("ana", "bob")
    one.wait(HOUR_MS - 2_000)
    talking = one.calls()
    leg = one.lifts("ana")
    one.calls("600000002", "trunk")
    assert one.ringing() == ["bob"]
    one.wait(2_000)
    assert one.ringing() == [] and one.agent("bob") == "ready"
    assert one.talking(talking, leg)


@pytest.mark.parametrize(("at_closing", "then"), [("serve", "waiting"), ("send_on", "voicemail")])
def test_who_hears_the_greeting_at_closing_time(at_closing: str, then: str) -> None:
    one = Office(plan(at_closing=at_closing, greeting_first=True))
    one.wait(HOUR_MS - 2_000)
    caller = one.calls()
    one.wait(3_000)
    assert one.call_state() == "greeting"
    one.hears_to_the_end(caller)
    assert one.call_state() == then


def test_a_clock_that_is_set_past_closing_time_closes() -> None:
    one = waiting(plan(at_closing="send_on"))
    one.do(ClockSet(NOON_UTC_MS - START_MS + HOUR_MS, True))
    assert one.call_state() == "voicemail"


def test_a_plan_that_closes_earlier_closes() -> None:
    one = waiting(plan(at_closing="send_on"))
    one.do(PlanChanged(plan(12 * 60 + 30, at_closing="send_on")))
    assert one.call_state() == "voicemail"
    one = waiting(plan(at_closing="send_on"))
    one.do(PlanChanged(plan()))
    one.wait(HOUR_MS)
    assert one.call_state() == "waiting"
    assert not one.acd.state.deadlines["closing_time"]


def test_while_the_switch_is_away_nobody_is_sent_anywhere() -> None:
    one = waiting(plan(at_closing="send_on"))
    one.do(SwitchLost())
    one.do(ClockSet(NOON_UTC_MS - START_MS + HOUR_MS, True))
    one.wait(5_000)
    assert one.call_state() == "waiting"
    one.do(SwitchBack())
    one.wait(1_000)
    assert one.call_state() == "voicemail"


def test_a_clock_step_during_a_call_changes_none_of_its_times() -> None:
    one = Office(plan(at_closing="send_on"))
    one.sits_down("ana")
    caller = one.calls()
    one.wait(4_000)
    one.lifts("ana")
    one.do(ClockSet(NOON_UTC_MS - START_MS + 5 * HOUR_MS, True))
    one.wait(30_000)
    one.do(ClockSet(NOON_UTC_MS - START_MS, True))
    one.wait(30_000)
    one.ends(caller)
    cdr = one.cdr()
    assert (cdr.wait_ms, cdr.talk_ms, cdr.end_reason) == (4_000, 60_000, "answered") and adds_up(cdr)


@pytest.mark.parametrize(("day", "open_hours"), [("2026-03-29", 2), ("2026-10-25", 4), ("2026-11-22", 3)])
def test_it_closes_at_three_by_the_wall_on_the_days_of_the_clock_change(day: str, open_hours: int) -> None:
    """Between midnight and three o'clock there are two, four or three hours."""
    hours = Hours("Europe/Madrid", (OpenSpan(DAILY, 0, 3 * 60),))
    queue = ventas(hours="diario", at_closing="send_on", on_closed=Destination("voicemail"), max_wait_ms=8 * HOUR_MS)
    one = Office(small_plan(queue, hours={"diario": hours}))
    midnight_ms = int(datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Madrid")).timestamp() * 1000)
    one.do(ClockSet(midnight_ms - one.now_ms, True))
    one.wait(HOUR_MS)
    one.calls()
    one.wait((open_hours - 1) * HOUR_MS - 1)
    assert one.call_state() == "waiting"
    one.wait(1)
    assert one.call_state() == "voicemail"
