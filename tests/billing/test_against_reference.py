"""Random tariffs and calls, rated fast and by the slow reference; and what holds of any charge."""

import os
import random

import pytest

from appliance.billing.charges import Charge
from appliance.billing.rating import rate_call, worked_out
from appliance.billing.tariffs import RateTable
from tests.billing.reference import Call, a_call, a_moment, some_rates, total_micros


def charge(table: RateTable, call: Call, rated_ms: int | None = None) -> Charge:
    return rate_call(
        table,
        call.direction,
        call.number,
        call.line,
        call.project,
        call.rated_ms if rated_ms is None else rated_ms,
        at_utc_ms=call.at_utc_ms,
        included_s=call.included_s,
    )


def compare(seed: int, calls: int = 5) -> int:
    """Rate calls with one random table; how many were charged in more than one piece."""
    chance = random.Random(seed)
    around_ms = a_moment(chance)
    table, parted = some_rates(chance, around_ms), 0
    for _ in range(calls):
        call = a_call(chance, around_ms)
        made = charge(table, call)
        expected = total_micros(table, call)
        assert made.total_micros == expected, f"seed {seed}: {call} is {expected}, not {made} by {table.rates}"
        assert worked_out(made) == made.total_micros, f"seed {seed}: {made}"
        longer = charge(table, call, call.rated_ms + chance.randrange(120_000))
        assert longer.total_micros >= made.total_micros, f"seed {seed}: {call} costs more than {longer}"
        assert 0 <= made.included_s <= call.included_s, f"seed {seed}: {made}"
        parted += len(made.pieces) > 1
    return parted


def test_charges_equal_the_reference_to_the_micro_unit() -> None:
    first = int(os.environ.get("SEED", "1"))
    parted = sum(compare(seed) for seed in range(first, first + 1_500))
    assert parted > 100, "calls that outlast their tariff are among them"


@pytest.mark.long
def test_a_hundred_thousand_charges_equal_the_reference() -> None:
    for seed in range(1_000, 21_000):
        compare(seed)
