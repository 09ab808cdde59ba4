"""Lines of a client's account: what is charged, the facts it was worked out from, and how anyone works it out again."""

from typing import Literal

from msgspec import Struct

from appliance.billing.amounts import rounded, share
from appliance.billing.charges import Charge
from appliance.billing.contracts import NO_TAX, Counted, Tax
from appliance.billing.rating import worked_out as worked_out_minutes

MINUTE_S = 60
COST_ACCOUNT = "=cost"
"""The account of corrections of what carriers charge; no client's name begins so."""
Kind = Literal["call", "minutes", "result", "fee", "extra", "set_up", "minimum", "cost"]


class CallFact(Struct, frozen=True, forbid_unknown_fields=True, tag="call"):
    """One call of a kind that has a price; 0 when, since a correction, no clause fits it any more."""

    counted: Counted
    price_micros: int
    disposition: str = ""
    """The code that made the clause fit."""


class MinutesFact(Struct, frozen=True, forbid_unknown_fields=True, tag="minutes"):
    charge: Charge


class ResultFact(Struct, frozen=True, forbid_unknown_fields=True, tag="result"):
    state: Literal["claimed", "confirmed", "reversed"]
    price_micros: int
    """0 once it is reversed."""
    by: str = ""


class FeeFact(Struct, frozen=True, forbid_unknown_fields=True, tag="fee"):
    """Of a month, or for setting up."""

    price_micros: int


class ExtraFact(Struct, frozen=True, forbid_unknown_fields=True, tag="extra"):
    """What was used of a project in a month above what its fee includes."""

    calls: int
    included_calls: int
    extra_call_micros: int
    talked_s: int
    """Each call in whole steps of `increment_s`."""
    included_s: int
    extra_minute_micros: int
    increment_s: int


class MinimumFact(Struct, frozen=True, forbid_unknown_fields=True, tag="minimum"):
    """A month's least, and what its other lines came to."""

    minimum_micros: int
    charged_micros: int


Facts = CallFact | MinutesFact | ResultFact | FeeFact | ExtraFact | MinimumFact


class Line(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of an account. A correction names the line it `corrects`, has its `subject`, and its amount is what the
    facts come to less `was_micros`, what was charged for the subject until then."""

    account: str
    """The client; COST_ACCOUNT for what carriers charge."""
    kind: Kind
    subject: str
    """What is charged once: a call; a call and a clause; a contract, a clause and a month."""
    contract: str
    """Of a cost: the tariff."""
    version: str
    clause: str
    at_utc_ms: int
    """When what is charged happened; of a month, its last millisecond."""
    period: str
    """The month of that, by the box's clock: 2026-11."""
    facts: Facts
    amount_micros: int
    currency: str
    project: str = ""
    queue: str = ""
    agent: str = ""
    call: str = ""
    tax: Tax = NO_TAX
    tax_micros: int = 0
    revision: int = 0
    """0: the first line of the subject; a correction has the next number."""
    corrects: int = 0
    """The number, in the account, of the subject's first line; 0: none (of a cost: the call's own record)."""
    was_micros: int = 0
    was_tax_micros: int = 0
    why: str = ""
    """Of a correction."""


def value(facts: Facts) -> int:
    """What facts come to, in micro-units. Raises ValueError when they contradict themselves."""
    match facts:
        case CallFact() | ResultFact() | FeeFact():
            return _not_negative(facts.price_micros)
        case MinutesFact(charge):
            total_micros = worked_out_minutes(charge)
            if total_micros != charge.total_micros:
                raise ValueError(f"the minutes come to {total_micros} micro-units and say {charge.total_micros}")
            return total_micros
        case ExtraFact():
            calls = max(0, facts.calls - facts.included_calls)
            seconds = max(0, facts.talked_s - facts.included_s)
            return calls * _not_negative(facts.extra_call_micros) + rounded(
                seconds * facts.extra_minute_micros, MINUTE_S
            )
        case MinimumFact():
            return max(0, facts.minimum_micros - facts.charged_micros)


def worked_out(line: Line) -> tuple[int, int]:
    """The amount and its tax, from what the line carries alone. Raises ValueError when that contradicts itself."""
    micros = value(line.facts)
    return micros - line.was_micros, share(micros, line.tax.ppm) - line.was_tax_micros


def _not_negative(micros: int) -> int:
    if micros < 0:
        raise ValueError(f"a price of {micros} micro-units: no price is negative")
    return micros
