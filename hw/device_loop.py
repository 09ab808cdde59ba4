"""One thread that waits for file descriptors, timers and requests from other threads: what a modem or its twin runs on.

Nothing is polled: an idle loop sleeps in select until a byte, a timer or a request comes. A handler that raises does
not end the thread: the error goes to `on_error`.
"""

import heapq
import logging
import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeVar

log = logging.getLogger(__name__)

MAX_REQUESTS = 10_000
T = TypeVar("T")
Handler = Callable[[], None]


class TooManyRequests(RuntimeError):
    """The loop's thread does not keep up, or is not running."""


@dataclass(order=True)
class Timer:
    """A handler that will be called once at `due_ms`, unless cancelled."""

    due_ms: float
    number: int
    handler: Handler = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class _Watch:
    on_readable: Handler
    on_writable: Handler | None = None
    over: bool = False
    """Unwatched since select returned: its descriptor may belong to somebody else by now."""


class DeviceLoop:
    """`call`, `stop` and `start` may be used from any thread; the rest only from the loop's own."""

    clock_s: Callable[[], float] = staticmethod(time.monotonic)
    """What time it is for the loops made from now on: tests have a clock that stands still when the machine does."""

    def __init__(self, name: str, on_error: Callable[[Exception], None] | None = None) -> None:
        self._name = name
        self._clock_s = type(self).clock_s
        self._on_error = on_error or self.log_error
        self._selector = selectors.DefaultSelector()
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._requests: deque[Handler] = deque()
        self._awake = threading.Lock()
        self._wake_sent = False
        self._timers: list[Timer] = []
        self._timer_number = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._selector.register(self._wake_read, selectors.EVENT_READ, _Watch(self._drain_wake))

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ends the thread after the requests already made. Safe to call twice, or from the loop's own thread."""
        if self._stopping:
            return
        self._stopping = True
        if self._thread.ident is None:
            self._close()  # never started
            return
        self._wake()
        if not self.here:
            self._thread.join(timeout_s)

    def call(self, handler: Handler) -> None:
        """Run `handler` in the loop's thread, soon. Raises TooManyRequests instead of growing without limit."""
        with self._awake:
            if len(self._requests) >= MAX_REQUESTS:
                raise TooManyRequests(f"{self._name}: {MAX_REQUESTS} requests wait already")
            self._requests.append(handler)
        self._wake()

    def call_and_wait(self, action: Callable[[], T], timeout_s: float = 5.0) -> T:
        """Run `action` in the loop's thread and return what it returns; what it raises is raised here."""
        if self.here:
            return action()
        outcome: Future[T] = Future()

        def run() -> None:
            try:
                outcome.set_result(action())
            except Exception as error:
                outcome.set_exception(error)

        self.call(run)
        return outcome.result(timeout_s)

    @property
    def here(self) -> bool:
        """Whether the caller runs in the loop's thread."""
        return threading.current_thread() is self._thread

    @property
    def now_ms(self) -> float:
        return self._clock_s() * 1000

    def after(self, delay_ms: float, handler: Handler) -> Timer:
        return self.at(self.now_ms + delay_ms, handler)

    def at(self, due_ms: float, handler: Handler) -> Timer:
        self._timer_number += 1
        timer = Timer(due_ms, self._timer_number, handler)
        heapq.heappush(self._timers, timer)
        return timer

    def watch(self, descriptor: int, on_readable: Handler) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, _Watch(on_readable))

    def on_writable(self, descriptor: int, handler: Handler | None) -> None:
        """Call `handler` whenever the watched descriptor takes bytes; None to stop."""
        watch: _Watch = self._selector.get_key(descriptor).data
        watch.on_writable = handler
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if handler else 0)
        self._selector.modify(descriptor, events, watch)

    def unwatch(self, descriptor: int) -> None:
        """Before the descriptor is closed. Unknown descriptors are ignored."""
        try:
            key = self._selector.unregister(descriptor)
        except (KeyError, ValueError):
            return
        key.data.over = True

    def log_error(self, error: Exception) -> None:
        log.error("%s: a handler failed", self._name, exc_info=error)

    def _wake(self) -> None:
        with self._awake:
            if self._wake_sent:
                return
            self._wake_sent = True
            if self._wake_write >= 0:
                os.write(self._wake_write, b"!")

    def _drain_wake(self) -> None:
        os.read(self._wake_read, 64)
        with self._awake:
            self._wake_sent = False

    def _run(self) -> None:
        while True:
            ready = self._selector.select(self._timeout_s())
            # Requests first: one made before these bytes came must not be taken for an answer to them.
            for _ in range(len(self._requests)):
                self._guarded(self._requests.popleft())
            for key, events in ready:
                watch: _Watch = key.data
                if events & selectors.EVENT_READ and not watch.over:
                    self._guarded(watch.on_readable)
                if events & selectors.EVENT_WRITE and watch.on_writable is not None and not watch.over:
                    self._guarded(watch.on_writable)
            if self._stopping and not self._requests:
                break
            self._run_timers()
        self._close()

    def _guarded(self, handler: Handler) -> None:
        try:
            handler()
        except Exception as error:
            self._on_error(error)

    def _timeout_s(self) -> float | None:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        if self._requests or self._stopping:
            return 0
        if not self._timers:
            return None
        return max(0.0, (self._timers[0].due_ms - self.now_ms) / 1000)

    def _run_timers(self) -> None:
        now_ms = self.now_ms
        while self._timers and self._timers[0].due_ms <= now_ms:
            timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                self._guarded(timer.handler)

    def _close(self) -> None:
        with self._awake:
            self._wake_sent = True
            self._selector.close()
            os.close(self._wake_read)
            os.close(self._wake_write)
            self._wake_write = -1


class NamedTimers:
    """Timers of a loop, at most one of each name: setting one again replaces it."""

    def __init__(self, loop: DeviceLoop) -> None:
        self._loop = loop
        self._timers: dict[str, Timer] = {}

    def set(self, name: str, delay_ms: float, handler: Handler) -> None:
        self.cancel(name)

        def due() -> None:
            self._timers.pop(name, None)
            handler()

        self._timers[name] = self._loop.after(delay_ms, due)

    def cancel(self, *names: str) -> None:
        for name in names:
            timer = self._timers.pop(name, None)
            if timer is not None:
                timer.cancel()

    def cancel_all(self) -> None:
        self.cancel(*list(self._timers))

    def __contains__(self, name: str) -> bool:
        return name in self._timers
