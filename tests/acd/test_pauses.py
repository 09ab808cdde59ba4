"""Pauses by reason: which there are, how long and how many at once, and what happens when one is too long."""

from typing import Literal

import pytest
from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.durable import DurableAgent
from appliance.acd.explain import why_agent
from appliance.acd.ids import AgentName, StationName
from appliance.acd.inputs import (
    AgentLogin,
    AgentPause,
    AgentResume,
    ClockSet,
    PlanChanged,
    RestoreDurable,
)
from appliance.acd.plan import PausePlan, Plan
from tests.acd.office import NOON_UTC_MS, START_MS, Office, small_plan, ventas

ANA, BOB, EVA = AgentName("ana"), AgentName("bob"), AgentName("eva")
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS


def plan(**changes: object) -> Plan:
    cafe = PausePlan("cafe", "1", "Café", limit_ms=15 * MINUTE_MS, day_limit_ms=20 * MINUTE_MS)
    return small_plan(
        time_zone="Europe/Madrid",
        pauses=(replace(cafe, **changes), PausePlan("comida", "2"), PausePlan("formacion", "33", at_once_percent=50)),
    )


def office(**changes: object) -> Office:
    one = Office(plan(**changes))
    one.sits_down("ana", "bob", "eva")
    return one


def refusal(one: Office, agent: AgentName, reason: str, language: Literal["es", "en"] = "es") -> str:
    return one.acd.refusal(AgentPause(agent, reason), language, one.now_ms) or ""


def said(one: Office, agent: str, digits: str) -> str:
    leg = one.dials(agent, digits)
    one.hears_to_the_end(leg)
    return one.switch.legs[leg].heard[-1].removeprefix("es/")


def test_a_reason_that_is_not_in_the_plan_is_refused_with_those_that_are() -> None:
    one = office()
    assert "Hay: cafe, comida, formacion." in refusal(one, ANA, "siesta")
    assert "There are: cafe, comida, formacion." in refusal(one, ANA, "siesta", "en")
    assert (said(one, "ana", "*469"), one.agent("ana")) == ("unknown_pause", "ready")
    assert (said(one, "ana", "*4633"), one.agent("ana")) == ("paused", "not_ready formacion")


def test_without_reasons_in_the_plan_there_are_the_usual_ones_and_any_other() -> None:
    one = Office()
    one.sits_down("ana")
    assert [pause.code for pause in one.acd.view(one.now_ms).pauses][:2] == ["cafe", "comida"]
    for reason in ("cafe", "siesta"):
        one.do(AgentPause(ANA, reason))
        assert one.agent("ana") == f"not_ready {reason}"


@pytest.mark.parametrize("reason", ["missed", "shift"])
def test_reasons_of_the_box_cannot_be_chosen(reason: str) -> None:
    assert "lo pone la centralita" in refusal(office(), ANA, reason)


def test_a_pause_one_is_in_cannot_be_begun_again() -> None:
    one = office()
    one.do(AgentPause(ANA, "cafe"))
    assert "ya está en esa pausa" in refusal(one, ANA, "cafe")
    one.wait(MINUTE_MS)
    one.do(AgentPause(ANA, "cafe"))
    assert one.acd.view(one.now_ms).agents[0].since_ms == MINUTE_MS


def test_as_many_at_once_as_may_be_those_who_asked_during_a_call_too() -> None:
    one = office(at_once=2)
    one.do(AgentPause(BOB, "cafe"))
    one.calls()
    one.lifts("ana")
    one.do(AgentPause(ANA, "cafe"))
    assert "ana, bob" in refusal(one, EVA, "cafe")
    assert said(one, "eva", "*461") == "pause_full"
    assert one.agent("eva") == "ready"
    one.do(AgentResume(BOB))
    assert refusal(one, EVA, "cafe") == ""


def test_half_of_those_who_are_there_and_one_at_least() -> None:
    one = office()
    one.do(AgentPause(ANA, "formacion"))
    assert "ana" in refusal(one, BOB, "formacion"), "half of three is one"
    one = Office(plan())
    one.sits_down("ana")
    assert refusal(one, ANA, "formacion") == ""


def test_too_long_is_told_once_and_the_agent_stays_paused() -> None:
    one = office()
    one.do(AgentPause(ANA, "cafe"))
    one.wait(15 * MINUTE_MS - 1)
    assert not one.acd.view(one.now_ms).agents[0].over_limit
    one.wait(HOUR_MS)
    assert one.acd.view(one.now_ms).agents[0].over_limit
    assert (one.agent("ana"), one.reasons("agent_state")) == ("not_ready cafe", ["pause_over"])
    assert why_agent(one.decisions(), ANA, "es") == "La pausa de ana pasó del tiempo que permite su motivo."
    one.do(AgentResume(ANA))
    assert not one.acd.view(one.now_ms).agents[0].over_limit


