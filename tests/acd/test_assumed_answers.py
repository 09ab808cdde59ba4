"""Answers that a line only assumed: proved afterwards, or shown to be none by the tone of an exchange."""

import pytest

from appliance.acd.effects import CloseStoredWorklistItem
from appliance.acd.ids import AgentName, LegId, LineName, QueueName
from appliance.acd.inputs import (
    AgentPause,
    AgentResume,
    AnswerEvidence,
    LegAnswered,
    LegHeld,
    LineChanged,
    PlanChanged,
    TestLine,
)
from appliance.acd.line_effects import StoreLineUse
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.plan import CallbackPlan, Destination, LinePlan
from appliance.acd.worklist import REACHED_MS
from tests.acd.office import Office, adds_up, small_plan, ventas
from tests.acd.test_callbacks import asks_back_from_a_pause
from tests.acd.test_callbacks import office as callback_office
from tests.acd.test_calling_out import dialled, far_leg, office


def assumes(one: Office, evidence: AnswerEvidence = "assumed") -> LegId:
    """The line says that the number it dials answered."""
    leg = far_leg(one)
    one.switch.far_end(leg, "answers")
    one.do(LegAnswered(leg, evidence))
    return leg


@pytest.mark.parametrize("held", [False, True])
def test_a_busy_tone_after_an_assumed_answer_makes_it_no_talk(held: bool) -> None:
    one = office()
    desk = one.dials("ana", "910111222")
    one.wait(3_000)
    customer = assumes(one)
    assert one.talking(customer, desk) and one.agent("ana") == "talking"
    one.wait(4_000)
    if held:
        one.do(LegHeld(desk, True))
    one.ends(customer, "busy")
    assert one.switch.legs[desk].over
    assert one.agent("ana") == "ready", "no after-call work of a call that was none"
    assert one.acd.state.agents[AgentName("ana")].calls_today == 0
    cdr = one.cdr()
    assert (cdr.end_reason, cdr.hung_up_by, cdr.answered_at, cdr.agent) == ("busy", "network", 0, None)
    assert (cdr.wait_ms, cdr.ring_ms, cdr.talk_ms, cdr.evidence) == (7_000, 4_000, 0, None) and adds_up(cdr)
    assert next((leg.answered_ms, leg.cause) for leg in cdr.legs if leg.role == "caller") == (-1, "busy")
    assert not any(segment.talk_ms for segment in cdr.segments)


def test_what_heartbeats_had_counted_of_a_talk_that_was_none_is_taken_back() -> None:
    minutes = AllowancePlan(6_000_000)
    one = office(lines=(LinePlan(LineName("gsm2"), "out", allowance=minutes),))
    one.dials("ana", "910111222")
    customer = assumes(one)
    one.wait(45_000)
    uses = [use.used_ms for use in one.stored if isinstance(use, StoreLineUse)]
    assert uses and uses[-1] > 0
    one.ends(customer, "busy")
    assert [use.used_ms for use in one.stored if isinstance(use, StoreLineUse)][-1] == 0


def test_congestion_after_an_assumed_answer_tries_the_next_line() -> None:
    one = office()
    desk = one.dials("ana", "910111222")
    one.ends(assumes(one), "congestion")
    assert dialled(one) == [("gsm2", "910111222"), ("trunk", "910111222")]
    assert one.call_state() == "dialling" and one.switch.legs[desk].background == "ringback"
    customer = assumes(one, "signalled")
    assert one.talking(customer, desk)
    one.wait(20_000)
    one.ends(customer)
    assert (one.cdr().end_reason, one.cdr().talk_ms, one.cdr().evidence) == ("answered", 20_000, "signalled")
    assert one.agent("ana") == "wrap_up" and adds_up(one.cdr())


def test_an_emergency_that_seemed_answered_is_dialled_on() -> None:
    one = office()
    desk = one.dials("ana", "112")
    for _ in range(3):
        one.ends(assumes(one), "busy")
    assert [line for line, _ in dialled(one)] == ["gsm2", "trunk", "gsm1"] and not one.switch.legs[desk].over
    one.wait(1_000)
    assert len(dialled(one)) == 4


def test_a_hang_up_after_an_assumed_answer_is_a_talk() -> None:
    one = office()
    one.dials("ana", "910111222")
    customer = assumes(one)
    one.wait(4_000)
    one.ends(customer)
    assert (one.cdr().end_reason, one.cdr().talk_ms, one.cdr().evidence) == ("answered", 4_000, "assumed")


