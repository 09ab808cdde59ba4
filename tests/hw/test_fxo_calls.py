"""Who calls, and how calls out go, over analogue lines: rows through the real driver on a pty, reads cut by chance."""

from array import array
from collections.abc import Callable
from pathlib import Path

import pytest

from hw.devices import Answered, Ended, Ringing, RingingThere
from hw.fxo_modem_sim_faults import AnswerSign, HangUpSign, IdentityForm
from tests.hw.fxo_stories import NUMBER, Place, Row, Story, TwinPower, comes_in, fxo_twin, goes_out, groups, over, tell
from tests.hw.modem_rig import FXO_MODELS
from tests.steady_clock import now_s
from tests.waiting import wait_for

NAME = "ANA GIL"
BOTH, ONE = FXO_MODELS, FXO_MODELS[:1]


# Who calls.


def named(form: IdentityForm, rings: int, number: str = NUMBER, name: str = "") -> Story:
    """The caller is announced once, with the number (and name) that came after so many rings."""

    def story(place: Place) -> None:
        place.faults.identity, place.faults.identity_after_rings, place.faults.name = form, rings, name
        with place.line() as line:
            line.twin.ring(number)
            assert line.events.next(Ringing) == Ringing(number, caller_name=name)
            line.twin.far_end_hangs_up()
            assert line.events.next(Ended) == Ended("normal")
            assert len(line.events.of(Ringing)) == 1

    return story


def withheld(form: IdentityForm) -> Story:
    def story(place: Place) -> None:
        place.faults.identity = form
        with place.line() as line:
            for reason in ("P", "O"):
                place.faults.withheld_as = reason
                line.twin.ring("")
                assert line.events.next(Ringing) == Ringing("")
                line.twin.far_end_hangs_up()
                line.events.next(Ended)

    return story


def unnamed(form: IdentityForm) -> Story:
    """Announced without a number after the second ring, and not before."""

    def story(place: Place) -> None:
        place.faults.identity = form
        with place.line() as line:
            line.twin.ring(NUMBER)
            assert line.events.next(Ringing) == Ringing("")
            assert fxo_twin(line).rings >= 2
            line.modem.answer()
            line.events.next(Answered)

    return story


def is_a_message_and_no_call(place: Place) -> None:
    """Caller ID that no ring follows: a message waiting. The next caller is not taken for it."""
    with place.line() as line:
        fxo_twin(line).says(b"\r\nNMBR=600000000\r\n")
        wait_for("it is over", _passed(0.6))
        place.faults.identity = "none"
        line.twin.ring(NUMBER)
        assert line.events.next(Ringing) == Ringing("")


# Calls out.


def waits_for_a_dial_tone(place: Place) -> None:
    place.faults.dial_tone_ms = 700  # longer than any other answer takes
    with place.line() as line:
        goes_out(line)
        assert ("dialled", NUMBER) in line.twin_events
        assert [one for one in line.twin.commands if one.startswith(("ATX", "ATD"))] == ["ATX4", f"ATDT{NUMBER};"]


def says_that_there_is_no_dial_tone(place: Place) -> None:
    place.faults.no_dial_tone = True
    with place.line() as line:
        line.modem.dial(NUMBER)
        assert line.events.next(Ended) == Ended("failed")
        assert "is the telephone line plugged in" in line.events.health("degraded").detail
        place.faults.no_dial_tone = False
        goes_out(line)
        line.events.next(Answered)
        line.modem.hang_up()
        line.events.health("up")


def answered_by(sign: AnswerSign, evidence: str) -> Story:
    def story(place: Place) -> None:
        place.faults.answer_sign, place.faults.tells_ringback = sign, True
        with place.line(ringback_gone_ms=2_000) as line:
            goes_out(line)
            fxo_twin(line).far_end_rings()
            line.events.next(RingingThere)
            wait_for("rings there", _passed(0.9))  # past the exchange's switching
            assert not line.events.of(Answered)
            line.twin.far_end_answers()
            assert line.events.next(Answered).evidence == evidence
            wait_for("the loop is settled", _passed(1.6))
            assert not line.events.of(Ended)
            line.twin.far_end_hangs_up()
            over(line, Ended("normal"))

    return story


def answered_when_it_rings_no_more(place: Place) -> None:
    place.faults.tells_ringback = True
    with place.line() as line:
        goes_out(line)
        fxo_twin(line).far_end_rings()
        line.events.next(RingingThere)
        wait_for("more rings than it would be assumed without", _passed(0.6))
        assert not line.events.of(Answered)
        line.twin.far_end_answers()
        assert line.events.next(Answered) == Answered("assumed")
        assert len(line.events.of(RingingThere)) == 1


def answered_when_nothing_is_heard(place: Place) -> None:
    with place.line() as line:
        goes_out(line)
        line.twin.far_end_answers()
        assert line.events.next(Answered) == Answered("assumed")


def nobody_answers(place: Place) -> None:
    place.faults.tells_ringback = True
    with place.line(no_answer_ms=1_200) as line:
        goes_out(line)
        fxo_twin(line).far_end_rings()
        over(line, Ended("no_answer"))


