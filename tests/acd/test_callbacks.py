"""Callers who are called back: the place kept, agent or customer first, how often, when, and when it is over."""

import pytest
from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.acd import Acd
from appliance.acd.callbacks import FIRST_AFTER_MS, NOT_NOW_MS, PROMISES_KEPT
from appliance.acd.explain import why_agent, why_call
from appliance.acd.ids import AgentName, CallId, LegId, LineName, QueueName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    CloseWorklistItem,
    DigitPressed,
    DurableWorklistItem,
    LineChanged,
    PlanChanged,
    RestoreDurable,
    SetNightMode,
    SwitchLost,
    SwitchStarted,
)
from appliance.acd.plan import CallbackPlan, Destination, Hours, LinePlan, OpenSpan, QueuePlan
from tests.acd.office import NOON_UTC_MS, START_MS, Office, adds_up, small_plan, ventas
from tests.acd.test_calling_out import dialled, far_end, far_leg

LINES = (
    LinePlan(LineName("gsm1"), "in", QueueName("ventas")),
    LinePlan(LineName("trunk"), "both", QueueName("ventas"), did={"900": QueueName("ventas")}),
)
KEYS = {"1": Destination("callback")}


def office(
    agents: str = "ana", *, sits: str = "ana", callback: CallbackPlan | None = None, **changes: object
) -> Office:
    queue = ventas(agents, exit_keys=KEYS, callback=callback or CallbackPlan(), wrap_up_ms=0, **changes)
    one = Office(small_plan(queue, lines=LINES, country_code="34"))
    for line in LINES:
        one.do(LineChanged(line.name, "up"))
    one.sits_down(*sits.split())
    return one


def busy_ana(one: Office) -> LegId:
    """Ana talks with somebody; her customer's leg."""
    caller = one.calls("600999999", "trunk")
    one.lifts("ana")
    return caller


def asks_back(one: Office, number: str = "600111222") -> None:
    """Somebody calls, presses 1 after half a minute, hears that it is promised, and is gone."""
    caller = one.calls(number, "trunk")
    one.wait(30_000)
    one.do(DigitPressed(caller, "1"))
    one.hears_to_the_end(caller)
    assert one.switch.legs[caller].heard[-1] == "es/callback_promised"
    assert one.switch.legs[caller].over


def test_agent_first_the_agent_lifts_and_then_the_customer_is_dialled() -> None:
    one = office()
    talking = busy_ana(one)
    asks_back(one)
    assert one.worklist() == {"600111222": "callback"}
    one.wait(FIRST_AFTER_MS)
    one.ends(talking)
    assert one.ringing() == ["ana"] and dialled(one) == []
    desk = one.lifts("ana")
    assert dialled(one) == [("trunk", "600111222")] and one.switch.legs[desk].background == "ringback"
    customer = far_end(one, "answers")
    assert one.talking(customer, desk) and one.worklist() == {}
    one.wait(60_000)
    one.ends(customer)
    assert [(cdr.direction, cdr.end_reason) for cdr in one.cdrs()] == [
        ("in", "overflowed"),
        ("in", "answered"),
        ("out", "answered"),
    ]
    assert all(adds_up(cdr) for cdr in one.cdrs())
    assert one.agent("ana") == "ready" and not one.acd.state.callbacks
    one.wait(3_600_000)
    assert dialled(one) == [("trunk", "600111222")], "once reached, never again"


def test_customer_first_the_agent_is_kept_free_until_the_customer_answers() -> None:
    one = office("ana bob", callback=CallbackPlan("customer"))
    talking = busy_ana(one)
    asks_back(one)
    one.wait(FIRST_AFTER_MS)
    one.ends(talking)
    assert one.agent("ana") == "outbound" and one.ringing() == [] and dialled(one) == [("trunk", "600111222")]
    waits = one.calls("600333333", "gsm1")
    one.wait(3_000)
    assert one.ringing() == [], "an agent kept for a customer is not rung for anybody else"
    customer = far_end(one, "answers")
    assert one.ringing() == ["ana"] and one.switch.legs[customer].background == "music"
    desk = one.lifts("ana")
    assert one.talking(customer, desk) and not one.switch.legs[waits].over
    reserve, ring = (*one.decisions("reserve"), one.decisions("ring")[-1])
    assert (reserve.reason, ring.reason) == ("only_one_free", "reserved")
    told = why_call([one_ for one_ in one.decisions() if one_.call == reserve.call], None, "es")
    assert "se reservó a ana y se llamó al cliente" in told and "se le había reservado para este cliente" in told
    assert "ana was rung for oficina-3" in why_agent(one.decisions(), AgentName("ana"), "en")


