"""Analogue voice modems at their worst, over real pseudo-terminals: caller ID, silent hang-ups, stuck ports."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Literal

import pytest

from hw import g711
from hw.at_conversation_sim import AnswerFaults
from hw.devices import Answered, Dialling, Digit, Ended, Health, LineEvent, Ringing
from hw.fxo_modem_sim import FxoModemTwin
from hw.fxo_modem_sim_faults import FxoFaults
from hw.serial_transport import SerialTransport, Transport
from tests.hw.modem_rig import FXO_MODELS, Rig, at_once, quick_fxo_faults, rig
from tests.waiting import wait_for

NUMBER = "934445566"
Style = Literal["plain", "spaced", "raw"]
Sign = Literal["busy", "dial_tone", "loop_break", "end"]
IDENTITIES: tuple[tuple[Style, int], ...] = (("plain", 0), ("plain", 1), ("plain", 2), ("spaced", 1), ("raw", 1))
SIGNS: tuple[Sign, ...] = ("busy", "dial_tone", "loop_break", "end")
LEAVINGS: tuple[tuple[str, Sign], ...] = tuple(product(FXO_MODELS, SIGNS))


def _twin(line: Rig) -> FxoModemTwin:
    assert isinstance(line.twin, FxoModemTwin)
    return line.twin


def _call(line: Rig, number: str = NUMBER) -> None:
    wait_for("the line is free", lambda: line.twin.call_state == "")
    line.twin.ring(number)
    assert line.events.next(Ringing).caller == number
    line.modem.answer()
    line.events.next(Answered)
    wait_for("sound", lambda: line.twin.sound.running)


@at_once(*IDENTITIES)
def test_caller_id_in_every_form_before_between_and_after_the_rings(case: tuple[Style, int], tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.identity, faults.identity_after_rings = case
    with rig(tmp_path, "cx93010", faults) as line:
        line.twin.ring(NUMBER)
        assert line.events.next(Ringing).caller == NUMBER
        line.twin.far_end_hangs_up()
        line.events.next(Ended)
        line.twin.ring("")
        assert line.events.next(Ringing).caller == ""


def test_a_line_without_caller_id_is_announced_after_the_second_ring(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.identity = "none"
    with rig(tmp_path, "usr5637", faults) as line:
        rings: list[int] = []
        line.events.on_event = lambda event: rings.append(_twin(line).rings)
        line.twin.ring(NUMBER)
        assert line.events.next(Ringing).caller == ""
        assert rings[0] in (2, 3), "a late thread may hear the third before it speaks of the second"
        line.modem.answer()
        line.events.next(Answered)


def test_a_caller_who_gives_up_before_being_announced_was_nobody(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.identity = "none"
    with rig(tmp_path, "cx93010", faults) as line:
        line.twin.ring(NUMBER)
        line.twin.far_end_hangs_up()
        faults.identity = "plain"
        _call(line)
        assert line.events.of(Ringing, Ended) == [Ringing(NUMBER)]


def test_a_ring_told_twice_is_one_ring(tmp_path: Path) -> None:
    """Caller ID after the second ring is still waited for."""
    faults = quick_fxo_faults()
    faults.ring_twice, faults.identity_after_rings = True, 2
    with rig(tmp_path, "cx93010", faults) as line:
        line.twin.ring(NUMBER)
        assert line.events.next(Ringing).caller == NUMBER


@at_once(*LEAVINGS)
def test_however_the_far_ends_leaving_shows(case: tuple[str, Sign], tmp_path: Path) -> None:
    model, sign = case
    faults = quick_fxo_faults()
    faults.hang_up_sign = sign
    with rig(tmp_path, model, faults) as line:
        _call(line)
        line.twin.far_end_hangs_up()
        assert line.events.next(Ended) == Ended("normal")
        _call(line)


def test_a_voice_taken_for_a_busy_tone_once_ends_nothing(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.false_busy = True
    with rig(tmp_path, "cx93010", faults) as line:
        _call(line)
        frames = line.twin.sound.frames
        wait_for("a second more", lambda: line.twin.sound.frames > frames + 50)
        assert line.twin.call_state == "connected"
        assert not line.events.of(Ended)


def test_digits_that_are_not_wrapped(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.unwrapped_digits = True
    with rig(tmp_path, "cx93010", faults) as line:
        _call(line)
        line.twin.send_digits("55")
        assert [line.events.next(Digit).digit for _ in range(2)] == ["5", "5"]


@pytest.mark.real_time  # whoever is late hears 20 ms of silence in between
def test_sound_full_of_dle_survives(tmp_path: Path) -> None:
    """A far end that says nothing but the sample whose code is 0x10 fills the stream with shielding."""
    heard: list[bytes] = []
    said: list[bytes] = []
    frame = g711.decoder("a_law")(b"\x10" * 160)

    def host(sound: bytes, said_bytes: int | None = None, /) -> bytes:
        heard.append(sound)
        return frame * ((said_bytes or 0) // 320)

    def network(sound: bytes) -> bytes:
        said.append(sound)
        return frame

    with rig(tmp_path, "cx93010") as line:
        line.twin.attach_far_end(network)
        line.modem.attach_sound(host)
        _call(line)
        wait_for("a second of it", lambda: len(heard) > 50 and len(said) > 60)
        wait_for("ours is heard as it is", lambda: set(said[-20:]) == {frame})
    assert {sound[at : at + 320] for sound in heard for at in range(0, len(sound), 320)} == {frame}


def test_split_writes_doubled_and_slow_results(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.answers = AnswerFaults(0.0, 0.4, 0.0, (1, 25), split_writes=True)
    with rig(tmp_path, "usr5637", faults) as line:
        _call(line)
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        line.events.skip()
        _call(line)


def test_results_that_get_lost(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.answers = AnswerFaults(lost_results=0.05)
    with rig(tmp_path, "cx93010", faults) as line:
        for _ in range(3):
            _call(line)
            line.modem.hang_up()
            line.events.next(Ended)


# Ports that get stuck.


def test_an_end_of_duplex_that_is_not_noticed_is_said_otherwise(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.deaf_to_end_of_duplex = 1
    with rig(tmp_path, "cx93010", faults) as line:
        _call(line)
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        _call(line)


class _WithDtr(SerialTransport):
    """A pseudo-terminal whose DTR wire leads to the twin."""

    def __init__(self, port: str, dropped: Callable[[], None]) -> None:
        super().__init__(port)
        self._dropped = dropped

    def set_dtr(self, on: bool) -> bool:
        if not on:
            self._dropped()
        return True


def test_a_modem_stuck_in_sound_is_freed_by_dropping_dtr(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.deaf_to_end_of_duplex, faults.deaf_to_end_of_sound = 1_000, True
    lines: list[Rig] = []

    def open_transport(port: str) -> Transport:
        return _WithDtr(port, lambda: _twin(lines[0]).drop_dtr())

    with rig(tmp_path, "cx93010", faults, open_transport=open_transport) as line:
        lines.append(line)
        _call(line)
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        assert line.twin.commands[-20:].count("ATZ") >= 1
        wait_for("it tells callers' numbers again", lambda: _twin(line).ready_for_calls)
        _call(line)


def test_a_modem_stuck_for_good_is_down_and_says_what_to_do(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.deaf_to_end_of_duplex, faults.deaf_to_end_of_sound = 1_000, True
    with rig(tmp_path, "cx93010", faults) as line:
        _call(line)
        line.modem.hang_up()
        assert line.events.next(Ended).by_us
        assert "unplug" in line.events.health("down").detail


def test_the_port_that_wedges_after_ten_calls_comes_back_with_a_replug(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.wedges_after_calls = 10
    with rig(tmp_path, "cx93010", faults) as line:
        for _ in range(10):
            _call(line)
            line.modem.hang_up()
            assert line.events.next(Ended).by_us
        assert "unplug" in line.events.health("down").detail
        line.twin.unplug()
        line.twin.plug()
        line.events.health("up")
        _call(line)


def test_a_caller_who_gives_up_just_as_we_lift_is_heard_to_be_gone(tmp_path: Path) -> None:
    """Between two rings nothing says that a caller left: we lift, and hear the exchange's dial tone."""
    for model in FXO_MODELS:
        with rig(tmp_path, model) as line:
            gone: list[bool] = []

            def leaves(event: LineEvent, line: Rig = line, gone: list[bool] = gone) -> None:
                if isinstance(event, Ringing) and not gone:
                    gone.append(True)
                    line.twin.far_end_hangs_up()
                    line.modem.answer()

            line.events.on_event = leaves
            line.twin.ring(NUMBER)
            line.events.next(Ringing)
            line.events.next(Answered)
            assert line.events.next(Ended) == Ended("normal")
            _call(line)


