"""Messages through the real driver over a pseudo-terminal: sent, received, reported, and never lost from the SIM."""

from collections import deque
from dataclasses import replace
from pathlib import Path

from hw.at_conversation_sim import AnswerFaults
from hw.devices import Answered, Ended, Ringing
from hw.sms_events import (
    MessageCame,
    MessageFailed,
    MessageSent,
    MessagesHealth,
    ReportCame,
    UssdAnswered,
)
from hw.sms_modem_sim import SmsFaults, UssdForm
from hw.sms_text import UserData, split_text
from tests.hw.modem_rig import at_once, quick_gsm_faults
from tests.hw.sms_rig import MODELS, QUICK, SmsRig, sms_rig
from tests.waiting import wait_for

LONG = "".join(f"{number}: le hemos llamado desde la clínica. " for number in range(12)) + "😀"
ABOUT_MESSAGES = ("AT+CMG", "AT+CPMS", "AT+CNMI", "AT+CUSD")


def _text_sent(line: SmsRig) -> str:
    parts = line.sent
    return UserData(parts[0].data.coding, b"".join(part.data.content for part in parts)).text


# Sending.


@at_once(*MODELS)
def test_a_message_is_sent_and_its_delivery_reported(model: str, tmp_path: Path) -> None:
    with sms_rig(tmp_path, model) as line:
        line.send("Su pedido está listo: 12 €")
        sent = line.news.next(MessageSent)
        assert (sent.id, len(sent.references)) == ("m1", 1)
        assert _text_sent(line) == "Su pedido está listo: 12 €"
        report = line.news.next(ReportCame)
        assert (report.reference, report.recipient) == (sent.references[0], "+34600123123")
        assert (report.state, report.status) == ("delivered", "received")
        line.modem.message_kept(report.id)
        wait_for("nothing is left of it", lambda: not any(line.stored.values()))


@at_once(*MODELS)
def test_a_long_message_goes_in_parts_and_arrives_whole(model: str, tmp_path: Path) -> None:
    with sms_rig(tmp_path, model) as line:
        line.send(LONG)
        references = line.news.next(MessageSent).references
        assert _text_sent(line) == LONG
        assert references == tuple(part.reference for part in line.sent)
        assert len(references) == len(split_text(LONG, 0)) > 1


