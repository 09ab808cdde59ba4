"""Promises of a call back when things go wrong: queues that go, lines and agents that fail, restarts, power cuts."""

from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.acd import Acd
from appliance.acd.callbacks import FIRST_AFTER_MS, LINE_AGAIN_MS, NOT_NOW_MS, PROMISES_KEPT
from appliance.acd.durable import DurableWorklistItem
from appliance.acd.ids import AgentName, LegId, LineName, QueueName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    ClockSet,
    CloseWorklistItem,
    DigitPressed,
    LegAnswered,
    LineChanged,
    PlanChanged,
    RestoreDurable,
    SwitchLost,
    SwitchStarted,
)
from appliance.acd.plan import CallbackPlan, LinePlan, QueuePlan
from appliance.acd.worklist import ITEMS_REMEMBERED, REACHED_MS
from tests.acd.office import NOON_UTC_MS, START_MS, Office, small_plan
from tests.acd.test_callbacks import LINES, asks_back, asks_back_from_a_pause, busy_ana, office
from tests.acd.test_calling_out import dialled, far_end, far_leg


def test_a_queue_that_goes_leaves_its_promises_to_a_person() -> None:
    other = QueuePlan(QueueName("otra"), "Otra", (AgentName("ana"),))
    one = office()
    busy_ana(one)
    asks_back(one)
    one.wait(FIRST_AFTER_MS)
    lines = (LinePlan(LineName("trunk"), "both", QueueName("otra")),)
    one.do(PlanChanged(small_plan(other, lines=lines)))
    one.wait(NOT_NOW_MS)
    assert not one.acd.state.callbacks and "callback_given_up" in one.reasons("dial")
    assert one.worklist() == {"600111222": "callback_failed"}


def test_a_line_that_goes_after_the_ring_costs_no_attempt() -> None:
    one = office(callback=CallbackPlan(attempts=1))
    asks_back_from_a_pause(one)
    one.do(LineChanged(LineName("trunk"), "down"))
    one.lifts("ana")
    assert one.agent("ana") == "ready" and one.worklist() == {"600111222": "callback"}
    one.do(LineChanged(LineName("trunk"), "up"))
    one.wait(NOT_NOW_MS)
    one.lifts("ana")
    assert dialled(one) == [("trunk", "600111222")]


def test_a_line_that_only_assumes_an_answer_has_reached_nobody_until_they_talked() -> None:
    one = office(callback=CallbackPlan(attempts=2, retry_ms=60_000))
    asks_back_from_a_pause(one)
    desk = one.lifts("ana")
    leg = far_leg(one)
    one.switch.far_end(leg, "answers")
    one.do(LegAnswered(leg, "assumed"))
    one.wait(REACHED_MS - 1_000)
    one.ends(desk)
    assert one.worklist() == {"600111222": "callback"}, "it rang there all the time, perhaps"
    one.wait(60_000)
    one.lifts("ana")
    leg = far_leg(one)
    one.switch.far_end(leg, "answers")
    one.do(LegAnswered(leg, "assumed"))
    one.wait(REACHED_MS)
    one.ends(leg)
    assert one.worklist() == {} and not one.acd.state.callbacks


def test_an_agent_who_hangs_up_on_a_phone_that_rings_there_has_spent_an_attempt() -> None:
    one = office(callback=CallbackPlan(attempts=2))
    asks_back_from_a_pause(one)
    for left in ("callback", "callback_failed"):
        one.ends(one.lifts("ana"))
        assert one.cdrs()[-1].end_reason == "cancelled" and one.worklist() == {"600111222": left}
        one.wait(900_000)


def test_a_customer_reached_whose_agent_is_lost_waits_for_a_colleague() -> None:
    one = office("ana bob", whisper=("wait",), sits="ana")
    asks_back_from_a_pause(one)
    desk = one.lifts("ana")
    customer = far_end(one, "answers")
    assert not one.talking(customer, desk), "she hears first how long they waited"
    one.sits_down("bob")
    one.ends(desk)
    assert one.ringing() == ["bob"] and not one.switch.legs[customer].over


