"""The one thread that owns PJSIP and every call: its loop, what it waits for, and the endpoint's life.

The loop waits in one epoll on PJSIP's own epoll descriptor, on the sockets of `when_readable` and on an eventfd, so an
INVITE, an effect of the ACD and a modem's event are each handled in this thread the moment they come, with no hand-off.
"""

import ctypes
import logging
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec

import pjsua2 as pj

log = logging.getLogger(__name__)
P = ParamSpec("P")

POLL_MS = 50
"""PJSIP's timers (SIP's T1 is 500 ms) and its queued callbacks (a digit somebody pressed) are looked at least this
often. Being woken is most of what an idle box costs."""
MAX_SIP_EVENTS = 64
"""Handled in a row before the other sources get their turn."""
MAX_POSTED = 50_000
LOG_LEVEL = int(os.environ.get("CENTRALITA_PJSIP_LOG", "1"))
"""PJSIP's own log on standard output: 1 is what it cannot go on with, 5 every message."""
MAX_CALL_LEGS = 512
MAX_CONFERENCE_PORTS = 2_048


@dataclass(frozen=True)
class Timer:
    every_ms: int
    what: Callable[[], object]


@dataclass(frozen=True)
class SipAddress:
    """Where SIP comes in: a loopback address and UDP port."""

    address: str
    port: int


class EngineError(Exception):
    """PJSIP cannot start, e.g. its port is taken. Says what to do."""


