"""The switch starts in the middle of something: a star code, two lifts at once, an answer or a prompt under way."""

from appliance.acd import effects as e
from appliance.acd.inputs import SwitchLost, SwitchStarted
from appliance.acd.plan import Destination
from tests.acd.office import Office, small_plan, ventas
from tests.acd.test_recovery import restart, talking


def test_a_switch_that_is_lost_twice_was_lost_the_first_time() -> None:
    one, _, _ = talking()
    one.do(SwitchLost())
    lost_ms = one.now_ms
    one.wait(3_000)
    one.do(SwitchLost())
    assert one.acd.state.switch_lost_ms == lost_ms


def test_a_star_code_under_way_goes_with_the_switch() -> None:
    one = Office()
    one.dials("ana", "*45")
    assert one.acd.state.legs
    restart(one)
    assert not one.acd.state.legs


def test_two_rings_of_one_call_of_which_both_were_lifted_unheard() -> None:
    """The first in the switch's list has the call, and the other is hung up."""
    one = Office(small_plan(ventas(strategy="ring_all")), through=False)
    one.sits_down("ana", "bob")
    one.calls()
    legs = [one.ringing_leg("ana"), one.ringing_leg("bob")]
    for leg in legs:
        one.switch.lift(leg)  # and nobody hears of it
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert (one.agent("ana"), one.agent("bob")) == ("talking", "ready")
    assert one.switch.legs[legs[1]].over


def test_a_ring_that_still_rings_goes_on_and_an_answer_that_was_lost_is_said_again() -> None:
    one = Office(through=False)
    one.sits_down("ana")
    caller = one.calls()
    leg = one.ringing_leg("ana")
    answers = sum(isinstance(effect, e.AnswerLeg) for effect in one.switch.done)
    one.switch.legs[caller].state = "offered"  # the effect was lost
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.ringing_leg("ana") == leg
    assert sum(isinstance(effect, e.AnswerLeg) for effect in one.switch.done) == answers + 1


def test_an_agent_who_lifted_before_the_caller_was_through_is_found_waiting_for_it() -> None:
    one = Office(through=False)
    one.sits_down("ana")
    caller = one.calls()
    agent = one.lifts("ana")
    one.do(SwitchStarted("s1b", one.switch.inventory(adopted=False)))
    assert one.agent("ana") == "talking" and one.talking(caller, agent)


def test_an_invitation_to_leave_a_message_that_was_cut_off_after_a_talk_is_not_said_again() -> None:
    """The call has a recording already, of the talk; the message begins at once."""
    plan = small_plan(ventas("ana", max_wait_ms=10_000, on_max_wait=Destination("voicemail"), wrap_up_ms=60_000))
    one = Office(plan)
    one.sits_down("ana")
    caller = one.calls()
    one.lifts("ana")
    one.wait(5_000)
    one.hangs_up("ana", "line_lost")
    one.wait(10_000)
    assert one.call_state() == "voicemail"
    restart(one, caller)
    assert list(one.switch.recordings)[-1].endswith("-2.wav"), list(one.switch.recordings)
