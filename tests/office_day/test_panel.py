"""Lamps and buttons of the whole box, at its pins: what a caller does lights them, what a finger does is obeyed."""

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import pytest

from appliance.acd.inputs import AgentLogout
from appliance.acd.view import Status
from appliance.demo.office_text import HURRIED
from hw.bench_client import BenchClient, BenchUnreachable
from tests.office_day.hall import Hall, opened_hall
from tests.waiting import wait_for

TARGET_S = 4.0
PACE = replace(HURRIED, target_s=TARGET_S, max_wait_s=9)
PRESS_S = 0.15
"""A quick finger; contacts settle within 0.05 s."""


@dataclass(frozen=True)
class Stretch:
    """For how long a lamp stayed as it was."""

    lit: bool
    seconds: float


class Pins:
    """A finger on the buttons and an eye on the lamps, at the pins."""

    def __init__(self, hall: Hall) -> None:
        configuration, board = hall.office.configuration, hall.office.board
        self.lamps = board.lamp_pins(
            [one.name for one in configuration.queue], [one.name for one in configuration.line]
        )
        seats = {one.board_port: one.name for one in configuration.station if one.kind == "port"}
        self._buttons = board.button_pins(seats)
        self._client = BenchClient(hall.office.bench_socket)
        self._changes: list[tuple[float, int, int]] = []
        self._subscription = self._client.subscribe()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        try:
            for change in self._subscription:
                self._changes.append((time.monotonic(), change.pin, change.level))
        except BenchUnreachable:
            return  # closed

    def press(self, button: str) -> None:
        levels: tuple[Literal[0, 1], ...] = (0, 1)
        for level in levels:
            self._client.drive(self._buttons[button], level)
            time.sleep(PRESS_S)

    def lit(self, lamp: str) -> bool:
        return bool(self._client.levels()[self.lamps[lamp]])

    def stretches(self, lamp: str, since: float) -> list[Stretch]:
        """The whole stretches between the lamp's changes after `since` (time.monotonic)."""
        seen = [(at, level) for at, pin, level in self._changes if pin == self.lamps[lamp] and at >= since]
        return [Stretch(bool(level), after - at) for (at, level), (after, _) in itertools.pairwise(seen)]

    def close(self) -> None:
        self._subscription.close()
        self._thread.join(5)
        self._client.close()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with opened_hall(tmp_path_factory.mktemp("panel"), PACE) as made:
        yield made


@pytest.fixture
def pins(hall: Hall) -> Iterator[Pins]:
    hall.box.wait_status("a quiet box", lambda status: not status.calls)
    made = Pins(hall)
    yield made
    made.close()


@pytest.mark.real_time
def test_a_queues_lamp_tells_how_its_first_caller_fares(hall: Hall, pins: Pins) -> None:
    """Off, steady while somebody waits, slow from half the target on, fast beyond it, off when nobody waits."""
    for agent in hall.box.status().agents:
        if agent.state != "logged_out":
            hall.box.control.do(AgentLogout(agent.agent))
    assert not pins.lit("queue:ventas")
    since = time.monotonic()
    call = hall.peers.place("carrier", "910000001", "600444441")
    hall.box.wait_status(
        "the target missed",
        lambda status: any(one.queue == "ventas" and one.lamp == "fast_blink" for one in status.queues),
    )
    wait_for("a second of fast blinking", lambda: _count(pins.stretches("queue:ventas", since), 0.125) >= 8, 5)
    hall.peers.hang_up(call)
    hall.box.wait_status("nobody waits", lambda status: not status.calls)
    wait_for("the lamp off", lambda: not pins.lit("queue:ventas"), 1)
    over = time.monotonic()
    seen = pins.stretches("queue:ventas", since)
    # Blinking lamps keep one common grid: the first stretch of a new pattern is a part of one, as long as it happens.
    assert seen[0].lit and TARGET_S / 2 - 0.3 <= seen[0].seconds <= TARGET_S / 2 + 0.8, seen
    slow_from = next((at for at, one in enumerate(seen) if abs(one.seconds - 0.5) < 0.15), 0)
    fast_from = next((at for at, one in enumerate(seen) if at > slow_from and abs(one.seconds - 0.125) < 0.06), 0)
    assert 1 <= slow_from < fast_from, seen
    assert sum(one.seconds for one in seen[:fast_from]) == pytest.approx(TARGET_S, abs=0.8), seen
    time.sleep(0.6)
    assert not pins.stretches("queue:ventas", over) and not pins.lit("queue:ventas")


def _count(stretches: list[Stretch], seconds: float) -> int:
    return sum(abs(one.seconds - seconds) < seconds / 2 for one in stretches)


def test_a_lines_lamp_tells_of_its_call_and_of_its_modem(hall: Hall, pins: Pins) -> None:
    modem = hall.modems["gsm1"]
    assert not pins.lit("line:gsm1")
    modem.ring("600555551")
    hall.box.wait_status("the call", lambda status: bool(status.calls))
    wait_for("the line's lamp", lambda: pins.lit("line:gsm1"))
    modem.far_end_hangs_up()
    hall.box.wait_status("the end of the call", lambda status: not status.calls)
    wait_for("the lamp off", lambda: not pins.lit("line:gsm1"))
    since = time.monotonic()
    modem.unplug()
    wait_for("fast blinking", lambda: _count(pins.stretches("line:gsm1", since), 0.125) >= 8, 60)
    modem.plug()
    hall.box.wait_status("the line up", lambda status: all(line.health == "up" for line in status.lines), 60)
    wait_for("the lamp off", lambda: not pins.lit("line:gsm1"))


@pytest.mark.real_time  # a finger's 150 ms
def test_the_button_beside_a_handset_logs_its_agent_in_and_out(hall: Hall, pins: Pins) -> None:
    hall.only("ana", "luis")
    pins.press("login:mesa1")
    hall.box.wait_status("ana out, luis not", lambda status: _states(status)[:2] == ["logged_out", "ready"])
    pins.press("login:mesa1")
    hall.box.wait_status("ana in", lambda status: _states(status)[:2] == ["ready", "ready"])


def _states(status: Status) -> list[str]:
    """Of ana, luis, carmen and javier, in the order of the configuration."""
    return [one.state for one in status.agents]


@pytest.mark.real_time  # a finger's 150 ms
def test_the_night_button_closes_the_office_and_its_lamp_says_so(hall: Hall, pins: Pins) -> None:
    hall.only("ana")
    pins.press("night_mode")
    assert hall.box.wait_status("night mode", lambda status: status.night_mode)
    wait_for("the lamp", lambda: pins.lit("night_mode"))
    stored = len(hall.box.wait_calls(0))
    call = hall.peers.place("carrier", "910000001", "600444442")
    hall.peers.wait("ended", call=call, timeout_s=60)
    row = hall.box.wait_calls(stored + 1)[0]
    assert (row.agent, row.end_reason) == (None, "overflowed")
    pins.press("night_mode")
    hall.box.wait_status("day again", lambda status: not status.night_mode)
    wait_for("the lamp off", lambda: not pins.lit("night_mode"))
