"""Pauses the calendar begins and ends: at the local time, once a day, whatever the clock does."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from appliance.acd.acd import Acd
from appliance.acd.durable import DurableAgent
from appliance.acd.ids import AgentName, StationName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    AgentResume,
    ClockSet,
    DaemonStarted,
    PlanChanged,
    RestoreDurable,
    SwitchBack,
    SwitchLost,
)
from appliance.acd.plan import Hours, OpenSpan, PausePlan, Plan, ShiftPlan
from tests.acd.office import NOON_UTC_MS, Office, small_plan, ventas

ANA, BOB = AgentName("ana"), AgentName("bob")
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAILY = (0, 1, 2, 3, 4, 5, 6)


def plan(*at: str, minutes: int = 30, zone: str = "Europe/Madrid", **changes: object) -> Plan:
    """Ana and bob have lunch at these times."""
    times = tuple(int(text[:2]) * 60 + int(text[3:]) for text in at)
    lunch = PausePlan("comida", "2", "Comida", minutes * MINUTE_MS, at_minutes=times, at_weekdays=DAILY)
    lunch = replace(lunch, **{"at_agents": (ANA, BOB), **changes})
    return small_plan(ventas(wrap_up_ms=10_000), time_zone=zone, pauses=(lunch, PausePlan("cafe", "1")))


def utc_ms(local: str, zone: str = "Europe/Madrid", *, fold: int = 0) -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def office(made: Plan, at_utc_ms: int = NOON_UTC_MS) -> Office:
    one = Office(made)
    clock(one, at_utc_ms)
    one.sits_down("ana", "bob", "eva")
    return one


def clock(one: Office, at_utc_ms: int) -> None:
    one.do(ClockSet(at_utc_ms - one.now_ms, True))


def pauses(one: Office, agent: str = "ana") -> list[int]:
    """When the calendar paused the agent, UTC ms."""
    rows = [stored for stored in one.stored if getattr(stored, "reason", "") == "comida"]
    return [row.at_utc_ms for row in rows if getattr(row, "agent", "") == agent]  # type: ignore[union-attr]


def test_who_is_ready_is_paused_at_the_time_and_ready_again_when_it_ends() -> None:
    one = office(plan("14:00"))
    one.wait(2 * HOUR_MS - 1)
    assert one.agent("ana") == "ready"
    one.wait(1)
    assert [one.agent(name) for name in ("ana", "bob", "eva")] == ["not_ready comida", "not_ready comida", "ready"]
    one.wait(30 * MINUTE_MS - 1)
    assert one.agent("ana") == "not_ready comida"
    one.wait(1)
    assert one.agent("ana") == "ready"
    assert one.reasons("agent_state") == [], "nothing was too long"
    one.wait(24 * HOUR_MS)
    assert len(pauses(one)) == 2


def test_a_call_and_its_wrap_up_come_first_and_the_whole_pause_after_them() -> None:
    one = office(plan("14:00"))
    one.wait(2 * HOUR_MS - MINUTE_MS)
    one.calls()
    one.lifts("ana")
    one.wait(10 * MINUTE_MS)
    assert one.agent("ana") == "talking"
    one.hangs_up("ana")
    one.wait(9_999)
    assert one.agent("ana") == "wrap_up"
    one.wait(1)
    assert one.agent("ana") == "not_ready comida"
    one.wait(30 * MINUTE_MS - 1)
    assert one.agent("ana") == "not_ready comida"
    one.wait(1)
    assert one.agent("ana") == "ready"


def test_a_phone_that_rings_at_that_moment_rings_on_and_the_pause_comes_after() -> None:
    one = office(plan("14:00", at_agents=(ANA,)))
    one.wait(2 * HOUR_MS - 5_000)
    one.calls()
    one.wait(10_000)
    assert one.ringing() == ["ana"]
    one.wait(10_000)
    assert one.agent("ana") == "not_ready comida"
    assert one.ringing() == ["bob"]


def test_who_is_paused_already_gone_or_about_to_go_is_left_alone() -> None:
    one = office(plan("14:00"))
    one.do(AgentPause(ANA, "cafe"))
    one.do(AgentLogout(AgentName("eva")))
    one.calls()
    one.lifts("bob")
    one.do(AgentLogout(BOB))
    one.wait(2 * HOUR_MS)
    assert (one.agent("ana"), one.agent("eva")) == ("not_ready cafe", "logged_out")
    one.hangs_up("bob")
    one.wait(10_000)
    assert one.agent("bob") == "logged_out"
    one.wait(HOUR_MS)
    assert one.agent("ana") == "not_ready cafe", "it is not the calendar's to end"


def test_an_agent_who_goes_on_working_does_and_one_may_refuse_it_before_it_comes() -> None:
    one = office(plan("14:00"))
    one.calls()
    one.lifts("ana")
    one.wait(2 * HOUR_MS)
    one.do(AgentResume(ANA))
    one.do(AgentResume(BOB))
    assert one.agent("bob") == "ready"
    one.hangs_up("ana")
    one.wait(HOUR_MS)
    assert (one.agent("ana"), one.agent("bob")) == ("ready", "ready")


def test_only_on_its_days() -> None:
    one = office(plan("14:00", at_weekdays=(2,)))  # it is Sunday
    one.wait(7 * 24 * HOUR_MS)
    assert pauses(one) == [utc_ms("2026-11-25T14:00")]


@pytest.mark.parametrize(
    ("zone", "begin", "at", "happens"),
    [
        ("Europe/Madrid", "2026-03-28T12:00", "02:30", ["2026-03-29T03:00", "2026-03-30T02:30"]),
        ("Europe/Madrid", "2026-03-28T12:00", "03:00", ["2026-03-29T03:00", "2026-03-30T03:00"]),
        ("Europe/Madrid", "2026-10-24T12:00", "02:30", ["2026-10-25T02:30", "2026-10-26T02:30"]),
        ("America/Santiago", "2026-09-05T12:00", "00:30", ["2026-09-06T01:00", "2026-09-07T00:30"]),
        ("America/Santiago", "2026-04-04T12:00", "23:30", ["2026-04-04T23:30", "2026-04-05T23:30"]),
        ("Australia/Lord_Howe", "2026-10-03T12:00", "02:15", ["2026-10-04T02:30", "2026-10-05T02:15"]),
        ("Australia/Lord_Howe", "2026-04-04T12:00", "01:45", ["2026-04-05T01:45", "2026-04-06T01:45"]),
        ("America/Bogota", "2026-03-28T12:00", "02:30", ["2026-03-29T02:30", "2026-03-30T02:30"]),
        ("Asia/Kathmandu", "2026-03-28T12:00", "02:30", ["2026-03-29T02:30", "2026-03-30T02:30"]),
    ],
)
def test_a_time_that_is_skipped_is_the_next_there_is_and_one_that_is_repeated_comes_once(
    zone: str, begin: str, at: str, happens: list[str]
) -> None:
    one = office(plan(at, zone=zone), utc_ms(begin, zone))
    one.wait(48 * HOUR_MS - MINUTE_MS)
    assert pauses(one) == [utc_ms(local, zone) for local in happens]


def test_a_clock_that_steps_over_the_time_brings_the_pause_and_one_that_steps_back_not_another() -> None:
    one = office(plan("14:00"))
    clock(one, utc_ms("2026-11-22T14:10"))
    one.wait(0)
    assert one.agent("ana") == "not_ready comida"
    one.wait(30 * MINUTE_MS)
    clock(one, utc_ms("2026-11-22T13:50"))
    one.wait(20 * MINUTE_MS)
    assert one.agent("ana") == "ready" and len(pauses(one)) == 1
    one.wait(24 * HOUR_MS)
    assert len(pauses(one)) == 2


def test_a_clock_that_steps_over_all_of_it_does_not_bring_it() -> None:
    one = office(plan("14:00"))
    clock(one, utc_ms("2026-11-22T14:31"))
    assert pauses(one) == []


def test_a_clock_that_was_wrong_by_years_does_not_do_away_with_pauses() -> None:
    one = office(plan("14:00"), utc_ms("2031-01-01T13:59"))
    one.wait(HOUR_MS)
    clock(one, utc_ms("2026-11-22T13:59"))
    one.wait(HOUR_MS)
    assert len(pauses(one)) == 2


def test_one_at_midnight_comes_once_though_the_clock_goes_back_over_it() -> None:
    one = office(plan("00:00"), utc_ms("2026-11-22T23:59"))
    one.wait(2 * MINUTE_MS)
    clock(one, utc_ms("2026-11-22T23:58"))
    one.wait(HOUR_MS)
    assert len(pauses(one)) == 1


def test_a_box_that_starts_in_the_middle_of_it_begins_it_tomorrow() -> None:
    one = Office(plan("11:45"))
    one.sits_down("ana")
    one.wait(23 * HOUR_MS)
    assert pauses(one) == []
    one.wait(HOUR_MS)
    assert pauses(one) == [utc_ms("2026-11-23T11:45")]


@pytest.mark.parametrize(
    ("reason", "since", "left_min"), [("comida", "11:45", 15), ("comida", "11:20", 0), ("comida", "09:00", None)]
)
def test_after_a_power_cut_it_ends_when_it_would_have(reason: str, since: str, left_min: int | None) -> None:
    one = Office(plan("11:45", "11:15"))
    paused = DurableAgent(ANA, "not_ready", StationName("desk-ana"), reason, utc_ms(f"2026-11-22T{since}"))
    one.do(RestoreDurable((paused,)))
    one.wait(0 if not left_min else left_min * MINUTE_MS - 1)
    assert one.agent("ana") == "not_ready comida" or left_min == 0
    one.wait(1)
    assert one.agent("ana") == ("not_ready comida" if left_min is None else "ready")
    assert one.reasons("agent_state") == (["pause_over"] if left_min is None else [])


def test_a_pause_of_anothers_is_nobodys_calendar() -> None:
    one = Office(plan("11:45", at_agents=(BOB,)))
    paused = DurableAgent(ANA, "not_ready", StationName("desk-ana"), "comida", utc_ms("2026-11-22T11:50"))
    one.do(RestoreDurable((paused,)))
    one.wait(HOUR_MS)
    assert one.agent("ana") == "not_ready comida", "hers is told and not ended"


def test_a_new_plan_brings_no_pause_whose_time_has_passed_and_takes_none_away() -> None:
    one = office(plan("14:00"))
    one.wait(2 * HOUR_MS + 5 * MINUTE_MS)
    assert one.agent("ana") == "not_ready comida"
    one.do(AgentResume(BOB))
    one.do(PlanChanged(plan("14:01", "15:00")))
    assert (one.agent("ana"), one.agent("bob")) == ("not_ready comida", "ready")
    one.wait(25 * MINUTE_MS)
    assert one.agent("ana") == "ready"
    one.do(PlanChanged(plan()))
    one.wait(24 * HOUR_MS)
    assert len(pauses(one)) == 1
    assert not one.acd.state.pauses_done


def test_a_plan_that_forgets_how_long_it_lasts_leaves_it_to_the_agent() -> None:
    one = office(plan("14:00"))
    one.wait(2 * HOUR_MS)
    one.do(PlanChanged(plan(minutes=0)))
    one.wait(HOUR_MS)
    assert one.agent("ana") == "not_ready comida"


def test_a_pause_waits_for_the_switch_to_be_back_and_not_for_ever() -> None:
    one = office(plan("14:00", minutes=1))
    one.wait(2 * HOUR_MS - 1_000)
    one.do(SwitchLost())
    one.wait(2_000)
    assert one.agent("ana") == "ready"
    one.do(SwitchBack())
    one.wait(1_000)
    assert one.agent("ana") == "not_ready comida"
    one = office(plan("14:00", minutes=1))
    one.wait(2 * HOUR_MS - 1_000)
    one.do(SwitchLost())
    one.wait(2 * MINUTE_MS)
    one.do(SwitchBack())
    one.wait(MINUTE_MS)
    assert pauses(one) == []


def test_who_is_off_shift_is_not_paused() -> None:
    made = plan("14:00")
    hours = Hours("Europe/Madrid", (OpenSpan(DAILY, 8 * 60, 13 * 60 + 59),))
    ana = replace(made.agents[0], shifts=("manana",))
    shifts = {"manana": ShiftPlan("manana", hours, grace_ms=HOUR_MS)}
    one = office(replace(made, agents=(ana, *made.agents[1:]), shifts=shifts))
    one.wait(2 * HOUR_MS)
    assert (one.agent("ana"), one.agent("bob")) == ("ready", "not_ready comida")


def test_before_the_clock_is_known_there_is_no_calendar() -> None:
    acd = Acd(plan("00:00"))
    acd.handle(DaemonStarted(1), 1_000)
    acd.handle(PlanChanged(plan("00:01")), 2_000)
    assert acd.next_deadline() is None
    acd.handle(ClockSet(NOON_UTC_MS, True), 3_000)
    assert list(acd.state.deadlines["scheduled_pause"]) == ["comida@1"]


@pytest.mark.parametrize("absurd_ms", [-(1 << 60), -1, 0, 1 << 53])
def test_a_clock_that_is_absurdly_wrong_schedules_what_it_can_and_harms_nobody(absurd_ms: int) -> None:
    one = office(plan("14:00"))
    one.do(AgentPause(BOB, "comida"))
    clock(one, absurd_ms)
    one.do(AgentResume(BOB))
    clock(one, NOON_UTC_MS)
    one.wait(2 * HOUR_MS)
    assert (one.agent("ana"), pauses(one)) == ("not_ready comida", [utc_ms("2026-11-22T14:00")])
