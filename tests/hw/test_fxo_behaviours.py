"""What real analogue modems do, one row each with the sentence it comes from, through the real driver on a pty.

Every read of the driver is cut into pieces by chance (seeded), and so is what the twin writes.
"""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from hw import g711
from hw.devices import Answered, Dialling, Digit, Ended, Found, Health, LineEvent, Ringing, RingingThere
from tests.hw.fxo_stories import (
    NUMBER,
    Place,
    Row,
    TwinPower,
    comes_in,
    fxo_twin,
    goes_on,
    goes_out,
    groups,
    over,
    raw,
    tell,
)
from tests.hw.modem_rig import FXO_MODELS, Rig
from tests.sound import ToneEnd, level_dbfs
from tests.waiting import wait_for

ALL_DIGITS = "0123456789*#ABCD"


def _of_calls(line: Rig) -> list[LineEvent]:
    return line.events.of(Ringing, Dialling, RingingThere, Answered, Ended, Found)


# Conexant CX93010/93001 and US Robotics USR5637.


def asks_nothing_of_vtr(place: Place) -> None:
    with raw(place.folder / "raw", place.model, place.faults) as (_, port):
        assert port.ask("AT+FCLASS=8") == "OK"
        assert port.ask("AT+VTR=?") == "ERROR"
    with place.line() as line:
        comes_in(line)
        assert "AT+VTR=?" not in line.twin.commands


def takes_a_format_that_fits(place: Place) -> None:
    code = {"cx93010": 132, "usr5637": 130}[place.model]
    with place.line() as line:
        comes_in(line)
        fxo_twin(line).sound.overruns = 0
        goes_on(line)
        assert f"AT+VSM={code},8000" in line.twin.commands
        assert fxo_twin(line).sound.overruns == 0


def full_duplex_at_8000_bytes(place: Place) -> None:
    with place.line() as line:
        comes_in(line)
        frames, written = line.twin.sound.frames, len(place.written)
        wait_for("two seconds of frames", lambda: line.twin.sound.frames >= frames + 100)

        def as_many() -> bool:
            """Looked at again where a thread was late just now."""
            return abs(len(place.written) - written - (line.twin.sound.frames - frames) * 160) <= 5 * 160

        wait_for("as many codes for the modem as frames it had", as_many)


def is_freed_from_receiving(place: Place) -> None:
    with place.line(until="", dtr=True) as line:
        line.modem.close()
        fxo_twin(line).receive_only()
        line.modem = line.new_modem()
        line.modem.start()
        line.events.next(Found)  # sound that flows is a call that is up, as far as anybody can tell
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        assert b"\x10\x18" not in place.written
        said = [one for one in line.twin.commands if one in ("ATH0", "AT+FCLASS=0", "ATZ")]
        assert said == ["ATH0", "AT+FCLASS=0", "ATZ"]
        wait_for("it tells callers' numbers again", lambda: fxo_twin(line).ready_for_calls)
        line.events.skip()
        comes_in(line)


def is_down_without_dtr(place: Place) -> None:
    place.faults.deaf_to_end_of_duplex, place.faults.deaf_to_end_of_sound = 1_000, True
    with place.line() as line:
        comes_in(line)
        line.modem.hang_up()
        assert line.events.next(Ended).by_us
        assert "unplug" in line.events.health("down").detail
        wait_for("it was tried again", lambda: len(place.transports) > 2)
        assert not line.events.of(Found), "what a stuck modem goes on sending is no call"


def is_freed_by_usb_power(place: Place) -> None:
    place.faults.wedges_after_calls = 10
    power = TwinPower(lambda: fxo_twin(place.lines[-1]))
    with place.line(power=power) as line:
        for _ in range(11):
            comes_in(line)
            line.modem.hang_up()
            assert line.events.next(Ended).by_us
            if power.cycles == 0 and line.twin.call_state == "" and fxo_twin(line).wedged:
                assert "unplug" in line.events.health("down").detail
                line.events.health("up")
        assert power.cycles == 1
        assert any("power of its USB socket 1-1.3 is switched" in one.detail for one in _health(line))


def says_that_power_cannot_be_cut(place: Place) -> None:
    power = TwinPower(lambda: fxo_twin(place.lines[-1]), refuses="the hub cannot switch its ports")
    with place.line(power=power) as line:
        fxo_twin(line).wedge()
        line.modem.dial(NUMBER)
        assert line.events.next(Ended) == Ended("line_lost")
        line.events.next(Health, where=lambda one: "the hub cannot switch" in one.detail)
        fxo_twin(line).unplug()
        fxo_twin(line).plug()
        line.events.health("up")


