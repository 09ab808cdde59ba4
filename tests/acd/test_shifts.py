"""Shifts: who is logged in and given callers when, at their begin, at their end, and after a power cut."""

import pytest
from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.durable import DurableAgent
from appliance.acd.ids import AgentName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    AgentLogout,
    AgentPause,
    ClockSet,
    EndWrapUp,
    Input,
    PlanChanged,
    RestoreDurable,
    SetDisposition,
)
from appliance.acd.plan import Destination, Hours, OpenSpan, Plan, ShiftPlan
from tests.acd.office import NOON_UTC_MS, START_MS, Office, small_plan, ventas

ANA, BOB = AgentName("ana"), AgentName("bob")
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAILY = (0, 1, 2, 3, 4, 5, 6)


def shift(name: str, begin: int, end: int, **changes: object) -> ShiftPlan:
    """From hour to hour of each day; it is noon in Madrid when the office opens."""
    return ShiftPlan(name, Hours("Europe/Madrid", (OpenSpan(DAILY, begin * 60, end * 60),)), **changes)  # type: ignore[arg-type]


def plan(*shifts: ShiftPlan, auto_login: bool = False, **of_queue: object) -> Plan:
    """Ana works in these shifts, bob whenever he likes."""
    small = small_plan(
        ventas("ana bob", **of_queue), time_zone="Europe/Madrid", shifts={one.name: one for one in shifts}
    )
    ana = replace(small.agents[0], shifts=tuple(one.name for one in shifts), auto_login=auto_login)
    return replace(small, agents=(ana, *small.agents[1:]))


def refusal(one: Office) -> str:
    return one.acd.refusal(AgentLogin(ANA, pin="12")) or ""


def test_whoever_has_no_call_is_logged_out_when_the_shift_ends() -> None:
    one = Office(plan(shift("manana", 8, 15)))
    one.sits_down("ana", "bob")
    one.wait(3 * HOUR_MS - 1)
    assert one.agent("ana") == "ready"
    one.wait(1)
    assert (one.agent("ana"), one.agent("bob")) == ("logged_out shift", "ready")
    assert one.reasons("agent_state") == ["shift_over"]
    row = [stored for stored in one.stored if isinstance(stored, e.StoreAgentState)][-1]
    assert (row.agent, row.state, row.reason) == ("ana", "logged_out", "shift")


def test_a_call_and_its_wrap_up_are_finished_first() -> None:
    one = Office(plan(shift("manana", 8, 15)))
    one.sits_down("ana")
    one.wait(3 * HOUR_MS - MINUTE_MS)
    one.calls()
    one.lifts("ana")
    one.wait(5 * MINUTE_MS)
    assert one.agent("ana") == "talking"
    one.do(AgentPause(ANA, "cafe"))
    one.hangs_up("ana")
    assert one.agent("ana") == "wrap_up"
    one.wait(10_000)
    assert one.agent("ana") == "logged_out shift", "a pause asked for during the call does not keep her"
    assert e.StoreWrapUp(one.cdr().call, ANA, 10_000) in one.stored


@pytest.mark.parametrize("instead", ["pause", "log_out", "disposition"])
def test_wrap_up_after_the_shift_ends_in_a_log_out_however_it_ends(instead: str) -> None:
    one = Office(plan(shift("manana", 8, 15), wrap_up_ms=HOUR_MS, wrap_up_ends_with_disposition=True))
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    one.wait(3 * HOUR_MS - MINUTE_MS)
    one.hangs_up("ana")
    one.wait(2 * MINUTE_MS)
    assert one.agent("ana") == "wrap_up"
    commands: dict[str, Input] = {
        "pause": AgentPause(ANA, "cafe"),
        "log_out": AgentLogout(ANA),
        "disposition": SetDisposition(ANA, "x"),
    }
    one.do(commands[instead])
    assert one.agent("ana").startswith("logged_out")


@pytest.mark.parametrize("then", ["lifts", "missed", "pause", "log_out"])
def test_a_phone_that_rings_at_that_moment_rings_on(then: str) -> None:
    one = Office(plan(shift("manana", 8, 15)))
    one.sits_down("ana")
    one.wait(3 * HOUR_MS - 5_000)
    one.calls()
    one.wait(6_000)
    assert one.ringing() == ["ana"]
    if then == "lifts":
        one.lifts("ana")
        one.hangs_up("ana")
        one.do(EndWrapUp(ANA))
    elif then == "missed":
        one.wait(20_000)
    else:
        one.do(AgentPause(ANA, "cafe") if then == "pause" else AgentLogout(ANA))
    assert one.agent("ana").startswith("logged_out")
    assert one.ringing() == []