def test_news_before_the_prompt(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", SmsFaults(prompt_news="+QIND: SMS DONE")) as line:
        line.send("hola")
        line.news.next(MessageSent)
        assert _text_sent(line) == "hola"


@at_once("+CMS ERROR: 38", "+CMS ERROR: 500", "ERROR", "+CMS ERROR: 332")
def test_what_may_pass_is_tried_again(result: str, tmp_path: Path) -> None:
    with sms_rig(tmp_path, "sim7600", SmsFaults(send_errors=deque([result, result]))) as line:
        line.send("hola")
        line.news.next(MessageSent)
        assert sum(one.startswith("AT+CMGS") for one in line.twin.commands) == 3
        assert len(line.sent) == 1


def test_tries_are_bounded_and_the_cause_has_its_name(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "sim7600", SmsFaults(send_errors=deque(["+CMS ERROR: 42"] * 3))) as line:
        line.send("hola")
        assert line.news.next(MessageFailed) == MessageFailed("m1", "congestion", again=True)
        line.send("otra", "m2")
        assert line.news.next(MessageSent).id == "m2"


def test_what_will_not_pass_is_not_tried_again(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "generic_27007", SmsFaults(send_errors=deque(["+CMS ERROR: 1"]))) as line:
        line.send("hola")
        assert line.news.next(MessageFailed) == MessageFailed("m1", "unassigned_number", again=False)
        assert line.sent == []


def test_what_cannot_be_written_is_refused_with_a_reason(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "generic_27007") as line:
        line.send("hola", number="mamá")
        assert "no number" in line.news.next(MessageFailed).detail
        line.send("a" * 1_500)
        assert "shorten it" in line.news.next(MessageFailed).detail


def test_a_message_whose_answer_is_lost_is_not_sent_twice(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", SmsFaults(lost_send_answers=1)) as line:
        line.send("hola")
        assert line.news.next(MessageFailed) == MessageFailed("m1", "modem_did_not_answer", again=False)
        line.send("otra", "m2")
        line.news.next(MessageSent)
        assert [part.data.text for part in line.sent] == ["hola", "otra"]


@at_once(0.0, 600.0)
def test_a_prompt_that_does_not_come_or_comes_late(late_ms: float, tmp_path: Path) -> None:
    """The text was not given, so it is tried again; nothing of it is sent twice, and no command is taken for a text."""
    with sms_rig(tmp_path, "sim7600", SmsFaults(lost_prompts=1, late_prompts_ms=late_ms)) as line:
        line.send("hola")
        line.news.next(MessageSent)
        line.send("otra", "m2")
        line.news.next(MessageSent)
        assert [part.data.text for part in line.sent] == ["hola", "otra"]


def test_unplugged_while_sending_says_so_once(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "sim7600", SmsFaults(network_ms=400)) as line:
        line.send("hola")
        wait_for("it is on its way", lambda: any(one.startswith("AT+CMGS") for one in line.twin.commands))
        line.twin.unplug()
        assert line.news.next(MessageFailed) == MessageFailed("m1", "modem_did_not_answer", again=False)
        line.twin.plug()
        line.send("otra", "m2")
        assert line.news.next(MessageSent).id == "m2"
        assert len(line.news.of(MessageFailed)) == 1


@at_once(("expired", 0x46, "failed", "validity_period_expired"), ("busy", 0x21, "pending", "recipient_busy"))
def test_reports_of_what_did_not_arrive(case: tuple[str, int, str, str], tmp_path: Path) -> None:
    _, status, state, name = case
    with sms_rig(tmp_path, "ec25", SmsFaults(report_status=status)) as line:
        line.send("hola")
        report = line.news.next(ReportCame)
        assert (report.state, report.status) == (state, name)


# Receiving.


@at_once(*MODELS)
def test_a_message_is_handed_up_and_emptied_only_when_it_is_kept(model: str, tmp_path: Path) -> None:
    with sms_rig(tmp_path, model) as line:
        line.deliver("¿Me pueden llamar? 😀")
        came = line.news.next(MessageCame)
        assert (came.message.sender, came.message.text) == ("+34611222333", "¿Me pueden llamar? 😀")
        looks = line.twin.commands.count("AT+CMGL=4")
        wait_for("it was looked at again", lambda: line.twin.commands.count("AT+CMGL=4") > looks + 1)
        assert sum(line.stored.values()) == 1
        assert line.news.of(MessageCame) == [came]
        line.modem.message_kept(came.id)
        wait_for("it is emptied", lambda: not any(line.stored.values()))


@at_once(*MODELS)
def test_parts_out_of_order_from_different_centres(model: str, tmp_path: Path) -> None:
    with sms_rig(tmp_path, model) as line:
        for number, data in enumerate(reversed(split_text(LONG, 77))):
            line.twin.with_messages(
                lambda messages, data=data, number=number: messages.deliver_part(  # type: ignore[misc]
                    "+34611222333", data, f"+3460000000{number}"
                )
            )
        assert line.came_and_kept().message.text == LONG
        wait_for("all parts are emptied", lambda: not any(line.stored.values()))


def test_a_part_that_is_missing_is_marked_after_a_while(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", timings=replace(QUICK, part_wait_ms=900)) as line:
        first, second, *rest = split_text(LONG, 77)
        for data in (first, *rest):
            line.twin.with_messages(lambda messages, data=data: messages.deliver_part("600", data))  # type: ignore[misc]
        message = line.came_and_kept().message
        assert message.missing == (2,)
        assert message.text == LONG.replace(second.text, f"[…2/{len(rest) + 2}…]")
        wait_for("what came is emptied", lambda: not any(line.stored.values()))


@at_once("321", "500", "OK")
def test_an_empty_slot_is_nothing(code: str, tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", SmsFaults(empty_slot=code)) as line:  # type: ignore[arg-type]
        line.twin.with_messages(lambda messages: messages._conversation.say('+CMTI: "ME",7'))
        wait_for("it was read", lambda: "AT+CMGR=7" in line.twin.commands)
        line.deliver("hola")
        assert line.came_and_kept().message.text == "hola"
        assert len(line.news.of(MessageCame)) == 1


@at_once(*MODELS)
def test_a_full_memory_is_found_by_looking_and_emptied(model: str, tmp_path: Path) -> None:
    """A full memory says nothing, and what the network held back comes without news."""
    texts = [f"mensaje {number}" for number in range(8)]

    def fill(line: SmsRig) -> None:
        for text in texts[:5]:
            line.deliver(text)

    with sms_rig(tmp_path, model, SmsFaults(memory_size=3), before=fill) as line:
        for text in texts[5:]:
            line.deliver(text)
        for _ in texts:
            line.came_and_kept()
        assert sorted(came.message.text for came in line.news.of(MessageCame)) == texts
        wait_for("all is emptied", lambda: not any(line.stored.values()))


def test_half_messages_that_fill_the_memory_give_way(tmp_path: Path) -> None:
    def fill(line: SmsRig) -> None:
        for reference in range(3):
            data = split_text(LONG, reference)[0]
            line.twin.with_messages(lambda messages, data=data: messages.deliver_part("600", data))  # type: ignore[misc]
        line.deliver("whole")

    with sms_rig(tmp_path, "generic_27007", SmsFaults(memory_size=3), before=fill) as line:
        came = [line.came_and_kept().message for _ in range(4)]
        assert [bool(message.missing) for message in came] == [True, True, True, False]


def test_lost_news_of_a_message(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "sim7600", SmsFaults(lost_news=1.0)) as line:
        line.deliver("hola")
        assert line.came_and_kept().message.text == "hola"


@at_once("sim7600", "ec25")
def test_a_restart_of_the_modem_reverts_its_memory_and_loses_nothing(model: str, tmp_path: Path) -> None:
    with sms_rig(tmp_path, model) as line:
        line.twin.reboot()
        line.twin.with_messages(lambda messages: messages.deliver("611", "into the SIM"))
        assert line.stored["SM"] == 1
        assert line.came_and_kept().message.text == "into the SIM"
        line.calls.health("up")
        wait_for("the memory is set again", lambda: line.twin.commands.count('AT+CPMS="ME","ME","ME"') == 2)
        line.deliver("into the modem")
        assert line.came_and_kept().message.text == "into the modem"
        wait_for("both are emptied", lambda: not any(line.stored.values()))


@at_once(*MODELS)
def test_a_process_that_dies_before_it_is_kept_reads_it_again_under_the_same_name(model: str, tmp_path: Path) -> None:
    with sms_rig(tmp_path, model) as line:
        line.deliver("hola")
        line.deliver(LONG, reference=5)
        first = {line.news.next(MessageCame).id for _ in range(2)}
        line.restart_process()
        again = {line.came_and_kept().id for _ in range(2)}
        assert again == first
        wait_for("both are emptied", lambda: not any(line.stored.values()))
        line.restart_process()
        line.deliver("after")
        assert line.came_and_kept().message.text == "after"


def test_what_is_not_said_to_be_kept_is_told_again(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", timings=replace(QUICK, hand_again_ms=300)) as line:
        line.deliver("hola")
        assert line.news.next(MessageCame) == line.news.next(MessageCame)
        assert line.stored["ME"] == 1


def test_a_unit_that_lost_octets_on_its_way_is_read_again(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "generic_27007", SmsFaults(damaged_reads=2)) as line:
        line.deliver("hola")
        message = line.came_and_kept().message
        assert (message.text, message.unreadable) == ("hola", "")


def test_what_nobody_can_read_is_kept_and_emptied(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "generic_27007") as line:
        line.twin.with_messages(lambda messages: messages.deliver_pdu("0004FF81"))
        message = line.came_and_kept().message
        assert (message.octets.hex().upper(), message.unreadable) == ("0004FF81", "the sender of 255 digits")
        wait_for("it is emptied", lambda: not any(line.stored.values()))


def test_a_sim_that_is_busy_after_a_start(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", SmsFaults(busy_reads=2)) as line:
        line.deliver("hola")
        line.came_and_kept()


def test_a_modem_that_takes_no_messages_says_so_and_serves_calls(tmp_path: Path) -> None:
    faults = quick_gsm_faults()
    faults.messages.busy_reads = 10**6
    line = SmsRig(tmp_path, "ec25", faults, QUICK)
    try:
        line.modem.start()
        line.calls.health("up")
        health = line.news.next(MessagesHealth)
        assert (health.usable, health.detail) == (False, "the modem takes no messages: AT+CMGF=0: +CMS ERROR: 314")
        line.twin.ring("600123123")
        line.calls.next(Ringing)
    finally:
        line.close()


@at_once(*((model, seed) for model in MODELS for seed in (1, 2)))
def test_everything_at_once(case: tuple[str, int], tmp_path: Path) -> None:
    """News anywhere, doubled results, split writes, lost news, prompts after news, messages both ways."""
    model, seed = case
    faults = quick_gsm_faults()
    faults.seed = seed
    faults.answers = AnswerFaults(0.3, 0.2, 0.0, (1, 15), split_writes=True)
    wild = SmsFaults(lost_news=0.3, prompt_news="+CREG: 1", memory_size=8, send_errors=deque(["+CMS ERROR: 38"]))
    with sms_rig(tmp_path, model, wild, faults=faults) as line:
        for number in range(3):
            line.deliver(f"uno {number}")
            line.send(f"dos {number} " + "ñ€" * 60, f"m{number}")
        line.deliver(LONG, reference=9)
        for _ in range(3):
            line.news.next(MessageSent)
        for _ in range(4):
            line.came_and_kept()
        assert {came.message.text for came in line.news.of(MessageCame)} == {LONG, *(f"uno {n}" for n in range(3))}


# Beside calls.


def test_nothing_is_asked_while_a_call_is_set_up_and_nothing_sent_before_it_is_over(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "sim7600") as line:
        line.twin.ring("600123123")
        line.calls.next(Ringing)
        wait_for("what was under way is done", lambda: line.twin.commands[-1] == "AT+CLCC")
        before = len(line.twin.commands)
        line.deliver("hola")
        line.send("adiós")
        wait_for("the call goes on", lambda: line.twin.commands[before:].count("AT+CLCC") > 3)
        assert not [one for one in line.twin.commands[before:] if one.startswith(ABOUT_MESSAGES)]
        line.modem.answer()
        line.calls.next(Answered)
        assert line.came_and_kept().message.text == "hola"
        before = len(line.twin.commands)
        wait_for("the call goes on", lambda: line.twin.commands[before:].count("AT+CLCC") > 3)
        assert line.sent == []
        line.modem.hang_up()
        assert line.calls.next(Ended) == Ended("normal", by_us=True)
        line.news.next(MessageSent)
        assert _text_sent(line) == "adiós"


def test_a_caller_who_comes_while_a_message_is_sent_is_answered(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "sim7600", SmsFaults(network_ms=300)) as line:
        line.send(LONG)
        wait_for("it is on its way", lambda: any(one.startswith("AT+CMGS") for one in line.twin.commands))
        line.twin.ring("600123123")
        assert line.calls.next(Ringing).caller == "600123123"
        line.modem.answer()
        line.calls.next(Answered)
        assert len(line.sent) == 1  # the parts that are left wait
        line.twin.far_end_hangs_up()
        assert line.calls.next(Ended) == Ended("normal")
        line.news.next(MessageSent)
        assert _text_sent(line) == LONG


# USSD.


FORMS: tuple[UssdForm, ...] = ("plain", "ucs2", "packed", "unquoted", "no_dcs", "ucs2_unquoted")


@at_once(*FORMS)
def test_the_balance_in_every_form(form: UssdForm, tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", SmsFaults(ussd_form=form)) as line:
        line.modem.ask_network("*100#")
        assert line.news.next(UssdAnswered) == UssdAnswered("*100#", "done", "Saldo: 12,50 EUR")


def test_a_menu_over_several_lines_is_read_and_left(tmp_path: Path) -> None:
    faults = SmsFaults(ussd_answer="1. Saldo\n2. Recarga", ussd_state=1)
    with sms_rig(tmp_path, "sim7600", faults) as line:
        line.modem.ask_network("*133#")
        assert line.news.next(UssdAnswered) == UssdAnswered("*133#", "wants_reply", "1. Saldo\n2. Recarga")
        wait_for("it is left", lambda: "AT+CUSD=2" in line.twin.commands)


def test_a_network_that_does_not_answer_in_time(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25", SmsFaults(ussd_silent=True)) as line:
        line.modem.ask_network("*100#")
        line.modem.ask_network("*101#")
        assert line.news.next(UssdAnswered) == UssdAnswered("*101#", "refused")
        assert line.news.next(UssdAnswered) == UssdAnswered("*100#", "timeout")
        line.faults.messages.ussd_silent = False
        line.modem.ask_network("*100#")
        assert line.news.next(UssdAnswered).state == "done"


def test_what_is_no_code_is_refused(tmp_path: Path) -> None:
    with sms_rig(tmp_path, "ec25") as line:
        line.modem.ask_network('*100#";+CMGD=1')
        assert line.news.next(UssdAnswered).state == "refused"
