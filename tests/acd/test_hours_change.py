"""When a place opens or closes next, and when its clock shows a time: exact, on the days when the clock changes too."""

from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from appliance.acd.hours import LAST_UTC_MS, instant_of, is_open, next_change_ms
from appliance.acd.plan import Hours, OpenSpan

MINUTE_MS = 60_000
DAY_MS = 1440 * MINUTE_MS
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
CHANGES: dict[str, tuple[tuple[str, int], ...]] = {
    "Europe/Madrid": (("2026-03-29T01:00", 120), ("2026-10-25T01:00", 60)),
    "America/Santiago": (("2026-04-05T03:00", -240), ("2026-09-06T04:00", -180)),
    "America/Bogota": (),
    "Australia/Lord_Howe": (("2026-04-04T15:00", 630), ("2026-10-03T15:30", 660)),
    "Asia/Kathmandu": (),
}
"""The changes of 2026 from the tables of the places themselves: when (UTC), and minutes ahead of UTC from then on."""
FIRST_OFFSETS = {
    "Europe/Madrid": 60,
    "America/Santiago": -180,
    "America/Bogota": -300,
    "Australia/Lord_Howe": 660,
    "Asia/Kathmandu": 345,
}
"""On the first of January."""
LOOKED_AT = ("2026-03-28", "2026-04-03", "2026-04-04", "2026-09-05", "2026-10-02", "2026-10-24", "2026-06-30")


def utc_ms(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)


def wall(zone: str, at_ms: int) -> datetime:
    """The local time by the list above, which has nothing to do with the code that is tested."""
    offset = FIRST_OFFSETS[zone]
    for change, after in CHANGES[zone]:
        if at_ms >= utc_ms(change):
            offset = after
    return datetime.fromtimestamp(at_ms / 1000, timezone(timedelta(minutes=offset)))


def open_by_hand(hours: Hours, at_ms: int) -> bool:
    local = wall(hours.time_zone, at_ms)
    if local.strftime("%Y-%m-%d") in hours.holidays:
        return False
    minute = local.hour * 60 + local.minute
    return any(local.weekday() in one.weekdays and one.from_minute <= minute < one.to_minute for one in hours.spans)


@st.composite
def some_hours(draw: st.DrawFn) -> Hours:
    """A few spans, mostly near the hours at which clocks change, and holidays on the days they do."""
    spans = []
    for _ in range(draw(st.integers(1, 3))):
        minutes = st.one_of(st.integers(0, 240), st.integers(0, 1440), st.sampled_from((0, 120, 150, 180, 1440)))
        one, other = sorted((draw(minutes), draw(minutes)))
        if one < other:
            spans.append(OpenSpan(draw(st.sampled_from((EVERY_DAY, (6,), (5, 6), (0, 1, 2, 3, 4)))), one, other))
    holidays = draw(st.lists(st.sampled_from(("2026-03-29", "2026-04-05", "2026-09-06", "2026-10-25")), max_size=2))
    return Hours(draw(st.sampled_from(sorted(CHANGES))), tuple(spans), tuple(holidays))


@settings(max_examples=150, deadline=None)
@given(some_hours(), st.sampled_from(LOOKED_AT), st.integers(0, DAY_MS))
@example(Hours("Europe/Madrid", (OpenSpan(EVERY_DAY, 120, 180),)), "2026-03-28", 0)
@example(Hours("Australia/Lord_Howe", (OpenSpan(EVERY_DAY, 90, 120),)), "2026-04-04", 0)
def test_the_next_change_is_the_first_minute_at_which_it_is_otherwise(hours: Hours, day: str, into_ms: int) -> None:
    """Against a look at every minute of the next three days, with a calendar of its own."""
    at_ms = utc_ms(f"{day}T00:00") + into_ms
    minutes = range(at_ms // MINUTE_MS * MINUTE_MS + MINUTE_MS, at_ms + 3 * DAY_MS, MINUTE_MS)
    now = open_by_hand(hours, at_ms)
    assert is_open(hours, at_ms) is now
    expected = next((minute for minute in minutes if open_by_hand(hours, minute) != now), None)
    found = next_change_ms(hours, at_ms)
    if expected is None:
        assert found is None or found > minutes[-1]
    else:
        assert found == expected
        assert is_open(hours, expected) is not now and is_open(hours, expected - 1) is now


@pytest.mark.parametrize("zone", sorted(CHANGES))
def test_open_by_the_wall_at_every_minute_of_the_days_around_the_changes(zone: str) -> None:
    hours = Hours(
        zone,
        (OpenSpan((6,), 120, 180), OpenSpan(EVERY_DAY, 60, 105), OpenSpan(EVERY_DAY, 1380, 1440)),
        ("2026-03-28", "2026-04-05", "2026-10-26"),
    )
    for day in LOOKED_AT:
        begin_ms = utc_ms(f"{day}T00:00")
        for at_ms in range(begin_ms, begin_ms + 2 * DAY_MS, MINUTE_MS):
            assert is_open(hours, at_ms) is open_by_hand(hours, at_ms), wall(zone, at_ms)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(CHANGES)), st.sampled_from(LOOKED_AT), st.integers(0, 1), st.integers(0, 1439))
def test_an_instant_is_the_first_at_which_the_clock_shows_at_least_that_time(
    zone: str, day: str, later: int, minute: int
) -> None:
    the_day = date.fromisoformat(day) + timedelta(later)
    looked_ms = range(utc_ms(the_day.isoformat()) - DAY_MS, utc_ms(the_day.isoformat()) + 2 * DAY_MS, MINUTE_MS)
    shown = datetime(the_day.year, the_day.month, the_day.day) + timedelta(minutes=minute)
    first_ms = next(ms for ms in looked_ms if wall(zone, ms).replace(tzinfo=None) >= shown)
    assert instant_of(zone, the_day, minute) == first_ms


def test_a_day_that_a_place_leaves_out_is_the_moment_it_does() -> None:
    """Samoa had no 30 December 2011."""
    moved = int(datetime(2011, 12, 31, tzinfo=ZoneInfo("Pacific/Apia")).timestamp() * 1000)
    assert instant_of("Pacific/Apia", date(2011, 12, 30), 600) == moved


@pytest.mark.parametrize(
    ("hours", "at_ms"),
    [
        (Hours("Europe/Madrid", ()), utc_ms("2026-03-28T00:00")),
        (Hours("Europe/Madrid", (OpenSpan(EVERY_DAY, 0, 1440),)), utc_ms("2026-03-28T00:00")),
        (Hours("Europe/Madrid", (OpenSpan(EVERY_DAY, 0, 720),)), -1),
        (Hours("Europe/Madrid", (OpenSpan(EVERY_DAY, 0, 720),)), LAST_UTC_MS),
    ],
)
def test_what_never_changes_and_clocks_that_are_absurd_have_no_next_change(hours: Hours, at_ms: int) -> None:
    assert next_change_ms(hours, at_ms) is None


def test_the_first_day_of_all_clocks_has_a_next_change() -> None:
    assert next_change_ms(Hours("UTC", (OpenSpan(EVERY_DAY, 60, 120),)), 0) == 60 * MINUTE_MS


def test_a_year_round_the_clock_ends_at_the_holiday() -> None:
    hours = Hours("Europe/Madrid", (OpenSpan(EVERY_DAY, 0, 1440),), ("2026-12-25",))
    assert next_change_ms(hours, utc_ms("2026-01-02T00:00")) == utc_ms("2026-12-24T23:00")
