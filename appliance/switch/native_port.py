"""The native parts (native/*.c) as Python sees them: audio ports as thin typed handles, nothing of Python in the audio
clock; and how a SIP call is, in numbers.

`Bridge` loads the compiled library beside pjsua2 so that both share one PJSIP. Everything but `AudioPort.exchange` and
`Recorder.read` belongs to the engine's thread.
"""

import ctypes
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hw.devices import SAMPLE_RATE_HZ

MAX_EXCHANGE_SAMPLES = 1920
MAX_PLAYLIST = 16
LEVEL_LIMIT_DB = 20.0
_LIBRARY = "audio_port.so"


class NativeError(Exception):
    """The native library is missing, or the conference is full. Says what to do."""


class _DriftCounters(ctypes.Structure):
    _fields_ = [
        ("stretched", ctypes.c_uint32),
        ("dropped", ctypes.c_uint32),
        ("starvations", ctypes.c_uint32),
        ("rate_ppm", ctypes.c_int32),
    ]


class _PortState(ctypes.Structure):
    _fields_ = [
        ("up", _DriftCounters),
        ("down", _DriftCounters),
        ("up_delay_samples", ctypes.c_uint32),
        ("down_delay_samples", ctypes.c_uint32),
        ("up_peak", ctypes.c_int32),
        ("down_peak", ctypes.c_int32),
    ]


class _BridgeClock(ctypes.Structure):
    _fields_ = [
        ("ticks", ctypes.c_uint64),
        ("late_30_ms", ctypes.c_uint64),
        ("late_60_ms", ctypes.c_uint64),
        ("longest_gap_ms", ctypes.c_double),
    ]


class CallLook(ctypes.Structure):
    """What PJSIP says of a SIP call, in its own numbers."""

    _fields_ = [
        ("state", ctypes.c_int32),
        ("last_status", ctypes.c_int32),
        ("media_status", ctypes.c_int32),
        ("slot", ctypes.c_int32),
    ]
    state: int
    """PJSIP_INV_STATE_…"""
    last_status: int
    """The last SIP status; 0 before any."""
    media_status: int
    """PJSUA_CALL_MEDIA_… of the first stream of sound; -1: there is none."""
    slot: int
    """Its port in the conference; -1: none."""


@dataclass(frozen=True)
class DriftCounters:
    """One direction of a port: frames stretched (none had come), dropped (the reader was away), times the writer
    stopped for more than 60 ms, and how much faster than written it is read now."""

    stretched: int
    dropped: int
    starvations: int
    rate_ppm: int


@dataclass(frozen=True)
class PortStatus:
    """`up` is device to conference. Delays are what the buffers hold now; peaks since they were last asked, 0-32767."""

    up: DriftCounters
    down: DriftCounters
    up_delay_ms: float
    down_delay_ms: float
    up_peak: int
    down_peak: int


@dataclass(frozen=True)
class BridgeClock:
    """The conference's 20 ms tick since it was last reset: how many, how many came late, the longest wait."""

    ticks: int
    late_30_ms: int
    late_60_ms: int
    longest_gap_ms: float


def native_directory() -> Path:
    """Where the compiled parts are: CENTRALITA_NATIVE. Raises NativeError."""
    folder = os.environ.get("CENTRALITA_NATIVE", "")
    if not folder:
        raise NativeError("CENTRALITA_NATIVE is not set; start with ./centralita, which compiles the parts and sets it")
    return Path(folder)


