"""Judging what crossed a line: a steady tone with a marked signal every ten seconds, its gaps, clicks and delay.

Sound is s16le mono at 8,000 Hz. A `Clock` says at which moment a stream's samples were handed over, so that delay can
be told between two streams of the same machine.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tests.sound import RATE_HZ, longest_gap_ms, samples, tone

PERIOD_S = 10
PAUSE_S = 0.3
AFTER_S = 0.1
SWEEP_S = 0.3
MARK_S = PAUSE_S + SWEEP_S + AFTER_S
"""Of each period: a pause as speech has them, a sweep from 300 to 3,000 Hz, a short silence. The rest is the tone."""
LEVEL_DBFS = -15.0
EDGE_S = 0.1
"""Left out at both sides of a mark: there the tone begins and ends."""
STALL_LIMIT_MS = 15.0
"""What the machine must not keep from everybody: a modem holds 20 to 38 ms of sound, for us and the wire together."""
RECOVERY_S = 20.0
"""Sound held up by a stall is still behind for so long: it is caught up by being played a little faster."""
CLICK_WINDOW = 256
BAND_HZ = 250.0
CLICK_LIMIT_DB = -35.0
"""Sound outside of the tone's band, in windows of 32 ms (Blackman: what is more than 94 Hz from the tone leaks by less
than −58 dB), relative to the tone. At 1,004 Hz the smallest hard cut there is, one sample left out, is −29 dB, a hole
of 5 ms −17 dB; a seam faded over 10 ms that meets the wave is −58 dB, and the undisturbed tone −76 dB. −35 dB hears
every cut, and lets pass what the tone itself masks."""

Floats = NDArray[np.float64]


def _sweep() -> Floats:
    at = np.arange(int(SWEEP_S * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * (300 * at + (3000 - 300) / SWEEP_S * at**2 / 2)
    edge = np.minimum(1, np.minimum(at, SWEEP_S - at) / 0.02)
    return np.asarray(np.sin(phase) * edge * 32768 * 10 ** (LEVEL_DBFS / 20) * np.sqrt(2), np.float64)


_SWEEP = _sweep()


def marked_tone(hz: float) -> bytes:
    """One period, to be repeated; `hz` is a whole number."""
    pause, after = (np.zeros(int(seconds * RATE_HZ)) for seconds in (PAUSE_S, AFTER_S))
    mark = np.concatenate([pause, _SWEEP, after]).astype("<i2").tobytes()
    return mark + tone(hz, PERIOD_S - MARK_S, LEVEL_DBFS)


@dataclass
class Clock:
    """When a stream's samples were handed over: (samples so far, moment in seconds), never earlier than it was."""

    notes: list[tuple[int, float]]

    def moment(self, sample: float) -> float:
        """Of this sample: from the earliest notes within 5 s of it."""
        # Notes come in the order of their samples; half an hour has a hundred thousand of them.
        begin = bisect_left(self.notes, sample - 5 * RATE_HZ, key=_samples_so_far)
        end = bisect_right(self.notes, sample + 5 * RATE_HZ, key=_samples_so_far)
        return min(at - (count - sample) / RATE_HZ for count, at in self.notes[begin:end])


def _samples_so_far(note: tuple[int, float]) -> int:
    return note[0]


@dataclass(frozen=True)
class Judgement:
    """`clicks`: windows louder than CLICK_LIMIT_DB; `worst_db`: the loudest, relative to the tone. `seconds` of sound
    were judged, `disturbed` periods were not, for this machine stood still in them or, as to delay, shortly before."""

    seconds: float
    disturbed: int
    gap_ms: float
    clicks: int
    worst_db: float
    delays_ms: tuple[float, ...]

    @property
    def delay_ms(self) -> float:
        """The longest; infinite when no mark was heard."""
        return max(self.delays_ms, default=float("inf"))


