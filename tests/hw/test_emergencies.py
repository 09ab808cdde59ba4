"""An emergency on a modem that is doing something else, or has no SIM of use: through the real driver on a pty."""

from dataclasses import replace
from pathlib import Path

from hw.at_modem_sim import AtModemTwin
from hw.devices import Answered, Dialling, Ended, Health
from hw.sms_events import MessageFailed, MessageSent
from hw.sms_modem_sim import SmsFaults
from tests.hw.modem_rig import GSM_MODELS, QUICK_GSM, Rig, at_once, quick_gsm_faults, rig
from tests.hw.sms_rig import QUICK, SmsRig, sms_rig
from tests.steady_clock import let_pass, now_s
from tests.waiting import wait_for

PATIENT = replace(QUICK, answer_ms=20_000, send_ms=20_000)
"""An emergency does not wait for what these wait for."""


def _is_writing(line: SmsRig) -> None:
    line.send("adiós")
    wait_for("it is being sent", lambda: any(one.startswith("AT+CMGS") for one in line.twin.commands))


def _dials(line: SmsRig, within_s: float) -> None:
    asked_s = now_s()
    line.modem.dial("112", emergency=True)
    line.calls.next(Dialling)
    assert now_s() - asked_s < within_s
    assert [call.number for call in line.twin.history] == ["112"]


def _hangs_up(line: SmsRig) -> None:
    line.modem.hang_up()
    assert line.calls.next(Ended).by_us


def _went_once(line: SmsRig) -> None:
    line.news.next(MessageSent)
    assert len(line.sent) == 1
    assert not line.news.of(MessageFailed)


@at_once(300.0, 60_000.0)
def test_an_emergency_leaves_the_prompt_and_the_message_goes_after_it(prompt_ms: float, tmp_path: Path) -> None:
    """The modem asks for the text late, or after the number was dialled, or never: nothing is sent before the call."""
    with sms_rig(tmp_path, "sim7600", SmsFaults(lost_prompts=1, late_prompts_ms=prompt_ms), PATIENT) as line:
        _is_writing(line)
        _dials(line, 6)
        assert line.sent == []
        _hangs_up(line)
        _went_once(line)


@at_once(False, True)
def test_an_emergency_goes_out_as_soon_as_a_slow_network_has_the_message(deaf: bool, tmp_path: Path) -> None:
    """What the modem does with commands meanwhile is its own affair: the number is not among them."""
    with sms_rig(tmp_path, "sim7600", SmsFaults(network_ms=4_500, deaf_while_sending=deaf), PATIENT) as line:
        _is_writing(line)
        wait_for("the modem has the text", lambda: not line.twin.with_messages(lambda one: one.asks_for_text))
        _dials(line, 8)
        _hangs_up(line)
        _went_once(line)


def test_an_emergency_does_not_wait_for_an_answer_that_got_lost(tmp_path: Path) -> None:
    """Nobody knows whether that message went: it is told, and not sent again."""
    with sms_rig(tmp_path, "sim7600", SmsFaults(lost_send_answers=1), replace(PATIENT, send_ms=6_000)) as line:
        _is_writing(line)
        wait_for("the network has it", lambda: len(line.sent) == 1)
        _dials(line, 5)
        failed = line.news.next(MessageFailed)
        assert (failed.cause, failed.again) == ("modem_did_not_answer", False)
        _hangs_up(line)
        line.send("otra", "m2")
        assert line.news.next(MessageSent).id == "m2"
        assert len(line.sent) == 2


@at_once(*GSM_MODELS)
def test_a_modem_that_is_slow_to_dial_is_waited_for(model: str, folder: Path) -> None:
    """What keeps the number waiting is hurried; the dialling itself never: the next command would break it off."""
    faults = quick_gsm_faults()
    faults.dial_answer_ms = 700
    timings = replace(QUICK_GSM, call=replace(QUICK_GSM.call, emergency_ms=200, call_answer_ms=3_000))
    line = Rig(folder, model, faults, gsm_timings=timings)
    try:
        line.modem.start()
        line.events.health("up")
        line.modem.dial("112", emergency=True)
        line.events.next(Dialling)
        assert isinstance(line.twin, AtModemTwin)
        assert [call.over for call in line.twin.history] == [""]
    finally:
        line.close()


@at_once(*((model, after_s) for model in ("sim7600", "ec25") for after_s in (0.0, 3.5)))
def test_an_emergency_given_up_before_it_could_be_dialled_leaves_the_modem_in_peace(
    case: tuple[str, float], folder: Path
) -> None:
    """It throws away what it is given meanwhile, and is not dead."""
    model, after_s = case
    with sms_rig(folder, model, SmsFaults(network_ms=7_000, deaf_while_sending=True), PATIENT) as line:
        _is_writing(line)
        wait_for("the modem has the text", lambda: not line.twin.with_messages(lambda one: one.asks_for_text))
        line.modem.dial("112", emergency=True)
        let_pass(after_s)
        _hangs_up(line)
        _went_once(line)
        assert not [one for one in line.calls.of(Health) if isinstance(one, Health) and one.state == "down"]
        assert line.twin.history == ()


