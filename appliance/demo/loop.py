"""The world's one thread: everything that people do in the demo happens here, one thing at a time."""

import heapq
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

T = TypeVar("T")

log = logging.getLogger(__name__)


def now_ms() -> int:
    """Milliseconds of CLOCK_BOOTTIME."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class Timer:
    """Something to be done later, unless cancelled."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._work: Callable[[], None] | None = work

    def cancel(self) -> None:
        self._work = None

    def ring(self) -> None:
        work, self._work = self._work, None
        if work is not None:
            work()


class WorldLoop:
    """Runs what is posted, in order, and what is due. A failure of one thing is logged; the world goes on."""

    def __init__(self) -> None:
        self._posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._timers: list[tuple[float, int, Timer]] = []
        self._order = itertools.count()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def post(self, work: Callable[[], None]) -> None:
        """Do this soon. From any thread."""
        self._posted.put(work)

    def after(self, delay_ms: float, work: Callable[[], None]) -> Timer:
        """Do this later. On the loop's own thread only."""
        timer = Timer(work)
        heapq.heappush(self._timers, (now_ms() + max(0.0, delay_ms), next(self._order), timer))
        return timer

    def ask(self, work: Callable[[], T], timeout_s: float = 5.0) -> T:
        """Do this on the loop and give back what came of it. From any other thread. Raises TimeoutError."""
        if threading.current_thread() is self._thread:
            return work()
        done: Future[T] = Future()

        def carry_out() -> None:
            try:
                done.set_result(work())
            except Exception as error:
                done.set_exception(error)

        self.post(carry_out)
        return done.result(timeout_s)

    def run(self, beat: Callable[[], None] | None = None, beat_ms: int = 1000) -> None:
        """Until `stop`. `beat` is called about every `beat_ms`, from this loop: who watches it watches the loop."""
        self._thread = threading.current_thread()
        if beat is not None:
            self._beat(beat, beat_ms)
        while not self._stopping:
            self._step()

    def start(self) -> None:
        """Run in a thread of its own."""
        threading.Thread(target=self.run, name="world", daemon=True).start()

    def stop(self) -> None:
        """From any thread, and from a signal handler."""
        self._stopping = True
        self._posted.put(lambda: None)

    def _beat(self, beat: Callable[[], None], beat_ms: int) -> None:
        beat()
        self.after(beat_ms, lambda: self._beat(beat, beat_ms))

    def _step(self) -> None:
        while self._timers and self._timers[0][0] <= now_ms():
            _, _, timer = heapq.heappop(self._timers)
            self._guard(timer.ring)
        left_s = (self._timers[0][0] - now_ms()) / 1000 if self._timers else 1.0
        try:
            work = self._posted.get(timeout=min(1.0, max(0.0, left_s)))
        except queue.Empty:
            return
        self._guard(work)

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            log.exception("something in the world failed")