def test_customer_first_and_the_customer_does_not_answer() -> None:
    one = office(callback=CallbackPlan("customer", attempts=2, retry_ms=600_000))
    asks_back_from_a_pause(one)
    assert one.agent("ana") == "outbound"
    one.ends(far_leg(one), "busy")
    assert one.agent("ana") == "ready" and one.worklist() == {"600111222": "callback"}
    one.wait(599_999)
    assert len(dialled(one)) == 1
    one.wait(1)
    assert len(dialled(one)) == 2
    one.ends(far_leg(one), "no_answer")
    assert one.worklist() == {"600111222": "callback_failed"} and not one.acd.state.callbacks
    one.wait(10 * 3_600_000)
    assert len(dialled(one)) == 2, "two attempts and no more: a person decides"
    assert "queda en la lista de pendientes" in why_call(one.decisions("dial"), None, "es")


def asks_back_from_a_pause(one: Office) -> None:
    """Ana is away while somebody asks to be called back, and back when it is time."""
    one.do(AgentPause(AgentName("ana"), "cafe"))
    asks_back(one)
    one.wait(FIRST_AFTER_MS)
    one.do(AgentLogout(AgentName("ana")))
    one.sits_down("ana")


def test_the_place_is_kept_before_those_who_came_later() -> None:
    one = office("ana", callback=CallbackPlan())
    talking = busy_ana(one)
    early = one.calls("600222222", "gsm1")
    one.wait(1_000)
    asks_back(one)
    late = one.calls("600333333", "trunk")
    one.wait(FIRST_AFTER_MS)
    one.ends(talking)
    assert one.lifts("ana") and one.acd.state.calls[_call_of(one, early)].agent == "ana", "who came first is first"
    one.ends(early)
    one.lifts("ana")
    assert dialled(one) == [("trunk", "600111222")], "then who is to be called back"
    assert not one.switch.legs[late].over and one.call_state(4) == "waiting"


def _call_of(one: Office, leg: LegId) -> CallId:
    return next(call.id for call in one.acd.state.calls.values() if call.leg == leg)


def test_one_number_is_promised_once_at_its_best_place() -> None:
    one = office()
    busy_ana(one)
    asks_back(one, "600111222")
    (first,) = one.acd.state.callbacks.values()
    place_ms = first.place_ms
    asks_back(one, "+34600111222")
    assert [kept.place_ms for kept in one.acd.state.callbacks.values()] == [place_ms]
    assert one.worklist() == {"600111222": "callback"}
    assert "promised_place" in one.reasons("route"), "who calls again stands at the place that was promised"


def test_who_calls_again_and_is_answered_is_not_called_back() -> None:
    one = office()
    talking = busy_ana(one)
    asks_back(one)
    one.wait(FIRST_AFTER_MS)  # the attempt waits
    one.calls("600111222", "gsm1")
    one.ends(talking)
    one.lifts("ana")
    assert one.worklist() == {} and not one.acd.state.callbacks
    assert [cdr.end_reason for cdr in one.cdrs() if cdr.direction == "out"] == ["cancelled"]
    one.wait(3_600_000)
    assert dialled(one) == []


def test_a_person_who_closes_the_item_calls_it_off() -> None:
    one = office()
    busy_ana(one)
    asks_back(one)
    one.wait(FIRST_AFTER_MS)
    one.do(CloseWorklistItem("+34600111222", "boss", "not needed"))
    assert one.worklist() == {} and one.cdrs()[-1].end_reason == "cancelled"


@pytest.mark.parametrize("number", ["", "803111222"])
def test_who_cannot_be_called_back_goes_on_waiting(number: str) -> None:
    one = office()
    plan = small_plan(*one.acd.plan.queues, lines=LINES, dial_rules={"803": False})
    one.do(PlanChanged(plan))
    busy_ana(one)
    caller = one.calls(number, "gsm1")
    one.do(DigitPressed(caller, "1"))
    one.do(DigitPressed(caller, "1"))
    assert one.call_state(2) == "waiting" and one.reasons("refuse") == ["callback"]


def test_an_overflow_to_a_call_back_that_cannot_be_is_a_good_bye() -> None:
    one = office(max_wait_ms=20_000, on_max_wait=Destination("callback"))
    busy_ana(one)
    withheld = one.calls("", "gsm1")
    one.wait(20_000)
    assert one.switch.legs[withheld].heard[-1] == "es/all_busy"
    known = one.calls("600111222", "trunk")
    one.wait(20_000)
    assert one.switch.legs[known].heard[-1] == "es/callback_promised"


def test_it_is_offered_once_after_so_long() -> None:
    one = office(callback=CallbackPlan(offer_after_ms=40_000), announce_position_every_ms=0)
    busy_ana(one)
    caller = one.calls("600111222", "gsm1")
    one.hears_to_the_end(caller)  # the greeting
    one.wait(39_999)
    assert "es/callback_offer" not in one.switch.legs[caller].heard
    one.wait(1)
    assert one.switch.legs[caller].heard[-2:] == ["es/callback_offer", "es/number_1"]
    one.wait(200_000)
    assert one.switch.legs[caller].heard.count("es/callback_offer") == 1


