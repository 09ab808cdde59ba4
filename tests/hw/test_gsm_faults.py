"""GSM modems at their worst: every bad habit of theirs that the driver must live with, over real pseudo-terminals."""

import os
from dataclasses import replace
from itertools import product
from pathlib import Path

from hw.at_conversation_sim import AnswerFaults
from hw.at_modem_sim import AtFaults, AtModemTwin
from hw.at_modem_sim_models import EndNews
from hw.at_modem_sim_sound import SoundFaults
from hw.devices import Answered, Dialling, Ended, Found, Health, Ringing
from tests.hw.modem_rig import GSM_MODELS, QUICK_GSM, Rig, at_once, quick_gsm_faults, rig
from tests.waiting import wait_for

NUMBER = "600123123"
END_NEWS: tuple[EndNews, ...] = ("end_first", "carrier_first", "end_only", "carrier_only", "none")


def _twin(line: Rig) -> AtModemTwin:
    assert isinstance(line.twin, AtModemTwin)
    return line.twin


def _call(line: Rig) -> None:
    wait_for("the line is free", lambda: line.twin.call_state == "")
    line.twin.ring(NUMBER)
    assert line.events.next(Ringing).caller == NUMBER
    line.modem.answer()
    line.events.next(Answered)


def _whole_story(line: Rig) -> None:
    """In, ended there; in, ended here; out, ended there."""
    _call(line)
    line.twin.far_end_hangs_up()
    assert line.events.next(Ended) == Ended("normal")
    _call(line)
    line.modem.hang_up()
    assert line.events.next(Ended) == Ended("normal", by_us=True)
    wait_for("the line is free", lambda: line.twin.call_state == "")
    line.modem.dial("911222333")
    line.events.next(Dialling)
    wait_for("dialled", lambda: line.twin.call_state in ("dialling", "alerting"))
    line.twin.far_end_answers()
    line.events.next(Answered)
    line.twin.far_end_hangs_up()
    assert line.events.next(Ended) == Ended("normal")
    assert len(line.events.of(Ended)) == 3
    assert len(line.events.of(Answered)) == 3


@at_once(*product(GSM_MODELS, [1, 2]))
def test_news_anywhere_doubled_results_split_writes_and_slow_answers(case: tuple[str, int], tmp_path: Path) -> None:
    model, seed = case
    faults = quick_gsm_faults()
    faults.seed = seed
    faults.answers = AnswerFaults(0.5, 0.3, 0.0, (1, 25), split_writes=True)
    with rig(tmp_path, model, faults) as line:
        _whole_story(line)


