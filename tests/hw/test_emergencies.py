"""An emergency on a modem that is doing something else, or has no SIM of use: through the real driver on a pty."""

import time
from dataclasses import replace
from pathlib import Path

from hw.devices import Dialling, Ended
from hw.sms_events import MessageFailed, MessageSent
from hw.sms_modem_sim import SmsFaults
from tests.hw.modem_rig import at_once
from tests.hw.sms_rig import QUICK, SmsRig, sms_rig
from tests.waiting import wait_for

PATIENT = replace(QUICK, answer_ms=20_000, send_ms=20_000)
"""An emergency does not wait for what these wait for."""


def _is_writing(line: SmsRig) -> None:
    line.send("adiós")
    wait_for("it is being sent", lambda: any(one.startswith("AT+CMGS") for one in line.twin.commands))


def _dials(line: SmsRig, within_s: float) -> None:
    asked_s = time.monotonic()
    line.modem.dial("112", emergency=True)
    line.calls.next(Dialling, timeout_s=within_s)
    assert time.monotonic() - asked_s < within_s
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
