"""The thread that devices run on: order, limits, errors, and an end."""

import os
import threading
from collections.abc import Iterator

import pytest

from hw import device_loop
from hw.device_loop import DeviceLoop, NamedTimers, TooManyRequests
from tests.waiting import wait_for


@pytest.fixture
def loop() -> Iterator[DeviceLoop]:
    one = DeviceLoop("test")
    one.start()
    yield one
    one.stop()


def test_requests_run_in_order_in_the_loops_thread(loop: DeviceLoop) -> None:
    ran: list[tuple[int, bool]] = []
    for number in range(100):
        loop.call(lambda number=number: ran.append((number, loop.here)))  # type: ignore[misc]  # a default binds it
    wait_for("all", lambda: len(ran) == 100)
    assert ran == [(number, True) for number in range(100)]


def test_timers_run_in_the_order_of_their_times_and_can_be_cancelled(loop: DeviceLoop) -> None:
    ran: list[str] = []

    def set_them() -> None:
        loop.after(30, lambda: ran.append("later"))
        loop.after(10, lambda: ran.append("sooner"))
        loop.after(20, lambda: ran.append("never")).cancel()

    loop.call(set_them)
    wait_for("both", lambda: len(ran) == 2)
    assert ran == ["sooner", "later"]


def test_a_named_timer_replaces_the_one_before(loop: DeviceLoop) -> None:
    ran: list[int] = []
    timers = NamedTimers(loop)

    def set_them() -> None:
        timers.set("one", 10, lambda: ran.append(1))
        timers.set("one", 20, lambda: ran.append(2))

    loop.call(set_them)
    wait_for("it", lambda: bool(ran))
    assert ran == [2] and "one" not in timers


def test_a_handler_that_fails_is_told_and_the_loop_goes_on() -> None:
    errors: list[Exception] = []
    loop = DeviceLoop("test", errors.append)
    loop.start()

    def fails() -> None:
        raise ValueError("a bug")

    loop.call(fails)
    assert loop.call_and_wait(lambda: 7) == 7
    assert [str(error) for error in errors] == ["a bug"]
    loop.stop()


def test_what_a_waited_for_request_raises_comes_back(loop: DeviceLoop) -> None:
    def fails() -> None:
        raise KeyError("here")

    with pytest.raises(KeyError, match="here"):
        loop.call_and_wait(fails)


def test_requests_have_a_limit() -> None:
    loop = DeviceLoop("test")  # not started: nothing empties it
    for _ in range(device_loop.MAX_REQUESTS):
        loop.call(lambda: None)
    with pytest.raises(TooManyRequests):
        loop.call(lambda: None)
    loop.stop()


def test_a_descriptor_closed_by_another_handler_is_not_read(loop: DeviceLoop) -> None:
    """Both are readable at once; the first handler takes the second away."""
    pipes = [os.pipe(), os.pipe()]
    ran: list[int] = []

    def make(number: int) -> None:
        def readable() -> None:
            ran.append(number)
            for read, _ in pipes:
                loop.unwatch(read)

        loop.watch(pipes[number][0], readable)

    for _, write in pipes:
        os.write(write, b"x")

    def make_both() -> None:
        make(0)
        make(1)

    loop.call_and_wait(make_both)
    wait_for("one of them", lambda: bool(ran))
    loop.call_and_wait(lambda: None)
    assert len(ran) == 1
    for pair in pipes:
        os.close(pair[0])
        os.close(pair[1])


def test_stopping_ends_the_thread_from_anywhere() -> None:
    loop = DeviceLoop("ends")
    loop.start()
    loop.call(loop.stop)
    wait_for("its end", lambda: not any(thread.name == "ends" for thread in threading.enumerate()))
    loop.stop()