@at_once(*GSM_MODELS)
def test_results_that_get_lost(model: str, tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    faults.answers = AnswerFaults(lost_results=0.08)
    with rig(tmp_path, model, faults) as line:
        _whole_story(line)


@at_once(*product(("sim7600", "ec25"), END_NEWS), ("generic_27007", "carrier_only"), ("generic_27007", "none"))
def test_however_the_end_of_a_call_is_told(case: tuple[str, EndNews], tmp_path: Path) -> None:
    model, news = case
    faults = quick_gsm_faults()
    faults.end_news = news
    with rig(tmp_path, model, faults) as line:
        _whole_story(line)
        _call(line)
        assert line.twin.call_state == "active"


def test_a_hangup_told_late_does_not_end_the_next_call(tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    faults.late_hangup_ms = 400
    with rig(tmp_path, "sim7600", faults) as line:
        _call(line)
        line.twin.far_end_hangs_up()
        line.events.next(Ended)
        _call(line)
        wait_for("the late line was heard", lambda: line.twin.sound.frames > 40)
        assert line.events.of(Ended) == [Ended("normal")]
        assert line.twin.call_state == "active"


def test_begin_before_the_ok_of_ata(tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    faults.begin_before_ata_ok = True
    with rig(tmp_path, "sim7600", faults) as line:
        _whole_story(line)


def test_a_phantom_data_call_is_no_call(tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    faults.phantom_data_call = True
    with rig(tmp_path, "ec25", faults) as line:
        _whole_story(line)


@at_once("sim7600", "generic_27007")
def test_a_number_that_never_comes_by_clip_comes_by_the_call_list(model: str, tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    faults.no_clip = True
    with rig(tmp_path, model, faults) as line:
        _call(line)


def test_a_caller_right_after_another_is_a_call_of_its_own(tmp_path: Path) -> None:
    with rig(tmp_path, "sim7600") as line:
        _call(line)
        line.twin.far_end_hangs_up()
        line.twin.ring("911000111")
        assert line.events.next(Ended) == Ended("normal")
        assert line.events.next(Ringing).caller == "911000111"


@at_once(*GSM_MODELS)
def test_a_reboot_in_a_call(model: str, tmp_path: Path) -> None:
    with rig(tmp_path, model) as line:
        _call(line)
        line.twin.reboot()
        assert line.events.next(Ended) == Ended("line_lost")
        line.events.health("up")
        _call(line)


@at_once(*GSM_MODELS)
def test_who_hangs_up_while_a_new_process_sets_the_modem_up_is_noticed_at_once(model: str, tmp_path: Path) -> None:
    """What the modem says between the call list and the end of set-up is not listened to: the list is asked again, and
    not only when a call that goes on is looked at. Found by killing the switch: a caller was charged 2 s too much."""
    with rig(tmp_path, model) as line:
        _call(line)
        line.modem.close()
        line.gsm_timings = replace(QUICK_GSM, call=replace(QUICK_GSM.call, poll_active_ms=60_000))
        line.events.skip()
        line.events.on_event = lambda event: line.twin.far_end_hangs_up() if isinstance(event, Found) else None
        line.modem = line.new_modem()
        line.modem.start()
        line.events.next(Found)
        line.events.health("up")
        assert line.events.next(Ended) == Ended("normal")


@at_once(*GSM_MODELS)
def test_a_modem_that_does_not_hang_up_is_restarted(model: str, tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    with rig(tmp_path, model, faults) as line:
        _call(line)
        faults.never_hangs_up = True
        line.modem.hang_up()
        assert line.events.next(Ended) == Ended("normal", by_us=True)
        assert "did not hang up" in line.events.health("down").detail
        faults.never_hangs_up = False
        line.events.health("up")
        _call(line)


# The sound paths' known failures.


def test_the_sound_error_of_the_second_call_costs_that_call_only(tmp_path: Path) -> None:
    """SIM7600: ERROR to the first +CPCMREG=1. It is told, the call goes on, and AT+CRESET cures it afterwards."""
    faults = quick_gsm_faults()
    faults.sound = SoundFaults(error_from_second_call=True)
    with rig(tmp_path, "sim7600", faults) as line:
        _call(line)
        line.twin.far_end_hangs_up()
        line.events.next(Ended)
        _call(line)
        assert "refused to start its sound" in line.events.health("degraded").detail
        wait_for("a second try gives some sound", lambda: line.twin.sound.running)
        line.twin.far_end_hangs_up()
        line.events.next(Ended)
        assert line.events.health("down").detail.startswith("restarting the modem")
        line.events.health("up")
        assert "AT+CRESET" in line.twin.commands
        _call(line)
        wait_for("sound at the first try", lambda: line.twin.sound.running)
        line.modem.hang_up()
        line.events.next(Ended)
        assert line.twin.commands.count("AT+CRESET") == 1
        assert line.events.of(Ended) == [Ended("normal"), Ended("normal"), Ended("normal", by_us=True)]


@at_once(*GSM_MODELS)
def test_a_mute_modem_is_noticed_and_restarted_after_the_call(model: str, tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    faults.sound = SoundFaults(mute=True)
    with rig(tmp_path, model, faults) as line:
        _call(line)
        assert "sends no sound" in line.events.health("degraded").detail
        assert line.twin.call_state == "active"
        faults.sound.mute = False
        line.twin.far_end_hangs_up()
        line.events.next(Ended)
        line.events.health("up")


def test_an_ec25_that_asks_for_a_pause_gets_it(tmp_path: Path) -> None:
    with rig(tmp_path, "ec25") as line:
        _call(line)
        wait_for("sound", lambda: line.twin.sound.running)
        twin = _twin(line)
        writer = os.open(twin.audio_port, os.O_WRONLY | os.O_NOCTTY)
        os.write(writer, bytes(320 * 21))  # its buffer of 25 frames fills
        os.close(writer)
        wait_for("a full buffer", lambda: twin.sound.waiting_bytes > 320 * 18)
        wait_for("it empties, as nothing more comes", lambda: twin.sound.waiting_bytes < 320 * 6)
        underruns, frames = twin.sound.underruns, twin.sound.frames
        wait_for("sound goes on", lambda: twin.sound.frames > frames + 30)
        assert twin.sound.overruns == 0
        assert twin.sound.underruns - underruns < 10


# The SIM.


@at_once(*GSM_MODELS)
def test_the_pin_is_entered(model: str, tmp_path: Path) -> None:
    with rig(tmp_path, model, pin="1234", sim_pin="1234") as line:
        assert line.twin.commands.count('AT+CPIN="1234"') == 1


@at_once(*GSM_MODELS)
def test_a_wrong_pin_is_tried_once(model: str, tmp_path: Path) -> None:
    with rig(tmp_path, model, pin="9999", sim_pin="1234", until="") as line:
        line.events.next(Health, where=lambda health: "refused the PIN (" in health.detail)
        line.events.next(Health, where=lambda health: "not tried again" in health.detail)
        line.twin.unplug()
        line.twin.plug()
        line.events.next(Health, where=lambda health: "not tried again" in health.detail)
        assert _twin(line).card.tries_left == 2


@at_once(*GSM_MODELS)
def test_the_last_try_is_never_ours(model: str, tmp_path: Path) -> None:
    """A process that is restarted again and again with a wrong PIN leaves one try to the owner."""
    with rig(tmp_path, model, pin="9999", sim_pin="1234", until="") as line:
        for _ in range(3):
            line.events.next(
                Health, where=lambda health: "not tried again" in health.detail or "try left" in health.detail
            )
            line.modem.close()
            line.modem = line.new_modem()
            line.modem.start()
        line.events.next(Health, where=lambda health: "1 try left" in health.detail)
        assert _twin(line).card.tries_left == 1


def test_no_pin_no_sim_and_a_blocked_sim_say_what_to_do(tmp_path: Path) -> None:
    with rig(tmp_path, "sim7600", sim_pin="1234", until="") as line:
        assert "`pin`" in line.events.health("down").detail
        card = _twin(line).card
        card.present = False
        line.events.next(Health, where=lambda health: "no SIM card" in health.detail)
        card.present, card.tries_left = True, 0
        line.events.next(Health, where=lambda health: "PUK" in health.detail)
        card.unlocked, card.tries_left = True, 3
        line.events.health("up")


# The modem itself.


def test_another_model_than_set_up_is_told(tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    twin = AtModemTwin(tmp_path, name="sim7600", model="ec25", faults=faults)
    with rig(tmp_path / "unused", "sim7600", until="") as line:
        line.modem.close()
        line.twin.close()
        line.twin = twin
        twin.start()
        line.modem = line.new_modem()
        line.modem.start()
        assert "it says it is EC25" in line.events.health("degraded").detail


def test_a_modem_that_stops_answering_loses_its_call_and_is_tried_again(tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    with rig(tmp_path, "sim7600", faults) as line:
        _call(line)
        faults.answers.lost_results = 1.0
        assert line.events.next(Ended) == Ended("line_lost")
        assert "does not answer" in line.events.health("down").detail
        faults.answers.lost_results = 0.0
        line.events.health("up")


def test_a_line_without_network_is_down_and_comes_up(tmp_path: Path) -> None:
    faults = AtFaults(boot_ms=100, register_ms=600)
    with rig(tmp_path, "generic_27007", faults, until="down") as line:
        assert "looking for a network" in line.events.all[-1].detail  # type: ignore[union-attr]  # a Health
        up = line.events.health("up")
        assert up.signal_percent == -1 or up.signal_percent > 0
        # Its name comes with the first look after it registered, which may be the one that found it registered.
        named = up if up.operator else line.events.next(Health, where=lambda health: health.operator == "Movistar")
        assert named.operator == "Movistar"
        assert named.signal_percent == 65
