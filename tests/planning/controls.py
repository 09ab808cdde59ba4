"""Control variates for simulated queues: what systems whose means are known exactly make of the very same callers.

A mean wait near saturation takes many millions of calls to settle, because a busy hour is followed by a busy hour. Two
other systems see the same busy hours, and theory says what they would show in the long run: one agent c times as quick
(M/M/1), and as many agents as there are callers (M/M/inf). What chance made of them tells what chance made of the
office, and is taken off it.

S. S. Lavenberg and P. D. Welch, "A perspective on the use of control variables to increase the efficiency of Monte
Carlo simulations", Management Science 27 (1981). How much is taken off for each control (its coefficient) is found by
least squares from the OTHER replications: it is independent of the replication it is used on, in which each control has
its known mean, so the estimate has no bias. (Coefficients from the same replication would make it slightly biased.)
"""

import heapq
import math
import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

Floats = NDArray[numpy.float64]
BATCHES = 20
"""Of each replication, for the coefficients: their means are the points of the least squares."""
T_95 = {5: 2.571, 7: 2.365, 9: 2.262, 19: 2.093}
"""Student's t, two-sided 95 %, by degrees of freedom."""


class Draw(NamedTuple):
    """A caller as drawn, in ms that are not whole: `gap_ms` after the one before. Who never leaves has no patience."""

    gap_ms: float
    talk_ms: float
    patience_ms: float


class Estimate(NamedTuple):
    """A mean and its standard error, which is of the replications' spread."""

    mean: float
    error: float


def draw(rng: random.Random, count: int, every_ms: float, talk_ms: float, patience_ms: float) -> list[Draw]:
    """Poisson arrivals, exponential talk and patience (math.inf: no patience is drawn)."""
    endless = patience_ms == math.inf
    return [
        Draw(
            rng.expovariate(1 / every_ms),
            rng.expovariate(1 / talk_ms),
            math.inf if endless else rng.expovariate(1 / patience_ms),
        )
        for _ in range(count)
    ]


def controls(drawn: Sequence[Draw], agents: int) -> Floats:
    """A row for each caller: gap, talk; wait for a single quick agent, and whether there was one; whether and by how
    much those found on the phone were as many as the agents or more; then, where there is one, the patience."""
    rows, at_ms, quick_wait_ms, before_ms = [], 0.0, 0.0, 0.0
    on_the_phone: list[float] = []
    for one in drawn:
        at_ms += one.gap_ms
        # Lindley's recursion.
        quick_wait_ms = max(0.0, quick_wait_ms + before_ms / agents - one.gap_ms)
        before_ms = one.talk_ms
        while on_the_phone and on_the_phone[0] <= at_ms:
            heapq.heappop(on_the_phone)
        above = max(0, len(on_the_phone) - agents + 1)
        heapq.heappush(on_the_phone, at_ms + one.talk_ms)
        row = [one.gap_ms, one.talk_ms, quick_wait_ms, float(quick_wait_ms > 0), float(above > 0), float(above)]
        rows.append(row if one.patience_ms == math.inf else [*row, one.patience_ms])
    return numpy.array(rows)


def expected(agents: int, every_ms: float, talk_ms: float, patience_ms: float) -> Floats:
    """The means of `controls` in the long run. M/M/1 as in the literature; those found on the phone are Poisson."""
    traffic = talk_ms / every_ms
    occupancy = traffic / agents
    exactly = [math.exp(-traffic + number * math.log(traffic) - math.lgamma(number + 1)) for number in range(400)]
    any_above = sum(exactly[agents:])
    above = sum((number - agents + 1) * chance for number, chance in enumerate(exactly) if number >= agents)
    quick_wait_ms = occupancy / (1 - occupancy) * talk_ms / agents
    means = [every_ms, talk_ms, quick_wait_ms, occupancy, any_above, above]
    return numpy.array(means if patience_ms == math.inf else [*means, patience_ms])


def batch_means(rows: Floats) -> Floats:
    """Of one replication's rows, a caller each; their number is a multiple of BATCHES."""
    means: Floats = rows.reshape(BATCHES, -1, rows.shape[1]).mean(axis=1)
    return means


def raw(measured: Sequence[Floats]) -> Estimate:
    """The mean of replications (each: batch means of what was measured), nothing taken off."""
    return _of([float(one.mean()) for one in measured])


def controlled(measured: Sequence[Floats], seen: Sequence[Floats], means: Floats) -> Estimate:
    """The same, less what the controls (`seen`: batch means, `means`: what is expected) say that chance added."""
    corrected = []
    for number, (own, own_seen) in enumerate(zip(measured, seen, strict=True)):
        others = numpy.concatenate([one for at, one in enumerate(measured) if at != number])
        off = numpy.concatenate([one for at, one in enumerate(seen) if at != number]) / means - 1
        points = numpy.column_stack([off, numpy.ones(len(off))])
        coefficients = numpy.linalg.lstsq(points, others, rcond=None)[0][:-1]
        corrected.append(float(own.mean() - (own_seen.mean(axis=0) / means - 1) @ coefficients))
    return _of(corrected)


def half_width_95(estimate: Estimate, replications: int) -> float:
    """Of the 95 % confidence interval."""
    return T_95[replications - 1] * estimate.error


def _of(replications: list[float]) -> Estimate:
    count = len(replications)
    return Estimate(float(numpy.mean(replications)), float(numpy.std(replications, ddof=1)) / math.sqrt(count))
