"""What the office knows of each person who calls, worked out from the calls' records and from nothing else.

Pure: the store keeps one `Customer` a number and merges each CDR into it once, when the CDR is first stored.
"""

from msgspec import Struct

from appliance.acd.effects import Cdr
from appliance.acd.ids import AgentName, QueueName


class Customer(Struct, frozen=True, forbid_unknown_fields=True):
    """Everybody who calls or is called is one, by number. Moments are UTC ms; counts are of whole calls."""

    number: str
    first_seen: int
    last_seen: int
    """When the latest call was offered."""
    calls: int = 0
    answered: int = 0
    """Calls in which they talked with an agent."""
    abandoned: int = 0
    """Calls they gave up while waiting, soon or late."""
    last_queue: QueueName | None = None
    last_agent: AgentName | None = None
    """Who talked with them last, in the latest call that was answered."""
    last_answered: int = 0
    """When that call was offered; 0: never."""


def customer_number(cdr: Cdr) -> str:
    """The far party's number: who called, or whom we called. "" when withheld: then there is no customer."""
    return cdr.called if cdr.direction == "out" else cdr.caller


def merge(customer: Customer | None, cdr: Cdr) -> Customer:
    """The customer with one more call; None is one never seen.

    Calls end in another order than they began, so the result does not depend on the order of the CDRs. Merging one
    twice counts it twice: whoever stores CDRs sees to it that each is merged once. Raises ValueError when the number
    is withheld or another customer's.
    """
    number = customer_number(cdr)
    if not number:
        raise ValueError(f"call {cdr.call} has no number, so it is nobody's")
    before = customer or Customer(number, cdr.offered_at, cdr.offered_at)
    if before.number != number:
        raise ValueError(f"call {cdr.call} is {number}'s and not {before.number}'s")
    talked = cdr.agent is not None and (cdr.end_reason == "answered" or cdr.talk_ms > 0)
    latest = cdr.offered_at >= before.last_seen
    latest_answered = talked and cdr.offered_at >= before.last_answered
    return Customer(
        number=number,
        first_seen=min(before.first_seen, cdr.offered_at),
        last_seen=max(before.last_seen, cdr.offered_at),
        calls=before.calls + 1,
        answered=before.answered + talked,
        abandoned=before.abandoned + (cdr.end_reason in ("abandoned", "short_abandon")),
        last_queue=cdr.queue if latest else before.last_queue,
        last_agent=cdr.agent if latest_answered else before.last_agent,
        last_answered=cdr.offered_at if latest_answered else before.last_answered,
    )
