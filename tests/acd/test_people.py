"""What people ask for at the page, panel and telephone: done when it can be, refused with a sentence when not."""

import pytest
from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.ids import AgentName, CallId, StationName
from appliance.acd.inputs import (
    AgentLogin,
    AgentLogout,
    AgentPause,
    AgentResume,
    ButtonPressed,
    CloseWorklistItem,
    Command,
    EndWrapUp,
    HangUpCall,
    SetDisposition,
)
from appliance.acd.refusals import SENTENCES
from appliance.acd.star_codes import PINS_REFUSED_MS, WRONG_PINS_LIMIT
from tests.acd.office import Office, small_plan

ANA, BOB, DESK = AgentName("ana"), AgentName("bob"), StationName("desk-eva")


def talking() -> Office:
    one = Office()
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    return one


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (AgentLogin(AgentName("noe")), "No hay ningún agente «noe»"),
        (AgentPause(AgentName("noe"), "cafe"), "No hay ningún agente «noe»"),
        (AgentLogin(BOB, pin="99"), "El PIN de «bob» no es correcto"),
        (AgentLogin(BOB, StationName("nowhere"), "12"), "No hay ningún aparato «nowhere»"),
        (AgentLogin(BOB, StationName("desk-ana"), "12"), "En ese aparato está «ana»"),
        (AgentLogin(ANA, pin="12"), "«ana» ya está en ese aparato"),
        (AgentLogin(ANA, DESK, "12"), "«ana» tiene una llamada"),
        (AgentLogout(BOB), "«bob» no ha iniciado sesión"),
        (AgentPause(ANA, ""), "Una pausa necesita un motivo"),
        (AgentPause(ANA, "x" * 201), "demasiado largo"),
        (AgentResume(ANA), "«ana» no está en pausa"),
        (EndWrapUp(ANA), "no está en trabajo posterior"),
        (SetDisposition(BOB, "venta"), "no tiene ninguna llamada reciente"),
        (SetDisposition(ANA, "x" * 201), "demasiado largo"),
        (SetDisposition(ANA, ""), "Falta el código"),
        (SetDisposition(ANA, "venta", CallId("oficina-99")), "no tiene ninguna llamada reciente"),
        (CloseWorklistItem("600", "ana"), "no está en la lista"),
        (HangUpCall(CallId("oficina-99"), "ana"), "ya no está en curso"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence_and_changes_nothing(command: Command, says: str) -> None:
    one = talking()
    refusal = one.acd.refusal(command)
    assert refusal is not None and says in refusal
    assert one.acd.refusal(command, "en") != refusal
    before = one.acd.state.agents[ANA].state, one.acd.state.agents[BOB].state, len(one.stored)
    one.do(command)
    assert (one.acd.state.agents[ANA].state, one.acd.state.agents[BOB].state, len(one.stored)) == before


def test_every_refusal_has_its_sentence_in_both_languages() -> None:
    assert all(words.es and words.en for words in SENTENCES.values())


def test_a_pause_asked_for_during_a_call_comes_after_it_and_can_be_taken_back() -> None:
    one = talking()
    one.do(AgentPause(ANA, "comida"))
    assert one.agent("ana") == "talking"
    one.do(AgentResume(ANA))
    one.do(AgentPause(ANA, "cafe"))
    one.hangs_up("ana")
    one.wait(10_000)
    assert one.agent("ana") == "not_ready cafe"
    one.do(AgentResume(ANA))
    assert one.agent("ana") == "ready"


def test_a_log_out_during_a_call_comes_after_it() -> None:
    one = talking()
    one.do(AgentLogout(ANA))
    one.hangs_up("ana")
    one.do(EndWrapUp(ANA))
    assert one.agent("ana") == "logged_out"
    assert one.acd.state.stations[StationName("desk-ana")].agent is None


@pytest.mark.parametrize(
    ("command", "then"), [(AgentPause(ANA, "cafe"), "not_ready cafe"), (AgentLogout(ANA), "logged_out")]
)
def test_wrap_up_cut_short_is_written_as_long_as_it_was(command: Command, then: str) -> None:
    one = talking()
    one.hangs_up("ana")
    one.wait(4_000)
    one.do(command)
    assert one.agent("ana") == then
    assert e.StoreWrapUp(CallId("oficina-1"), ANA, 4_000) in one.stored


def test_a_disposition_is_stored_with_the_wrap_up_or_again_when_it_comes_later() -> None:
    one = talking()
    one.do(SetDisposition(ANA, "venta"))
    one.hangs_up("ana")
    one.wait(10_000)
    assert e.StoreWrapUp(CallId("oficina-1"), ANA, 10_000, "venta") in one.stored
    one.do(SetDisposition(ANA, "duda", CallId("oficina-1")))
    assert one.stored[-1] == e.StoreWrapUp(CallId("oficina-1"), ANA, 10_000, "duda")


def test_hot_desk_a_second_agent_at_a_station_sends_the_first_one_home() -> None:
    one = Office()
    one.sits_down("ana")
    one.do(AgentLogin(BOB, StationName("desk-ana"), "12"))
    assert (one.agent("ana"), one.agent("bob")) == ("logged_out", "ready")
    one.calls()
    assert [leg.station for leg in one.switch.ringing()] == ["desk-ana"]


def test_an_agent_who_logs_in_elsewhere_moves() -> None:
    one = Office()
    one.sits_down("ana")
    one.do(AgentLogin(ANA, DESK, "12"))
    assert one.acd.state.agents[ANA].station == DESK
    assert one.acd.state.stations[StationName("desk-ana")].agent is None


def test_a_trusted_login_needs_no_pin() -> None:
    one = Office()
    one.do(AgentLogin(ANA, trusted=True))
    assert one.agent("ana") == "ready"


def test_hanging_up_a_call_from_the_page() -> None:
    one = talking()
    one.do(HangUpCall(CallId("oficina-1"), "jefa"))
    assert (one.cdr().end_reason, one.cdr().hung_up_by, one.agent("ana")) == ("answered", "system", "wrap_up")
    assert one.switch.up() == []


def test_closing_a_worklist_item() -> None:
    one = Office()
    caller = one.calls()
    one.wait(10_000)
    one.ends(caller)
    one.do(CloseWorklistItem("600111222", "jefa", "wrong_number"))
    assert one.worklist() == {}


def test_the_panels_buttons() -> None:
    one = Office()
    one.do(ButtonPressed("night_mode"))
    assert one.switch.lamps["night_mode"] == "steady"
    assert e.StoreNightMode(True, one.acd.view(one.now_ms).at_utc_ms) in one.stored
    one.do(ButtonPressed("login:desk-ana"))
    assert one.agent("ana") == "ready"
    one.do(ButtonPressed("login:desk-ana"))
    assert one.agent("ana") == "logged_out"
    one.do(ButtonPressed("coffee"))
    one.do(ButtonPressed("login:nowhere"))
    assert one.reasons("late") == ["useless_button", "useless_button"]


@pytest.mark.parametrize(
    ("codes", "state", "prompt"),
    [
        (("*45",), "ready", "logged_in"),
        (("*45", "*45"), "logged_out", "logged_out"),
        (("*45", "*461"), "not_ready cafe", "paused"),
        (("*45", "*4677"), "not_ready 77", "paused"),
        (("*45", "*461", "*46"), "ready", "resumed"),
        (("*45", "*46"), "ready", "not_possible"),
        (("*46",), "logged_out", "not_possible"),
        (("*45100*12",), "ready", "logged_in"),
        (("*45100*13",), "logged_out", "wrong_pin"),
        (("*45999*12",), "logged_out", "wrong_pin"),
        (("*45", "*47"), "ready", "not_possible"),
        (("*45", "*57"), "ready", "not_possible"),
        (("*28",), "logged_out", "night_mode_on"),
        (("*28", "*28"), "logged_out", "night_mode_off"),
        (("*99",), "logged_out", "unknown_code"),
        (("612345678",), "logged_out", "not_possible"),
        (("12",), "logged_out", "unknown_code"),
        (("201",), "logged_out", "unknown_code"),
        (("*11*",), "logged_out", "box_address"),
    ],
)
def test_star_codes_are_done_said_and_hung_up(codes: tuple[str, ...], state: str, prompt: str) -> None:
    one = Office()
    for code in codes:
        leg = one.dials("ana", code)
        assert one.switch.legs[leg].state == "answered"
        one.hears_to_the_end(leg)
        assert one.switch.legs[leg].over
    assert one.agent("ana") == state
    assert one.switch.legs[leg].heard == [f"es/{prompt}"]
    assert not one.acd.state.legs


def _said(one: Office, agent: str, code: str) -> str:
    leg = one.dials(agent, code)
    one.hears_to_the_end(leg)
    return one.switch.legs[leg].heard[-1].removeprefix("es/")


def test_pins_cannot_be_guessed_at_a_station_for_ever() -> None:
    one = Office()
    guesses = ("*45100*00", "*45101*01", "*45999*12", "*45102*", "*45100*03")
    assert [_said(one, "ana", code) for code in guesses] == ["wrong_pin"] * WRONG_PINS_LIMIT
    (told,) = one.decisions("refuse")
    assert (told.reason, told.detail) == ("too_many_wrong_pins", "desk-ana")
    one.wait(PINS_REFUSED_MS - 1)
    assert _said(one, "ana", "*45100*12") == "not_possible", "the right one too, or it would tell that it is right"
    assert one.agent("ana") == "logged_out"
    assert _said(one, "bob", "*45101*12") == "logged_in", "another station"
    assert _said(one, "ana", "*45") == "logged_in", "who usually sits here needs no PIN"
    assert _said(one, "ana", "*45") == "logged_out"
    one.wait(1)
    assert _said(one, "ana", "*45100*12") == "logged_in"
    assert len(one.decisions("refuse")) == 1


def test_a_right_pin_between_wrong_ones_gives_no_more_guesses() -> None:
    one = Office()
    for n in range(WRONG_PINS_LIMIT):
        assert _said(one, "ana", "*45100*12") == "logged_in"
        assert _said(one, "ana", "*45") == "logged_out"
        assert _said(one, "ana", f"*45101*9{n}") == "wrong_pin"
    assert _said(one, "ana", "*45100*12") == "not_possible"


def test_wrong_pins_long_ago_do_not_count() -> None:
    one = Office()
    for n in range(2 * WRONG_PINS_LIMIT):
        assert _said(one, "ana", f"*45101*9{n}") == "wrong_pin"
        one.wait(PINS_REFUSED_MS)
    assert one.decisions("refuse") == []


def test_star_codes_about_the_last_call() -> None:
    one = talking()
    one.hangs_up("ana")
    for code in ("*57", "*47"):
        one.hears_to_the_end(one.dials("ana", code))
    assert one.agent("ana") == "ready"
    assert e.StoreWrapUp(CallId("oficina-1"), ANA, 0, "7") in one.stored


def test_nobody_is_rung_on_a_station_that_hears_a_confirmation() -> None:
    one = Office()
    leg = one.dials("ana", "*45")
    one.calls()
    assert one.ringing() == []
    one.hears_to_the_end(leg)
    assert one.ringing() == ["ana"]


def test_a_confirmation_whose_end_is_never_said_is_hung_up() -> None:
    one = Office()
    leg = one.dials("ana", "*45")
    one.wait(15_000)
    assert one.switch.legs[leg].over


def test_a_station_nobody_planned_cannot_dial() -> None:
    one = Office()
    dialled = one.switch.dial("desk-nobody", "*45")
    one.do(dialled)
    assert e.RefuseLeg(dialled.leg, "congestion") in one.switch.done


def test_who_has_no_usual_station_is_asked_for_one() -> None:
    plan = small_plan()
    one = Office(replace(plan, agents=tuple(replace(agent, station=None) for agent in plan.agents)))
    assert "«ana» no tiene aparato habitual" in (one.acd.refusal(AgentLogin(ANA, pin="12")) or "")
    assert one.acd.refusal(AgentLogin(ANA, DESK, "12")) is None
