"""Each strategy: whom it rings, what it remembers, and the reason it gives. The peers' documented rules are named."""

from collections import Counter
from typing import get_args

import pytest

from appliance.acd.acd import Acd
from appliance.acd.effects import Decision
from appliance.acd.explain import why_call
from appliance.acd.explain_words import WHY_RUNG
from appliance.acd.ids import AgentName
from appliance.acd.plan import Language, Plan, Strategy
from tests.acd.office import Office, small_plan, ventas


def office(strategy: str, agents: str = "ana bob eva", **changes: object) -> Office:
    """Everybody there, and back to work at once after a call."""
    one = Office(small_plan(ventas(agents, strategy=strategy, **{"wrap_up_ms": 0, **changes})))
    one.sits_down("ana", "bob", "eva")
    return one


def rung(one: Office) -> str:
    """Who is rung for a new call, which is then given up."""
    caller = one.calls(line="trunk")
    (agent,) = one.ringing()
    one.ends(caller)
    return agent


def served(one: Office, talk_ms: int) -> str:
    """Who answers a new call and talks so long."""
    caller = one.calls(line="trunk")
    (agent,) = one.ringing()
    one.lifts(agent)
    one.wait(talk_ms)
    one.ends(caller)
    return agent


def last_ring(one: Office) -> Decision:
    return one.decisions("ring")[-1]


def test_round_robin_goes_on_after_the_one_rung_last() -> None:
    """Asterisk 22 queues.conf, `rrmemory`: "round robin with memory, remember where we left off last ring pass"."""
    one = office("round_robin")
    assert [rung(one) for _ in range(5)] == ["ana", "bob", "eva", "ana", "bob"]
    assert last_ring(one).reason == "next_in_turn"


def test_round_robin_passes_over_who_is_busy_and_comes_back_to_them() -> None:
    one = office("round_robin")
    talk = one.calls(line="trunk")
    one.lifts("ana")
    assert [rung(one), rung(one), rung(one)] == ["bob", "eva", "bob"]
    one.ends(talk)
    assert [rung(one), rung(one)] == ["eva", "ana"]


def test_round_robin_remembers_over_a_death_of_the_acd() -> None:
    one = office("round_robin")
    assert [rung(one), rung(one)] == ["ana", "bob"]
    one.acd = Acd.from_snapshot(one.acd.snapshot())
    assert rung(one) == "eva"


def test_round_robin_counts_a_turn_that_nobody_else_could_have_taken() -> None:
    one = office("round_robin")
    one.station("bob", "unreachable")
    one.station("eva", "unreachable")
    assert rung(one) == "ana"
    one.station("bob", "up")
    one.station("eva", "up")
    assert rung(one) == "bob"


def test_fewest_calls_counts_the_day() -> None:
    """Asterisk 22 queues.conf, `fewestcalls`: "ring the one with fewest completed calls"; here the local day's."""
    one = office("fewest_calls")
    assert [served(one, 30_000), served(one, 10_000), served(one, 10_000)] == ["ana", "bob", "eva"]
    assert served(one, 10_000) == "ana", "all have one, and ana is idle for longest"
    assert served(one, 10_000) == "bob"
    decision = last_ring(one)
    assert decision.reason == "fewest_calls_then_idle"
    assert [(seen.agent, seen.measure) for seen in decision.candidates] == [("ana", 2), ("bob", 1), ("eva", 1)]
    one.wait(24 * 3600 * 1000)
    assert rung(one) == "eva", "a new day: everybody has none, and she is idle for longest"


def test_least_talk_time_counts_holds_and_the_day() -> None:
    """FreeSWITCH mod_callcenter, `agent-with-least-talk-time`."""
    one = office("least_talk_time")
    assert [served(one, 60_000), served(one, 30_000)] == ["ana", "bob"]
    caller = one.calls(line="trunk")
    one.lifts("eva")
    one.wait(20_000)
    one.holds("eva")
    one.wait(20_000)
    one.ends(caller)
    assert rung(one) == "bob"
    decision = last_ring(one)
    assert decision.reason == "least_talk_time"
    assert [seen.measure for seen in decision.candidates] == [60_000, 30_000, 40_000]
    one.wait(24 * 3600 * 1000)
    assert rung(one) == "ana"


