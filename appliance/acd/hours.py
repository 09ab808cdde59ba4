"""Whether a place is open at an instant: opening hours are wall-clock times in their zone, whatever its clock does.

The instant is turned into the local wall clock, never the other way round: so on the day an hour is skipped a span
within it does not happen, and on the day an hour is repeated both of its instants are inside.
"""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from appliance.acd.plan import Hours

LAST_UTC_MS = 253_402_200_000_000
"""End of the year 9999 less a day: no clock is right beyond it, and no date exists."""


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
