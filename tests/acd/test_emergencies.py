"""Emergency numbers: from any station and in any state, on any line there is, again and again, before other calls."""

import pytest

from appliance.acd.explain import tell, why_call
from appliance.acd.ids import AgentName, LineName
from appliance.acd.inputs import (
    AgentLogout,
    AgentPause,
    LineChanged,
    SetNightMode,
    SwitchLost,
    SwitchStarted,
)
from tests.acd.office import Office, adds_up
from tests.acd.test_calling_out import LINES, dialled, far_end, far_leg, office


@pytest.mark.parametrize("state", ["logged_out", "ready", "not_ready", "night", "talking", "ringing"])
def test_an_emergency_goes_out_in_every_state(state: str) -> None:
    one = office(max_calls=1)
    if state == "logged_out":
        one.do(AgentLogout(AgentName("ana")))
    elif state == "not_ready":
        one.do(AgentPause(AgentName("ana"), "cafe"))
    elif state == "night":
        one.do(SetNightMode(True))
    elif state in ("talking", "ringing"):
        one.calls()
        if state == "talking":
            one.lifts("ana")
    desk = one.dials("ana", "112")
    assert dialled(one) == [("gsm2", "112")]
    customer = far_end(one, "answers")
    assert one.talking(customer, desk)
    one.wait(20_000)
    one.ends(customer)
    cdr = one.cdrs()[-1]
    assert (cdr.end_reason, cdr.talk_ms, cdr.called) == ("answered", 20_000, "112") and adds_up(cdr)
    assert one.switch.legs[desk].over


def test_an_emergency_takes_lines_for_incoming_calls_and_lines_that_seem_down() -> None:
    one = office()
    for line in ("gsm2", "trunk"):
        one.do(LineChanged(LineName(line), "down"))
    one.dials("ana", "112")
    assert dialled(one) == [("gsm1", "112")], "a line that is up comes first, whatever it is for"
    one.ends(far_leg(one), "line_lost")
    one.ends(far_leg(one), "line_lost")
    assert dialled(one) == [("gsm1", "112"), ("gsm2", "112"), ("trunk", "112")], "a modem without a SIM may carry it"


def test_an_emergency_goes_out_on_a_line_without_trouble_before_one_that_has_some() -> None:
    """Of a trunk that is degraded nobody knows whether its carrier lives: each try on a dead one takes seconds."""
    one = office()
    one.do(LineChanged(LineName("gsm2"), "down"))
    one.do(LineChanged(LineName("trunk"), "degraded"))
    one.dials("ana", "112")
    one.ends(far_leg(one), "line_lost")
    one.ends(far_leg(one), "line_lost")
    assert dialled(one) == [("gsm1", "112"), ("trunk", "112"), ("gsm2", "112")]


def test_an_emergency_is_dialled_again_and_again_but_not_for_ever() -> None:
    one = office()
    desk = one.dials("ana", "112")
    for _ in range(200):
        if one.call_state() == "over":
            break
        for leg in [leg.leg for leg in one.switch.up() if leg.state == "dialling"]:
            one.ends(leg, "failed")
        one.wait(1_000)
    assert one.cdr().end_reason == "failed" and one.switch.legs[desk].over
    assert len(dialled(one)) == 31 * 3, "every line, in each of the rounds"
    assert one.agent("ana") == "ready"


def all_down(one: Office) -> None:
    for line in one.acd.plan.lines:
        one.do(LineChanged(line.name, "down", "there is no SIM card in the modem"))


def try_all(one: Office) -> None:
    for leg in [leg.leg for leg in one.switch.up() if leg.state == "dialling"]:
        one.ends(leg, "failed")
        try_all(one)


def test_whoever_dials_a_country_s_emergency_number_that_no_modem_without_a_sim_calls_is_told_to_dial_112() -> None:
    one = office(emergency=("112", "061"))
    all_down(one)
    desk = one.dials("ana", "061")
    assert one.switch.legs[desk].heard == []
    try_all(one)
    assert one.switch.legs[desk].heard == ["es/emergency_dial_112"], "all lines were tried with it first"
    one.hears_to_the_end(desk)
    for _ in range(3):
        one.wait(1_000)
        try_all(one)
    assert len(one.switch.legs[desk].heard) == 1 and len(dialled(one)) == 4 * 3, "dialled on, and told once"
    assert "late" not in {decision.kind for decision in one.decisions()}
    told = [tell(decision, "en") for decision in one.decisions("refuse")]
    assert told == [
        "No line was in service to call 061, and a mobile without a SIM does not call that number: whoever dialled it "
        "was told to dial 112."
    ]
    one.do(LineChanged(LineName("gsm2"), "up"))
    one.wait(1_000)
    customer = far_end(one, "answers")
    assert one.talking(customer, desk), "a line came back in time"


