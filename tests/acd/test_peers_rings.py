"""Rings as app_queue and mod_callcenter document them: how long, what follows one that failed, who is paused for it,
and who is not rung at all."""

from itertools import pairwise

import pytest

from appliance.acd.effects import RingStation
from appliance.acd.ids import AgentName, QueueName
from appliance.acd.inputs import LegCause
from appliance.acd.plan import QueuePlan
from tests.acd.office import START_MS, Office, small_plan, ventas
from tests.acd.peers import APP_QUEUE, CALLCENTER, Rule, same

DELAYS = {
    "retry_ms": 3_000,
    "retry_rejected_ms": 10_000,
    "retry_busy_ms": 60_000,
    "retry_no_answer_ms": 30_000,
    "retry_unreachable_ms": 5_000,
}


def office(agents: str = "ana", /, **changes: object) -> Office:
    one = Office(small_plan(ventas("ana bob eva", **{"wrap_up_ms": 0, "max_wait_ms": 900_000, **changes})))
    one.sits_down(*agents.split())
    return one


def stops_ringing(one: Office, cause: LegCause) -> None:
    """ana's phone, by itself; or at the end of its time, when the cause is that nobody answers."""
    if cause == "no_answer":
        one.wait(20_000)
    else:
        one.ends(one.ringing_leg("ana"), cause)


def rings_again_after_s(one: Office) -> float:
    since_ms = one.now_ms
    while not one.ringing():
        one.wait(100)
        assert one.now_ms < since_ms + 600_000, f"never rung again: {one.agent('ana')}"
    return (one.now_ms - since_ms) / 1_000


BACK_OFF: list[tuple[Rule, LegCause]] = [
    (
        same(CALLCENTER, "reject-delay-time=10", "if the agent rejects the call, wait before trying again", 10),
        "rejected",
    ),
    (same(CALLCENTER, "busy-delay-time=60", "if the agent is on do not disturb, wait before trying again", 60), "busy"),
    (same(CALLCENTER, "no-answer-delay-time=30", "if the agent does not answer, wait", 30), "no_answer"),
    (same(CALLCENTER, "user not registered", "5 seconds (mod_callcenter.c)", 5), "unreachable"),
    (
        Rule(
            CALLCENTER,
            "busy-delay-time=60 at circuit congestion",
            "congestion is told as busy (mod_callcenter.c)",
            peer=60,
            ours=5,
            differs="a way that is congested is a way that cannot be reached, not an agent who does not want to",
        ),
        "congestion",
    ),
    (
        Rule(
            CALLCENTER,
            "no-answer-delay-time=30 at any other failure",
            "whatever else is told as no answer (mod_callcenter.c)",
            peer=30,
            ours=5,
            differs="nothing rang: nobody was there not to answer",
        ),
        "failed",
    ),
]


@pytest.mark.parametrize(("rule", "cause"), BACK_OFF, ids=str)
def test_an_agent_is_left_alone_for_as_long_as_the_cause_says(rule: Rule, cause: LegCause) -> None:
    one = office(**DELAYS)
    one.calls()
    stops_ringing(one, cause)
    assert one.agent("ana") == "ready"
    rule.holds(rings_again_after_s(one))


@pytest.mark.parametrize("cause", ["rejected", "busy", "no_answer", "unreachable", "normal", "cancelled"])
def test_what_no_time_is_given_for_is_retried_as_everything_is(cause: LegCause) -> None:
    """app_queue has one `retry` for all causes."""
    one = office(retry_ms=7_000)
    one.calls()
    stops_ringing(one, cause)
    assert rings_again_after_s(one) == 7


@pytest.mark.parametrize(
    ("cause", "outcome"), [("busy", "rejected"), ("no_answer", "missed"), ("failed", "unreachable")]
)
def test_the_record_keeps_its_outcomes_whatever_the_back_off(cause: LegCause, outcome: str) -> None:
    one = office(**DELAYS)
    caller = one.calls()
    stops_ringing(one, cause)
    one.ends(caller)
    assert [segment.outcome for segment in one.cdr().segments] == [outcome]


def test_a_phone_that_cannot_be_reached_doubles_its_own_time() -> None:
    """mod_callcenter tries one that is not registered each 5 s for ever; ours less and less often."""
    one = office(**{**DELAYS, "retry_unreachable_ms": 1_000})
    one.dead_stations = {"desk-ana"}
    one.calls()
    waited = []
    for _ in range(7):
        stops_ringing(one, "unreachable")
        waited.append(rings_again_after_s(one))
    assert waited == [1, 2, 4, 8, 16, 32, 32]


