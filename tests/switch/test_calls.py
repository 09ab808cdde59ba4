"""Calls through the switch as the ACD's effects want them: who hears whom, who ends, and what the ACD is told."""

import pytest

from appliance.acd.effects import (
    AnswerLeg,
    Connect,
    DialLine,
    Disconnect,
    HangUpLeg,
    Play,
    RefuseLeg,
    RingStation,
    SetBackground,
)
from appliance.acd.ids import LegId, LineName, StationName
from appliance.acd.inputs import (
    DigitPressed,
    LegAnswered,
    LegCause,
    LegEnded,
    LegHeld,
    LegProgress,
    PlayFinished,
    StationDialled,
)
from appliance.demo.sip_records import CarrierBehaviour
from tests.sound import level_dbfs, listen, read_wav, steady_part, tone_dbfs
from tests.switch.conftest import Stage
from tests.switch.switch_office import wait_logged

LEVEL_DB = 3.0
GAP_MS = 20.0


@pytest.mark.real_time
def test_a_caller_hears_greeting_and_music_then_the_agent_and_nobody_else(stage: Stage) -> None:
    at_carrier, offered = stage.call_in("600111222", "910000000")
    caller = offered.leg
    assert (offered.line, offered.caller, offered.called) == ("trunk", "600111222", "910000000")
    stage.acd.do(
        AnswerLeg(caller), SetBackground(caller, "music"), Play(caller, ("es/greeting", "es/number_7"), "hello")
    )
    agent, at_phone = stage.ring(title='Ventas "Norte"')
    stage.acd.wait(PlayFinished, leg=caller, token="hello")
    stage.peers.record(at_carrier, str(stage.records / "music.wav"))
    stage.hears(at_carrier, 2)
    stage.peers.answer(at_phone)
    stage.acd.wait(LegAnswered, leg=agent)
    stage.acd.do(Connect(caller, agent))
    stage.peers.record(at_carrier, str(stage.records / "talk.wav"))
    stage.hears(at_carrier, 4)
    stage.peers.record(at_carrier, "")
    stage.peers.record(at_phone, "")
    stage.end(caller, agent)

    music = read_wav(stage.records / "music.wav")
    assert -27 < level_dbfs(music[8000:]) < -19
    assert tone_dbfs(music, 1000) < -45, "the agent was heard before the connection"
    for heard, theirs, mine in (
        (read_wav(stage.records / "talk.wav"), 1000, 425),
        (read_wav(stage.recorded("201", at_phone)), 425, 1000),
    ):
        found = listen(steady_part(heard, theirs), theirs)
        assert found.seconds > 2.5
        assert abs(found.tone_dbfs + 20) < LEVEL_DB
        assert found.gap_ms < GAP_MS
        assert found.other_dbfs < -45
        assert tone_dbfs(steady_part(heard, theirs), mine) < -50, "somebody heard their own echo"


def test_the_caller_hangs_up_first(stage: Stage) -> None:
    talk = stage.conversation()
    stage.acd.do(Connect(talk.caller, talk.agent))
    stage.peers.hang_up(talk.at_carrier)
    ended = stage.acd.wait(LegEnded, leg=talk.caller)
    assert (ended.cause, ended.by_us) == ("normal", False)
    stage.acd.do(HangUpLeg(talk.agent))
    ended = stage.acd.wait(LegEnded, leg=talk.agent)
    assert (ended.cause, ended.by_us) == ("normal", True)
    assert not stage.peers.wait("ended", call=talk.at_phone).by_us


def test_the_agent_hangs_up_first_and_the_caller_hears_music_again(stage: Stage) -> None:
    talk = stage.conversation()
    stage.acd.do(SetBackground(talk.caller, "music"), Connect(talk.caller, talk.agent))
    stage.hears(talk.at_carrier, 0.5)
    stage.peers.hang_up(talk.at_phone)
    assert stage.acd.wait(LegEnded, leg=talk.agent).cause == "normal"
    stage.peers.record(talk.at_carrier, str(stage.records / "again.wav"))
    stage.hears(talk.at_carrier, 1.5)
    stage.peers.record(talk.at_carrier, "")
    stage.end(talk.caller)
    assert -29 < level_dbfs(read_wav(stage.records / "again.wav")[4000:]) < -19


def test_a_caller_who_gives_up_is_cancelled_and_so_is_the_phone(stage: Stage) -> None:
    call, offered = stage.call_in()
    agent, at_phone = stage.ring()
    stage.peers.hang_up(call)
    ended = stage.acd.wait(LegEnded, leg=offered.leg)
    assert (ended.cause, ended.by_us) == ("cancelled", False)
    stage.acd.do(HangUpLeg(agent, "cancelled"))
    assert stage.acd.wait(LegEnded, leg=agent).by_us
    assert stage.peers.wait("ended", call=at_phone).code == 487


