"""The lamp of the box itself shows how it is, also to a switch that was started anew."""

from appliance.acd.acd import Acd
from appliance.acd.effects import SetLamp
from appliance.acd.inputs import BoxHealth, SwitchStarted
from appliance.acd.plan import Plan


def test_the_lamp_of_the_box_blinks_while_something_is_wrong_with_it() -> None:
    acd = Acd(Plan(box="oficina"))

    def lamps(what: BoxHealth | SwitchStarted, at_ms: int) -> list[str]:
        shown = acd.handle(what, at_ms).switch
        return [one.pattern for one in shown if isinstance(one, SetLamp) and one.lamp == "box"]

    assert lamps(SwitchStarted("a"), 1_000) == ["off"]
    assert lamps(BoxHealth("bad"), 2_000) == ["fast_blink"]
    assert lamps(BoxHealth("bad"), 3_000) == []
    again = Acd.from_snapshot(acd.snapshot())
    assert again.state.box_health == "bad"
    assert lamps(SwitchStarted("b"), 4_000) == ["fast_blink"]
    assert lamps(BoxHealth("warning"), 5_000) == ["slow_blink"]
    assert lamps(BoxHealth("good"), 6_000) == ["off"]