# The modem itself.


def test_old_firmware_that_does_not_lift_is_told(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.old_firmware = True
    with rig(tmp_path, "usr5637", faults, until="degraded") as line:
        assert "firmware 1.2.19" in line.events.of(Health)[-1].detail  # type: ignore[union-attr]  # of() gives Health


def test_a_line_that_is_not_plugged_in_is_told_until_it_dials_again(tmp_path: Path) -> None:
    faults = quick_fxo_faults()
    faults.no_dial_tone = True
    with rig(tmp_path, "cx93010", faults) as line:
        line.modem.dial(NUMBER)
        assert line.events.next(Ended) == Ended("failed")
        assert "no dial tone" in line.events.health("degraded").detail
        faults.no_dial_tone = False
        line.modem.dial(NUMBER)
        line.events.next(Dialling)
        line.events.next(Answered)
        line.modem.hang_up()
        line.events.health("up")


def test_an_international_number_is_dialled_with_00(tmp_path: Path) -> None:
    with rig(tmp_path, "cx93010") as line:
        line.modem.dial("+34934445566")
        line.events.next(Dialling)
        assert ("dialled", "0034934445566") in line.twin_events


def test_sixteen_bit_sound_overruns_the_twin_as_it_does_the_device(tmp_path: Path) -> None:
    """The twin is no kinder than the modem: a profile with +VSM=133 would lose half of the sound."""
    twin = FxoModemTwin(tmp_path, faults=FxoFaults(boot_ms=10))
    twin.start()
    port = SerialTransport(twin.port)
    heard = bytearray()

    def heard_until(what: bytes) -> Callable[[], bool]:
        def look() -> bool:
            heard.extend(port.read())
            return what in heard

        return look

    try:
        wait_for("its start", lambda: port.write(b"AT\r") and heard_until(b"OK")())
        for command in (b"AT+VTR", b"AT+VLS=1", b"AT+VSM=133,8000"):
            heard.clear()
            port.write(command + b"\r")
            wait_for(f"{command!r} refused in class 0", heard_until(b"ERROR"))
        for command in (b"AT+FCLASS=8", b"AT+VLS=1", b"AT+VSM=133,8000"):
            heard.clear()
            port.write(command + b"\r")
            wait_for(f"{command!r} taken", heard_until(b"OK"))
        port.write(b"AT+VTR\r")
        wait_for("an overrun told", heard_until(b"\x10o"))
        port.write(b"\x10\x18")
        heard.clear()
        wait_for("<DLE><CAN> changes nothing", heard_until(b"\x10o"))
    finally:
        port.close()
        twin.close()