def test_a_signalled_answer_is_not_doubted() -> None:
    one = office()
    one.dials("ana", "910111222")
    customer = assumes(one, "signalled")
    one.wait(4_000)
    one.ends(customer, "busy")
    assert (one.cdr().end_reason, one.cdr().talk_ms) == ("answered", 4_000)


def test_better_evidence_goes_into_the_record_and_worse_does_not() -> None:
    one = office()
    one.dials("ana", "910111222")
    customer = assumes(one)
    one.wait(4_000)
    one.do(LegAnswered(customer, "polarity"))
    one.do(LegAnswered(customer, "assumed"))
    one.do(LegAnswered(customer, "voice_detected"))
    one.wait(1_000)
    one.ends(customer, "busy")
    cdr = one.cdr()
    assert (cdr.evidence, cdr.end_reason, cdr.talk_ms) == ("polarity", "answered", 5_000)
    assert next(leg.evidence for leg in cdr.legs if leg.role == "caller") == "polarity"


def test_a_customer_who_is_called_back_is_reached_when_the_answer_is_proved() -> None:
    one = callback_office(callback=CallbackPlan(attempts=2, retry_ms=60_000))
    asks_back_from_a_pause(one)
    one.lifts("ana")
    customer = assumes(one)
    assert one.worklist() == {"600111222": "callback"}
    one.do(LegAnswered(customer, "polarity"))
    assert one.worklist() == {} and not one.acd.state.callbacks


def test_a_customer_called_first_whose_answer_is_proved_is_reached_when_an_agent_talks_to_them() -> None:
    one = callback_office(callback=CallbackPlan(attempts=1, first="customer"))
    asks_back_from_a_pause(one)
    customer = assumes(one)
    assert one.agent("ana") == "ringing"
    one.do(LegAnswered(customer, "voice_detected"))
    assert one.worklist() == {"600111222": "callback"}, "nobody has talked to them yet"
    one.lifts("ana")
    assert one.worklist() == {}


def test_a_test_call_whose_answer_is_proved_says_so() -> None:
    one = office()
    one.do(TestLine(LineName("gsm2"), "910111222", "doctor"))
    leg = assumes(one)
    one.do(LegAnswered(leg, "polarity"))
    test = next(line.test for line in one.acd.view(one.now_ms).lines if line.line == "gsm2")
    assert test is not None and test.evidence == "polarity"


def test_a_test_call_of_a_line_that_left_the_plan_is_proved_in_vain() -> None:
    one = office()
    one.do(TestLine(LineName("gsm2"), "910111222", "doctor"))
    leg = assumes(one)
    one.do(PlanChanged(small_plan(ventas("ana bob"), lines=())))
    one.do(LegAnswered(leg, "polarity"))
    assert one.acd.view(one.now_ms).lines == ()


def test_a_call_back_that_was_not_answered_is_tried_again() -> None:
    one = callback_office(callback=CallbackPlan(attempts=2, retry_ms=60_000))
    asks_back_from_a_pause(one)
    one.lifts("ana")
    customer = assumes(one)
    one.wait(60_000)
    one.ends(customer, "busy")
    assert one.agent("ana") == "ready" and one.cdrs()[-1].end_reason == "busy"
    assert one.worklist() == {"600111222": "callback"}
    one.wait(60_000)
    one.lifts("ana")
    assert dialled(one)[-1][1] == "600111222"


def test_a_call_back_to_the_customer_first_rings_no_agent_on() -> None:
    one = callback_office(callback=CallbackPlan(attempts=1, first="customer"))
    asks_back_from_a_pause(one)
    customer = assumes(one)
    assert one.agent("ana") == "ringing"
    one.ends(customer, "busy")
    assert one.agent("ana") == "ready" and one.cdrs()[-1].end_reason == "busy"
    assert one.worklist() == {"600111222": "callback_failed"}


def sends_on() -> Office:
    """Whoever waits for 20 s is sent to an outside number: callers come on one line, and are sent on over the other."""
    lines = (
        LinePlan(LineName("gsm1"), "both", QueueName("ventas"), channels=1),
        LinePlan(LineName("trunk"), "both", QueueName("ventas")),
    )
    outside = Destination("number", number="911222333")
    one = Office(small_plan(ventas("ana", max_wait_ms=20_000, on_max_wait=outside), lines=lines))
    for line in lines:
        one.do(LineChanged(line.name, "up"))
    return one


