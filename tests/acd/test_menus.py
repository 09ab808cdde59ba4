"""Spoken menus: keys, silence, wrong keys, digits looked up, languages, hours, hang-ups, and where each leads."""

import pytest
from msgspec.structs import replace

from appliance.acd.explain import why_call
from appliance.acd.ids import LegId, LineName, QueueName
from appliance.acd.inputs import (
    DigitPressed,
    HangUpCall,
    LineChanged,
    PlanChanged,
    PlayFinished,
    SetNightMode,
    SwitchStarted,
)
from appliance.acd.ivr import MOST_MENUS
from appliance.acd.plan import Destination, Hours, LinePlan, LookupEntry, MenuPlan, OpenSpan, Plan, QueuePlan
from tests.acd.office import Office, adds_up, small_plan, ventas

VENTAS, SOPORTE = Destination("queue", QueueName("ventas")), Destination("queue", QueueName("soporte"))
VOICEMAIL = Destination("voicemail")
SUNDAYS = Hours("Europe/Madrid", (OpenSpan((6,), 0, 1440),))
MONDAYS = Hours("Europe/Madrid", (OpenSpan((0,), 0, 1440),))


def to_menu(name: str) -> Destination:
    return Destination("menu", menu=name)


def principal(**changes: object) -> MenuPlan:
    fields: dict[str, object] = {
        "name": "principal",
        "prompts": ("welcome", "options"),
        "keys": {"1": VENTAS, "2": SOPORTE, "9": to_menu("principal"), "0": Destination()},
        "on_timeout": VENTAS,
        "on_invalid": VOICEMAIL,
        "retries": 1,
    }
    return MenuPlan(**{**fields, **changes})  # type: ignore[arg-type]


def number(**changes: object) -> MenuPlan:
    """Asks for a customer's number of four to six digits."""
    fields: dict[str, object] = {
        "name": "cliente",
        "prompts": ("your_number",),
        "keys": {"*": VENTAS},
        "min_digits": 4,
        "max_digits": 6,
        "lookup": "clientes",
        "on_found": VENTAS,
        "on_not_found": VOICEMAIL,
        "retries": 1,
    }
    return MenuPlan(**{**fields, **changes})  # type: ignore[arg-type]


def plan(*menus: MenuPlan, **changes: object) -> Plan:
    """The line leads to the first menu; soporte speaks English."""
    menus = menus or (principal(),)
    soporte = QueuePlan(QueueName("soporte"), "Soporte", ventas("bob").agents, language="en")
    fields: dict[str, object] = {
        "menus": {menu.name: menu for menu in menus},
        "lines": (LinePlan(LineName("gsm1"), "in", menu=menus[0].name),),
        "hours": {"sundays": SUNDAYS, "mondays": MONDAYS},
        "lookups": {
            "clientes": {
                "1234": LookupEntry(SOPORTE, "Taller Pérez", "vip", 2),
                "123456": LookupEntry(),
            }
        },
    }
    return small_plan(ventas("ana"), soporte, **{**fields, **changes})  # type: ignore[arg-type]


def office(*menus: MenuPlan, **changes: object) -> Office:
    return Office(plan(*menus, **changes))


def press(one: Office, leg: LegId, keys: str) -> None:
    for pressed in keys:
        one.do(DigitPressed(leg, pressed))


def queue_of(one: Office) -> str:
    (call,) = one.acd.state.calls.values()
    return f"{call.state} {call.queue}"


def test_the_caller_is_answered_and_hears_the_menu_in_silence() -> None:
    one = office()
    leg = one.calls()
    heard = one.switch.legs[leg]
    assert (one.call_state(), heard.state, heard.background) == ("menu", "answered", "silence")
    assert heard.heard == ["es/welcome", "es/options"]


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
    one.wait(60_000)
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


@pytest.mark.parametrize(
    ("number", "to", "promised"),
    [
        ("600111222", Destination("callback", QueueName("ventas")), True),
        ("600111222", Destination("callback", QueueName("otra")), False),
        ("600111222", Destination("callback"), False),
        ("", Destination("callback", QueueName("ventas")), False),
    ],
)
def test_a_key_may_ask_to_be_called_back(number: str, to: Destination, promised: bool) -> None:
    """Nobody has waited yet: the place is that of this moment, in the queue the menu names."""
    one = office(principal(keys={"5": to}))
    leg = one.calls(number)
    press(one, leg, "5")
    assert one.switch.legs[leg].heard[-1] == ("es/callback_promised" if promised else "es/goodbye")
    assert [kept.queue for kept in one.acd.state.callbacks.values()] == (["ventas"] if promised else [])
    one.ends(leg)
    assert (one.cdr().queued_at > 0, one.cdr().queue) == (promised, "ventas" if promised else None)


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


@pytest.mark.parametrize(
    ("hours", "night", "reasons"),
    [("mondays", False, ["closed"]), ("sundays", True, ["night_mode"]), ("sundays", False, []), ("", True, [])],
)
def test_a_closed_menu_sends_on_who_comes(hours: str, night: bool, reasons: list[str]) -> None:
    one = office(principal(hours=hours, on_closed=to_menu("noche")), MenuPlan("noche", ("night",)))
    one.do(SetNightMode(night))
    leg = one.calls()
    assert one.call_state() == "menu" and one.reasons("menu") == reasons
    assert one.switch.legs[leg].heard == (["es/night"] if reasons else ["es/welcome", "es/options"])


def test_a_closed_menu_may_say_that_it_is_closed() -> None:
    one = office(principal(hours="mondays"))
    leg = one.calls()
    assert one.call_state() == "ending" and one.switch.legs[leg].heard == ["es/closed"]


