"""A customer is the sum of their calls, in whatever order the calls' records come."""

from functools import reduce
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some
from msgspec.structs import replace

from appliance.acd.effects import Cdr, EndReason
from appliance.acd.ids import AgentName, CallId, LineName, QueueName
from appliance.office.customers import Customer, customer_number, merge

NUMBER = "+34600111222"
ANSWERED = Cdr(
    call=CallId("oficina-1"),
    seq=1,
    incarnation=1,
    direction="in",
    line=LineName("movil1"),
    caller=NUMBER,
    called="+34910000002",
    queue=QueueName("ventas"),
    queues=(QueueName("ventas"),),
    project="",
    client="",
    offered_at=1000,
    queued_at=1000,
    answered_at=1500,
    ended_at=9000,
    clock_synchronised=True,
    ivr_ms=0,
    wait_ms=500,
    ring_ms=500,
    talk_ms=7500,
    hold_ms=0,
    voicemail_ms=0,
    end_reason="answered",
    hung_up_by="caller",
    evidence="signalled",
    agent=AgentName("ana"),
    recording=None,
    legs=(),
    segments=(),
)
ABANDONED = replace(
    ANSWERED, offered_at=5000, end_reason="abandoned", agent=None, talk_ms=0, queue=QueueName("soporte")
)
BUSY = replace(ABANDONED, offered_at=7000, end_reason="busy", queue=None)


def test_the_first_call_makes_the_customer() -> None:
    assert merge(None, ANSWERED) == Customer(
        NUMBER,
        1000,
        1000,
        calls=1,
        answered=1,
        last_queue=QueueName("ventas"),
        last_agent=AgentName("ana"),
        last_answered=1000,
    )


def test_an_abandoned_call_leaves_the_agent_of_the_last_answered_one() -> None:
    customer = merge(merge(None, ANSWERED), ABANDONED)
    assert (customer.calls, customer.answered, customer.abandoned) == (2, 1, 1)
    assert (customer.first_seen, customer.last_seen) == (1000, 5000)
    assert (customer.last_queue, customer.last_agent) == ("soporte", "ana")


@pytest.mark.parametrize(
    ("end_reason", "talk_ms", "answered", "abandoned"),
    [
        ("answered", 0, 1, 0),
        ("power_lost", 4000, 1, 0),
        ("power_lost", 0, 0, 0),
        ("abandoned", 0, 0, 1),
        ("short_abandon", 0, 0, 1),
        ("overflowed", 0, 0, 0),
        ("busy", 0, 0, 0),
    ],
)
def test_what_counts_as_answered_and_abandoned(
    end_reason: EndReason, talk_ms: int, answered: int, abandoned: int
) -> None:
    agent = AgentName("ana") if answered else None
    customer = merge(None, replace(ANSWERED, end_reason=end_reason, talk_ms=talk_ms, agent=agent))
    assert (customer.calls, customer.answered, customer.abandoned) == (1, answered, abandoned)


def test_a_call_out_is_with_whom_we_called() -> None:
    out = replace(ANSWERED, direction="out", caller="+34910000002", called=NUMBER)
    assert customer_number(out) == NUMBER
    assert merge(merge(None, ANSWERED), out).calls == 2


def test_a_withheld_number_and_another_s_call_are_refused() -> None:
    withheld = replace(ANSWERED, caller="")
    assert customer_number(withheld) == ""
    with pytest.raises(ValueError, match="oficina-1 has no number"):
        merge(None, withheld)
    with pytest.raises(ValueError, match=r"is \+34911's and not"):
        merge(merge(None, ANSWERED), replace(ANSWERED, caller="+34911"))


def test_the_order_of_the_records_does_not_matter() -> None:
    results = {reduce(merge, order, None) for order in permutations((ANSWERED, ABANDONED, BUSY))}
    assert len(results) == 1


cdrs = some.builds(
    lambda at, how, agent: replace(
        ANSWERED,
        offered_at=at,
        end_reason=how,
        agent=AgentName(agent) if how == "answered" else None,
        talk_ms=int(how == "answered"),
    ),
    some.integers(0, 10**6),
    some.sampled_from(["answered", "abandoned", "short_abandon", "overflowed"]),
    some.sampled_from(["ana", "luis"]),
)


@given(some.lists(cdrs, min_size=1, max_size=20, unique_by=lambda cdr: cdr.offered_at))
def test_the_counts_are_the_calls(calls: list[Cdr]) -> None:
    customer = reduce(merge, calls, None)
    assert customer is not None
    answered = [cdr for cdr in calls if cdr.end_reason == "answered"]
    assert (customer.calls, customer.answered) == (len(calls), len(answered))
    assert customer.abandoned == sum("abandon" in cdr.end_reason for cdr in calls)
    assert (customer.first_seen, customer.last_seen) == (
        min(cdr.offered_at for cdr in calls),
        max(cdr.offered_at for cdr in calls),
    )
    last = max(answered, key=lambda cdr: cdr.offered_at, default=None)
    assert customer.last_agent == (last and last.agent)
    assert customer == reduce(merge, sorted(calls, key=lambda cdr: cdr.offered_at), None)


def test_a_customer_survives_the_store() -> None:
    customer = merge(None, ANSWERED)
    assert msgspec.json.decode(msgspec.json.encode(customer), type=Customer) == customer