def rings_as_an_event_in_class_8(place: Place) -> None:
    with raw(place.folder / "raw", place.model, place.faults) as (twin, port):
        assert port.ask("AT+FCLASS=8") == "OK"
        port.heard.clear()
        twin.ring(NUMBER)
        wait_for("a ring", lambda: port.has(b"\x10R"))
        assert b"RING" not in port.heard
    with place.line() as line:
        line.twin.ring(NUMBER)
        assert line.events.next(Ringing).caller == NUMBER


def is_told_its_country(place: Place) -> None:
    with place.line() as line:
        assert fxo_twin(line).country == "A0"
        goes_out(line)
    place.faults.country = "B5"
    with place.line() as line:
        line.modem.dial(NUMBER)
        assert line.events.next(Ended) == Ended("failed")
        assert "no dial tone" in line.events.health("degraded").detail


def says_that_its_country_is_refused(place: Place) -> None:
    place.faults.refuses_country = True
    with place.line(until="degraded") as line:
        assert "cannot be set to ES" in _health(line)[-1].detail
        comes_in(line)


def is_told_its_country_again_after_power_was_lost(place: Place) -> None:
    with place.line() as line:
        fxo_twin(line).unplug()
        line.events.health("down")
        fxo_twin(line).plug()
        line.events.health("up")
        assert fxo_twin(line).country == "A0"


def ends_sound_with_a_caret(place: Place) -> None:
    with place.line() as line:
        comes_in(line)
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        assert place.written.count(b"\x10^") == 1
        assert b"\x10\x03" not in place.written
        assert b"\x10\x18" not in place.written


def does_not_lift_with_old_firmware(place: Place) -> None:
    place.faults.old_firmware = True
    with place.line(until="degraded") as line:
        assert "firmware 1.2.19 does not lift" in _health(line)[-1].detail
        line.twin.ring(NUMBER)
        line.events.next(Ringing)
        line.modem.answer()
        assert line.events.next(Ended) == Ended("failed")
        assert not fxo_twin(line).calls[0].answered


def sends_digits_as_sound(place: Place) -> None:
    with raw(place.folder / "raw", place.model, place.faults) as (twin, port):
        digits: list[str] = []
        twin.on_event = lambda kind, detail: digits.append(detail) if kind == "digit" else None
        twin.ring(NUMBER)
        for command in ("AT+FCLASS=8", "AT+VLS=1", "AT+VTS=9", "AT+VTS=[941,1336,12]"):
            assert port.ask(command) == "OK"
        assert digits == (["0"] if place.model == "usr5637" else ["9", "0"])
    with place.line() as line:
        comes_in(line)
        line.modem.send_digits("9")
        wait_for("a 9", lambda: ("digit", "9") in line.twin_events)


def confirms_that_it_lifted(place: Place) -> None:
    with place.line() as line:
        comes_in(line)
        goes_on(line)


# DLE events.


def tells_each_digit_once(place: Place) -> None:
    with place.line() as line:
        comes_in(line)
        line.twin.send_digits(ALL_DIGITS + "55")
        assert "".join(line.events.next(Digit).digit for _ in range(18)) == ALL_DIGITS + "55"


def tells_digits_whose_ends_are_lost(place: Place) -> None:
    place.faults.lost_digit_ends = True
    tells_each_digit_once(place)


def tells_bare_digits(place: Place) -> None:
    place.faults.unwrapped_digits = True
    tells_each_digit_once(place)


def ends_by_sign(sign: str) -> Callable[[Place], None]:
    def story(place: Place) -> None:
        place.faults.hang_up_sign = sign  # type: ignore[assignment]
        with place.line() as line:
            comes_in(line)
            line.twin.far_end_hangs_up()
            over(line, Ended("normal"))

    return story


def is_told_of(characters: str) -> Callable[[Place], None]:
    """Told in a call and without one, this ends nothing and begins nothing."""

    def story(place: Place) -> None:
        with place.line() as line:
            for character in characters:
                fxo_twin(line).tells(character)
            comes_in(line)
            for character in characters:
                fxo_twin(line).tells(character)
            goes_on(line)
            assert _of_calls(line) == [Ringing(NUMBER), Answered("signalled")]

    return story


