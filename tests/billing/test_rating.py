"""What a call costs, against the rules told in words and a slow reference in fractions."""

from fractions import Fraction
from math import ceil, floor

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from appliance.acd.ids import LineName
from appliance.acd.plan import Hours, OpenSpan
from appliance.billing.amounts import Rounding
from appliance.billing.charges import Charge, Piece, money
from appliance.billing.rating import rate_call, worked_out
from appliance.billing.tariffs import Rate, RateTable

LINE = LineName("movil1")
NOON_UTC_MS = 1_795_345_200_000
"""2026-11-22T11:00:00Z, noon in Madrid, a Sunday."""
MORNING = Hours("Europe/Madrid", (OpenSpan(tuple(range(7)), 0, 720),))
MOBILE = Rate("moviles", "in", "346", None, "", 50_000, 24_000, 60, 30, "7")


def charge(rate: Rate, rated_ms: int, number: str = "34600111222") -> Charge:
    return rate_call(RateTable([rate], "EUR"), "in", number, LINE, "", rated_ms)


@pytest.mark.parametrize(
    ("rated_ms", "billed_s"),
    [(1, 60), (59_999, 60), (60_000, 60), (60_001, 90), (90_000, 90), (90_001, 120), (3_600_000, 3600)],
)
def test_the_first_increment_is_whole_and_each_next_one_begun_counts(rated_ms: int, billed_s: int) -> None:
    assert charge(MOBILE, rated_ms).billed_s == billed_s


def test_the_connect_fee_is_charged_once_and_the_arithmetic_is_in_the_charge() -> None:
    made = charge(MOBILE, 95_000)
    assert made.total_micros == 50_000 + 120 * 24_000 // 60
    assert made.arithmetic() == "0.05 + 120 s (60 + 2 x 30) x 0.024/min = 0.098 EUR (moviles v7)"


def test_a_fraction_of_a_micro_unit_is_rounded_half_up_once() -> None:
    per_second = Rate("s", "in", rate_micros_per_minute=1, first_increment_s=1, next_increment_s=1)
    assert [charge(per_second, s * 1000).total_micros for s in (29, 30, 89, 90)] == [0, 1, 1, 2]


def test_an_unanswered_call_is_free_connect_fee_included() -> None:
    made = charge(MOBILE, 0)
    assert (made.reason, made.total_micros, made.arithmetic()) == ("unanswered", 0, "0 EUR (unanswered)")


def test_a_number_no_tariff_covers_is_charged_nothing_and_says_so() -> None:
    made = charge(MOBILE, 60_000, number="4912345")
    assert (made.reason, made.total_micros, made.rated_ms) == ("no_rate", 0, 60_000)
    assert made.arithmetic() == "0 EUR (no tariff)"


def test_a_negative_duration_is_a_bug_and_raises() -> None:
    with pytest.raises(ValueError, match="-1"):
        charge(MOBILE, -1)


@pytest.mark.parametrize(
    ("micros", "text"), [(0, "0"), (1, "0.000001"), (50_000, "0.05"), (1_500_000, "1.5"), (120_000_000, "120")]
)
def test_money_is_a_plain_decimal(micros: int, text: str) -> None:
    assert money(micros) == text


rates = st.builds(
    Rate,
    name=st.just("r"),
    direction=st.just("in"),
    connect_fee_micros=st.integers(0, 10**9),
    rate_micros_per_minute=st.integers(0, 10**9),
    first_increment_s=st.integers(1, 3600),
    next_increment_s=st.integers(1, 3600),
)
durations = st.integers(1, 100_000_000)


def reference_micros(rate: Rate, rated_ms: int) -> int:
    """The rule word by word, in fractions: connect fee, whole increments, rounded half up at the end."""
    seconds = Fraction(rated_ms, 1000)
    billed = Fraction(rate.first_increment_s)
    if seconds > billed:
        billed += ceil((seconds - billed) / rate.next_increment_s) * rate.next_increment_s
    exact = rate.connect_fee_micros + billed / 60 * rate.rate_micros_per_minute
    return floor(exact + Fraction(1, 2))


