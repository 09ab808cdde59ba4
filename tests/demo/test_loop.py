"""The world's loop: in order, on time, on one thread, and not to be stopped by one thing's failure."""

import threading
import time

import pytest

from appliance.demo.loop import WorldLoop
from tests.waiting import PATIENCE_S, wait_for


def test_timers_ring_in_order_on_one_thread_and_cancelled_ones_not_at_all() -> None:
    loop = WorldLoop()
    done: list[tuple[str, str]] = []
    over = threading.Event()

    def note(what: str) -> None:
        done.append((what, threading.current_thread().name))

    def begin() -> None:
        loop.after(60, lambda: note("third"))
        loop.after(20, lambda: note("second"))
        loop.after(30, lambda: note("never")).cancel()
        loop.after(90, over.set)
        note("first")

    loop.start()
    loop.post(begin)
    assert over.wait(PATIENCE_S)
    loop.stop()
    assert [what for what, _ in done] == ["first", "second", "third"]
    assert {thread for _, thread in done} == {"world"}


def test_a_failure_is_told_to_who_asked_and_the_loop_goes_on() -> None:
    loop = WorldLoop()
    loop.start()
    with pytest.raises(ZeroDivisionError):
        loop.ask(lambda: 1 // 0)
    loop.post(lambda: [][0])
    assert loop.ask(lambda: 42) == 42
    loop.stop()


def test_the_beat_comes_from_the_loop_and_stops_with_it() -> None:
    loop = WorldLoop()
    beats: list[int] = []
    thread = threading.Thread(target=lambda: loop.run(lambda: beats.append(1), 10))
    thread.start()
    wait_for("three beats", lambda: len(beats) >= 3)
    loop.stop()
    thread.join(PATIENCE_S)
    assert not thread.is_alive()
    after = len(beats)
    time.sleep(0.05)
    assert len(beats) == after


def test_asking_a_loop_that_does_not_run_ends_in_time() -> None:
    with pytest.raises(TimeoutError):
        WorldLoop().ask(lambda: 1, timeout_s=0.05)
