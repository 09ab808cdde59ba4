"""The product-limit estimate: an example by hand, those never seen to give up, and that draws obey it."""

import math
import random

import pytest

from appliance.planning.patience import Patience


def test_the_estimate_of_a_small_example() -> None:
    """Six callers; those at 3 and 7 were served. Kaplan-Meier by hand: 5/6, then 5/6 * 3/4, then 5/6 * 3/4 * 1/2."""
    patience = Patience([(2, True), (3, False), (5, True), (7, False), (8, False), (8, True)])
    assert patience.survival(1) == 1.0
    assert patience.survival(2) == pytest.approx(5 / 6)
    assert patience.survival(4) == pytest.approx(5 / 6)
    assert patience.survival(5) == pytest.approx(5 / 6 * 3 / 4)
    assert patience.survival(8) == pytest.approx(5 / 6 * 3 / 4 / 2)


def test_who_was_never_seen_to_give_up_stays() -> None:
    assert Patience([]).draw(0.5) == math.inf
    assert Patience([(9, False)]).draw(0.999) == math.inf
    assert Patience([(5, True), (9, False)]).draw(0.999, beyond_ms=5) == math.inf


def test_nobody_is_less_patient_than_was_seen() -> None:
    patience = Patience([(n, n % 3 > 0) for n in range(1, 1000)])
    rng = random.Random(1)
    assert all(patience.draw(rng.random(), 700) > 700 for _ in range(2000))


def test_draws_are_distributed_as_the_estimate() -> None:
    rng = random.Random(2)
    true_ms = [rng.expovariate(1 / 60_000) for _ in range(20_000)]
    served_ms = [rng.expovariate(1 / 40_000) for _ in range(20_000)]
    seen = [(int(min(p, s)), p < s) for p, s in zip(true_ms, served_ms, strict=True)]
    patience = Patience(seen)
    drawn = [patience.draw(rng.random()) for _ in range(20_000)]
    for waited_ms in (10_000, 60_000, 120_000):
        share = sum(one > waited_ms for one in drawn) / len(drawn)
        assert share == pytest.approx(math.exp(-waited_ms / 60_000), abs=0.02)
        naive = sum(w > waited_ms for w, left in seen if left) / sum(left for _, left in seen)
        assert naive < share - 0.02 or waited_ms == 10_000, "those who gave up alone would look less patient"
