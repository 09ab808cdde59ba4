"""What could grow has a limit: records of a call, recordings and worklist remembered, codes being dialled."""

from appliance.acd import legs, recordings, rings, star_codes, worklist
from appliance.acd.deadlines import Deadlines
from appliance.acd.effects import HangUpLeg, RefuseLeg
from appliance.acd.turn import Turn
from tests.acd.office import Office, adds_up, small_plan, ventas


def test_a_call_rung_hundreds_of_times_has_a_record_of_bounded_size_and_keeps_who_talked() -> None:
    one = Office(small_plan(ventas(max_wait_ms=10_000_000)))
    one.sits_down("ana")
    caller = one.calls()
    one.lifts("ana")
    one.wait(1_000)
    one.hangs_up("ana", "media_timeout")
    one.wait(10_000)
    for _ in range(rings.SEGMENTS_RECORDED + 50):
        one.ends(one.ringing_leg("ana"), "rejected")
        one.wait(2_000)
    one.ends(caller)
    cdr = one.cdr()
    assert (len(cdr.segments), len(cdr.legs)) == (rings.SEGMENTS_RECORDED, legs.LEGS_RECORDED)
    assert sum(segment.talk_ms for segment in cdr.segments) == cdr.talk_ms == 1_000
    assert [leg.role for leg in cdr.legs if leg.answered_ms >= 0] == ["agent", "caller"]
    assert adds_up(cdr)


def test_recordings_whose_end_is_never_said_are_not_waited_for_for_ever() -> None:
    one = Office(small_plan(ventas(wrap_up_ms=0)))
    one.sits_down("ana")
    for _ in range(recordings.PENDING_LIMIT + 5):
        caller = one.calls()
        one.lifts("ana")
        one.switch.recordings.clear()
        one.ends(caller)
    assert len(one.acd.state.recordings) == recordings.PENDING_LIMIT


def test_the_worklist_in_memory_is_bounded_and_the_oldest_is_forgotten() -> None:
    one = Office(small_plan(ventas(max_length=0)))
    for number in range(worklist.ITEMS_REMEMBERED + 5):
        one.calls(f"6{number:08}", "trunk")
    assert len(one.acd.state.worklist) == worklist.ITEMS_REMEMBERED
    assert "600000000" not in one.acd.state.worklist


def test_too_many_stations_dialling_codes_at_once_get_congestion() -> None:
    one = Office()
    legs_dialled = [one.dials("ana", "*99") for _ in range(star_codes.LEGS_LIMIT + 1)]
    assert RefuseLeg(legs_dialled[-1], "congestion") in one.switch.done
    one.wait(60_000)
    assert not one.acd.state.legs
    assert one.acd.state.stations[one.acd.plan.stations[0].name].star_legs == 0


def test_a_leg_that_is_being_hung_up_is_not_hung_up_again() -> None:
    one = Office()
    caller = one.calls()
    turn = Turn(one.acd.state, Deadlines(one.acd.state), one.now_ms, [], [])
    leg = one.acd.state.legs[caller]
    legs.hang_up(turn, leg)
    legs.hang_up(turn, leg)
    assert turn.switch == [HangUpLeg(caller)]


def test_deadlines_that_are_moved_again_and_again_do_not_pile_up() -> None:
    state = Office().acd.state
    deadlines = Deadlines(state)
    for at_ms in range(100_000):
        deadlines.set("retry", "ana", at_ms)
    assert deadlines.next_ms() == 99_999
    assert len(deadlines._heap) < 2_000