@pytest.mark.parametrize(("status", "cause"), [(486, "busy"), (603, "rejected"), (480, "unreachable")])
def test_a_phone_that_refuses_says_why(stage: Stage, status: int, cause: LegCause) -> None:
    leg, at_phone = stage.ring()
    stage.peers.reject(at_phone, status)
    ended = stage.acd.wait(LegEnded, leg=leg)
    assert (ended.cause, ended.by_us) == (cause, False)


def test_what_cannot_be_rung_ends_at_once(stage: Stage) -> None:
    nowhere, nobody = stage.new_leg(), stage.new_leg()
    stage.peers.register("202", False)
    try:
        stage.peers.wait("unregistered", peer="202")
        stage.acd.do(
            RingStation(nowhere, StationName("sip2"), "1", ""), RingStation(nobody, StationName("attic"), "1", "")
        )
        assert stage.acd.wait(LegEnded, leg=nowhere).cause == "unreachable"
        assert stage.acd.wait(LegEnded, leg=nobody).cause == "failed"
    finally:
        mark = stage.peers.mark()
        stage.peers.register("202", True)
        stage.peers.wait("registered", peer="202", since=mark)


def test_a_phone_at_a_fixed_contact_is_rung_without_registering(stage: Stage) -> None:
    leg, at_phone = stage.lifted("sip3", "203")
    stage.end(leg)
    assert stage.peers.wait("ended", call=at_phone).code in (0, 200)


@pytest.mark.parametrize(
    ("cause", "statuses"),
    # A proxy may turn a 503 it passes on into a 500 (RFC 3261, 16.7), and Kamailio does.
    [("busy", {486}), ("congestion", {503, 500}), ("unreachable", {480})],
)
def test_a_caller_is_refused_with_the_reason(stage: Stage, cause: LegCause, statuses: set[int]) -> None:
    call, offered = stage.call_in()
    stage.acd.do(RefuseLeg(offered.leg, cause))
    ended = stage.acd.wait(LegEnded, leg=offered.leg)
    assert (ended.cause, ended.by_us) == (cause, True)
    assert stage.peers.wait("ended", call=call).code in statuses


def test_a_withheld_number_is_empty(stage: Stage) -> None:
    call, offered = stage.call_in("")
    assert offered.caller == ""
    stage.peers.hang_up(call)
    stage.acd.wait(LegEnded, leg=offered.leg)


def test_digits_of_both_sides_are_heard_once_each_and_in_order(stage: Stage) -> None:
    talk = stage.conversation()
    mark = stage.acd.mark
    stage.peers.send_digits(talk.at_carrier, "1290*#")
    stage.acd.wait(DigitPressed, since=mark, leg=talk.caller, digit="#")
    stage.peers.send_digits(talk.at_phone, "556")
    stage.acd.wait(DigitPressed, since=mark, leg=talk.agent, digit="6")
    stage.end(talk.caller, talk.agent)
    heard = [one for one in stage.acd.inputs(mark) if isinstance(one, DigitPressed)]
    assert "".join(one.digit for one in heard if one.leg == talk.caller) == "1290*#"
    assert "".join(one.digit for one in heard if one.leg == talk.agent) == "556"


def test_a_caller_on_hold_hears_the_music_and_then_the_agent_again(stage: Stage) -> None:
    talk = stage.conversation()
    stage.acd.do(SetBackground(talk.caller, "music"), Connect(talk.caller, talk.agent))
    stage.hears(talk.at_carrier, 0.5)
    for turn in range(2):
        mark = stage.acd.mark
        stage.peers.hold(talk.at_phone, True)
        assert stage.acd.wait(LegHeld, since=mark, leg=talk.agent).held
        stage.peers.record(talk.at_carrier, str(stage.records / f"held-{turn}.wav"))
        stage.hears(talk.at_carrier, 1.5)
        mark = stage.acd.mark
        stage.peers.hold(talk.at_phone, False)
        assert not stage.acd.wait(LegHeld, since=mark, leg=talk.agent).held
        stage.peers.record(talk.at_carrier, str(stage.records / f"back-{turn}.wav"))
        stage.hears(talk.at_carrier, 1.5)
    stage.peers.record(talk.at_carrier, "")
    stage.end(talk.caller, talk.agent)
    for turn in range(2):
        held, back = (read_wav(stage.records / f"{name}-{turn}.wav") for name in ("held", "back"))
        assert level_dbfs(held[8000:]) > -29 and tone_dbfs(held[8000:], 1000) < -40
        assert abs(tone_dbfs(back[8000:], 1000) + 20) < LEVEL_DB


def test_a_prompt_interrupted_by_a_connection_does_not_finish(stage: Stage) -> None:
    talk = stage.conversation()
    mark = stage.acd.mark
    stage.acd.do(Play(talk.caller, ("es/voicemail",), "cut"), Connect(talk.caller, talk.agent))
    stage.hears(talk.at_carrier, 1)
    stage.acd.do(Disconnect(talk.caller, talk.agent), Play(talk.caller, ("es/number_1",), "whole"))
    stage.acd.wait(PlayFinished, since=mark, token="whole")
    stage.end(talk.caller, talk.agent)
    assert [one.token for one in stage.acd.inputs(mark) if isinstance(one, PlayFinished)] == ["whole"]


