"""No international or premium number goes out that the plan does not allow, whatever the way: calls back, forwards.

A caller can show any number as its own and ask to be called back, which the office would pay for.
"""

import pytest
from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.durable import DurableWorklistItem
from appliance.acd.explain import tell
from appliance.acd.ids import LineName, QueueName
from appliance.acd.inputs import CallBack, DigitPressed, LineChanged, PlanChanged, RestoreDurable
from appliance.acd.plan import CallbackPlan, Destination, LinePlan, MenuPlan, Plan
from tests.acd.office import Office, small_plan, ventas

VENTAS = QueueName("ventas")
LINES = (LinePlan(LineName("gsm1"), "in", VENTAS), LinePlan(LineName("gsm2"), "out", VENTAS))
ABROAD, PREMIUM, ODD = "+441214960000", "803111222", "1004"
CLOSED = {"00": False, "803": False}


def plan(rules: dict[str, bool] | None = None, **changes: object) -> Plan:
    given: dict[str, object] = {"exit_keys": {"1": Destination("callback"), "4": Destination("number", number=ABROAD)}}
    return small_plan(
        ventas("ana", **given | changes),
        lines=LINES,
        country_code="34",
        national_digits=9,
        emergency=("112",),
        dial_rules=CLOSED if rules is None else rules,
    )


def office(rules: dict[str, bool] | None = None, **changes: object) -> Office:
    one = Office(plan(rules, **changes))
    for line in LINES:
        one.do(LineChanged(line.name, "up"))
    return one


def dialled(one: Office) -> list[str]:
    return [effect.number for effect in one.switch.done if isinstance(effect, e.DialLine)]


def asks_back(one: Office) -> None:
    """A foreign caller is promised a call, and the attempt waits for an agent."""
    caller = one.calls(ABROAD)
    one.do(DigitPressed(caller, "1"))
    one.ends(caller)
    one.wait(60_000)


@pytest.mark.parametrize(
    ("number", "reason", "told"),
    [
        (ABROAD, "callback_abroad", "is another country's, which is not allowed"),
        ("00441214960000", "callback_abroad", "is another country's, which is not allowed"),
        (PREMIUM, "callback_barred", "costs extra or is barred"),
        ("+34803111222", "callback_barred", "costs extra or is barred"),
        (ODD, "callback_odd", "is no whole number of the country"),
        ("112", "callback_emergency", "is an emergency's"),
        ("sip:x@y", "callback_no_number", "is no number"),
    ],
)
def test_who_shows_a_costly_number_is_not_called_back(number: str, reason: str, told: str) -> None:
    one = office()
    one.sits_down("ana")
    one.calls("600999888")
    caller = one.calls(number)
    one.do(DigitPressed(caller, "1"))
    (refused,) = one.decisions("refuse")
    assert (refused.reason, refused.detail) == (reason, number)
    assert told in tell(refused, "en") and number in tell(refused, "es")
    one.wait(3_600_000)
    assert dialled(one) == [] and one.acd.state.callbacks == {}


@pytest.mark.parametrize("number", [ABROAD, PREMIUM])
def test_by_a_menu_or_an_overflow_neither(number: str) -> None:
    one = office(max_wait_ms=20_000, on_max_wait=Destination("callback"))
    caller = one.calls(number)
    one.wait(20_000)
    assert one.switch.legs[caller].heard[-1] == "es/all_busy"
    menu = MenuPlan("m", ("x",), {"1": Destination("callback", VENTAS)})
    changed = replace(plan(), menus={"m": menu}, lines=(replace(LINES[0], queue=None, menu="m"), LINES[1]))
    one.do(PlanChanged(changed))
    caller = one.calls(number)
    one.do(DigitPressed(caller, "1"))
    assert one.call_state(2) == "waiting", "who cannot be called back waits"
    assert [decision.reason[:9] for decision in one.decisions("refuse")] == ["callback_", "callback_"]
    one.wait(3_600_000)
    assert dialled(one) == []


def test_where_it_is_allowed_they_are_called() -> None:
    one = office({"00": False, "0044": True})
    asks_back(one)
    one.sits_down("ana")
    one.lifts("ana")
    assert dialled(one) == [ABROAD]


@pytest.mark.parametrize("first", ["agent", "customer"])
def test_a_promise_made_while_it_was_allowed_is_taken_back(first: str) -> None:
    back = CallbackPlan(first)  # type: ignore[arg-type]
    one = office({}, callback=back)
    asks_back(one)
    assert one.acd.state.callbacks and one.call_state(2) == "waiting"
    one.do(PlanChanged(plan(callback=back)))
    one.sits_down("ana")
    one.wait(60_000)
    assert dialled(one) == [] and one.acd.state.callbacks == {} and one.ringing() == []
    assert one.decisions("refuse")[-1].reason == "callback_abroad"
    assert one.worklist() == {ABROAD: "callback_failed"}, "a person decides"


def test_nor_when_the_plan_changes_while_the_agents_phone_rings_for_it() -> None:
    one = office({})
    asks_back(one)
    one.sits_down("ana")
    assert one.ringing() == ["ana"]
    one.do(PlanChanged(plan()))
    one.lifts("ana")
    assert dialled(one) == [] and one.agent("ana") == "ready"


def test_a_promise_from_before_the_power_cut_is_looked_at_again() -> None:
    one = office()
    one.do(RestoreDurable(worklist=(DurableWorklistItem(PREMIUM, VENTAS, "callback", 1, 1, 1),)))
    one.sits_down("ana")
    one.wait(120_000)
    assert dialled(one) == [] and one.acd.state.callbacks == {}


def test_nobody_can_order_it_either() -> None:
    one = office()
    one.sits_down("ana")
    for number in (ABROAD, PREMIUM, ODD):
        assert one.acd.refusal(CallBack(number, "jefa", VENTAS)), number
        one.do(CallBack(number, "jefa", VENTAS))
        one.dials("ana", number)
    assert dialled(one) == []


def test_callers_are_not_sent_to_a_number_that_may_not_be_dialled() -> None:
    """`check` refuses such a file; a plan of another making changes nothing."""
    one = office()
    one.sits_down("ana")
    one.calls("600999888")
    waits = one.calls("600111222")
    one.do(DigitPressed(waits, "4"))
    assert one.reasons("refuse") == ["key_elsewhere"] and one.call_state(2) == "waiting"
    one = office(join_empty=("logged_out",), on_empty=Destination("number", number=ABROAD))
    sent = one.calls("600111222")
    assert one.reasons("refuse") == ["forward_barred"] and dialled(one) == []
    assert one.switch.legs[sent].heard == ["es/all_busy"]
    assert "may not be called" in tell(one.decisions("refuse")[0], "en")
