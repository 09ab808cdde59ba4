"""A call from its arrival to its end with an agent: ringing, who is first, connecting, hold, wrap-up, the record."""

from itertools import pairwise

from appliance.acd import effects as e
from appliance.acd.ids import AgentName, RecordingName
from appliance.acd.inputs import LegAnswered, Tick
from appliance.acd.plan import Plan
from appliance.acd.recovery import NUMBERS_AN_INCARNATION
from tests.acd.office import Office, adds_up, small_plan, ventas

FOR_THE_DISK_MS = 2_000
"""To share an fsync with others, and for the fsync of a card that is slow."""


def office(*agents: str, plan: Plan | None = None, through: bool = True) -> Office:
    one = Office(plan, through=through)
    one.sits_down(*(agents or ("ana", "bob")))
    return one


def test_a_caller_is_answered_with_music_while_the_agents_station_rings_already() -> None:
    one = office()
    caller = one.calls()
    kinds = [type(effect) for effect in one.switch.done if not isinstance(effect, e.SetLamp)]
    assert kinds == [e.RingStation, e.AnswerLeg, e.SetBackground, e.Play], "the station is rung first of all"
    assert one.switch.legs[caller].background == "music"
    assert one.switch.legs[caller].heard == ["es/greeting"]
    assert one.ringing() == ["ana"]


def test_the_heartbeat_of_a_call_comes_after_every_switch_effect() -> None:
    one = Office()
    one.sits_down("ana")
    effects = one.acd.handle(one.switch.offer("gsm1", "600111222"), one.now_ms)
    assert effects.all == [*effects.switch, *effects.store]
    assert any(isinstance(stored, e.StoreOpenCall) for stored in effects.store)


def test_lifting_connects_the_two_and_nobody_else_and_starts_the_recording() -> None:
    one = office()
    caller = one.calls()
    one.wait(3_000)
    agent = one.lifts("ana")
    assert one.talking(caller, agent)
    assert one.switch.recordings == {"2026/11/22/oficina-1.wav": (caller, agent)}
    assert one.agent("ana") == "talking"
    one.ends(caller)
    assert e.StopRecording(RecordingName("2026/11/22/oficina-1.wav")) in one.switch.done
    assert [s.kind for s in one.stored if isinstance(s, e.StoreRecording)] == ["call"]


def test_times_of_a_call_with_hold_add_up_and_belong_to_the_agent() -> None:
    one = office()
    caller = one.calls()
    one.wait(3_000)
    one.lifts("ana")
    one.wait(10_000)
    one.holds("ana")
    assert one.agent("ana") == "held"
    assert not one.switch.pairs, "on hold they do not hear each other"
    one.wait(4_000)
    one.holds("ana", False)
    one.wait(6_000)
    one.ends(caller)
    cdr = one.cdr()
    assert (cdr.wait_ms, cdr.ring_ms, cdr.talk_ms, cdr.hold_ms) == (3_000, 3_000, 16_000, 4_000)
    assert adds_up(cdr)
    assert (cdr.end_reason, cdr.hung_up_by, cdr.agent) == ("answered", "caller", "ana")
    (segment,) = cdr.segments
    assert (segment.ring_ms, segment.talk_ms, segment.hold_ms, segment.outcome) == (3_000, 16_000, 4_000, "talked")
    assert {leg.role: leg.ended_ms for leg in cdr.legs} == {"caller": 23_000, "agent": 23_000}


def test_when_the_agent_hangs_up_first_the_caller_is_hung_up_and_wrap_up_begins() -> None:
    one = office()
    caller = one.calls()
    one.lifts("ana")
    one.wait(5_000)
    one.hangs_up("ana")
    assert one.switch.legs[caller].over
    assert one.cdr().hung_up_by == "agent"
    assert one.agent("ana") == "wrap_up"
    one.wait(10_000)
    assert one.agent("ana") == "ready"
    assert e.StoreWrapUp(one.cdr().call, AgentName("ana"), 10_000) in one.stored


def test_no_wrap_up_time_means_ready_at_once() -> None:
    one = office("ana", plan=small_plan(ventas(wrap_up_ms=0)))
    one.calls()
    one.lifts("ana")
    one.hangs_up("ana")
    assert one.agent("ana") == "ready"


def test_of_two_who_lift_the_first_has_the_call_and_the_other_is_ready_without_a_miss() -> None:
    one = office("ana", "bob", "eva", plan=small_plan(ventas(strategy="ring_all")))
    caller = one.calls()
    assert one.ringing() == ["ana", "bob", "eva"]
    late = one.ringing_leg("ana")
    first = one.lifts("bob")
    assert one.talking(caller, first)
    assert (one.agent("ana"), one.agent("eva")) == ("ready", "ready")
    assert one.acd.view(one.now_ms).agents[0].missed_in_a_row == 0
    one.do(LegAnswered(late))
    assert one.reasons("late") == ["answered_unknown"], "the loser's leg has ended: its answer is named and ignored"
    assert one.talking(caller, first)
    one.ends(caller)
    assert [segment.outcome for segment in one.cdr().segments] == ["answered_elsewhere", "answered_elsewhere", "talked"]


def test_an_agent_who_lifts_before_the_callers_path_is_open_is_connected_when_it_is() -> None:
    one = office("ana", through=False)
    caller = one.calls()
    agent = one.lifts("ana")
    assert not one.switch.pairs
    one.wait(400)
    one.do(LegAnswered(caller, "polarity"))
    assert one.talking(caller, agent)
    one.wait(1_000)
    one.ends(caller)
    assert (one.cdr().wait_ms, one.cdr().talk_ms, one.cdr().evidence) == (400, 1_000, "polarity")