@given(rate=rates, rated_ms=durations)
def test_a_charge_equals_the_reference_to_the_micro_unit(rate: Rate, rated_ms: int) -> None:
    assert charge(rate, rated_ms).total_micros == reference_micros(rate, rated_ms)


@given(rate=rates, rated_ms=durations, more_ms=st.integers(0, 100_000))
def test_a_longer_call_never_costs_less(rate: Rate, rated_ms: int, more_ms: int) -> None:
    assert charge(rate, rated_ms + more_ms).total_micros >= charge(rate, rated_ms).total_micros


@given(rate=rates, rated_ms=durations)
def test_a_charge_can_be_worked_out_again_from_what_it_carries(rate: Rate, rated_ms: int) -> None:
    made = charge(rate, rated_ms)
    carried = Rate(
        made.tariff,
        made.direction,
        made.prefix,
        connect_fee_micros=made.connect_fee_micros,
        rate_micros_per_minute=made.rate_micros_per_minute,
        first_increment_s=made.first_increment_s,
        next_increment_s=made.next_increment_s,
        version=made.tariff_version,
    )
    assert charge(carried, made.rated_ms, made.number) == made


def parted(rated_ms: int, before_ms: int, *rates: Rate, included_s: int = 0) -> Charge:
    """A call answered so long before noon."""
    table = RateTable(rates, "EUR", {"morning": MORNING})
    at_ms = NOON_UTC_MS - before_ms
    return rate_call(table, "in", "34600111222", LINE, "", rated_ms, at_utc_ms=at_ms, included_s=included_s)


PEAK = Rate("peak", "in", "", None, "", 50_000, 60_000, 60, 30, "1", "morning")
OFF_PEAK = Rate("off_peak", "in", "", None, "", 10_000, 6_000, 60, 60, "2")


def test_a_call_that_outlasts_its_tariff_is_parted_where_the_increment_in_force_ends() -> None:
    made = parted(180_000, 70_000, PEAK, OFF_PEAK)
    assert made.pieces == (
        Piece("peak", "1", "", 0, 90, 0, 60_000, 30),
        Piece("off_peak", "2", "", 90, 120, 0, 6_000, 60),
    )
    assert (made.tariff, made.connect_fee_micros, made.billed_s, made.total_micros) == ("peak", 50_000, 210, 152_000)
    assert made.arithmetic() == "0.05 + 90 s x 0.06/min (peak v1) + 120 s x 0.006/min (off_peak v2) = 0.152 EUR"
    assert made.at_utc_ms == NOON_UTC_MS - 70_000
    assert worked_out(made) == made.total_micros


def test_a_first_increment_that_lasts_beyond_its_tariff_is_paid_once() -> None:
    made = parted(59_000, 10_000, PEAK, OFF_PEAK)
    assert (made.pieces, made.billed_s, made.total_micros) == ((), 60, 110_000)


def test_where_no_tariff_holds_in_the_middle_of_a_call_nothing_is_charged_and_it_is_said() -> None:
    made = parted(120_000, 30_000, PEAK)
    assert [(piece.tariff, piece.from_s, piece.billed_s) for piece in made.pieces] == [("peak", 0, 60), ("", 60, 60)]
    assert made.arithmetic() == "0.05 + 60 s x 0.06/min (peak v1) + 60 s x 0/min (no tariff) = 0.11 EUR"
    assert parted(120_000, -1, PEAK).reason == "no_rate"


@pytest.mark.parametrize(
    ("rounding", "totals"),
    [
        ("half_up", [0, 10_000, 10_000, 20_000]),
        ("half_even", [0, 0, 10_000, 20_000]),
        ("up", [10_000, 10_000, 10_000, 20_000]),
        ("down", [0, 0, 0, 10_000]),
    ],
)
def test_the_total_is_rounded_once_as_the_tariff_says(rounding: Rounding, totals: list[int]) -> None:
    def total(micros: int) -> int:
        return charge(Rate("r", "in", connect_fee_micros=micros, rounding=rounding, decimals=2), 1_000).total_micros

    assert [total(micros) for micros in (4_999, 5_000, 9_999, 15_000)] == totals


