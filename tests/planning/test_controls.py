"""The control variates of `bench theory`: their means are those of theory, and what they take off is chance alone."""

import math
import random

import numpy
import pytest

from tests.planning import controls
from tests.planning.controls import Floats


@pytest.mark.parametrize("patience_ms", [math.inf, 12_000.0])
def test_the_controls_have_the_means_that_theory_says(patience_ms: float) -> None:
    every_ms = 18_000 / 5 / 0.4
    drawn = controls.draw(random.Random(3), 200_000, every_ms, 18_000, patience_ms)
    seen = controls.controls(drawn, 5)
    means = controls.expected(5, every_ms, 18_000, patience_ms)
    assert seen.shape == (200_000, len(means))
    batches = controls.batch_means(seen)
    errors = batches.std(axis=0, ddof=1) / math.sqrt(controls.BATCHES)
    assert (errors / means < 0.03).all(), "so much is known"
    assert (abs(batches.mean(axis=0) - means) < 3.5 * errors).all()


def chance(seed: int) -> tuple[Floats, Floats]:
    """A replication whose measure is 7, plus three times what chance added to the first control, plus noise."""
    rng = numpy.random.default_rng(seed)
    control = 2 + rng.normal(0, 1, (controls.BATCHES, 2))
    return 7 + 3 * (control[:, 0] - 2) + rng.normal(0, 0.1, controls.BATCHES), control


def test_what_chance_added_is_taken_off_and_the_error_is_that_of_what_is_left() -> None:
    found = [chance(seed) for seed in range(10)]
    measured, seen = [one for one, _ in found], [one for _, one in found]
    raw, less_chance = controls.raw(measured), controls.controlled(measured, seen, numpy.array([2.0, 2.0]))
    assert less_chance.mean == pytest.approx(7, abs=4 * less_chance.error)
    assert less_chance.error < raw.error / 10
    assert less_chance.error == pytest.approx(0.1 / math.sqrt(10 * controls.BATCHES), rel=0.6)
    assert controls.half_width_95(less_chance, 10) == pytest.approx(2.262 * less_chance.error)


def test_a_wrong_measure_stays_wrong() -> None:
    """The controls know nothing of the answer: an office that lets everybody wait a tenth longer is seen to."""
    found = [chance(seed) for seed in range(10)]
    estimate = controls.controlled([1.1 * one for one, _ in found], [one for _, one in found], numpy.array([2.0, 2.0]))
    assert estimate.mean == pytest.approx(7.7, abs=4 * estimate.error)


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """95 % of three hundred estimates, of ten replications each and with coefficients found by least squares."""

    def holds(first: int) -> bool:
        found = [chance(seed) for seed in range(first, first + 10)]
        estimate = controls.controlled([m for m, _ in found], [c for _, c in found], numpy.array([2.0, 2.0]))
        return abs(estimate.mean - 7) <= controls.half_width_95(estimate, 10)

    assert sum(holds(10 * number) for number in range(300)) == pytest.approx(285, abs=12)


def test_an_estimate_is_the_mean_of_replications_with_the_error_of_their_spread() -> None:
    estimate = controls.raw([numpy.array([1.0, 3.0]), numpy.array([4.0, 4.0])])
    assert estimate.mean == 3.0 and estimate.error == pytest.approx(1.0)
