"""What this machine does to everybody: stalls, told apart from what our code does.

Sound is judged to the millisecond in some tests, and a shared machine at times lets nothing run for longer than that.
"""

import functools
import os
import threading
import time
import tty
from collections import deque
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")
STALL_MS = 8.0
"""A thread that only sleeps ran so late: nobody could have kept time."""
TRIES = 4
MAX_SEEN = 10_000


class MachineStalls:
    """How late a thread that does nothing ran: what this machine did to everybody, not what our code did."""

    def __init__(self) -> None:
        self.worst_ms = 0.0
        self.seen: deque[tuple[float, float]] = deque(maxlen=MAX_SEEN)
        """(monotonic moment at which it ended, ms) of those over STALL_MS, the newest."""
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self) -> None:
        while not self._over.is_set():
            before = time.monotonic()
            self._over.wait(0.005)
            now = time.monotonic()
            late_ms = (now - before - 0.005) * 1000
            self.worst_ms = max(self.worst_ms, late_ms)
            if late_ms > STALL_MS:
                self.seen.append((now, late_ms))

    def gap_allowed_ms(self, limit_ms: float) -> float:
        """The longest gap that can be our doing: the limit, or what the stall itself and its repair take."""
        return limit_ms if self.worst_ms < STALL_MS else limit_ms + 2 * self.worst_ms

    def __enter__(self) -> "MachineStalls":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)


class WireStalls(MachineStalls):
    """How late bytes come out of a pseudo-terminal of nobody's: its own worker in the kernel is late on a busy machine,
    whoever waits for it."""

    def _watch(self) -> None:
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        try:
            while not self._over.is_set():
                self._over.wait(0.005)
                before = time.monotonic()
                os.write(ours, b"!")
                os.read(theirs, 1)
                now = time.monotonic()
                late_ms = (now - before) * 1000
                self.worst_ms = max(self.worst_ms, late_ms)
                if late_ms > STALL_MS:
                    self.seen.append((now, late_ms))
        finally:
            os.close(ours)
            os.close(theirs)


def judged_on_a_steady_machine(test: Callable[P, None]) -> Callable[P, None]:
    """A test whose verdict needs a machine that keeps time: a failure while the machine stalled is measured again.

    A failure without a stall is a failure at once; after TRIES the last one is, with what was seen of the machine. The
    test must leave the world as it found it when an assertion fails.
    """

    @functools.wraps(test)
    def judged(*arguments: P.args, **named: P.kwargs) -> None:
        for left in reversed(range(TRIES)):
            with MachineStalls() as stalls:
                try:
                    return test(*arguments, **named)
                except AssertionError as error:
                    if stalls.worst_ms < STALL_MS or not left:
                        raise
                    print(f"the machine stalled for {stalls.worst_ms:.0f} ms; measured again after: {error}")
        return None

    return judged
