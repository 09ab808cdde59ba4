"""The contract of line devices (hw/devices.py), the same tests over every modem model and its twin."""

import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from hw.at_modem_sim import AtFaults
from hw.at_modem_sim_sound import SoundFaults
from hw.devices import Answered, Dialling, Digit, Ended, Found, Health, LineEvent, Ringing, RingingThere
from hw.fxo_modem_sim_faults import FxoFaults
from tests.hw.modem_rig import (
    BACK_IN_SERVICE_S,
    FXO_MODELS,
    GSM_MODELS,
    QUICK_FXO,
    QUICK_GSM,
    Rig,
    at_once,
    on_every_line,
    quick_fxo_faults,
    quick_gsm_faults,
    rig,
)
from tests.machine import judged_on_a_steady_machine
from tests.sound import ToneEnd, level_dbfs, listen, steady_part
from tests.steady_clock import now_s
from tests.waiting import wait_for

MODELS = (*GSM_MODELS, *FXO_MODELS)
NUMBER = "600123123"


def _call_comes_in(line: Rig, number: str = NUMBER) -> None:
    wait_for("the line is free", lambda: line.twin.call_state == "")
    line.twin.ring(number)
    assert line.events.next(Ringing).caller == number
    line.modem.answer()
    assert line.events.next(Answered).evidence == "signalled"


def _of_calls(line: Rig) -> list[LineEvent]:
    return line.events.of(Ringing, Dialling, RingingThere, Answered, Ended, Found)


@on_every_line
def test_a_caller_is_announced_answered_and_ends_once_each(line: Rig) -> None:
    _call_comes_in(line)
    line.twin.far_end_hangs_up()
    line.events.next(Ended)
    _call_comes_in(line, "911222333")
    line.modem.hang_up()
    line.events.next(Ended)
    assert _of_calls(line) == [
        Ringing(NUMBER),
        Answered("signalled"),
        Ended("normal"),
        Ringing("911222333"),
        Answered("signalled"),
        Ended("normal", by_us=True),
    ]
    assert line.twin_events.count(("answered", "")) == 2


def _faults(model: str, sound: SoundFaults) -> AtFaults | FxoFaults:
    if model in GSM_MODELS:
        gsm = quick_gsm_faults()
        gsm.sound = sound
        return gsm
    fxo = quick_fxo_faults()
    fxo.stale_audio, fxo.drift_ppm, fxo.jitter_ms = sound.stale_audio, -sound.drift_ppm, sound.jitter_ms
    return fxo


@pytest.mark.real_time
@judged_on_a_steady_machine
def test_sound_goes_both_ways_by_tone_on_all_lines_at_once(tmp_path: Path) -> None:
    """600 Hz from the network, 1,000 Hz to it, through drift and jitter: level within 3 dB, no gap above one frame,
    nothing else beside it."""
    faults = SoundFaults(drift_ppm=200, jitter_ms=4)
    network, host = {model: ToneEnd(600) for model in MODELS}, {model: ToneEnd(1000) for model in MODELS}
    with ExitStack() as stack:
        lines = [stack.enter_context(rig(tmp_path, model, _faults(model, faults))) for model in MODELS]
        for line in lines:
            line.twin.attach_far_end(network[line.model])
            line.modem.attach_sound(host[line.model])
            _call_comes_in(line)
        wait_for("4 s of sound", lambda: all(len(end.heard) > 64_000 for end in host.values()))
        for line in lines:
            line.modem.hang_up()
        for line in lines:
            line.events.next(Ended)
    for model in MODELS:
        for sound, hz in ((bytes(host[model].heard), 600), (bytes(network[model].heard), 1000)):
            heard = listen(steady_part(sound, hz), hz)
            assert heard.seconds > 3, f"{model} {hz} Hz: {heard}"
            assert abs(heard.tone_dbfs + 15) < 3, f"{model} {hz} Hz: {heard}"
            assert heard.gap_ms <= 20, f"{model} {hz} Hz: {heard}"
            assert heard.other_dbfs < heard.tone_dbfs - 20, f"{model} {hz} Hz: {heard}"


