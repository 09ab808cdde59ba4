"""Which rate covers a call."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.acd.hours import is_open
from appliance.acd.ids import LineName
from appliance.acd.plan import Hours, OpenSpan
from appliance.billing.calendars import DAYS_KEPT, Calendar
from appliance.billing.tariffs import FOREVER_MS, Direction, Rate, RateTable, TariffError, normalised

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


MADRID = "Europe/Madrid"
DAY = Hours(MADRID, (OpenSpan(tuple(range(5)), 480, 1200),))
NIGHT = Hours(MADRID, (OpenSpan(tuple(range(5)), 0, 480),))
LATE = Hours(MADRID, (OpenSpan((4, 5), 1100, 1300),))
ELSEWHERE = Hours("Atlantic/Canary", (OpenSpan((6,), 0, 60),))
CALENDARS = {"day": DAY, "night": NIGHT, "late": LATE, "elsewhere": ELSEWHERE}
MONDAY_NOON_MS = 1_795_431_600_000


def timed(*rates: Rate) -> RateTable:
    return RateTable(rates, "EUR", CALENDARS)


def at(rates: RateTable, at_ms: int, number: str = "34600111222") -> tuple[str, int]:
    rate, until_ms = rates.found("in", number, LINE, "", at_ms)
    return "" if rate is None else rate.name, until_ms


def test_a_rate_with_a_calendar_goes_before_one_without_while_it_holds() -> None:
    rates = timed(Rate("always", "in", "34"), Rate("day", "in", "34", calendar="day"), Rate("any", "in"))
    evening_ms = MONDAY_NOON_MS + 8 * 3_600_000
    assert at(rates, MONDAY_NOON_MS) == ("day", evening_ms)
    assert at(rates, evening_ms - 1)[0] == "day"
    assert at(rates, evening_ms)[0] == "always"
    assert at(rates, evening_ms, number="49") == ("any", FOREVER_MS)


def test_a_shorter_prefix_rates_while_the_longer_one_does_not_hold() -> None:
    rates = timed(Rate("spain", "in", "34"), Rate("mobiles_by_day", "in", "346", calendar="day"))
    assert at(rates, MONDAY_NOON_MS - 86_400_000)[0] == "spain"
    assert at(rates, MONDAY_NOON_MS)[0] == "mobiles_by_day"


def test_a_rate_holds_from_its_first_instant_to_before_its_last() -> None:
    old = Rate("old", "in", valid_to_ms=MONDAY_NOON_MS)
    new = Rate("new", "in", valid_from_ms=MONDAY_NOON_MS, valid_to_ms=MONDAY_NOON_MS + 10)
    rates = timed(old, new)
    assert at(rates, MONDAY_NOON_MS - 1) == ("old", MONDAY_NOON_MS)
    assert at(rates, MONDAY_NOON_MS) == ("new", MONDAY_NOON_MS + 10)
    assert at(rates, MONDAY_NOON_MS + 10) == ("", FOREVER_MS)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ({"calendar": "day"}, {"calendar": "day"}, True),
        ({"calendar": "day"}, {"calendar": "night"}, False),
        ({"calendar": "day"}, {"calendar": "late"}, True),
        ({"calendar": "night"}, {"calendar": "late"}, False),
        ({"calendar": "day"}, {"calendar": "elsewhere"}, True),  # another zone: nobody looks
        ({"calendar": "day"}, {}, False),
        ({"valid_to_ms": 10}, {"valid_from_ms": 10}, False),
        ({"valid_to_ms": 11}, {"valid_from_ms": 10}, True),
    ],
)
def test_two_rates_that_hold_at_the_same_time_are_refused(
    one: dict[str, object], other: dict[str, object], together: bool
) -> None:
    rates = (Rate("one", "in", "34", **one), Rate("other", "in", "34", **other))  # type: ignore[arg-type]
    if not together:
        timed(*rates)
        return
    with pytest.raises(TariffError, match=r"`one` and `other` cover the same calls .* part their hours or dates"):
        timed(*rates)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"calendar": "nights"}, "no calendar `nights`"),
        ({"free_s": -1}, "free seconds are negative"),
        ({"decimals": 7}, "7 decimals"),
        ({"minimum_micros": 2, "maximum_micros": 1}, "most is less than its least"),
        ({"minimum_micros": -1}, "negative"),
        ({"minimum_micros": 1_001, "decimals": 3}, "more than 3 decimals"),
        ({"valid_from_ms": 5, "valid_to_ms": 5}, "ends before it begins"),
    ],
)
def test_a_rate_that_contradicts_itself_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(TariffError, match=f"`bad`: .*{says}"):
        timed(Rate("bad", "in", **changes))  # type: ignore[arg-type]


def test_a_calendar_forgets_days_and_looks_them_up_again() -> None:
    calendar = Calendar(DAY)
    for day in range(DAYS_KEPT + 5):
        at_ms = MONDAY_NOON_MS + day * 86_400_000
        assert calendar.at(at_ms)[0] == is_open(DAY, at_ms)
