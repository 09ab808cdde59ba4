"""Amounts: rounded once by a rule with a name, and written so that a person reads the same number."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.billing.amounts import STEPS_MICROS, Rounding, rounded, share
from appliance.billing.charges import money

HOW: list[Rounding] = ["half_up", "half_even", "up", "down"]


@given(st.integers(0, 10**15), st.integers(1, 10**7), st.sampled_from(HOW), st.integers(0, 6))
def test_an_amount_is_rounded_to_the_nearest_step_its_rule_says(
    over: int, under: int, how: Rounding, digits: int
) -> None:
    exact, step = Fraction(over, under), STEPS_MICROS[digits]
    micros = rounded(over, under, how, digits)
    assert micros % step == 0
    match how:
        case "up":
            assert 0 <= micros - exact < step
        case "down":
            assert 0 <= exact - micros < step
        case "half_up":
            assert -step <= 2 * (exact - micros) < step
        case "half_even":
            assert micros == round(exact / step) * step


@given(st.integers(-(10**12), 10**12), st.integers(0, 10**6))
def test_what_is_taken_back_is_the_tax_that_was_charged(micros: int, ppm: int) -> None:
    assert share(-micros, ppm) == -share(micros, ppm)
    assert abs(2 * (share(micros, ppm) * 10**6 - micros * ppm)) <= 10**6


@given(st.integers(-(10**15), 10**15))
def test_money_reads_as_the_number_it_is(micros: int) -> None:
    assert Fraction(money(micros)) * 10**6 == micros


def test_what_is_no_amount_is_refused() -> None:
    with pytest.raises(ValueError, match="no amount"):
        rounded(-1, 1)