@at_once(*MODELS)
def test_a_second_call_hears_nothing_of_the_first(model: str, tmp_path: Path) -> None:
    with rig(tmp_path, model, _faults(model, SoundFaults(stale_audio=True))) as line:
        loud = ToneEnd(600)
        line.twin.attach_far_end(loud)
        line.modem.attach_sound(ToneEnd(1000))
        _call_comes_in(line)
        wait_for("sound in the first call", lambda: len(loud.heard) > 8_000)
        line.twin.far_end_hangs_up()
        line.events.next(Ended)
        line.twin.attach_far_end(lambda heard: bytes(len(heard)))
        second = ToneEnd(1000)
        line.modem.attach_sound(second)
        _call_comes_in(line)
        wait_for("sound in the second call", lambda: len(second.heard) > 8_000)
        assert level_dbfs(bytes(second.heard)) < -60


@on_every_line
def test_silence_goes_out_while_nobody_speaks(line: Rig) -> None:
    network = ToneEnd(600)
    line.twin.attach_far_end(network)
    _call_comes_in(line)
    frames = line.twin.sound.frames
    wait_for("a second of frames", lambda: line.twin.sound.frames > frames + 50)
    assert level_dbfs(bytes(network.heard)) < -60
    assert line.twin.sound.underruns < 10


@on_every_line
def test_a_failing_user_of_the_sound_does_not_end_the_call(line: Rig) -> None:
    def fails(heard: bytes, said_bytes: int | None = None, /) -> bytes:
        raise RuntimeError("a fault in the conference")

    line.modem.attach_sound(fails)
    _call_comes_in(line)
    frames = line.twin.sound.frames
    wait_for("half a second of frames", lambda: line.twin.sound.frames > frames + 25)
    assert line.twin.call_state in ("active", "connected")
    line.modem.hang_up()
    line.events.next(Ended)


@on_every_line
def test_a_caller_gives_up(line: Rig) -> None:
    line.twin.ring(NUMBER)
    line.events.next(Ringing)
    line.twin.far_end_hangs_up()
    assert line.events.next(Ended) == Ended("normal", by_us=False)
    assert not line.events.of(Answered)


@on_every_line
def test_a_withheld_number_is_announced_as_none(line: Rig) -> None:
    line.twin.ring("")
    assert line.events.next(Ringing).caller == ""


@on_every_line
def test_a_caller_is_refused(line: Rig) -> None:
    line.twin.ring(NUMBER)
    line.events.next(Ringing)
    line.modem.hang_up()
    assert line.events.next(Ended) == Ended("normal", by_us=True)
    wait_for("the network knows", lambda: line.twin.call_state == "")


@on_every_line
def test_dialling_out_until_the_called_hangs_up(line: Rig) -> None:
    line.modem.dial("934445566")
    line.events.next(Dialling)
    assert ("dialled", "934445566") in line.twin_events
    if line.is_gsm:
        line.events.next(RingingThere)
    line.twin.attach_far_end(ToneEnd(600))
    line.twin.far_end_answers()
    assert line.events.next(Answered).evidence == ("signalled" if line.is_gsm else "assumed")
    frames = line.twin.sound.frames
    wait_for("somebody is heard", lambda: line.twin.sound.frames > frames + 50)
    line.twin.far_end_hangs_up()
    assert line.events.next(Ended) == Ended("normal")


@on_every_line
def test_the_called_is_busy(line: Rig) -> None:
    line.modem.dial("934445566")
    line.events.next(Dialling)
    wait_for("the network dials", lambda: line.twin.call_state in ("alerting", "dialling"))
    if line.is_gsm:
        line.events.next(RingingThere)
    else:
        wait_for("sound", lambda: line.twin.sound.running)
    line.twin.far_end_is_busy()
    assert line.events.next(Ended) == Ended("busy")
    assert not line.events.of(Answered)


@on_every_line
def test_we_give_up_dialling(line: Rig) -> None:
    line.modem.dial("934445566")
    line.events.next(Dialling)
    line.modem.hang_up()
    assert line.events.next(Ended) == Ended("normal", by_us=True)
    wait_for("the network knows", lambda: line.twin.call_state == "")


@on_every_line
def test_what_is_no_number_is_not_dialled(line: Rig) -> None:
    for number in ("", "12ab", "1" * 33, "1;ATH", "+", "1\r\nATZ"):
        line.modem.dial(number)
        assert line.events.next(Ended) == Ended("failed"), number
    assert not [command for command in line.twin.commands if command.startswith("ATD")]


@on_every_line
def test_commands_without_a_call_do_nothing(line: Rig) -> None:
    line.modem.hang_up()
    line.modem.answer()
    line.modem.send_digits("1")
    _call_comes_in(line)
    assert _of_calls(line) == [Ringing(NUMBER), Answered("signalled")]


