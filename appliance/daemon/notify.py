"""What the ACD tells whoever supervises it (sd_notify(3)): ready, alive, stopping; silence when nobody does."""

import contextlib
import os

import systemd.daemon


class Notifier:
    """READY, WATCHDOG and STOPPING to systemd or our own supervisor.

    `alive` is called from the loop whenever it turns, and speaks four times in the span after which silence is taken
    for death; a hung loop says nothing.
    """

    def __init__(self, now_ms: int) -> None:
        watchdog_ms = int(os.environ.get("WATCHDOG_USEC", "0")) // 1000
        self.every_ms = watchdog_ms // 4 if watchdog_ms else 0
        """How often `alive` speaks; 0: nobody listens."""
        self._next_ms = now_ms

    def ready(self, text: str) -> None:
        _say(f"READY=1\nSTATUS={text}")

    def alive(self, now_ms: int) -> None:
        if self.every_ms and now_ms >= self._next_ms:
            self._next_ms = now_ms + self.every_ms
            _say("WATCHDOG=1")

    def stopping(self) -> None:
        _say("STOPPING=1")


def _say(text: str) -> None:
    """A supervisor that is gone, or is being restarted itself, is no reason to stop taking calls."""
    with contextlib.suppress(OSError):
        systemd.daemon.notify(text)
