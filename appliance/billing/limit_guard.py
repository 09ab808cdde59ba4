"""The fraud guard: which numbers are costly, how many calls to them there were of late, and how many are up."""

from appliance.acd.hours import is_open
from appliance.billing.limit_terms import Guard, RefusedFor

MINUTE_MS = 60_000


class GuardWatch:
    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self._up: dict[str, str] = {}
        """By leg, its call: of those to costly numbers."""
        self._began: dict[str, int] = {}
        """By call, when a costly number was dialled for it first: of the last minute."""

    def is_costly(self, number: str, minute_micros: int | None) -> bool:
        """By its beginning, or by what its first minute costs; None when nobody knows."""
        if any(number.startswith(prefix) for prefix in self.guard.prefixes):
            return True
        home = self.guard.abroad_of
        if home and number.startswith("+") and not number.startswith(home):
            return True
        least = self.guard.costly_from_micros
        return bool(least) and (minute_micros is None or minute_micros >= least)

    def why_not(self, call: str, at_ms: int, utc_ms: int) -> RefusedFor | None:
        """Of a call to a costly number. One that is dialled on another line is no call more."""
        guard = self.guard
        self._began = {known: began_ms for known, began_ms in self._began.items() if at_ms - began_ms < MINUTE_MS}
        if guard.hours is not None and not is_open(guard.hours, utc_ms):
            return "guard_hours"
        if guard.at_once and len({other for other in self._up.values() if other != call}) >= guard.at_once:
            return "guard_at_once"
        if guard.calls_a_minute and call not in self._began and len(self._began) >= guard.calls_a_minute:
            return "guard_minute"
        return None

    def dialled(self, leg: str, call: str, at_ms: int) -> None:
        """A costly number is, or was found to be."""
        self._up[leg] = call
        self.began(call, at_ms)

    def began(self, call: str, at_ms: int) -> None:
        """A call to a costly number that may be over."""
        self._began.setdefault(call, at_ms)

    def over(self, leg: str) -> None:
        self._up.pop(leg, None)