@pytest.mark.parametrize(("rated_ms", "total"), [(1_000, 100_000), (200_000, 106_000), (20_000_000, 2_000_000)])
def test_a_call_costs_no_less_than_the_least_and_no_more_than_the_most(rated_ms: int, total: int) -> None:
    rate = Rate("r", "in", rate_micros_per_minute=26_500, minimum_micros=100_000, maximum_micros=2_000_000)
    assert charge(rate, rated_ms).total_micros == total
    assert ", at least 0.1, at most 2 = " in charge(rate, rated_ms).arithmetic()


@pytest.mark.parametrize(("rated_ms", "total"), [(10_000, 0), (10_001, 50_000 + 50_000), (61_000, 50_000 + 110_000)])
def test_free_seconds_cost_nothing_and_a_call_of_no_more_than_them_pays_no_connect_fee(
    rated_ms: int, total: int
) -> None:
    rate = Rate("r", "in", "", None, "", 50_000, 60_000, 60, 60, free_s=10)
    made = charge(rate, rated_ms)
    assert (made.total_micros, worked_out(made)) == (total, total)


@pytest.mark.parametrize(("rated_ms", "total"), [(1, 200_000), (120_000, 200_000), (120_001, 500_000)])
def test_free_seconds_may_have_a_price_together(rated_ms: int, total: int) -> None:
    rate = Rate("r", "in", "", None, "", 200_000, 300_000, 120, 60, free_s=120, fee_when_free=True)
    made = charge(rate, rated_ms)
    assert (made.total_micros, worked_out(made)) == (total, total)
    assert made.arithmetic().startswith("0.2 + 1")
    assert charge(replace(rate, minimum_micros=300_000), 1).total_micros == 300_000


def test_what_the_contract_includes_is_taken_from_the_beginning_and_counted() -> None:
    made = parted(180_000, -1, OFF_PEAK, included_s=100)
    assert (made.included_s, made.total_micros) == (100, 10_000 + 80 * 100)
    assert made.arithmetic() == "0.01 + 180 s (100 free) x 0.006/min (off_peak v2) = 0.018 EUR"
    whole = parted(180_000, -1, OFF_PEAK, included_s=1_000)
    assert (whole.included_s, whole.total_micros) == (180, 0)
    with pytest.raises(ValueError, match="-1"):
        parted(1, 0, OFF_PEAK, included_s=-1)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"billed_s": 180}, "the pieces are 210 s together"),
        ({"pieces": (Piece("peak", "1", "", 0, 91, 0, 60_000, 30),)}, "whole increments"),
        ({"pieces": (Piece("peak", "1", "", 5, 90, 0, 60_000, 30),)}, "begins at 5 s"),
        ({"pieces": (Piece("peak", "1", "", 0, 90, 91, 60_000, 30),)}, "whole increments"),
        ({"pieces": ()}, "180000 ms are 180 s in increments"),
    ],
)
def test_a_charge_that_contradicts_itself_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        worked_out(replace(parted(180_000, 70_000, PEAK, OFF_PEAK), **changes))


def test_a_charge_kept_before_tariffs_knew_hours_reads_and_writes_as_it_was() -> None:
    kept = (
        b'{"reason":"rated","currency":"EUR","direction":"in","number":"34600111222","rated_ms":95000,"billed_s":120,'
        b'"tariff":"moviles","tariff_version":"7","prefix":"346","connect_fee_micros":50000,'
        b'"rate_micros_per_minute":24000,"first_increment_s":60,"next_increment_s":30,"total_micros":98000}'
    )
    assert msgspec.json.encode(msgspec.json.decode(kept, type=Charge)) == kept
    assert msgspec.json.decode(kept, type=Charge) == charge(MOBILE, 95_000)