def test_menus_that_are_closed_in_a_ring_end_in_a_good_bye() -> None:
    """The configuration refuses it; a plan that has it takes no harm."""
    one = office(
        principal(hours="mondays", on_closed=to_menu("otro")),
        MenuPlan("otro", hours="mondays", on_closed=to_menu("principal")),
    )
    one.calls()
    assert one.call_state() == "ending" and one.reasons("menu")[-1] == "too_many_menus"


def test_a_key_to_a_menu_that_is_not_there_is_a_good_bye() -> None:
    one = office(principal(keys={"1": to_menu("otro")}))
    press(one, one.calls(), "1")
    assert one.call_state() == "ending" and one.reasons("menu") == ["key", "no_menu"]


@pytest.mark.parametrize(("after_ms", "reason", "listed"), [(4_999, "short_abandon", {}), (5_000, "abandoned", None)])
def test_who_hangs_up_in_a_menu_came_to_no_queue(after_ms: int, reason: str, listed: dict[str, str] | None) -> None:
    one = office()
    leg = one.calls("600111222")
    one.wait(after_ms)
    one.ends(leg)
    cdr = one.cdr()
    assert (cdr.end_reason, cdr.queue, cdr.queued_at, cdr.ivr_ms) == (reason, None, 0, after_ms)
    assert one.worklist() == ({"600111222": "abandoned"} if listed is None else listed)
    one.wait(120_000)
    assert not one.acd.state.deadlines["menu"]


def test_the_screen_can_end_a_call_in_a_menu() -> None:
    one = office()
    one.calls()
    one.do(HangUpCall(next(iter(one.acd.state.calls)), "jefa"))
    assert one.cdr().end_reason == "rejected"


def test_a_queue_can_send_to_a_menu_and_the_menu_back() -> None:
    """By a key the caller asks for the queue again, and keeps the wait so far; by itself a menu does not go back."""
    queue = ventas("ana", max_wait_ms=10_000, on_max_wait=to_menu("principal"), exit_keys={"5": to_menu("principal")})
    one = Office(replace(plan(principal(retries=0)), queues=(queue, plan().queues[1])))
    leg = one.calls()
    press(one, leg, "1")
    one.wait(10_000)
    assert queue_of(one) == "menu ventas" and one.switch.legs[leg].background == "silence"
    press(one, leg, "1")
    assert queue_of(one) == "waiting ventas"
    one.wait(4_000)
    press(one, leg, "5")
    one.wait(60_000)
    assert queue_of(one) == "waiting ventas", "a key was pressed since"
    (call,) = one.acd.state.calls.values()
    assert one.now_ms - call.queued_ms == 74_000, "waits since it first came"
    one.wait(10_000 + 60_000)
    assert one.call_state() == "ending", "no key since"
    assert one.switch.legs[leg].heard[-1] == "es/goodbye"


def test_who_waits_is_not_led_through_menus_for_ever() -> None:
    queue = ventas("ana", exit_keys={"5": to_menu("principal")})
    one = Office(replace(plan(principal(keys={"1": VENTAS})), queues=(queue, plan().queues[1])))
    leg = one.calls()
    press(one, leg, "15" * MOST_MENUS)
    assert queue_of(one) == "waiting ventas"


def test_a_menu_that_is_changed_is_heard_from_the_beginning() -> None:
    one = office(number())
    leg = one.calls()
    press(one, leg, "12")
    one.do(PlanChanged(plan(number(prompts=("your_code",)))))
    assert one.switch.legs[leg].heard[-1] == "es/your_code"
    press(one, leg, "1234#")
    assert queue_of(one) == "waiting soporte"


def test_a_change_of_something_else_disturbs_nobody() -> None:
    one = office(number())
    leg = one.calls()
    press(one, leg, "12")
    one.do(PlanChanged(plan(number(), max_calls=9)))
    press(one, leg, "34#")
    assert queue_of(one) == "waiting soporte"


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (LinePlan(LineName("gsm1"), "in", QueueName("soporte")), "waiting soporte"),
        (LinePlan(LineName("gsm1"), "in", menu="otro"), "menu None"),
        (LinePlan(LineName("gsm1"), "in"), "ending None"),
        (LinePlan(LineName("gsm9"), "in", QueueName("soporte")), "ending None"),
    ],
)
def test_who_is_in_a_menu_that_is_removed_goes_where_the_line_leads_now(line: LinePlan, state: str) -> None:
    one = office()
    one.calls()
    one.do(PlanChanged(plan(MenuPlan("otro", ("other",)), lines=(line,))))
    assert queue_of(one) == state
    assert one.reasons("menu")[0] == "menu_removed"


def test_who_waits_in_a_queue_that_is_removed_goes_to_a_menu_that_is_new() -> None:
    one = Office(small_plan(ventas("ana")))
    leg = one.calls()
    one.do(PlanChanged(replace(plan(), queues=plan().queues[1:])))
    assert queue_of(one) == "menu ventas"
    assert one.switch.legs[leg].heard == ["es/greeting", "es/welcome", "es/options"]


def test_a_restart_of_the_switch_lets_the_caller_hear_the_menu_again() -> None:
    one = office(number())
    leg = one.calls()
    press(one, leg, "12")
    one.switch, renamed = one.switch.restart("s2", {leg})
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=True)))
    again = one.switch.legs[renamed[leg]]
    assert (again.heard, again.background) == (["es/your_number"], "silence")
    press(one, again.leg, "1234#")
    assert queue_of(one) == "waiting soporte"


def test_a_key_before_the_path_is_open_counts() -> None:
    """The switch may say that a key was pressed before it says that the caller is through."""
    one = Office(plan(), through=False)
    leg = one.calls()
    press(one, leg, "7")
    assert one.call_state() == "menu" and one.switch.legs[leg].heard == []
    press(one, leg, "1")
    assert queue_of(one) == "waiting ventas"
