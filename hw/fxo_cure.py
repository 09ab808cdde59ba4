"""When to cut the power of a modem that does not answer any more, and how often: never more than it can do good."""

import logging
import threading
from collections.abc import Callable

from hw.device_loop import DeviceLoop, NamedTimers
from hw.usb_power import UsbPower, UsbPowerError

log = logging.getLogger(__name__)

MUTE_BEFORE_CURE = 2
"""A port given up once may only have lost an answer; it is opened anew and asked again first."""

HOLDS_MS = 60_000
"""A modem that works so long after its power was cut was cured by it; the waits begin anew."""


class PowerCure:
    """`mute()` for each time the port was given up without an answer, `well()` when the modem works. Cutting takes
    seconds, so a thread of its own does it, one at a time; `done(sentence)` is called in the loop's thread."""

    def __init__(
        self,
        loop: DeviceLoop,
        port: str,
        power: UsbPower | None,
        waits_ms: tuple[float, ...],
        done: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._port = port
        self._power = power
        self._waits_ms = waits_ms
        self._done = done
        self._timers = NamedTimers(loop)
        self._mute = 0
        self._cutting = False
        self._tries = 0
        self._cut_ms = -1e12
        self.cycles = 0
        """How often the power was cut since the start."""

    def mute(self) -> None:
        self._mute += 1
        if self._power is None or self._cutting or self._mute < MUTE_BEFORE_CURE or "cut" in self._timers:
            return
        self._timers.set("cut", self._waits_ms[min(self._tries, len(self._waits_ms) - 1)], self._cut)

    def well(self) -> None:
        self._mute = 0
        if self._loop.now_ms - self._cut_ms > HOLDS_MS:
            self._tries = 0
        self._timers.cancel("cut")

    def close(self) -> None:
        self._timers.cancel_all()

    def _cut(self) -> None:
        self._cutting = True
        self._tries += 1
        self._cut_ms = self._loop.now_ms
        threading.Thread(target=self._cycle, name=f"usb power {self._port}", daemon=True).start()

    def _cycle(self) -> None:
        assert self._power is not None
        try:
            self._power.cycle(self._port)
            outcome = "the modem did not answer: the power of its USB port was cut and given back"
            self.cycles += 1
        except UsbPowerError as error:
            outcome = f"the modem does not answer, and its power could not be cut: {error}"
        except Exception as error:
            log.exception("cutting the power of %s failed", self._port)
            outcome = f"the modem does not answer, and cutting its power failed: {error}"
        self._loop.call(lambda: self._cut_over(outcome))

    def _cut_over(self, outcome: str) -> None:
        self._cutting = False
        self._mute = 0
        log.warning("%s: %s", self._port, outcome)
        self._done(outcome)