def marks(sound: Floats) -> list[int]:
    """Where the sweeps begin. One that was spoilt is left out."""
    found: list[int] = []
    begin, length = 0, (PERIOD_S + 1) * RATE_HZ
    while begin + len(_SWEEP) < len(sound):
        at = _find_sweep(sound[begin : begin + length])
        if at is not None:
            found.append(begin + at)
            # The next is expected a period later, within half a second.
            begin, length = found[-1] + PERIOD_S * RATE_HZ - RATE_HZ // 2, RATE_HZ + len(_SWEEP)
        else:
            begin += PERIOD_S * RATE_HZ
    return found


def _find_sweep(part: Floats) -> int | None:
    size = 1 << (len(part) + len(_SWEEP) - 1).bit_length()
    match = np.fft.irfft(np.fft.rfft(part, size) * np.conj(np.fft.rfft(_SWEEP, size)), size)[: len(part)]
    best = int(np.argmax(match))
    return best if match[best] > 0.5 * np.dot(_SWEEP, _SWEEP) else None


def outside_db(sound: Floats, hz: float) -> Floats:
    """Of each window of CLICK_WINDOW samples, half overlapping: what is further than BAND_HZ from the tone, relative
    to the tone's own level over the whole."""
    step = CLICK_WINDOW // 2
    if len(sound) < 2 * CLICK_WINDOW:
        return np.zeros(0)
    window = np.blackman(CLICK_WINDOW)
    frames = np.lib.stride_tricks.sliding_window_view(sound, CLICK_WINDOW)[::step] * window
    power = np.abs(np.fft.rfft(frames, axis=1)) ** 2
    hertz = np.fft.rfftfreq(CLICK_WINDOW, 1 / RATE_HZ)
    inside = np.abs(hertz - hz) <= BAND_HZ
    level = float(np.median(power[:, inside].sum(axis=1)))
    outside = power[:, ~inside].sum(axis=1)
    return np.asarray(10 * np.log10(np.maximum(outside, 1e-9) / max(level, 1e-9)), np.float64)


def judge(
    said: bytes,
    said_clock: Clock,
    heard: bytes,
    heard_clock: Clock,
    hz: float,
    stalls: Iterable[tuple[float, float]] = (),
) -> Judgement:
    """What became of the marked tone on its way. The first period, in which the call begins, is not judged, nor are
    those in which the machine had `stalls` (moment of their end, ms) over STALL_LIMIT_MS."""
    stood = [at for at, ms in stalls if ms > STALL_LIMIT_MS]
    spoken, sound = samples(said), samples(heard)
    sent, came = marks(spoken), marks(sound)
    delays = []
    said_at = [said_clock.moment(one) for one in sent]
    for mark in came[2:]:
        at = heard_clock.moment(mark)
        if any(at - RECOVERY_S < one < at + 1 for one in stood):
            continue
        before = [at - one for one in said_at if -0.01 <= at - one < PERIOD_S / 2]
        delays += [1000 * min(before)] if before else []
    gap, clicks, worst, seconds, disturbed = 0.0, 0, -200.0, 0.0, 0
    for one, following in pairwise(came[1:]):
        if following - one > 1.5 * PERIOD_S * RATE_HZ:
            continue  # a mark was spoilt between them
        begin, end = one + int((SWEEP_S + AFTER_S + EDGE_S) * RATE_HZ), following - int((PAUSE_S + EDGE_S) * RATE_HZ)
        if any(heard_clock.moment(begin) - 1 < at < heard_clock.moment(end) + 1 for at in stood):
            disturbed += 1
            continue
        part = sound[begin:end]
        seconds += len(part) / RATE_HZ
        gap = max(gap, longest_gap_ms(part.astype("<i2").tobytes(), hz))
        found = outside_db(part, hz)
        clicks += int(np.count_nonzero(found > CLICK_LIMIT_DB))
        worst = max(worst, float(np.max(found, initial=-200.0)))
    return Judgement(seconds, disturbed, gap, clicks, worst, tuple(delays))
