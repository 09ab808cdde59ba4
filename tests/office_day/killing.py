"""Kills the processes of a box at random moments, and notes when, and when each line was back."""

import itertools
import os
import random
import signal
import threading
import time
from collections import defaultdict

from appliance.acd.view import Status
from appliance.demo.box_watch import BoxWatch
from appliance.demo.loop import now_ms
from tests.box import Box
from tests.office_day.busy_records import Kill, Outage, Process
from tests.waiting import wait_for

STALE_MS = 300
"""A status that came so soon after a kill may be from before it: no switch is back so fast."""
BACK_S = 30.0


class Killer:
    """`run` the kills; then `kills`, `outages`, and how long each process was away."""

    def __init__(self, box: Box, seed: int) -> None:
        self.kills: list[Kill] = []
        self.outages: list[Outage] = []
        self.away_s: dict[str, list[float]] = defaultdict(list)
        self._box = box
        self._dice = random.Random(f"kills {seed}")
        self._lock = threading.Lock()
        self._down_since: dict[str, int] = {}
        """Lines not seen up since a kill of the switch, and when that was; and of a later one, the last."""
        self._last_kill_ms = 0
        self._watch = BoxWatch(box.run_dir / "acd.sock", self._heed)
        self._pids: dict[str, int] = {}

    def run(self, counts: dict[Process, int], between_s: tuple[float, float]) -> None:
        """So many of each, in random order, at random moments. A process is killed as soon as it is there again, even
        if it is not ready yet."""
        lines = [view.line for view in self._box.status().lines]
        self._watch.start()
        order = list(itertools.chain.from_iterable([name] * count for name, count in counts.items()))
        self._dice.shuffle(order)
        for name in order:
            time.sleep(self._dice.uniform(*between_s))  # the moment is what is random here; nothing is waited for
            pid = wait_for(f"{name} to be there", lambda name=name: self._pid(name), BACK_S, 0.01)  # type: ignore[misc]
            with self._lock:
                at_ms = now_ms()
                os.kill(pid, signal.SIGKILL)
                self.kills.append(Kill(name, at_ms))
                self._pids[name] = pid
                if name == "switch":
                    self._last_kill_ms = at_ms
                    for line in lines:
                        self._down_since.setdefault(line, at_ms)
        wait_for("every line up again", lambda: not self._down_since, 60)

    def close(self) -> None:
        self._watch.close()

    def _pid(self, name: str) -> int | None:
        try:
            pid = self._box.pid(name)
        except LookupError:
            return None
        return pid if pid != self._pids.get(name) else None

    def _heed(self, status: Status) -> None:
        with self._lock:
            at_ms = now_ms()
            if not self._down_since or at_ms < self._last_kill_ms + STALE_MS or not status.switch_connected:
                return
            for view in status.lines:
                if view.health == "up" and view.line in self._down_since:
                    self.outages.append(Outage(view.line, self._down_since.pop(view.line), at_ms))
