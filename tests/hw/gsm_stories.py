"""The stories of the table of behaviours (`test_gsm_behaviours`): what happens on the line, and which bytes show it."""

import os
import re
from collections.abc import Callable

from hw.at_modem_sim_sound import NMEA
from hw.devices import Answered, Dialling, Ended, Health, Ringing, RingingThere
from tests.hw.gsm_story import CALLED, NUMBER, Line
from tests.sound import level_dbfs
from tests.waiting import wait_for

# SIM7600.


def two_calls_with_sound(line: Line) -> None:
    for _ in range(2):
        line.call_in()
        line.sound()
        line.they_hang_up()
    assert line.is_up()


def sound_only_once_active(line: Line) -> None:
    line.twin.ring(NUMBER)
    line.events.next(Ringing)
    assert "AT+CPCMREG=1" not in line.twin.commands
    line.modem.answer()
    line.sound()
    assert line.order("ATA", "AT+CPCMREG=1")
    assert b"AT+CPCMREG=1\r\r\nOK" in line.tape.heard


def frames_are_whole_and_padded(line: Line) -> None:
    """A user that has too little, nothing, or too much to say: the network hears frames of 320 bytes all the same."""
    lengths = [0, 1, 7, 159, 319, 321, 2000]
    network: list[bytes] = []

    def say(heard: bytes, said_bytes: int | None = None, /) -> bytes:
        length = lengths[len(network) % len(lengths)]
        return b"\x01\x10" * (length // 2) + b"\x01" * (length % 2)

    def hear(heard: bytes) -> bytes:
        network.append(heard)
        return bytes(len(heard))

    line.twin.attach_far_end(hear)
    line.modem.attach_sound(say)
    line.call_in()
    wait_for("a second of frames", lambda: len(network) > 50)
    assert {len(frame) for frame in network} == {320}
    # Never half a sample aside: the pattern is where it was put, and silence is all that is added.
    assert {frame[at : at + 2] for frame in network for at in range(0, 320, 2)} <= {
        b"\x01\x10",
        b"\x00\x00",
        b"\x01\x00",
    }
    assert line.twin.sound.underruns < 10


def first_error_costs_a_restart(line: Line) -> None:
    line.call_in()
    line.they_hang_up()
    line.call_in()
    assert "refused to start its sound" in line.events.health("degraded").detail
    line.they_hang_up()
    line.events.health("up")
    assert b"AT+CPCMREG=1\r\r\nERROR" in line.tape.heard
    assert line.twin.commands.count("AT+CRESET") == 1
    assert not [command for command in line.twin.commands if command.startswith("AT+CFUN")]
    line.call_in()
    line.sound()


def outgoing_list_by_itself(line: Line) -> None:
    line.call_out()
    line.they_hang_up()
    wait_for("all that is to be heard", lambda: b"NO CARRIER" in line.tape.heard)
    assert line.tape.in_order(*(f'+CLCC: 1,0,{status},0,0,"{CALLED}"'.encode() for status in (2, 3, 0, 6)))


def ends_as_told(first: bytes, second: bytes) -> Callable[[Line], None]:
    def story(line: Line) -> None:
        line.call_in()
        line.tape.heard.clear()
        line.they_hang_up()
        line.call_in()
        line.they_hang_up()
        assert (first in line.tape.heard) == bool(first) and (not second or line.tape.in_order(first, second))

    return story


def ends_untold(line: Line) -> None:
    line.whole_story()
    for said in (b"END", b"NO CARRIER", b'ccinfo",1,1,-1'):
        assert said not in line.tape.heard


def begin_before_ok(line: Line) -> None:
    line.whole_story()
    assert re.search(rb"ATA\r\r\nVOICE CALL: BEGIN\r\n(\r\n\+CLCC: [^\r]*\r\n)?\r\nOK", line.tape.heard)


def missed_call(line: Line) -> None:
    line.twin.ring(NUMBER)
    line.events.next(Ringing)
    line.they_hang_up()
    assert f"MISSED_CALL: 11:01AM {NUMBER}".encode() in line.tape.heard
    assert b"NO CARRIER" not in line.tape.heard
    line.call_in()


def cring_framing(line: Line) -> None:
    line.call_in()
    assert b"\r\r\n+CRING: VOICE\r\r\n" in line.tape.heard


def late_hangup(line: Line) -> None:
    line.call_in()
    line.they_hang_up()
    line.call_in()
    wait_for("it was said", lambda: b"HANGUP" in line.tape.heard, 90)
    line.sound()
    assert line.twin.call_state == "active"
    assert len(line.events.of(Ended)) == 1


# EC25 / EG25-G.


def cycled_at_boot_and_for_each_call(line: Line) -> None:
    """It says it is on and stays silent unless it was switched off and on since power-up, and for each call."""
    cycle = ("AT+QPCMV=0", "AT+QPCMV=1,0")
    assert line.order('AT+QGPSCFG="outport","none"', *cycle)
    line.call_in()
    line.sound()
    line.they_hang_up()
    line.call_in()
    line.sound()
    assert line.order(*cycle, "ATA", *cycle, "ATA", *cycle)


def nothing_but_the_call_is_heard(line: Line) -> None:
    line.twin.attach_far_end(lambda heard: bytes(len(heard)))
    line.call_in()
    wait_for("sound", lambda: len(line.host.heard) > 8_000)
    assert NMEA not in line.host.heard and level_dbfs(bytes(line.host.heard)) < -60


def pauses_when_told(line: Line) -> None:
    line.call_in()
    wait_for("sound", lambda: line.twin.sound.frames > 20)
    writer = os.open(line.twin.audio_port, os.O_WRONLY | os.O_NOCTTY)
    os.write(writer, bytes(320 * 21))  # its buffer of 25 frames fills
    os.close(writer)
    wait_for("it goes on", lambda: line.tape.in_order(b"+QPCMV: 0,0", b"+QPCMV: 1,0"))
    line.sound()
    assert line.twin.sound.overruns == 0


def rings_without_ring(line: Line) -> None:
    line.call_in()
    assert b"RING\r" not in line.tape.heard
    assert line.tape.in_order(b"+CLIP: ", b'+QIND: "ccinfo",1,1,4,0,0,') or line.tape.in_order(b'"ccinfo"', b"+CLIP: ")
    line.they_hang_up()


def phantom(line: Line) -> None:
    line.whole_story()
    assert line.tape.heard.count(b'+CLCC: 3,0,0,1,0,"",128') > 8


def dsci(line: Line) -> None:
    line.whole_story()
    assert line.tape.in_order(
        f"^DSCI: 1,1,4,0,{NUMBER},129".encode(),
        f"^DSCI: 1,1,0,0,{NUMBER},129".encode(),
        f"^DSCI: 1,0,2,0,{CALLED},129".encode(),
    )


def answered_at_once(line: Line) -> None:
    line.modem.dial(CALLED)
    line.events.next(Answered)
    line.sound()
    assert line.events.of(Dialling, RingingThere, Answered) == [Dialling(), Answered("signalled")]
    first = re.search(rb"\+CLCC: ([^\r]*)", line.tape.heard)
    assert first is not None and first[1].startswith(b"1,0,0,0,0,")
    line.they_hang_up()


# Huawei.


def huaweis_own_news(line: Line) -> None:
    line.call_out()
    line.sound()
    line.they_hang_up()
    assert line.tape.in_order(b"^ORIG:1,0", b"^CONF:1", b"^CONN:1,0", b"^CEND:1,")
    assert b"NO CARRIER" not in line.tape.heard
    assert line.order(f"ATD{CALLED};", "AT^DDSETEX=2")


def caller_gives_up_by_cend(line: Line) -> None:
    line.twin.ring(NUMBER)
    line.events.next(Ringing)
    line.they_hang_up()
    assert b"^CEND:1," in line.tape.heard and b"NO CARRIER" not in line.tape.heard
    line.call_in()


def hung_up_before_conf(line: Line) -> None:
    """AT+CHUP does nothing here either: rather a call that the restart ends than a stick that is dead."""
    line.faults.alert_after_ms = 60_000
    line.call_out(answered=False)
    assert b"^CONF" not in line.tape.heard
    line.we_hang_up()
    assert not [command for command in line.twin.commands if command.startswith("AT+CHLD=1")]
    line.faults.chup_does_nothing, line.faults.alert_after_ms = False, 30
    line.events.health("up")
    line.call_in()


def hung_up_after_conf(line: Line) -> None:
    line.call_out(answered=False)
    wait_for("the network took it", lambda: b"^CONF:1" in line.tape.heard)
    line.we_hang_up()
    assert line.twin.commands.count("AT+CHLD=11") == 1
    line.faults.chup_does_nothing = False
    line.call_in()


# Those that have no voice, or none for us.


def refused_without_voice(line: Line) -> None:
    line.events.next(Health, where=lambda health: "no voice" in health.detail)
    assert "A7670E-LASE has no voice: it carries data and messages only" in line.events.all[-1].detail  # type: ignore[union-attr]  # a Health
    assert line.tape.in_order(b"AT+CPCMREG=?", b"ERROR")
    line.modem.dial(CALLED)
    assert line.events.next(Ended) == Ended("line_lost")
    assert not [command for command in line.twin.commands if command.startswith("ATD")]


def offered_after_it_was_asked(line: Line) -> None:
    assert line.tape.in_order(b"AT+CPCMREG=?", b"+CPCMREG: (0-1)", b"OK")
    line.call_in()
    line.sound()


def brown_out(line: Line) -> None:
    line.call_in()
    line.tape.heard.clear()
    line.twin.reboot()
    assert line.events.next(Ended) == Ended("line_lost")
    line.events.health("up")
    assert b"RDY\r\n" in line.tape.heard
    line.call_in()
    assert b"+CRING: VOICE" in line.tape.heard  # what it was told to say is in force again


def brown_out_unsaid(line: Line) -> None:
    line.call_in()
    line.twin.reboot()
    assert line.events.next(Ended).cause in ("line_lost", "normal")
    wait_for("told again what to say", lambda: line.twin.commands.count("AT+CLIP=1") == 2)
    wait_for("in service", lambda: line.is_up() and line.twin.commands[-1] != "AT+CLIP=1")
    line.call_in()


# Every model.


def news_everywhere(line: Line) -> None:
    line.whole_story()
    assert re.search(rb"\r\n(\^RSSI|\^HCSQ|\+CSQ|\+CREG)[^\r]*\r\nAT\+", line.tape.heard), "before the echo"
    inside = rb"AT\+[A-Z]+[=?0-9]*\r\r\n(\^RSSI|\^HCSQ|\+CREG|\+CSQ)[^\r]*\r\n(\r\n[^\r]+\r\n)?\r\nOK"
    assert re.search(inside, line.tape.heard), "inside an answer"


def a_call_in_a_list(line: Line) -> None:
    """The list is asked because of late news; the call that rings inside its answer is not in it."""
    line.tape.heard.clear()
    line.faults.rings_in_next_list = NUMBER
    line.twin.say({"sim7600": "HANGUP", "generic_27007": "NO CARRIER"}.get(line.rig.model, "^CEND:1,7,104,16"))
    assert line.events.next(Ringing).caller == NUMBER
    assert re.search(rb"AT\+CLCC[\r\n]+\+CRING: VOICE[\r\n]+(\+CLCC: 1,1,4[^\r]*[\r\n]+)?OK", line.tape.heard)
    line.modem.answer()
    line.events.next(Answered)
    line.they_hang_up()


def empty_twice(line: Line) -> None:
    line.call_in()
    before = bytes(line.tape.heard)
    line.they_hang_up()
    empty = b"AT+CLCC\r\r\nOK"
    assert line.tape.heard.count(empty) >= before.count(empty) + 2
    assert b"NO CARRIER" not in line.tape.heard[len(before) :]


def restarted_as(marker: bytes) -> Callable[[Line], None]:
    def story(line: Line) -> None:
        line.call_in()
        line.tape.heard.clear()
        line.twin.reboot()
        assert line.events.next(Ended) == Ended("line_lost")
        line.events.health("up")
        assert marker in line.tape.heard
        line.call_in()
        line.sound()

    return story


def deaf_until_its_banner(line: Line) -> None:
    assert not line.twin.commands
    line.events.health("up")
    assert line.tape.sent.startswith(b"\x1bATE1\rATE1\r")  # what it did not hear
    assert line.tape.heard.startswith(b"\r\n*ATREADY: 1\r\n\r\nRDY")
    line.call_in()


def stale_sound_is_not_heard(line: Line) -> None:
    line.call_in()
    line.sound()
    line.they_hang_up()
    line.twin.attach_far_end(lambda heard: bytes(len(heard)))
    line.host.heard.clear()
    line.call_in()
    wait_for("sound", lambda: len(line.host.heard) > 8_000)
    assert level_dbfs(bytes(line.host.heard)) < -60
