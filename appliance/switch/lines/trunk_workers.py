"""Waits for the network (name servers, handshakes) beside the engine, in a few threads; answers go to the engine."""

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

MAX_AT_ONCE = 16
"""So many wait for the network at a time, and no question for another's answer; what comes beyond waits its turn."""
MAX_WAITING = 256
IDLE_S = 60.0
POST_AGAIN_S = 0.25


class Workers:
    """`do` from any thread. Threads come with the questions, and go when there is nothing to do for IDLE_S."""

    def __init__(self, name: str, post: Callable[..., None]) -> None:
        self._name = name
        self._post = post
        self._wanted: queue.Queue[tuple[Callable[[], Any], Callable[..., None]]] = queue.Queue(MAX_WAITING)
        self._lock = threading.Lock()
        self._threads = 0
        self._open = 0
        """Questions that are not answered yet: there are as many threads, up to MAX_AT_ONCE."""
        self._closed = False

    def do(self, work: Callable[[], Any], answer: Callable[[Any], None]) -> bool:
        """`answer(work())` by `post`. False when too many wait: then nothing comes. What `work` raises is said in the
        log, and `answer` gets it."""
        with self._lock:
            try:
                self._wanted.put_nowait((work, answer))
            except queue.Full:
                return False
            self._open += 1
            if self._threads < min(MAX_AT_ONCE, self._open):
                self._threads += 1
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
        return True

    def close(self) -> None:
        """What waits is forgotten; nothing is posted any more."""
        with self._lock:
            self._closed = True
            while not self._wanted.empty():
                self._wanted.get_nowait()

    def _run(self) -> None:
        while (wanted := self._next()) is not None:
            work, answer = wanted
            try:
                found = work()
            except Exception as error:
                log.exception("%s: a question could not be asked", self._name)
                found = error
            self._tell(answer, found)
            with self._lock:
                self._open -= 1

    def _next(self) -> tuple[Callable[[], Any], Callable[..., None]] | None:
        while True:
            try:
                return self._wanted.get(timeout=IDLE_S)
            except queue.Empty:
                with self._lock:
                    if self._wanted.empty():
                        self._threads -= 1
                        return None

    def _tell(self, answer: Callable[..., None], found: Any) -> None:
        """An engine that does not keep up takes nothing for a moment; whoever asked waits for its answer for good."""
        said = False
        while not self._closed:
            try:
                self._post(answer, found)
                return
            except Exception as error:
                if not said:
                    log.warning("%s: an answer cannot be told yet: %s", self._name, error)
                said = True
            time.sleep(POST_AGAIN_S)
