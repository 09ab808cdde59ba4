"""What comes of a GSM line's calls beyond ring, answer, end: progress and causes, call waiting, hold, digits.

On every model, through the real driver over a pseudo-terminal whose reads are cut anywhere.
"""

from itertools import product
from pathlib import Path

from hw.at_modem import AtModem
from hw.at_modem_sim import AtModemTwin
from hw.at_modem_sim_models import FarEndCause
from hw.devices import Answered, Dialling, Ended, Found, OnHold, Ringing, RingingThere, Waiting, WaitingOver
from hw.modem_profiles import read_gsm_profile
from tests.hw.gsm_story import CALLED, NUMBER, Line, Row, faulty, told
from tests.hw.modem_rig import GSM_MODELS, QUICK_GSM, Events, at_once, quick_gsm_faults, rig
from tests.hw.modem_tape import Tape
from tests.waiting import wait_for

SECOND = "699000111"
CAUSES: tuple[FarEndCause, ...] = ("busy", "no_answer", "rejected", "congestion")


# Calling out.


@at_once(*product(GSM_MODELS, CAUSES))
def test_why_a_call_out_was_not_answered(case: tuple[str, FarEndCause], tmp_path: Path) -> None:
    model, cause = case

    def story(line: Line) -> None:
        line.call_out(answered=False)
        line.events.next(RingingThere)
        line.twin.far_end_refuses(cause)
        assert line.events.next(Ended) == Ended(cause)
        assert not line.events.of(Answered)
        line.call_in()

    told(Row(model, cause, story), tmp_path)


@at_once(*product(GSM_MODELS, CAUSES))
def test_why_the_network_refused_before_it_rang_there(case: tuple[str, FarEndCause], tmp_path: Path) -> None:
    model, cause = case

    def story(line: Line) -> None:
        line.call_out(answered=False)
        line.twin.far_end_refuses(cause)
        assert line.events.next(Ended) == Ended(cause)
        assert not line.events.of(RingingThere, Answered)

    told(Row(model, cause, story, faulty(alert_after_ms=60_000)), tmp_path)


@at_once(*GSM_MODELS)
def test_progress_is_told_in_order_with_evidence(model: str, tmp_path: Path) -> None:
    def story(line: Line) -> None:
        line.call_out(answered=False)
        line.events.next(RingingThere)
        line.twin.far_end_answers()
        line.events.next(Answered)
        line.they_hang_up()
        told_of = line.events.of(Dialling, RingingThere, Answered, Ended)
        assert told_of == [Dialling(), RingingThere(), Answered("signalled"), Ended("normal")]

    told(Row(model, "progress", story), tmp_path)


@at_once(*GSM_MODELS)
def test_hung_up_before_it_was_dialled_is_never_dialled(model: str, tmp_path: Path) -> None:
    """The number waits behind a command that is under way; whoever wanted it gives up."""

    def story(line: Line) -> None:
        line.faults.answers.answer_delay_ms = (80, 90)
        wait_for("a command under way", lambda: line.tape.sent.endswith(b"\r") and len(line.twin.commands) > 3)
        line.modem.dial(CALLED)
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        line.faults.answers.answer_delay_ms = (1, 8)
        wait_for("no call is left", lambda: line.twin.call_state == "")
        line.call_in()
        line.they_hang_up()
        assert len(line.events.of(Ended)) == 2

    told(Row(model, "dialled and hung up at once", story), tmp_path)


@at_once(*GSM_MODELS)
def test_a_call_goes_on_though_the_modem_forgot_what_it_was_told(model: str, tmp_path: Path) -> None:
    """Found by the soak: a call dialled since an unnoticed restart was said to be lost, and then found."""

    def story(line: Line) -> None:
        line.call_out()
        line.sound()
        line.twin.forget_settings()
        line.tape.sent.clear()
        line.events.health("down")
        line.events.health("up")
        assert b"AT+CLIP=1\r" in line.tape.sent
        line.sound()
        assert not line.events.of(Ended, Found) and line.twin.call_state == "active"
        line.they_hang_up()
        line.call_in()

    told(Row(model, "settings lost in a call", story), tmp_path)


# A second caller.


@at_once(*GSM_MODELS)
def test_a_second_caller_is_told_busy(model: str, tmp_path: Path) -> None:
    def story(line: Line) -> None:
        line.call_in()
        assert line.twin.second_caller(SECOND)
        assert line.events.next(Waiting) == Waiting(SECOND)
        assert line.events.next(WaitingOver) == WaitingOver(by_us=True)
        assert ("told_busy", SECOND) in line.rig.twin_events
        assert line.twin.call_state == "active"
        assert f'+CCWA: "{SECOND}",129,1'.encode() in line.tape.heard
        line.they_hang_up()
        assert line.events.of(Ringing) == [Ringing(NUMBER)]

    told(Row(model, "told busy", story), tmp_path)


