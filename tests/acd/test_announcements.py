"""What a waiting caller hears: the greeting once, the position now and then, never one over the other."""

import pytest

from appliance.acd.effects import Play
from appliance.acd.explain import why_call
from appliance.acd.ids import AgentName, CallId, QueueName
from appliance.acd.inputs import AgentPause, DigitPressed, PlanChanged, PlayFinished
from appliance.acd.plan import Destination, Hours, QueuePlan
from appliance.acd.prompts import PROMPTS
from tests.acd.office import Office, small_plan, ventas


def said(one: Office, caller: str) -> list[str]:
    return [prompt for leg in one.switch.legs.values() if leg.leg == caller for prompt in leg.heard]


def test_the_position_is_said_every_so_often() -> None:
    one = Office()
    one.calls("600000001", "trunk")
    caller = one.calls("600000002", "trunk")
    one.hears_to_the_end(caller)
    one.wait(30_000)
    assert said(one, caller) == ["es/greeting", "es/you_are_number", "es/number_2"]
    one.hears_to_the_end(caller)
    one.wait(30_000)
    assert len(said(one, caller)) == 5


def test_the_position_waits_for_the_greeting_to_end() -> None:
    one = Office(small_plan(ventas(announce_position_every_ms=5_000)))
    caller = one.calls()
    one.wait(5_000)
    assert said(one, caller) == ["es/greeting"]
    one.hears_to_the_end(caller)
    one.wait(2_000)
    assert said(one, caller)[1:] == ["es/you_are_number", "es/number_1"]


def test_beyond_thirty_there_are_many_ahead_and_english_is_english() -> None:
    """app_queue `announce-position=more` with `announce-position-limit=30`."""
    one = Office(small_plan(ventas(language="en", max_length=100, max_wait_ms=900_000)))
    for number in range(30):
        one.calls(f"6000001{number:02}", "trunk")
    last = one.calls("600000200", "trunk")
    one.hears_to_the_end(last)
    one.wait(30_000)
    assert said(one, last) == ["en/greeting", "en/many_ahead"]


def test_no_announcements_and_no_greeting_when_the_plan_says_so() -> None:
    one = Office(small_plan(ventas(announce_position_every_ms=0, greeting="")))
    caller = one.calls()
    one.wait(200_000)
    assert said(one, caller) == []


def test_the_end_of_a_prompt_that_was_interrupted_is_late() -> None:
    one = Office()
    one.sits_down("ana")
    caller = one.calls()
    token = one.switch.legs[caller].playing
    one.lifts("ana")
    one.do(PlayFinished(caller, token))
    assert one.reasons("late") == ["play_of_before"]
    assert one.call_state() == "talking"


def waiting_after_talks(announce_wait: str, talk_ms: int, *, callers: int = 1, **changes: object) -> Office:
    """ana had one call of so long, then another that goes on, and so many wait."""
    plan = ventas("ana", announce_wait=announce_wait, wrap_up_ms=0, greeting="", max_wait_ms=3_000_000, **changes)
    one = Office(small_plan(plan))
    one.sits_down("ana")
    for _ in range(2):
        caller = one.calls("600000000", "trunk")
        one.lifts("ana")
        one.wait(talk_ms)
        if one.acd.state.queues[QueueName("ventas")].handle_ms:
            break
        one.ends(caller)
    for number in range(callers):
        one.calls(f"60000001{number}", "trunk")
    return one


def heard_by(one: Office, number: str) -> list[str]:
    (leg,) = (leg.leg for leg in one.switch.legs.values() if leg.number == number)
    return said(one, leg)


def test_the_expected_wait_is_as_many_talks_as_are_ahead_shared_by_who_is_there() -> None:
    one = waiting_after_talks("always", 150_000, callers=2)
    one.wait(30_000)
    assert heard_by(one, "600000010") == [
        "es/you_are_number", "es/number_1", "es/wait_is_about", "es/number_3", "es/minutes",
    ]  # fmt: skip
    assert heard_by(one, "600000011")[2:] == ["es/wait_is_about", "es/number_5", "es/minutes"]


def test_the_expected_wait_can_be_a_minute_or_long() -> None:
    one = waiting_after_talks("always", 40_000)
    one.wait(30_000)
    assert heard_by(one, "600000010")[2:] == ["es/wait_is_a_minute"]
    one = waiting_after_talks("always", 31 * 60_000)
    one.wait(30_000)
    assert heard_by(one, "600000010")[2:] == ["es/wait_is_long"]


def test_nothing_is_said_of_a_wait_that_nobody_can_know() -> None:
    one = Office(small_plan(ventas("ana", announce_wait="always", greeting="")))
    one.sits_down("ana")
    one.calls("600000001", "trunk")
    one.lifts("ana")
    one.calls("600000002", "trunk")
    one.wait(30_000)
    assert heard_by(one, "600000002") == ["es/you_are_number", "es/number_1"], "no call has been handled yet"
    one = waiting_after_talks("always", 100_000)
    one.do(AgentPause(AgentName("ana"), "cafe"))
    one.hangs_up("ana")
    one.wait(30_000)
    assert heard_by(one, "600000010") == ["es/you_are_number", "es/number_1"], "nobody is there"


def test_once_is_once_and_when_better_is_when_better() -> None:
    def waits_said(announce_wait: str) -> int:
        one = waiting_after_talks(announce_wait, 150_000, callers=2)
        leg = next(leg.leg for leg in one.switch.legs.values() if leg.number == "600000011")
        for round in range(3):
            one.wait(30_000)
            one.hears_to_the_end(leg)
            if round == 1:
                first = next(leg.leg for leg in one.switch.legs.values() if leg.number == "600000010")
                one.ends(first)  # one ahead gives up: now it is better
        return said(one, leg).count("es/wait_is_about")

    assert (waits_said("once"), waits_said("always"), waits_said("when_better")) == (1, 3, 2)


