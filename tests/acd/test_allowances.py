"""The minutes of a line's contract: how calls count, when they begin anew, what a restart and a power cut leave."""

import random
from datetime import date, timedelta

import pytest

from appliance.acd.acd import Acd
from appliance.acd.allowances import counted_ms
from appliance.acd.durable import DurableLine
from appliance.acd.ids import AgentName, LegId, LineName, QueueName
from appliance.acd.inputs import AgentLogout, ClockSet, LineChanged, PlanChanged, RestoreDurable
from appliance.acd.line_effects import StoreLineUse
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.plan import Destination, LinePlan
from appliance.billing.rating import billed_seconds
from tests.acd.office import NOON_UTC_MS, Office, small_plan, ventas

GSM, TRUNK = LineName("gsm"), LineName("trunk")
NUMBER = "600111222"
DAY_MS = 86_400_000


def office(first_s: int = 60, next_s: int = 60, on_day: int = 1, **changes: object) -> Office:
    """Ana at her desk; one line that dials, with 300 minutes a month for the country's numbers that are not 80…."""
    covers = {"": True, "00": False, "80": False}
    allowance = AllowancePlan(18_000_000, on_day, covers, first_s * 1000, next_s * 1000)
    lines = (
        LinePlan(GSM, "both", QueueName("ventas"), allowance=allowance),
        LinePlan(TRUNK, "in", QueueName("ventas")),
    )
    spain: dict[str, object] = {"country_code": "34", "national_digits": 9, "time_zone": "Europe/Madrid"}
    one = Office(small_plan(ventas("ana", **changes), lines=lines, emergency=("112",), **spain))  # type: ignore[arg-type]
    for each in lines:
        one.do(LineChanged(each.name, "up"))
    one.sits_down("ana")
    return one


def calls(one: Office, ms: int, number: str = NUMBER, *, over: bool = True) -> LegId:
    """Ana talks for so long with this number."""
    one.dials("ana", number)
    leg = next(leg.leg for leg in one.switch.up() if leg.state == "dialling")
    for said in one.switch.far_end(leg, "answers"):
        one.do(said)
    one.wait(ms)
    if over:
        one.ends(leg)
    return leg


def used_ms(one: Office) -> int:
    return next(line for line in one.acd.view(one.now_ms).lines if line.line == GSM).used_ms


def stored(one: Office) -> list[tuple[str, int]]:
    """(since, ms) each time it was made durable."""
    return [(use.since_day, use.used_ms) for use in one.stored if isinstance(use, StoreLineUse) and use.line == GSM]


@pytest.mark.parametrize(
    ("first_s", "next_s", "talked_ms", "minutes_ms"),
    [
        (60, 60, 1, 60_000),
        (60, 60, 60_000, 60_000),
        (60, 60, 60_001, 120_000),
        (60, 1, 61_500, 62_000),
        (1, 1, 1_500, 2_000),
        (30, 6, 37_000, 42_000),
    ],
)
def test_a_call_counts_in_the_steps_of_the_contract(first_s: int, next_s: int, talked_ms: int, minutes_ms: int) -> None:
    one = office(first_s, next_s)
    calls(one, talked_ms)
    assert used_ms(one) == minutes_ms
    assert stored(one)[-1] == ("2026-11-01", minutes_ms)


def test_the_steps_are_those_calls_are_charged_by() -> None:
    rng = random.Random(17)
    for _ in range(2_000):
        first_s, next_s, ms = rng.randint(1, 120), rng.randint(1, 120), rng.randint(1, 400_000)
        plan = AllowancePlan(first_increment_ms=first_s * 1000, next_increment_ms=next_s * 1000)
        assert counted_ms(plan, ms) == 1000 * billed_seconds(ms, first_s, next_s)


@pytest.mark.parametrize("number", ["112", "803111222", "+441214960000"])
def test_what_the_contract_does_not_include_uses_none_of_it(number: str) -> None:
    one = office()
    calls(one, 90_000, number)
    assert used_ms(one) == 0 and stored(one) == []


def test_callers_use_nothing_and_those_sent_outside_do() -> None:
    one = office(exit_keys={"4": Destination("number", number=NUMBER)})
    one.calls(line="gsm")
    one.lifts("ana")
    one.wait(60_000)
    one.hangs_up("ana")
    assert used_ms(one) == 0
    one = office(join_empty=("logged_out",), on_empty=Destination("number", number=NUMBER))
    one.do(AgentLogout(AgentName("ana")))
    caller = one.calls(line="trunk")
    leg = next(leg.leg for leg in one.switch.up() if leg.state == "dialling")
    for said in one.switch.far_end(leg, "answers"):
        one.do(said)
    one.wait(61_000)
    assert used_ms(one) == 120_000, "the call that is up is in it"
    one.ends(caller)
    assert used_ms(one) == 120_000 and stored(one)[-1][1] == 120_000


def test_who_is_not_reached_uses_nothing() -> None:
    one = office()
    one.dials("ana", NUMBER)
    one.ends(next(leg.leg for leg in one.switch.up() if leg.state == "dialling"), "busy")
    assert used_ms(one) == 0 and stored(one) == []


def test_a_heartbeat_makes_durable_what_a_power_cut_would_leave() -> None:
    one = office()
    calls(one, 65_000, over=False)
    assert stored(one) == [("2026-11-01", 60_000), ("2026-11-01", 60_000)], "at 28 and 56 s"
    one.wait(30_000)
    after = Office(one.acd.plan)
    after.do(RestoreDurable(lines=(DurableLine(GSM, *stored(one)[-1]), DurableLine(LineName("gone"), "", 1))))
    assert used_ms(after) == 120_000
    after.do(LineChanged(GSM, "up"))
    after.sits_down("ana")
    calls(after, 10_000)
    assert used_ms(after) == 180_000


