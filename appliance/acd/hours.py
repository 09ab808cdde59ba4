"""Whether a place is open at an instant, when that changes, and at which instant a wall clock shows a time.

Opening hours are wall-clock times in their zone, whatever its clock does. The instant is turned into the local wall
clock, never the other way round: so on the day an hour is skipped a span within it does not happen, and on the day an
hour is repeated both of its instants are inside. The other way round there is a choice to make (RFC 5545, 3.3.5 leaves
it to the zone): a time that is repeated is its first instant, one that is skipped the moment of the change.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from appliance.acd.plan import Hours

LAST_UTC_MS = 253_402_200_000_000
"""End of the year 9999 less a day: no clock is right beyond it, and no date exists."""
DAY_MS = 86_400_000
LOOKED_AHEAD_DAYS = 400
LOOK_STEP_S = 21_600
"""No zone changes its clock twice within so long."""


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name. Raises ZoneInfoNotFoundError; the configuration's rules refuse such names."""
    return ZoneInfo(name)


def local_time(time_zone: str, utc_ms: int) -> datetime:
    """The wall clock of a place; of its first or last moment that there is for a clock that is absurdly wrong."""
    return datetime.fromtimestamp(min(max(utc_ms, 0), LAST_UTC_MS) / 1000, zone(time_zone))


def is_open(hours: Hours, utc_ms: int) -> bool:
    """Whether these hours are open at this instant; a span's last minute is outside it."""
    local = local_time(hours.time_zone, utc_ms)
    if local.date().isoformat() in hours.holidays:
        return False
    minute, weekday = local.hour * 60 + local.minute, local.weekday()
    return any(weekday in span.weekdays and span.from_minute <= minute < span.to_minute for span in hours.spans)


def local_day(time_zone: str, utc_ms: int) -> str:
    """The date of a place, YYYY-MM-DD."""
    return local_time(time_zone, utc_ms).date().isoformat()


def instant_of(time_zone: str, day: date, minute: int) -> int:
    """The UTC ms at which a place's clock first shows this minute of this day; if it is skipped, the change itself."""
    first_s, second_s = _instants(zone(time_zone), day, minute)
    return 1000 * (first_s if first_s <= second_s else _change_between(zone(time_zone), second_s, first_s))


def next_change_ms(hours: Hours, utc_ms: int) -> int | None:
    """The first instant after this one at which the place opens or closes; None when it does not within a year.

    Only where a span begins or ends, at midnight, and where the zone's clock changes can that be.
    """
    if not hours.spans or not 0 <= utc_ms < LAST_UTC_MS - (LOOKED_AHEAD_DAYS + 2) * DAY_MS:
        return None
    now = is_open(hours, utc_ms)
    today = local_time(hours.time_zone, utc_ms).date()
    moments = [*_moments(hours, today - timedelta(1))] if today > date(1970, 1, 2) else []
    for ahead in range(LOOKED_AHEAD_DAYS):
        # Two days together: where the clock goes back over midnight, the end of one comes after the start of the next.
        last, moments = moments, [*_moments(hours, today + timedelta(ahead))]
        for at_ms in sorted({*last, *moments}):
            if at_ms > utc_ms and is_open(hours, at_ms) != now:
                return at_ms
    return None


def _moments(hours: Hours, day: date) -> Iterator[int]:
    """Every instant of a local day at which something may change."""
    place = zone(hours.time_zone)
    spans = [span for span in hours.spans if day.weekday() in span.weekdays]
    minutes = {0} | {minute for span in spans for minute in (span.from_minute, span.to_minute)}
    for minute in minutes:
        yield from (1000 * at_s for at_s in _instants(place, day, minute))
    start_s, end_s = min(_instants(place, day, 0)), max(_instants(place, day, 1440))
    for before_s, after_s in pairwise((*range(start_s, end_s, LOOK_STEP_S), end_s)):
        if _offset_s(place, before_s) != _offset_s(place, after_s):
            yield 1000 * _change_between(place, before_s, after_s)


def _instants(place: ZoneInfo, day: date, minute: int) -> tuple[int, int]:
    """The UTC seconds of a wall-clock time: by the offset before a change of the clock near it, and by the one after.

    They differ when the time is repeated (the first is earlier) or skipped (the first is later).
    """
    wall = datetime.combine(day, time(), place) + timedelta(minutes=minute)
    return int(wall.timestamp()), int(wall.replace(fold=1).timestamp())


def _change_between(place: ZoneInfo, before_s: int, after_s: int) -> int:
    """The second at which the offset changes between these two."""
    offset_s = _offset_s(place, before_s)
    while after_s - before_s > 1:
        middle_s = (before_s + after_s) // 2
        if _offset_s(place, middle_s) == offset_s:
            before_s = middle_s
        else:
            after_s = middle_s
    return after_s


def _offset_s(place: ZoneInfo, at_s: int) -> float:
    offset = datetime.fromtimestamp(at_s, place).utcoffset()
    assert offset is not None, "a zone of the database always has one"
    return offset.total_seconds()
