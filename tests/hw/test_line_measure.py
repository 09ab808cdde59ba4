"""What a line does to sound, measured on lines of which it is known: echo, silence, noise, clipping."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable

import pytest

from hw.line_measure import PERIOD, RATE_HZ, measuring_signal, noise
from hw.line_measure import measure as measured

SEED = 4
SENT = measuring_signal()


def line(gain: float, delay_ms: float, said: Callable[[int], float] = lambda n: 0.0) -> array[int]:
    """What comes back of the signal on a line with one echo, beside what is said there."""
    late = round(delay_ms * RATE_HZ / 1000)
    heard = (gain * (SENT[n - late] if n >= late else 0) + said(n) for n in range(len(SENT)))
    return array("h", (max(-32_768, min(32_767, round(one))) for one in heard))


def test_the_noise_is_as_unlike_itself_as_can_be() -> None:
    """The two-valued autocorrelation of a maximum length sequence: all, or minus one."""
    signs = [1 if one > 0 else -1 for one in noise()]
    assert len(signs) == PERIOD == 2047
    for shift in (1, 7, 500, 2046):
        assert sum(one * signs[n - shift] for n, one in enumerate(signs)) == -1


@pytest.mark.parametrize(("loss_db", "delay_ms"), [(1, 50), (6, 5), (12, 30), (20, 120), (30, 200)])
def test_an_echo_is_found_with_its_loss_and_delay(loss_db: int, delay_ms: int) -> None:
    rng = random.Random(SEED)
    found = measured(line(10 ** (-loss_db / 20), delay_ms, lambda n: rng.gauss(0, 30)))
    assert found.echo_loss_ddb is not None
    assert abs(found.echo_loss_ddb - 10 * loss_db) <= 5 and abs(found.echo_delay_ms - delay_ms) <= 1


@pytest.mark.parametrize("seed", range(SEED, SEED + 5))
def test_somebody_who_speaks_meanwhile_is_no_echo_and_hides_none(seed: int) -> None:
    rng = random.Random(seed)
    speech = [0.0]
    for _ in range(len(SENT)):  # of the colour of speech, with its pauses
        speech.append(0.9 * speech[-1] + rng.gauss(0, 500) * (rng.random() < 0.999))
    voiced = [one * (n // 4000 % 3 > 0) for n, one in enumerate(speech)]
    assert measured(line(0, 0, lambda n: voiced[n])).echo_loss_ddb is None, f"seed {seed}"
    loud = measured(line(0.1, 40, lambda n: voiced[n]))
    assert loud.echo_loss_ddb is not None and abs(loud.echo_loss_ddb - 200) <= 20, f"seed {seed}: {loud}"
    assert loud.echo_delay_ms == pytest.approx(40, abs=1)


def test_the_recording_may_begin_a_little_before_or_after_the_signal() -> None:
    whole = line(0.1, 60)
    early = measured(array("h", bytes(2 * 800)) + whole)
    late = measured(whole[800:])
    for found, delay_ms in ((early, 160), (late, 216)):  # shifts are told within a period of 256 ms
        assert found.echo_loss_ddb == pytest.approx(200, abs=5)
        assert found.echo_delay_ms == pytest.approx(delay_ms, abs=1)


def test_a_dead_line_is_silent_and_a_bad_one_noisy_or_clipped() -> None:
    rng = random.Random(SEED)
    dead = measured(line(0, 0))
    assert (dead.level_ddb, dead.idle_ddb, dead.echo_loss_ddb, dead.clipped_percent) == (-960, -960, None, 0)
    noisy = measured(line(0, 0, lambda n: rng.gauss(0, 1_000)))
    assert noisy.idle_ddb == pytest.approx(-303, abs=5) and noisy.echo_loss_ddb is None
    clipped = measured(line(0, 0, lambda n: rng.gauss(0, 40_000)))
    assert clipped.clipped_percent > 20


@pytest.mark.parametrize("samples", [0, 1, 3_999, 20_000])
def test_what_is_too_short_to_measure_says_nothing_of_echoes(samples: int) -> None:
    found = measured(SENT[:samples])
    assert found.echo_loss_ddb is None and found.heard_ms == samples // 8
