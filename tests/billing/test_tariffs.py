"""Which rate covers a call."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.acd.ids import LineName
from appliance.billing.tariffs import Direction, Rate, RateTable, TariffError, normalised

LINE = LineName("movil1")
OTHER = LineName("fijo1")


def table(*rates: Rate) -> RateTable:
    return RateTable(rates, "EUR")


def found(rates: RateTable, number: str, line: LineName = LINE, project: str = "", way: Direction = "in") -> str:
    rate = rates.find(way, number, line, project)
    return "" if rate is None else rate.name


def test_the_longest_prefix_wins_over_any_line_or_project() -> None:
    rates = table(
        Rate("all_of_this_line_and_project", "in", "", LINE, "acme"),
        Rate("spain", "in", "34"),
        Rate("spanish_mobiles", "in", "346"),
    )
    assert found(rates, "34600111222", project="acme") == "spanish_mobiles"
    assert found(rates, "34910000000", project="acme") == "spain"
    assert found(rates, "4912345", project="acme") == "all_of_this_line_and_project"


def test_among_equal_prefixes_line_and_project_then_line_then_project_then_any() -> None:
    both = Rate("both", "in", "34", LINE, "acme")
    line = Rate("line", "in", "34", LINE)
    project = Rate("project", "in", "34", None, "acme")
    anything = Rate("any", "in", "34")
    left = [both, line, project, anything]
    for expected in ("both", "line", "project", "any"):
        assert found(table(*left), "34911", project="acme") == expected
        left.pop(0)


def test_a_rate_of_another_line_project_or_direction_does_not_cover_the_call() -> None:
    rates = table(Rate("a", "in", "34", OTHER), Rate("b", "in", "34", None, "other"), Rate("c", "out", "34"))
    assert found(rates, "34911", project="acme") == ""
    assert found(rates, "34911", way="out") == "c"


def test_a_number_is_known_by_its_digits_with_or_without_its_international_prefix() -> None:
    rates = table(Rate("spain", "in", "+34"))
    assert [found(rates, number) for number in ("+34 911 22", "0034911", "34911")] == ["spain"] * 3
    assert found(rates, "911223344") == ""


def test_a_withheld_number_is_covered_only_by_the_empty_prefix() -> None:
    assert found(table(Rate("spain", "in", "34")), "") == ""
    assert found(table(Rate("spain", "in", "34"), Rate("rest", "in", "")), "") == "rest"


def test_two_rates_for_exactly_the_same_calls_are_refused_by_name() -> None:
    with pytest.raises(TariffError, match="`cheap` and `dear`"):
        table(Rate("cheap", "in", "+34"), Rate("dear", "in", "0034"))


@pytest.mark.parametrize(
    "rate",
    [
        Rate("x", "in", connect_fee_micros=-1),
        Rate("x", "in", rate_micros_per_minute=-1),
        Rate("x", "in", first_increment_s=0),
        Rate("x", "in", next_increment_s=0),
    ],
)
def test_a_rate_that_makes_no_sense_is_refused(rate: Rate) -> None:
    with pytest.raises(TariffError, match="`x`"):
        table(rate)


digits = st.text("0123456789", max_size=6)


@given(
    prefixes=st.sets(digits, max_size=12),
    number=st.text("0123456789", max_size=12).filter(lambda number: not number.startswith("00")),
    seed=st.integers(0, 999),
)
def test_the_rate_found_is_the_longest_prefix_whatever_the_order(prefixes: set[str], number: str, seed: int) -> None:
    canonical = {prefix for prefix in prefixes if normalised(prefix) == prefix}
    rates = [Rate(f"r{prefix}", "in", prefix) for prefix in sorted(canonical)]
    random.Random(seed).shuffle(rates)
    best = max((prefix for prefix in canonical if number.startswith(prefix)), key=len, default=None)
    assert found(table(*rates), number) == ("" if best is None else f"r{best}")
