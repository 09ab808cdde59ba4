"""How lines are: what is kept of their changes, how much of a mad one, when somebody is told, what the lamp shows."""

from appliance.acd import effects as e
from appliance.acd.acd import Acd
from appliance.acd.ids import LineName
from appliance.acd.inputs import LineChanged, PlanChanged, SwitchStarted
from appliance.acd.line_effects import StoreLineEvent, StoreNotice
from appliance.acd.line_health import DEGRADED_TOLD_AFTER_MS, EVENTS_A_MINUTE, TOLD_AFTER_MS
from appliance.acd.view import LineView
from tests.acd.office import NOON_UTC_MS, START_MS, Office, small_plan, ventas

GSM1 = LineName("gsm1")


def says(one: Office, health: str, detail: str = "", signal: int = -1, operator: str = "", sim: str = "") -> None:
    one.do(LineChanged(GSM1, health, detail, signal, operator, sim))  # type: ignore[arg-type]


def kept(one: Office) -> list[StoreLineEvent]:
    return [stored for stored in one.stored if isinstance(stored, StoreLineEvent) and stored.line == GSM1]


def told(one: Office) -> list[tuple[str, str, str]]:
    return [(n.kind, n.subject, n.detail) for n in one.stored if isinstance(n, StoreNotice) and n.subject == GSM1]


def line(one: Office) -> LineView:
    return next(line for line in one.acd.view(one.now_ms).lines if line.line == GSM1)


def lamp(one: Office) -> str:
    return [
        effect.pattern for effect in one.switch.done if isinstance(effect, e.SetLamp) and effect.lamp == "line:gsm1"
    ][-1]


def test_every_change_is_kept_with_its_time_and_a_signal_that_flickers_is_not() -> None:
    one = Office()
    says(one, "up", "registered with Movistar", 60, "Movistar", "8934")
    one.wait(5_000)
    says(one, "up", "registered with Movistar", 20, "Movistar", "8934")
    one.wait(5_000)
    says(one, "down", "the modem restarted by itself")
    one.wait(2_000)
    says(one, "up", "registered with Orange", 40, "Orange", "8935")
    assert [(event.health, event.detail, event.previous_ms, event.sim) for event in kept(one)] == [
        ("up", "registered with Movistar", 0, "8934"),
        ("down", "the modem restarted by itself", 10_000, "8934"),
        ("up", "registered with Orange", 2_000, "8935"),
    ]
    assert [event.at_utc_ms - NOON_UTC_MS for event in kept(one)] == [0, 10_000, 12_000]
    assert [event.number for event in kept(one)] == [1, 2, 3]
    seen = line(one)
    assert (seen.signal_percent, seen.operator, seen.sim, seen.since_utc_ms) == (
        40,
        "Orange",
        "8935",
        NOON_UTC_MS + 12_000,
    )


def test_a_mad_device_fills_no_disk_and_what_is_left_out_is_counted() -> None:
    one = Office()
    for number in range(50):
        says(one, "up" if number % 2 else "degraded", f"case {number}")
    assert len(kept(one)) == EVENTS_A_MINUTE
    one.wait(60_000)
    says(one, "up", "calm again")
    assert (kept(one)[-1].detail, kept(one)[-1].left_out) == ("calm again", 50 - EVENTS_A_MINUTE)
    assert line(one).detail == "calm again", "what is shown is the truth all the same"


def test_who_is_down_for_a_minute_is_told_of_once_and_again_when_back() -> None:
    one = Office()
    says(one, "up")
    says(one, "down", "unplugged")
    assert lamp(one) == "fast_blink"
    one.wait(TOLD_AFTER_MS - 1)
    assert told(one) == [] and not line(one).told_down
    says(one, "down", "still unplugged")
    one.wait(1)
    assert told(one) == [("line_down", "gsm1", "still unplugged")] and line(one).told_down
    one.wait(3_600_000)
    says(one, "starting", "opening the modem")
    says(one, "up", "ready")
    assert told(one)[1:] == [("line_up", "gsm1", "ready")] and not line(one).told_down


