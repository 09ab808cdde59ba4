"""What the networks ask for a call, from its record: one charge for each of its connections, added up."""

from collections.abc import Collection
from typing import NamedTuple

from msgspec.structs import replace

from appliance.acd.effects import Cdr, LegRecord
from appliance.acd.ids import LineName
from appliance.billing.charges import Charge
from appliance.billing.rating import free_emergency, rate_call, together
from appliance.billing.tariffs import Direction, RateTable
from appliance.daemon.e164 import SHORT, e164, rated_as
from appliance.daemon.included_minutes import IncludedMinutes


def call_cost(
    rates: RateTable,
    country: str,
    cdr: Cdr,
    emergency: Collection[str] = (),
    minutes: IncludedMinutes | None = None,
) -> Charge:
    """A number we dialled costs from its answer to its end, whoever of the office was there; a caller, their talk with
    their time on hold, or all their line's time if the rate says so, by their number and the line they came on. Who was
    sent to an outside number costs that call too, on the line that carried it. An emergency is free, but for a tariff
    of just that number. What goes out takes of the `minutes` that its line's contract includes."""
    terms = _Terms(rates, country, emergency, minutes)
    number, lasted = (cdr.called, _dialled(cdr)) if cdr.direction == "out" else (cdr.caller, _caller(terms, cdr))
    own = _charge(terms, cdr, cdr.direction, number, cdr.line, lasted)
    if number in emergency and cdr.direction == "out" and lasted.ms and own.prefix.removeprefix(SHORT) != number:
        own = free_emergency(own)
    return together(own, tuple(_forwarded(terms, cdr, leg) for leg in _answered(cdr, "number")))


class _Terms(NamedTuple):
    rates: RateTable
    country: str
    emergency: Collection[str]
    minutes: IncludedMinutes | None


def talk_began_at(cdr: Cdr) -> int:
    """When somebody talked with the far party first; 0 when nobody did. Who is sent to an outside number talks with no
    agent, and so was never answered: their talk began when the wait was over."""
    if not cdr.answered_at and cdr.talk_ms + cdr.hold_ms > 0:
        return cdr.offered_at + cdr.ivr_ms + cdr.wait_ms
    return cdr.answered_at


def _forwarded(terms: _Terms, cdr: Cdr, leg: LegRecord) -> Charge:
    line = leg.line or cdr.line
    charge = _charge(terms, cdr, "out", cdr.forwarded_to, line, _from_answer_to_end(cdr, [leg]))
    return replace(charge, line=line)


class _Lasted(NamedTuple):
    """A connection as its network counts it."""

    at_utc_ms: int
    ms: int
    """0: it was never answered."""


def _caller(terms: _Terms, cdr: Cdr) -> _Lasted:
    """By what the rate in force counts when the box picks up."""
    legs = _answered(cdr, "caller")
    if not legs:
        return _talk(cdr)
    line = _from_answer_to_end(cdr, legs)
    number = e164(cdr.caller, terms.country)
    rate = terms.rates.find("in", number, cdr.line, cdr.project, max(line.at_utc_ms, 0))
    return line if rate is not None and rate.counts == "line" else _talk(cdr)


def _talk(cdr: Cdr) -> _Lasted:
    return _Lasted(talk_began_at(cdr), cdr.talk_ms + cdr.hold_ms)


def _dialled(cdr: Cdr) -> _Lasted:
    """The customer's legs that answered are one connection: a second is the first, found again by a new switch."""
    legs = _answered(cdr, "caller")
    return _from_answer_to_end(cdr, legs) if legs else _talk(cdr)


def _from_answer_to_end(cdr: Cdr, legs: list[LegRecord]) -> _Lasted:
    """An answer is charged for, however short what followed."""
    answered_ms = min(leg.answered_ms for leg in legs)
    return _Lasted(cdr.offered_at + answered_ms, max(max(leg.ended_ms for leg in legs) - answered_ms, 1))


def _charge(terms: _Terms, cdr: Cdr, direction: Direction, number: str, line: LineName, lasted: _Lasted) -> Charge:
    at_ms, included_s = max(lasted.at_utc_ms, 0), 0
    if terms.minutes is not None and direction == "out" and number not in terms.emergency:
        included_s = terms.minutes.take(line, number, at_ms, lasted.ms)
    return rate_call(
        terms.rates,
        direction,
        number,
        line,
        cdr.project,
        lasted.ms,
        at_utc_ms=at_ms,
        included_s=included_s,
        rated_as=rated_as(number, terms.country),
    )


def _answered(cdr: Cdr, role: str) -> list[LegRecord]:
    return [leg for leg in cdr.legs if leg.role == role and leg.answered_ms >= 0]
