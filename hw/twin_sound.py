"""The far end of a twin's call as sound in the twin's own clock: it drifts from ours, and what it says comes late.

The network speaks and listens steadily in the modem's clock, whatever the wire to the host does: the host's frames are
needed on time, and the far end's reach the host up to `jitter_ms` late, none overtaking another.
"""

import random
from collections import deque
from collections.abc import Callable

from hw.device_loop import DeviceLoop, Timer
from hw.devices import FRAME_BYTES
from hw.dtmf import DigitSender
from hw.twins import FarEnd

FRAME_MS = 20
MAX_HEARD_BYTES = 25 * FRAME_BYTES
"""What a modem keeps of the host's sound: 500 ms; the oldest is lost beyond that."""


MAX_LATE_MS = 30
"""A modem's clock does not stop when this process does: frames missed by more were played and said unheard."""


class TwinSound:
    """While running, every 20 ms of its clock: takes a frame the host sent and gives the far end's frame to `out`."""

    def __init__(
        self,
        loop: DeviceLoop,
        out: Callable[[bytes], None],
        rng: random.Random,
        drift_ppm: float = 0.0,
        jitter_ms: float = 0.0,
    ) -> None:
        self._loop = loop
        self._out = out
        self._rng = rng
        self._frame_ms = FRAME_MS * (1 - drift_ppm / 1e6)
        self._jitter_ms = jitter_ms
        self._far_end: FarEnd | None = None
        self._heard = bytearray()
        self._digits = DigitSender()
        self._timer: Timer | None = None
        self._due_ms = 0.0
        self._on_the_wire: deque[tuple[Timer, bytes]] = deque()
        self.last_said = bytes(FRAME_BYTES)
        self.frames = 0
        self.underruns = 0
        """Frames of silence because the host sent nothing in time."""
        self.overruns = 0
        """Times the host sent more than fits."""

    def attach(self, far_end: FarEnd) -> None:
        self._far_end = far_end

    def send_digits(self, digits: str) -> None:
        self._digits.send(digits)

    @property
    def running(self) -> bool:
        return self._timer is not None

    @property
    def waiting_bytes(self) -> int:
        return len(self._heard)

    def start(self) -> None:
        if self._timer is None:
            self._heard.clear()
            self._digits.clear()
            self._due_ms = self._loop.now_ms + self._frame_ms
            self._timer = self._loop.at(self._due_ms, self._frame)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
            for timer, _ in self._on_the_wire:
                timer.cancel()
            self._on_the_wire.clear()

    def hear(self, sound: bytes) -> None:
        """Samples from the host."""
        if self._timer is None:
            return
        self._heard += sound
        surplus = len(self._heard) - MAX_HEARD_BYTES
        if surplus > 0:
            self.overruns += 1
            del self._heard[: surplus + surplus % 2]

    def _frame(self) -> None:
        while self._due_ms < self._loop.now_ms - MAX_LATE_MS:
            self._due_ms += self._frame_ms
            del self._heard[:FRAME_BYTES]
        self._due_ms += self._frame_ms
        self._timer = self._loop.at(self._due_ms, self._frame)
        heard = bytes(self._heard[:FRAME_BYTES])
        del self._heard[: len(heard)]
        if len(heard) < FRAME_BYTES:
            self.underruns += 1
            heard += bytes(FRAME_BYTES - len(heard))
        said = self.speak(heard)
        if not self._jitter_ms:
            self._out(said)
            return
        arrives_ms = self._due_ms - self._frame_ms + self._rng.uniform(0, self._jitter_ms)
        if self._on_the_wire:
            arrives_ms = max(arrives_ms, self._on_the_wire[-1][0].due_ms)
        self._on_the_wire.append((self._loop.at(arrives_ms, self._arrive), said))

    def speak(self, heard: bytes) -> bytes:
        """A frame of the far end, and the digits pressed there, for a frame it hears."""
        self.frames += 1
        said = self._far_end(heard) if self._far_end is not None else bytes(FRAME_BYTES)
        self.last_said = self._digits.over((said + bytes(FRAME_BYTES))[:FRAME_BYTES])
        return self.last_said

    def _arrive(self) -> None:
        self._out(self._on_the_wire.popleft()[1])
