"""The strategies of app_queue and mod_callcenter, one by one: whom each rings after the same history, and in what order
one caller goes through agents who do not lift."""

import pytest

from appliance.acd.effects import RingStation
from appliance.acd.explain import why_call
from appliance.acd.ids import AgentName, QueueName
from appliance.acd.inputs import PlanChanged
from appliance.acd.plan import Destination, QueuePlan, Strategy
from tests.acd.office import Office, small_plan, ventas
from tests.acd.peers import APP_QUEUE, CALLCENTER, Rule, same

TEAM = ("ana", "bob", "eva")
ANA, BOB, EVA = ("ana",), ("bob",), ("eva",)


def office(strategy: str, **changes: object) -> Office:
    one = Office(small_plan(ventas(" ".join(TEAM), strategy=strategy, **{"wrap_up_ms": 0, **changes})))
    one.sits_down(*TEAM)
    return one


def served_by(one: Office, agent: str, talk_ms: int) -> None:
    """Whatever the strategy: the others hold their handsets meanwhile, which makes nobody less idle."""
    for other in TEAM:
        one.station(other, "up", off_hook=other != agent)
    caller = one.calls(line="trunk")
    one.lifts(agent)
    one.wait(talk_ms)
    one.ends(caller)
    for other in TEAM:
        one.station(other, "up")


def after_a_morning(one: Office) -> None:
    """ana: 2 calls, 65 s; bob: 2 calls, 20 s, and idle for longest; eva: 1 call, 30 s. ana was rung last."""
    for agent, talk_ms in (("ana", 60_000), ("bob", 10_000), ("bob", 10_000), ("eva", 30_000), ("ana", 5_000)):
        served_by(one, agent, talk_ms)


def rung(one: Office, calls: int) -> list[tuple[str, ...]]:
    """Who is rung for each of so many callers, who all give up at once."""
    found = []
    for _ in range(calls):
        caller = one.calls(line="trunk")
        found.append(tuple(sorted(one.ringing())))
        one.ends(caller)
    return found


AFTER_A_MORNING: list[tuple[Rule, Strategy, dict[str, object]]] = [
    (
        same(APP_QUEUE, "strategy=ringall", "ring all available channels until one answers", [TEAM] * 3),
        "ring_all",
        {},
    ),
    (
        same(CALLCENTER, "strategy=ring-all", "rings all agents simultaneously", [TEAM] * 3),
        "ring_all",
        {},
    ),
    (
        same(APP_QUEUE, "strategy=leastrecent", "ring who was least recently hung up by this queue", [BOB] * 3),
        "longest_idle",
        {},
    ),
    (
        Rule(
            CALLCENTER,
            "strategy=longest-idle-agent",
            "rings who has been idle the longest, by when a call was last offered to them",
            peer=[BOB, EVA, ANA],
            ours=[BOB] * 3,
            differs="an offer the caller took back is no call: it does not send bob to the end of the line",
        ),
        "longest_idle",
        {},
    ),
    (
        same(APP_QUEUE, "strategy=fewestcalls", "ring the one with fewest completed calls from this queue", [EVA] * 3),
        "fewest_calls",
        {},
    ),
    (
        same(CALLCENTER, "strategy=agent-with-fewest-calls", "rings the agent with fewest calls", [EVA] * 3),
        "fewest_calls",
        {},
    ),
    (
        same(CALLCENTER, "strategy=agent-with-least-talk-time", "rings the agent with least talk time", [BOB] * 3),
        "least_talk_time",
        {},
    ),
    (
        same(APP_QUEUE, "strategy=rrmemory", "remember where we left off last ring pass", [BOB, EVA, ANA, BOB]),
        "round_robin",
        {},
    ),
    (
        same(APP_QUEUE, "strategy=rrordered", "as rrmemory, in the order of the configuration", [BOB, EVA, ANA, BOB]),
        "round_robin",
        {},
    ),
    (
        same(CALLCENTER, "strategy=round-robin", "in position, but remember last tried agent", [BOB, EVA, ANA, BOB]),
        "round_robin",
        {},
    ),
    (
        same(APP_QUEUE, "strategy=linear", "rings interfaces in the order specified in this file", [ANA] * 3),
        "linear",
        {},
    ),
    (
        same(CALLCENTER, "strategy=top-down", "in order position starting from 1 for every member", [ANA] * 3),
        "linear",
        {},
    ),
    (
        same(CALLCENTER, "strategy=sequentially-by-agent-order", "rings agents by tier and order", [BOB] * 3),
        "linear",
        {"tiers": {AgentName("ana"): 2}},
    ),
]


@pytest.mark.parametrize(("rule", "strategy", "changes"), AFTER_A_MORNING, ids=str)
def test_whom_a_strategy_rings_after_the_same_morning(rule: Rule, strategy: str, changes: dict[str, object]) -> None:
    one = office(strategy, **changes)
    after_a_morning(one)
    assert isinstance(rule.ours, list)
    rule.holds(rung(one, len(rule.ours)))


def tried(one: Office, rings: int) -> list[str]:
    """Whose stations ring, one after another, for a caller whom nobody answers."""
    one.calls()
    while len(found := [str(ring.station) for ring in one.switch.done if isinstance(ring, RingStation)]) < rings:
        one.wait(1_000)
    return [station.removeprefix("desk-") for station in found]


