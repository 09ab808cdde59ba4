"""Whether a start is well, asked of a whole box on loopback: its real processes, its real store, a real call."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.configuration.file import read_configuration
from appliance.update.health import STEADY_S, UNITS, HealthCheck, Steady, own_caller
from appliance.update.self_call import PACKETS_WANTED, Caller, NoAnswer, call_itself
from tests.box import Box, Faces, make_box
from tests.waiting import wait_for

TABLES = """
[[station]]
name = "mesa1"
kind = "sip"
extension = "201"
password = "only-for-this-test"
[[queue]]
name = "ventas"
title = "Ventas"
agents = ["ana"]
[[agent]]
name = "ana"
full_name = "Ana"
number = "11"
"""


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    made = make_box(tmp_path_factory.mktemp("health"), Faces.unused(), TABLES)
    made.start()
    try:
        yield made
    finally:
        made.stop()


def own(box: Box) -> Caller:
    caller = own_caller(read_configuration(box.config))
    assert isinstance(caller, Caller)
    return caller


def test_a_box_that_works_is_well(box: Box) -> None:
    check = HealthCheck(read_configuration(box.config))
    assert wait_for("health", lambda: check.look_inside() == "", 60, 1)


def test_its_call_to_itself_is_answered_with_sound(box: Box) -> None:
    assert call_itself(own(box)) >= PACKETS_WANTED
    wait_for("the call to be over", lambda: not box.status().calls)


def test_a_wrong_password_is_no_answer(box: Box) -> None:
    caller = own(box)
    wrong = Caller(caller.extension, "another", caller.realm, caller.address, caller.port)
    with pytest.raises(NoAnswer, match="refused with 407"):
        call_itself(wrong)


def test_a_box_without_its_switch_or_page_is_not_well(tmp_path: Path) -> None:
    made = make_box(tmp_path, Faces.unused(), TABLES)
    made.start()
    check = HealthCheck(read_configuration(made.config))
    made.stop()
    assert "acd.sock" in check.look_inside()


def shown(*units: tuple[str, int]) -> str:
    return "\n\n".join(f"ActiveState={state}\nNRestarts={restarts}" for state, restarts in units)


def test_what_is_started_again_and_again_is_never_steady() -> None:
    steady = Steady()
    up = [("active", 0)] * len(UNITS)
    for number in range(40):
        assert steady.feed(10.0 * number, shown(("active", number // 4), *up[1:])) != ""


def test_what_stays_up_is_steady_after_its_time() -> None:
    steady = Steady()
    up = shown(*[("active", 2)] * len(UNITS))
    assert "60 s more" in steady.feed(100.0, up)
    assert steady.feed(100.0 + STEADY_S - 1, up) != ""
    assert steady.feed(100.0 + STEADY_S, up) == ""
    assert "not up: switch" in steady.feed(161.0, shown(("active", 2), ("activating", 3), *[("active", 2)] * 2))
    assert steady.feed(162.0, up) != "", "from the beginning"


def test_no_answer_of_systemd_is_not_well() -> None:
    assert Steady().feed(1.0, "") != ""
