"""Waiting for something to become true, with a deadline: the opposite of sleep-and-hope."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_for(what: str, look: Callable[[], T | None], timeout_s: float = 30.0, every_s: float = 0.02) -> T:
    """What `look` returns once it is neither None nor False. Fails the test naming `what` when the time is over."""
    deadline = time.monotonic() + timeout_s
    while True:
        seen = look()
        if seen is not None and seen is not False:
            return seen
        assert time.monotonic() < deadline, f"not within {timeout_s:g} s: {what} (last seen: {seen!r})"
        time.sleep(every_s)
