"""From a call, a result or a month to the lines a client is charged, by the contract in force; nothing about storing.

Each function says all that a subject comes to by now. Whoever keeps the account writes the first line of a subject as
it is, and what differs later as a correction (`correction`), so that what was written is never touched.
"""

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from appliance.acd.ids import LineName
from appliance.billing.amounts import share
from appliance.billing.contracts import NO_TAX, Contract, PerCall, PerProject, PerResult, Tax
from appliance.billing.lines import (
    CallFact,
    ExtraFact,
    Facts,
    FeeFact,
    Kind,
    Line,
    MinimumFact,
    MinutesFact,
    ResultFact,
    value,
)
from appliance.billing.rating import not_rated, rate_call
from appliance.billing.tariffs import Direction

ResultState = Literal["claimed", "confirmed", "reversed"]


class CallFacts(Struct, frozen=True):
    """What of a call its client's charges depend on. Times UTC ms, durations ms."""

    call: str
    client: str
    project: str
    queue: str
    agent: str
    line: LineName
    direction: Direction
    number: str
    rated_as: str
    """The number in E.164, where `number` is not; else ""."""
    offered_at: int
    answered_at: int
    """0: nobody answered."""
    talked_ms: int
    """With its time on hold."""
    period: str
    dispositions: tuple[str, ...] = ()

    @property
    def answered(self) -> bool:
        return self.talked_ms > 0


def lines_of_call(contract: Contract, call: CallFacts) -> Iterator[Line]:
    """What the call itself costs its client: a price for the call, and its minutes."""
    fits = next((clause for clause in contract.calls if _fits(clause, call)), None)
    if fits is not None:
        code = next((code for code in call.dispositions if code in fits.dispositions), "")
        fact = CallFact(fits.counted, fits.price_micros, code)
        yield _of_call(contract, call, "call", fits.name, call.call, fact, fits.tax)
    if contract.minutes is not None and call.answered:
        charge = rate_call(
            contract.minutes,
            call.direction,
            call.number,
            call.line,
            call.project,
            call.talked_ms,
            at_utc_ms=call.answered_at,
            rated_as=call.rated_as,
        )
        yield _of_call(contract, call, "minutes", charge.tariff, call.call, MinutesFact(charge), contract.tax)


def no_call_price(contract: Contract, call: CallFacts) -> Line:
    """What is charged for a call that had a price and, since its disposition changed, fits no clause."""
    return _of_call(contract, call, "call", "", call.call, CallFact("any", 0), NO_TAX)


def nothing_due(line: Line) -> Line:
    """What a subject comes to for which nothing is charged any more; `line`: one of those it has."""
    facts: Facts
    match line.facts:
        case CallFact():
            facts = CallFact("any", 0)
        case MinutesFact(charge):
            facts = MinutesFact(not_rated(charge))
        case ResultFact():
            facts = ResultFact("reversed", 0, line.facts.by)
        case FeeFact():
            facts = FeeFact(0)
        case ExtraFact():
            facts = ExtraFact(0, 0, 0, 0, 0, 0, 1)
        case MinimumFact():
            facts = MinimumFact(0, 0)
    return replace(
        line,
        clause="",
        facts=facts,
        amount_micros=0,
        tax_micros=0,
        revision=0,
        corrects=0,
        was_micros=0,
        was_tax_micros=0,
        why="",
    )


def results_claimed(contract: Contract, call: CallFacts) -> Iterator[PerResult]:
    """The results that the call's dispositions claim."""
    for clause in contract.results:
        if any(code in clause.dispositions for code in call.dispositions):
            yield clause


def line_of_result(contract: Contract, call: CallFacts, clause: PerResult, state: ResultState, by: str) -> Line | None:
    """What a result costs in a state; None while nothing was ever to be charged."""
    due = state == "confirmed" or (state == "claimed" and clause.charged_when == "claimed")
    if state == "claimed" and not due:
        return None
    fact = ResultFact(state, clause.price_micros if due else 0, by)
    return _of_call(contract, call, "result", clause.name, f"{call.call}/{clause.name}", fact, clause.tax)


class Used(Struct, frozen=True):
    """What was used of a project in a month."""

    calls: int = 0
    """Answered ones."""
    talked_s: int = 0
    """In whole steps of the clause's increment."""


