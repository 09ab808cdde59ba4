"""When a rate holds: its hours by the wall clock of a place and its first and last instant, looked up fast.

Whether hours are open, and when that changes, is told by `acd.hours`, whatever the place's clock does; here a day's
answers are kept, for a year of calls asks for the same days again and again.
"""

from bisect import bisect_right

from appliance.acd.hours import is_open, next_change_ms
from appliance.acd.plan import Hours

DAY_MS = 86_400_000
DAYS_KEPT = 1_000
"""UTC days of which a calendar remembers the changes; then it forgets them all and begins anew."""
MOST_CHANGES_A_DAY = 3_000
"""A day has 1,440 minutes, and each may begin and end a span."""


class Calendar:
    """Hours in which something holds, by UTC milliseconds."""

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self._days: dict[int, tuple[bool, tuple[int, ...]]] = {}

    def at(self, at_utc_ms: int) -> tuple[bool, int]:
        """Whether it holds, and the first instant at which that changes or is worth asking again."""
        day = at_utc_ms // DAY_MS
        begins_open, changes = self._days.get(day) or self._look_up(day)
        place = bisect_right(changes, at_utc_ms)
        until_ms = changes[place] if place < len(changes) else (day + 1) * DAY_MS
        return begins_open ^ (place % 2 == 1), until_ms

    def _look_up(self, day: int) -> tuple[bool, tuple[int, ...]]:
        """Whether it is open as this UTC day begins, and the instants within at which that changes."""
        at_ms, end_ms, changes = day * DAY_MS, (day + 1) * DAY_MS, list[int]()
        while len(changes) < MOST_CHANGES_A_DAY:
            change_ms = next_change_ms(self.hours, at_ms)
            if change_ms is None or change_ms >= end_ms:
                break
            changes.append(change_ms)
            at_ms = change_ms
        if len(self._days) >= DAYS_KEPT:
            self._days.clear()
        self._days[day] = found = (is_open(self.hours, day * DAY_MS), tuple(changes))
        return found