def test_a_kept_agent_whose_phone_is_off_the_hook_leaves_the_customer_to_the_next() -> None:
    one = office("ana bob", callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    one.station("ana", "up", off_hook=True)
    customer = far_end(one, "answers")
    assert one.agent("ana") == "ready" and one.ringing() == []
    one.sits_down("bob")
    assert one.ringing() == ["bob"]
    one.lifts("bob")
    assert one.talking(customer, one.acd.state.agents[AgentName("bob")].leg or LegId(""))


def test_a_kept_agent_may_leave_when_the_customer_was_not_reached() -> None:
    one = office(callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    dialled_leg = far_leg(one)
    one.do(AgentLogout(AgentName("ana")))
    assert one.agent("ana") == "logged_out" and one.switch.legs[dialled_leg].over, "nobody is dialled for nobody"
    one = office(callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    one.do(AgentPause(AgentName("ana"), "cafe"))
    assert one.agent("ana") == "not_ready cafe" and one.worklist() == {"600111222": "callback"}


def test_a_queue_that_goes_while_the_customer_is_dialled_ends_the_call() -> None:
    one = office(callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    other = QueuePlan(QueueName("otra"), "Otra", (AgentName("ana"),))
    one.do(PlanChanged(small_plan(other, lines=(LinePlan(LineName("trunk"), "both", QueueName("otra")),))))
    far_end(one, "answers")
    assert one.cdrs()[-1].end_reason == "failed" and one.agent("ana") == "ready"


def test_who_is_on_the_line_in_that_moment_is_not_dialled() -> None:
    one = office()
    busy_ana(one)
    asks_back(one)
    again = one.calls("600111222", "gsm1")
    one.wait(FIRST_AFTER_MS)
    assert not [call for call in one.acd.state.calls.values() if call.direction == "out"]
    one.ends(again)
    one.wait(NOT_NOW_MS)
    assert [call.state for call in one.acd.state.calls.values() if call.direction == "out"] == ["waiting"]


def test_no_more_are_promised_than_can_be_kept() -> None:
    one = office(max_length=10_000)
    busy_ana(one)
    for number in range(PROMISES_KEPT):
        asks_back_number(one, f"6{number:08}")
    assert len(one.acd.state.callbacks) == PROMISES_KEPT
    caller = one.calls("699999999", "gsm1")
    one.do(DigitPressed(caller, "1"))
    assert one.reasons("refuse")[-1] == "callback"


def asks_back_number(one: Office, number: str) -> None:
    caller = one.calls(number, "trunk")
    one.do(DigitPressed(caller, "1"))
    one.hears_to_the_end(caller)


def test_a_switch_that_dies_leaves_waiting_attempts_where_they_are() -> None:
    one = office()
    busy_ana(one)
    asks_back(one)
    one.wait(FIRST_AFTER_MS)
    one.do(AgentPause(AgentName("ana"), "cafe"))
    one.do(SwitchLost())
    one.switch, _ = one.switch.restart("s2", set())
    one.do(SwitchStarted("s2"))
    assert one.call_state(3) == "waiting"


def test_a_power_cut_keeps_promises_and_places() -> None:
    one = office()
    busy_ana(one)
    asks_back(one)
    stored = [effect for effect in one.stored if isinstance(effect, e.StoreWorklistItem)][-1]
    assert stored.callback_place_utc_ms == NOON_UTC_MS and stored.callback_tries == 0
    reborn = Office(one.acd.plan)
    items = (
        DurableWorklistItem(stored.number, stored.queue, stored.reason, 0, 1, stored.callback_place_utc_ms, 1),
        DurableWorklistItem("+34600111222", stored.queue, "abandoned", 0, 1),
        DurableWorklistItem("600000009", None, "abandoned", 0),
    )
    reborn.do(RestoreDurable(worklist=items))
    (kept,) = reborn.acd.state.callbacks.values()
    assert (kept.place_ms, kept.tries, kept.number) == (START_MS, 1, "600111222")
    assert reborn.worklist() == {}
    closed = [effect.number for effect in reborn.stored if isinstance(effect, e.CloseStoredWorklistItem)]
    assert closed == ["+34600111222"], "the same number twice is one item"
    reborn.do(LineChanged(LineName("trunk"), "up"))
    reborn.sits_down("ana")
    reborn.wait(NOT_NOW_MS)
    reborn.lifts("ana")
    assert dialled(reborn) == [("trunk", "600111222")]


def test_a_snapshot_in_the_middle_of_it_goes_on_the_same() -> None:
    one = office(callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    assert Acd.from_snapshot(one.acd.snapshot()).snapshot() == one.acd.snapshot()


def test_an_agent_who_lifted_unheard_for_a_call_that_cannot_go_out_is_let_go() -> None:
    one = office()
    asks_back_from_a_pause(one)
    one.switch.lift(one.ringing_leg("ana"))
    one.do(LineChanged(LineName("trunk"), "down"))
    one.do(SwitchLost())
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.agent("ana") == "ready" and one.cdrs()[-1].end_reason == "cancelled"


def test_no_agent_is_kept_while_no_line_is_free() -> None:
    one = office(callback=CallbackPlan("customer"))
    one.do(LineChanged(LineName("trunk"), "down"))
    asks_back_from_a_pause(one)
    assert one.agent("ana") == "ready" and one.reasons("none_ready")[-1] == "no_line_free"
    one.do(LineChanged(LineName("trunk"), "up"))
    one.wait(LINE_AGAIN_MS)
    assert one.agent("ana") == "outbound"


def test_a_promise_to_a_queue_that_is_not_there_after_a_power_cut_is_a_persons() -> None:
    one = office()
    one.do(RestoreDurable(worklist=(DurableWorklistItem("600111222", QueueName("gone"), "callback", 0, 1, 1),)))
    one.wait(NOT_NOW_MS)
    assert not one.acd.state.callbacks and one.reasons("dial") == ["callback_given_up"]


def test_who_asks_again_while_being_dialled_keeps_the_promise_there_is() -> None:
    one = office("ana bob", callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    assert one.agent("ana") == "outbound"
    again = one.calls("600111222", "gsm1")
    one.do(DigitPressed(again, "1"))
    one.hears_to_the_end(again)
    assert len(one.acd.state.callbacks) == 1 and one.agent("ana") == "outbound"
    far_end(one, "answers")
    assert one.ringing() == ["ana"]


def test_a_queue_that_turns_to_customers_first_while_phones_ring_goes_on_with_agents_first() -> None:
    one = office("ana bob", strategy="ring_all")
    asks_back_from_a_pause(one)
    (queue,) = one.acd.plan.queues
    turned = replace(queue, callback=CallbackPlan("customer"))
    one.do(PlanChanged(small_plan(turned, lines=LINES)))
    one.sits_down("bob")
    assert one.ringing() == ["ana", "bob"]


def test_a_customer_who_answered_while_the_switch_was_dead_is_given_to_the_agent_kept_for_them() -> None:
    one = office(callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    far = far_leg(one)
    one.do(SwitchLost())
    one.switch.far_end(far, "answers")
    one.switch, _ = one.switch.restart("s2", {far})
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    assert one.ringing() == ["ana"]
    one.lifts("ana")
    assert one.agent("ana") == "talking"


def test_a_call_that_came_in_while_the_switch_was_dead_is_not_the_one_that_was_dialled() -> None:
    one = office(callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    far = far_leg(one)
    line = one.switch.legs[far].line
    one.do(SwitchLost())
    one.switch, _ = one.switch.restart("s2", set())
    one.switch.offer(str(line), "600111222")
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    assert one.cdrs()[-1].end_reason == "box_restarted"
    assert [call.direction for call in one.acd.state.calls.values()] == ["in"]


def test_a_country_that_comes_with_a_change_keeps_what_is_known_by_number() -> None:
    """The box was set up without its country, or was updated from a version that kept numbers as they came."""
    one = office()
    plain = small_plan(*one.acd.plan.queues, lines=LINES)
    one = Office(plain)
    one.sits_down("ana")
    busy_ana(one)
    for number in ("+34600111222", "600111222"):
        asks_back(one, number)
    assert len(one.acd.state.callbacks) == 2
    one.do(PlanChanged(replace(plain, country_code="34", national_digits=9)))
    (kept,) = one.acd.state.callbacks
    assert kept == "600111222" and list(one.acd.state.worklist) == ["600111222"]
    one.do(CloseWorklistItem("600111222", "boss", "reached"))
    assert not one.acd.state.callbacks and not one.acd.state.worklist


def test_a_place_kept_through_a_power_cut_waits_for_the_clock_to_be_right() -> None:
    one = Office(small_plan(*office().acd.plan.queues, lines=LINES, country_code="34"))
    one.do(ClockSet(0, False))  # 1970: nothing told the box the time yet
    place_utc_ms = NOON_UTC_MS - 600_000
    one.do(
        RestoreDurable(
            worklist=(DurableWorklistItem("600111222", QueueName("ventas"), "callback", 0, 1, place_utc_ms),)
        )
    )
    one.do(ClockSet(NOON_UTC_MS - START_MS, True))
    one.wait(NOT_NOW_MS)
    (attempt,) = one.acd.state.calls.values()
    assert attempt.head_start_ms == 600_000 + NOT_NOW_MS


def test_a_customer_who_was_called_back_hears_no_greeting_for_callers() -> None:
    one = office("ana bob", callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    customer = far_end(one, "answers")
    assert one.switch.legs[customer].heard == [] and one.switch.legs[customer].background == "music"


def test_a_store_with_more_items_than_are_remembered_is_no_burden() -> None:
    one = office()
    items = tuple(DurableWorklistItem(f"6{n:08}", None, "abandoned", 0) for n in range(ITEMS_REMEMBERED + 1))
    one.do(RestoreDurable(worklist=items))
    assert len(one.acd.state.worklist) == ITEMS_REMEMBERED