def an_emergency_rings_as_long_as_it_takes(place: Place) -> None:
    """Hanging up would lose its turn there."""
    place.faults.tells_ringback = True
    with place.line(no_answer_ms=400) as line:
        goes_out(line, emergency=True)
        fxo_twin(line).far_end_rings()
        line.events.next(RingingThere)
        wait_for("longer than others may ring", _passed(0.8))
        assert not line.events.of(Ended)
        line.twin.far_end_answers()
        line.events.next(Answered)


def is_busy(place: Place) -> None:
    with place.line() as line:
        goes_out(line)
        line.twin.far_end_is_busy()
        assert not line.events.of(Answered)
        over(line, Ended("busy"))


def is_congested(place: Place) -> None:
    with place.line() as line:
        goes_out(line)
        fxo_twin(line).far_end_is_congested()
        over(line, Ended("congestion"))


def is_refused_with_a_message(place: Place) -> None:
    """The three rising tones (SIT) before "the number you dialled"."""
    with place.line() as line:
        goes_out(line)
        fxo_twin(line).tells("J")
        over(line, Ended("failed"))


def a_late_dial_tone_is_that_from_before(place: Place) -> None:
    with place.line() as line:
        goes_out(line)
        fxo_twin(line).tells("d")
        line.twin.far_end_answers()
        line.events.next(Answered)
        assert not line.events.of(Ended)


def a_break_of_the_loop_just_after_dialling_is_switching(place: Place) -> None:
    with place.line() as line:
        goes_out(line)
        fxo_twin(line).tells("l")
        assert line.events.next(Answered) == Answered("assumed")


def is_given_up_while_dialling(place: Place) -> None:
    place.faults.digit_ms = 120
    with place.line() as line:
        line.modem.dial(NUMBER)
        wait_for("dialling", lambda: b"ATDT" in place.written)
        told_s: list[float] = []
        line.events.on_event = lambda event: told_s.append(now_s())
        begun_s = now_s()
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        assert told_s[0] - begun_s < 0.8, "the digits alone take 1.1 s"
        assert fxo_twin(line).calls == []
        line.events.skip()
        comes_in(line)


def is_given_up_before_it_dials(place: Place) -> None:
    """The modem is still being prepared after the call before: nothing may lift the line for nobody."""
    with place.line() as line:
        comes_in(line)
        line.modem.hang_up()
        line.events.next(Ended)
        line.modem.dial(NUMBER)
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        wait_for("it is prepared", lambda: line.twin.commands[-1].startswith("AT+VSM") or None)
        wait_for("nothing more comes of it", _passed(0.3))
        assert line.twin.commands.count("AT+VLS=1") == 1
        assert not fxo_twin(line).lifted
        line.events.skip()
        comes_in(line)


def is_given_up_while_it_rings(place: Place) -> None:
    place.faults.tells_ringback = True
    with place.line() as line:
        goes_out(line)
        fxo_twin(line).far_end_rings()
        line.events.next(RingingThere)
        line.modem.hang_up()
        over(line, Ended("normal", by_us=True))
        assert fxo_twin(line).calls[0].over == "host"


# How calls end that nobody tells the end of.


def ends_by(sign: HangUpSign, dead_line_ms: int = 300_000) -> Story:
    def story(place: Place) -> None:
        place.faults.hang_up_sign, place.faults.answer_sign = sign, "polarity" if sign == "polarity" else "none"
        with place.line(dead_line_ms=dead_line_ms) as line:
            goes_out(line)
            wait_for("past the exchange's switching", _passed(0.9 if sign == "polarity" else 0))
            line.twin.attach_far_end(_speaks)
            line.twin.far_end_answers()
            line.events.next(Answered)
            wait_for("some talk", _passed(1.7))
            assert not line.events.of(Ended)
            line.twin.far_end_hangs_up()
            over(line, Ended("normal"))

    return story


def hangs_up_as_soon_as_answered(place: Place) -> None:
    """By a break of the loop, which so shortly after the answer's reversal may belong to it."""
    place.faults.answer_sign, place.faults.hang_up_sign, place.faults.tells_ringback = "polarity", "loop_break", True
    with place.line(ringback_gone_ms=2_000) as line:
        goes_out(line)
        fxo_twin(line).far_end_rings()
        line.twin.far_end_answers()
        assert line.events.next(Answered) == Answered("polarity")
        line.twin.far_end_hangs_up()
        over(line, Ended("normal"))


def a_quiet_caller_is_no_dead_line(place: Place) -> None:
    """Who only listens is as quiet as the line's noise; our own voice comes back as an echo."""
    with place.line(dead_line_ms=700) as line:
        line.twin.attach_far_end(_quieter)
        line.modem.attach_sound(_speaks)
        comes_in(line)
        wait_for("two seconds", _passed(2.0))
        assert line.twin.call_state == "connected"


# The modem while nobody calls.


def is_found_stuck_before_anybody_calls(place: Place) -> None:
    power = TwinPower(lambda: fxo_twin(place.lines[-1]))
    with place.line(power=power) as line:
        fxo_twin(line).wedge()
        assert "unplug" in line.events.health("down").detail
        line.events.health("up")
        assert power.cycles == 1
        comes_in(line)


