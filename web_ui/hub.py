"""One subscription to the ACD, shared by every open page: the newest picture, and a wait for the next one.

A page that is slow misses pictures, never queues them: what is kept is the newest one and a version number.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from appliance.acd.view import BoxFinding, Status
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from web_ui.history import EMPTY_HISTORY, History, HistoryReader

log = logging.getLogger(__name__)

FIRST_RETRY_S = 0.2
LONGEST_RETRY_S = 2.0
FIRST_PICTURE_WAIT_S = 1.0
UNWATCHED_S = 60.0
"""When nobody has looked for this long, the subscription ends until somebody does: an idle page costs nothing."""


@dataclass(frozen=True)
class Picture:
    """The call centre as last known. `away_since_utc_ms` is -1 while the ACD answers; `status` None before it ever
    did."""

    version: int = 0
    status: Status | None = None
    away_since_utc_ms: int = -1
    history: History = EMPTY_HISTORY
    findings: tuple[BoxFinding, ...] = ()
    """What is wrong with the box itself: as the ACD says, or as the page sees it while the ACD is away."""


class Hub:
    """Keeps the picture up to date in a thread of its own, from the first time anybody looks until `close`."""

    def __init__(
        self,
        acd_socket: Path,
        history: HistoryReader,
        utc_ms: Callable[[], int],
        look: Callable[[], tuple[BoxFinding, ...]] = tuple,
        unwatched_s: float = UNWATCHED_S,
    ) -> None:
        self._unwatched_s = unwatched_s
        self._look = look
        self._client = ControlClient(acd_socket, connect_wait_s=0)
        self._history = history
        self._utc_ms = utc_ms
        self._changed = threading.Condition()
        self._picture = Picture()
        self._closing = threading.Event()
        self._looked_at_s = 0.0
        self._asleep = False
        self._thread: threading.Thread | None = None

    @property
    def closing(self) -> bool:
        return self._closing.is_set()

    @property
    def latest(self) -> Picture:
        """The newest picture, whatever it is: nothing is started and nothing waited for."""
        return self._picture

    def now(self) -> Picture:
        """The newest picture; waits a moment for the first one."""
        return self.wait(0, FIRST_PICTURE_WAIT_S)

    def wait(self, seen_version: int, timeout_s: float) -> Picture:
        """The newest picture, as soon as its version is above `seen_version`, or as it is after `timeout_s`."""
        self._start()
        with self._changed:
            self._looked_at_s = time.monotonic()
            if self._asleep:
                self._asleep = False
                self._changed.notify_all()
                seen_version = max(seen_version, self._picture.version)  # what is known is old
            self._changed.wait_for(lambda: self._picture.version > seen_version or self.closing, timeout_s)
            return self._picture

    def close(self) -> None:
        """Ends the thread and wakes everybody who waits."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()

    def _start(self) -> None:
        with self._changed:
            if self._thread is None and not self.closing:
                self._thread = threading.Thread(target=self._run, name="web-hub", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        retry_s = FIRST_RETRY_S
        while not self.closing:
            try:
                for status in self._client.subscribe():
                    retry_s = FIRST_RETRY_S
                    if self.closing:
                        return
                    self._publish(status=status, away_since_utc_ms=-1)
                    if self._unwatched():
                        break
                self._sleep()
                continue
            except (ControlUnavailable, CommandRefused) as error:
                self._lost(str(error))
            except Exception:
                log.exception("the live picture failed; it is tried again")
                self._lost("the page's own error, see above")
            self._closing.wait(retry_s)
            retry_s = min(retry_s * 2, LONGEST_RETRY_S)

    def _unwatched(self) -> bool:
        return time.monotonic() - self._looked_at_s > self._unwatched_s

    def _sleep(self) -> None:
        """Until somebody looks."""
        with self._changed:
            self._asleep = self._unwatched()  # somebody may have looked just now
            self._changed.wait_for(lambda: not self._asleep or self.closing)

    def _lost(self, why: str) -> None:
        if self._picture.away_since_utc_ms < 0:
            log.warning("the ACD went away: %s", why)
            self._publish(status=self._picture.status, away_since_utc_ms=self._utc_ms())
        else:
            self._publish(status=self._picture.status, away_since_utc_ms=self._picture.away_since_utc_ms)

    def _publish(self, status: Status | None, away_since_utc_ms: int) -> None:
        history = self._history.read(time.monotonic())
        findings = status.findings if status is not None and away_since_utc_ms < 0 else self._look()
        old = self._picture
        new = replace(old, status=status, away_since_utc_ms=away_since_utc_ms, history=history, findings=findings)
        if new == old and old.version:
            return
        with self._changed:
            self._picture = replace(new, version=old.version + 1)
            self._changed.notify_all()
