"""The drift buffer alone in simulated time: half an hour of a clock that is off and of late frames, in seconds."""

import ctypes
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from appliance.switch.native_port import Bridge, DriftCounters
from tests.line_listening import CLICK_LIMIT_DB, outside_db
from tests.sound import longest_gap_ms, tone

HZ = 1004
FRAME = 160
FRAME_MS = 20.0
RESAMPLER_MS = 3.0
HALF_AN_HOUR_S = 1800
SETTLED_S = 20


class _Counters(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int32) for name in ("stretched", "dropped", "starvations", "rate_ppm")]


class Alone:
    """A native drift buffer without a conference."""

    def __init__(self, bridge: Bridge, prime_frames: int) -> None:
        self._native: Any = bridge.quick
        self._native.drift_alone_make.restype = ctypes.c_void_p
        self._it = ctypes.c_void_p(self._native.drift_alone_make(prime_frames))
        assert self._it
        self._seen = _Counters()
        self.waiting = 0

    def write(self, frame: bytes, now_ms: float) -> None:
        now_us = ctypes.c_uint64(int(now_ms * 1000))
        self._native.drift_alone_write(self._it, ctypes.create_string_buffer(frame, 2 * FRAME), now_us)

    def read(self, now_ms: float) -> bytes:
        out = ctypes.create_string_buffer(2 * FRAME)
        self.waiting = self._native.drift_alone_read(
            self._it, out, ctypes.c_uint64(int(now_ms * 1000)), ctypes.byref(self._seen)
        )
        return out.raw

    @property
    def counters(self) -> DriftCounters:
        seen = self._seen
        return DriftCounters(seen.stretched, seen.dropped, seen.starvations, seen.rate_ppm)

    def end(self) -> None:
        self._native.drift_alone_end(self._it)


@dataclass
class Crossing:
    """What the reader heard, and the delay of what it read at each of its moments."""

    heard: bytes
    delays_ms: list[float]
    counters: DriftCounters

    def settled(self, after_s: float = SETTLED_S) -> tuple[bytes, float]:
        """From then on: the sound, and the longest delay."""
        return self.heard[int(after_s * 16_000) :], max(self.delays_ms[int(after_s * 50) :])


def moments(seconds: float, ppm: float, jitter_ms: float, rng: random.Random, phase_ms: float) -> Iterator[float]:
    """When frames are written or read, in this clock: up to `jitter_ms` late, none before the one before it."""
    before = 0.0
    for number in range(int(seconds * 50)):
        before = max(before, phase_ms + number * FRAME_MS / (1 + ppm / 1e6) + rng.uniform(0, jitter_ms))
        yield before


def cross(
    bridge: Bridge, seconds: float, ppm: float, written_late_ms: float, read_late_ms: float, seed: int, prime: int = 4
) -> Crossing:
    """A tone from a clock that is `ppm` fast to one that is right."""
    rng = random.Random(seed)
    one_second = tone(HZ, 1.0, -15)
    buffer = Alone(bridge, prime)
    writes = moments(1.01 * seconds, ppm, written_late_ms, rng, 0)
    next_write = next(writes)
    written, heard, delays = 0, bytearray(), []
    try:
        for now in moments(seconds - 1, 0, read_late_ms, rng, rng.uniform(0, FRAME_MS)):
            while next_write <= now:
                at = written * 2 * FRAME % len(one_second)
                buffer.write(one_second[at : at + 2 * FRAME], next_write)
                written += 1
                next_write = next(writes, float("inf"))
            heard += buffer.read(now)
            next_sample = written * FRAME - buffer.waiting
            delays.append(now + FRAME_MS - next_sample / 8 / (1 + ppm / 1e6) + RESAMPLER_MS)
        return Crossing(bytes(heard), delays, buffer.counters)
    finally:
        buffer.end()


@pytest.mark.parametrize("ppm", [200.0, -200.0])
def test_half_an_hour_of_a_late_and_drifting_modem_has_no_gap_no_click_and_little_delay(
    bridge: Bridge, ppm: float
) -> None:
    crossing = cross(bridge, HALF_AN_HOUR_S, ppm, written_late_ms=40, read_late_ms=2, seed=1)
    sound, delay_ms = crossing.settled()
    found = outside_db(np.frombuffer(sound, "<i2").astype(np.float64), HZ)
    assert crossing.counters.stretched == crossing.counters.dropped == crossing.counters.starvations == 0
    assert np.max(found) < CLICK_LIMIT_DB - 20, "resampling is far cleaner than any seam"
    assert longest_gap_ms(sound, HZ) == 0
    assert delay_ms <= 80
    assert abs(crossing.counters.rate_ppm - ppm) < 400


@pytest.mark.parametrize("ppm", [200.0, -200.0])
def test_a_reader_who_is_late_now_and_then_hears_no_less(bridge: Bridge, ppm: float) -> None:
    crossing = cross(bridge, 300, ppm, written_late_ms=2, read_late_ms=40, seed=2, prime=3)
    sound, delay_ms = crossing.settled()
    assert crossing.counters.stretched == crossing.counters.dropped == 0
    assert np.max(outside_db(np.frombuffer(sound, "<i2").astype(np.float64), HZ)) < CLICK_LIMIT_DB - 20
    assert delay_ms <= 80


@pytest.mark.parametrize("ppm", [5000.0, -5000.0])
def test_a_clock_that_is_far_off_is_learned(bridge: Bridge, ppm: float) -> None:
    crossing = cross(bridge, 300, ppm, written_late_ms=2, read_late_ms=2, seed=3)
    sound, delay_ms = crossing.settled(60)
    assert abs(crossing.counters.rate_ppm - ppm) < 300
    assert np.max(outside_db(np.frombuffer(sound, "<i2").astype(np.float64), HZ)) < CLICK_LIMIT_DB - 20
    assert delay_ms <= 80


def test_without_lateness_the_delay_is_little_more_than_a_frame(bridge: Bridge) -> None:
    _, delay_ms = cross(bridge, 120, 100, written_late_ms=1, read_late_ms=1, seed=4).settled(60)
    assert delay_ms <= 40


def test_a_writer_who_stops_fades_into_silence_and_begins_again_softly(bridge: Bridge) -> None:
    sound = tone(HZ, 1.0, -15)
    frames = [sound[at : at + 2 * FRAME] for at in range(0, len(sound), 2 * FRAME)]
    buffer = Alone(bridge, 3)
    heard, now_ms = bytearray(), 0.0
    try:
        for writes in (True, False, True):
            for frame in frames:
                if writes:
                    buffer.write(frame, now_ms)
                heard += buffer.read(now_ms + 1)
                now_ms += FRAME_MS
        assert buffer.counters.starvations == 1
    finally:
        buffer.end()
    x = np.frombuffer(bytes(heard), "<i2").astype(np.int64)
    assert not x[int(1.2 * 8000) : 2 * 8000].any(), "silence, no buzz"
    cycle_step = 1.1 * np.abs(np.diff(np.frombuffer(sound, "<i2").astype(np.int64))).max()
    assert np.abs(np.diff(x)).max() <= cycle_step, "no step greater than the tone's own"
