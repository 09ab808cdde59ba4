"""The wall clock is looked at, and told of only when it matters."""

from appliance.acd.inputs import ClockSet
from appliance.daemon.clock import STEP_MS, ClockWatch, SimulatedClock, SystemClock


def watched() -> tuple[SimulatedClock, ClockWatch]:
    clock = SimulatedClock(monotonic_ms=1_000, utc_ms=1_795_000_000_000)
    watch = ClockWatch(clock)
    assert watch.now() == ClockSet(utc_offset_ms=1_795_000_000_000 - 1_000, synchronised=True)
    return clock, watch


def test_time_that_only_passes_is_not_told() -> None:
    clock, watch = watched()
    for _ in range(10):
        clock.advance(5_000)
        assert watch.change() is None


def test_a_step_is_told_once() -> None:
    clock, watch = watched()
    clock.advance(2_000)
    clock.step(3_600_000)
    told = watch.change()
    assert told == ClockSet(utc_offset_ms=1_795_003_599_000, synchronised=True)
    clock.advance(2_000)
    assert watch.change() is None


def test_a_small_discipline_is_not_told_until_it_adds_up() -> None:
    clock, watch = watched()
    told = []
    for _ in range(4):
        clock.advance(2_000)
        clock.step(STEP_MS // 2 - 5)
        told.append(watch.change() is not None)
    assert told == [False, False, True, False]


def test_becoming_synchronised_is_told_even_without_a_step() -> None:
    clock, watch = watched()
    clock.is_synchronised = False
    clock.advance(2_000)
    told = watch.change()
    assert told is not None
    assert not told.synchronised


def test_it_is_looked_at_only_once_a_second() -> None:
    clock, watch = watched()
    clock.advance(2_000)
    assert watch.change() is None
    clock.step(1_000)
    clock.advance(500)
    assert watch.change() is None
    clock.advance(600)
    assert watch.change() is not None


def test_the_machines_own_clock_runs_and_says_whether_it_is_synchronised() -> None:
    clock = SystemClock()
    before = clock.monotonic_ms()
    assert clock.utc_ms() > 1_700_000_000_000
    assert clock.synchronised() in (True, False)
    assert clock.monotonic_ms() >= before
