"""How long callers would have waited: known of those who gave up, and only "longer than this" of those who were served.

The product-limit estimate: E. L. Kaplan and P. Meier, "Nonparametric estimation from incomplete observations" (1958).
"""

import math
from bisect import bisect_right
from collections.abc import Iterable


class Patience:
    """Built from `(waited_ms, gave_up)` of each caller; empty is allowed and means that nobody ever gives up."""

    def __init__(self, seen: Iterable[tuple[int, bool]]) -> None:
        waits = sorted(seen)
        at_risk, surviving = len(waits), 1.0
        self._times: list[int] = []
        self._survival: list[float] = []
        """The share of callers whose patience is longer than the time at the same place."""
        place = 0
        while place < len(waits):
            time_ms, gone, left = waits[place][0], 0, 0
            while place < len(waits) and waits[place][0] == time_ms:
                gone += 1
                left += waits[place][1]
                place += 1
            if left:
                surviving *= 1 - left / at_risk
                self._times.append(time_ms)
                self._survival.append(surviving)
            at_risk -= gone

    def survival(self, waited_ms: int) -> float:
        """The share of callers who wait longer than this."""
        place = bisect_right(self._times, waited_ms)
        return self._survival[place - 1] if place else 1.0

    def draw(self, chance: float, beyond_ms: int = 0) -> float:
        """The patience of a caller known to have waited `beyond_ms`, for a number from 0 to 1 (1 excluded).

        math.inf for one who waits longer than anybody was seen to give up: nothing is known of them, and a caller who
        stays is the careful guess, for it makes the wait longer.
        """
        level = (1 - chance) * self.survival(beyond_ms)
        # The first time at which fewer survive than `level`; survival falls, so both are negated.
        place = bisect_right(self._survival, -level, key=lambda surviving: -surviving)
        return self._times[place] if place < len(self._times) else math.inf
