"""Days on which everything goes wrong: what each call costs is what its connections lasted, none lost or twice."""

import pytest

from appliance.acd.effects import Cdr, LegRecord
from appliance.billing.charges import Charge
from appliance.billing.rating import worked_out
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.store_writes import Office, charge_for
from tests.acd.test_world import FIRST_SEED, play
from tests.world_parts import EVERYTHING

MICRO_A_SECOND = 60
"""A minute, of a rate that makes every begun second of a connection one micro-unit."""
RATES = RateTable(
    [
        Rate("out", "out", "", None, "", 0, MICRO_A_SECOND, 1, 1),
        Rate("in", "in", "", None, "", 0, MICRO_A_SECOND, 1, 1, counts="line"),
    ],
    "EUR",
)
OFFICE = Office(rates=RATES)


def seconds(legs: list[LegRecord]) -> int:
    """Begun ones from the first answer to the last end; one at least, when anybody answered."""
    up = [(leg.answered_ms, leg.ended_ms) for leg in legs if leg.answered_ms >= 0]
    return max(-(-(max(end for _, end in up) - min(at for at, _ in up)) // 1000), 1) if up else 0


def lasted_s(cdr: Cdr) -> int:
    """What the lines of a call were up for: the customer's, and each outside number they were sent to."""
    numbers = [[leg] for leg in cdr.legs if leg.role == "number"]
    return sum(seconds(legs) for legs in ([leg for leg in cdr.legs if leg.role == "caller"], *numbers))


def charges(charge: Charge) -> tuple[Charge, ...]:
    return charge, *charge.legs


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + 4))
def test_no_second_of_a_line_is_lost_and_none_is_charged_twice(seed: int) -> None:
    cdrs = play(seed, 1_000, EVERYTHING).ledger.cdrs
    for cdr in cdrs:
        charge = charge_for(OFFICE, cdr)
        assert charge.total_micros == lasted_s(cdr) == worked_out(charge), f"seed {seed}: {cdr}"
        for one in charges(charge):
            assert one.reason in ("rated", "unanswered"), f"seed {seed}: {cdr}"
        assert all(leg.line is not None for leg in cdr.legs if leg.role in ("caller", "number"))
        assert cdr.forwarded_to or not charge.legs
    sent_on = sum(bool(charge_for(OFFICE, cdr).legs) for cdr in cdrs)
    assert sum(cdr.direction == "out" and charge_for(OFFICE, cdr).total_micros > 0 for cdr in cdrs) > 5
    print(f"seed {seed}: {len(cdrs)} calls, {sent_on} sent to an outside number that answered")