def test_too_many_missed_rings_at_the_end_of_the_shift_are_no_reason_to_stay() -> None:
    one = Office(plan(shift("manana", 8, 15), missed_rings_limit=1))
    one.sits_down("ana")
    one.wait(3 * HOUR_MS - 5_000)
    one.calls()
    one.wait(20_000)
    assert one.agent("ana") == "logged_out shift"


def test_in_the_grace_after_it_nobody_is_given_callers_and_why_says_so() -> None:
    one = Office(plan(shift("manana", 8, 15, grace_ms=10 * MINUTE_MS), join_empty=("logged_out",)))
    one.sits_down("ana", "bob")
    one.do(AgentPause(BOB, "cafe"))
    one.wait(3 * HOUR_MS)
    assert one.agent("ana") == "ready"
    assert one.acd.view(one.now_ms).agents[0].off_shift
    caller = one.calls()
    assert one.ringing() == []
    (seen, _) = one.decisions("none_ready")[0].candidates
    assert (seen.agent, seen.excluded) == ("ana", "off_shift")
    one.wait(10 * MINUTE_MS)
    assert one.agent("ana") == "logged_out shift"
    one.ends(caller)


def test_who_is_off_shift_counts_as_logged_out_for_empty_queues_and_the_expected_wait() -> None:
    one = Office(
        plan(
            shift("manana", 8, 15, grace_ms=10 * MINUTE_MS),
            join_empty=("logged_out",),
            leave_empty=("logged_out",),
            on_empty=Destination("voicemail"),
            max_wait_ms=HOUR_MS,
        )
    )
    one.sits_down("ana")
    one.wait(3 * HOUR_MS - MINUTE_MS)
    one.do(AgentPause(ANA, "cafe"))
    one.calls()
    assert one.call_state() == "waiting", "she is only paused"
    one.wait(MINUTE_MS)
    assert one.call_state() == "voicemail", "and now her shift is over"
    one.calls("600000002", "trunk")
    assert one.reasons("overflow") == ["empty", "empty"]


@pytest.mark.parametrize("doing", ["ready", "wrap_up"])
def test_in_the_grace_whoever_has_no_caller_counts_as_logged_out(doing: str) -> None:
    grace = shift("manana", 8, 15, grace_ms=10 * MINUTE_MS)
    one = Office(plan(grace, join_empty=("logged_out",), on_empty=Destination("voicemail"), wrap_up_ms=HOUR_MS))
    one.sits_down("ana")
    one.wait(3 * HOUR_MS - MINUTE_MS)
    if doing == "wrap_up":
        one.calls()
        one.lifts("ana")
        one.hangs_up("ana")
    one.wait(MINUTE_MS)
    assert one.agent("ana") == doing
    one.calls("600000002", "trunk")
    assert one.reasons("overflow") == ["empty"]


def test_a_login_outside_the_shift_is_refused_in_both_languages_and_by_telephone() -> None:
    one = Office(plan(shift("tarde", 15, 22)))
    assert refusal(one) == "«ana» está fuera de su turno, que no admite horas extra."
    assert "outside the shift" in (one.acd.refusal(AgentLogin(ANA, pin="12"), "en") or "")
    for code in ("*45", "*45100*12"):
        leg = one.dials("ana", code)
        one.hears_to_the_end(leg)
        assert one.switch.legs[leg].heard == ["es/off_shift"]
    assert one.agent("ana") == "logged_out"
    one.wait(3 * HOUR_MS)
    assert refusal(one) == ""


def test_overtime_is_worked_where_it_is_allowed() -> None:
    one = Office(plan(shift("manana", 8, 15, allow_overtime=True)))
    one.sits_down("ana")
    one.wait(3 * HOUR_MS)
    assert one.agent("ana") == "logged_out shift", "the shift ends all the same"
    one.sits_down("ana")
    one.calls()
    assert one.ringing() == ["ana"]
    one.lifts("ana")
    one.wait(23 * HOUR_MS)
    assert one.agent("ana") == "ready", "into the shift of the next day"
    one.wait(HOUR_MS)
    assert one.agent("ana") == "logged_out shift", "and not beyond its end"


