"""What time it is: the steady clock durations come from, the wall clock records show, and whether that one is right.

A box may have no battery clock: it wakes in 1970 or in the past and steps to the truth when the network time arrives.
Durations never come from the wall clock; a step of it is an input (`ClockSet`).
"""

import ctypes
import logging
import time
from pathlib import Path
from typing import Protocol

from appliance.acd.inputs import ClockSet

log = logging.getLogger(__name__)

STEP_MS = 50
"""A wall clock that moved more than this against the steady one was stepped, not disciplined."""
DRIFT_LOOK_MS = 1_000
"""How often the wall clock is looked at."""
_TIMESYNC_FLAG = Path("/run/systemd/timesync/synchronized")
_STA_UNSYNC = 0x40


class Clock(Protocol):
    def monotonic_ms(self) -> int:
        """Milliseconds of CLOCK_BOOTTIME: runs through suspend, is never stepped, begins at each boot."""

    def utc_ms(self) -> int:
        """Milliseconds since 1970 as the wall clock has it."""

    def synchronised(self) -> bool:
        """Whether anything vouches for the wall clock."""


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)

    def monotonic_ms(self) -> int:
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def utc_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def synchronised(self) -> bool:
        """By systemd-timesyncd's flag file, else by the kernel's status (any NTP daemon clears STA_UNSYNC)."""
        if _TIMESYNC_FLAG.exists():
            return True
        state = _Timex()
        answer: int = self._libc.adjtimex(ctypes.byref(state))
        return answer >= 0 and not state.status & _STA_UNSYNC


class SimulatedClock:
    """A clock that stands until it is moved: for tests, and for runs faster than time."""

    def __init__(self, monotonic_ms: int = 1_000_000, utc_ms: int = 1_795_000_000_000) -> None:
        self.now_ms = monotonic_ms
        self.utc_now_ms = utc_ms
        self.is_synchronised = True

    def monotonic_ms(self) -> int:
        return self.now_ms

    def utc_ms(self) -> int:
        return self.utc_now_ms

    def synchronised(self) -> bool:
        return self.is_synchronised

    def advance(self, ms: int) -> None:
        """Time passes, on both clocks alike."""
        self.now_ms += ms
        self.utc_now_ms += ms

    def step(self, ms: int) -> None:
        """Somebody sets the wall clock."""
        self.utc_now_ms += ms


class ClockWatch:
    """Notices when the wall clock was stepped or became (un)trustworthy."""

    def __init__(self, clock: Clock, told: ClockSet | None = None) -> None:
        """`told`: what the ACD was told last, if it ever was."""
        self._clock = clock
        self._last = told
        self._look_at_ms = 0

    def now(self) -> ClockSet:
        """What the wall clock says, as the input for it."""
        before = self._clock.monotonic_ms()
        utc = self._clock.utc_ms()
        offset = utc - (before + self._clock.monotonic_ms()) // 2
        self._last = ClockSet(utc_offset_ms=offset, synchronised=self._clock.synchronised())
        return self._last

    def change(self) -> ClockSet | None:
        """The input to give when something changed since it was last given; looks at most once a second."""
        at_ms = self._clock.monotonic_ms()
        if at_ms < self._look_at_ms:
            return None
        self._look_at_ms = at_ms + DRIFT_LOOK_MS
        last = self._last
        seen = self.now()
        if last is None:
            return seen
        if seen.synchronised != last.synchronised or abs(seen.utc_offset_ms - last.utc_offset_ms) > STEP_MS:
            known = "synchronised" if seen.synchronised else "not synchronised"
            log.warning("the wall clock was set or its state changed: now %s", known)
            return seen
        self._last = last  # a slow discipline adds up to a step in the end, and is told then
        return None


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2), as far as its status; `modes` 0 only reads."""

    _fields_ = [
        ("modes", ctypes.c_int),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    ]
