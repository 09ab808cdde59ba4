"""The bench socket: driving and watching mock pins, and keeping its limits against clients that misbehave."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero import LED, DigitalInputDevice

from hw.bench_client import BenchClient, BenchRefused, BenchUnreachable, PinLevel
from hw.panel_sim import MAX_CLIENTS, MAX_LINE_BYTES, BenchPins, simulated_pins
from tests.waiting import wait_for


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "bench.sock"


@pytest.fixture
def pins(path: Path) -> Iterator[BenchPins]:
    made = simulated_pins(path)
    yield made
    made.close()


@pytest.fixture
def client(path: Path, pins: BenchPins) -> Iterator[BenchClient]:
    made = BenchClient(path)
    yield made
    made.close()


def test_inputs_are_driven_and_all_levels_read(pins: BenchPins, client: BenchClient) -> None:
    with DigitalInputDevice(5, pull_up=True, pin_factory=pins) as hook, LED(17, pin_factory=pins) as lamp:
        assert client.levels() == {5: 1, 17: 0}
        client.drive(5, 0)
        lamp.on()
        assert hook.is_active
        assert client.levels() == {5: 0, 17: 1}


def test_an_output_or_an_unused_pin_is_refused_by_number(pins: BenchPins, client: BenchClient) -> None:
    with LED(17, pin_factory=pins):
        with pytest.raises(BenchRefused, match="17 is an output"):
            client.drive(17, 1)
        with pytest.raises(BenchRefused, match="6 is not in use"):
            client.drive(6, 1)


def test_a_subscriber_is_told_the_levels_then_each_change_in_order(pins: BenchPins, client: BenchClient) -> None:
    with LED(17, pin_factory=pins) as lamp, client.subscribe() as changes:
        assert changes.next_change(5) == PinLevel(17, 0)
        for _ in range(3):
            lamp.toggle()
        assert [changes.next_change(5) for _ in range(3)] == [PinLevel(17, 1), PinLevel(17, 0), PinLevel(17, 1)]
        assert changes.next_change(0) is None


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b'{"drive": 5}', "give `drive` with `level`"),
        (b'{"drive": 5, "level": 2}', "Invalid enum value 2"),
        (b'{"push": 5}', "unknown field `push`"),
        (b"{}", "give `drive`"),
        (b"not json", "malformed"),
        (b'{"drive": "five", "level": 1}', "Expected `int | null`, got `str`"),
    ],
)
def test_nonsense_is_answered_with_what_is_wrong(path: Path, pins: BenchPins, line: bytes, why: str) -> None:
    with _connected(path) as bench:
        bench.sendall(line + b"\n" + b'{"ask": "levels"}\n')
        answer = _line(bench)
        assert b'"ok":false' in answer
        assert why in answer.decode()
        assert b'"ok":true' in _line(bench)


def test_a_line_without_end_is_cut_off(path: Path, pins: BenchPins) -> None:
    with _connected(path) as bench:
        bench.sendall(b"x" * (MAX_LINE_BYTES + 1))
        assert bench.recv(1) == b""


def test_there_is_a_limit_to_connections_and_the_rest_goes_on(path: Path, pins: BenchPins) -> None:
    many = [_connected(path) for _ in range(MAX_CLIENTS)]
    for one in many:
        one.sendall(b'{"ask": "levels"}\n')
        assert b'"ok":true' in _line(one)
    with _connected(path) as one_too_many:
        assert one_too_many.recv(1) == b""
    for one in many:
        one.close()
    client = BenchClient(path)
    assert wait_for("room again", lambda: _levels_or_none(client)) == {"there": True}
    client.close()


def _levels_or_none(client: BenchClient) -> dict[str, bool] | None:
    try:
        client.levels()
    except BenchUnreachable:
        return None
    return {"there": True}


def test_a_subscriber_that_does_not_read_is_cut_off_and_others_go_on(path: Path, pins: BenchPins) -> None:
    client = BenchClient(path)
    with LED(17, pin_factory=pins) as lamp, _connected(path) as deaf:
        deaf.sendall(b'{"subscribe": "levels"}\n')
        _line(deaf)

        def flood() -> bool:
            for _ in range(2000):
                lamp.toggle()
            client.levels()  # the bench has taken the changes so far
            return not any(c.subscribed for c in pins._clients.values())

        wait_for("it is cut off", flood, 20)
        assert 17 in client.levels()
    client.close()


def test_driven_levels_outlive_a_process_that_died_but_not_one_that_ended(path: Path) -> None:
    first = simulated_pins(path)
    DigitalInputDevice(5, pull_up=True, pin_factory=first)
    first.drive(5, 0)
    # A process that dies closes nothing; the next one takes its socket's place.
    second = simulated_pins(path)
    assert DigitalInputDevice(5, pull_up=True, pin_factory=second).is_active
    second.close()
    third = simulated_pins(path)
    assert not DigitalInputDevice(5, pull_up=True, pin_factory=third).is_active
    third.close()


def test_the_client_finds_the_next_process_by_itself(path: Path) -> None:
    client = BenchClient(path)
    with pytest.raises(BenchUnreachable, match="Is the switch running"):
        client.levels()
    first = simulated_pins(path)
    assert client.levels() == {}
    watching = client.subscribe()
    first.close()
    with pytest.raises(BenchUnreachable):
        watching.next_change(5)
    second = simulated_pins(path)
    LED(17, pin_factory=second)
    assert client.levels() == {17: 0}
    second.close()
    client.close()


def _connected(path: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(10)
    made.connect(str(path))
    return made


def _line(bench: socket.socket) -> bytes:
    got = b""
    while not got.endswith(b"\n"):
        data = bench.recv(1)
        assert data, f"closed after {got!r}"
        got += data
    return got
