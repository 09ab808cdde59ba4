"""What the words for weekdays, times and zones in the configuration mean."""

import pytest

from appliance.configuration.calendar import is_date, is_time_zone, minute_of_day, weekdays


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("mon", (0,)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("mon,wed,fri", (0, 2, 4)),
        ("sat-mon", (0, 5, 6)),
        ("mon-wed, sun", (0, 1, 2, 6)),
        ("Sat", (5,)),
        ("tue-tue", (1,)),
    ],
)
def test_weekdays(text: str, numbers: tuple[int, ...]) -> None:
    assert weekdays(text) == numbers


@pytest.mark.parametrize("text", ["", "lunes", "mon-", "-fri", "mon,,fri", "mon-wed-fri", "1-5"])
def test_what_is_no_weekday_is_refused_with_how_to_write_it(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no weekday\. Write mon"):
        weekdays(text)


def test_minutes_dates_and_zones() -> None:
    assert [minute_of_day(text) for text in ("00:00", "09:30", "24:00")] == [0, 570, 1440]
    assert [is_date(text) for text in ("2024-02-29", "2026-02-29", "2026-13-01")] == [True, False, False]
    zones = ("Europe/Madrid", "America/Bogota", "Europe", "Mars/Olympus", "", "../etc/passwd")
    assert [is_time_zone(zone) for zone in zones] == [True, True, False, False, False, False]