def test_messages_are_said_in_turn_and_never_over_something_else() -> None:
    plan = ventas(messages=("web", "horario"), message_every_ms=20_000, announce_position_every_ms=0)
    one = Office(small_plan(plan))
    caller = one.calls()
    one.wait(20_000)
    assert said(one, caller) == ["es/greeting"], "the greeting is not over"
    one.hears_to_the_end(caller)
    for expected in ("es/web", "es/horario", "es/web"):
        one.wait(20_000)
        assert said(one, caller)[-1] == expected
        one.hears_to_the_end(caller)
    one.sits_down("ana")
    one.lifts("ana")
    one.wait(60_000)
    assert said(one, caller)[-1] == "es/web", "nobody is spoken to in a talk"


def test_a_caller_who_waits_leaves_by_a_key_and_keeps_the_wait() -> None:
    soporte = QueuePlan(QueueName("soporte"), "Soporte", (AgentName("bob"),))
    keys = {"1": Destination("voicemail"), "2": Destination("queue", QueueName("soporte"))}
    one = Office(small_plan(ventas("ana", exit_keys=keys), soporte))
    one.sits_down("ana")
    first, second = one.calls("600000001", "trunk", "900"), one.calls("600000002", "trunk", "900")
    one.wait(5_000)
    one.do(DigitPressed(second, "9"))
    assert one.call_state(2) == "waiting", "that key means nothing"
    one.do(DigitPressed(first, "1"))
    assert one.call_state(1) == "voicemail"
    assert one.acd.state.agents[AgentName("ana")].call == "oficina-2", "the ring stopped, and rings for the next"
    one.do(DigitPressed(second, "2"))
    call = one.acd.state.calls[CallId("oficina-2")]
    assert (call.queue, one.now_ms - call.queued_ms) == ("soporte", 5_000)
    told = why_call(one.decisions(), None, "es")
    assert "Quien llamaba pulsó una tecla para salir de la cola ventas: pasó al buzón de voz." in told


@pytest.mark.parametrize("changes", [{"max_length": 0}, {"hours": "nunca"}, {"join_empty": ("logged_out",)}])
def test_a_key_to_a_queue_that_takes_nobody_costs_no_place(changes: dict[str, object]) -> None:
    soporte = QueuePlan(QueueName("soporte"), "Soporte", (AgentName("bob"),), **changes)  # type: ignore[arg-type]
    keys = {"2": Destination("queue", QueueName("soporte"))}
    one = Office(small_plan(ventas("ana", exit_keys=keys), soporte, hours={"nunca": Hours("UTC", ())}))
    caller = one.calls("600000001", "trunk", "900")
    for _ in range(5):
        one.do(DigitPressed(caller, "2"))
    call = one.acd.state.calls[CallId("oficina-1")]
    assert (call.queue, call.state, call.queues) == ("ventas", "waiting", ["ventas"])
    assert [decision.reason for decision in one.decisions("refuse")] == ["key"], "told once"
    assert "que no admitía llamadas, y siguió esperando" in why_call(one.decisions(), None, "es")


def test_announcements_that_a_new_plan_ends_end() -> None:
    one = Office(small_plan(ventas(greeting="")))
    caller = one.calls()
    one.do(PlanChanged(small_plan(ventas(greeting="", announce_position_every_ms=0))))
    one.wait(120_000)
    assert said(one, caller) == []


def test_keys_lead_back_but_not_for_ever_and_mean_nothing_in_a_talk() -> None:
    def key_to(queue: str) -> dict[str, Destination]:
        return {"1": Destination("queue", QueueName(queue))}

    soporte = QueuePlan(QueueName("soporte"), "Soporte", (AgentName("bob"),), exit_keys=key_to("ventas"))
    one = Office(small_plan(ventas("ana", exit_keys=key_to("soporte")), soporte))
    caller = one.calls("600000001", "trunk", "900")
    for queue in ("soporte", "ventas", "soporte"):
        one.do(DigitPressed(caller, "1"))
        assert one.acd.state.calls[CallId("oficina-1")].queue == queue
    for _ in range(50):
        one.do(DigitPressed(caller, "1"))
    assert len(one.acd.state.calls[CallId("oficina-1")].queues) == 20 and one.call_state() == "waiting"
    one.sits_down("ana", "bob")
    agent = one.lifts(one.ringing()[0])
    one.do(DigitPressed(caller, "1"))
    one.do(DigitPressed(agent, "1"))
    assert one.call_state() == "talking"


def test_every_prompt_the_acd_plays_has_its_words() -> None:
    one = Office(small_plan(ventas(announce_position_every_ms=5_000)))
    one.sits_down("ana")
    for code in ("*45", "*45", "*46", "*461", "*46", "*47", "*28", "*28", "*51", "*99", "*45999*1"):
        one.dials("ana", code)
    one.calls()
    one.wait(30_000)
    told_of_waits = [waiting_after_talks("always", talk_ms) for talk_ms in (40_000, 150_000, 31 * 60_000)]
    for other in told_of_waits:
        other.wait(30_000)
    done = [effect for office in (one, *told_of_waits) for effect in office.switch.done]
    played = {name for effect in done if isinstance(effect, Play) for name in effect.prompts}
    assert {name.split("/")[1] for name in played} <= PROMPTS.keys()
    assert all(words.es and words.en for words in PROMPTS.values())