def _kept(model: str, folder: Path) -> tuple[AtModem, AtModemTwin, Events]:
    """A line whose second callers wait."""
    twin = AtModemTwin(folder, name=model, model=model, faults=quick_gsm_faults())
    twin.start()
    events = Events()
    modem = AtModem(
        name=model,
        profile=read_gsm_profile(model),
        port=twin.port,
        audio_port=twin.audio_port,
        second_caller="kept",
        events=events.put,
        timings=QUICK_GSM,
        open_transport=Tape(3).open,
    )
    modem.start()
    events.health("up")
    twin.ring(NUMBER)
    events.next(Ringing)
    modem.answer()
    events.next(Answered)
    assert twin.second_caller(SECOND)
    assert events.next(Waiting) == Waiting(SECOND)
    return modem, twin, events


@at_once(*product(GSM_MODELS, ("they", "we")))
def test_a_second_caller_who_is_kept_rings_when_the_call_ends(case: tuple[str, str], tmp_path: Path) -> None:
    model, who = case
    modem, twin, events = _kept(model, tmp_path)
    try:
        assert not twin.second_caller("611"), "a third is told busy by the network"
        if who == "they":
            twin.far_end_hangs_up()
        else:
            modem.hang_up()
        assert events.next(Ended) == Ended("normal", by_us=who == "we")
        assert events.next(Ringing).caller == SECOND
        modem.answer()
        events.next(Answered)
        twin.far_end_hangs_up()
        assert events.next(Ended) == Ended("normal")
        assert not events.of(WaitingOver)
        assert len(events.of(Waiting)) == 1
    finally:
        modem.close()
        twin.close()


@at_once(*GSM_MODELS)
def test_a_second_caller_who_is_kept_gives_up_or_is_told_busy_later(model: str, tmp_path: Path) -> None:
    modem, twin, events = _kept(model, tmp_path)
    try:
        twin.second_caller_gives_up()
        assert events.next(WaitingOver) == WaitingOver()
        assert twin.second_caller("611")
        assert events.next(Waiting) == Waiting("611")
        modem.refuse_waiting()
        assert events.next(WaitingOver) == WaitingOver(by_us=True)
        assert twin.call_state == "active" and not events.of(Ended)
    finally:
        modem.close()
        twin.close()


@at_once(*GSM_MODELS)
def test_the_line_lost_ends_the_second_call_with_the_first(model: str, tmp_path: Path) -> None:
    modem, twin, events = _kept(model, tmp_path)
    try:
        twin.reboot() if model != "huawei_e1550" else twin.unplug()
        assert events.next(Ended) == Ended("line_lost")
        if model == "huawei_e1550":
            twin.plug()
        events.health("up")
        twin.ring("622")
        assert events.next(Ringing).caller == "622"
        assert len(events.of(Ended)) == 1
    finally:
        modem.close()
        twin.close()


# Hold.


@at_once(*GSM_MODELS)
def test_hold_and_back_with_sound_and_digits_after_it(model: str, tmp_path: Path) -> None:
    with rig(tmp_path, model, open_transport=Tape(4).open) as one:
        line = Line(one, Tape(4))
        line.call_in()
        line.sound()
        assert isinstance(one.modem, AtModem)
        one.modem.hold(True)
        assert line.events.next(OnHold) == OnHold(True)
        assert line.twin.call_state == "held"
        one.modem.hold(True)  # is held already
        one.modem.send_digits("5")  # to nobody
        one.modem.hold(False)
        assert line.events.next(OnHold) == OnHold(False)
        line.sound()
        one.modem.send_digits("12")
        wait_for("the digits", lambda: [d for kind, d in one.twin_events if kind == "digit"] == ["1", "2"])
        assert line.is_up()
        one.modem.hold(True)
        line.events.next(OnHold)
        line.they_hang_up()
        assert line.events.of(OnHold) == [OnHold(True), OnHold(False), OnHold(True)]


@at_once(*GSM_MODELS)
def test_nothing_is_held_while_a_second_caller_waits(model: str, tmp_path: Path) -> None:
    """The command that holds would answer them."""
    modem, twin, _ = _kept(model, tmp_path)
    try:
        modem.hold(True)
        modem.send_digits("1")
        wait_for("the digit", lambda: [text for text in twin.commands if "VTS" in text or "DTMF" in text])
        assert not [text for text in twin.commands if text == "AT+CHLD=2"]
        assert twin.call_state == "active" and twin.someone_waits
    finally:
        modem.close()
        twin.close()
