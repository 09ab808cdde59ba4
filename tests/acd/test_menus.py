"""Spoken menus: keys, silence, wrong keys, digits looked up, languages, and where each leads."""

import pytest
from msgspec.structs import replace

from appliance.acd.announcements import PROMPT_LIMIT_MS
from appliance.acd.explain import why_call
from appliance.acd.ids import LineName, QueueName
from appliance.acd.inputs import (
    LineChanged,
    PlayFinished,
)
from appliance.acd.ivr import MOST_MENUS
from appliance.acd.plan import Destination, LinePlan
from tests.acd.menus import VENTAS, number, office, plan, press, principal, queue_of, to_menu
from tests.acd.office import Office, adds_up, ventas


def test_the_caller_is_answered_and_hears_the_menu_in_silence() -> None:
    one = office()
    leg = one.calls()
    heard = one.switch.legs[leg]
    assert (one.call_state(), heard.state, heard.background) == ("menu", "answered", "silence")
    assert heard.heard == ["es/welcome", "es/options"]


def test_the_view_says_which_menu_and_who() -> None:
    one = office(number())
    leg = one.calls()
    (seen,) = one.acd.view(one.now_ms).calls
    assert (seen.state, seen.menu, seen.queue, seen.position) == ("menu", "cliente", None, 0)
    press(one, leg, "1234#")
    (seen,) = one.acd.view(one.now_ms).calls
    assert (seen.state, seen.menu, seen.caller_name) == ("waiting", "", "Taller Pérez")


def test_a_key_cuts_the_prompt_short_and_leads_to_its_queue() -> None:
    one = office()
    one.sits_down("ana")
    leg = one.calls()
    one.wait(1_500)
    press(one, leg, "1")
    assert one.ringing() == ["ana"]
    assert one.switch.legs[leg].heard[-1] == "es/greeting"
    assert one.switch.legs[leg].background == "music"
    one.wait(2_500)
    one.lifts("ana")
    one.hangs_up("ana")
    cdr = one.cdr()
    assert adds_up(cdr)
    assert (cdr.ivr_ms, cdr.wait_ms, cdr.queue) == (1_500, 2_500, "ventas")
    assert "En el menú principal pulsó 1: pasó a la cola ventas." in why_call(one.decisions(), cdr, "es")


def test_what_was_being_said_stops_where_nothing_else_is_said() -> None:
    one = Office(replace(plan(), queues=(ventas("ana", greeting=""), plan().queues[1])))
    leg = one.calls()
    said = one.switch.legs[leg].playing
    press(one, leg, "1")
    assert queue_of(one) == "waiting ventas"
    assert one.switch.legs[leg].playing != said, "the menu goes on in the queue"


def test_nothing_pressed_is_forgiven_and_then_leads_on() -> None:
    one = office()
    leg = one.calls()
    one.hears_to_the_end(leg)
    one.wait(4_999)
    assert one.switch.legs[leg].heard == ["es/welcome", "es/options"]
    one.wait(1)
    assert one.switch.legs[leg].heard == ["es/welcome", "es/options"] * 2
    one.hears_to_the_end(leg)
    one.wait(5_000)
    assert queue_of(one) == "waiting ventas"
    told = why_call(one.decisions(), None, "en")
    assert "In menu principal nothing was pressed, and the caller heard it again." in told
    assert "In menu principal nothing was pressed: it went to queue ventas." in told


def test_a_prompt_whose_end_is_never_told_is_over_in_the_end() -> None:
    one = office(principal(retries=0))
    one.calls()
    one.wait(PROMPT_LIMIT_MS)
    assert queue_of(one) == "waiting ventas"


def test_wrong_keys_are_forgiven_so_often_and_then_lead_elsewhere() -> None:
    one = office()
    leg = one.calls()
    press(one, leg, "7")
    assert one.switch.legs[leg].heard[2:] == ["es/menu_invalid", "es/welcome", "es/options"]
    press(one, leg, "#")
    assert one.call_state() == "voicemail"
    assert one.reasons("menu") == ["invalid_again", "invalid"]


def test_a_tone_that_is_on_no_telephone_is_nothing() -> None:
    one = office()
    press(one, one.calls(), "A")
    assert one.call_state() == "menu" and not one.reasons("menu")


def test_a_key_may_hang_up_and_repeat() -> None:
    one = office()
    leg = one.calls()
    press(one, leg, "9")
    assert one.switch.legs[leg].heard == ["es/welcome", "es/options"] * 2
    press(one, leg, "0")
    assert one.call_state() == "ending" and one.switch.legs[leg].heard[-1] == "es/goodbye"


def test_a_key_may_lead_outside() -> None:
    lines = (LinePlan(LineName("gsm1"), "in", menu="principal"), LinePlan(LineName("trunk"), "both"))
    one = office(principal(keys={"5": Destination("number", number="911222333")}), lines=lines)
    one.do(LineChanged(LineName("trunk"), "up"))
    leg = one.calls()
    said = one.switch.legs[leg].playing
    press(one, leg, "5")
    assert one.call_state() in ("dialling", "alerting")
    assert one.switch.legs[leg].background == "ringback"
    assert one.switch.legs[leg].playing != said, "the menu goes on while it rings outside"