def test_a_caller_who_cancels_before_being_through_leaves_the_quick_agent_ready() -> None:
    one = office("ana", through=False)
    caller = one.calls()
    one.lifts("ana")
    one.ends(caller, "cancelled")
    assert one.agent("ana") == "ready"
    assert (one.cdr().end_reason, one.cdr().talk_ms, one.cdr().agent) == ("short_abandon", 0, None)
    assert [segment.outcome for segment in one.cdr().segments] == ["caller_left"]


def test_an_agent_who_hangs_up_before_the_caller_is_through_is_as_if_the_ring_was_rejected() -> None:
    one = office("ana", "bob", through=False)
    one.calls()
    one.lifts("ana")
    one.hangs_up("ana")
    assert one.ringing() == ["bob"], "the caller goes on to somebody else"
    assert one.agent("ana") == "ready"


def test_a_caller_whose_path_never_opens_is_given_up() -> None:
    one = office("ana", plan=small_plan(ventas(ring_timeout_ms=60_000)), through=False)
    caller = one.calls()
    one.wait(40_000)
    assert one.switch.legs[caller].over
    assert (one.cdr().end_reason, one.cdr().hung_up_by) == ("failed", "network")
    assert one.agent("ana") == "ready"


def test_a_caller_who_leaves_stops_every_ring_at_once() -> None:
    one = office("ana", "bob", plan=small_plan(ventas(strategy="ring_all")))
    caller = one.calls()
    one.wait(8_000)
    one.ends(caller, "cancelled")
    assert one.ringing() == []
    assert (one.agent("ana"), one.agent("bob")) == ("ready", "ready")
    assert [segment.outcome for segment in one.cdr().segments] == ["caller_left", "caller_left"]


def test_an_agents_hang_up_does_not_touch_another_ones_ring() -> None:
    one = office("ana", "bob")
    one.calls("600000001")
    one.lifts("ana")
    one.calls("600000002", "trunk", "900")
    one.hangs_up("ana")
    assert one.ringing() == ["bob"]


def test_a_lost_station_sends_the_caller_back_to_the_front_with_an_apology() -> None:
    one = office("ana", "bob")
    caller = one.calls()
    one.wait(2_000)
    one.lifts("ana")
    one.wait(5_000)
    one.hangs_up("ana", "media_timeout")
    assert one.ringing() == ["bob"]
    assert one.switch.legs[caller].heard[-1] == "es/sorry_reconnecting"
    assert one.agent("ana") == "wrap_up"
    one.wait(1_000)
    one.lifts("bob")
    one.wait(4_000)
    one.ends(caller)
    cdr = one.cdr()
    assert adds_up(cdr)
    assert (cdr.wait_ms, cdr.talk_ms, cdr.agent) == (3_000, 9_000, "bob")
    assert [(s.agent, s.talk_ms) for s in cdr.segments] == [("ana", 5_000), ("bob", 4_000)]
    assert cdr.recording == "2026/11/22/oficina-1-2.wav", "the second conversation is another recording"


def test_a_caller_cut_off_from_the_agent_who_then_leaves_is_on_the_worklist() -> None:
    one = office("ana")
    caller = one.calls()
    one.lifts("ana")
    one.hangs_up("ana", "line_lost")
    one.wait(3_000)
    one.ends(caller)
    assert one.cdr().end_reason == "answered"
    assert one.worklist() == {"600111222": "cut_off"}


def test_a_line_lost_in_the_middle_of_talking_ends_the_call_by_the_network() -> None:
    one = office("ana")
    caller = one.calls()
    one.lifts("ana")
    one.wait(2_000)
    one.ends(caller, "line_lost")
    assert (one.cdr().end_reason, one.cdr().hung_up_by, one.agent("ana")) == ("answered", "network", "wrap_up")


def test_heartbeats_are_on_the_disk_within_thirty_seconds_and_say_what_a_power_cut_leaves() -> None:
    """What a power cut leaves may be 30 s old at most, and a heartbeat counts from when the disk has it."""
    one = office("ana")
    one.calls()
    one.wait(1_000)
    one.lifts("ana")
    one.wait(95_000)
    beats = [stored.cdr for stored in one.stored if isinstance(stored, e.StoreOpenCall)]
    ages = [beat.ended_at - beat.offered_at for beat in beats]
    assert ages == [0, 28_000, 56_000, 84_000]
    assert max(later - earlier for earlier, later in pairwise(ages)) + FOR_THE_DISK_MS <= 30_000
    assert all(adds_up(beat) and beat.end_reason == "power_lost" for beat in beats)
    assert beats[-1].segments[-1].talk_ms == 83_000


def test_a_leg_that_does_not_end_is_hung_up_again_and_then_forgotten() -> None:
    one = office("ana")
    one.acd.handle(one.switch.offer("gsm2", "600111222"), one.now_ms)  # refused, and its LegEnded is lost
    again = []
    for _ in range(4):
        one.now_ms += 5_000
        again += [x for x in one.acd.handle(Tick(), one.now_ms).switch if isinstance(x, e.HangUpLeg)]
    assert len(again) == 2
    assert not one.acd.state.legs


def test_a_route_is_decided_before_any_wait() -> None:
    one = office("ana")
    one.calls()
    assert one.decisions("route")[0].waited_ms == 0


def test_numbers_of_decisions_are_never_used_twice_by_two_incarnations() -> None:
    one = office("ana")
    one.calls()
    assert all(decision.number > NUMBERS_AN_INCARNATION for decision in one.decisions())
    assert len({decision.number for decision in one.decisions()}) == len(one.decisions())