def starts_anew_in_a_call(place: Place) -> None:
    """It takes our sound for commands now, and answers ERROR."""
    with place.line(dtr=True) as line:
        comes_in(line)
        fxo_twin(line).reboot()
        assert line.events.next(Ended) == Ended("line_lost")
        wait_for("it is prepared", lambda: fxo_twin(line).ready_for_calls)
        line.events.skip()
        comes_in(line)


def is_prepared_again_after_it_started_anew(place: Place) -> None:
    with place.line() as line:
        fxo_twin(line).reboot()
        wait_for("it is asked", lambda: line.twin.commands.count("AT+VCID=1") > 1)
        comes_in(line)


def _passed(seconds: float) -> Callable[[], bool]:
    """By the clock of the driver and the twin."""
    end_s = now_s() + seconds
    return lambda: now_s() >= end_s


def _speaks(heard: bytes, said_bytes: int | None = None, /) -> bytes:
    wanted = len(heard) if said_bytes is None else said_bytes
    return (b"\x00\x10\x00\xf0" * wanted)[:wanted]


def _quieter(heard: bytes) -> bytes:
    samples = array("h", heard)
    return array("h", (sample // 16 for sample in samples)).tobytes()


ROWS: tuple[Row, ...] = (
    ("`DATE=0117 TIME=1452 NMBR=… NAME=…`, one a line", BOTH, named("plain", 1, name=NAME)),
    ("it may come between 0 and 2 RINGs: 0", BOTH, named("plain", 0)),
    ("it may come between 0 and 2 RINGs: 2", BOTH, named("plain", 2)),
    ("older Rockwell puts spaces round `=`", BOTH, named("spaced", 1, name=NAME)),
    ("NAME … may be missing", ONE, named("number_only", 1)),
    ("everything may be missing", BOTH, unnamed("none")),
    ("`P` private, `O` out of area", BOTH, withheld("plain")),
    ("`P` private, `O` out of area, with spaces", ONE, withheld("spaced")),
    ("`MESG = …` is raw MDMF", BOTH, named("raw", 1, name=NAME)),
    ("`MESG = …`, its checksum with it", ONE, named("raw_summed", 0, name=NAME)),
    ("`MESG = 0603…`: parameters alone", ONE, named("raw_parameters", 2, name=NAME)),
    ("`MESG = …` in SDMF (GR-30)", ONE, named("raw_sdmf", 1)),
    ("`MESG = …` withheld", ONE, withheld("raw_summed")),
    ("`MESG = …` with a wrong checksum", BOTH, unnamed("raw_wrong_sum")),
    ("caller ID that no ring follows", ONE, is_a_message_and_no_call),
    ("wait for dial tone", BOTH, waits_for_a_dial_tone),
    ("no dial tone is said", BOTH, says_that_there_is_no_dial_tone),
    ("answer evidence: voice detected", BOTH, answered_by("voice", "voice_detected")),
    ("answer evidence: a fax or a modem answers", ONE, answered_by("answer_tone", "voice_detected")),
    ("answer evidence: polarity", BOTH, answered_by("polarity", "polarity")),
    ("answer evidence: polarity told as loop break `l`", BOTH, answered_by("loop_break", "polarity")),
    ("answer evidence: assumed, ringing there is over", ONE, answered_when_it_rings_no_more),
    ("answer evidence: assumed", BOTH, answered_when_nothing_is_heard),
    ("no answer", ONE, nobody_answers),
    ("no answer", ONE, an_emergency_rings_as_long_as_it_takes),
    ("busy", BOTH, is_busy),
    ("congestion", ONE, is_congested),
    ("refused by a message", ONE, is_refused_with_a_message),
    ("`d` told late", ONE, a_late_dial_tone_is_that_from_before),
    ("`l` of the exchange's switching", ONE, a_break_of_the_loop_just_after_dialling_is_switching),
    ("we give up while it dials", BOTH, is_given_up_while_dialling),
    ("we give up before it dials", BOTH, is_given_up_before_it_dials),
    ("we give up while it rings there", ONE, is_given_up_while_it_rings),
    ("the far end hangs up: busy", ONE, ends_by("busy")),
    ("an answer shown by polarity after it was assumed, and the hang-up too", ONE, ends_by("polarity")),
    ("a break of the loop after the answer was assumed, and silence", ONE, ends_by("loop_break")),
    ("`l` within a moment of the answer's reversal", ONE, hangs_up_as_soon_as_answered),
    ("the far end hangs up: silence", BOTH, ends_by("none", dead_line_ms=900)),
    ("The port wedges while nobody calls.", BOTH, is_found_stuck_before_anybody_calls),
    ("it starts anew and its tty stays", BOTH, is_prepared_again_after_it_started_anew),
    ("it starts anew in a call and its tty stays", BOTH, starts_anew_in_a_call),
    ("a caller on hold says nothing", ONE, a_quiet_caller_is_no_dead_line),
)
GROUPS = groups(ROWS)


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_calls_of_analogue_lines(group: int, tmp_path: Path) -> None:
    tell(GROUPS[group], tmp_path)
