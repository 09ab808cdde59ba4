"""The panel's lamps: what each pattern means, and that it is sent when it changes and only then."""

import pytest

from appliance.acd.effects import SetLamp
from appliance.acd.ids import LineName
from appliance.acd.inputs import LineChanged, SetNightMode
from tests.acd.office import Office, small_plan, ventas


def changes(one: Office, lamp: str) -> list[str]:
    return [effect.pattern for effect in one.switch.done if isinstance(effect, SetLamp) and effect.lamp == lamp]


def test_a_queues_lamp_follows_its_longest_wait() -> None:
    one = Office(small_plan(ventas(target_ms=20_000)))
    caller = one.calls()
    assert one.switch.lamps["queue:ventas"] == "steady"
    one.wait(9_999)
    assert one.switch.lamps["queue:ventas"] == "steady"
    one.wait(1)
    assert one.switch.lamps["queue:ventas"] == "slow_blink"
    one.wait(10_000)
    assert one.switch.lamps["queue:ventas"] == "fast_blink"
    one.ends(caller)
    assert changes(one, "queue:ventas") == ["off", "steady", "slow_blink", "fast_blink", "off"]


def test_when_the_longest_waiter_is_answered_the_next_one_counts() -> None:
    one = Office()
    one.calls("600000001", "trunk")
    one.wait(25_000)
    one.calls("600000002", "trunk")
    one.sits_down("ana")
    one.lifts("ana")
    assert one.switch.lamps["queue:ventas"] == "steady"
    assert one.acd.view(one.now_ms).queues[0].lamp == "steady"


@pytest.mark.parametrize(
    ("health", "pattern"),
    [("starting", "slow_blink"), ("degraded", "slow_blink"), ("up", "off"), ("down", "fast_blink")],
)
def test_a_lines_lamp_says_how_the_line_is(health: str, pattern: str) -> None:
    one = Office()
    one.do(LineChanged(LineName("gsm1"), health))  # type: ignore[arg-type]
    assert one.switch.lamps["line:gsm1"] == pattern


def test_a_lines_lamp_is_steady_while_a_call_is_on_it() -> None:
    one = Office()
    one.do(LineChanged(LineName("gsm1"), "up"))
    caller = one.calls()
    assert one.switch.lamps["line:gsm1"] == "steady"
    one.ends(caller)
    assert one.switch.lamps["line:gsm1"] == "off"


def test_the_night_mode_lamp() -> None:
    one = Office()
    one.do(SetNightMode(True))
    one.do(SetNightMode(True))
    one.do(SetNightMode(False))
    assert changes(one, "night_mode") == ["off", "steady", "off"]