# Without a SIM.


SIMS = ("none", "locked", "blocked", "wrong pin")


@at_once(*((model, sim, more) for model in GSM_MODELS for sim in SIMS for more in (False, True)))
def test_a_modem_without_a_sim_of_use_carries_an_emergency(case: tuple[str, str, bool], tmp_path: Path) -> None:
    """By TS 27.007 it takes ATD112; and +CPAS and neither the call list nor +CHUP; some take more."""
    model, sim, takes_more = case
    faults = quick_gsm_faults()
    faults.takes_more_without_sim = takes_more
    with rig(tmp_path, model, faults, pin="9999" if sim == "wrong pin" else "", sim_pin="1234", until="") as line:
        twin = line.twin
        assert isinstance(twin, AtModemTwin)
        twin.card.present, twin.card.tries_left = sim != "none", 0 if sim == "blocked" else 3
        said = {"none": "no SIM", "locked": "`pin`", "blocked": "PUK", "wrong pin": "not tried again"}[sim]
        line.events.next(Health, where=lambda health: said in health.detail)
        tries_left = twin.card.tries_left
        line.modem.dial("934445566")
        assert line.events.next(Ended) == Ended("line_lost")
        line.modem.dial("112", emergency=True)
        line.events.next(Dialling)
        wait_for("it is dialled", lambda: twin.call_state in ("dialling", "alerting"))
        if takes_more:
            twin.far_end_answers()
        assert line.events.next(Answered).evidence == ("signalled" if takes_more else "assumed")
        if not takes_more:
            twin.far_end_answers()
        twin.far_end_hangs_up()
        assert line.events.next(Ended) == Ended("normal")
        assert twin.card.tries_left == tries_left, "no try of the PIN was burnt"
        assert [health.state for health in line.events.of(Health) if isinstance(health, Health)].count("up") == 0


@at_once(*((model, sim, number) for model in GSM_MODELS for sim in ("none", "locked") for number in ("061", "999")))
def test_a_modem_without_a_sim_of_use_carries_no_number_of_a_country_s_own(
    case: tuple[str, str, str], tmp_path: Path
) -> None:
    """3GPP TS 22.101, 10.1.1: 999 and some others only while there is none at all. What is refused is said at once, and
    112 goes out after it."""
    model, sim, number = case
    with rig(tmp_path, model, sim_pin="1234", until="") as line:
        twin = line.twin
        assert isinstance(twin, AtModemTwin)
        twin.card.present = sim != "none"
        line.events.next(Health, where=lambda health: ("no SIM" if sim == "none" else "`pin`") in health.detail)
        line.modem.dial(number, emergency=True)
        if (sim, number) == ("none", "999"):
            line.events.next(Dialling)
            wait_for("it is dialled", lambda: twin.call_state in ("dialling", "alerting"))
            return
        ended = line.events.next(Ended)
        assert isinstance(ended, Ended) and not ended.by_us and ended.cause in ("failed", "line_lost")
        assert twin.call_state == ""
        line.modem.dial("112", emergency=True)
        wait_for("it is dialled", lambda: twin.call_state in ("dialling", "alerting"))


def test_a_sim_that_becomes_ready_after_an_emergency_brings_the_line_up(tmp_path: Path) -> None:
    with rig(tmp_path, "ec25", sim_pin="1234", until="") as line:
        twin = line.twin
        assert isinstance(twin, AtModemTwin)
        line.events.health("down")
        line.modem.dial("112", emergency=True)
        line.events.next(Answered)
        twin.card.unlocked = True
        commands = len(twin.commands)
        wait_for("the call goes on", lambda: twin.commands[commands:].count("AT+CLCC") > 3)
        assert "AT+CPIN?" not in twin.commands[commands:], "the SIM is left alone until it is over"
        line.modem.hang_up()
        assert line.events.next(Ended).by_us
        line.events.health("up")


@at_once(*GSM_MODELS)
def test_a_sim_that_stays_busy_keeps_no_emergency_waiting(model: str, folder: Path) -> None:
    """Once the line serves emergencies the SIM is looked at once and again later, and an emergency comes between."""
    timings = replace(QUICK_GSM, setup=replace(QUICK_GSM.setup, sim_busy_ms=200, sim_retry_ms=100))
    line = Rig(folder, model, quick_gsm_faults(), gsm_timings=timings)
    twin = line.twin
    assert isinstance(twin, AtModemTwin)
    twin.card.busy = True
    try:
        line.modem.start()
        line.events.next(Health, where=lambda health: "busy" in health.detail)
        looks = twin.commands.count("AT+CPIN?")
        wait_for("the SIM is looked at again", lambda: twin.commands.count("AT+CPIN?") > looks)
        looks = twin.commands.count("AT+CPIN?")
        line.modem.dial("112", emergency=True)
        line.events.next(Dialling)
        assert twin.commands.count("AT+CPIN?") <= looks + 1, "but for a look that was under way"
        line.modem.hang_up()
        assert line.events.next(Ended).by_us
        twin.card.busy = False
        line.events.health("up")
    finally:
        line.close()
