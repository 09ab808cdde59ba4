"""A clock that stands still while the machine does: for tests of what drivers and their twins do, not of how fast.

A twin answers in milliseconds and its driver waits for fractions of a second. On a shared machine all threads of a
test may stand still for longer; by the wall's clock the driver would then give up a modem that had no chance to
answer. By this clock both have lost nothing: it goes as fast as a thread that only ticks gets to run.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hw.device_loop import DeviceLoop

TICK_S = 0.01
MOST_S = 0.03
"""The clock goes on by no more than this from tick to tick, however long the machine let nothing run."""


class SteadyClock:
    """Seconds, never going back. `start` before use, `stop` after it."""

    def __init__(self) -> None:
        self._point = (0.0, time.monotonic())
        """What this clock showed at a tick, and what the wall's did."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="steady clock", daemon=True)

    def __call__(self) -> float:
        shown_s, at_s = self._point
        return shown_s + min(time.monotonic() - at_s, MOST_S)

    def start(self) -> None:
        self._point = (self._point[0], time.monotonic())
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(TICK_S):
            shown_s, at_s = self._point
            now_s = time.monotonic()
            self._point = (shown_s + min(now_s - at_s, MOST_S), now_s)


@contextmanager
def steady_clock() -> Iterator[SteadyClock]:
    clock = SteadyClock()
    clock.start()
    try:
        yield clock
    finally:
        clock.stop()


@contextmanager
def within(limit_s: float, what: str) -> Iterator[None]:
    """What is done meanwhile takes no longer, not counting the time in which the machine stood still."""
    with steady_clock() as clock:
        begun_s = clock()
        yield
        took_s = clock() - begun_s
    print(f"{what}: {took_s:.1f} s")
    assert took_s <= limit_s, f"{what}: {took_s:.1f} s, more than {limit_s:g}"


@contextmanager
def steady_time() -> Iterator[None]:
    """Drivers and twins made meanwhile in this process go by a steady clock."""
    before = DeviceLoop.clock_s
    with steady_clock() as clock:
        DeviceLoop.clock_s = staticmethod(clock)
        try:
            yield
        finally:
            DeviceLoop.clock_s = staticmethod(before)


def now_s() -> float:
    """The time that drivers and twins go by."""
    return DeviceLoop.clock_s()


def let_pass(seconds: float) -> None:
    """Time in which nobody does anything, by the clock of drivers and twins."""
    end_s = now_s() + seconds
    while (left_s := end_s - now_s()) > 0:
        time.sleep(left_s)