def test_a_caller_sent_to_an_outside_number_that_is_busy_hears_so() -> None:
    one = sends_on()
    caller = one.calls("600111222", "gsm1")
    one.wait(20_000)
    number = assumes(one)
    assert one.talking(caller, number)
    one.wait(5_000)
    one.ends(number, "busy")
    assert one.call_state() == "ending" and not one.switch.legs[caller].over
    one.ends(caller)
    assert one.cdr().talk_ms == 0 and adds_up(one.cdr())
    assert one.worklist() == {"600111222": "overflowed"}, "nobody served them"


def sent_on_again() -> tuple[Office, LegId, LegId]:
    """Somebody who gave up before calls again, and is sent to a number on a line that assumes its answer."""
    one = sends_on()
    lost = one.calls("600111222", "gsm1")
    one.wait(19_000)
    one.ends(lost)
    assert one.worklist() == {"600111222": "abandoned"}
    caller = one.calls("600111222", "gsm1")
    one.wait(20_000)
    number = assumes(one)
    assert one.talking(caller, number)
    return one, caller, number


def test_who_is_sent_to_a_number_that_only_seems_to_answer_was_not_reached_yet() -> None:
    one, caller, _ = sent_on_again()
    assert one.worklist() == {"600111222": "abandoned"}, "it rings there, perhaps"
    one.wait(REACHED_MS - 1_000)
    one.ends(caller)
    assert one.cdrs()[-1].end_reason == "overflowed" and one.worklist() == {"600111222": "overflowed"}


def test_a_number_that_seems_to_answer_and_is_talked_to_for_a_while_has_reached_them() -> None:
    one, caller, _ = sent_on_again()
    one.wait(REACHED_MS)
    assert one.worklist() == {"600111222": "abandoned"}, "a busy tone may still come"
    one.ends(caller)
    assert one.worklist() == {}
    (closed,) = [stored for stored in one.stored if isinstance(stored, CloseStoredWorklistItem)]
    assert (closed.by, closed.result) == ("number", "reached")


def test_a_number_that_is_busy_after_a_while_has_reached_nobody() -> None:
    one, caller, number = sent_on_again()
    one.wait(REACHED_MS)
    one.ends(number, "busy")
    one.ends(caller)
    assert one.worklist() == {"600111222": "overflowed"}


def test_a_number_somebody_is_heard_at_has_reached_them_at_once() -> None:
    one, caller, number = sent_on_again()
    one.do(LegAnswered(number, "voice_detected"))
    assert one.worklist() == {}
    one.wait(1_000)
    one.ends(caller)
    assert one.worklist() == {} and len([s for s in one.stored if isinstance(s, CloseStoredWorklistItem)]) == 1


def test_a_call_back_sent_on_to_a_number_is_tried_again_until_both_have_answered() -> None:
    outside = Destination("number", number="911222333")
    rules = CallbackPlan("customer", attempts=3, retry_ms=60_000)
    one = callback_office(callback=rules, max_wait_ms=120_000, on_max_wait=outside)
    asks_back_from_a_pause(one)
    rounds: tuple[tuple[AnswerEvidence, AnswerEvidence, bool], ...] = (
        ("signalled", "assumed", True),
        ("assumed", "signalled", True),
        ("signalled", "signalled", False),
    )
    for customer_says, number_says, waits in rounds:
        customer = assumes(one, customer_says)
        one.ends(one.switch.ringing()[0].leg, "rejected")
        one.do(AgentPause(AgentName("ana"), "cafe"))
        one.wait(120_000)
        number = assumes(one, number_says)
        assert one.talking(customer, number)
        assert (one.worklist() == {"600111222": "callback"}) is waits
        one.wait(5_000)
        one.ends(number)
        assert bool(one.acd.state.callbacks) is waits
        one.do(AgentResume(AgentName("ana")))
        one.wait(60_000)
    assert one.worklist() == {} and not one.acd.state.callbacks


def test_an_outside_number_whose_answer_is_proved_was_reached_whatever_tone_ends_it() -> None:
    one = sends_on()
    one.calls("600111222", "gsm1")
    one.wait(20_000)
    number = assumes(one)
    one.do(LegAnswered(number, "polarity"))
    one.wait(5_000)
    one.ends(number, "busy")
    (outside_leg,) = [leg for leg in one.cdr().legs if leg.role == "number"]
    assert (outside_leg.evidence, outside_leg.answered_ms >= 0) == ("polarity", True)