def boot_ms() -> int:
    """Now, on the clock that every process of the box shares."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class Engine:
    """Make it, `start`, `run` until `stop`, all on one thread; `post` and `stop` are for any thread."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._posted: deque[tuple[Callable[..., object], tuple[Any, ...], dict[str, Any]]] = deque()
        self._epoll = select.epoll()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._readers: dict[int, Callable[[int], object]] = {}
        self._timers: list[tuple[Timer, list[int]]] = []
        self._when_woken: list[Callable[[], object]] = []
        self._stopping = False
        self._endpoint: Any = None
        self.when_ready(self._wake, self._woken)

    # --- for any thread

    def post(self, what: Callable[P, object], *args: P.args, **kwargs: P.kwargs) -> None:
        """Run `what` on the engine's thread, soon and in order."""
        if len(self._posted) >= MAX_POSTED:
            raise RuntimeError(f"{MAX_POSTED} events wait for the engine: it does not keep up")
        self._posted.append((what, args, kwargs))
        if not self.here():
            self.wake()

    def here(self) -> bool:
        """Whether the caller runs on the engine's thread."""
        return threading.get_ident() == self._thread

    def wake(self) -> None:
        os.eventfd_write(self._wake, 1)

    @property
    def wake_fd(self) -> int:
        """An eventfd: writing to it makes the loop turn. For native code."""
        return self._wake

    def stop(self) -> None:
        """End `run` at its next turn."""
        self._stopping = True
        self.wake()

    @property
    def stopping(self) -> bool:
        return self._stopping

    # --- set-up, on the engine's thread

    def start(self, sip: SipAddress) -> None:
        """Bring PJSIP up. Raises EngineError."""
        # PJLIB greets on standard output before it can be configured.
        ctypes.CDLL(sys.modules["_pjsua2"].__file__, mode=os.RTLD_NOLOAD).pj_log_set_level(LOG_LEVEL)
        before = _epoll_fds()
        self._endpoint = endpoint = pj.Endpoint()
        endpoint.libCreate()
        made = sorted(_epoll_fds() - before)
        if not made:
            raise EngineError("PJSIP has no epoll descriptor: build it with --enable-epoll (image_build/pjsip)")
        endpoint.libInit(_endpoint_config())
        transport = pj.TransportConfig()
        transport.port = sip.port
        transport.boundAddress = sip.address
        try:
            endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
        except pj.Error as error:
            raise EngineError(
                f"SIP port {sip.address}:{sip.port} cannot be opened: {error.reason}. "
                "Stop what uses it or change sip.switch_port."
            ) from error
        endpoint.libStart()
        for codec in endpoint.codecEnum2():
            # G.711 only: the networks and phones of the box all have it, and nothing else costs so little.
            endpoint.codecSetPriority(codec.codecId, {"PCMA/8000/1": 200, "PCMU/8000/1": 199}.get(codec.codecId, 0))
        endpoint.audDevManager().setNullDev()
        self.when_ready(made[0], lambda _: None)

    def when_ready(self, fd: int, what: Callable[[int], object], events: int = select.EPOLLIN) -> None:
        """Call `what(events)` whenever `fd` is ready, until `forget`."""
        if fd in self._readers:
            self._epoll.modify(fd, events)
        else:
            self._epoll.register(fd, events)
        self._readers[fd] = what

    def forget(self, fd: int) -> None:
        """No more of this descriptor; call it before closing it."""
        if self._readers.pop(fd, None) is not None:
            self._epoll.unregister(fd)

    def when_woken(self, what: Callable[[], object]) -> None:
        """Call `what` whenever somebody wrote to `wake_fd`; it must be quick."""
        self._when_woken.append(what)

    def every(self, ms: int, what: Callable[[], object]) -> None:
        """Call `what` each `ms` milliseconds, for good; a turn that comes late is not made up for."""
        self._timers.append((Timer(ms, what), [boot_ms() + ms]))

    # --- the loop

    def run(self) -> None:
        """Turn until `stop`."""
        while not self._stopping:
            self.turn(POLL_MS)

    def turn(self, wait_ms: int) -> None:
        """Wait up to `wait_ms` for something and handle what there is."""
        for fd, events in self._epoll.poll(0 if self._posted else wait_ms / 1000):
            reader = self._readers.get(fd)
            if reader is not None:
                self._guard(reader, events)
        for _ in range(MAX_SIP_EVENTS):
            if self._endpoint is None or self._endpoint.libHandleEvents(0) <= 0:
                break
        for _ in range(len(self._posted)):
            what, args, kwargs = self._posted.popleft()
            self._guard(what, *args, **kwargs)
        now = boot_ms()
        for timer, due in self._timers:
            if now >= due[0]:
                due[0] = now + timer.every_ms
                self._guard(timer.what)

    def _guard(self, what: Callable[..., object], *args: object, **kwargs: object) -> None:
        try:
            what(*args, **kwargs)
        except Exception:
            # One leg's trouble must not end everybody's calls; each handler leaves its own leg in order.
            log.exception("an event could not be handled")

    def _woken(self, _: int) -> None:
        os.eventfd_read(self._wake)
        for look in self._when_woken:
            self._guard(look)

    def close(self) -> None:
        """PJSIP's end. Every Call object is gone by then, or it would call into nothing."""
        if self._endpoint is not None:
            self._endpoint.libDestroy()
            self._endpoint = None
        self._epoll.close()
        os.close(self._wake)


def _endpoint_config() -> Any:
    config = pj.EpConfig()
    config.logConfig.level = config.logConfig.consoleLevel = LOG_LEVEL
    # No worker thread: SIP is handled in our loop. One media thread moves RTP, without the GIL.
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.uaConfig.maxCalls = MAX_CALL_LEGS
    config.uaConfig.userAgent = "Centralita"
    media = config.medConfig
    media.threadCnt = 1
    media.hasIoqueue = True
    media.clockRate = media.sndClockRate = 8000
    media.audioFramePtime = 20
    media.noVad = True
    media.ecTailLen = 0
    media.maxMediaPorts = MAX_CONFERENCE_PORTS
    media.sndAutoCloseTime = -1  # the tick never stops: ports wait in it for their place
    return config


def _epoll_fds() -> set[int]:
    """The epoll descriptors of this process."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        try:
            if "eventpoll" in os.readlink(entry):  # noqa: PTH115 (the target is no path)
                found.add(int(entry.name))
        except OSError:
            continue
    return found
