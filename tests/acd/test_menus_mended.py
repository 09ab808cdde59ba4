"""Menus and exit keys that lead where nothing is now: nobody who did right is hung up on, and nobody loses a place."""

import pytest
from msgspec.structs import replace

from appliance.acd.callbacks import PROMISES_KEPT
from appliance.acd.explain import why_call
from appliance.acd.ids import LineName, QueueName
from appliance.acd.inputs import LineChanged
from appliance.acd.plan import Destination, LinePlan, MenuPlan
from appliance.acd.state import Callback
from tests.acd.menus import SOPORTE, VENTAS, VOICEMAIL, number, office, plan, press, principal, queue_of, to_menu
from tests.acd.office import Office, ventas

CALL_BACK = Destination("callback", QueueName("ventas"))
OUTSIDE = Destination("number", number="911222333")


@pytest.mark.parametrize(
    ("menu", "keys"),
    [
        (principal(retries=0, on_timeout=VOICEMAIL, on_invalid=VENTAS), "7"),
        (number(name="principal", retries=0, on_not_found=VENTAS), "9999#"),
    ],
)
def test_a_mistake_may_lead_back_to_the_queue_that_sent_the_caller_here(menu: MenuPlan, keys: str) -> None:
    """Something was pressed: it is as good as a key, and bounded by the menus a caller goes through."""
    queue = ventas("ana", max_wait_ms=10_000, on_max_wait=to_menu("principal"))
    lines = (LinePlan(LineName("gsm1"), "in", QueueName("ventas")),)
    one = Office(replace(plan(menu, lines=lines), queues=(queue, plan().queues[1])))
    leg = one.calls()
    for _ in range(3):
        one.wait(10_000)
        assert queue_of(one) == "menu ventas"
        press(one, leg, keys)
        assert queue_of(one) == "waiting ventas"


def too_many_promises(one: Office) -> None:
    kept = {str(n): Callback(str(n), QueueName("ventas"), 0) for n in range(PROMISES_KEPT)}
    one.acd.state.callbacks.update(kept)


@pytest.mark.parametrize("why", ["withheld", "barred", "full"])
def test_who_cannot_be_called_back_waits_in_the_queue_that_would_call(why: str) -> None:
    menu = principal(keys={"5": CALL_BACK}, on_timeout=CALL_BACK, retries=0)
    one = office(menu, dial_rules={"900": False})
    if why == "full":
        too_many_promises(one)
    leg = one.calls({"withheld": "", "barred": "900111222", "full": "600111222"}[why])
    press(one, leg, "5")
    assert queue_of(one) == "waiting ventas"
    (call,) = one.acd.state.calls.values()
    assert call.queues == ["ventas"], "it came to the queue once"


def test_a_key_for_a_call_back_that_no_queue_makes_is_none() -> None:
    one = office(principal(keys={"5": Destination("callback")}))
    leg = one.calls()
    press(one, leg, "5")
    assert one.call_state() == "menu" and one.reasons("menu") == ["invalid_again"]
    assert one.switch.legs[leg].heard[2:] == ["es/menu_invalid", "es/welcome", "es/options"]


def leaving(to: Destination, *menus: MenuPlan, trunk: str = "up", **changes: object) -> Office:
    """A queue that is left by key 5, a trunk that may dial, and a caller who waits."""
    queue = ventas("ana", exit_keys={"5": to})
    lines = (LinePlan(LineName("gsm1"), "in", QueueName("ventas")), LinePlan(LineName("trunk"), "both", channels=1))
    one = Office(replace(plan(*menus, lines=lines, **changes), queues=(queue, plan().queues[1])))
    one.do(LineChanged(LineName("trunk"), trunk))  # type: ignore[arg-type]
    return one


CLOSED_ROUND = (
    principal(hours="mondays", on_closed=to_menu("otro")),
    MenuPlan("otro", ("other",), hours="mondays", on_closed=to_menu("principal")),
)


@pytest.mark.parametrize(
    ("to", "menus", "trunk", "told"),
    [
        (OUTSIDE, (), "down", "a key for number:911222333, where nobody could be sent, and went on waiting"),
        (to_menu("principal"), (principal(hours="mondays"),), "up", "a key for menu:principal, where nobody"),
        (to_menu("otro"), (), "up", "a key for menu:otro, where nobody"),
        (to_menu("principal"), CLOSED_ROUND, "up", "a key for menu:principal, where nobody"),
    ],
)
def test_a_key_that_leads_nowhere_now_costs_no_place(
    to: Destination, menus: tuple[MenuPlan, ...], trunk: str, told: str
) -> None:
    one = leaving(to, *menus, trunk=trunk)
    leg = one.calls()
    since_ms = one.now_ms
    one.wait(3_000)
    press(one, leg, "555")
    (call,) = one.acd.state.calls.values()
    assert (call.state, call.queue, call.queued_ms, call.queues) == ("waiting", "ventas", since_ms, ["ventas"])
    assert [decision.reason for decision in one.decisions("refuse")] == ["key_elsewhere"], "told once"
    assert told in why_call(one.decisions(), None, "en")


@pytest.mark.parametrize(
    ("to", "menus", "state"),
    [
        (OUTSIDE, (), "dialling"),
        (to_menu("principal"), (), "menu"),
        (to_menu("principal"), (principal(hours="mondays", on_closed=VOICEMAIL),), "voicemail"),
        (to_menu("principal"), (principal(hours="mondays", on_closed=SOPORTE),), "waiting"),
        (to_menu("principal"), (principal(hours="mondays", on_closed=to_menu("otro")), MenuPlan("otro")), "menu"),
    ],
)
def test_a_key_that_leads_somewhere_is_taken(to: Destination, menus: tuple[MenuPlan, ...], state: str) -> None:
    one = leaving(to, *menus)
    press(one, one.calls(), "5")
    assert one.call_state() == state and not one.decisions("refuse")


def test_a_prompt_of_more_than_a_minute_is_heard_to_its_end() -> None:
    one = office(principal(retries=0))
    leg = one.calls()
    one.wait(600_000)
    assert one.call_state() == "menu", "the switch has not told that it is over"
    one.hears_to_the_end(leg)
    one.wait(5_000)
    assert queue_of(one) == "waiting ventas"
