"""Whether a key was sent on a line lately, whoever pressed it: its tones are looked for in what was sent, when asked.

People press keys on telephones of their own, and what reaches a line of it is sound.
"""

from collections import deque

from hw.devices import SAMPLE_RATE_HZ
from hw.signals.dtmf_receiver import DtmfReceiver
from hw.signals.libraries import SignalLibraryMissing

KEPT_MS = 10_000
_BYTES_A_MS = 2 * SAMPLE_RATE_HZ // 1000


class SentKeys:
    """`sent` all that goes out (s16le); no work is done until `any_within` is asked."""

    def __init__(self) -> None:
        self._sent: deque[bytes] = deque()
        self._bytes = 0

    def begin(self) -> None:
        """Another call."""
        self._sent.clear()
        self._bytes = 0

    def sent(self, sound: bytes) -> None:
        self._sent.append(sound)
        self._bytes += len(sound)
        while self._bytes - len(self._sent[0]) >= KEPT_MS * _BYTES_A_MS:
            self._bytes -= len(self._sent.popleft())

    def any_within(self, ms: int) -> bool:
        """In the last so many milliseconds, KEPT_MS at most. Without the signal library: none is known."""
        try:
            receiver = DtmfReceiver()
        except SignalLibraryMissing:
            return False
        return bool(receiver.heard(b"".join(self._sent)[-ms * _BYTES_A_MS :]))