def test_the_offer_waits_for_what_is_being_said() -> None:
    one = office(callback=CallbackPlan(offer_after_ms=1_000))
    busy_ana(one)
    caller = one.calls("600111222", "gsm1")
    one.wait(10_000)
    assert one.switch.legs[caller].heard == ["es/greeting"]
    one.hears_to_the_end(caller)
    one.wait(2_000)
    assert one.switch.legs[caller].heard[-1] == "es/number_1"


def test_nobody_is_called_outside_the_hours_for_it() -> None:
    """Noon on Sunday in Madrid; customers may be called from one o'clock."""
    hours = {"tarde": Hours("Europe/Madrid", (OpenSpan((6,), 13 * 60, 14 * 60),))}
    one = office(callback=CallbackPlan(hours="tarde"))
    one.do(PlanChanged(small_plan(*one.acd.plan.queues, lines=LINES, hours=hours)))
    asks_back_from_a_pause(one)
    one.wait(3_600_000 - 10 * 60_000)
    assert one.ringing() == []
    one.wait(10 * 60_000)
    assert one.ringing() == ["ana"]
    for _ in range(3):
        one.wait(20_000)  # she lets it ring, and is paused for it
    one.wait(3_600_000)
    assert one.agent("ana") == "not_ready missed"
    cancelled = [cdr for cdr in one.cdrs() if cdr.direction == "out"]
    assert [cdr.end_reason for cdr in cancelled] == ["cancelled"], "the hour passed: another day"
    assert one.worklist() == {"600111222": "callback"}


def test_night_mode_keeps_promises_for_the_morning() -> None:
    one = office()
    busy_ana(one)
    asks_back(one)
    one.do(SetNightMode(True))
    one.wait(8 * 3_600_000)
    assert [cdr for cdr in one.cdrs() if cdr.direction == "out"] == []
    one.do(SetNightMode(False))
    one.wait(NOT_NOW_MS)
    assert one.call_state(3) in ("waiting", "ringing")


def test_who_waits_for_a_call_back_does_not_fill_the_queue_nor_leaves_it() -> None:
    one = office(max_length=1, leave_empty=("logged_out",), max_wait_ms=20_000)
    busy_ana(one)
    asks_back_quickly(one)
    one.wait(FIRST_AFTER_MS)
    caller = one.calls("600333333", "gsm1")
    assert one.call_state(4) == "waiting", "who is to be called back takes nobody's place on the line"
    one.ends(caller)
    one.hangs_up("ana")
    one.do(AgentLogout(AgentName("ana")))
    one.wait(60_000)
    assert one.call_state(3) == "waiting", "and waits for somebody to come"


def asks_back_quickly(one: Office) -> None:
    caller = one.calls("600111222", "trunk")
    one.do(DigitPressed(caller, "1"))
    one.hears_to_the_end(caller)


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


def test_an_attempt_without_a_free_line_does_not_count() -> None:
    one = office(callback=CallbackPlan(attempts=1))
    asks_back_from_a_pause(one)
    one.do(LineChanged(LineName("trunk"), "down"))
    one.lifts("ana")
    assert one.agent("ana") == "ready" and one.worklist() == {"600111222": "callback"}
    one.do(LineChanged(LineName("trunk"), "up"))
    one.wait(NOT_NOW_MS)
    one.lifts("ana")
    assert dialled(one) == [("trunk", "600111222")]


def test_an_agent_who_hangs_up_first_has_not_spent_an_attempt() -> None:
    one = office(callback=CallbackPlan(attempts=1))
    asks_back_from_a_pause(one)
    desk = one.lifts("ana")
    one.ends(desk)
    assert one.cdrs()[-1].end_reason == "cancelled" and one.worklist() == {"600111222": "callback"}


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
    one.do(AgentLogout(AgentName("ana")))
    one.ends(far_leg(one), "busy")
    assert one.agent("ana") == "logged_out"
    one = office(callback=CallbackPlan("customer"))
    asks_back_from_a_pause(one)
    one.do(AgentPause(AgentName("ana"), "cafe"))
    far_end(one, "answers")
    assert one.agent("ana") == "not_ready cafe" and one.ringing() == []


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


def test_a_kept_agent_is_free_again_when_no_line_is() -> None:
    one = office(callback=CallbackPlan("customer"))
    one.do(LineChanged(LineName("trunk"), "down"))
    asks_back_from_a_pause(one)
    assert one.agent("ana") == "ready" and one.cdrs()[-1].end_reason == "cancelled"


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
