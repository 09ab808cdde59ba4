"""The one thread that owns pjsua2 in a process of SIP peers: accounts, calls, their sound, timers; nothing of roles.

pjsua2 allows one Endpoint a process and must be created, polled and destroyed by one thread; every other thread hands
it work with `run` and holds only string keys. Sound is played, measured and recorded by PJSIP in C, never in Python.
"""

import contextlib
import heapq
import itertools
import logging
import os
import socket
import sys
import tempfile
import threading
import wave
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

import pjsua2 as pj

from appliance.demo.sip_call import PeerAccount, PeerCall, now_ms
from appliance.demo.sip_records import PeerEvent, Silence, Sound, Tone, Wav
from appliance.demo.sounds import RATE_HZ, samples_of

POLL_MS = 10
RUN_TIMEOUT_S = 10.0
LEVEL_EVERY_MS = 400
MAX_CALLS = 250
T = TypeVar("T")

log = logging.getLogger(__name__)

ROUND_S = 300
"""PJSIP's player says 20 ms of nothing where it begins a file again, so a tone that is listened to for gaps is long."""


class PeerError(Exception):
    """A peer could not do what it was asked; the message says what."""


def no_event(_event: PeerEvent) -> None:
    """For users who only ask, and never listen."""


class SipEngine:
    """Start it, `run` work on it, close it. `on_event` is called on its thread: the receiver only queues."""

    def __init__(self, on_event: Callable[[PeerEvent], None] = no_event) -> None:
        self.emit = on_event
        self.calls: dict[str, PeerCall] = {}
        self.accounts: dict[str, PeerAccount] = {}
        self.null_sink: Any = None
        self._keys = itertools.count(1)
        self._transports: dict[tuple[str, int], int] = {}
        self._work: deque[Callable[[], None]] = deque()
        self._timers: list[tuple[int, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._wake: socket.socket | None = None
        self._stopping = False
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._main, name="sip-peers", daemon=True)
        self._sounds = tempfile.TemporaryDirectory(prefix="centralita-peers-")

    def start(self) -> None:
        """Raises PeerError when pjsua2 cannot start."""
        self._thread.start()
        self._started.result(RUN_TIMEOUT_S)

    def close(self) -> None:
        """Hang everything up and end the thread; at most a few seconds."""
        if self._thread.is_alive():
            self._stopping = True
            self._kick()
            self._thread.join(10)
        self._sounds.cleanup()

    def run(self, work: Callable[[], T]) -> T:
        """Do `work` on the engine's thread and return what it returned. Raises PeerError in place of pj.Error."""
        done: Future[T] = Future()

        def carry_out() -> None:
            try:
                done.set_result(work())
            except pj.Error as error:
                done.set_exception(PeerError(f"{error.title}: {error.reason}"))
            except Exception as error:
                done.set_exception(error)

        if threading.current_thread() is self._thread:
            carry_out()
        else:
            self._work.append(carry_out)
            self._kick()
        return done.result(RUN_TIMEOUT_S)

    def after(self, delay_ms: int, work: Callable[[], None]) -> None:
        """On the engine's thread only: do `work` later."""
        heapq.heappush(self._timers, (now_ms() + delay_ms, next(self._order), work))

    def new_key(self) -> str:
        return f"s{next(self._keys)}"

    def call(self, key: str) -> PeerCall:
        """On the engine's thread only. Raises PeerError when that call is over."""
        if key not in self.calls:
            raise PeerError(f"call {key} is over, or never was")
        return self.calls[key]

    @contextlib.contextmanager
    def guarded(self, where: str) -> Iterator[None]:
        """pjsua2 swallows what a callback raises; say it instead."""
        try:
            yield
        except Exception:
            log.exception("in %s", where)

    def transport(self, address: str, port: int) -> int:
        """On the engine's thread only: the SIP socket of this address, made at its first use; its pjsua2 id."""
        if (address, port) not in self._transports:
            settings = pj.TransportConfig()
            settings.boundAddress, settings.port = address, port
            self._transports[address, port] = self.endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, settings)
            if self._wake is None:
                host, _, bound = self.endpoint.transportGetInfo(self._transports[address, port]).localName.rpartition(
                    ":"
                )
                self._wake = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                self._wake.connect((host, int(bound)))
                self._wake.setblocking(False)
        return self._transports[address, port]

    def player(self, sound: Sound) -> Any:
        """On the engine's thread only: a source of this sound."""
        player = pj.AudioMediaPlayer()
        path = sound.path if isinstance(sound, Wav) else self._sound_file(sound)
        looped = not isinstance(sound, Wav) or sound.loop
        player.createPlayer(path, 0 if looped else pj.PJMEDIA_FILE_NO_LOOP)
        return player

    def _sound_file(self, sound: Silence | Tone) -> str:
        name = "silence" if isinstance(sound, Silence) else f"tone_{sound.hz}_{sound.dbfs}"
        path = Path(self._sounds.name) / f"{name}.wav"
        if not path.exists():
            with wave.open(str(path), "wb") as file:
                file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
                file.writeframes(samples_of(sound) * ROUND_S)
        return str(path)

    def _kick(self) -> None:
        if self._wake is not None:
            with contextlib.suppress(OSError):
                self._wake.send(b"\r\n")  # a SIP keep-alive: ends the poll at once, means nothing

    def _main(self) -> None:
        try:
            self._set_up()
        except pj.Error as error:
            self._started.set_exception(PeerError(f"pjsua2 does not start: {error.reason}"))
            return
        self._started.set_result(None)
        self.after(LEVEL_EVERY_MS, self._measure)
        while not self._stopping:
            self.endpoint.libHandleEvents(POLL_MS)
            self._do_due()
        self._tear_down()

    def _set_up(self) -> None:
        self.endpoint = pj.Endpoint()
        with quiet_stdout():
            self.endpoint.libCreate()
        settings = pj.EpConfig()
        settings.logConfig.level = settings.logConfig.consoleLevel = 0
        agent, media = settings.uaConfig, settings.medConfig
        agent.threadCnt, agent.mainThreadOnly, agent.maxCalls = 0, True, MAX_CALLS
        agent.userAgent = "centralita-peers"
        media.threadCnt, media.hasIoqueue, media.noVad, media.ecTailLen = 1, True, True, 0
        media.clockRate = media.sndClockRate = RATE_HZ
        media.audioFramePtime = 20
        self.endpoint.libInit(settings)
        self.endpoint.libStart()
        self.endpoint.audDevManager().setNullDev()
        for codec in self.endpoint.codecEnum2():
            priority = {"PCMA/8000/1": 200, "PCMU/8000/1": 199}.get(codec.codecId, 0)
            self.endpoint.codecSetPriority(codec.codecId, priority)
        self.null_sink = self.endpoint.audDevManager().getPlaybackDevMedia()

    def _do_due(self) -> None:
        while self._work:
            self._work.popleft()()
        while self._timers and self._timers[0][0] <= now_ms():
            _, _, work = heapq.heappop(self._timers)
            with self.guarded("a timer"):
                work()

    def _measure(self) -> None:
        self.after(LEVEL_EVERY_MS, self._measure)
        for call in list(self.calls.values()):
            call.measure()

    def _tear_down(self) -> None:
        with self.guarded("closing"):
            self.endpoint.hangupAllCalls()
            limit_ms = now_ms() + 2_000
            while self.calls and now_ms() < limit_ms:
                self.endpoint.libHandleEvents(POLL_MS)
            for call in list(self.calls.values()):
                call.forget()
            for account in self.accounts.values():
                account.shutdown()
            self.accounts.clear()
            self.null_sink = None
            self.endpoint.libDestroy()


@contextlib.contextmanager
def quiet_stdout() -> Iterator[None]:
    """PJLIB greets on the process's standard output before its log level can be set; that goes nowhere."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
