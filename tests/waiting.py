"""Waiting for something to become true, with a deadline: the opposite of sleep-and-hope."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE_S = 30.0
"""For what takes moments: a machine that serves others may let nothing run for seconds. Only failures take so long."""


def wait_for(what: str, look: Callable[[], T | None], timeout_s: float = PATIENCE_S, every_s: float = 0.02) -> T:
    """What `look` returns once it is true: an empty list or nought is not yet. Fails the test naming `what` when the
    time is over. The limit costs nothing while all is well, so it is far beyond what a machine that stands still takes.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        seen = look()
        if seen:
            return seen
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what} (last seen: {seen!r})"
        time.sleep(every_s)
