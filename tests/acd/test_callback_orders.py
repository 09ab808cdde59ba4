"""Numbers somebody asks to have called: by the next agent or a certain one, once, and at the end of the queue."""

import pytest

from appliance.acd.callbacks import EXPIRES_MS, LINE_AGAIN_MS, NOT_NOW_MS, PROMISES_KEPT
from appliance.acd.explain import why_call
from appliance.acd.ids import AgentName, QueueName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    AgentResume,
    CallBack,
    Command,
    DigitPressed,
    LineChanged,
    PlanChanged,
)
from appliance.acd.plan import CallbackPlan, Plan, QueuePlan
from tests.acd.office import Office, small_plan
from tests.acd.test_callbacks import LINES, asks_back, busy_ana, office
from tests.acd.test_calling_out import dialled, far_end, far_leg

CUSTOMER = "600111222"
SEE = "vea [dialling] en la configuración."
VENTAS, ANA, BOB = QueueName("ventas"), AgentName("ana"), AgentName("bob")


def two_at_desks() -> Office:
    return office("ana bob", sits="ana bob", callback=CallbackPlan("customer", attempts=2, retry_ms=600_000))


def test_the_next_agent_is_rung_and_the_number_dialled() -> None:
    one = office("ana", sits="ana")
    one.do(CallBack(CUSTOMER, "web", VENTAS))
    assert one.ringing() == ["ana"] and one.worklist() == {CUSTOMER: "callback"}
    desk = one.lifts("ana")
    customer = far_end(one, "answers")
    assert one.talking(customer, desk) and one.worklist() == {}
    assert "web pidió que se llamara a este número." in why_call(one.decisions(), None, "es")


def test_a_worklist_item_knows_its_queue_and_stands_last() -> None:
    one = office("ana", sits="ana")
    talking = busy_ana(one)
    left = one.calls(CUSTOMER, "gsm1")
    one.wait(10_000)
    one.ends(left)
    waits = one.calls("600333333", "gsm1")
    one.do(CallBack("+34600111222", "web"))
    one.ends(talking)
    one.lifts("ana")
    assert one.talking(waits, one.acd.state.agents[ANA].leg or waits), "who waits is before whom we call"


def test_a_certain_agent_calls_and_nobody_else() -> None:
    one = two_at_desks()
    one.do(AgentPause(BOB, "cafe"))
    one.do(CallBack(CUSTOMER, "jefa", VENTAS, BOB))
    one.wait(120_000)
    assert one.ringing() == [], "ana is free, and was not asked to"
    (nobody,) = one.decisions("none_ready")
    why_not = {seen.agent: seen.excluded for seen in nobody.candidates}
    assert why_not == {"ana": "kept_for_last_agent", "bob": "not_ready"}
    one.do(AgentResume(BOB))
    assert one.ringing() == ["bob"], "an agent who is asked for is rung first, even where customers are dialled first"
    assert one.decisions("ring")[-1].reason == "asked_for"
    one.lifts("bob")
    one.ends(far_leg(one), "busy")
    one.wait(600_000)
    assert one.ringing() == ["bob"], "the next attempt is that agent's too"


def test_an_agent_who_serves_the_queue_no_more_leaves_it_to_the_others() -> None:
    one = two_at_desks()
    one.do(CallBack(CUSTOMER, "jefa", VENTAS, BOB))
    one.lifts("bob")
    one.ends(far_leg(one), "busy")
    one.do(AgentLogout(BOB))
    (queue,) = one.acd.plan.queues
    plan = small_plan(QueuePlan(queue.name, queue.title, (ANA,)), lines=LINES)
    one.do(PlanChanged(plan))
    one.do(LineChanged(LINES[1].name, "up"))
    one.wait(600_000)
    assert one.ringing() == ["ana"]


def test_a_promise_keeps_its_place_when_a_person_asks_too() -> None:
    one = office("ana", sits="ana")
    busy_ana(one)
    asks_back(one)
    one.wait(16_000)
    (kept,) = one.acd.state.callbacks.values()
    place_ms = kept.place_ms
    one.do(CallBack(CUSTOMER, "web", VENTAS, ANA))
    assert [kept.place_ms for kept in one.acd.state.callbacks.values()] == [place_ms]
    out = [call for call in one.acd.state.calls.values() if call.direction == "out"]
    assert [call.for_agent for call in out] == ["ana"], "the attempt that waited gave way to the one that was asked for"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            CallBack("803111222", "web", VENTAS),
            f"No se permite llamar al 803111222: {SEE}",
        ),
        (CallBack("nada", "web", VENTAS), f"No se permite llamar al nada: {SEE}"),
        (CallBack("600111333", "web", QueueName("gone")), "Diga qué cola ha de llamar al 600111333."),
        (CallBack("600111333", "web", VENTAS, AgentName("eva")), "«eva» no atiende esa cola."),
        (CallBack("600999999", "web", VENTAS), "Ya hay una llamada con el 600999999."),
    ],
)
def test_what_cannot_be_called_is_refused_with_the_reason(command: Command, sentence: str) -> None:
    one = Office(small_plan(*office().acd.plan.queues, lines=LINES, dial_rules={"803": False}))
    one.sits_down("ana")
    busy_ana(one)
    assert one.acd.refusal(command) == sentence
    one.do(command)
    assert not one.acd.state.callbacks and one.worklist() == {}


