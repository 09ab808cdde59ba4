"""Who comes first, who may serve whom and how long a caller stays, as app_queue and mod_callcenter document it."""

import pytest

from appliance.acd.ids import AgentName, CallId, LineName, QueueName
from appliance.acd.inputs import AgentLogout
from appliance.acd.plan import Destination, LinePlan
from tests.acd.office import START_MS, Office, small_plan, ventas
from tests.acd.peers import APP_QUEUE, CALLCENTER, Rule, same

ANA, BOB, EVA = AgentName("ana"), AgentName("bob"), AgentName("eva")
TIERS = {BOB: 2, EVA: 3}


def phones_ring(one: Office, until_s: int) -> dict[str, int]:
    """Agent -> how many seconds after now the phone began to ring, for phones that then ring on."""
    found: dict[str, int] = {}
    for second in range(until_s + 1):
        for agent in one.ringing():
            found.setdefault(agent, second)
        one.wait(1_000)
    return found


# --- tiers and penalties


def test_a_higher_penalty_is_considered_last() -> None:
    rule = same(
        APP_QUEUE, "member => …,10", "entries with higher penalties are considered last", [["bob"], ["bob", "ana"]]
    )
    one = Office(small_plan(ventas("ana bob", strategy="linear", tiers={ANA: 2})))
    one.sits_down("ana", "bob")
    rung = []
    for number in range(2):
        one.calls(f"60000000{number}", "trunk")
        rung.append(one.ringing())
    rule.holds(rung)


def test_a_tier_is_one_however_few_agents_there_are() -> None:
    rule = Rule(
        APP_QUEUE,
        "penaltymemberslimit=5, two members",
        "no penalty is weighed if there are only so many members or fewer",
        peer=["ana"],
        ours=["bob"],
        differs="whom a caller gets does not turn about with the number of agents; leave tiers out for that",
    )
    one = Office(small_plan(ventas("ana bob", strategy="linear", tiers={ANA: 2})))
    one.sits_down("ana", "bob")
    one.calls()
    rule.holds(one.ringing())


TIER_RULES: list[tuple[Rule, tuple[int, ...]]] = [
    (
        same(CALLCENTER, "tier-rules-apply=false", "all tiers may be rung at once", {"bob": 0, "eva": 0}),
        (),
    ),
    (
        same(
            CALLCENTER,
            "tier-rule-wait-second=10, tier-rule-wait-multiply-level=true",
            "tier n after n times so long (mod_callcenter.c)",
            {"bob": 20, "eva": 30},
        ),
        (20_000, 30_000),
    ),
    (
        same(
            CALLCENTER,
            "tier-rule-wait-second=10, tier-rule-wait-multiply-level=false",
            "every later tier after so long",
            {"bob": 10, "eva": 10},
        ),
        (10_000, 10_000),
    ),
]


@pytest.mark.parametrize(("rule", "tier_after_ms"), TIER_RULES, ids=str)
def test_when_a_later_tier_joins_while_the_first_is_busy(rule: Rule, tier_after_ms: tuple[int, ...]) -> None:
    one = Office(
        small_plan(ventas(strategy="ring_all", tiers=TIERS, tier_after_ms=tier_after_ms, ring_timeout_ms=60_000))
    )
    one.sits_down("ana")
    one.calls("600000001", "trunk")
    one.lifts("ana")
    one.sits_down("bob", "eva")
    one.calls("600000002", "trunk")
    rule.holds(phones_ring(one, 35))


def test_a_tier_has_its_time_whoever_is_there() -> None:
    rule = Rule(
        CALLCENTER,
        "tier-rule-no-agent-no-wait=true",
        "no wait for a tier when nobody of the one before is logged in",
        peer={"bob": 0, "eva": 30},
        ours={"bob": 20, "eva": 30},
        differs="as with false: when a tier joins can be told from the caller's wait alone",
    )
    one = Office(
        small_plan(ventas(strategy="ring_all", tiers=TIERS, tier_after_ms=(20_000, 30_000), ring_timeout_ms=60_000))
    )
    one.sits_down("bob", "eva")
    one.calls()
    rule.holds(phones_ring(one, 35))


# --- who comes first


