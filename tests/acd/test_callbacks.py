"""Callers who are called back: the place kept, agent or customer first, how often, when, and when it is over."""

import pytest

from appliance.acd.callbacks import FIRST_AFTER_MS, NOT_NOW_MS
from appliance.acd.explain import why_agent, why_call
from appliance.acd.ids import AgentName, CallId, LegId, LineName, QueueName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    CloseWorklistItem,
    DigitPressed,
    LineChanged,
    PlanChanged,
    SetNightMode,
)
from appliance.acd.plan import CallbackPlan, Destination, Hours, LinePlan, OpenSpan
from tests.acd.office import Office, adds_up, small_plan, ventas
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


@pytest.mark.parametrize(("number", "refused"), [("", "callback"), ("803111222", "callback_barred")])
def test_who_cannot_be_called_back_goes_on_waiting(number: str, refused: str) -> None:
    one = office()
    plan = small_plan(*one.acd.plan.queues, lines=LINES, dial_rules={"803": False})
    one.do(PlanChanged(plan))
    busy_ana(one)
    caller = one.calls(number, "gsm1")
    one.do(DigitPressed(caller, "1"))
    one.do(DigitPressed(caller, "1"))
    assert one.call_state(2) == "waiting" and one.reasons("refuse") == [refused]


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
