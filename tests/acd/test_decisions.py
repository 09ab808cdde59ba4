"""What a decision keeps besides its reason: whom it chose, under which strategy, what was compared, who was ahead."""

from appliance.acd.callbacks import FIRST_AFTER_MS
from appliance.acd.effects import Decision
from appliance.acd.explain import why_call
from appliance.acd.ids import AgentName
from appliance.acd.plan import CallbackPlan
from tests.acd.office import Office, small_plan, ventas
from tests.acd.test_callbacks import asks_back
from tests.acd.test_callbacks import office as callback_office

ANA, BOB, EVA = AgentName("ana"), AgentName("bob"), AgentName("eva")


def last_ring(one: Office) -> Decision:
    return one.decisions("ring")[-1]


def chosen(decision: Decision) -> list[str]:
    return [seen.agent for seen in decision.candidates if seen.chosen]


def test_all_who_are_rung_are_named_with_the_strategy() -> None:
    one = Office(small_plan(ventas(strategy="ring_all")))
    one.sits_down("ana", "bob")
    one.calls()
    decision = last_ring(one)
    assert (decision.strategy, decision.detail, chosen(decision)) == ("ring_all", "ana,bob", ["ana", "bob"])


def test_of_those_compared_only_one_is_chosen() -> None:
    one = Office(small_plan(ventas(strategy="fewest_calls", wrap_up_ms=0)))
    one.sits_down("ana", "bob", "eva")
    for _ in range(5):
        caller = one.calls(line="trunk")
        one.lifts(one.ringing()[0])
        one.ends(caller)
    decision = last_ring(one)
    assert [(seen.agent, seen.excluded, seen.measure, seen.chosen) for seen in decision.candidates] == [
        ("ana", "", 2, False),
        ("bob", "", 1, True),
        ("eva", "", 1, False),
    ]


def test_tiers_alone_compare_nothing() -> None:
    one = Office(small_plan(ventas(tiers={EVA: 2})))
    one.sits_down("ana", "bob", "eva")
    one.calls()
    assert [(seen.agent, seen.excluded, seen.measure, seen.chosen) for seen in last_ring(one).candidates] == [
        ("ana", "", 0, True),
        ("bob", "", 0, False),
        ("eva", "lower_tier_first", 0, False),
    ]


def test_what_everybody_does_who_was_looked_at_is_kept() -> None:
    one = Office(small_plan(ventas(tiers={EVA: 2})))
    one.sits_down("ana", "bob", "eva")
    one.calls("600000001", "trunk")
    one.lifts("ana")
    one.calls("600000002", "trunk")
    assert [(seen.agent, seen.state, seen.excluded) for seen in last_ring(one).candidates] == [
        ("ana", "talking", "talking"),
        ("bob", "ready", ""),
        ("eva", "ready", "lower_tier_first"),
    ]


def test_one_agent_is_kept_for_a_customer_and_named_though_all_would_be_rung() -> None:
    callback = CallbackPlan("customer")
    one = callback_office("ana bob", sits="ana bob", strategy="ring_all", callback=callback)
    for agent in ("ana", "bob"):
        one.station(agent, "up", off_hook=True)
    asks_back(one)
    for agent in ("ana", "bob"):
        one.station(agent, "up")
    one.wait(FIRST_AFTER_MS)
    (kept,) = one.decisions("reserve")
    assert (kept.strategy, kept.detail, chosen(kept)) == ("ring_all", "ana", ["ana"])
    assert (one.agent("ana"), one.agent("bob")) == ("outbound", "ready")


def test_how_many_are_ahead_is_kept_and_told() -> None:
    one = Office()
    for number in range(4):
        one.calls(f"60000000{number}", "trunk")
    assert [decision.detail for decision in one.decisions("none_ready")] == ["0", "1", "2", "3"]
    of_the_last = [decision for decision in one.decisions() if decision.call == "oficina-4"]
    assert "Había 3 por delante en la cola ventas." in why_call(of_the_last, None, "es")


def test_the_same_picture_is_kept_again_after_a_ring() -> None:
    one = Office(small_plan(ventas("ana", missed_rings_limit=100)))
    one.sits_down("ana")
    one.calls()
    one.wait(2 * 22_000)
    nobody = [decision.candidates[0].excluded for decision in one.decisions("none_ready")]
    assert nobody == ["retry", "retry"]


def test_the_day_before_is_not_compared() -> None:
    for strategy in ("fewest_calls", "least_talk_time"):
        one = Office(small_plan(ventas(strategy=strategy, wrap_up_ms=0)))
        one.sits_down("ana")
        caller = one.calls(line="trunk")
        one.lifts("ana")
        one.wait(60_000)
        one.ends(caller)
        one.wait(24 * 3_600_000)
        one.sits_down("bob")
        one.calls()
        assert one.ringing() == ["ana"], "nobody has had a call today, and she is idle for longest"


def test_who_had_no_call_today_talked_no_longer_than_who_had_one_of_no_length() -> None:
    one = Office(small_plan(ventas("bob ana", strategy="least_talk_time", wrap_up_ms=0)))
    one.sits_down("ana")
    one.wait(1_000)
    one.station("ana", "up", off_hook=True)
    one.sits_down("bob")
    caller = one.calls(line="trunk")
    one.lifts("bob")
    one.ends(caller)
    one.station("ana", "up")
    one.calls()
    assert one.ringing() == ["ana"], "idle for longer"
