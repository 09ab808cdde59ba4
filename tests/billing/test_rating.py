"""What a call costs, against the rules told in words and a slow reference in fractions."""

from fractions import Fraction
from math import ceil, floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.acd.ids import LineName
from appliance.billing.rating import Charge, money, rate_call
from appliance.billing.tariffs import Rate, RateTable

LINE = LineName("movil1")
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
    assert made.arithmetic() == "0 EUR (no_rate)"


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
