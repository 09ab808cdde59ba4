"""Meets a modem's sound with its user's: whole 20 ms frames, silence where nobody speaks, nothing left over from the
call before."""

import logging

from hw.devices import FRAME_BYTES, SoundExchange

log = logging.getLogger(__name__)

SAMPLE_BYTES = 2
MAX_EXCHANGE_BYTES = 12 * FRAME_BYTES
"""The longest piece exchanged at once: 240 ms."""
MAX_BACKLOG_BYTES = 50 * FRAME_BYTES
"""1 s. When the host slept longer, what is older is dropped."""


class SoundFrames:
    """Feed it what the modem sends; it returns what to send to the modem, as many bytes in whole frames.

    `settle_ms` of sound after `begin` is not passed on: modems still send there what they kept of the call before.
    `lead_ms` of silence goes out first: while this thread is late, the modem speaks from it.
    """

    def __init__(self, settle_ms: float, lead_ms: float) -> None:
        self._settle_bytes = _whole_frames(settle_ms)
        self._lead_bytes = _whole_frames(lead_ms)
        self._lead_waits = 0
        self._exchange: SoundExchange | None = None
        self._rest = bytearray()
        self._to_drop = 0
        self._failed = False
        self.heard_bytes = 0
        """Since `begin`."""

    def attach(self, exchange: SoundExchange) -> None:
        self._rest.clear()
        self._exchange = exchange
        self._failed = False

    def detach(self) -> None:
        self._exchange = None

    def begin(self) -> None:
        """A call's sound starts."""
        self._rest.clear()
        self._to_drop = self._settle_bytes
        self._lead_waits = self._lead_bytes
        self.heard_bytes = 0

    def meet(self, heard: bytes) -> bytes:
        """Any number of bytes in; whole frames out as they become complete."""
        self.heard_bytes += len(heard)
        self._rest += heard
        if len(self._rest) > MAX_BACKLOG_BYTES:
            surplus = (len(self._rest) - MAX_BACKLOG_BYTES) // FRAME_BYTES * FRAME_BYTES
            del self._rest[:surplus]
        whole = len(self._rest) // FRAME_BYTES * FRAME_BYTES
        said = bytearray()
        if whole and self._lead_waits:
            said += bytes(self._lead_waits)
            self._lead_waits = 0
        position = 0
        while position < whole:
            size = min(MAX_EXCHANGE_BYTES, whole - position)
            if self._to_drop:
                size = min(size, self._to_drop)
                self._to_drop -= size
                said += bytes(size)
            else:
                said += self._meet(bytes(self._rest[position : position + size]))
            position += size
        del self._rest[:whole]
        return bytes(said)

    def _meet(self, heard: bytes) -> bytes:
        if self._exchange is None:
            return bytes(len(heard))
        try:
            said = self._exchange(heard)
        except Exception:
            if not self._failed:
                log.exception("the user of a modem's sound failed; it is replaced by silence")
            self._failed = True
            return bytes(len(heard))
        if len(said) == len(heard):
            return said
        return (said + bytes(len(heard)))[: len(heard)]


def _whole_frames(ms: float) -> int:
    """Bytes, rounded down to frames."""
    return int(ms / 20) * FRAME_BYTES
