"""What real GSM modems are known to do, sentence by sentence: each row is one, told to the real driver byte by byte.

A row names the behaviour by the sentence of the field notes it shows. Its story runs over real pseudo-terminals whose
reads are cut anywhere, and ends by looking at the bytes: that the twin really said what the row is about. What a modem
does to messages (SMS, USSD) and what analogue modems do is not here; where a modem is found by USB is in
`test_usb_modems`.
"""

import os
from pathlib import Path

import pytest

from hw.at_commands import Answer, Command, UrcPattern
from hw.at_conversation_sim import AnswerFaults
from hw.at_modem_sim import AtFaults
from hw.at_session import AtSession, Script, SessionHandlers
from hw.device_loop import DeviceLoop
from hw.modem_profiles import profile_names, read_profile
from tests.hw.gsm_stories import (
    a_call_in_a_list,
    answered_at_once,
    begin_before_ok,
    brown_out,
    brown_out_unsaid,
    caller_gives_up_by_cend,
    cring_framing,
    cycled_at_boot_and_for_each_call,
    deaf_until_its_banner,
    dsci,
    empty_twice,
    ends_as_told,
    ends_untold,
    first_error_costs_a_restart,
    frames_are_whole_and_padded,
    huaweis_own_news,
    hung_up_after_conf,
    hung_up_before_conf,
    late_hangup,
    missed_call,
    news_everywhere,
    nothing_but_the_call_is_heard,
    offered_after_it_was_asked,
    outgoing_list_by_itself,
    pauses_when_told,
    phantom,
    refused_without_voice,
    restarted_as,
    rings_without_ring,
    sound_only_once_active,
    stale_sound_is_not_heard,
    two_calls_with_sound,
)
from tests.hw.gsm_story import Row, faulty, sound_faults, told
from tests.hw.modem_rig import at_once
from tests.hw.modem_tape import Tape
from tests.waiting import wait_for

SIM7600 = (
    Row("sim7600", "AT+CPCMFRM=0|1 = 8k/16k", two_calls_with_sound, sound_faults(wide_band=True)),
    Row("sim7600", "AT+CPCMREG=1 only once the call is active", sound_only_once_active),
    Row("sim7600", "off is =0", two_calls_with_sound, sound_faults(off_form="AT+CPCMREG=0")),
    Row("sim7600", "… or =0,0", two_calls_with_sound, sound_faults(off_form="AT+CPCMREG=0,0")),
    Row("sim7600", "… or =0,1", two_calls_with_sound, sound_faults(off_form="AT+CPCMREG=0,1")),
    Row("sim7600", "… and on is =1, whose OK may be lost", two_calls_with_sound, sound_faults(first_ok_lost=True)),
    Row("sim7600", "S16LE mono, 320 B a 20 ms frame at 8k; pads with silence", frames_are_whole_and_padded),
    Row(
        "sim7600",
        "from the second call after boot the first CPCMREG=1 answers ERROR and audio is choppy or silent; CFUN does "
        "not help, AT+CRESET (USB re-enumerates) does. Health test: did the first try return OK?",
        first_error_costs_a_restart,
        sound_faults(error_from_second_call=True),
    ),
    Row("sim7600", "outgoing +CLCC URCs 2→3→0→6", outgoing_list_by_itself),
    Row("sim7600", "END and NO CARRIER come in either order", ends_as_told(b"VOICE CALL: END", b"NO CARRIER")),
    Row(
        "sim7600",
        "… NO CARRIER first",
        ends_as_told(b"NO CARRIER", b"VOICE CALL: END"),
        faulty(end_news="carrier_first"),
    ),
    Row("sim7600", "… END alone", ends_as_told(b"VOICE CALL: END", b""), faulty(end_news="end_only")),
    Row("sim7600", "… NO CARRIER alone", ends_as_told(b"NO CARRIER", b""), faulty(end_news="carrier_only")),
    Row("sim7600", "… or not at all", ends_untold, faulty(end_news="none")),
    Row("sim7600", "VOICE CALL: BEGIN may precede ATA's OK", begin_before_ok, faulty(begin_before_ata_ok=True)),
    Row("sim7600", "MISSED_CALL: 11:01AM <num> without NO CARRIER", missed_call),
    Row("sim7600", r"\r\r\n+CRING: VOICE\r\r\n", cring_framing),
    Row("sim7600", "some send HANGUP late", late_hangup, faulty(late_hangup_ms=400)),
    Row("sim7600", "stale audio in the buffers: flush per call", two_calls_with_sound, sound_faults(stale_audio=True)),
)
EC25 = (
    Row("ec25", 'first AT+QGPSCFG="outport","none"', nothing_but_the_call_is_heard),
    Row("ec25", "=0 off, =1,0 PCM on the NMEA port", cycled_at_boot_and_for_each_call),
    Row(
        "ec25",
        "QPCMV may report on while silent: cycle 0→1 at boot and for each call",
        cycled_at_boot_and_for_each_call,
        sound_faults(silent_after_boot=True),
    ),
    Row("ec25", "=1,0 fails while UAC is on: send =0 first", two_calls_with_sound, sound_faults(uac_on=True)),
    Row("ec25", "Serial mode: S16LE 8k, read 640 B", two_calls_with_sound, sound_faults(pieces=2)),
    Row("ec25", "… 1600 B/100 ms", two_calls_with_sound, sound_faults(pieces=5)),
    Row("ec25", "URCs +QPCMV: 0,0 pause and 1,0 resume", pauses_when_told),
    Row("ec25", 'no RING, only +CLIP then +QIND: "ccinfo"', rings_without_ring),
    Row("ec25", "a phantom data call in +CLCC never ends", phantom, faulty(phantom_data_call=True)),
    Row("ec25", "^DSCI numbers unquoted", dsci),
    Row("ec25", "a fast-answered call's first CLCC is already active", answered_at_once, faulty(answered_at_once=True)),
)
HUAWEI = (
    Row("huawei_e1550", "AT^DDSETEX=2, 320-byte frames on a second tty", frames_are_whole_and_padded),
    Row("huawei_e1550", "^ORIG ^CONF ^CONN ^CEND", huaweis_own_news),
    Row("huawei_e1550", "the caller giving up is ^CEND without NO CARRIER", caller_gives_up_by_cend),
    Row("huawei_e1550", "AT+CHLD=1x before ^CONF kills the stick", hung_up_before_conf, faulty(chup_does_nothing=True)),
    Row("huawei_e1550", "… and after it does not", hung_up_after_conf, faulty(chup_does_nothing=True)),
)
OTHERS = (
    Row("a7670_voiceless", "several variants have no voice at all", refused_without_voice, until=""),
    Row("a7670", "ask before offering one", offered_after_it_was_asked),
    Row("sim800", "analogue audio only; brown-outs show as RDY", brown_out),
)


