"""Callers sent to an outside number or a message, places taken back after hanging up, and what agents hear first."""

import pytest

from appliance.acd import effects as e
from appliance.acd.explain import why_call
from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.inputs import (
    CallBack,
    DigitPressed,
    LegAnswered,
    LineChanged,
    PlayFinished,
    SwitchLost,
    SwitchStarted,
)
from appliance.acd.plan import Destination, LinePlan, QueuePlan
from appliance.acd.returning import REMEMBERED
from appliance.acd.whisper import WHISPER_LIMIT_MS
from tests.acd.office import Office, adds_up, small_plan, ventas
from tests.acd.test_calling_out import dialled, far_end, far_leg
from tests.acd.test_recovery import restart

OUTSIDE = Destination("number", number="911222333")
LINES = (
    LinePlan(LineName("gsm1"), "both", QueueName("ventas"), channels=1),
    LinePlan(LineName("trunk"), "both", QueueName("ventas")),
)


def office(agents: str = "ana", **changes: object) -> Office:
    one = Office(small_plan(ventas(agents, **changes), lines=LINES))
    for line in LINES:
        one.do(LineChanged(line.name, "up"))
    return one


# to an outside number


def test_a_caller_is_sent_to_an_outside_number() -> None:
    one = office(max_wait_ms=20_000, on_max_wait=OUTSIDE)
    caller = one.calls("600111222", "gsm1")
    one.wait(20_000)
    assert dialled(one) == [("trunk", "911222333")], "the caller is on the modem"
    assert one.switch.legs[caller].background == "ringback"
    outside = far_end(one, "rings")
    one.wait(5_000)
    far_end(one, "answers")
    assert one.talking(caller, outside) and one.call_state() == "outside"
    assert one.acd.view(one.now_ms).calls[0].state == "outside"
    one.wait(60_000)
    one.ends(outside)
    cdr = one.cdr()
    assert (cdr.direction, cdr.end_reason, cdr.hung_up_by, cdr.agent) == ("in", "overflowed", "network", None)
    assert (cdr.wait_ms, cdr.talk_ms, cdr.answered_at) == (25_000, 60_000, 0) and adds_up(cdr)
    assert [(leg.role, leg.line) for leg in cdr.legs] == [("number", "trunk"), ("caller", "gsm1")]
    assert one.worklist() == {}, "somebody served them"
    assert "se pasó al número 911222333" in why_call(one.decisions(), cdr, "es")


def test_a_caller_hangs_up_in_the_middle_of_being_sent_on() -> None:
    one = office(max_wait_ms=20_000, on_max_wait=OUTSIDE)
    caller = one.calls("600111222", "gsm1")
    one.wait(21_000)
    outside = far_leg(one)
    one.ends(caller)
    assert one.switch.legs[outside].over
    assert one.cdr().end_reason == "abandoned" and one.worklist() == {"600111222": "abandoned"}
    caller = one.calls("600111222", "gsm1")
    one.wait(20_000)
    far_end(one, "answers")
    one.ends(caller)
    assert one.cdrs()[-1].end_reason == "overflowed"


@pytest.mark.parametrize("cause", ["busy", "no_answer"])
def test_an_outside_number_that_is_not_reached_leaves_a_good_bye(cause: str) -> None:
    one = office(max_wait_ms=20_000, on_max_wait=OUTSIDE)
    caller = one.calls("600111222", "gsm1")
    one.wait(20_000)
    one.ends(far_leg(one), cause)  # type: ignore[arg-type]
    assert one.switch.legs[caller].heard[-1] == "es/all_busy"
    one.hears_to_the_end(caller)
    assert one.worklist() == {"600111222": "overflowed"}


def test_no_line_for_the_outside_number_leaves_a_good_bye() -> None:
    one = office(max_wait_ms=20_000, on_max_wait=OUTSIDE)
    one.do(LineChanged(LineName("trunk"), "down"))
    caller = one.calls("600111222", "gsm1")
    one.wait(20_000)
    assert dialled(one) == [] and one.switch.legs[caller].heard[-1] == "es/all_busy"


def test_an_outside_number_can_answer_before_the_caller_is_through() -> None:
    one = office(max_length=0, on_full=OUTSIDE)
    one.through = False
    caller = one.calls("600111222", "gsm1")
    outside = far_end(one, "answers")
    assert not one.talking(caller, outside) and one.switch.legs[caller].background == "ringback"
    one.do(LegAnswered(caller))
    assert one.talking(caller, outside)


