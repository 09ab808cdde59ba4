"""What a waiting caller hears: the greeting once, the position now and then, never one over the other."""

from appliance.acd.effects import Play
from appliance.acd.inputs import PlayFinished
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


def test_every_prompt_the_acd_plays_has_its_words() -> None:
    one = Office(small_plan(ventas(announce_position_every_ms=5_000)))
    one.sits_down("ana")
    for code in ("*45", "*45", "*46", "*461", "*46", "*47", "*28", "*28", "*51", "*99", "*45999*1"):
        one.dials("ana", code)
    one.calls()
    one.wait(30_000)
    played = {name for effect in one.switch.done if isinstance(effect, Play) for name in effect.prompts}
    assert {name.split("/")[1] for name in played} <= PROMPTS.keys()
    assert all(words.es and words.en for words in PROMPTS.values())
