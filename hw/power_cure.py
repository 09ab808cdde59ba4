"""When a modem that does not come back by itself has the power of its USB socket switched: rarely, and never more than
it can do good.

What comes before is elsewhere: the port is opened again and again with a bounded back-off (`at_session`), and a GSM
modem that answers but is sick is told to restart (`at_modem`).
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hw.device_loop import DeviceLoop
from hw.usb_power import UsbPower

log = logging.getLogger(__name__)

HOUR_MS = 3_600_000.0
SILENCES = 2
"""A port given up once may only have lost an answer: it is opened anew and asked again first."""


@dataclass(frozen=True)
class UsbSocket:
    """What a modem hangs on. `path` finds out where that is while the modem is there, "" when it cannot be said."""

    power: UsbPower
    path: Callable[[], str]


@dataclass(frozen=True)
class RecoveryTimings:
    silent_ms: float = 45_000
    """A modem may be silent for so long: some GSM modems take 25 s to start."""
    absent_ms: float = 60_000
    """… and so long away from USB."""
    between_ms: float = 120_000
    """From one switching to the next."""
    most_an_hour: int = 3
    """Of switchings that did not cure. Then only the look-out for the modem goes on: it is broken, or its hub cannot
    switch."""
    holds_ms: float = 600_000
    """A modem that is well again and has no trouble for so long after a switching was cured by it."""


class Recovery:
    """Pure: when to switch, from what went wrong and when."""

    def __init__(self, timings: RecoveryTimings) -> None:
        self._timings = timings
        self._bad_since_ms: float | None = None
        self._silences = 0
        self._switched_ms: deque[float] = deque(maxlen=timings.most_an_hour)
        self._last_ms: float | None = None
        """The last switching, whether it cured or not."""

    @property
    def is_bad(self) -> bool:
        return self._bad_since_ms is not None

    def well(self) -> None:
        self._bad_since_ms = None
        self._silences = 0

    def silent(self, now_ms: float) -> bool:
        """Its port was given up, for it does not answer. Whether its power is to be switched now."""
        self._silences += 1
        return self._due(now_ms, self._timings.silent_ms, self._silences >= SILENCES)

    def absent(self, now_ms: float) -> bool:
        """It was there before and is not on USB."""
        return self._due(now_ms, self._timings.absent_ms)

    def deaf_to_reset(self, now_ms: float) -> bool:
        """It was told to restart and did not."""
        return self._due(now_ms, 0)

    def _due(self, now_ms: float, patience_ms: float, sure: bool = True) -> bool:
        if self._bad_since_ms is None:
            self._bad_since_ms = now_ms
            if self._last_ms is not None and now_ms - self._last_ms >= self._timings.holds_ms:
                self._switched_ms.clear()
        if not sure or now_ms - self._bad_since_ms < patience_ms:
            return False
        if self._last_ms is not None and now_ms - self._last_ms < self._timings.between_ms:
            return False
        switched = self._switched_ms
        if len(switched) == switched.maxlen and now_ms - switched[0] < HOUR_MS:
            return False
        switched.append(now_ms)
        self._bad_since_ms = self._last_ms = now_ms
        self._silences = 0
        return True


class PowerCure:
    """A modem's recovery with the power of the socket it was last seen in. Methods in the loop's thread only.

    `trouble` is told what is done, or why it cannot be, as a plain sentence, while the modem is not well.
    """

    def __init__(
        self, loop: DeviceLoop, power: UsbPower, timings: RecoveryTimings, trouble: Callable[[str], None]
    ) -> None:
        self._loop = loop
        self._power = power
        self._recovery = Recovery(timings)
        self._trouble = trouble
        self._usb_path = ""
        self._switching = False

    def seen(self, usb_path: str) -> None:
        """It is plugged in there."""
        self._usb_path = usb_path or self._usb_path

    def well(self) -> None:
        self._recovery.well()

    def silent(self) -> None:
        self._perhaps(self._recovery.silent)

    def absent(self) -> None:
        self._perhaps(self._recovery.absent)

    def deaf_to_reset(self) -> None:
        self._perhaps(self._recovery.deaf_to_reset)

    def _perhaps(self, is_due: Callable[[float], bool]) -> None:
        """What goes wrong while there is no power is no news."""
        if self._usb_path and not self._switching and is_due(self._loop.now_ms):
            self._switch()

    def _switch(self) -> None:
        self._switching = True
        log.warning("the modem in USB socket %s does not come back: its power is switched off and on", self._usb_path)
        self._trouble(
            f"the modem does not come back: the power of its USB socket {self._usb_path} is switched off and on"
        )
        self._power.cycle(self._usb_path, lambda why_not: self._loop.call(lambda: self._done(why_not)))

    def _done(self, why_not: str) -> None:
        self._switching = False
        if why_not and self._recovery.is_bad:  # somebody may have replugged it meanwhile
            self._trouble(why_not)