def test_an_outside_conversation_goes_with_the_switch_it_was_in() -> None:
    one = office(max_wait_ms=20_000, on_max_wait=OUTSIDE)
    one.calls("600111222", "gsm1")
    one.wait(20_000)
    far_end(one, "answers")
    one.do(SwitchLost())
    kept = {leg.leg for leg in one.switch.up() if leg.line == "gsm1"}
    one.switch, _ = one.switch.restart("s2", kept)
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    assert one.cdr().end_reason == "box_restarted" and not one.switch.up()


def test_an_outside_number_that_answered_unheard_goes_on() -> None:
    one = office(max_wait_ms=20_000, on_max_wait=OUTSIDE)
    caller = one.calls("600111222", "gsm1")
    one.wait(20_000)
    outside = far_leg(one)
    one.switch.far_end(outside, "answers")
    one.do(SwitchLost())
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.talking(caller, outside)


def test_a_caller_hears_a_message_and_the_call_ends() -> None:
    one = office(exit_keys={"1": Destination("message", prompt="direccion")})
    caller = one.calls()
    one.do(DigitPressed(caller, "1"))
    assert one.switch.legs[caller].heard[-1] == "es/direccion"
    one.hears_to_the_end(caller)
    assert one.switch.legs[caller].over and one.cdr().end_reason == "overflowed"


# places taken back


def test_who_hung_up_and_calls_again_takes_the_place_back() -> None:
    one = office(resume_ms=60_000)
    early = one.calls("600111222", "trunk")
    one.wait(30_000)
    other = one.calls("600333333", "trunk")
    one.ends(early)
    one.wait(59_000)
    again = one.calls("600111222", "trunk")
    one.sits_down("ana")
    assert one.switch.ringing() and one.acd.state.calls[one.decisions("ring")[0].call or ""].leg == again  # type: ignore[index]
    assert not one.switch.legs[other].over
    assert "recuperó su sitio, con 1 min 29 s de espera" in why_call(one.decisions(), None, "es")


@pytest.mark.parametrize("case", ["too_late", "not_configured", "withheld", "other_queue", "short_wait"])
def test_who_may_not_take_a_place_back_stands_last(case: str) -> None:
    one = office(resume_ms=0 if case == "not_configured" else 60_000)
    if case == "other_queue":
        soporte = QueuePlan(QueueName("soporte"), "Soporte", (AgentName("ana"),), resume_ms=60_000)
        trunk = LinePlan(LineName("trunk"), "both", QueueName("ventas"), did={"901": soporte.name})
        one = Office(small_plan(*one.acd.plan.queues, soporte, lines=(trunk,)))
    number = "" if case == "withheld" else "600111222"
    early = one.calls(number, "trunk")
    one.wait(30_000)
    one.calls("600333333", "trunk")
    one.ends(early)
    one.wait(60_001 if case == "too_late" else 1_000)
    one.calls(number, "trunk", "901" if case == "other_queue" else "")
    kept = "resumed_place" in one.reasons("route")
    assert kept == (case == "short_wait")


def test_no_more_places_are_remembered_than_there_is_room_for() -> None:
    one = office(resume_ms=3_600_000)
    for number in range(REMEMBERED + 5):
        one.ends(one.calls(f"6{number:08}", "trunk"))
    assert len(one.acd.state.left_behind) == REMEMBERED
    assert "600000004" not in one.acd.state.left_behind and "600000005" in one.acd.state.left_behind


# what agents hear first


@pytest.mark.parametrize(
    ("waited_ms", "prompts"),
    [
        (10_000, ["es/waited_less_than_a_minute"]),
        (60_000, ["es/waited_a_minute"]),
        (150_000, ["es/waited", "es/number_2", "es/minutes"]),
        (1_900_000, ["es/waited_long"]),
    ],
)
def test_an_agent_hears_queue_wait_and_customer_before_the_caller(waited_ms: int, prompts: list[str]) -> None:
    one = office(whisper=("queue", "wait", "customer"), max_wait_ms=4_000_000)
    caller = one.calls("600111222", "trunk")
    one.wait(waited_ms)
    one.sits_down("ana")
    desk = one.lifts("ana")
    assert one.switch.legs[desk].heard == ["es/queue_ventas", *prompts]
    assert not one.talking(caller, desk) and one.switch.legs[caller].background == "music"
    one.hears_to_the_end(desk)
    assert one.talking(caller, desk)
    one.ends(caller)
    one.calls("600111222", "trunk")
    one.wait(20_000)
    desk = one.lifts("ana")
    assert one.switch.legs[desk].heard[-1] == "es/has_called_before"


