"""A seeded busy hour in seconds: callers, agents who lift and hang up, and the ledger of what really happened."""

import heapq
import random
import threading
import time
from collections.abc import Callable
from itertools import count

from tests.daemon.switch_peer import Leg, SwitchPeer

NUMBERS = ("+34600111222", "+34699000001", "+34910000000", "+4915112345678", "")


class Traffic:
    """`calls` callers arrive at `peer` at random, `calls_per_s` on average; everything they do comes from `seed`.

    It goes on whether or not there is an ACD. Agents lift after 5 to 60 ms, people talk 20 to 200 ms, one in five
    callers has little patience.
    """

    def __init__(self, peer: SwitchPeer, seed: int, calls: int, calls_per_s: float) -> None:
        self.callers: list[Leg] = []
        self.conversations: list[tuple[Leg, Leg]] = []
        self._peer = peer
        self._random = random.Random(seed)
        self._plan: list[tuple[float, int, Callable[[], object]]] = []
        self._number = count()
        self._lock = threading.Condition()
        peer.on_ring = self._on_ring
        peer.on_talk = self._on_talk
        at = time.monotonic()
        for _ in range(calls):
            at += self._random.expovariate(calls_per_s)
            self._at(at, self._arrive)
        self._arrivals_left = calls
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        """Everybody came, and nobody is left on the phone."""
        return self._arrivals_left == 0 and all(leg.state == "ended" for leg in self.callers) and not self._peer.up()

    def close(self) -> None:
        self._stopping = True
        self._thread.join(5)

    def _arrive(self) -> None:
        patience_s = self._random.uniform(0.02, 0.4) if self._random.random() < 0.2 else self._random.uniform(8, 12)
        caller = self._peer.offer(self._random.choice(NUMBERS))
        self.callers.append(caller)
        self._arrivals_left -= 1
        self._in(patience_s, lambda: caller.peer is None and self._peer.hang_up(caller))

    def _on_ring(self, leg: Leg) -> None:
        self._in(self._random.uniform(0.005, 0.06), lambda: self._peer.answer(leg))

    def _on_talk(self, caller: Leg, agent: Leg) -> None:
        self.conversations.append((caller, agent))
        first = caller if self._random.random() < 0.5 else agent
        self._in(self._random.uniform(0.02, 0.2), lambda: self._peer.hang_up(first))

    def _in(self, seconds: float, what: Callable[[], object]) -> None:
        self._at(time.monotonic() + seconds, what)

    def _at(self, at: float, what: Callable[[], object]) -> None:
        with self._lock:
            heapq.heappush(self._plan, (at, next(self._number), what))
            self._lock.notify()

    def _run(self) -> None:
        while not self._stopping:
            with self._lock:
                wait_s = self._plan[0][0] - time.monotonic() if self._plan else 0.1
                if wait_s > 0:
                    self._lock.wait(min(wait_s, 0.1))
                    continue
                _, _, what = heapq.heappop(self._plan)
            what()  # without our lock: the peer has its own