def test_a_prompt_that_does_not_exist_keeps_nobody_waiting(stage: Stage) -> None:
    _, caller = stage.answered()
    stage.acd.do(Play(caller, ("es/no_such_prompt",), "nothing"))
    stage.acd.wait(PlayFinished, token="nothing")
    stage.acd.do(Play(caller, ("es/no_such_prompt", "es/number_2"), "rest"))
    stage.acd.wait(PlayFinished, token="rest")
    wait_logged(stage.office, "there is no prompt 'es/no_such_prompt'")
    stage.end(caller)


def test_a_new_prompt_takes_the_place_of_the_old_one(stage: Stage) -> None:
    _, caller = stage.answered()
    mark = stage.acd.mark
    stage.acd.do(Play(caller, ("es/voicemail",), "first"), Play(caller, ("en/box_address",), "second"))
    stage.acd.wait(PlayFinished, since=mark, token="second", timeout_s=30)
    stage.end(caller)
    assert [one.token for one in stage.acd.inputs(mark) if isinstance(one, PlayFinished)] == ["second"]


def test_a_call_out_of_a_line_rings_and_is_answered(stage: Stage) -> None:
    stage.peers.behave("carrier", CarrierBehaviour("7", "answers", after_ms=1_000))
    leg = stage.new_leg()
    mark = stage.peers.mark()
    stage.acd.do(DialLine(leg, LineName("trunk"), "700123123"))
    stage.acd.wait(LegProgress, leg=leg)
    stage.acd.wait(LegAnswered, leg=leg)
    seen = stage.peers.wait("incoming", peer="carrier", since=mark)
    assert (seen.called, seen.number) == ("700123123", "910000000")
    stage.end(leg)


def test_a_call_out_that_finds_the_number_busy_or_impossible_ends_so(stage: Stage) -> None:
    stage.peers.behave("carrier", CarrierBehaviour("8", "busy", after_ms=50))
    busy, impossible = stage.new_leg(), stage.new_leg()
    stage.acd.do(DialLine(busy, LineName("trunk"), "800123123"), DialLine(impossible, LineName("trunk"), "a b<c>"))
    assert stage.acd.wait(LegEnded, leg=impossible).cause == "failed"
    assert stage.acd.wait(LegEnded, leg=busy).cause == "busy"


def test_what_a_station_dials_is_told_and_answered_with_a_prompt(stage: Stage) -> None:
    mark = stage.acd.mark
    call = stage.peers.place("201", "*45")
    dialled = stage.acd.wait(StationDialled, since=mark)
    assert (dialled.station, dialled.digits) == ("sip1", "*45")
    stage.acd.do(AnswerLeg(dialled.leg), Play(dialled.leg, ("es/logged_in",), "star"))
    stage.acd.wait(PlayFinished, token="star")
    stage.acd.do(HangUpLeg(dialled.leg))
    stage.acd.wait(LegEnded, leg=dialled.leg)
    assert not stage.peers.wait("ended", call=call).by_us


def test_effects_about_legs_that_are_over_are_ignored(stage: Stage) -> None:
    _, caller = stage.answered()
    stage.end(caller)
    mark = stage.acd.mark
    gone = LegId("never-was")
    for leg in (caller, gone):
        last = stage.acd.do(
            AnswerLeg(leg),
            Play(leg, ("es/greeting",), "late"),
            SetBackground(leg, "music"),
            Connect(leg, gone),
            Disconnect(leg, gone),
            RefuseLeg(leg, "busy"),
            HangUpLeg(leg),
        )
    stage.acd.done_to(last)
    assert stage.acd.inputs(mark) == []


def test_two_hundred_quick_calls_leave_nothing_behind(stage: Stage) -> None:
    """PJSIP re-uses its slots: a Call object that lived too long would end a stranger's call."""
    talk = stage.conversation()
    stage.acd.do(Connect(talk.caller, talk.agent))
    for number in range(200):
        call, offered = stage.call_in(f"6{number:08}")
        if number % 3 == 0:
            stage.acd.do(RefuseLeg(offered.leg, "busy"))
        elif number % 3 == 1:
            stage.acd.do(AnswerLeg(offered.leg), Play(offered.leg, ("es/greeting",), f"p{number}"))
            stage.acd.wait(LegAnswered, leg=offered.leg)
            stage.acd.do(HangUpLeg(offered.leg))
        else:
            stage.peers.hang_up(call)
        stage.acd.wait(LegEnded, leg=offered.leg)
    stage.hears(talk.at_carrier, 1)
    stage.peers.record(talk.at_carrier, str(stage.records / "after-200.wav"))
    stage.hears(talk.at_carrier, 2)
    stage.peers.record(talk.at_carrier, "")
    assert not [one for one in stage.acd.inputs() if isinstance(one, LegEnded) and one.leg in (talk.caller, talk.agent)]
    stage.end(talk.caller, talk.agent)
    assert abs(tone_dbfs(read_wav(stage.records / "after-200.wav")[8000:], 1000) + 20) < LEVEL_DB