def test_what_was_used_outlives_the_process_and_an_edit() -> None:
    one = office()
    calls(one, 61_000)
    one.acd = Acd.from_snapshot(one.acd.snapshot())
    one.do(PlanChanged(small_plan(ventas("ana"), lines=one.acd.plan.lines)))
    assert used_ms(one) == 120_000


def test_a_line_that_leaves_the_plan_in_the_middle_of_a_call_counts_no_more() -> None:
    one = office()
    leg = calls(one, 5_000, over=False)
    one.do(PlanChanged(small_plan(ventas("ana"), lines=(LinePlan(TRUNK, "in", QueueName("ventas")),))))
    one.wait(30_000)
    one.ends(leg)
    assert one.cdr().talk_ms == 35_000 and stored(one) == []


def at(one: Office, day: str, hour_utc: int = 12) -> None:
    utc_ms = (date.fromisoformat(day) - date(1970, 1, 1)).days * DAY_MS + hour_utc * 3_600_000
    one.do(ClockSet(utc_ms - one.now_ms, True))


@pytest.mark.parametrize(
    ("on_day", "before", "after"),
    [
        (1, ("2026-11-30", 22), ("2026-11-30", 23)),  # midnight in Madrid
        (15, ("2026-11-14", 12), ("2026-11-15", 12)),
        (31, ("2026-11-29", 12), ("2026-11-30", 12)),  # the last day of a shorter month
        (30, ("2027-02-27", 12), ("2027-02-28", 12)),
        (29, ("2028-02-28", 12), ("2028-02-29", 12)),
        (31, ("2026-12-30", 12), ("2026-12-31", 12)),
    ],
)
def test_minutes_begin_anew_on_the_day_of_the_plan_where_the_box_is(
    on_day: int, before: tuple[str, int], after: tuple[str, int]
) -> None:
    one = office(on_day=on_day)
    at(one, *before)
    calls(one, 1_000)
    assert used_ms(one) == 60_000
    at(one, *after)
    assert used_ms(one) == 0
    calls(one, 61_000)
    assert used_ms(one) == 120_000
    assert stored(one)[-1][0] == str(date.fromisoformat(after[0]) + timedelta(after[1] == 23))


def test_a_clock_that_goes_back_gives_no_minutes_again() -> None:
    one = office()
    at(one, "2026-12-02")
    calls(one, 1_000)
    at(one, "2026-11-20")
    assert used_ms(one) == 60_000
    calls(one, 1_000)
    assert used_ms(one) == 120_000
    at(one, "2027-01-01")
    assert used_ms(one) == 0


def test_until_the_clock_is_told_there_is_no_new_month() -> None:
    box = Acd(office().acd.plan)
    box.handle(RestoreDurable(lines=(DurableLine(GSM, "2026-10-01", 60_000),)), 5)
    assert box.view(5).lines[0].used_ms == 60_000
    box.handle(ClockSet(NOON_UTC_MS, True), 6)
    assert (box.view(6).lines[0].used_ms, box.view(6).lines[0].used_since) == (0, "2026-11-01")


def test_a_clock_at_the_end_of_time_stops_nothing() -> None:
    one = office(on_day=31)
    one.do(ClockSet(2**53, True))
    calls(one, 1_000)
    assert used_ms(one) == 60_000


OTHER = LineName("gsm2")


def sharing(plan: AllowancePlan) -> Office:
    """Ana at her desk, and two lines of one contract; calls go out on the first that has most minutes left."""
    lines = tuple(LinePlan(name, "both", QueueName("ventas"), allowance=plan, costs={"": 9}) for name in (GSM, OTHER))
    spain: dict[str, object] = {"country_code": "34", "national_digits": 9, "time_zone": "Europe/Madrid"}
    one = Office(small_plan(ventas("ana"), lines=lines, **spain))  # type: ignore[arg-type]
    for each in lines:
        one.do(LineChanged(each.name, "up"))
    one.do(ClockSet(NOON_UTC_MS, True))
    one.sits_down("ana")
    return one


def looked_at(one: Office) -> dict[str, tuple[int, int]]:
    """By line: minutes left and what one costs, as the last choice saw them."""
    return {seen.line: (seen.left_ms, seen.cost_micros) for seen in one.decisions("dial")[-1].lines}


def test_lines_of_one_contract_share_its_minutes() -> None:
    one = sharing(AllowancePlan(180_000, covers={"": True}, pool="empresa"))
    calls(one, 61_000)
    assert [line.used_ms for line in one.acd.view(one.now_ms).lines] == [120_000, 120_000]
    calls(one, 61_000)
    assert looked_at(one) == {GSM: (60_000, 0), OTHER: (60_000, 0)}
    calls(one, 1_000)
    assert looked_at(one) == {GSM: (0, 9), OTHER: (0, 9)}


def test_lines_of_contracts_of_their_own_share_nothing() -> None:
    one = sharing(AllowancePlan(180_000, covers={"": True}))
    calls(one, 61_000)
    calls(one, 1_000)
    assert looked_at(one) == {GSM: (60_000, 0), OTHER: (180_000, 0)}


@pytest.mark.parametrize(
    ("ends_on", "left"), [("2026-11-21", (-1, 9)), ("2026-11-22", (180_000, 0)), ("", (180_000, 0))]
)
def test_a_contract_that_is_over_includes_no_minutes(ends_on: str, left: tuple[int, int]) -> None:
    one = sharing(AllowancePlan(180_000, covers={"": True}, ends_on=ends_on))
    calls(one, 1_000)
    assert looked_at(one)[GSM] == left
