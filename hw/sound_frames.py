"""Meets a modem's sound with its user's: whole 20 ms frames, silence where nobody speaks, nothing left over from the
call before."""

import itertools
import logging

from hw.devices import FRAME_BYTES, PacedExchange

log = logging.getLogger(__name__)

SAMPLE_BYTES = 2
MAX_EXCHANGE_BYTES = 12 * FRAME_BYTES
"""The longest piece exchanged at once: 240 ms."""
MAX_BACKLOG_BYTES = 50 * FRAME_BYTES
"""1 s. When the host slept longer, what is older is dropped."""


class SoundFrames:
    """Feed it what the modem sends. `meet` returns what to send to the modem, as many bytes in whole frames; for a
    modem that is written to in its own time, `hear` and `say` are the two halves of it.

    `settle_ms` of sound after `begin` is not passed on: modems still send there what they kept of the call before.
    """

    def __init__(self, settle_ms: float) -> None:
        self._settle_bytes = _whole_frames(settle_ms)
        self._exchange: PacedExchange | None = None
        self._rest = bytearray()
        self._to_drop = 0
        self._failed = False
        self.heard_bytes = 0
        """Since `begin`."""

    def attach(self, exchange: PacedExchange) -> None:
        self._rest.clear()
        self._exchange = exchange
        self._failed = False

    def detach(self) -> None:
        self._exchange = None

    def begin(self) -> None:
        """A call's sound starts."""
        self._rest.clear()
        self._to_drop = self._settle_bytes
        self.heard_bytes = 0

    def meet(self, heard: bytes) -> bytes:
        """Any number of bytes in; whole frames out as they become complete."""
        said = bytearray()
        for piece in self._pieces(heard):
            said += bytes(len(piece)) if self._settles(piece) else self._exchanged(piece, len(piece))
        return bytes(said)

    def hear(self, heard: bytes) -> None:
        """Any number of bytes in."""
        for piece in self._pieces(heard):
            if not self._settles(piece):
                self._exchanged(piece, 0)

    def say(self, frames: int) -> bytes:
        """So many frames out."""
        said = bytearray()
        while len(said) < frames * FRAME_BYTES:
            said += self._exchanged(b"", min(MAX_EXCHANGE_BYTES, frames * FRAME_BYTES - len(said)))
        return bytes(said)

    def _pieces(self, heard: bytes) -> list[bytes]:
        """The whole frames there are now, those of settling apart from others."""
        self.heard_bytes += len(heard)
        self._rest += heard
        if len(self._rest) > MAX_BACKLOG_BYTES:
            surplus = (len(self._rest) - MAX_BACKLOG_BYTES) // FRAME_BYTES * FRAME_BYTES
            del self._rest[:surplus]
        whole = len(self._rest) // FRAME_BYTES * FRAME_BYTES
        position = min(self._to_drop, whole)
        pieces = [bytes(self._rest[:position])] if position else []
        ends = [*range(position, whole, MAX_EXCHANGE_BYTES), whole]
        pieces += [bytes(self._rest[at:end]) for at, end in itertools.pairwise(ends)]
        del self._rest[:whole]
        return pieces

    def _settles(self, piece: bytes) -> bool:
        """Whether this is still the call before."""
        if not self._to_drop:
            return False
        self._to_drop -= len(piece)
        return True

    def _exchanged(self, heard: bytes, said_bytes: int) -> bytes:
        exchange = self._exchange  # a card's thread is here while the loop's detaches it
        if exchange is None:
            return bytes(said_bytes)
        try:
            said = exchange(heard, said_bytes)
        except Exception:
            if not self._failed:
                log.exception("the user of a modem's sound failed; it is replaced by silence")
            self._failed = True
            return bytes(said_bytes)
        if len(said) == said_bytes:
            return said
        return (said + bytes(said_bytes))[:said_bytes]


def _whole_frames(ms: float) -> int:
    """Bytes, rounded down to frames."""
    return int(ms / 20) * FRAME_BYTES
