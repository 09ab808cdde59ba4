"""A child process that works on a store and is killed with SIGKILL at a moment that can be chosen again.

A moment is a number of looks of SQLite's progress handler, which comes every some instructions of its machine, over all
connections of the child; or a time, which may also fall where SQLite waits for the disk.
"""

import functools
import mmap
import os
import signal
import sqlite3
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

INSTRUCTIONS_A_LOOK = 40
_WORDS = struct.Struct("QQ")
NEVER = 1 << 62


@dataclass(frozen=True)
class Moment:
    """When to kill: at a look, or after a time; whichever comes first."""

    look: int = NEVER
    after_s: float = 0.0
    """0: never."""


@dataclass(frozen=True)
class Death:
    """How the child ended."""

    killed: bool
    """Else it did its work to the end."""
    looks: int
    in_transaction: bool
    """It was within a transaction that writes, or committing it."""
    took_s: float


def run_and_kill(work: Callable[[], None], moment: Moment) -> Death:
    """Do `work` in a child. Raises AssertionError when it fails by itself. This process must have no threads."""
    memory = mmap.mmap(-1, _WORDS.size)
    began_s = time.monotonic()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _watch(memory, moment)
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    took_s = time.monotonic() - began_s
    looks, writing = _WORDS.unpack(memory[:])
    memory.close()
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or os.WEXITSTATUS(status) == 0, f"the child failed by itself at {moment}: see above"
    return Death(killed, looks, bool(writing), took_s)


def _watch(memory: mmap.mmap, moment: Moment) -> None:
    """In the child: follow every connection that is opened from now on."""
    seen = [0, 0]

    def note() -> None:
        memory[:] = _WORDS.pack(*seen)

    def look() -> int:
        seen[0] += 1
        note()
        if seen[0] >= moment.look:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    def statement(text: str) -> None:
        """A commit is told before it is done, and what comes after it when it was."""
        word = text.lower()
        if word.startswith("begin immediate"):
            seen[1] = 1
        elif seen[1] == 2 or word.startswith("rollback"):
            seen[1] = 0
        if word.startswith("commit") and seen[1]:
            seen[1] = 2
        note()

    class Watched(sqlite3.Connection):
        def __init__(self, *words: Any, **more: Any) -> None:
            super().__init__(*words, **more)
            self.set_progress_handler(look, INSTRUCTIONS_A_LOOK)
            self.set_trace_callback(statement)

    setattr(sqlite3, "connect", functools.partial(sqlite3.connect, factory=Watched))  # noqa: B010
    if moment.after_s:
        timer = threading.Timer(moment.after_s, lambda: os.kill(os.getpid(), signal.SIGKILL))
        timer.daemon = True
        timer.start()