def test_an_agent_who_lifts_and_hangs_up_before_the_caller_is_through_refused_the_call() -> None:
    one = Office(small_plan(ventas("ana bob eva", **DELAYS)), through=False)
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    one.hangs_up("ana")
    assert one.agent("ana") == "ready"
    assert rings_again_after_s(one) == 10


def test_who_is_not_reached_because_another_was_first_is_not_left_alone() -> None:
    """mod_callcenter.c, originator cancel: agents hung up because another answered in ring-all have no delay."""
    one = office("ana bob", strategy="ring_all", **DELAYS)
    one.calls("600000001", "trunk")
    one.lifts("bob")
    one.calls("600000002", "trunk")
    assert one.ringing() == ["ana"]


def ring_times(one: Office, until_s: int) -> list[tuple[str, int]]:
    """(whose phone, when it began to ring), in seconds after the call came."""
    found: list[tuple[str, int]] = []
    one.calls()
    for second in range(until_s + 1):
        rings = [effect for effect in one.switch.done if isinstance(effect, RingStation)]
        found += [(str(ring.station).removeprefix("desk-"), second) for ring in rings[len(found) :]]
        one.wait(1_000)
    return found


TIMES: list[tuple[Rule, str, dict[str, object]]] = [
    (
        same(
            APP_QUEUE,
            "timeout=15, retry=5",
            "how long a member's phone rings, and how long to wait before trying all again",
            [("ana", 0), ("ana", 20), ("ana", 40)],
        ),
        "ana",
        {"ring_timeout_ms": 15_000, "retry_ms": 5_000},
    ),
    (
        Rule(
            APP_QUEUE,
            "timeout=5, retry=4, two members",
            "the retry time of 4 seconds occurs; then the queue selects a second member to call",
            peer=[("ana", 0), ("bob", 9)],
            ours=[("ana", 0), ("bob", 5)],
            differs="the caller need not wait because ana did not lift: only ana is left alone",
        ),
        "ana bob",
        {"ring_timeout_ms": 5_000, "retry_ms": 4_000, "strategy": "linear", "max_wait_ms": 10_000},
    ),
]


@pytest.mark.parametrize(("rule", "agents", "changes"), TIMES, ids=str)
def test_when_phones_ring(rule: Rule, agents: str, changes: dict[str, object]) -> None:
    assert isinstance(rule.ours, list)
    found = ring_times(office(agents, **changes), 45)
    rule.holds(found[: len(rule.ours)])


def test_the_longest_wait_cuts_the_last_ring_short() -> None:
    rule = same(APP_QUEUE, "timeout=5, retry=4, Queue(…,10), timeoutpriority=app", "the phone rings for 1 second", 1)
    one = office(ring_timeout_ms=5_000, retry_ms=4_000, max_wait_ms=10_000)
    caller = one.calls()
    one.wait(9_000)
    assert one.ringing() == ["ana"]
    since_ms = one.now_ms
    while one.ringing():
        one.wait(500)
    rule.holds((one.now_ms - since_ms) / 1_000)
    one.wait(5_000)
    one.hears_to_the_end(caller)
    assert one.cdr().end_reason == "overflowed"


def test_each_ring_has_its_own_time() -> None:
    rule = same(APP_QUEUE, "timeoutrestart=no", "a BUSY of one does not begin the time of the others anew", 15)
    one = office("ana bob", strategy="ring_all", ring_timeout_ms=15_000, retry_ms=60_000)
    one.calls()
    one.wait(10_000)
    one.ends(one.ringing_leg("ana"), "busy")
    while one.ringing():
        one.wait(500)
    rule.holds((one.now_ms - START_MS) / 1_000)


def after_misses(one: Office, misses: int, cause: LegCause) -> str:
    """ana's state after so many rings that came to nothing."""
    one.calls()
    for number in range(misses):
        if number:
            rings_again_after_s(one)
        stops_ringing(one, cause)
    return one.agent("ana")


PAUSED: list[tuple[Rule, int, int, LegCause]] = [
    (same(APP_QUEUE, "autopause=no", "a member who fails to answer is not paused", "ready"), 100, 5, "no_answer"),
    (same(APP_QUEUE, "autopause=all", "paused in all his queues", "not_ready missed"), 1, 1, "no_answer"),
    (same(APP_QUEUE, "autopausebusy=no", "a busy device pauses nobody", "ready"), 1, 3, "busy"),
    (same(APP_QUEUE, "autopauseunavail=no", "congestion pauses nobody", "ready"), 1, 3, "congestion"),
    (same(CALLCENTER, "max-no-answer=3", "not so many in a row yet: available", "ready"), 3, 2, "no_answer"),
    (same(CALLCENTER, "max-no-answer=3", "so many in a row: On Break", "not_ready missed"), 3, 3, "no_answer"),
    (same(CALLCENTER, "max-no-answer=3 and rejects", "a reject is no missing answer", "ready"), 3, 4, "rejected"),
    (same(CALLCENTER, "max-no-answer=3 and busy", "busy is no missing answer", "ready"), 3, 4, "busy"),
    (
        Rule(
            CALLCENTER,
            "max-no-answer=3 and failures",
            "any other failure counts (mod_callcenter.c)",
            peer="not_ready missed",
            ours="ready",
            differs="the agent did not miss what did not ring",
        ),
        3,
        3,
        "failed",
    ),
]


