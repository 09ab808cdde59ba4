"""The weekdays, times and time zones of the configuration file, as numbers."""

from datetime import date
from zoneinfo import ZoneInfo

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def weekdays(text: str) -> tuple[int, ...]:
    """`mon-fri`, `sat`, `mon,wed,fri`, `sat-mon` as sorted weekday numbers, 0 = Monday. Raises ValueError."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = (piece.strip() for piece in part.partition("-"))
        start = _weekday(first)
        end = _weekday(last) if dash else start
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return tuple(sorted(found))


def minute_of_day(text: str) -> int:
    """`09:30` is 570, `24:00` is 1440. The form was proved by the shape of the file."""
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def is_time_zone(name: str) -> bool:
    """Whether the IANA time zone database knows this name."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a name at all, or a folder of the database ("Europe")
        return False
    return True


def is_date(text: str) -> bool:
    """Whether YYYY-MM-DD is a day that exists."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _weekday(name: str) -> int:
    if name.lower() not in _WEEKDAYS:
        raise ValueError(f'"{name}" is no weekday. Write mon, tue, wed, thu, fri, sat or sun, as in `mon-fri,sun`')
    return _WEEKDAYS.index(name.lower())