def test_random_draws_alike_in_the_long_run_and_the_same_after_a_restart() -> None:
    one = office("random")
    snapshot = one.acd.snapshot()
    drawn = [rung(one) for _ in range(300)]
    assert set(drawn) == {"ana", "bob", "eva"} and min(Counter(drawn).values()) > 70
    assert last_ring(one).reason == "by_chance"
    one.acd = Acd.from_snapshot(snapshot)
    one.acd.state.next_call, one.acd.state.next_leg = 1_000, 10_000  # the switch has seen the others
    assert [rung(one) for _ in range(300)] == drawn


def test_two_boxes_do_not_draw_the_same() -> None:
    draws = []
    for box in ("norte", "sur"):
        one = Office(small_plan(ventas(strategy="random", wrap_up_ms=0), box=box))
        one.sits_down("ana", "bob", "eva")
        draws.append([rung(one) for _ in range(20)])
    assert draws[0] != draws[1]


def test_weighted_random_draws_by_the_tickets() -> None:
    one = office("weighted_random", weights={AgentName("ana"): 6, AgentName("bob"): 3})
    drawn = Counter(rung(one) for _ in range(500))
    assert (drawn["ana"], drawn["bob"], drawn["eva"]) == pytest.approx((300, 150, 50), abs=45)
    decision = last_ring(one)
    assert decision.reason == "by_weighted_chance"
    assert [seen.measure for seen in decision.candidates] == [6, 3, 1]


def test_ring_progressively_adds_one_at_a_time_and_the_first_to_lift_has_the_call() -> None:
    """FreeSWITCH mod_callcenter, `ring-progressively`: "rings agents one by one, keeping the others ringing"."""
    one = office("ring_progressively", ring_more_ms=6_000)
    caller = one.calls()
    assert one.ringing() == ["ana"]
    one.wait(5_999)
    assert one.ringing() == ["ana"]
    one.wait(1)
    assert one.ringing() == ["ana", "bob"]
    assert last_ring(one).reason == "next_to_ring"
    one.wait(6_000)
    assert one.ringing() == ["ana", "bob", "eva"]
    agent = one.lifts("bob")
    assert one.ringing() == []
    assert one.talking(caller, agent)
    assert one.agent("ana") == one.agent("eva") == "ready"


def test_ring_progressively_rings_who_becomes_free_once_it_is_time_for_one_more() -> None:
    one = office("ring_progressively", ring_more_ms=6_000)
    one.station("bob", "unreachable")
    one.station("eva", "unreachable")
    one.calls()
    one.wait(1_000)
    one.station("bob", "up")
    assert one.ringing() == ["ana"], "it is not time yet"
    one.wait(5_000)
    assert one.ringing() == ["ana", "bob"]
    one.wait(6_000)
    one.station("eva", "up")
    assert one.ringing() == ["ana", "bob", "eva"], "it has been time for a while"
    assert [decision.reason for decision in one.decisions("none_ready")] == []


def test_ring_progressively_gives_each_ring_its_own_time() -> None:
    one = office("ring_progressively", ring_more_ms=6_000, ring_timeout_ms=20_000, retry_ms=60_000)
    one.calls()
    one.wait(20_000)
    assert one.ringing() == ["bob", "eva"]
    one.wait(6_000)
    assert one.ringing() == ["eva"]


@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_every_reason_a_strategy_gives_is_told_in_words(strategy: str) -> None:
    one = office(strategy, wrap_up_ms=5_000)
    for talk_ms in (60_000, 10_000, 10_000, 20_000):
        caller = one.calls(line="trunk")
        one.lifts(one.ringing()[0])
        one.wait(talk_ms)
        one.ends(caller)
        one.wait(5_000)
    reasons = set(one.reasons("ring"))
    assert reasons <= WHY_RUNG.keys() and reasons - {"only_one_free"}, reasons
    for language in get_args(Language):
        told = why_call(one.decisions(), None, language)
        assert "{" not in told and not any(f": {reason}" in told for reason in reasons), told


def test_what_was_compared_is_told() -> None:
    one = office("fewest_calls")
    assert [served(one, 30_000), served(one, 10_000)] == ["ana", "bob"]
    assert rung(one) == "eva"
    assert "sonó eva: es quien menos llamadas lleva hoy (0)." in why_call(one.decisions(), None, "es")


def test_no_strategy_needs_a_choice_of_one(plan_of_one: Plan) -> None:
    one = Office(plan_of_one)
    one.sits_down("ana")
    assert rung(one) == "ana"
    assert last_ring(one).reason == "only_one_free"


@pytest.fixture(params=get_args(Strategy))
def plan_of_one(request: pytest.FixtureRequest) -> Plan:
    return small_plan(ventas(strategy=request.param))