@pytest.mark.parametrize(
    ("health", "off_hook", "then", "why"),
    [
        ("up", False, "ready", "pause_over_resumed"),
        ("up", True, "logged_out", "pause_over_logged_out"),
        ("unreachable", False, "logged_out", "pause_over_logged_out"),
    ],
)
def test_too_long_makes_ready_again_where_the_phone_can_ring(health: str, off_hook: bool, then: str, why: str) -> None:
    one = office(when_over="resume")
    one.do(AgentPause(ANA, "cafe"))
    one.station("ana", health, off_hook=off_hook)
    one.wait(15 * MINUTE_MS)
    assert (one.agent("ana"), one.reasons("agent_state")) == (then, [why])


def test_all_the_pauses_of_a_day_count_together() -> None:
    one = office(when_over="resume")
    one.do(AgentPause(ANA, "cafe"))
    one.wait(12 * MINUTE_MS)
    one.do(AgentPause(ANA, "comida"))
    one.wait(HOUR_MS)
    one.do(AgentPause(ANA, "cafe"))
    one.wait(8 * MINUTE_MS - 1)
    assert one.agent("ana") == "not_ready cafe"
    one.wait(1)
    assert one.agent("ana") == "ready", "twelve and eight are the day's twenty"
    assert "todo el tiempo de esa pausa (20 min)" in refusal(one, ANA, "cafe")
    assert said(one, "ana", "*461") == "pause_used_up"
    assert refusal(one, BOB, "cafe") == ""
    one.wait(12 * HOUR_MS)
    assert refusal(one, ANA, "cafe") == "", "another day"


def test_a_pause_over_midnight_counts_for_each_day_what_was_of_it() -> None:
    one = office(limit_ms=0, when_over="resume")
    one.wait(12 * HOUR_MS - 5 * MINUTE_MS)  # noon in Madrid at first
    one.do(AgentPause(ANA, "cafe"))
    one.wait(20 * MINUTE_MS)
    assert one.agent("ana") == "not_ready cafe", "fifteen of them are today's"
    one.wait(5 * MINUTE_MS)
    assert one.agent("ana") == "ready"


def test_the_limit_follows_the_plan_while_the_pause_goes_on() -> None:
    one = office()
    one.do(AgentPause(ANA, "cafe"))
    one.wait(MINUTE_MS)
    one.do(PlanChanged(plan(limit_ms=2 * MINUTE_MS)))
    one.wait(MINUTE_MS)
    assert one.reasons("agent_state") == ["pause_over"]
    one.do(AgentResume(ANA))
    one.do(AgentPause(ANA, "cafe"))
    one.do(PlanChanged(replace(plan(), pauses=())))
    one.wait(HOUR_MS)
    assert one.reasons("agent_state") == ["pause_over"], "it has no limit any more"


@pytest.mark.parametrize(("since_ms", "left_min"), [(10 * MINUTE_MS, 5), (HOUR_MS, 0), (-HOUR_MS, 15)])
def test_a_pause_counts_over_a_power_cut_unless_the_clock_makes_no_sense(since_ms: int, left_min: int) -> None:
    one = Office(plan())
    paused = DurableAgent(ANA, "not_ready", StationName("desk-ana"), "cafe", NOON_UTC_MS - since_ms)
    one.do(RestoreDurable((paused,)))
    assert one.agent("ana") == "not_ready cafe"
    one.wait(max(0, left_min * MINUTE_MS - 1))
    assert one.reasons("agent_state") == [] or left_min == 0
    one.wait(1)
    assert one.reasons("agent_state") == ["pause_over"]


def test_clock_steps_do_not_make_a_pause_longer_or_shorter() -> None:
    one = office()
    one.do(AgentPause(ANA, "cafe"))
    for step_ms in (HOUR_MS, -2 * HOUR_MS):
        one.do(ClockSet(NOON_UTC_MS - START_MS + step_ms, True))
    one.wait(15 * MINUTE_MS - 1)
    assert one.reasons("agent_state") == []
    one.wait(1)
    assert one.reasons("agent_state") == ["pause_over"]


def test_a_queues_missed_limit_is_no_pause_with_a_limit() -> None:
    one = Office(replace(plan(), queues=(ventas("ana", missed_rings_limit=1),)))
    one.sits_down("ana")
    one.calls()
    one.wait(21_000)
    assert one.agent("ana") == "not_ready missed"
    one.wait(HOUR_MS)
    assert one.agent("ana") == "not_ready missed"


def test_pauses_are_in_the_history_as_they_were() -> None:
    one = office(when_over="resume")
    one.do(AgentPause(ANA, "cafe"))
    one.wait(HOUR_MS)
    rows = [stored for stored in one.stored if isinstance(stored, e.StoreAgentState) and stored.agent == ANA]
    assert [(row.state, row.reason) for row in rows] == [("ready", ""), ("not_ready", "cafe"), ("ready", "")]
    assert rows[-1].previous_ms == 15 * MINUTE_MS
    one.do(AgentLogin(ANA, pin="12"))