FIRST: list[tuple[Rule, int, int]] = [
    (
        same(CALLCENTER, "score", "a caller's score increases by 1 for every second: who waits longest is first", 1),
        0,
        1,
    ),
    (same(CALLCENTER, "cc_base_score=120", "moves a caller to the front of who has waited 119 s", 2), 2, 119),
    (same(CALLCENTER, "cc_base_score=120", "but not of who has waited 121 s", 1), 2, 121),
    (
        Rule(
            APP_QUEUE,
            "QUEUE_PRIO=2",
            "callers of higher priority go before all of a lower one",
            peer=2,
            ours=1,
            differs="a priority is a head start, so that nobody starves behind it",
        ),
        2,
        121,
    ),
]


@pytest.mark.parametrize(("rule", "priority", "waited_s"), FIRST, ids=str)
def test_which_of_two_callers_is_first(rule: Rule, priority: int, waited_s: int) -> None:
    """The second comes `waited_s` later, on a line with this priority."""
    lines = (
        LinePlan(LineName("gsm1"), "in", QueueName("ventas")),
        LinePlan(LineName("trunk"), "in", QueueName("ventas"), priority=priority),
    )
    one = Office(small_plan(ventas("ana", max_wait_ms=900_000), lines=lines, priority_worth_ms=60_000))
    one.calls("600000001", "gsm1")
    one.wait(waited_s * 1_000)
    one.calls("600000002", "trunk")
    one.sits_down("ana")
    call = one.acd.state.agents[ANA].call
    assert call is not None
    rule.holds(int(call.removeprefix("oficina-")))


def test_a_caller_who_comes_again_waits_again() -> None:
    rule = same(
        CALLCENTER,
        "abandoned-resume-allowed=false",
        "who abandoned and calls again is a new member of the queue",
        [2, 3],
    )
    one = Office(small_plan(ventas("ana")))
    first = one.calls("600000001", "trunk")
    one.wait(30_000)
    one.calls("600000002", "trunk")
    one.ends(first)
    one.calls("600000001", "trunk")
    waiting = one.acd.state.queues[QueueName("ventas")].waiting
    rule.holds([number for _, number, _ in waiting])


# --- how many wait, and how long


def leaves_after_s(one: Office) -> float | None:
    """Until the call waits no more; None when it still does after five minutes."""
    since_ms = one.now_ms
    while one.call_state() == "waiting":
        one.wait(500)
        if one.now_ms > since_ms + 300_000:
            return None
    return (one.now_ms - since_ms) / 1_000


def test_the_longest_wait() -> None:
    rule = same(CALLCENTER, "max-wait-time=60", "the caller leaves after so many seconds", 60)
    one = Office(small_plan(ventas("ana", max_wait_ms=60_000)))
    one.calls()
    rule.holds(leaves_after_s(one))
    assert one.now_ms == START_MS + 60_000


NO_AGENT: list[tuple[Rule, bool]] = [
    (
        Rule(
            CALLCENTER,
            "max-wait-time-with-no-agent=30",
            "who waits leaves when for so many seconds there was no agent",
            peer=30,
            ours=0,
            differs="leave_empty is at once, as app_queue's leavewhenempty: nobody waits for nobody",
        ),
        True,
    ),
    (
        same(CALLCENTER, "max-wait-time-with-no-agent=30", "but not while agents are there, busy as they are", None),
        False,
    ),
]


@pytest.mark.parametrize(("rule", "logs_out"), NO_AGENT, ids=str)
def test_the_longest_wait_without_an_agent(rule: Rule, logs_out: bool) -> None:
    plan = ventas("ana", leave_empty=("logged_out",), on_empty=Destination("voicemail"), max_wait_ms=900_000)
    one = Office(small_plan(plan))
    one.sits_down("ana")
    one.station("ana", "up", off_hook=True)
    one.calls()
    one.wait(5_000)
    if logs_out:
        one.do(AgentLogout(ANA))
    rule.holds(leaves_after_s(one))


LENGTHS: list[tuple[Rule, int]] = [
    (same(APP_QUEUE, "maxlen=2", "the maximum number of people waiting in the queue", 2), 2),
    (
        Rule(
            APP_QUEUE,
            "maxlen=0",
            "0 for unlimited",
            peer=4,
            ours=0,
            differs="everything has a limit, and 0 is none: only who can be rung for at once is let in",
        ),
        0,
    ),
]


@pytest.mark.parametrize(("rule", "max_length"), LENGTHS, ids=str)
def test_how_many_may_wait(rule: Rule, max_length: int) -> None:
    """Four callers come, and nobody is there."""
    one = Office(small_plan(ventas("ana", max_length=max_length)))
    for number in range(4):
        one.calls(f"60000000{number}", "trunk")
    rule.holds(sum(one.acd.state.calls[CallId(name)].state == "waiting" for name in list(one.acd.state.calls)))