def any_other_code_is_nothing(place: Place) -> None:
    known = set(b"/~RbdilLKahH\x03\x10\x1a") | set(ALL_DIGITS.encode())
    with place.line() as line:
        comes_in(line)
        for code in set(range(256)) - known:
            fxo_twin(line).tells(chr(code))
        goes_on(line)
        line.twin.send_digits("7")
        assert line.events.next(Digit).digit == "7"


def counts_over_and_underruns(place: Place) -> None:
    with place.line() as line:
        comes_in(line)
        for character in "u" * 30 + "o" * 20:
            fxo_twin(line).tells(character)
        goes_on(line)
        line.modem.hang_up()
        line.events.next(Health, where=lambda one: one.underruns >= 30 and one.overruns >= 20)


def shields_0x10(place: Place) -> None:
    heard, said = list[bytes](), list[bytes]()
    odd, even = (g711.decoder("a_law")(codes) for codes in (b"\x10" * 159 + b"\x2a", b"\x10" * 160))
    ours = itertools.cycle((odd, even, even, odd, odd, odd, even))  # what is as theirs is would be an echo of it

    def host(sound: bytes, said_bytes: int | None = None, /) -> bytes:
        heard.append(sound)
        return b"".join(itertools.islice(ours, (said_bytes or 0) // 320))

    def network(sound: bytes) -> bytes:
        said.append(sound)
        return odd if len(said) % 2 else even

    with place.line() as line:
        line.twin.attach_far_end(network)
        line.modem.attach_sound(host)
        comes_in(line)
        wait_for("a second of it", lambda: len(heard) > 40 and len(said) > 60)
        wait_for("ours as it is, and silence for nothing late", lambda: set(said[-20:]) == {odd, even})
    frames = [sound[at : at + 320] for sound in heard for at in range(0, len(sound), 320)]
    assert set(frames) == {odd, even}
    assert all(one != other for one, other in itertools.pairwise(frames)), "none was lost, none came twice"


def shields_without_sub(place: Place) -> None:
    place.faults.shields_with_sub = False
    shields_0x10(place)


# What breaks naive drivers.


def a_caller_rings_while_it_is_prepared(place: Place) -> None:
    with place.line() as line:
        comes_in(line)
        line.modem.hang_up()
        line.events.next(Ended)
        comes_in(line, "600123123")


def the_second_call_hears_nothing_of_the_first(place: Place) -> None:
    place.faults.stale_audio = True
    with place.line() as line:
        comes_in(line)
        line.modem.hang_up()
        line.events.next(Ended)
        second = ToneEnd(1000)
        line.modem.attach_sound(second)
        comes_in(line)
        wait_for("its sound", lambda: len(second.heard) > 8_000)
        assert level_dbfs(bytes(second.heard)) < -60


def is_unplugged_in_a_call(place: Place) -> None:
    with place.line() as line:
        comes_in(line)
        fxo_twin(line).unplug()
        assert line.events.next(Ended) == Ended("line_lost")
        fxo_twin(line).plug()
        line.events.health("up")
        line.events.skip()
        comes_in(line)


def stops_in_a_call(place: Place) -> None:
    place.faults.wedges_in_call_ms = 300
    power = TwinPower(lambda: fxo_twin(place.lines[-1]))
    with place.line(power=power) as line:
        comes_in(line)
        assert line.events.next(Ended) == Ended("line_lost")
        line.events.health("up")
        place.faults.wedges_in_call_ms = 0
        line.events.skip()
        comes_in(line)


def stalls_in_a_call(place: Place) -> None:
    """Its sound comes 300 ms late each second: it is fed all the same, and no delay is left behind."""
    place.faults.stall_every_ms = 1_000
    heard = bytearray()

    def host(sound: bytes, said_bytes: int | None = None, /) -> bytes:
        heard.extend(sound)
        return bytes(said_bytes or 0)

    with place.line() as line:
        line.modem.attach_sound(host)
        comes_in(line)
        frames, begun, dry = line.twin.sound.frames, len(heard), line.twin.sound.underruns
        wait_for("three seconds", lambda: line.twin.sound.frames >= frames + 150)
        spoken = (line.twin.sound.frames - frames) * 320
        assert abs(len(heard) - begun - spoken) < 25 * 320
        assert line.twin.sound.underruns - dry < 30, "45 frames were late"
        line.modem.hang_up()
        line.events.next(Health, where=lambda one: one.underruns >= 10)


def _health(line: Rig) -> list[Health]:
    return [event for event in line.events.all if isinstance(event, Health)]


ROWS: tuple[Row, ...] = (
    ("`+VTR=?` answers ERROR and means nothing.", FXO_MODELS, asks_nothing_of_vtr),
    ("Use 131 or 132 (14-bit overruns the link). USR: 130 A-law, 131 µ-law.", FXO_MODELS, takes_a_format_that_fits),
    ("full duplex, 8,000 B/s each way, DLE-shielded", ("cx93010",), full_duplex_at_8000_bytes),
    ("`<DLE><CAN>` does not abort `+VRX`: DTR drop, ATH0, `+FCLASS=0`, ATZ.", FXO_MODELS, is_freed_from_receiving),
    ("A pty carries no modem-control lines (ENOTTY): DTR behind an interface.", FXO_MODELS, is_down_without_dtr),
    ("The port wedges after about ten calls and only a replug clears it.", FXO_MODELS, is_freed_by_usb_power),
    ("USB port power: a hub that cannot switch", ("cx93010",), says_that_power_cannot_be_cut),
    ("In class 8 a ring arrives as `<DLE>R`.", FXO_MODELS, rings_as_an_event_in_class_8),
    ("The wrong `+GCI` country breaks tone detection.", ("cx93010",), is_told_its_country),
    ("The wrong `+GCI` country: a modem that has no other", ("cx93010",), says_that_its_country_is_refused),
    ("The wrong `+GCI` country: the factory's is back", ("cx93010",), is_told_its_country_again_after_power_was_lost),
    ("Duplex ends with `<DLE>^`.", FXO_MODELS, ends_sound_with_a_caret),
    ("firmware below 1.2.23 does not go off-hook on VLS=1", ("usr5637",), does_not_lift_with_old_firmware),
    ("`+VTS=9` says nothing, `[941,1336,12]` works", FXO_MODELS, sends_digits_as_sound),
    ("`<DLE>H` after VLS=1 confirms itself, it is no hang-up", FXO_MODELS, confirms_that_it_lifted),
    ("0-9*#A-D DTMF, `/`…`~` wraps a digit repeated every 70 ms", FXO_MODELS, tells_each_digit_once),
    ("`/`…`~` with the `~` lost", ("cx93010",), tells_digits_whose_ends_are_lost),
    ("0-9*#A-D DTMF, bare", ("cx93010",), tells_bare_digits),
    ("`b` busy (repeats every ~4 s)", FXO_MODELS, ends_by_sign("busy")),
    ("`K` reorder (V.253)", ("cx93010",), ends_by_sign("congestion")),
    ("`d` dial tone", FXO_MODELS, ends_by_sign("dial_tone")),
    ("`l` loop break", FXO_MODELS, ends_by_sign("loop_break")),
    ("ETX end", FXO_MODELS, ends_by_sign("end")),
    ("`a c e` answer/fax/data tones", FXO_MODELS, is_told_of("ace")),
    ("`h H` handset on/off", FXO_MODELS, is_told_of("hHpP")),
    ("`s q` silence/quiet", FXO_MODELS, is_told_of("sq")),
    ("`u o` under/overrun", FXO_MODELS, counts_over_and_underruns),
    ("DLE DLE = one 0x10; DLE SUB = two", FXO_MODELS, shields_0x10),
    ("DLE DLE = one 0x10", ("cx93010",), shields_without_sub),
    ("<DLE><c> that nobody knows", ("cx93010",), any_other_code_is_nothing),
    ("URCs land inside another command's answer", FXO_MODELS, a_caller_rings_while_it_is_prepared),
    ("Stale audio in the buffers is heard on the second call", FXO_MODELS, the_second_call_hears_nothing_of_the_first),
    ("the tty dies mid-call: read gives b'' and write EIO", FXO_MODELS, is_unplugged_in_a_call),
    ("The port wedges, in the middle of a call", FXO_MODELS, stops_in_a_call),
    ("the host paces and pads with silence", ("cx93010",), stalls_in_a_call),
)  # fmt: skip
GROUPS = groups(ROWS)


@pytest.mark.parametrize("group", range(len(GROUPS)))
def test_behaviours_of_analogue_modems(group: int, tmp_path: Path) -> None:
    tell(GROUPS[group], tmp_path)
