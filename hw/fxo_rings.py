"""A caller on an analogue line before anybody answers: counting rings, waiting for caller ID, noticing who gave up."""

from collections.abc import Callable
from dataclasses import dataclass

from hw.caller_id import CallerId
from hw.device_loop import DeviceLoop, NamedTimers


@dataclass(frozen=True)
class RingTimings:
    identity_rings: int = 2
    """Caller ID comes before, between, or after this many rings."""
    identity_grace_ms: int = 1_500
    """After the last of them."""
    identity_line_ms: int = 200
    """After a line of caller ID, for the next."""
    same_ring_ms: int = 1_000
    """RING and `<DLE>R` so close together are one ring."""
    ring_gap_ms: int = 8_000
    """No ring for so long: the caller gave up. The slowest cadence (US) rings every 6 s."""


class FxoRings:
    """`announce(identity)` is called once a caller, when who it is is known or will not come; `stopped` when the
    ringing ended. `over` ends the watch: the call was answered, refused or lost."""

    def __init__(
        self,
        loop: DeviceLoop,
        timings: RingTimings,
        announce: Callable[[CallerId], None],
        stopped: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._timings = timings
        self._announce = announce
        self._stopped = stopped
        self._timers = NamedTimers(loop)
        self._identity = CallerId()
        self._rings = 0
        self._last_ring_ms = -1e12
        self._announced = False

    def ring(self) -> None:
        now_ms = self._loop.now_ms
        first_sign = now_ms - self._last_ring_ms > self._timings.same_ring_ms
        self._last_ring_ms = now_ms
        self._timers.cancel("early")
        self._timers.set("gap", self._timings.ring_gap_ms, self._ring_stopped)
        if not first_sign or self._announced:
            return
        self._rings += 1
        if self._rings == 1 and self._identity.number is not None:
            self._tell()
        elif self._rings <= self._timings.identity_rings:
            last = self._rings == self._timings.identity_rings
            self._timers.set(
                "identity", self._timings.identity_grace_ms if last else self._timings.ring_gap_ms, self._tell
            )

    def identity_line(self, text: str) -> None:
        """A line of caller ID. Before the first ring it is a call only if a ring follows: it may be a message."""
        if self._announced:
            return
        self._identity.line(text)
        if not self._rings:
            self._timers.set("early", self._timings.ring_gap_ms, self.over)
        elif self._identity.number is not None:
            self._timers.set("identity", self._timings.identity_line_ms, self._tell)

    def over(self) -> None:
        self._timers.cancel_all()
        self._identity = CallerId()
        self._rings = 0
        self._last_ring_ms = -1e12
        self._announced = False

    def _tell(self) -> None:
        self._timers.cancel("identity")
        self._announced = True
        self._announce(self._identity)

    def _ring_stopped(self) -> None:
        self.over()
        self._stopped()