def line_of_fee(contract: Contract, clause: PerProject, period: str, last_utc_ms: int) -> Line | None:
    if not clause.fee_micros:
        return None
    return _of_period(contract, "fee", clause.name, period, last_utc_ms, FeeFact(clause.fee_micros), clause)


def line_of_extra(contract: Contract, clause: PerProject, period: str, last_utc_ms: int, used: Used) -> Line | None:
    """What was used above what the fee includes; None for a clause without a price for it. Each version of a contract
    charges its own: of one renewed within the month there are two."""
    if not clause.extra_call_micros and not clause.extra_minute_micros:
        return None
    fact = ExtraFact(
        used.calls,
        clause.included_calls,
        clause.extra_call_micros,
        used.talked_s,
        clause.included_s,
        clause.extra_minute_micros,
        clause.increment_s,
    )
    line = _of_period(contract, "extra", clause.name, period, last_utc_ms, fact, clause)
    return replace(line, subject=f"{contract.name} v{contract.version}/{clause.name}/{period}")


def line_of_set_up(contract: Contract, period: str, at_utc_ms: int) -> Line | None:
    """Once a contract, whatever its version: whoever keeps the account never corrects it by another version's."""
    if not contract.set_up_micros:
        return None
    line = _of_period(contract, "set_up", "", period, at_utc_ms, FeeFact(contract.set_up_micros), None)
    return replace(line, subject=contract.name)


def line_of_minimum(contract: Contract, period: str, last_utc_ms: int, charged_micros: int) -> Line | None:
    """What is missing to the month's least; `charged_micros`: its other lines, without tax."""
    if not contract.minimum_micros:
        return None
    fact = MinimumFact(contract.minimum_micros, charged_micros)
    return _of_period(contract, "minimum", "", period, last_utc_ms, fact, None)


def correction(first: int, revision: int, was_micros: int, was_tax_micros: int, now: Line, why: str) -> Line | None:
    """The line that brings a subject from what all its lines together come to (`was_…`) to what it is `now`; None when
    that is the same money. `first` is the number of the subject's first line, `revision` that of the new one."""
    if (was_micros, was_tax_micros) == (now.amount_micros, now.tax_micros):
        return None
    return replace(
        now,
        revision=revision,
        corrects=first,
        was_micros=was_micros,
        was_tax_micros=was_tax_micros,
        amount_micros=now.amount_micros - was_micros,
        tax_micros=now.tax_micros - was_tax_micros,
        why=why,
    )


def _fits(clause: PerCall, call: CallFacts) -> bool:
    if clause.counted != "any" and call.answered != (clause.counted == "answered"):
        return False
    if clause.direction and clause.direction != call.direction:
        return False
    if clause.queues and call.queue not in clause.queues:
        return False
    return not clause.dispositions or any(code in clause.dispositions for code in call.dispositions)


def _of_call(
    contract: Contract, call: CallFacts, kind: Kind, clause: str, subject: str, facts: Facts, tax: Tax
) -> Line:
    micros = facts.charge.total_micros if isinstance(facts, MinutesFact) else value(facts)
    return Line(
        account=contract.client,
        kind=kind,
        subject=subject,
        contract=contract.name,
        version=contract.version,
        clause=clause,
        at_utc_ms=call.offered_at,
        period=call.period,
        facts=facts,
        amount_micros=micros,
        currency=contract.currency,
        project=call.project,
        queue=call.queue,
        agent=call.agent,
        call=call.call,
        tax=tax,
        tax_micros=share(micros, tax.ppm),
    )


def _of_period(
    contract: Contract, kind: Kind, clause: str, period: str, at_utc_ms: int, facts: Facts, of: PerProject | None
) -> Line:
    micros, tax = value(facts), contract.tax if of is None else of.tax
    return Line(
        account=contract.client,
        kind=kind,
        subject=f"{contract.name}/{clause}/{period}",
        contract=contract.name,
        version=contract.version,
        clause=clause,
        at_utc_ms=at_utc_ms,
        period=period,
        facts=facts,
        amount_micros=micros,
        currency=contract.currency,
        project=contract.project if of is None else of.project or contract.project,
        tax=tax,
        tax_micros=share(micros, tax.ppm),
    )
