"""What a line does to sound: a known noise is sent over a call, and what comes back is measured against it.

The noise is a maximum length sequence (Golomb, Shift Register Sequences): as loud at every frequency, and like itself
only at one shift. So the average of what was heard, correlated with it, is the line's echo by delay, whatever else is
said meanwhile (the method of ISO 18233, of which ITU-T G.122's echo return loss is the ratio of the powers). Pure.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

RATE_HZ = 8000
ORDER = 11
PERIOD = 2**ORDER - 1
"""Samples: 256 ms, the longest delay that can be told."""
PERIODS = 24
LEAD_MS, TAIL_MS = 300, 1_500
AMPLITUDE = 3_277
"""-20 dBFS, which is how loud speech is."""
SKIPPED = 4
"""Periods at the beginning that are not used: a canceller takes so long to learn (ITU-T G.168 allows it a second)."""
AROUND = RATE_HZ * 8 // 1000
"""Samples before and after the loudest shift that belong to the same echo."""
SURE = 5.0
"""An echo is one when its loudest shift is so many times the root mean square of all."""
FULL_SCALE = 32_767
LOWEST_DBFS = -96.0


@dataclass(frozen=True)
class LineMeasure:
    """Decibels are tenths of one, so that they are integers. -960 is silence."""

    heard_ms: int
    level_ddb: int
    """Of everything that was heard, against full scale."""
    idle_ddb: int
    """Of the quietest half second: the line's own noise."""
    clipped_percent: int
    """Samples at the end of the scale, of those that are heard at all."""
    echo_loss_ddb: int | None
    """How much weaker our sound came back; None: it did not, as far as can be told."""
    echo_delay_ms: int
    """Of the loudest part of the echo."""


def noise() -> array[int]:
    """One period of it, at full amplitude AMPLITUDE: the taps 11 and 9 of a shift register."""
    register, made = 1, array("h")
    for _ in range(PERIOD):
        made.append(AMPLITUDE if register & 1 else -AMPLITUDE)
        bit = (register ^ (register >> 2)) & 1
        register = (register >> 1) | (bit << (ORDER - 1))
    return made


def measuring_signal() -> array[int]:
    """What is played on the line: silence, the noise, silence."""
    silence = array("h", bytes(2))
    return silence * (LEAD_MS * 8) + noise() * PERIODS + silence * (TAIL_MS * 8)


def measure(heard: Sequence[int]) -> LineMeasure:
    """Of the sound of the line from the moment the test signal began to be played, give or take 200 ms."""
    block = RATE_HZ // 2
    blocks = [heard[n : n + block] for n in range(0, len(heard) - block + 1, block)]
    loud = [one for one in heard if one]
    clipped = sum(abs(one) >= FULL_SCALE for one in loud)
    loss_ddb, delay_ms = _echo(heard)
    return LineMeasure(
        len(heard) * 1000 // RATE_HZ,
        _ddb(_power(heard)),
        min((_ddb(_power(one)) for one in blocks), default=round(LOWEST_DBFS * 10)),
        -(-100 * clipped // len(loud)) if loud else 0,
        loss_ddb,
        delay_ms,
    )


def _echo(heard: Sequence[int]) -> tuple[int | None, int]:
    """The loss and the delay of what came back."""
    lead = LEAD_MS * RATE_HZ // 1000
    first, last = lead + SKIPPED * PERIOD, lead + (PERIODS - 1) * PERIOD
    periods = [heard[n : n + PERIOD] for n in range(first, last, PERIOD)]
    periods = [one for one in periods if len(one) == PERIOD]
    if len(periods) < PERIODS // 2:
        return None, 0
    mean = [sum(column) / len(periods) for column in zip(*periods, strict=True)]
    level = sum(mean) / PERIOD
    mean = [one - level for one in mean]
    twice = [*noise(), *noise()]
    scale = PERIOD * AMPLITUDE * AMPLITUDE
    response = [sum(map(mul, mean, twice[PERIOD - n : 2 * PERIOD - n])) / scale for n in range(PERIOD)]
    peak = max(range(PERIOD), key=lambda n: abs(response[n]))
    rms = math.sqrt(sum(one * one for one in response) / PERIOD)
    if rms == 0 or abs(response[peak]) < SURE * rms:
        return None, 0
    near = {(peak + n) % PERIOD for n in range(-AROUND, AROUND + 1)}
    other = sum(one * one for n, one in enumerate(response) if n not in near) / (PERIOD - len(near))
    gain = sum(response[n] ** 2 for n in near) - len(near) * other  # what is everywhere is no echo
    return round(-100 * math.log10(max(gain, response[peak] ** 2 / 2))), peak * 1000 // RATE_HZ


def _power(samples: Sequence[int]) -> float:
    return sum(one * one for one in samples) / len(samples) / FULL_SCALE**2 if samples else 0.0


def _ddb(power: float) -> int:
    return round(max(LOWEST_DBFS, 10 * math.log10(power)) * 10) if power > 0 else round(LOWEST_DBFS * 10)
