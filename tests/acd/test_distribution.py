"""Who is rung for whom: strategies, exclusions with their reasons, misses and retries, the longest waiter first."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from appliance.acd.ids import AgentName, QueueName
from appliance.acd.inputs import AgentPause
from appliance.acd.plan import QueuePlan
from tests.acd.office import Office, small_plan, ventas


def test_longest_idle_rings_who_has_been_without_a_call_for_longest() -> None:
    one = Office(small_plan(ventas(wrap_up_ms=0)))
    one.sits_down("ana")
    one.wait(60_000)
    one.sits_down("bob", "eva")
    one.wait(60_000)
    first = one.calls("600000001")
    assert one.ringing() == ["ana"]
    one.lifts("ana")
    one.wait(30_000)
    one.ends(first)
    second = one.calls("600000002")
    assert one.ringing() == ["bob"], "ana was on a call since"
    decision = one.decisions("ring")[-1]
    assert decision.reason == "longest_idle_then_order"
    assert [(c.agent, c.idle_ms, c.chosen) for c in decision.candidates] == [
        ("ana", 0, False),
        ("bob", 90_000, True),
        ("eva", 90_000, False),
    ]
    one.ends(second)


def test_linear_rings_in_the_queues_order_whoever_waited() -> None:
    one = Office(small_plan(ventas("eva bob ana", strategy="linear")))
    one.sits_down("ana", "bob", "eva")
    one.calls("600000001")
    one.calls("600000002", "trunk", "900")
    assert one.ringing() == ["eva", "bob"]
    assert one.reasons("ring") == ["first_in_order", "first_in_order"]


def test_ring_all_rings_who_becomes_ready_later_too() -> None:
    one = Office(small_plan(ventas(strategy="ring_all")))
    one.sits_down("ana")
    one.calls()
    one.wait(2_000)
    one.sits_down("bob")
    assert one.ringing() == ["ana", "bob"]


def test_the_longest_waiter_goes_first_across_the_queues_of_an_agent() -> None:
    """app_queue `force_longest_waiting_caller=yes`, which is not its default; here always."""
    names = (AgentName("ana"),)
    one = Office(
        small_plan(QueuePlan(QueueName("ventas"), "Ventas", names), QueuePlan(QueueName("soporte"), "Soporte", names))
    )
    first = one.calls("600000001", "trunk", "901")
    one.wait(1_000)
    one.calls("600000002", "trunk", "900")
    one.sits_down("ana")
    assert one.acd.state.agents[AgentName("ana")].call == "oficina-1"
    one.ends(first)
    assert one.acd.state.agents[AgentName("ana")].call == "oficina-2"


def test_a_ring_not_answered_is_a_miss_and_somebody_else_is_rung() -> None:
    one = Office()
    one.sits_down("ana", "bob")
    one.calls()
    one.wait(20_000)
    assert one.ringing() == ["bob"]
    assert one.agent("ana") == "ready"
    assert one.acd.view(one.now_ms).agents[0].missed_in_a_row == 1


def test_too_many_misses_in_a_row_pause_the_agent() -> None:
    one = Office(small_plan(ventas(max_wait_ms=300_000, missed_rings_limit=3)))
    one.sits_down("ana")
    one.calls()
    one.wait(3 * 20_000 + 2 * 2_000)
    assert one.agent("ana") == "not_ready missed"
    assert one.reasons("agent_state") == ["missed_limit"]
    assert one.reasons("none_ready")[-1] == "nobody_free"


def test_an_answered_ring_forgives_the_misses_before() -> None:
    one = Office()
    one.sits_down("ana")
    caller = one.calls()
    one.wait(22_000)
    one.lifts("ana")
    one.ends(caller)
    assert one.acd.view(one.now_ms).agents[0].missed_in_a_row == 0


@pytest.mark.parametrize(
    ("cause", "outcome"), [("rejected", "rejected"), ("busy", "rejected"), ("unreachable", "unreachable")]
)
def test_a_ring_that_fails_leaves_the_agent_alone_for_the_retry_time(cause: str, outcome: str) -> None:
    one = Office()
    one.sits_down("ana")
    caller = one.calls()
    one.ends(one.ringing_leg("ana"), cause)  # type: ignore[arg-type]
    assert one.ringing() == []
    assert one.decisions("none_ready")[-1].candidates[0].excluded == "retry"
    one.wait(1_999)
    assert one.ringing() == []
    one.wait(1)
    assert one.ringing() == ["ana"]
    one.ends(caller)
    assert one.cdr().segments[0].outcome == outcome
    assert one.acd.view(one.now_ms).agents[0].missed_in_a_row == 0


def test_a_station_that_cannot_be_reached_is_tried_less_and_less_often() -> None:
    one = Office()
    one.sits_down("ana")
    one.dead_stations = {"desk-ana"}
    one.calls()
    tried_at = []
    for _ in range(4):
        while not one.ringing():
            one.wait(100)
        tried_at.append(one.now_ms)
        one.ends(one.ringing_leg("ana"), "unreachable")
    assert [b - a for a, b in pairwise(tried_at)] == [2_000, 4_000, 8_000]


@pytest.mark.parametrize(
    ("health", "off_hook", "why"), [("unreachable", False, "unreachable"), ("up", True, "off_hook")]
)
def test_who_is_ready_but_cannot_be_rung_is_left_out_with_the_reason(health: str, off_hook: bool, why: str) -> None:
    one = Office()
    one.sits_down("ana")
    one.station("ana", health, off_hook=off_hook)
    one.calls()
    assert one.ringing() == []
    assert [candidate.excluded for candidate in one.decisions("none_ready")[0].candidates] == [
        why,
        "logged_out",
        "logged_out",
    ]
    one.station("ana", "up")
    assert one.ringing() == ["ana"], "as soon as it can be"


def test_two_who_become_free_in_one_moment_are_both_employed_whomever_the_strategy_prefers() -> None:
    one = Office(small_plan(ventas(strategy="ring_all"), _soporte("ana bob eva")))
    one.sits_down("bob")
    one.wait(1_000)
    one.sits_down("ana", "eva")
    first = one.calls("600000001", "trunk", "900")
    one.calls("600000002", "trunk", "901")
    one.calls("600000003", "trunk", "901")
    one.lifts("eva")
    assert sorted(one.ringing()) == ["ana", "bob"]
    assert one.switch.legs[first].over is False


def test_of_two_who_come_to_want_an_agent_in_one_moment_the_heavier_queues_is_first() -> None:
    """Both waited ten seconds for the second tier, and a lamp is due between them; the first queue has no weight."""
    widens = {"tiers": {AgentName("bob"): 2}, "tier_after_ms": (10_000,)}
    urgent = replace(ventas("ana bob", weight=1, **widens), name=QueueName("urgencias"))
    one = Office(small_plan(ventas("ana bob", **widens), urgent))
    one.sits_down("bob")
    one.calls("600000001", "trunk", "900")
    one.calls("600000002", "trunk", "901")
    one.wait(10_000)
    assert one.ringing() == ["bob"]
    assert one.acd.state.agents[AgentName("bob")].call == "oficina-2"


def _soporte(agents: str) -> QueuePlan:
    return QueuePlan(QueueName("soporte"), "Soporte", tuple(AgentName(name) for name in agents.split()))


def test_a_paused_agent_is_not_rung_and_the_ring_under_way_is_withdrawn() -> None:
    one = Office()
    one.sits_down("ana", "bob")
    one.calls()
    one.do(AgentPause(AgentName("ana"), "cafe"))
    assert one.agent("ana") == "not_ready cafe"
    assert one.ringing() == ["bob"]


def test_why_nobody_is_rung_is_kept_once_a_picture_not_once_an_input() -> None:
    one = Office()
    for number in range(5):
        one.calls(f"60000000{number}", "trunk", "900")
    one.wait(120_000)
    assert one.reasons("none_ready") == ["nobody_free", *["callers_ahead"] * 4]