def test_a_caller_who_leaves_during_the_whisper_leaves_the_agent_free() -> None:
    one = office(whisper=("wait",))
    one.sits_down("ana")
    caller = one.calls()
    one.lifts("ana")
    one.ends(caller)
    assert one.agent("ana") == "ready" and one.cdr().end_reason == "short_abandon"
    one.wait(WHISPER_LIMIT_MS)


def test_an_agent_who_hangs_up_during_the_whisper_leaves_the_caller_waiting() -> None:
    one = office("ana bob", whisper=("wait",))
    one.sits_down("ana")
    caller = one.calls()
    one.ends(one.lifts("ana"))
    one.sits_down("bob")
    desk = one.lifts("bob")
    one.hears_to_the_end(desk)
    assert one.talking(caller, desk)


def test_a_whisper_whose_end_is_never_heard_of_is_over_in_the_end() -> None:
    one = office(whisper=("wait",))
    one.sits_down("ana")
    caller = one.calls()
    desk = one.lifts("ana")
    one.wait(WHISPER_LIMIT_MS)
    assert one.talking(caller, desk)
    one.do(PlayFinished(desk, "whisper-1"))
    assert one.reasons("late") == ["play_of_before"]


def test_the_whisper_is_not_said_again_after_the_switch_came_back() -> None:
    one = office(whisper=("wait",))
    one.sits_down("ana")
    caller = one.calls("600111222", "gsm1")
    desk = one.lifts("ana")
    one.do(SwitchLost())
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.talking(caller, desk)


def test_who_was_whispered_to_when_the_switch_died_talks_at_once_when_both_are_found() -> None:
    one = office(whisper=("wait",))
    one.sits_down("ana")
    caller = one.calls()
    desk = one.lifts("ana")
    assert not one.talking(caller, desk)
    one.wait(1_000)
    new = restart(one, caller, desk)
    assert one.talking(new[caller], new[desk])
    one.wait(3_000)
    one.ends(new[caller])
    cdr = one.cdr()
    assert (cdr.end_reason, cdr.agent, cdr.talk_ms, adds_up(cdr)) == ("answered", "ana", 3_000, True)


def test_a_prompt_of_the_whisper_exists_in_both_languages() -> None:
    one = office(whisper=("wait",))
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    (play,) = [effect for effect in one.switch.done if isinstance(effect, e.Play) and "waited" in effect.prompts[0]]
    assert play.prompts == ("es/waited_less_than_a_minute",)


def test_who_chose_a_message_or_a_good_bye_is_on_no_list() -> None:
    one = office(
        exit_keys={"1": Destination("message", prompt="direccion")}, on_max_wait=Destination("message", prompt="x")
    )
    caller = one.calls("600111222", "trunk")
    one.do(DigitPressed(caller, "1"))
    one.hears_to_the_end(caller)
    assert one.worklist() == {}
    waits = one.calls("600333333", "trunk")
    one.hears_to_the_end(waits)
    one.wait(300_000)
    one.hears_to_the_end(waits)
    assert one.worklist() == {"600333333": "overflowed"}, "who was sent there has not chosen it"


def test_another_queue_called_first_does_not_cost_the_place() -> None:
    soporte = QueuePlan(QueueName("soporte"), "Soporte", (AgentName("ana"),), resume_ms=60_000)
    trunk = LinePlan(LineName("trunk"), "both", QueueName("ventas"), did={"901": soporte.name})
    one = Office(small_plan(ventas("ana", resume_ms=60_000), soporte, lines=(trunk,)))
    early = one.calls("600111222", "trunk")
    one.wait(30_000)
    one.ends(early)
    other = one.calls("600111222", "trunk", "901")
    one.calls("600111222", "trunk")
    assert one.reasons("route").count("resumed_place") == 1
    one.ends(other)


def test_lamp_and_figures_show_who_is_on_the_line() -> None:
    one = Office(small_plan(ventas("ana"), lines=LINES))
    one.do(LineChanged(LineName("trunk"), "up"))
    one.do(CallBack("600111222", "web", QueueName("ventas")))
    one.wait(60_000)
    (queue,) = one.acd.view(one.now_ms).queues
    assert (queue.waiting, queue.longest_wait_ms, one.switch.lamps["queue:ventas"]) == (0, 0, "off")
