"""Who may wait, for how long, and where those go who may not: length, wait, hours, night mode, refusals, voicemail."""

import pytest

from appliance.acd import effects as e
from appliance.acd.announcements import PROMPT_LIMIT_MS
from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.inputs import SetNightMode
from appliance.acd.plan import Destination, Hours, LinePlan, OpenSpan, QueuePlan
from tests.acd.office import Office, adds_up, small_plan, ventas

VOICEMAIL = Destination("voicemail")


def queue(name: str, **changes: object) -> QueuePlan:
    return QueuePlan(QueueName(name), name.title(), (AgentName("ana"),), **changes)  # type: ignore[arg-type]


def test_a_line_for_outgoing_calls_refuses_callers() -> None:
    one = Office()
    caller = one.calls(line="gsm2")
    assert e.RefuseLeg(caller, "unreachable") in one.switch.done
    assert one.cdr().end_reason == "rejected"
    assert one.reasons("refuse") == ["line_is_out_only"]
    assert one.worklist() == {}


def test_a_line_nobody_planned_and_one_that_leads_nowhere_refuse() -> None:
    one = Office(small_plan(lines=(LinePlan(LineName("gsm1"), "in"),)))
    one.calls(line="gsm9")
    one.calls(line="gsm1")
    assert one.reasons("refuse") == ["unknown_line", "no_queue"]
    assert [cdr.end_reason for cdr in one.cdrs()] == ["rejected", "rejected"]


def test_the_dialled_number_chooses_the_queue_before_the_line_does() -> None:
    one = Office(small_plan(queue("ventas"), queue("soporte")))
    one.calls(line="trunk", called="901")
    one.calls(line="trunk", called="999")
    assert [(d.reason, d.detail) for d in one.decisions("route")] == [("dialled_number", "soporte"), ("line", "ventas")]


def test_more_calls_than_the_box_takes_get_congestion() -> None:
    one = Office(small_plan(max_calls=2))
    one.calls("600000001", "trunk")
    one.calls("600000002", "trunk")
    third = one.calls("600000003", "trunk")
    assert e.RefuseLeg(third, "congestion") in one.switch.done
    assert one.cdr().end_reason == "busy"
    assert one.worklist() == {"600000003": "busy"}


def test_a_full_queue_gives_busy_to_a_caller_who_was_not_answered() -> None:
    one = Office(small_plan(ventas(max_length=1)))
    one.calls("600000001", "trunk")
    second = one.calls("600000002", "trunk")
    assert e.RefuseLeg(second, "busy") in one.switch.done
    assert one.cdr().end_reason == "busy"
    assert adds_up(one.cdr())
    assert one.worklist() == {"600000002": "busy"}


def test_a_queue_of_length_zero_takes_those_who_need_not_wait() -> None:
    one = Office(small_plan(ventas(max_length=0)))
    one.sits_down("ana")
    one.calls("600000001", "trunk")
    one.calls("600000002", "trunk")
    assert one.ringing() == ["ana"]
    assert one.cdr().caller == "600000002"


def test_the_longest_wait_sends_to_voicemail_which_records_the_caller_only() -> None:
    one = Office(small_plan(ventas(max_wait_ms=60_000, on_max_wait=VOICEMAIL), voicemail_max_ms=20_000))
    caller = one.calls()
    one.wait(60_000)
    assert one.call_state() == "voicemail"
    assert one.switch.legs[caller].heard[-1] == "es/voicemail"
    assert one.switch.legs[caller].background == "silence"
    one.wait(4_000)
    one.hears_to_the_end(caller)
    assert list(one.switch.recordings.values()) == [(caller,)]
    one.wait(7_000)
    one.ends(caller)
    cdr = one.cdr()
    assert (cdr.end_reason, cdr.hung_up_by, cdr.wait_ms, cdr.voicemail_ms) == ("overflowed", "caller", 60_000, 11_000)
    assert adds_up(cdr)
    assert one.worklist() == {"600111222": "voicemail"}
    (recording,) = [stored for stored in one.stored if isinstance(stored, e.StoreRecording)]
    assert (recording.kind, recording.recording) == ("voicemail", cdr.recording)


def test_voicemail_ends_by_itself_and_begins_though_the_end_of_its_prompt_was_never_said() -> None:
    one = Office(small_plan(ventas(max_wait_ms=60_000, on_max_wait=VOICEMAIL), voicemail_max_ms=20_000))
    caller = one.calls()
    one.wait(60_000 + PROMPT_LIMIT_MS + 20_000)
    assert one.switch.legs[caller].over
    assert (one.cdr().hung_up_by, one.cdr().voicemail_ms) == ("system", PROMPT_LIMIT_MS + 20_000)


def test_the_end_of_the_invitation_said_too_late_does_not_begin_a_second_message() -> None:
    one = Office(small_plan(ventas(max_wait_ms=60_000, on_max_wait=VOICEMAIL)))
    caller = one.calls()
    one.wait(60_000 + PROMPT_LIMIT_MS)
    one.hears_to_the_end(caller)
    assert len(one.switch.recordings) == 1
    assert one.reasons("late") == ["play_of_before"]


def test_a_caller_who_leaves_before_the_tone_left_no_message() -> None:
    one = Office(small_plan(ventas(max_wait_ms=60_000, on_max_wait=VOICEMAIL)))
    caller = one.calls()
    one.wait(61_000)
    one.ends(caller)
    assert one.cdr().recording is None
    assert one.worklist() == {"600111222": "overflowed"}


