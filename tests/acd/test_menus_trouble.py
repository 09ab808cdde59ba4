"""Menus that are closed, changed, removed or left: nobody is dropped, nobody goes round for ever."""

import pytest
from msgspec.structs import replace

from appliance.acd.ids import LineName, QueueName
from appliance.acd.inputs import (
    HangUpCall,
    PlanChanged,
    SetNightMode,
    SwitchStarted,
)
from appliance.acd.ivr import MOST_MENUS
from appliance.acd.plan import LinePlan, MenuPlan
from tests.acd.menus import VENTAS, number, office, plan, press, principal, queue_of, to_menu
from tests.acd.office import Office, small_plan, ventas


@pytest.mark.parametrize(
    ("hours", "night", "reasons"),
    [("mondays", False, ["closed"]), ("sundays", True, ["night_mode"]), ("sundays", False, []), ("", True, [])],
)
def test_a_closed_menu_sends_on_who_comes(hours: str, night: bool, reasons: list[str]) -> None:
    one = office(principal(hours=hours, on_closed=to_menu("noche")), MenuPlan("noche", ("night",)))
    one.do(SetNightMode(night))
    leg = one.calls()
    assert one.call_state() == "menu" and one.reasons("menu") == reasons
    assert one.switch.legs[leg].heard == (["es/night"] if reasons else ["es/welcome", "es/options"])


def test_a_closed_menu_may_say_that_it_is_closed() -> None:
    one = office(principal(hours="mondays"))
    leg = one.calls()
    assert one.call_state() == "ending" and one.switch.legs[leg].heard == ["es/closed"]


def test_menus_that_are_closed_in_a_ring_end_in_a_good_bye() -> None:
    """The configuration refuses it; a plan that has it takes no harm."""
    one = office(
        principal(hours="mondays", on_closed=to_menu("otro")),
        MenuPlan("otro", hours="mondays", on_closed=to_menu("principal")),
    )
    one.calls()
    assert one.call_state() == "ending" and one.reasons("menu")[-1] == "too_many_menus"


@pytest.mark.parametrize(("after_ms", "reason", "listed"), [(4_999, "short_abandon", {}), (5_000, "abandoned", None)])
def test_who_hangs_up_in_a_menu_came_to_no_queue(after_ms: int, reason: str, listed: dict[str, str] | None) -> None:
    one = office()
    leg = one.calls("600111222")
    one.wait(after_ms)
    one.ends(leg)
    cdr = one.cdr()
    assert (cdr.end_reason, cdr.queue, cdr.queued_at, cdr.ivr_ms) == (reason, None, 0, after_ms)
    assert one.worklist() == ({"600111222": "abandoned"} if listed is None else listed)
    one.wait(120_000)
    assert not one.acd.state.deadlines["menu"]


def test_the_screen_can_end_a_call_in_a_menu() -> None:
    one = office()
    one.calls()
    one.do(HangUpCall(next(iter(one.acd.state.calls)), "jefa"))
    assert one.cdr().end_reason == "rejected"


def test_a_queue_can_send_to_a_menu_and_the_menu_back() -> None:
    """By a key the caller asks for the queue again, and keeps the wait so far; by itself a menu does not go back."""
    queue = ventas("ana", max_wait_ms=10_000, on_max_wait=to_menu("principal"), exit_keys={"5": to_menu("principal")})
    one = Office(replace(plan(principal(retries=0)), queues=(queue, plan().queues[1])))
    leg = one.calls()
    press(one, leg, "1")
    one.wait(10_000)
    assert queue_of(one) == "menu ventas" and one.switch.legs[leg].background == "silence"
    press(one, leg, "1")
    assert queue_of(one) == "waiting ventas"
    one.wait(4_000)
    press(one, leg, "5")
    one.hears_to_the_end(leg)
    one.wait(5_000)
    assert queue_of(one) == "waiting ventas", "a key was pressed since"
    (call,) = one.acd.state.calls.values()
    assert one.now_ms - call.queued_ms == 19_000, "waits since it first came"
    one.wait(10_000)
    one.hears_to_the_end(leg)
    one.wait(5_000)
    assert one.call_state() == "ending", "no key since"
    assert one.switch.legs[leg].heard[-1] == "es/goodbye"


def test_who_waits_is_not_led_through_menus_for_ever() -> None:
    queue = ventas("ana", exit_keys={"5": to_menu("principal")})
    one = Office(replace(plan(principal(keys={"1": VENTAS})), queues=(queue, plan().queues[1])))
    leg = one.calls()
    press(one, leg, "15" * MOST_MENUS)
    assert queue_of(one) == "waiting ventas"


def test_a_menu_that_is_changed_is_heard_from_the_beginning() -> None:
    one = office(number())
    leg = one.calls()
    press(one, leg, "12")
    one.do(PlanChanged(plan(number(prompts=("your_code",)))))
    assert one.switch.legs[leg].heard[-1] == "es/your_code"
    press(one, leg, "1234#")
    assert queue_of(one) == "waiting soporte"


def test_a_change_of_something_else_disturbs_nobody() -> None:
    one = office(number())
    leg = one.calls()
    press(one, leg, "12")
    one.do(PlanChanged(plan(number(), max_calls=9)))
    press(one, leg, "34#")
    assert queue_of(one) == "waiting soporte"


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (LinePlan(LineName("gsm1"), "in", QueueName("soporte")), "waiting soporte"),
        (LinePlan(LineName("gsm1"), "in", menu="otro"), "menu None"),
        (LinePlan(LineName("gsm1"), "in"), "ending None"),
        (LinePlan(LineName("gsm9"), "in", QueueName("soporte")), "ending None"),
    ],
)
def test_who_is_in_a_menu_that_is_removed_goes_where_the_line_leads_now(line: LinePlan, state: str) -> None:
    one = office()
    one.calls()
    one.do(PlanChanged(plan(MenuPlan("otro", ("other",)), lines=(line,))))
    assert queue_of(one) == state
    assert one.reasons("menu")[0] == "menu_removed"


def test_who_waits_in_a_queue_that_is_removed_goes_to_a_menu_that_is_new() -> None:
    one = Office(small_plan(ventas("ana")))
    leg = one.calls()
    one.do(PlanChanged(replace(plan(), queues=plan().queues[1:])))
    assert queue_of(one) == "menu ventas"
    assert one.switch.legs[leg].heard == ["es/greeting", "es/welcome", "es/options"]


def test_a_restart_of_the_switch_lets_the_caller_hear_the_menu_again() -> None:
    one = office(number())
    leg = one.calls()
    press(one, leg, "12")
    one.switch, renamed = one.switch.restart("s2", {leg})
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    again = one.switch.legs[renamed[leg]]
    assert (again.heard, again.background) == (["es/your_number"], "silence")
    press(one, again.leg, "1234#")
    assert queue_of(one) == "waiting soporte"


def test_a_key_before_the_path_is_open_counts() -> None:
    """The switch may say that a key was pressed before it says that the caller is through."""
    one = Office(plan(), through=False)
    leg = one.calls()
    press(one, leg, "7")
    assert one.call_state() == "menu" and one.switch.legs[leg].heard == []
    press(one, leg, "1")
    assert queue_of(one) == "waiting ventas"
