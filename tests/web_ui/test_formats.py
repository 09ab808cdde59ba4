"""Numbers as people read them, in both languages."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web_ui.formats import Formats, duration

ES = Formats("es", ZoneInfo("Europe/Madrid"), "EUR")
EN = Formats("en", ZoneInfo("Europe/Madrid"), "EUR")
MORNING = 1_795_336_262_500  # 2026-11-22T08:31:02.5Z
NBSP = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    ("ms", "shown"),
    [(0, "0:00"), (999, "0:00"), (61_000, "1:01"), (3_599_999, "59:59"), (3_600_000, "1:00:00"), (-1, "–")],
)
def test_durations(ms: int, shown: str) -> None:
    assert duration(ms) == shown


@pytest.mark.parametrize(
    ("ms", "shown"), [(0, "0,0 s"), (3450, "3,4 s"), (59_999, "59,9 s"), (60_000, "1:00"), (-1, "–")]
)
def test_precise_durations(ms: int, shown: str) -> None:
    assert ES.precise(ms).replace(NBSP, " ") == shown
    assert EN.precise(3450) == f"3.4{NBSP}s"


def test_times_are_local_to_the_box() -> None:
    assert ES.clock(MORNING) == "09:31:02"
    assert ES.date_time(MORNING) == "22 nov 2026, 09:31:02"
    assert EN.date_time(MORNING) == "22 Nov 2026, 09:31:02"
    assert ES.clock(0) == "–"


def test_short_times_name_the_day_only_when_it_is_another() -> None:
    assert ES.short_time(MORNING, MORNING + 3_600_000) == "09:31"
    assert ES.short_time(MORNING, MORNING + 86_400_000) == "22 nov 09:31"
    # An hour later by UTC, but past midnight in Madrid.
    assert ES.short_time(1_795_388_400_000 - 1000, 1_795_388_400_000 + 1000).startswith("22 nov")


@pytest.mark.parametrize(
    ("micros", "spanish", "english"),
    [
        (0, f"0,00{NBSP}€", "€0.00"),
        (80_800, f"0,0808{NBSP}€", "€0.0808"),
        (1, f"0,000001{NBSP}€", "€0.000001"),
        (1_234_567_500_000, f"1.234.567,50{NBSP}€", "€1,234,567.50"),
        (-50_000, f"−0,05{NBSP}€", "−€0.05"),
    ],
)
def test_money_is_exact(micros: int, spanish: str, english: str) -> None:
    assert ES.money(micros) == spanish
    assert EN.money(micros) == english


def test_a_currency_without_a_symbol_is_named() -> None:
    assert Formats("es", ZoneInfo("UTC"), "COP").money(2_500_000) == f"2,50{NBSP}COP"
    assert Formats("en", ZoneInfo("UTC"), "COP").money(2_500_000) == f"2.50{NBSP}COP"


@given(st.integers(0, 10**15))
def test_money_never_loses_a_micro_unit(micros: int) -> None:
    whole, _, part = EN.money(micros).removeprefix("€").replace(",", "").partition(".")
    assert int(whole) * 1_000_000 + int(part.ljust(6, "0")) == micros


def test_percentages() -> None:
    assert ES.percent(0.615) == f"61,5{NBSP}%"
    assert EN.percent(1.0) == "100.0%"
    assert ES.percent(None) == "–"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("600111222", "600 111 222"),
        ("+34912345678", "+34 912 345 678"),
        ("+4915112345678", "+4915112345678"),
        ("112", "112"),
        ("", ""),
    ],
)
def test_telephone_numbers_are_grouped_where_the_plan_is_known(number: str, shown: str) -> None:
    assert ES.phone(number).replace(NBSP, " ") == shown
