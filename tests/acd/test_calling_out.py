"""Numbers dialled on a station: which line they go out on, what agent and record say; emergencies from any state."""

import pytest
from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.explain import why_call
from appliance.acd.ids import AgentName, CallId, LegId, LineName, QueueName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    AgentResume,
    LegAnswered,
    LegProgress,
    LineChanged,
    PlanChanged,
    SwitchLost,
    SwitchStarted,
)
from appliance.acd.numbers import may_be_dialled
from appliance.acd.plan import LinePlan
from tests.acd.office import Office, adds_up, small_plan, ventas

LINES = (
    LinePlan(LineName("gsm1"), "in", QueueName("ventas"), number="600000001", channels=1),
    LinePlan(LineName("gsm2"), "out", QueueName("ventas"), number="600000002", channels=1),
    LinePlan(LineName("trunk"), "both", QueueName("ventas"), number="910000001"),
)


def office(**changes: object) -> Office:
    """Ana and Bob at their desks, three lines up: one in, one out, one both."""
    given = {"lines": LINES, "emergency": ("112",), "dial_rules": {"00": False, "0034": True, "803": False}} | changes
    one = Office(small_plan(ventas("ana bob"), **given))  # type: ignore[arg-type]
    for line in LINES:
        one.do(LineChanged(line.name, "up"))
    one.sits_down("ana", "bob")
    return one


def dialled(one: Office) -> list[tuple[str, str]]:
    """(line, number) of every number that was dialled, in order."""
    return [(effect.line, effect.number) for effect in one.switch.done if isinstance(effect, e.DialLine)]


def far_leg(one: Office) -> LegId:
    """The one that is being dialled now."""
    return next(leg.leg for leg in one.switch.up() if leg.state == "dialling")


def far_end(one: Office, what: str) -> LegId:
    leg = far_leg(one)
    for said in one.switch.far_end(leg, what):
        one.do(said)
    return leg


def test_an_agent_calls_out_and_has_wrap_up_and_a_record() -> None:
    one = office()
    desk = one.dials("ana", "910111222")
    assert dialled(one) == [("gsm2", "910111222")]
    assert one.agent("ana") == "outbound" and one.switch.legs[desk].background == "ringback"
    one.wait(1_000)
    customer = far_end(one, "rings")
    one.wait(4_000)
    far_end(one, "answers")
    assert one.talking(customer, desk) and one.agent("ana") == "talking"
    one.wait(30_000)
    one.ends(customer)
    assert one.agent("ana") == "wrap_up"
    cdr = one.cdr()
    assert (cdr.direction, cdr.line, cdr.caller, cdr.called) == ("out", "gsm2", "600000002", "910111222")
    assert (cdr.wait_ms, cdr.ring_ms, cdr.talk_ms, cdr.agent) == (5_000, 4_000, 30_000, "ana")
    assert (cdr.end_reason, cdr.hung_up_by, cdr.queue) == ("answered", "caller", "ventas") and adds_up(cdr)
    assert [(leg.role, leg.line, leg.station) for leg in cdr.legs] == [
        ("caller", "gsm2", None),
        ("agent", None, "desk-ana"),
    ]


@pytest.mark.parametrize(
    ("cause", "reason"),
    [("busy", "busy"), ("no_answer", "no_answer"), ("rejected", "rejected"), ("normal", "no_answer")],
)
def test_who_is_not_reached_leaves_the_agent_free_without_wrap_up(cause: str, reason: str) -> None:
    one = office()
    desk = one.dials("ana", "910111222")
    one.ends(far_leg(one), cause)  # type: ignore[arg-type]
    assert one.switch.legs[desk].over and one.agent("ana") == "ready"
    assert (one.cdr().end_reason, one.cdr().answered_at, one.cdr().agent) == (reason, 0, None)
    assert one.worklist() == {}, "whom we called and did not reach did not call us"