def noisy(faults: AtFaults) -> None:
    faults.answers = AnswerFaults(urc_interleaving=0.7)


ANY = (
    Row("sim7600", "URCs land inside another command's answer, before the echo", news_everywhere, noisy),
    *(
        Row(model, "a call arriving during a CLCC poll gets lost by naive code", a_call_in_a_list)
        for model in ("sim7600", "generic_27007", "huawei_e1550")
    ),
    *(
        Row(model, "two empty CLCCs mean hung up even without NO CARRIER", empty_twice, faulty(end_news="none"))
        for model in ("sim7600", "ec25", "generic_27007", "huawei_e1550")
    ),
    Row("sim7600", "reboot markers: RDY", restarted_as(b"RDY")),
    Row("a7670", "… *ATREADY: 1", restarted_as(b"*ATREADY: 1")),
    Row("sim7600", "… PB DONE alone", restarted_as(b"PB DONE"), faulty(banner_lost=True)),
    Row("ec25", "… PB DONE alone", restarted_as(b"PB DONE"), faulty(banner_lost=True)),
    Row("sim800", "… SMS Ready alone", brown_out_unsaid, faulty(banner_lost=True)),
    Row("sim7600", "AT before the banner is silently dropped", deaf_until_its_banner, faulty(boot_ms=700), until=""),
    *(
        Row(model, "stale audio is heard as noise on the second call", stale_sound_is_not_heard, faults)
        for model in ("sim7600", "ec25", "huawei_e1550", "generic_27007")
        for faults in [sound_faults(stale_audio=True)]
    ),
)

test_sim7600 = at_once(*SIM7600)(told)
test_ec25 = at_once(*EC25)(told)
test_huawei = at_once(*HUAWEI)(told)
test_those_without_a_voice_for_us = at_once(*OTHERS)(told)
test_any_model = at_once(*ANY)(told)


@pytest.mark.long
def test_a_hangup_30_s_late(tmp_path: Path) -> None:
    told(Row("sim7600", "some send HANGUP 30 s late", late_hangup, faulty(late_hangup_ms=30_000)), tmp_path)


@pytest.mark.parametrize("seed", range(3))
def test_news_even_before_the_prompt_for_a_message(seed: int) -> None:
    """`AT+CMGS=40\\r\\r\\n+QIND: SMS DONE\\r\\n> `, through a session on a real pseudo-terminal."""
    ours, theirs = os.openpty()
    answers: list[Answer] = []
    news: list[str] = []
    loop, tape = DeviceLoop("prompt"), Tape(seed)
    quiet = SessionHandlers(lambda: None, lambda why: None, lambda why: None, lambda urc: news.append(urc.kind))
    session = AtSession(loop, os.ttyname(theirs), (UrcPattern("+QIND:", "noise"),), quiet, tape.open, (1_000,))

    def script() -> Script:
        answers.append((yield Command("AT+CMGS=40", "+CMGS:", payload=b"0011000B91")))

    loop.start()
    try:
        loop.call_and_wait(session.start)
        loop.call_and_wait(lambda: session.run(script()))
        assert wait_for("the command", lambda: os.read(ours, 99)) == b"AT+CMGS=40\r"
        os.write(ours, b"AT+CMGS=40\r\r\n+QIND: SMS DONE\r\n> ")
        assert wait_for("the message", lambda: os.read(ours, 99)) == b"0011000B91\x1a"
        os.write(ours, b"\r\n+CMGS: 7\r\n\r\nOK\r\n")
        wait_for("its answer", lambda: answers or None)
        assert answers[0].lines == ("+CMGS: 7",) and news == ["noise"]
    finally:
        loop.call_and_wait(session.close)
        loop.stop()
        os.close(ours)
        os.close(theirs)


def test_modem_manager_leaves_every_modem_alone() -> None:
    """ModemManager must be masked on the box."""
    rules = (Path(__file__).parents[2] / "systemd/70-centralita.rules").read_text()
    for name in profile_names():
        usb = read_profile(name).usb
        if usb:
            vendor, _, product = usb.partition(":")
            line = f'ATTR{{idVendor}}=="{vendor}", ATTR{{idProduct}}=="{product}", ENV{{ID_MM_DEVICE_IGNORE}}="1"'
            assert line in rules, name