def test_those_who_log_in_by_themselves_do_when_the_shift_begins_and_nobody_else() -> None:
    one = Office(plan(shift("tarde", 15, 22), auto_login=True))
    assert one.agent("ana") == "logged_out", "not from the first start of the box"
    one.wait(3 * HOUR_MS)
    assert (one.agent("ana"), one.agent("bob")) == ("ready", "logged_out")
    one.do(AgentLogout(ANA))
    one.do(ClockSet(NOON_UTC_MS - START_MS + 1_000, True))
    assert one.agent("ana") == "logged_out", "once a shift"
    one.wait(24 * HOUR_MS)
    assert one.agent("ana") == "ready"


def test_in_the_middle_of_the_shift_the_first_start_logs_in_too() -> None:
    one = Office(plan(shift("manana", 8, 15), auto_login=True))
    assert one.agent("ana") == "ready"


def test_from_one_shift_to_the_next_nobody_has_to_leave() -> None:
    one = Office(plan(shift("manana", 8, 15), shift("tarde", 15, 22)))
    one.sits_down("ana")
    one.wait(9 * HOUR_MS)
    assert one.agent("ana") == "ready"
    one.wait(HOUR_MS)
    assert one.agent("ana") == "logged_out shift"


@pytest.mark.parametrize("step_ms", [4 * HOUR_MS, -6 * HOUR_MS])
def test_a_clock_that_is_set_out_of_the_shift_ends_it_and_back_into_it_lets_in(step_ms: int) -> None:
    one = Office(plan(shift("manana", 8, 15)))
    one.sits_down("ana")
    one.do(ClockSet(NOON_UTC_MS - START_MS + step_ms, True))
    assert one.agent("ana") == "logged_out shift"
    one.do(ClockSet(NOON_UTC_MS - START_MS, True))
    one.sits_down("ana")
    one.wait(3 * HOUR_MS)
    assert one.agent("ana") == "logged_out shift"


def test_a_shift_prolonged_in_its_grace_goes_on() -> None:
    one = Office(plan(shift("manana", 8, 15, grace_ms=HOUR_MS)))
    one.sits_down("ana")
    one.wait(3 * HOUR_MS)
    one.calls()
    assert one.ringing() == []
    one.do(PlanChanged(plan(shift("manana", 8, 16))))
    assert one.ringing() == ["ana"]
    one.wait(30 * MINUTE_MS)
    assert one.agent("ana") != "logged_out shift"


def test_a_plan_without_the_shift_lets_everybody_stay() -> None:
    one = Office(plan(shift("manana", 8, 15)))
    one.sits_down("ana")
    one.do(PlanChanged(plan()))
    one.wait(12 * HOUR_MS)
    assert one.agent("ana") == "ready"
    one.do(PlanChanged(plan(shift("manana", 8, 15), auto_login=True)))
    assert one.agent("ana") == "logged_out shift"


def test_a_new_agent_of_a_shift_logs_in_when_it_is_on() -> None:
    both = plan(shift("manana", 8, 15), auto_login=True)
    for begin, state in ((8, "ready"), (13, "logged_out")):
        one = Office(replace(both, agents=both.agents[1:]))
        one.do(PlanChanged(plan(shift("manana", begin, 15), auto_login=True)))
        assert one.agent("ana") == state


@pytest.mark.parametrize(
    ("hours", "overtime", "was", "then"),
    [
        ((8, 15), False, "ready", "ready"),
        ((8, 11), False, "ready", "logged_out shift"),
        ((8, 11), False, "not_ready", "logged_out shift"),
        ((8, 11), True, "ready", "ready"),
    ],
)
def test_after_a_power_cut_the_shift_decides(hours: tuple[int, int], overtime: bool, was: str, then: str) -> None:
    one = Office(plan(shift("manana", *hours, allow_overtime=overtime)))
    since = NOON_UTC_MS - 2 * HOUR_MS
    one.do(RestoreDurable((DurableAgent(ANA, was, StationName("desk-ana"), "", since),)))  # type: ignore[arg-type]
    assert one.agent("ana") == then


@pytest.mark.parametrize(("since_h", "then"), [(1, "logged_out"), (5, "ready"), (26, "ready")])
def test_a_shift_that_began_without_power_logs_in_and_one_somebody_left_does_not(since_h: int, then: str) -> None:
    one = Office(plan(shift("manana", 8, 15), auto_login=True))
    gone = DurableAgent(ANA, "logged_out", None, "", NOON_UTC_MS - since_h * HOUR_MS)
    one.do(RestoreDurable((gone,)))
    assert one.agent("ana") == then


def test_a_shift_that_never_changes_is_looked_at_again_later() -> None:
    one = Office(plan(shift("siempre", 0, 24)))
    one.sits_down("ana")
    one.wait(40 * 24 * HOUR_MS)
    assert one.agent("ana") == "ready"