def test_nobody_answers_for_as_long_as_the_plan_lets_it_ring() -> None:
    one = office(dial_timeout_ms=30_000)
    one.dials("ana", "910111222")
    far_end(one, "rings")
    one.wait(29_999)
    assert one.call_state() == "alerting"
    one.wait(1)
    assert one.cdr().end_reason == "no_answer" and one.agent("ana") == "ready"


def test_an_agent_who_gives_up_has_cancelled_the_call() -> None:
    one = office()
    desk = one.dials("ana", "910111222")
    customer = far_leg(one)
    one.ends(desk)
    assert one.switch.legs[customer].over
    assert (one.cdr().end_reason, one.cdr().hung_up_by) == ("cancelled", "agent")


def test_a_line_that_fails_is_followed_by_the_next_that_may_dial() -> None:
    one = office()
    one.dials("ana", "910111222")
    one.ends(far_leg(one), "congestion")
    assert dialled(one) == [("gsm2", "910111222"), ("trunk", "910111222")]
    one.ends(far_leg(one), "line_lost")
    assert one.cdr().end_reason == "failed", "the third line is for incoming calls only"


def test_a_line_is_dialled_on_only_when_it_is_up_may_dial_and_has_room() -> None:
    one = office()
    one.dials("ana", "910111222")
    one.dials("bob", "910111333")
    assert dialled(one)[1][0] == "trunk", "a modem carries one call"
    one = office()
    one.do(LineChanged(LineName("gsm2"), "down"))
    one.do(LineChanged(LineName("trunk"), "down"))
    desk = one.dials("ana", "910111222")
    assert dialled(one) == [] and one.switch.legs[desk].heard == ["es/no_line"]
    assert one.agent("ana") == "ready" and one.cdrs() == []
    one.calls("600111222")  # the numbers of calls have no gap
    assert list(one.acd.state.calls) == [CallId("oficina-1")]


@pytest.mark.parametrize(
    ("digits", "prompt"),
    [
        ("0049301234567", "number_barred"),
        ("+49301234567", "number_barred"),
        ("803123456", "number_barred"),
        ("201", "unknown_code"),
        ("12", "unknown_code"),
        ("91a", "unknown_code"),
    ],
)
def test_what_may_not_be_dialled_is_said_and_dialled_nowhere(digits: str, prompt: str) -> None:
    one = office(country_code="34")
    desk = one.dials("ana", digits)
    assert dialled(one) == [] and one.switch.legs[desk].heard == [f"es/{prompt}"]


def test_a_number_that_is_barred_is_written_down_as_a_call_that_was_refused() -> None:
    """Whoever looks for fraud finds it among the calls, with who dialled it."""
    one = office(country_code="34")
    one.dials("ana", "803123456")
    cdr = one.cdr()
    assert (cdr.direction, cdr.called, cdr.line, cdr.queue) == ("out", "803123456", "", "ventas")
    assert (cdr.end_reason, cdr.hung_up_by, cdr.legs, one.agent("ana")) == ("rejected", "system", (), "ready")
    mine = [decision for decision in one.decisions() if decision.call == cdr.call]
    assert "ana:803123456: a number was dialled that is barred." in why_call(mine, cdr, "en")
    assert "ana:803123456: se marcó un número al que no se permite llamar." in why_call(mine, cdr, "es")
    assert one.worklist() == {} and one.acd.state.calls == {}


def test_an_agent_of_no_queue_who_dials_what_is_barred_is_written_down_too() -> None:
    plan = small_plan(ventas("bob"), agents="ana bob", lines=LINES, dial_rules={"803": False})
    one = Office(plan)
    one.sits_down("ana")
    one.dials("ana", "803123456")
    assert (one.cdr().queue, one.cdr().end_reason) == (None, "rejected")


def test_the_longest_rule_that_fits_decides() -> None:
    one = office(country_code="34")
    one.dials("ana", "0034910111222")
    assert dialled(one) == [("gsm2", "0034910111222")]