def test_the_longest_wait_stops_a_ring_under_way_and_nobody_missed_it() -> None:
    one = Office(small_plan(ventas(max_wait_ms=30_000)))
    one.wait(1)
    caller = one.calls()
    one.wait(25_000)
    one.sits_down("ana")
    one.wait(5_000)
    assert one.ringing() == []
    assert one.agent("ana") == "ready"
    assert one.acd.view(one.now_ms).agents[0].missed_in_a_row == 0
    assert one.switch.legs[caller].heard[-1] == "es/all_busy"
    one.wait(2_000)
    one.hears_to_the_end(caller)
    assert one.switch.legs[caller].over
    assert (one.cdr().end_reason, one.cdr().ivr_ms, one.cdr().wait_ms) == ("overflowed", 2_000, 30_000)


def test_overflow_to_another_queue_keeps_the_place_and_two_queues_do_not_loop() -> None:
    one = Office(
        small_plan(
            queue("ventas", max_wait_ms=30_000, on_max_wait=Destination("queue", QueueName("soporte"))),
            queue("soporte", max_wait_ms=30_000, on_max_wait=Destination("queue", QueueName("ventas"))),
        )
    )
    one.calls("600000001", "trunk", "900")
    one.wait(10_000)
    one.calls("600000002", "trunk", "901")
    one.wait(20_000)
    places = {view.caller: (view.queue, view.position) for view in one.acd.view(one.now_ms).calls}
    assert places == {"600000001": ("soporte", 1), "600000002": ("soporte", 2)}
    one.wait(30_000)
    assert one.call_state(1) == "ending", "ventas is not asked again"
    assert one.call_state(2) == "waiting"


@pytest.mark.parametrize(("now", "reason"), [("closed", "closed"), ("night_mode", "night_mode")])
def test_outside_hours_and_in_night_mode_the_caller_hears_that_it_is_closed(now: str, reason: str) -> None:
    weekdays = Hours("Europe/Madrid", (OpenSpan((0, 1, 2, 3, 4), 9 * 60, 18 * 60),))
    plan = small_plan(ventas(hours="office" if now == "closed" else ""), hours={"office": weekdays})
    one = Office(plan)
    if now == "night_mode":
        one.do(SetNightMode(True))
    caller = one.calls()
    assert one.switch.legs[caller].heard == ["es/closed"]
    one.wait(3_000)
    one.hears_to_the_end(caller)
    assert (one.cdr().end_reason, one.cdr().ivr_ms, one.cdr().wait_ms, one.cdr().queued_at) == (
        "overflowed",
        3_000,
        0,
        0,
    )
    assert one.reasons("overflow") == [reason]
    assert one.worklist() == {"600111222": "overflowed"}


def test_night_mode_serves_those_who_wait_already() -> None:
    one = Office()
    one.calls()
    one.do(SetNightMode(True))
    one.sits_down("ana")
    assert one.ringing() == ["ana"]


@pytest.mark.parametrize(
    ("after_ms", "reason", "listed"), [(4_999, "short_abandon", False), (5_000, "abandoned", True)]
)
def test_who_leaves_early_abandoned_and_who_leaves_at_once_only_shortly(
    after_ms: int, reason: str, listed: bool
) -> None:
    one = Office()
    caller = one.calls()
    one.wait(after_ms)
    one.ends(caller, "cancelled")
    assert one.cdr().end_reason == reason
    assert (one.worklist() == {"600111222": "abandoned"}) is listed


def test_a_withheld_number_is_nobody_to_call_back() -> None:
    one = Office()
    caller = one.calls("")
    one.wait(10_000)
    one.ends(caller)
    assert one.cdr().end_reason == "abandoned"
    assert one.worklist() == {}


def test_a_number_on_the_worklist_is_closed_when_it_is_answered_later() -> None:
    one = Office()
    for _ in range(2):
        caller = one.calls()
        one.wait(10_000)
        one.ends(caller)
    assert one.acd.state.worklist["600111222"].attempts == 2
    one.sits_down("ana")
    one.calls()
    one.lifts("ana")
    assert one.worklist() == {}
    closed = [stored for stored in one.stored if isinstance(stored, e.CloseStoredWorklistItem)]
    assert [(item.by, item.result) for item in closed] == [("ana", "reached")]


def test_greeting_first_counts_as_ivr_and_only_then_does_the_caller_queue() -> None:
    one = Office(small_plan(ventas(greeting_first=True)))
    one.sits_down("ana")
    caller = one.calls()
    assert one.ringing() == []
    one.wait(4_000)
    one.hears_to_the_end(caller)
    assert one.ringing() == ["ana"]
    one.wait(1_000)
    one.lifts("ana")
    one.wait(2_000)
    one.ends(caller)
    assert (one.cdr().ivr_ms, one.cdr().wait_ms, one.cdr().talk_ms) == (4_000, 1_000, 2_000)
    assert one.cdr().queued_at - one.cdr().offered_at == 4_000


def test_a_greeting_whose_end_is_never_said_is_over_in_the_end() -> None:
    one = Office(small_plan(ventas(greeting_first=True)))
    one.sits_down("ana")
    one.calls()
    one.wait(PROMPT_LIMIT_MS)
    assert one.ringing() == ["ana"]