@on_every_line
def test_digits_go_out_and_come_in(line: Rig) -> None:
    line.twin.attach_far_end(lambda heard: bytes(len(heard)))
    _call_comes_in(line)
    wait_for("sound", lambda: line.twin.sound.running)
    line.modem.send_digits("15*x#")
    wait_for("four digits out", lambda: [d for kind, d in line.twin_events if kind == "digit"] == list("15*#"))
    if line.model in ("generic_27007", "huawei_e1550"):
        return  # 3GPP TS 27.007 has no command for hearing digits, and Huawei has none of its own
    line.twin.send_digits("70#")
    assert [line.events.next(Digit).digit for _ in range(3)] == ["7", "0", "#"]


@on_every_line
def test_unplugged_in_a_call_and_back(line: Rig) -> None:
    _call_comes_in(line)
    line.twin.unplug()
    assert line.events.next(Ended) == Ended("line_lost")
    assert "unplugged" in line.events.health("down").detail
    line.modem.dial("934445566")
    assert line.events.next(Ended) == Ended("line_lost")
    start_s = now_s()
    line.twin.plug()
    line.events.health("up")
    assert now_s() - start_s < BACK_IN_SERVICE_S
    _call_comes_in(line)


@at_once(*MODELS)
def test_a_port_that_is_not_there_yet(model: str, tmp_path: Path) -> None:
    with rig(tmp_path, model, until="") as line:
        line.twin.unplug()
        assert line.events.health("down").detail
        line.twin.plug()
        line.events.health("up")


@on_every_line
def test_a_call_is_found_after_the_process_died(line: Rig) -> None:
    network = ToneEnd(600)
    line.twin.attach_far_end(network)
    _call_comes_in(line)
    wait_for("sound", lambda: line.twin.sound.running)
    line.modem.close()
    line.events.skip()
    line.modem = line.new_modem()
    line.modem.start()
    found = line.events.next(Found)
    assert (found.state, found.incoming) == ("answered", True)
    assert found.number == (NUMBER if line.is_gsm else "")
    assert line.events.health("up")
    host = ToneEnd(1000)
    line.modem.attach_sound(host)
    before = len(network.heard)
    wait_for("sound both ways again", lambda: len(host.heard) > 16_000 and len(network.heard) > before + 16_000)
    assert abs(listen(steady_part(bytes(host.heard), 600), 600).tone_dbfs + 15) < 3
    assert abs(listen(bytes(network.heard[-8_000:]), 1000).tone_dbfs + 15) < 3
    line.modem.hang_up()
    assert line.events.next(Ended) == Ended("normal", by_us=True)
    _call_comes_in(line)


@on_every_line
def test_a_ringing_call_survives_the_process(line: Rig) -> None:
    line.twin.ring(NUMBER)
    line.events.next(Ringing)
    line.modem.close()
    line.events.skip()
    line.modem = line.new_modem()
    line.modem.start()
    if line.is_gsm:
        assert line.events.next(Found) == Found(NUMBER, "ringing", incoming=True)
    else:
        line.events.next(Ringing)  # the next ring; nothing tells that it is not the first
    line.modem.answer()
    line.events.next(Answered)


@on_every_line
def test_health_comes_after_what_was_found_and_only_when_it_changes(line: Rig) -> None:
    health = [event for event in line.events.all if isinstance(event, Health)]
    assert health[0].state == "starting"
    assert all(one != other for one, other in pairwise(health))


def test_idle_lines_cost_nothing(tmp_path: Path) -> None:
    """Drivers and twins sleep until a byte or a timer: in a second at rest none of their threads wakes."""
    gsm, fxo = replace(QUICK_GSM, look_ms=30_000), replace(QUICK_FXO, look_ms=30_000)  # as at real modems

    def woken() -> int:
        threads = [one for one in threading.enumerate() if one.name.startswith(("modem ", "twin "))]
        assert len(threads) >= 2 * len(MODELS)
        return sum(_sleeps(one) for one in threads)

    def at_rest() -> bool:
        before = woken()
        time.sleep(1.0)
        return woken() == before

    with ExitStack() as stack:
        for model in MODELS:
            stack.enter_context(rig(tmp_path, model, gsm_timings=gsm, fxo_timings=fxo))
        wait_for("a second in which nothing wakes", at_rest)


def _sleeps(thread: threading.Thread) -> int:
    """How often it has gone to sleep so far (proc(5), voluntary_ctxt_switches)."""
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text()
    return int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])