def test_who_is_on_a_call_or_is_nobody_cannot_dial() -> None:
    one = office()
    one.do(AgentLogout(AgentName("bob")))
    one.calls()
    assert one.switch.legs[one.dials("bob", "910111222")].heard == ["es/not_possible"]
    one.lifts("ana")
    assert one.switch.legs[one.dials("ana", "910111222")].heard == ["es/not_possible"]
    assert dialled(one) == []


def test_whoever_dials_from_a_pause_is_in_the_same_pause_afterwards() -> None:
    one = office()
    one.do(AgentPause(AgentName("ana"), "gestion"))
    desk = one.dials("ana", "910111222")
    far_end(one, "answers")
    one.wait(5_000)
    one.ends(desk)
    one.wait(10_000)
    assert one.agent("ana") == "not_ready gestion"
    one.dials("ana", "910111222")
    one.do(AgentResume(AgentName("ana")))
    one.ends(far_leg(one), "busy")
    assert one.agent("ana") == "ready", "who resumed meanwhile is ready"


def test_dialling_ends_after_call_work() -> None:
    one = office()
    caller = one.calls()
    one.lifts("ana")
    one.ends(caller)
    assert one.agent("ana") == "wrap_up"
    one.dials("ana", "910111222")
    assert one.agent("ana") == "outbound"
    assert [stored.call for stored in one.stored if isinstance(stored, e.StoreWrapUp)] == ["oficina-1"]


def test_who_calls_out_is_not_rung() -> None:
    one = office()
    one.dials("ana", "910111222")
    one.calls()
    assert one.ringing() == ["bob"]
    (ring,) = one.decisions("ring")
    assert next(seen.excluded for seen in ring.candidates if seen.agent == "ana") == "outbound"


def test_a_customer_reached_by_anybody_is_off_the_worklist() -> None:
    one = office(country_code="34")
    caller = one.calls("+34600111222")
    one.wait(10_000)
    one.ends(caller)
    assert one.worklist() == {"+34600111222": "abandoned"}
    one.dials("ana", "600111222")
    far_end(one, "answers")
    assert one.worklist() == {}, "the same number, written otherwise"


def test_an_agent_without_a_queue_calls_out_for_no_project() -> None:
    one = office()  # eva serves no queue
    one.sits_down("eva")
    desk = one.dials("eva", "910111222")
    far_end(one, "answers")
    one.wait(1_000)
    one.ends(desk)
    assert (one.cdr().queue, one.cdr().talk_ms, one.cdr().segments[0].talk_ms) == (None, 1_000, 1_000)
    assert one.agent("eva") == "ready", "there is no queue that asks for after-call work"


def test_a_station_lost_in_a_call_out_without_a_queue_ends_it() -> None:
    one = office()
    one.sits_down("eva")
    one.dials("eva", "910111222")
    far_end(one, "answers")
    one.hangs_up("eva", "media_timeout")
    assert one.cdr().end_reason == "answered"


def test_a_station_lost_in_a_call_out_lets_the_customer_wait_for_a_colleague() -> None:
    one = office()
    one.dials("ana", "910111222")
    customer = far_end(one, "answers")
    one.hangs_up("ana", "media_timeout")
    assert one.ringing() == ["bob"] and not one.switch.legs[customer].over
    desk = one.lifts("bob")
    assert one.talking(customer, desk)


def test_the_far_end_can_be_quicker_than_the_station() -> None:
    one = office()
    one.through = False
    desk = one.dials("ana", "910111222")
    customer = far_end(one, "answers")
    assert not one.talking(customer, desk)
    one.do(LegAnswered(desk))
    assert one.talking(customer, desk)


def test_a_station_that_never_came_through_cancels_whom_it_reached() -> None:
    one = office()
    one.through = False
    desk = one.dials("ana", "910111222")
    customer = far_end(one, "answers")
    one.ends(desk)
    assert one.switch.legs[customer].over and one.cdr().end_reason == "cancelled"


