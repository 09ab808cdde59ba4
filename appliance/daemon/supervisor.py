"""Keeps the processes of a box running where systemd does not: start in order, restart with back-off, stop in order.

`./centralita run` and `demo` use it; on the image the units of systemd/ do the same. It speaks the readiness protocol
of sd_notify(3), so a process behaves alike under both: READY=1 means it does its job, and one that announced itself and
then stays silent for `watchdog_s` is killed and restarted, as is one that never announces itself. A child dies with us,
whatever kills us (prctl(2) PR_SET_PDEATHSIG), so a killed supervisor never leaves half a box behind.
"""

import contextlib
import ctypes
import fcntl
import logging
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO

log = logging.getLogger(__name__)

FIRST_DELAY_S = 0.1
LONGEST_DELAY_S = 5.0
CALM_S = 10.0
"""A child that ran this long starts its back-off anew."""
STOP_S = 6.0
PR_SET_PDEATHSIG = 1
URGENT_NICE = -11
MAX_LOG_BYTES = 5_000_000


@dataclass
class Child:
    """One supervised process. `notifies`: it says READY itself; otherwise it counts as ready once started."""

    name: str
    argv: Sequence[str]
    notifies: bool = True
    watchdog_s: float = 15.0
    start_s: float = 60.0
    """One that notifies and is not ready after this hangs, as with TimeoutStartSec in the units."""
    log_file: Path | None = None
    urgency: int = 0
    """Above 0 it carries or decides calls and runs before everything else: its SCHED_RR priority where we may ask for
    that, else a nice value below 0."""
    process: subprocess.Popen[bytes] | None = None
    ready: bool = False
    starts: int = 0
    started_at: float = 0.0
    heard_at: float = 0.0
    delay_s: float = FIRST_DELAY_S
    restart_at: float = 0.0
    notify_socket: socket.socket | None = field(default=None, repr=False)


class AlreadyRunning(Exception):
    """Another supervisor runs a box in this folder. The message says which and what to do."""


class Supervisor:
    """Runs the children it was given until `stop`. `stop` may be called from a signal handler."""

    def __init__(self, run_dir: Path) -> None:
        self._notify_dir = run_dir / "notify"
        self._notify_dir.mkdir(parents=True, exist_ok=True)
        self._lock = (run_dir / "supervisor.lock").open("a+")
        self._take_lock()
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._stopping = False

    def _take_lock(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._lock.seek(0)
            other = self._lock.read(20).strip()
            raise AlreadyRunning(
                f"a box already runs in {self._notify_dir.parent} (process {other}). Stop that one first."
            ) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def add(self, child: Child) -> None:
        """Start a child now and keep it running."""
        path = self._notify_dir / child.name
        path.unlink(missing_ok=True)
        child.notify_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
        child.notify_socket.bind(str(path))
        child.notify_socket.setblocking(False)
        self._selector.register(child.notify_socket, selectors.EVENT_READ, child)
        self._children.append(child)
        self._start(child)

    def stop(self, *_: object) -> None:
        self._stopping = True

    @property
    def stopping(self) -> bool:
        return self._stopping

    def wait_ready(self, timeout_s: float) -> list[str]:
        """Supervise until every child is ready; the names of those that are not when the time is over."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline and not self._stopping:
            self._turn(0.05)
            if all(child.ready for child in self._children):
                return []
        return [child.name for child in self._children if not child.ready]

    def run(self, each_turn: Callable[[], None] = lambda: None) -> None:
        """Supervise until `stop`, then stop the children, the last started first."""
        while not self._stopping:
            self._turn(0.25)
            each_turn()
        self.close()

    def close(self) -> None:
        for child in reversed(self._children):
            self._end(child)
            if child.notify_socket is not None:
                child.notify_socket.close()
                (self._notify_dir / child.name).unlink(missing_ok=True)
        self._children.clear()
        self._lock.close()

    def _turn(self, wait_s: float) -> None:
        for key, _ in self._selector.select(wait_s):
            self._heard(key.data)
        now = time.monotonic()
        for child in self._children:
            self._look_after(child, now)

    def _heard(self, child: Child) -> None:
        assert child.notify_socket is not None
        try:
            message = child.notify_socket.recv(4096)
        except OSError:
            return
        words, now = message.split(b"\n"), time.monotonic()
        if b"WATCHDOG=1" in words or b"READY=1" in words:  # what else is said is no sign of life, as with systemd
            child.heard_at = now
        if b"READY=1" in words and not child.ready:
            child.ready = True
            log.info("%s is ready after %.1f s", child.name, now - child.started_at)

    def _look_after(self, child: Child, now: float) -> None:
        if child.process is None:
            if now >= child.restart_at and not self._stopping:
                self._start(child)
            return
        code = child.process.poll()
        if code is not None:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
            if now - child.started_at > CALM_S:
                child.delay_s = FIRST_DELAY_S
            log.warning("%s %s; starting it again in %.1f s", child.name, how, child.delay_s)
            _kill_group(child.process.pid)
            child.process, child.ready = None, False
            child.restart_at = now + child.delay_s
            child.delay_s = min(child.delay_s * 2, LONGEST_DELAY_S)
        elif child.notifies and not child.ready and now - child.started_at > child.start_s:
            log.error("%s is not ready after %.0f s: killing it", child.name, child.start_s)
            child.process.kill()
        elif child.notifies and child.ready and now - child.heard_at > child.watchdog_s:
            log.error("%s has not answered for %.0f s: killing it", child.name, child.watchdog_s)
            child.process.kill()

    def _start(self, child: Child) -> None:
        child.starts += 1
        child.started_at = child.heard_at = time.monotonic()
        child.ready = not child.notifies
        env = {**os.environ}
        if child.notifies:
            env["NOTIFY_SOCKET"] = str(self._notify_dir / child.name)
            env["WATCHDOG_USEC"] = str(int(child.watchdog_s * 1_000_000))
        sink: IO[bytes] | None = None
        if child.log_file is not None:
            child.log_file.parent.mkdir(parents=True, exist_ok=True)
            if child.log_file.exists() and child.log_file.stat().st_size > MAX_LOG_BYTES:
                child.log_file.replace(child.log_file.with_suffix(".old"))
            sink = child.log_file.open("ab")
        try:
            child.process = subprocess.Popen(
                list(child.argv),
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=sink,
                env=env,
                start_new_session=True,
                preexec_fn=partial(_in_child, child.urgency),
            )
        except OSError as error:
            log.error("%s cannot be started: %s", child.name, error)
            child.process, child.ready = None, False
            child.restart_at = child.started_at + child.delay_s
            child.delay_s = min(child.delay_s * 2, LONGEST_DELAY_S)
        finally:
            if sink is not None:
                sink.close()

    def _end(self, child: Child) -> None:
        if child.process is None:
            return
        child.process.terminate()
        try:
            child.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            log.warning("%s did not stop in %.0f s: killing it", child.name, STOP_S)
            child.process.kill()
            child.process.wait()
        _kill_group(child.process.pid)
        child.process = None


def _kill_group(leader: int) -> None:
    """What a dead child left would stand in its successor's way: Kamailio's workers keep its ports."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


_libc = ctypes.CDLL(None, use_errno=True)


def _in_child(urgency: int) -> None:
    """Sound is due every 20 ms and a ring within a few: neither may wait for the page or the backup."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if not urgency:
        return
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(urgency))  # its threads inherit it
    except OSError:
        with contextlib.suppress(OSError):
            os.nice(URGENT_NICE)
