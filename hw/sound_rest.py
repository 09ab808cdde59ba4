"""Lets a modem play all it has of our sound in a pause of speech: no delay stays behind in it. No clock, no I/O.

How much a modem holds can only be worked out from what it was sent and what it sends. A wire that held frames up let it
starve and have them afterwards all the same: from then on it speaks that much later, and nothing tells us. So, now and
then, a few frames of silence are not sent; the modem is silent without them, and once it is empty what it holds is
known.
"""

import struct

from hw.devices import FRAME_BYTES

QUIET_AMPLITUDE = 128
"""48 dB below full scale."""
QUIET_FRAMES = 2
"""A pause, not the inside of a word, is quiet for longer."""
REST_FRAMES = 5
"""What is left out of a pause at most: 100 ms."""
EMPTY_FRAMES = 3
"""After so many a modem that was not behind is empty."""
EVERY_FRAMES = 150
"""3 s between two rests."""
LEAD = bytes(FRAME_BYTES)


class SoundRest:
    """`over` what is about to be sent."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """A call's sound starts."""
        self._quiet = self._resting = self._since = 0

    def over(self, said: bytes) -> tuple[bytes, bool]:
        """What to send of these whole frames, and whether the modem is led anew by it: it was empty."""
        frames = len(said) // FRAME_BYTES
        self._since += frames
        if not _is_quiet(said):
            resting, self._quiet, self._resting = self._resting, 0, 0
            self._since = 0 if resting else self._since
            return (LEAD + said, True) if resting >= EMPTY_FRAMES else (bytes(resting * FRAME_BYTES) + said, False)
        self._quiet += frames
        if self._quiet <= QUIET_FRAMES or (not self._resting and self._since < EVERY_FRAMES):
            return said, False
        self._resting += frames
        if self._resting < REST_FRAMES:
            return b"", False
        self._resting = self._since = 0
        return LEAD + said, True


def _is_quiet(said: bytes) -> bool:
    samples = struct.unpack(f"<{len(said) // 2}h", said)
    return not samples or (max(samples) < QUIET_AMPLITUDE and min(samples) > -QUIET_AMPLITUDE)
