"""Says a device's health when it changes, and not for every flicker of its signal."""

from collections.abc import Callable
from typing import Literal

from hw.devices import Health, LineEvent

SIGNAL_STEP_PERCENT = 8
"""A smaller change is no news."""
COUNT_STEP = 25
"""Nor are fewer faults of the sound: half a second of it."""


class HealthReport:
    def __init__(self, events: Callable[[LineEvent], None]) -> None:
        self._events = events
        self.last: Health | None = None
        self.sim = ""
        """Said with everything from the time it is known."""

    def say(
        self,
        state: Literal["starting", "up", "degraded", "down"],
        detail: str,
        signal_percent: int = -1,
        operator: str = "",
        *,
        overruns: int = 0,
        underruns: int = 0,
    ) -> None:
        last = self.last
        if last is not None:  # counts only grow; who says a fault does not know them
            overruns, underruns = max(overruns, last.overruns), max(underruns, last.underruns)
        health = Health(state, detail, signal_percent, operator, overruns, underruns, self.sim)
        if last is not None:
            same = (last.state, last.detail, last.operator, last.sim) == (state, detail, operator, self.sim)
            same = same and overruns + underruns - last.overruns - last.underruns < COUNT_STEP
            known = (last.signal_percent < 0) == (signal_percent < 0)
            if same and known and abs(last.signal_percent - signal_percent) < SIGNAL_STEP_PERCENT:
                return
        self.last = health
        self._events(health)
