"""At which minutes of the week callers can come to a place, and when it is open: sets of minutes, as bits of a number.

Always on the side of letting a file through: who waits or listens may go on later than having come, hours of another
time zone than the box's may be open at any minute, and a holiday closes one place on a day on which another is open.
Night mode is not looked at: it closes every place alike.
"""

from collections.abc import Iterable
from datetime import date

from appliance.configuration.calendar import is_date, minute_of_day, weekdays
from appliance.configuration.file import Configuration, Hours
from appliance.configuration.ways import Way

DAY = 1440
WEEK = 7 * DAY
ALWAYS = (1 << WEEK) - 1
LONGEST_IN_A_MENU = 60
"""Minutes: words, digits and mistakes that are forgiven."""


class Minutes:
    def __init__(self, configuration: Configuration) -> None:
        self._box_zone = configuration.box.time_zone
        self._hours = {hours.name: hours for hours in configuration.hours}
        places = [(f"queue:{one.name}", one.hours) for one in configuration.queue]
        places += [(f"menu:{one.name}", one.hours) for one in configuration.menu]
        self.hours_of = {place: hours for place, hours in places if hours in self._hours}
        """Of the places that have any."""
        self._stay = {f"queue:{one.name}": int(one.max_wait_s // 60) + 2 for one in configuration.queue}

    def open(self, name: str) -> int:
        """When these hours are open, as far as can be told."""
        return ALWAYS if self._is_elsewhere(name) else _open(self._hours[name])

    def arriving(self, out: dict[str, tuple[Way, ...]], starts: Iterable[str]) -> dict[str, int]:
        """When callers can come to each place they can come to."""
        found: dict[str, int] = {}
        coming = [(start, ALWAYS) for start in starts]
        while coming:
            place, when = coming.pop()
            before = found.get(place, 0)
            if place not in out or when | before == before:
                continue
            found[place] = when | before
            inside, outside = self._split(place, found[place])
            coming += [(way.end, outside if way.key == "on_closed" else inside) for way in out[place]]
        return found

    def _split(self, place: str, when: int) -> tuple[int, int]:
        """When who came at these minutes goes on from inside, and when who comes is turned away."""
        hours = self.hours_of.get(place)
        stay = self._stay.get(place, LONGEST_IN_A_MENU)
        if hours is None or self._is_elsewhere(hours):
            return _later(when, stay), when
        is_open = _open(self._hours[hours])
        closed = (ALWAYS & ~is_open) | _holidays(self._hours[hours])
        return _later(when & is_open, stay), when & closed

    def _is_elsewhere(self, name: str) -> bool:
        zone = self._hours[name].time_zone
        return bool(zone) and zone != self._box_zone


def _open(hours: Hours) -> int:
    """Spans that no calendar could have are told of elsewhere, and count as open."""
    found = 0
    for span in hours.spans:
        try:
            days = weekdays(span.days)
        except ValueError:
            return ALWAYS
        first, last = minute_of_day(span.open), minute_of_day(span.close)
        for day in days:
            found |= ((1 << max(0, last - first)) - 1) << (day * DAY + first)
    return found or ALWAYS


def _holidays(hours: Hours) -> int:
    """The weekdays on which some holiday falls."""
    days = {date.fromisoformat(one).weekday() for one in hours.holidays if is_date(one)}
    return sum(((1 << DAY) - 1) << (day * DAY) for day in days)


def _later(when: int, minutes: int) -> int:
    """These minutes and so many after each; Sunday's midnight is followed by Monday."""
    done = 0
    while done < minutes:
        step = min(done + 1, minutes - done)
        turned = when << step
        when |= (turned | turned >> WEEK) & ALWAYS
        done += step
    return when
