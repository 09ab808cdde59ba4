"""How often somebody may try a password: a few times, then longer and longer waits, for each address by itself."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

FREE_ATTEMPTS = 5
FIRST_WAIT_S = 30
LONGEST_WAIT_S = 900
FORGET_AFTER_S = 3600
MAX_ADDRESSES = 1024


@dataclass
class _Tried:
    failures: int
    last_s: float


class LoginAttempts:
    """Counts failures by address. `now_s` is any monotonic clock in seconds. Bounded; used from any thread."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._tried: OrderedDict[str, _Tried] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, address: str) -> int:
        """Counts an attempt as failed until `succeeded` says otherwise, so that many at once are not all free.

        Returns 0 when it may be made, else the seconds to wait; then it does not count.
        """
        with self._lock:
            now_s = self._now_s()
            tried = self._tried.get(address)
            if tried is None or now_s - tried.last_s > FORGET_AFTER_S:
                tried = _Tried(0, now_s)
            over = tried.failures - FREE_ATTEMPTS
            if over >= 0:
                wait_s = min(FIRST_WAIT_S << min(over, 10), LONGEST_WAIT_S)
                left_s = tried.last_s + wait_s - now_s
                if left_s > 0:
                    return max(1, round(left_s))
            self._tried[address] = _Tried(tried.failures + 1, now_s)
            self._tried.move_to_end(address)
            if len(self._tried) > MAX_ADDRESSES:
                self._tried.popitem(last=False)
            return 0

    def succeeded(self, address: str) -> None:
        with self._lock:
            self._tried.pop(address, None)