@pytest.mark.parametrize(("rule", "limit", "misses", "cause"), PAUSED, ids=str)
def test_who_is_paused_for_rings_that_came_to_nothing(rule: Rule, limit: int, misses: int, cause: LegCause) -> None:
    rule.holds(after_misses(office(retry_ms=1_000, missed_rings_limit=limit), misses, cause))


def two_queues(**changes: object) -> Office:
    """ana serves ventas and soporte."""
    support = QueuePlan(QueueName("soporte"), "Soporte", (AgentName("ana"),))
    one = Office(small_plan(ventas("ana", **changes), support))
    one.sits_down("ana")
    return one


def test_a_pause_for_misses_is_one_of_all_queues() -> None:
    rule = Rule(
        APP_QUEUE,
        "autopause=yes",
        "the member is paused only in the queue where the timeout took place",
        peer=["ana"],
        ours=[],
        differs="who is not at the desk is at it for no queue: as autopause=all",
    )
    one = two_queues(missed_rings_limit=1)
    first = one.calls("600000001", "trunk", "900")
    one.wait(20_000)
    one.ends(first)
    one.calls("600000002", "trunk", "901")
    rule.holds(one.ringing())


WRAP_UP = [
    (same(APP_QUEUE, "wrapuptime=15", "how long to wait before sending a free member another call", 15), "900"),
    (
        Rule(
            APP_QUEUE,
            "wrapuptime=15, shared_lastcall=no",
            "another queue does not respect it unless shared_lastcall=yes",
            peer=0,
            ours=15,
            differs="the agent writes the last call up, whichever queue the next one comes from",
        ),
        "901",
    ),
    (same(APP_QUEUE, "wrapuptime=15, shared_lastcall=yes", "respect the wrapuptime of another queue", 15), "901"),
    (same(CALLCENTER, "wrap-up-time=15", "not available for so long after a call, whatever the queue", 15), "901"),
]


@pytest.mark.parametrize(("rule", "next_call"), WRAP_UP, ids=str)
def test_after_call_work_is_respected_by_every_queue(rule: Rule, next_call: str) -> None:
    one = two_queues(wrap_up_ms=15_000)
    talk = one.calls("600000001", "trunk", "900")
    one.lifts("ana")
    one.ends(talk)
    one.calls("600000002", "trunk", next_call)
    rule.holds(rings_again_after_s(one))


RING_IN_USE = [
    (same(APP_QUEUE, "ringinuse=no", "avoid sending calls to members whose devices are in use", [])),
    (
        Rule(
            APP_QUEUE,
            "ringinuse=yes",
            "the default: a member on a call is rung for another",
            peer=["ana"],
            ours=[],
            differs="an agent has one call at a time; a second ring in the ear helps neither caller",
        )
    ),
]


@pytest.mark.parametrize("rule", RING_IN_USE, ids=str)
@pytest.mark.parametrize("use", ["talks", "holds", "lifted"])
def test_a_phone_in_use_is_not_rung(rule: Rule, use: str) -> None:
    one = office()
    if use == "lifted":
        one.station("ana", "up", off_hook=True)
    else:
        one.calls("600000001", "trunk")
        one.lifts("ana")
        one.holds("ana", use == "holds") if use == "holds" else None
    one.calls("600000002", "trunk")
    rule.holds(one.ringing())


def test_two_callers_and_two_agents_are_brought_together_at_once() -> None:
    rule = same(APP_QUEUE, "autofill=yes", "push multiple calls through at the same time", ["ana", "bob"])
    one = office("ana bob")
    for number in range(3):
        one.calls(f"60000000{number}", "trunk")
    rule.holds(one.ringing())


def test_time_between_two_rings_of_a_phone_is_never_less_than_a_tenth_of_a_second() -> None:
    """Neither peer has a floor: with retry=0 app_queue asks again each time its loop comes round."""
    one = office(retry_ms=0)
    one.calls()
    rung_at = []
    for _ in range(4):
        while not one.ringing():
            one.wait(10)
        rung_at.append(one.now_ms)
        stops_ringing(one, "rejected")
    assert [b - a for a, b in pairwise(rung_at)] == [100, 100, 100]
