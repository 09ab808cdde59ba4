"""Opening hours are wall-clock times: right on the days when the clock changes, at midnight, on holidays."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from appliance.acd.hours import is_open
from appliance.acd.plan import Hours, OpenSpan

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
MADRID = "Europe/Madrid"


def utc_ms(local: str, zone: str = MADRID, *, fold: int = 0) -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def hours(
    from_: str, to: str, days: tuple[int, ...] = EVERY_DAY, *, zone: str = MADRID, holidays: tuple[str, ...] = ()
) -> Hours:
    minutes = [int(hour) * 60 + int(minute) for hour, minute in (text.split(":") for text in (from_, to))]
    return Hours(zone, (OpenSpan(days, *minutes),), holidays)


@pytest.mark.parametrize(
    ("at", "is_it"),
    [
        ("2026-11-23T08:59:59", False),
        ("2026-11-23T09:00:00", True),
        ("2026-11-23T17:59:59", True),
        ("2026-11-23T18:00:00", False),
        ("2026-11-22T12:00:00", False),  # a Sunday
    ],
)
def test_open_from_the_first_minute_to_before_the_last(at: str, is_it: bool) -> None:
    assert is_open(hours("9:00", "18:00", (0, 1, 2, 3, 4)), utc_ms(at)) is is_it


def test_the_hour_that_is_skipped_in_spring_does_not_happen() -> None:
    night = hours("2:00", "3:00")
    before = utc_ms("2026-03-29T01:59:00")
    assert not any(is_open(night, before + minute * 60_000) for minute in range(180))
    assert is_open(hours("3:00", "4:00"), before + 60_000), "two o'clock is three o'clock"


def test_the_hour_that_is_repeated_in_autumn_is_open_twice() -> None:
    night = hours("2:00", "3:00")
    first = utc_ms("2026-10-25T02:00:00")
    open_minutes = sum(is_open(night, first + minute * 60_000) for minute in range(-60, 180))
    assert open_minutes == 120
    assert is_open(night, utc_ms("2026-10-25T02:30:00", fold=1))


def test_nine_in_the_morning_is_nine_in_winter_and_in_summer() -> None:
    for day in ("2026-01-15", "2026-07-15"):
        assert not is_open(hours("9:00", "18:00"), utc_ms(f"{day}T09:00:00") - 1)
        assert is_open(hours("9:00", "18:00"), utc_ms(f"{day}T09:00:00"))


def test_until_midnight_and_round_the_clock() -> None:
    assert is_open(hours("0:00", "24:00"), utc_ms("2026-11-22T23:59:59"))
    assert is_open(hours("0:00", "24:00"), utc_ms("2026-11-22T00:00:00"))
    assert not is_open(hours("9:00", "24:00"), utc_ms("2026-11-23T00:00:00"))


def test_a_holiday_is_closed_all_day_of_the_place_not_of_utc() -> None:
    mexico = hours("0:00", "24:00", zone="America/Mexico_City", holidays=("2026-12-25",))
    assert is_open(mexico, utc_ms("2026-12-24T23:59:00", "America/Mexico_City"))
    assert not is_open(mexico, utc_ms("2026-12-25T00:00:00", "America/Mexico_City"))
    assert not is_open(mexico, utc_ms("2026-12-25T23:59:00", "America/Mexico_City"))
    assert is_open(mexico, utc_ms("2026-12-26T00:00:00", "America/Mexico_City"))


@pytest.mark.parametrize("absurd_ms", [-1, 0, 1 << 53])
def test_a_clock_that_is_absurdly_wrong_is_an_answer_not_an_error(absurd_ms: int) -> None:
    assert is_open(hours("0:00", "24:00"), absurd_ms)
