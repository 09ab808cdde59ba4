"""Lamps and buttons: the patterns as they come out of the pins, one press for one push, and who owns a pin."""

import statistics
import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest
from gpiozero import LED

from hw.bench_client import BenchSubscription
from hw.panel import Panel
from hw.panel_sim import BenchPins, simulated_pins
from tests.waiting import wait_for

LAMPS = {"queue:ventas": 16, "queue:soporte": 20, "line:movil1": 12}
BUTTONS = {"night_mode": 8, "login:mesa1": 4}


@pytest.fixture
def pins(tmp_path: Path) -> Iterator[BenchPins]:
    made = simulated_pins(tmp_path / "bench.sock")
    yield made
    made.close()


class Bench:
    def __init__(self, path: Path, pins: BenchPins) -> None:
        self.pressed: SimpleQueue[str] = SimpleQueue()
        self.panel = Panel(LAMPS, BUTTONS, pins, self.pressed.put)
        self.panel.start()
        self.changes = BenchSubscription(path, 5)
        for _ in {**LAMPS, **BUTTONS}:
            assert self.changes.next_change(5)

    def changes_of(self, pin: int, count: int) -> list[tuple[float, int]]:
        """The next `count` changes of a pin, with when they came."""
        found: list[tuple[float, int]] = []
        while len(found) < count:
            change = self.changes.next_change(5)
            assert change is not None, f"pin {pin} changed only {len(found)} times"
            if change.pin == pin:
                found.append((time.monotonic(), change.level))
        return found


@pytest.fixture
def bench(tmp_path: Path, pins: BenchPins) -> Iterator[Bench]:
    made = Bench(tmp_path / "bench.sock", pins)
    yield made
    made.changes.close()
    made.panel.close()


@pytest.mark.parametrize(("pattern", "half_period_s"), [("slow_blink", 0.5), ("fast_blink", 0.125)])
def test_blinking_lamps_blink_in_their_time(bench: Bench, pattern: str, half_period_s: float) -> None:
    bench.panel.set_lamp("queue:ventas", pattern)  # type: ignore[arg-type]
    seen = bench.changes_of(16, 8)
    levels = [level for _, level in seen]
    assert levels in ([1, 0] * 4, [0, 1] * 4)
    intervals = [later - earlier for (earlier, _), (later, _) in pairwise(seen[1:])]
    # The median: a machine that stands still makes one interval long and the next short.
    assert statistics.median(intervals) == pytest.approx(half_period_s, rel=0.2)


def test_lamps_that_blink_alike_blink_together(bench: Bench) -> None:
    bench.panel.set_lamp("queue:ventas", "fast_blink")
    bench.panel.set_lamp("line:movil1", "fast_blink")
    bench.changes_of(16, 4)
    levels = {16: -1, 12: -1}
    together = 0
    for _ in range(8):
        change = bench.changes.next_change(5)
        assert change is not None
        levels[change.pin] = change.level
        together += levels[16] == levels[12]
    assert together >= 3


def test_steady_and_off_change_the_pin_once(bench: Bench, pins: BenchPins) -> None:
    bench.panel.set_lamp("queue:soporte", "steady")
    assert bench.changes_of(20, 1)[0][1] == 1
    bench.panel.set_lamp("queue:soporte", "steady")
    bench.panel.set_lamp("queue:soporte", "off")
    assert bench.changes_of(20, 1)[0][1] == 0
    assert bench.changes.next_change(0.3) is None


def test_a_lamp_the_board_has_not_is_ignored(bench: Bench) -> None:
    bench.panel.set_lamp("queue:unknown", "steady")
    bench.panel.set_lamp("queue:ventas", "steady")
    assert bench.changes_of(16, 1)[0][1] == 1
    assert bench.panel.lamps == frozenset(LAMPS)


def test_a_bouncing_button_is_pressed_once_and_its_release_is_nothing(bench: Bench, pins: BenchPins) -> None:
    for _ in range(4):
        pins.drive(8, 0)
        pins.drive(8, 1)
    pins.drive(8, 0)
    assert bench.pressed.get(timeout=5) == "night_mode"
    pins.drive(8, 1)
    bench.changes_of(8, 10)
    time.sleep(0.06)  # the release settles: what follows is another press
    pins.drive(4, 0)
    assert bench.pressed.get(timeout=5) == "login:mesa1"
    with pytest.raises(Empty):
        bench.pressed.get_nowait()


def test_a_pin_somebody_else_has_leaves_that_lamp_dark_and_the_others_lit(
    pins: BenchPins, caplog: pytest.LogCaptureFixture
) -> None:
    with LED(16, pin_factory=pins):
        panel = Panel({"queue:a": 16, "queue:b": 20}, {"night_mode": 16, "login:mesa1": 4}, pins, print)
        panel.start()
        assert panel.lamps == {"queue:b"}
        panel.set_lamp("queue:a", "steady")
        panel.set_lamp("queue:b", "steady")
        wait_for("the lamp", lambda: pins.levels()[20] == 1)
        panel.close()
    told = [one.getMessage() for one in caplog.records]
    assert [one.split(":")[0] for one in told] == ["lamp queue", "button night_mode"]
    assert all("GPIO16" in one for one in told)
    Panel({"queue:a": 16}, {}, pins, print).close()


def test_any_number_of_blinking_lamps_is_one_thread(pins: BenchPins) -> None:
    before = threading.active_count()
    panel = Panel({f"line:l{pin}": pin for pin in range(9, 28)}, {}, pins, print)
    panel.start()
    for name in panel.lamps:
        panel.set_lamp(name, "fast_blink")
    assert threading.active_count() == before + 1
    panel.close()
    assert threading.active_count() == before


def test_closed_it_is_dark(bench: Bench, pins: BenchPins) -> None:
    bench.panel.set_lamp("queue:ventas", "steady")
    bench.changes_of(16, 1)
    bench.panel.close()
    assert all(pins.levels()[pin] == 0 for pin in LAMPS.values())