NOBODY_LIFTS: list[tuple[Rule, Strategy, dict[str, object]]] = [
    (
        same(
            APP_QUEUE,
            "strategy=linear",
            "who did not answer is passed over for this caller (app_queue.c, linpos)",
            ["ana", "bob", "eva", "ana"],
        ),
        "linear",
        {},
    ),
    (
        same(
            CALLCENTER,
            "strategy=top-down",
            "goes on down for this member (mod_callcenter.c, cc_last_agent_tier_position)",
            ["ana", "bob", "eva", "ana"],
        ),
        "linear",
        {},
    ),
    (
        same(APP_QUEUE, "strategy=rrmemory", "remember where we left off", ["ana", "bob", "eva", "ana"]),
        "round_robin",
        {},
    ),
    (
        Rule(
            CALLCENTER,
            "strategy=longest-idle-agent",
            "an offer that was not answered counts as one",
            peer=["ana", "bob", "eva", "ana"],
            ours=["ana", "bob", "ana", "bob"],
            differs="a ring that came to nothing makes nobody less idle; retry_no_answer_s keeps ana out for longer",
        ),
        "longest_idle",
        {},
    ),
    (
        same(
            CALLCENTER,
            "strategy=longest-idle-agent, no-answer-delay-time=60",
            "who did not answer is not tried again for so long",
            ["ana", "bob", "eva"],
        ),
        "longest_idle",
        {"retry_no_answer_ms": 60_000},
    ),
]


@pytest.mark.parametrize(("rule", "strategy", "changes"), NOBODY_LIFTS, ids=str)
def test_the_order_in_which_one_caller_goes_through_agents_who_do_not_lift(
    rule: Rule, strategy: str, changes: dict[str, object]
) -> None:
    assert isinstance(rule.ours, list)
    rule.holds(tried(office(strategy, ring_timeout_ms=15_000, **changes), len(rule.ours)))


def test_linear_says_why_it_goes_on_and_begins_at_the_top_for_the_next_caller() -> None:
    one = office("linear", ring_timeout_ms=15_000)
    assert tried(one, 2) == ["ana", "bob"]
    assert one.reasons("ring") == ["first_in_order", "next_in_order"]
    assert "sonó bob: es el siguiente libre en el orden de la cola" in why_call(one.decisions(), None, "es")
    one.lifts("bob")
    one.wait(10_000)
    one.calls("600000002", "trunk")
    assert one.ringing() == ["ana"]


def test_linear_begins_at_the_top_in_another_queue_and_after_who_is_of_the_queue_no_more() -> None:
    to_support = Destination("queue", QueueName("soporte"))
    support = QueuePlan(QueueName("soporte"), "Soporte", tuple(map(AgentName, TEAM)), strategy="linear")
    one = Office(small_plan(ventas("ana bob", strategy="linear", max_wait_ms=10_000, on_max_wait=to_support), support))
    one.sits_down(*TEAM)
    one.calls("600000001", "trunk", "900")
    one.wait(10_000)
    assert one.ringing() == ["ana"], "rung for in ventas, which is nothing to soporte"
    one = office("linear", ring_timeout_ms=15_000)
    assert tried(one, 1) == ["ana"]
    one.do(PlanChanged(small_plan(ventas("eva bob", strategy="linear"))))
    one.wait(15_000)
    assert one.ringing() == ["eva"]


def test_linear_begins_at_the_top_for_a_caller_whose_agent_was_lost() -> None:
    one = office("linear", retry_ms=60_000)
    one.calls()
    one.lifts("ana")
    one.wait(5_000)
    one.hangs_up("ana", "media_timeout")
    assert one.ringing() == ["ana"]


def test_random_rings_one_of_those_who_are_free() -> None:
    """app_queue `random`: ring random interface; mod_callcenter `random`: rings agents in random order."""
    drawn = rung(office("random"), 60)
    assert set(drawn) == {ANA, BOB, EVA}
    assert drawn != drawn[:3] * 20, "in no order"


@pytest.mark.parametrize(
    ("rule", "tickets"),
    [
        (same(APP_QUEUE, "strategy=wrandom, penalty=0 and 1", "metric 0-1000 and 0-2000: the lower wins", 75), 3),
        (same(APP_QUEUE, "strategy=wrandom, penalty=0 and 0", "metric 0-1000 and 0-1000", 50), 1),
    ],
    ids=str,
)
def test_a_weight_does_what_a_penalty_does_to_wrandom(rule: Rule, tickets: int) -> None:
    """Tickets in a draw are told as a proportion, which a penalty is not: 3 to 1 is 75 %."""
    one = office("weighted_random", weights={AgentName("ana"): tickets})
    one.station("eva", "unreachable")
    of_ana = rung(one, 1_000).count(ANA)
    rule.holds(5 * round(of_ana / 50))


def test_ring_progressively_ends_as_ring_all() -> None:
    rule = Rule(
        CALLCENTER,
        "strategy=ring-progressively",
        "as top-down, but keeping the previous members ringing; it basically leads to ring-all",
        peer=[ANA, ("ana", "bob"), TEAM],
        ours=[BOB, ("bob", "eva"), TEAM],
        differs="the longest idle is disturbed first, and not always the one at the top",
    )
    one = office("ring_progressively", ring_more_ms=5_000, ring_timeout_ms=60_000)
    after_a_morning(one)
    one.calls()
    found = []
    for _ in range(3):
        found.append(tuple(sorted(one.ringing())))
        one.wait(5_000)
    rule.holds(found)


def test_who_was_rung_because_the_caller_knows_them_is_no_place_in_the_order() -> None:
    """`linear` goes on from whom it rang itself: after the last agent's first right it begins at the top."""
    one = office("linear", sticky_ms=60_000)
    one.station("ana", "up", off_hook=True)
    caller = one.calls("600111222", "trunk")
    one.lifts("bob")
    one.ends(caller)
    one.station("ana", "up")
    one.wait(60_000)
    one.calls("600111222", "trunk")
    rung_in_turn = []
    for _ in range(4):
        rung_in_turn += one.ringing()
        one.wait(20_000)
    assert rung_in_turn == ["bob", "ana", "bob", "eva"]