def test_attempts_keep_nobody_from_calling_and_wait_for_room_themselves() -> None:
    one = Office(small_plan(*office().acd.plan.queues, lines=LINES, max_calls=2))
    one.do(LineChanged(LINES[1].name, "up"))
    for number in range(5):
        one.do(CallBack(f"60000000{number}", "web", VENTAS))
    first, second = one.calls("600999991", "trunk"), one.calls("600999992", "gsm1")
    assert [cdr.end_reason for cdr in one.cdrs()] == [], "an attempt that waits is nobody on a line"
    one.calls("600999993", "trunk")
    assert one.cdrs()[-1].end_reason == "busy"
    one.sits_down("ana")
    assert "no_line_free" in one.reasons("none_ready"), "the office has all calls it takes"
    assert one.decisions("ring")[-1].call == "oficina-6"
    one.ends(first)
    one.ends(second)
    one.wait(LINE_AGAIN_MS)
    assert one.decisions("ring")[-1].call == "oficina-1"


def test_there_is_a_limit_to_promises() -> None:
    one = office("ana", sits="ana")
    one.do(AgentLogout(ANA))
    for number in range(PROMISES_KEPT):
        one.do(CallBack(f"6{number:08}", "web", VENTAS))
    command = CallBack(CUSTOMER, "web", VENTAS)
    assert one.acd.refusal(command, "en") == "There are too many calls to make: wait for some."


def test_no_queue_at_all_calls_nobody() -> None:
    one = Office(small_plan(*office().acd.plan.queues, lines=LINES))
    one.do(PlanChanged(Plan("oficina")))
    assert one.acd.refusal(CallBack(CUSTOMER, "web"), "en") == f"Say which queue is to call {CUSTOMER}."


def test_the_agents_first_queue_is_taken_when_nothing_says_better() -> None:
    one = office("ana", sits="ana")
    one.do(CallBack(CUSTOMER, "web", agent=ANA))
    assert one.ringing() == ["ana"]


def test_what_nobody_did_for_three_days_is_a_persons_again() -> None:
    one = office("ana", sits="ana")
    one.do(AgentLogout(ANA))
    one.do(CallBack(CUSTOMER, "web", VENTAS))
    one.wait(EXPIRES_MS + NOT_NOW_MS)
    assert one.worklist() == {CUSTOMER: "callback_failed"} and not one.acd.state.calls


def test_an_order_that_finds_no_line_is_tried_again() -> None:
    one = office("ana", sits="ana")
    one.do(LineChanged(LINES[1].name, "down"))
    one.do(CallBack(CUSTOMER, "web", VENTAS))
    one.wait(60_000)
    assert one.ringing() == [] and one.reasons("none_ready") == ["no_line_free"], (
        "nobody is rung for nothing; told once"
    )
    one.do(LineChanged(LINES[1].name, "up"))
    one.wait(LINE_AGAIN_MS)
    one.lifts("ana")
    assert dialled(one) == [("trunk", CUSTOMER)]


def test_an_order_for_another_queue_begins_anew_and_is_not_lost() -> None:
    soporte = QueuePlan(QueueName("soporte"), "Soporte", (ANA,), callback=CallbackPlan(attempts=1))
    one = Office(small_plan(*office(callback=CallbackPlan(attempts=3)).acd.plan.queues, soporte, lines=LINES))
    one.do(LineChanged(LINES[1].name, "up"))
    one.sits_down("ana")
    one.do(CallBack(CUSTOMER, "web", VENTAS))
    one.lifts("ana")
    one.ends(far_leg(one), "busy")
    one.do(AgentPause(ANA, "cafe"))
    one.do(CallBack(CUSTOMER, "web", soporte.name))
    one.do(CallBack(CUSTOMER, "web", soporte.name))
    (kept,) = one.acd.state.callbacks.values()
    assert (kept.queue, kept.tries) == ("soporte", 0)
    one.do(AgentResume(ANA))
    one.lifts("ana")
    one.ends(far_leg(one), "busy")
    assert one.worklist() == {CUSTOMER: "callback_failed"} and not one.acd.state.callbacks


def test_a_promise_that_is_over_stops_the_phone_that_rings_for_it() -> None:
    one = office("ana", sits="ana", ring_timeout_ms=200_000_000)
    one.do(CallBack(CUSTOMER, "web", VENTAS))
    assert one.ringing() == ["ana"]
    one.wait(EXPIRES_MS + NOT_NOW_MS)
    assert one.ringing() == [] and one.worklist() == {CUSTOMER: "callback_failed"} and not one.acd.state.calls


def test_who_was_asked_to_call_and_is_lost_leaves_the_customer_to_anybody() -> None:
    one = two_at_desks()
    one.do(CallBack(CUSTOMER, "jefa", VENTAS, BOB))
    one.lifts("bob")
    customer = far_end(one, "answers")
    one.hangs_up("bob", "media_timeout")
    assert one.ringing() == ["ana"]
    assert one.talking(customer, one.lifts("ana"))


def test_an_agent_who_left_the_queue_is_not_waited_for() -> None:
    one = two_at_desks()
    one.do(AgentPause(BOB, "cafe"))
    one.do(CallBack(CUSTOMER, "jefa", VENTAS, BOB))
    (queue,) = one.acd.plan.queues
    one.do(PlanChanged(small_plan(QueuePlan(queue.name, queue.title, (ANA,)), lines=LINES)))
    assert one.ringing() == ["ana"]


def test_emergency_numbers_are_never_called_back() -> None:
    one = Office(small_plan(*office().acd.plan.queues, lines=LINES, emergency=("112",)))
    assert one.acd.refusal(CallBack("112", "web", VENTAS)) == f"No se permite llamar al 112: {SEE}"
    caller = one.calls("112", "gsm1")
    one.do(DigitPressed(caller, "1"))
    assert one.call_state() == "waiting" and one.reasons("refuse") == ["callback_emergency"]
    one.wait(10_000)
    one.ends(caller)
    assert one.worklist() == {}
