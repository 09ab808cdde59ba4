"""What the networks ask for a call, from its record: one charge for each of its connections, added up."""

from msgspec.structs import replace

from appliance.acd.effects import Cdr, LegRecord
from appliance.acd.ids import LineName
from appliance.billing.charges import Charge
from appliance.billing.rating import rate_call, together
from appliance.billing.tariffs import Direction, RateTable
from appliance.daemon.e164 import e164


def call_cost(rates: RateTable, country: str, cdr: Cdr) -> Charge:
    """A caller's talk time with their time on hold, by their number and the line they came on; and what it costs to
    have sent them to an outside number, from its answer to its end, on the line that carried it."""
    number, rated_ms = cdr.called if cdr.direction == "out" else cdr.caller, cdr.talk_ms + cdr.hold_ms
    own = _charge(rates, country, cdr, cdr.direction, number, cdr.line, rated_ms, talk_began_at(cdr))
    return together(own, tuple(_forwarded(rates, country, cdr, leg) for leg in _answered(cdr, "number")))


def talk_began_at(cdr: Cdr) -> int:
    """When somebody talked with the far party first; 0 when nobody did. Who is sent to an outside number talks with no
    agent, and so was never answered: their talk began when the wait was over."""
    if not cdr.answered_at and cdr.talk_ms + cdr.hold_ms > 0:
        return cdr.offered_at + cdr.ivr_ms + cdr.wait_ms
    return cdr.answered_at


def _forwarded(rates: RateTable, country: str, cdr: Cdr, leg: LegRecord) -> Charge:
    lasted_ms, at_ms = leg.ended_ms - leg.answered_ms, cdr.offered_at + leg.answered_ms
    line = leg.line or cdr.line
    charge = _charge(rates, country, cdr, "out", cdr.forwarded_to, line, lasted_ms, at_ms)
    return replace(charge, line=line)


def _charge(
    rates: RateTable,
    country: str,
    cdr: Cdr,
    direction: Direction,
    number: str,
    line: LineName,
    rated_ms: int,
    at_utc_ms: int,
) -> Charge:
    whole = e164(number, country)
    rated_as = whole if whole != number else ""
    at_ms = max(at_utc_ms, 0)
    return rate_call(rates, direction, number, line, cdr.project, rated_ms, at_utc_ms=at_ms, rated_as=rated_as)


def _answered(cdr: Cdr, role: str) -> list[LegRecord]:
    return [leg for leg in cdr.legs if leg.role == role and leg.answered_ms >= 0]
