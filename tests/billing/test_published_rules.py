"""What other systems' published rules charge, and what ours do: equal, or different for a reason that is written down.

The rules, their sources and the figures are in `published_rules.toml`.
"""

import tomllib
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from msgspec import Struct

from appliance.acd.ids import LineName
from appliance.acd.plan import Hours, OpenSpan
from appliance.billing.charges import Charge
from appliance.billing.rating import rate_call, worked_out
from appliance.billing.tariffs import Rate, RateTable
from tests.billing.reference import limited

FILE = Path(__file__).with_name("published_rules.toml")
SYSTEMS = ("yeastar", "cgrates", "a2billing")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Vector(Struct, frozen=True, forbid_unknown_fields=True):
    seconds: int
    theirs: str
    ours: str
    at: datetime = NOON
    included_s: int = 0


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    source: str
    says: str
    rates: tuple[dict[str, object], ...]
    vector: tuple[Vector, ...]
    why: str = ""
    cannot: str = ""
    """Where no rate of ours does what the rule says; "" when one does all of it."""


class Span(Struct, frozen=True, forbid_unknown_fields=True):
    weekdays: tuple[int, ...]
    from_minute: int
    to_minute: int


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[Rule, ...]
    calendars: dict[str, Span]


RULES = msgspec.convert(tomllib.loads(FILE.read_text()), Rules)
VECTORS = [(rule, vector) for rule in RULES.rule for vector in rule.vector]
IDS = [f"{rule.name}-{vector.seconds}s" for rule, vector in VECTORS]
OUT: Literal["out"] = "out"


def table(rule: Rule) -> RateTable:
    calendars = {
        name: Hours("UTC", (OpenSpan(span.weekdays, span.from_minute, span.to_minute),))
        for name, span in RULES.calendars.items()
    }
    rates = [msgspec.convert({"direction": OUT, **rate}, Rate) for rate in rule.rates]
    return RateTable(rates, "EUR", calendars)


def charged(rule: Rule, vector: Vector) -> Charge:
    return rate_call(
        table(rule),
        OUT,
        "+34600111222",
        LineName("l1"),
        "",
        vector.seconds * 1000,
        at_utc_ms=int(vector.at.timestamp()) * 1000,
        included_s=vector.included_s,
    )


def micros(amount: str) -> int:
    value = Fraction(amount) * 1_000_000
    assert value.denominator == 1, f"{amount} has more than six decimals"
    return value.numerator


@pytest.mark.parametrize(("rule", "vector"), VECTORS, ids=IDS)
def test_ours_is_what_the_table_says_to_the_micro_unit(rule: Rule, vector: Vector) -> None:
    charge = charged(rule, vector)
    assert charge.total_micros == micros(vector.ours), charge.arithmetic()
    assert worked_out(charge) == charge.total_micros
    assert charge.reason == ("rated" if vector.seconds else "unanswered")


@pytest.mark.parametrize("rule", RULES.rule, ids=[rule.name for rule in RULES.rule])
def test_a_difference_is_explained_and_an_explanation_is_of_something(rule: Rule) -> None:
    differ = [vector for vector in rule.vector if micros(vector.theirs) != micros(vector.ours)]
    assert rule.why or not differ, "figures that differ need a sentence that says why"
    assert differ or not rule.cannot, "what we cannot do shows in a vector"
    assert rule.source and rule.says and rule.vector
    assert not rule.why or rule.why.endswith(".")


def test_each_system_is_there_and_most_figures_are_equal() -> None:
    assert all(any(rule.name.startswith(system) for rule in RULES.rule) for system in SYSTEMS)
    equal = [vector.theirs == vector.ours for _, vector in VECTORS]
    assert sum(equal) > len(equal) // 2
    assert len({rule.name for rule in RULES.rule}) == len(RULES.rule)


# Their rules as formulas, so that a figure in the table that no source prints is no slip of a pen.


def yeastar(seconds: int, rate: Fraction, unit_s: int, initial_s: int, initial_cost: Fraction) -> Fraction:
    """Call Rate Settings: the initial cost, and the rate for every begun unit after the initial time."""
    return initial_cost + max(0, -(-(seconds - initial_s) // unit_s)) * rate


def a2billing(seconds: int, rate: Fraction, initblock: int, billingblock: int, fee: Fraction = Fraction(0)) -> Fraction:
    """rate_engine_calculcost: at least initblock, and a longer call in whole blocks from its beginning."""
    counted = initblock if seconds <= initblock else -(-seconds // billingblock) * billingblock
    return fee + Fraction(counted, 60) * rate


FORMULAS = {
    "yeastar_columns": lambda s: yeastar(s, Fraction("0.5"), 60, 120, Fraction(2)),
    "yeastar_initial_cost_below_the_rate": lambda s: yeastar(s, Fraction("0.3"), 60, 120, Fraction("0.2")),
    "openvox_rate_offset": lambda s: yeastar(s, Fraction(2), 60, 0, Fraction(1)),
    "a2billing_blocks_that_fit": lambda s: a2billing(s, Fraction("0.05"), 30, 6),
    "a2billing_blocks_that_do_not_fit": lambda s: a2billing(s, Fraction("0.6"), 60, 18),
    "a2billing_connect_and_disconnect_charge": lambda s: a2billing(s, Fraction("0.06"), 1, 1, Fraction("0.08")),
    "a2billing_minimal_cost": lambda s: max(Fraction("0.1"), a2billing(s, Fraction("0.06"), 1, 1)),
    "a2billing_rounding": lambda s: Fraction(
        limited(Rate("x", "out"), 1_000_000 * a2billing(s, Fraction("0.1"), 1, 1)), 1_000_000
    ),
    "a2billing_progressive": lambda s: (
        Fraction("0.1")
        + Fraction(min(s, 120), 60) * Fraction("0.06")
        + Fraction(max(s - 120, 0), 60) * Fraction("0.12")
    ),
}


@pytest.mark.parametrize(("rule", "vector"), VECTORS, ids=IDS)
def test_their_figure_is_what_their_rule_comes_to(rule: Rule, vector: Vector) -> None:
    formula = FORMULAS.get(rule.name)
    if formula is not None:
        assert formula(vector.seconds) == Fraction(vector.theirs)


@pytest.mark.parametrize(
    "name",
    ["yeastar_columns", "yeastar_initial_cost_below_the_rate", "openvox_rate_offset", "a2billing_blocks_that_fit"],
)
def test_a_rule_that_our_rates_express_agrees_for_every_length_of_call(name: str) -> None:
    rule = next(one for one in RULES.rule if one.name == name)
    assert not rule.cannot
    for seconds in range(1, 1_000):
        made = charged(rule, Vector(seconds, "", ""))
        assert made.total_micros == FORMULAS[name](seconds) * 1_000_000, seconds