class Bridge:
    """The conference of this process, and what else of PJSIP pjsua2 would tell too slowly.

    One, made after `pjsua2` was imported and the endpoint initialised.
    """

    def __init__(self, directory: Path | None = None) -> None:
        path = (directory or native_directory()) / _LIBRARY
        if not path.exists():
            raise NativeError(f"{path} is missing; run ./centralita once: it compiles the native parts")
        # The library's undefined symbols are PJSIP's, and PJSIP is inside the Python module.
        extension: Any = sys.modules["_pjsua2"]
        self._pjsua: Any = ctypes.CDLL(extension.__file__, mode=ctypes.RTLD_GLOBAL | os.RTLD_NOLOAD)
        # PyDLL keeps the GIL: these calls last microseconds, and giving it up would cost a modem thread milliseconds
        # when the engine's thread takes it. No thread waits for the GIL while it holds one of their locks, or
        # PJSUA's, which `call_look` takes.
        self.quick: Any = ctypes.PyDLL(str(path))
        self.slow: Any = ctypes.CDLL(str(path))

    def connect(self, source: int, sink: int) -> bool:
        """Let conference port `sink` hear `source`. False when one of them is gone."""
        return bool(self._pjsua.pjsua_conf_connect(source, sink) == 0)

    def disconnect(self, source: int, sink: int) -> bool:
        return bool(self._pjsua.pjsua_conf_disconnect(source, sink) == 0)

    def call_look(self, call: int) -> CallLook:
        """How this call of PJSIP is now. Raises NativeError when there is no such call."""
        look = CallLook()
        if self.quick.call_look(call, ctypes.byref(look)) != 0:
            raise NativeError(f"PJSIP has no call {call}")
        return look

    def take_calls(self, line: str, account: int) -> None:
        """Calls that Kamailio marks as this line's are this account's of PJSIP's from now on. Raises NativeError."""
        if self.quick.call_account_set(line.encode(), account) != 0:
            raise NativeError(f"no room for the calls of line {line}")

    def add_clip(self, samples: bytes) -> int:
        """Keep s16le mono 8 kHz sound for players; its number. Raises NativeError when there is no room."""
        clip = int(self.quick.clip_add(samples, len(samples) // 2))
        if clip < 0:
            raise NativeError("no room for another prompt (1,024 at most, none of them empty)")
        return clip

    def free_clip(self, clip: int) -> bool:
        """Forget a clip; its number may be another's then. False, and nothing happened, while a player plays it."""
        return int(self.quick.clip_free(clip)) == 0

    def notify(self, eventfd: int) -> None:
        """Raise this eventfd whenever a player comes to its end."""
        self.quick.player_notify(eventfd)

    def finished(self) -> list[tuple[int, int]]:
        """(player, run) of the players that came to their end since the last time."""
        out = (ctypes.c_uint64 * 64)()
        seen: list[tuple[int, int]] = []
        while count := int(self.quick.player_finished(out, len(out))):
            seen += [(out[n] >> 32, out[n] & 0xFFFFFFFF) for n in range(count)]
        return seen

    def clock(self, reset: bool = False) -> BridgeClock:
        seen = _BridgeClock()
        self.quick.bridge_clock_read(ctypes.byref(seen), int(reset))
        return BridgeClock(seen.ticks, seen.late_30_ms, seen.late_60_ms, seen.longest_gap_ms)


class AudioPort:
    """A `legs.SoundPort`: a place in the conference for sound in another clock."""

    def __init__(self, bridge: Bridge, name: str) -> None:
        self._bridge = bridge
        self._handle = int(bridge.slow.audio_port_create(name.encode()[:31]))
        if self._handle < 0:
            raise NativeError(f"no room in the conference for {name}: 64 lines and handsets at most")
        self._slot = int(bridge.quick.audio_port_slot(self._handle))
        self._exchange = bridge.quick.audio_port_exchange

    @property
    def slot(self) -> int:
        return self._slot

    def open(self) -> None:
        self._bridge.quick.audio_port_open(self._handle, 1)

    def close(self) -> None:
        self._bridge.quick.audio_port_open(self._handle, 0)

    def set_levels(self, in_db: float, out_db: float) -> None:
        """How much louder than the device gives it its sound comes in, and than the conference gives it goes out; from
        −LEVEL_LIMIT_DB to LEVEL_LIMIT_DB. What gets too loud is clipped."""
        up, down = (round(4096 * 10 ** (max(-LEVEL_LIMIT_DB, min(LEVEL_LIMIT_DB, db)) / 20)) for db in (in_db, out_db))
        self._bridge.quick.audio_port_levels(self._handle, up, down)

    def exchange(self, heard: bytes, said_bytes: int | None = None) -> bytes:
        """n samples in and as many out, or `said_bytes` (s16le mono 8 kHz). An odd byte at the end is ignored; more
        than 1,920 samples raise."""
        count = len(heard) // 2
        wanted = count if said_bytes is None else said_bytes // 2
        if max(count, wanted) > MAX_EXCHANGE_SAMPLES:
            raise ValueError(f"{max(count, wanted)} samples at once; {MAX_EXCHANGE_SAMPLES} at most")
        said = bytes(2 * wanted)  # fresh and known to nobody else, so the C side may fill it
        if wanted or count:  # the empty bytes are everybody's
            self._exchange(self._handle, heard, count, said, wanted)
        return said

    def status(self) -> PortStatus:
        state = _PortState()
        if self._bridge.quick.audio_port_status(self._handle, ctypes.byref(state)) != 0:
            raise NativeError("this port is destroyed")
        per_ms = SAMPLE_RATE_HZ / 1000
        return PortStatus(
            _counters(state.up),
            _counters(state.down),
            state.up_delay_samples / per_ms,
            state.down_delay_samples / per_ms,
            state.up_peak,
            state.down_peak,
        )

    def destroy(self) -> None:
        """Out of the conference; whoever still exchanges gets silence."""
        self._bridge.slow.audio_port_destroy(self._handle)


def _counters(counters: _DriftCounters) -> DriftCounters:
    return DriftCounters(counters.stretched, counters.dropped, counters.starvations, counters.rate_ppm)


class Player:
    """Plays clips into the conference; re-used, never destroyed."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self.index = int(bridge.slow.player_create())
        if self.index < 0:
            raise NativeError("no room in the conference for another player")
        self.slot = int(bridge.quick.player_slot(self.index))

    def start(self, clips: list[int], loop: bool = False) -> int:
        """From the beginning, up to MAX_PLAYLIST clips; the run number that its end will be reported with."""
        run = int(self._bridge.quick.player_start(self.index, (ctypes.c_int * len(clips))(*clips), len(clips), loop))
        if run < 0:
            raise NativeError(f"cannot play {len(clips)} clips; 1 to {MAX_PLAYLIST} that exist")
        return run

    def stop(self) -> None:
        self._bridge.quick.player_stop(self.index)


class Recorder:
    """Takes sound out of the conference; `read` may be called from a thread that waits for disks."""

    def __init__(self, bridge: Bridge) -> None:
        self._bridge = bridge
        self._handle = int(bridge.slow.recorder_create())
        if self._handle < 0:
            raise NativeError("no room in the conference for another recorder")
        self.slot = int(bridge.quick.recorder_slot(self._handle))

    def read(self, most_samples: int = 2 * SAMPLE_RATE_HZ) -> bytes:
        """What was heard and not read yet, oldest first, s16le."""
        out = ctypes.create_string_buffer(2 * most_samples)
        count = int(self._bridge.quick.recorder_read(self._handle, out, most_samples))
        return out.raw[: 2 * count]

    def lost_samples(self) -> int:
        return int(self._bridge.quick.recorder_lost(self._handle))

    def destroy(self) -> None:
        self._bridge.slow.recorder_destroy(self._handle)
