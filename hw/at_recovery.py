"""When a modem that does not come back by itself has the power of its USB port switched: rarely, and so often at most.

What comes before is elsewhere: the port is opened again and again with a bounded back-off (`at_session`), and a modem
that answers but is sick is told to restart (`at_modem`).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from hw.device_loop import DeviceLoop
from hw.usb_power import UsbPower

HOUR_MS = 3_600_000.0


@dataclass(frozen=True)
class RecoveryTimings:
    silent_ms: float = 45_000
    """A modem may be silent for so long: some take 25 s to start."""
    absent_ms: float = 60_000
    """… and so long away from USB."""
    between_ms: float = 120_000
    """From one switching to the next."""
    most_an_hour: int = 3
    """Then only the look-out for it goes on: a modem that this does not cure is broken, or its hub cannot switch."""


class Recovery:
    """Pure: when to switch, from what went wrong and when."""

    def __init__(self, timings: RecoveryTimings) -> None:
        self._timings = timings
        self._bad_since_ms: float | None = None
        self._switched_ms: deque[float] = deque(maxlen=timings.most_an_hour)

    def well(self) -> None:
        self._bad_since_ms = None

    def silent(self, now_ms: float) -> bool:
        """It does not answer. Whether its power is to be switched now."""
        return self._due(now_ms, self._timings.silent_ms)

    def absent(self, now_ms: float) -> bool:
        """It was there before and is not on USB."""
        return self._due(now_ms, self._timings.absent_ms)

    def deaf_to_reset(self, now_ms: float) -> bool:
        """It was told to restart and did not."""
        return self._due(now_ms, 0)

    def _due(self, now_ms: float, patience_ms: float) -> bool:
        if self._bad_since_ms is None:
            self._bad_since_ms = now_ms
        if now_ms - self._bad_since_ms < patience_ms:
            return False
        switched = self._switched_ms
        if switched and now_ms - switched[-1] < self._timings.between_ms:
            return False
        if len(switched) == switched.maxlen and now_ms - switched[0] < HOUR_MS:
            return False
        switched.append(now_ms)
        self._bad_since_ms = now_ms
        return True


class PowerCure:
    """A modem's recovery with the power of the port it was last seen in. Methods in the loop's thread only.

    `say` gets what is done, or why it cannot be, as a plain sentence.
    """

    def __init__(self, loop: DeviceLoop, power: UsbPower, timings: RecoveryTimings, say: Callable[[str], None]) -> None:
        self._loop = loop
        self._power = power
        self._recovery = Recovery(timings)
        self._say = say
        self._usb_path = ""

    def seen(self, usb_path: str) -> None:
        """It is plugged in there."""
        self._usb_path = usb_path or self._usb_path

    def well(self) -> None:
        self._recovery.well()

    def silent(self) -> None:
        if self._usb_path and self._recovery.silent(self._loop.now_ms):
            self._switch()

    def absent(self) -> None:
        if self._usb_path and self._recovery.absent(self._loop.now_ms):
            self._switch()

    def deaf_to_reset(self) -> None:
        if self._usb_path and self._recovery.deaf_to_reset(self._loop.now_ms):
            self._switch()

    def _switch(self) -> None:
        self._say(f"the modem does not come back: the power of its USB socket {self._usb_path} is switched off and on")
        self._power.cycle(self._usb_path, lambda why_not: self._loop.call(lambda: self._done(why_not)))

    def _done(self, why_not: str) -> None:
        if why_not:
            self._say(why_not)