def test_a_key_may_say_a_message_and_good_bye() -> None:
    one = office(principal(keys={"5": Destination("message", prompt="address")}))
    leg = one.calls()
    press(one, leg, "5")
    assert one.call_state() == "ending" and one.switch.legs[leg].heard[-1] == "es/address"


def test_a_key_may_ask_to_be_called_back() -> None:
    """Nobody has waited yet: the place is that of this moment, in the queue the menu names."""
    one = office(principal(keys={"5": Destination("callback", QueueName("ventas"))}))
    leg = one.calls("600111222")
    press(one, leg, "5")
    assert one.switch.legs[leg].heard[-1] == "es/callback_promised"
    assert [kept.queue for kept in one.acd.state.callbacks.values()] == ["ventas"]
    one.ends(leg)
    assert (one.cdr().queued_at > 0, one.cdr().queue) == (True, "ventas")


def test_who_has_waited_already_is_called_back_at_that_place() -> None:
    to = Destination("callback", QueueName("soporte"))
    queue = ventas("ana", exit_keys={"5": to_menu("principal")})
    one = Office(replace(plan(principal(keys={"1": VENTAS, "5": to})), queues=(queue, plan().queues[1])))
    leg = one.calls()
    press(one, leg, "1")
    since_ms = one.now_ms
    one.wait(9_000)
    press(one, leg, "55")
    (kept,) = one.acd.state.callbacks.values()
    assert (kept.queue, kept.place_ms) == ("ventas", since_ms)


def test_going_round_by_keys_ends_in_the_end() -> None:
    one = office()
    leg = one.calls()
    press(one, leg, "9" * (MOST_MENUS - 1))
    assert one.call_state() == "menu"
    press(one, leg, "9")
    assert one.call_state() == "ending"
    assert one.reasons("menu")[-1] == "too_many_menus"


@pytest.mark.parametrize(
    ("keys", "state", "reason"),
    [
        ("123456", "waiting ventas", "found"),  # as many as there can be: no # is waited for
        ("1234#", "waiting soporte", "found"),
        ("*", "waiting ventas", "key"),
        ("12*", "menu None", "invalid_again"),
        ("123#", "menu None", "invalid_again"),
        ("9999#", "menu None", "not_found_again"),
        ("9999#8888#", "voicemail None", "not_found"),
    ],
)
def test_digits_are_looked_up(keys: str, state: str, reason: str) -> None:
    one = office(number(keys={"*": VENTAS} if keys == "*" else {}))
    press(one, one.calls(), keys)
    assert queue_of(one) == state
    assert one.reasons("menu")[-1] == reason


def test_a_pause_ends_the_digits() -> None:
    one = office(number())
    leg = one.calls()
    press(one, leg, "12")
    one.wait(2_000)
    press(one, leg, "34")
    one.wait(2_999)
    assert one.call_state() == "menu"
    one.wait(1)
    assert queue_of(one) == "waiting soporte"


def test_the_first_digit_cuts_the_prompt_short() -> None:
    one = office(number())
    leg = one.calls()
    said = one.switch.legs[leg].playing
    press(one, leg, "1")
    one.do(PlayFinished(leg, said))
    assert one.switch.legs[leg].playing != said
    assert one.reasons("late") == ["play_of_before"]


def test_what_is_looked_up_says_who_calls() -> None:
    one = office(number())
    press(one, one.calls(), "1234#")
    (call,) = one.acd.state.calls.values()
    assert (call.caller_name, call.segment, call.head_start_ms) == ("Taller Pérez", "vip", 120_000)


def test_the_language_chosen_is_kept_in_the_queue() -> None:
    one = office(principal(key_languages={"1": "en"}, retries=5))
    leg = one.calls()
    press(one, leg, "1")
    assert one.switch.legs[leg].heard[-1] == "en/greeting"
    assert "It is served in English." in why_call(one.decisions(), None, "en")


def test_without_a_choice_the_queue_speaks_its_own_language() -> None:
    one = office()
    leg = one.calls()
    press(one, leg, "2")
    assert one.switch.legs[leg].heard[-1] == "en/greeting"


def test_a_menu_may_set_the_language() -> None:
    one = office(principal(language="en", keys={"2": to_menu("principal"), "1": VENTAS}))
    leg = one.calls()
    assert one.switch.legs[leg].heard == ["en/welcome", "en/options"]
    press(one, leg, "21")
    assert one.switch.legs[leg].heard[-1] == "en/greeting"
    assert one.reasons("route") == ["line_menu", "language_en"], "told once"


def test_a_key_to_a_menu_that_is_not_there_is_a_good_bye() -> None:
    one = office(principal(keys={"1": to_menu("otro")}))
    press(one, one.calls(), "1")
    assert one.call_state() == "ending" and one.reasons("menu") == ["key", "no_menu"]