def test_why_a_call_went_out() -> None:
    one = office()
    desk = one.dials("ana", "910111222")
    far_end(one, "answers")
    one.ends(desk)
    told = why_call(one.decisions(), one.cdr(), "es")
    assert "La llamada oficina-1 al 910111222 se hizo desde aquí." in told
    assert "se llamó al 910111222 por la línea gsm2" in told
    assert "910111222 was dialled on line gsm2" in why_call(one.decisions(), one.cdr(), "en")


# what dies


def test_calls_out_that_are_being_dialled_go_with_the_switch() -> None:
    one = office()
    one.dials("ana", "910111222")
    one.do(SwitchLost())
    one.do(SwitchStarted("s2"))
    assert one.cdr().end_reason == "box_restarted" and one.agent("ana") == "ready"


def test_a_call_out_that_was_answered_unheard_goes_on() -> None:
    one = office()
    desk = one.dials("ana", "910111222")
    customer = far_leg(one)
    one.switch.far_end(customer, "answers")
    one.do(SwitchLost())
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.talking(customer, desk)


def test_a_station_that_came_through_unheard_goes_on() -> None:
    one = office()
    one.through = False
    desk = one.dials("ana", "910111222")
    customer = far_end(one, "answers")
    one.do(SwitchLost())
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.talking(customer, desk)


def test_a_number_that_rings_again_after_it_answered_is_nothing_new() -> None:
    one = office()
    one.dials("ana", "910111222")
    leg = far_leg(one)
    one.do(LegProgress(leg))
    one.do(LegProgress(leg))
    assert one.call_state() == "alerting"


def test_who_dials_from_after_call_work_has_been_idle_only_since_then() -> None:
    one = office()
    caller = one.calls()
    one.lifts("ana")
    one.wait(600_000)
    one.ends(caller)
    one.dials("ana", "910111222")
    one.ends(far_leg(one), "busy")
    one.wait(1_000)
    one.calls("600333333")
    assert one.ringing() == ["bob"], "who has been idle all the time"


@pytest.mark.parametrize(
    ("number", "may"),
    [
        ("910111222", True),
        ("010", False),
        ("118888", False),
        ("1", False),
        ("442079460000", False),
        ("00442079460000", True),
    ],
)
def test_where_the_lengths_of_numbers_are_known_odd_ones_need_a_rule(number: str, may: bool) -> None:
    plan = small_plan(country_code="34", national_digits=9)
    assert may_be_dialled(plan, number) == may
    assert may_be_dialled(replace(plan, dial_rules={"010": True}), "010")


def test_a_customers_modem_call_found_by_a_new_switch_is_no_new_caller() -> None:
    one = office()
    one.dials("ana", "910111222")
    far_end(one, "answers")
    one.do(AgentLogout(AgentName("bob")))
    one.do(SwitchLost())
    kept = {leg.leg for leg in one.switch.up() if leg.line == "gsm2"}
    one.switch, _ = one.switch.restart("s2", kept)
    one.do(PlanChanged(small_plan(ventas("ana bob"), lines=())))
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    assert [call.direction for call in one.acd.state.calls.values()] in ([], ["out"])
    other = office()
    stray = other.switch
    stray.carry_out(e.DialLine(LegId("acd-77"), LineName("gsm2"), "910111222"))
    stray.far_end(LegId("acd-77"), "answers")
    other.do(SwitchStarted("s1b", stray.inventory(adopted=True)))
    assert not other.acd.state.calls and stray.legs[LegId("acd-77")].over, "we had called, and nobody remembers"


def test_a_station_whose_answer_got_lost_is_answered_again() -> None:
    one = office()
    one.through = False
    desk = one.dials("ana", "910111222")
    one.switch.legs[desk].state = "offered"
    one.do(SwitchLost())
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.switch.legs[desk].state == "answered"