def test_what_mends_itself_in_time_is_nobodys_trouble() -> None:
    one = Office()
    says(one, "up")
    for _ in range(3):
        says(one, "down", "the modem restarted by itself")
        one.wait(TOLD_AFTER_MS - 1)
        says(one, "degraded", "weak")
    assert told(one) == []


def test_who_is_degraded_for_two_minutes_is_told_of_once_and_again_when_well() -> None:
    one = Office()
    says(one, "up")
    says(one, "degraded", "the carrier is silent")
    assert lamp(one) == "slow_blink"
    one.wait(DEGRADED_TOLD_AFTER_MS - 1)
    says(one, "degraded", "still silent")
    assert told(one) == [] and not line(one).told_degraded
    one.wait(1)
    assert told(one) == [("line_degraded", "gsm1", "still silent")]
    assert line(one).told_degraded and not line(one).told_down and lamp(one) == "fast_blink"
    one.do(SwitchStarted("s2"))
    says(one, "degraded", "still silent")
    one.wait(3_600_000)
    assert len(told(one)) == 1, "once is enough"
    caller = one.calls(line="gsm1")
    assert lamp(one) == "steady"
    one.ends(caller)
    assert lamp(one) == "fast_blink"
    says(one, "up", "it answers")
    assert told(one)[1:] == [("line_up", "gsm1", "it answers")] and lamp(one) == "off"
    assert not line(one).told_degraded


def test_who_gets_worse_and_better_is_told_of_as_it_is() -> None:
    one = Office()
    says(one, "degraded", "weak")
    one.wait(DEGRADED_TOLD_AFTER_MS)
    says(one, "down", "dead")
    one.wait(TOLD_AFTER_MS)
    assert (line(one).told_down, line(one).told_degraded) == (True, False)
    says(one, "degraded", "weak")
    one.wait(DEGRADED_TOLD_AFTER_MS - 1)
    kinds = ["line_degraded", "line_down", "line_up"]
    assert [kind for kind, _, _ in told(one)] == kinds
    one.wait(1)
    assert [kind for kind, _, _ in told(one)] == [*kinds, "line_degraded"]


def test_a_line_that_never_came_up_is_told_of_too() -> None:
    one = Office()
    says(one, "starting", "opening the modem")
    one.wait(30_000)
    says(one, "down", "does not exist")
    one.wait(30_000)
    assert told(one) == [("line_down", "gsm1", "does not exist")]


def test_a_switch_that_restarted_is_kept_as_the_lines_loss() -> None:
    one = Office()
    says(one, "up", "ready")
    one.wait(10_000)
    one.do(SwitchStarted("s2"))
    one.wait(1_000)
    says(one, "up", "ready")
    assert [(event.health, event.detail) for event in kept(one)] == [("up", "ready"), ("starting", ""), ("up", "ready")]
    one.wait(TOLD_AFTER_MS)
    assert told(one) == []


def test_a_line_that_left_the_plan_is_told_of_no_more() -> None:
    one = Office()
    says(one, "up")
    says(one, "down", "unplugged")
    lines = tuple(each for each in one.acd.plan.lines if each.name != GSM1)
    one.do(PlanChanged(small_plan(ventas(), lines=lines)))
    says(one, "up")
    one.wait(TOLD_AFTER_MS)
    assert told(one) == [] and one.reasons("late") == ["unknown_line"]


def test_what_is_to_be_told_outlives_the_process() -> None:
    one = Office()
    says(one, "up")
    says(one, "down", "unplugged")
    one.acd = Acd.from_snapshot(one.acd.snapshot())
    one.wait(TOLD_AFTER_MS)
    assert told(one) == [("line_down", "gsm1", "unplugged")]
    assert one.now_ms == START_MS + TOLD_AFTER_MS