@pytest.mark.parametrize("number", ["112", "911", "061"])
def test_nobody_is_told_so_of_a_number_that_is_called_without_a_sim_or_while_a_line_is_in_service(number: str) -> None:
    one = office(emergency=("112", "911", "061"))
    all_down(one)
    if number == "061":
        one.do(LineChanged(LineName("trunk"), "degraded"))
    desk = one.dials("ana", number)
    try_all(one)
    assert one.switch.legs[desk].heard == [] and len(dialled(one)) == 3


def test_an_emergency_ends_another_call_when_no_line_has_room() -> None:
    """First of those in which nobody talks: the call that is only being dialled."""
    one = office(lines=LINES[:2])
    caller = one.calls()
    one.lifts("ana")
    one.dials("bob", "910111222")
    rings_there = far_leg(one)
    one.dials("eva", "112")
    assert one.switch.legs[rings_there].over and not one.switch.legs[caller].over
    one.wait(1_000)
    assert dialled(one)[-1] == ("gsm2", "112")
    assert "emergency_first" in one.reasons("refuse")
    assert "Emergencia: se llamó al 112" in why_call(one.decisions(), None, "es")


def test_an_emergency_ends_a_conversation_when_there_is_nothing_else_and_only_one() -> None:
    one = office(lines=LINES[:2])
    first = one.calls()
    one.lifts("ana")
    one.dials("bob", "910111222")
    second = far_end(one, "answers")
    one.dials("eva", "112")
    assert one.switch.legs[first].over and not one.switch.legs[second].over, "the one that had lasted longest"
    one.wait(1_000)
    assert dialled(one)[-1] == ("gsm1", "112")


def test_a_line_that_seems_to_have_room_and_fails_does_not_keep_an_emergency_in() -> None:
    one = office()
    one.do(LineChanged(LineName("gsm1"), "down"))
    one.do(LineChanged(LineName("trunk"), "down"))
    one.dials("bob", "910111222")  # on the only line that works
    taken = far_end(one, "answers")
    one.dials("ana", "112")
    for _ in range(3):
        for leg in [leg.leg for leg in one.switch.up() if leg.state == "dialling" and leg.line != "gsm2"]:
            one.ends(leg, "failed")
        one.wait(1_000)
    assert one.switch.legs[taken].over and ("gsm2", "112") in dialled(one)


def test_an_emergency_may_ring_as_long_as_it_takes() -> None:
    one = office(dial_timeout_ms=5_000)
    one.dials("ana", "112")
    one.wait(20_000)
    emergency = far_end(one, "rings")
    one.wait(300_000)
    assert not one.switch.legs[emergency].over and len(dialled(one)) == 1


def test_whoever_hangs_up_before_the_emergency_answers_has_cancelled_it() -> None:
    one = office()
    one.do(AgentLogout(AgentName("ana")))
    desk = one.dials("ana", "112")
    emergency = far_leg(one)
    one.ends(desk)
    assert one.switch.legs[emergency].over and one.cdr().end_reason == "cancelled"
    one.wait(1_000)
    one.sits_down("ana")
    one.calls()
    assert one.ringing() == ["bob"], "bob has been idle for longer, and the desk is free again"


def test_an_emergency_nobody_can_carry_yet_ends_with_its_handset() -> None:
    one = office(lines=())
    desk = one.dials("ana", "112")
    assert one.agent("ana") == "outbound"
    one.ends(desk)
    assert (one.cdr().end_reason, one.agent("ana")) == ("cancelled", "ready")


def test_an_unknown_station_can_call_for_help_and_nothing_else() -> None:
    one = office()
    one.dials("nobody", "112")
    assert dialled(one) == [("gsm2", "112")]
    refused = one.switch.legs[one.dials("nobody", "910111222")]
    assert refused.over and len(dialled(one)) == 1


def test_an_emergency_no_line_can_carry_goes_with_the_switch() -> None:
    one = office(lines=())
    one.dials("ana", "112")
    one.do(SwitchLost())
    one.switch, _ = one.switch.restart("s2", set())
    one.do(SwitchStarted("s2"))
    assert one.cdr().end_reason == "box_restarted" and one.agent("ana") == "ready"
    one.dials("ana", "112")
    one.do(SwitchStarted("s2", one.switch.inventory(adopted=False)))
    assert one.call_state(2) == "offered", "and stays with a switch that only lost its connection"
