"""When to cut the power of a modem that does not answer any more, and how often: never more than it can do good."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from hw.device_loop import DeviceLoop, NamedTimers
from hw.usb_power import UsbPower

log = logging.getLogger(__name__)

MUTE_BEFORE_CURE = 2
"""A port given up once may only have lost an answer; it is opened anew and asked again first."""
HOLDS_MS = 60_000
"""A modem that works so long after its power was cut was cured by it; the waits begin anew."""


@dataclass(frozen=True)
class UsbSocket:
    """What a modem hangs on. `path` finds out where that is while the modem is there, "" when it cannot be said."""

    power: UsbPower
    path: Callable[[], str]


class PowerCure:
    """`seen()` when the port could be opened, `mute()` each time it was given up without an answer, `well()` when the
    modem works. Power is cut for one after another; `done(sentence)` is called in the loop's thread."""

    def __init__(
        self,
        loop: DeviceLoop,
        socket: UsbSocket | None,
        waits_ms: tuple[float, ...],
        done: Callable[[str], None],
    ) -> None:
        self._loop = loop
        self._socket = socket
        self._waits_ms = waits_ms
        self._done = done
        self._timers = NamedTimers(loop)
        self._path = ""
        self._mute = 0
        self._cutting = False
        self._tries = 0
        self._cut_ms = -1e12

    def seen(self) -> None:
        if self._socket is not None:
            self._path = self._socket.path() or self._path

    def mute(self) -> None:
        self._mute += 1
        if self._socket is None or self._cutting or self._mute < MUTE_BEFORE_CURE or "cut" in self._timers:
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
        assert self._socket is not None
        self._cutting = True
        self._tries += 1
        self._cut_ms = self._loop.now_ms
        self._socket.power.cycle(self._path, lambda why_not: self._loop.call(lambda: self._cut_over(why_not)))

    def _cut_over(self, why_not: str) -> None:
        self._cutting = False
        self._mute = 0
        if why_not:
            outcome = f"the modem does not answer, and its power could not be cut: {why_not}"
        else:
            outcome = "the modem did not answer: the power of its USB port was cut and given back"
        log.warning("%s", outcome)
        self._done(outcome)
