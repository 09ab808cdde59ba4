"""Looks after the box's health while the ACD runs: in a thread, so that no disk can hold the loop up.

What is found is in the log when it begins and when it is over, once each; `found` is what the status shows; and the
loop is woken when there is something else to show.
"""

import logging
import threading
from collections.abc import Callable, Iterable

from msgspec.structs import replace

from appliance.acd.inputs import BoxHealth
from appliance.acd.view import BoxFinding
from appliance.box_health.facts import Places, read_facts
from appliance.box_health.rules import JUMP_MS, Facts, findings, worst
from appliance.box_health.words import finding_words
from appliance.daemon.clock import Clock
from appliance.daemon.store import Store

log = logging.getLogger(__name__)

EVERY_S = 5.0


class HealthWatch:
    """`found` is the newest; `changed` is set with it until the loop takes it."""

    def __init__(self, places: Places, store: Store, clock: Clock, wake: Callable[[], None]) -> None:
        self.found: tuple[BoxFinding, ...] = ()
        self._places = places
        self._store = store
        self._clock = clock
        self._wake = wake
        self._changed = False
        self._offset_ms: int | None = None
        self._moved_ms = 0
        self._moved_at_ms = 0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="health", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Does not wait: a thread that hangs in a dead disk must not keep the process."""
        self._ending.set()

    def take(self) -> BoxHealth | None:
        """What to tell the ACD, when it is something else than before."""
        if not self._changed:
            return None
        self._changed = False
        return BoxHealth(worst(self.found) or "good")

    def look(self) -> None:
        """Once. Any failure of it is logged and costs nobody a call."""
        try:
            self._shown(findings(self._facts()))
        except Exception:
            log.exception("the box's health could not be read")

    def _run(self) -> None:
        while not self._ending.is_set():
            self.look()
            self._ending.wait(EVERY_S)

    def _facts(self) -> Facts:
        now_ms = self._clock.monotonic_ms()
        offset_ms = self._clock.utc_ms() - now_ms
        if self._offset_ms is not None and abs(offset_ms - self._offset_ms) >= JUMP_MS:
            self._moved_ms, self._moved_at_ms = offset_ms - self._offset_ms, now_ms
        self._offset_ms = offset_ms
        store = self._store
        return replace(
            read_facts(self._places),
            utc_ms=now_ms + offset_ms,
            store_error=store.error,
            store_waiting=store.pending if store.error else 0,
            given_up=store.dropped,
            clock_moved_ms=self._moved_ms,
            clock_moved_ago_ms=now_ms - self._moved_at_ms if self._moved_ms else -1,
        )

    def _shown(self, now: tuple[BoxFinding, ...]) -> None:
        if now == self.found:
            return
        for finding in _of_other_kinds(now, self.found):
            log.error("the box: %s", finding_words(finding, "en"))
        for finding in _of_other_kinds(self.found, now):
            log.info("the box: over: %s", finding.kind)
        self.found = now
        self._changed = True
        self._wake()


def _of_other_kinds(some: Iterable[BoxFinding], others: Iterable[BoxFinding]) -> list[BoxFinding]:
    """Numbers change all the time; that something is wrong is said once."""
    kinds = {one.kind for one in others}
    return [one for one in some if one.kind not in kinds]
