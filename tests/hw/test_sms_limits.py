"""Messages that cannot go: whoever asked is told within a limit, and none waits in the driver for ever."""

from dataclasses import replace
from pathlib import Path

from hw.sms_events import MessageFailed, MessageSent, MessagesHealth
from hw.sms_modem_sim import SmsFaults
from tests.hw.modem_rig import quick_gsm_faults
from tests.hw.sms_rig import QUICK, SmsRig, sms_rig
from tests.waiting import wait_for


def test_what_waits_for_a_modem_that_is_away_is_given_back(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", timings=replace(QUICK, wait_ms=2_000)) as line:
        line.twin.unplug()
        line.calls.health("down")
        line.send("hola")
        assert line.news.next(MessageFailed) == MessageFailed("m1", "not_sent_in_time", again=True)
        line.twin.plug()
        assert line.news.next(MessagesHealth).usable
        line.send("otra", "m2")
        assert line.news.next(MessageSent).id == "m2"
        assert len(line.sent) == 1


def test_a_process_that_died_at_the_prompt_leaves_a_modem_that_answers(tmp_path: Path) -> None:
    """A modem at its prompt takes every command for text, for as long as it has power."""
    faults = SmsFaults(lost_prompts=1, late_prompts_ms=200)
    with sms_rig(tmp_path, "ec25", faults) as line:
        line.send("hola")
        wait_for("it is asked", lambda: line.twin.commands[-1].startswith("AT+CMGS"))
        line.modem.close()
        wait_for("the prompt", lambda: line.twin.with_messages(lambda messages: messages.asks_for_text))
        line.modem = line.new_modem()
        line.modem.start()
        assert line.news.next(MessagesHealth).usable
        line.send("otra", "m2")
        line.news.next(MessageSent)
        assert [part.data.text for part in line.sent] == ["otra"]


def test_a_modem_that_started_anew_and_said_nothing_sends_no_digits_to_strangers(tmp_path: Path) -> None:
    """It is in text mode then: a unit's length is a number to it."""
    with sms_rig(tmp_path, "ec25") as line:
        line.twin.with_messages(lambda messages: messages.restarted())
        line.send("hola")
        line.news.next(MessageSent)
        assert [(part.recipient, part.data.text) for part in line.sent] == [("+34600123123", "hola")]


def test_what_waits_for_a_call_to_end_is_given_back(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", timings=replace(QUICK, wait_ms=300)) as line:
        line.modem.dial("600123123")
        wait_for("the modem dials", lambda: line.twin.call_state == "alerting")
        line.send("hola")
        assert line.news.next(MessageFailed).cause == "not_sent_in_time"
        assert line.sent == []


def test_a_modem_that_takes_no_messages_gives_them_back(tmp_path: Path) -> None:
    """Before it is known that it takes none, and after."""
    faults = quick_gsm_faults()
    faults.messages = SmsFaults(busy_reads=10**6)
    line = SmsRig(tmp_path, "ec25", faults, QUICK)
    try:
        line.modem.start()
        line.send("hola", "m1")
        assert not line.news.next(MessagesHealth).usable
        line.send("otra", "m2")
        told = [line.news.next(MessageFailed) for _ in range(2)]
        assert told == [MessageFailed(name, "line_takes_no_messages", again=True) for name in ("m1", "m2")]
    finally:
        line.close()
