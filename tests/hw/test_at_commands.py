"""The AT command engine against answers that come mixed, twice, late, split or never; no port and no clock."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hw.at_commands import MAX_QUEUED_COMMANDS, Answer, AtEngine, Command, Urc, UrcPattern

URCS = (
    UrcPattern("RING", "ring", whole=True),
    UrcPattern("+CLIP:", "caller"),
    UrcPattern("^RSSI:", "noise"),
    UrcPattern("NO CARRIER", "call_over", whole=True),
    UrcPattern("+QIND:", "noise"),
)
CSQ = Command("AT+CSQ", "+CSQ:")


class Talk:
    """An engine, what it said, and what it was told."""

    def __init__(self) -> None:
        self.urcs: list[Urc] = []
        self.garbage: list[bytes] = []
        self.data = b""
        self.events: list[int] = []
        self.answers: list[Answer] = []
        self.now_ms = 0.0
        self.engine = AtEngine(URCS, self.urcs.append, self.garbage.append, self._sound, self.events.append)

    def _sound(self, data: bytes) -> None:
        self.data += data

    def send(self, *commands: Command) -> bytes:
        for command in commands:
            self.engine.submit(command, self.answers.append, self.now_ms)
        return self.engine.take_output()

    def hear(self, data: bytes) -> None:
        self.engine.received(data, self.now_ms)

    def wait(self, ms: float) -> None:
        self.now_ms += ms
        self.engine.tick(self.now_ms)

    @property
    def kinds(self) -> list[str]:
        return [urc.kind for urc in self.urcs]


ANSWER = b"\r\n^RSSI: 20\r\nAT+CSQ\r\r\n^RSSI: 20\r\n\r\n+CSQ: 20,99\r\n\r\nRING\r\n\r\nOK\r\n"


def test_news_inside_and_before_an_answer_is_news() -> None:
    talk = Talk()
    assert talk.send(CSQ) == b"AT+CSQ\r"
    talk.hear(ANSWER)
    assert talk.answers == [Answer(CSQ, "OK", ("+CSQ: 20,99",))]
    assert talk.kinds == ["noise", "noise", "ring"]


@pytest.mark.parametrize("seed", range(20))
def test_reads_of_any_size(seed: int) -> None:
    talk = Talk()
    talk.send(CSQ)
    rng = random.Random(seed)
    position = 0
    while position < len(ANSWER):
        size = rng.randint(1, 9)
        talk.hear(ANSWER[position : position + size])
        position += size
    assert talk.answers == [Answer(CSQ, "OK", ("+CSQ: 20,99",))]


def test_one_command_is_outstanding_and_the_next_follows_its_answer() -> None:
    talk = Talk()
    assert talk.send(CSQ, Command("ATE1")) == b"AT+CSQ\r"
    talk.hear(b"AT+CSQ\r\r\n+CSQ: 1,99\r\n\r\nOK\r\n")
    assert talk.engine.take_output() == b"ATE1\r"


def test_a_result_that_comes_twice_is_not_the_next_commands() -> None:
    talk = Talk()
    talk.send(Command("AT+CLIP=1"), Command("AT+CPCMREG=1"))
    talk.hear(b"AT+CLIP=1\r\r\nOK\r\n\r\nOK\r\n")
    assert len(talk.answers) == 1
    talk.hear(b"AT+CPCMREG=1\r\r\nERROR\r\n")
    assert talk.answers[1].result == "ERROR"


def test_an_answer_that_comes_after_its_time_is_not_the_next_commands() -> None:
    talk = Talk()
    talk.send(CSQ, Command("AT+CPCMREG=1"))
    talk.wait(3000)
    assert talk.answers[0].result == "timeout"
    talk.hear(b"AT+CSQ\r\r\n+CSQ: 9,99\r\n\r\nOK\r\n")
    assert len(talk.answers) == 1
    talk.hear(b"AT+CPCMREG=1\r\r\nERROR\r\n")
    assert talk.answers[1].result == "ERROR"


def test_no_answer_is_tried_again_and_then_told() -> None:
    talk = Talk()
    command = Command("AT+CREG?", "+CREG:", tries=2, timeout_ms=500)
    talk.send(command)
    talk.wait(500)
    assert talk.engine.take_output() == b"AT+CREG?\r"
    assert not talk.answers
    talk.wait(500)
    assert talk.answers == [Answer(command, "timeout")]
    assert talk.engine.timeouts_in_a_row == 2


def test_an_ok_without_the_answer_asked_for_is_not_believed_while_tries_are_left() -> None:
    talk = Talk()
    talk.send(Command("AT+CSQ", "+CSQ:", tries=2))
    talk.hear(b"AT+CSQ\r\r\nOK\r\n")
    assert talk.engine.take_output() == b"AT+CSQ\r"
    talk.hear(b"AT+CSQ\r\r\n+CSQ: 20,99\r\n\r\nOK\r\n")
    assert talk.answers[0].lines == ("+CSQ: 20,99",)


def test_an_empty_list_is_an_answer() -> None:
    talk = Talk()
    talk.send(Command("AT+CLCC", "+CLCC:", answer_optional=True, tries=2))
    talk.hear(b"AT+CLCC\r\r\nOK\r\n")
    assert talk.answers[0].ok and talk.answers[0].lines == ()


@pytest.mark.parametrize("result", ["ERROR", "+CME ERROR: 10", "+CMS ERROR: 321"])
def test_errors_end_a_command(result: str) -> None:
    talk = Talk()
    talk.send(CSQ)
    talk.hear(b"AT+CSQ\r\r\n" + result.encode() + b"\r\n")
    assert talk.answers[0].result == result and not talk.answers[0].ok


@pytest.mark.parametrize("result", ["NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE"])
def test_call_results_end_a_dialling_command_only(result: str) -> None:
    talk = Talk()
    talk.send(Command("ATD1;", call_results=True))
    talk.hear(b"ATD1;\r\r\n" + result.encode() + b"\r\n")
    assert talk.answers[0].result == result
    talk.send(CSQ)
    talk.hear(b"AT+CSQ\r\r\n" + result.encode() + b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n")
    assert talk.answers[1].ok
    assert talk.urcs[-1].text == result


def test_free_text_answers_leave_news_out() -> None:
    talk = Talk()
    talk.send(Command("AT+CGMM", "*"))
    talk.hear(b"AT+CGMM\r\r\nRING\r\n\r\nSIM7600\r\n\r\nOK\r\n")
    assert talk.answers[0].lines == ("SIM7600",)
    assert talk.kinds == ["ring"]


def test_a_body_follows_the_prompt_even_after_news() -> None:
    talk = Talk()
    talk.send(Command("AT+CMGS=40", "+CMGS:", payload=b"0011"))
    talk.hear(b"AT+CMGS=40\r\r\n+QIND: SMS DONE\r\n>")
    assert talk.engine.take_output() == b""
    talk.hear(b" ")
    assert talk.engine.take_output() == b"0011\x1a"
    talk.hear(b"\r\n+CMGS: 7\r\n\r\nOK\r\n")
    assert talk.answers[0].lines == ("+CMGS: 7",)


def test_sound_begins_right_after_connect() -> None:
    talk = Talk()
    talk.send(Command("AT+VTR", opens_data=True))
    talk.hear(b"AT+VTR\r\r\nCONNECT\r")
    talk.hear(b"\n\nRING\r\n\x10\x10")
    assert talk.answers[0].ok
    assert talk.data == b"\nRING\r\n\x10\x10"
    talk.engine.leave_data_mode(b"\r\nOK\r\n\x10R", 0)
    assert talk.urcs[-1].text == "OK"
    assert talk.events == [ord("R")]


def test_a_garbage_line_is_reported_and_the_command_goes_on() -> None:
    talk = Talk()
    talk.send(CSQ)
    talk.hear(b"AT+CSQ\r" + b"z" * 65_536 + b"\r\n+CSQ: 20,99\r\n\r\nOK\r\n")
    assert talk.garbage == [b"z" * 40]
    assert talk.answers[0].ok


def test_the_queue_has_a_limit() -> None:
    talk = Talk()
    talk.send(*(CSQ for _ in range(MAX_QUEUED_COMMANDS + 1)))
    assert not talk.answers
    talk.send(CSQ)
    assert [answer.result for answer in talk.answers] == ["closed"]


def test_a_closed_port_answers_everything() -> None:
    talk = Talk()
    talk.send(CSQ, CSQ)
    talk.engine.close()
    assert [answer.result for answer in talk.answers] == ["closed", "closed"]
    assert talk.send(CSQ) == b"AT+CSQ\r"


PIECES = st.sampled_from(
    [
        b"OK",
        b"ERROR",
        b"RING",
        b"AT+CSQ",
        b"+CSQ: 1,2",
        b"+CME ERROR: 3",
        b"CONNECT",
        b"> ",
        b"\r",
        b"\n",
        b'"',
        b"\x10",
    ]
)


@given(st.lists(st.one_of(PIECES, st.binary(max_size=30)), max_size=40))
def test_no_bytes_make_it_raise_or_answer_twice(pieces: list[bytes]) -> None:
    talk = Talk()
    talk.send(CSQ, Command("AT+VTR", opens_data=True), Command("AT+CMGS=1", payload=b"x"))
    for piece in pieces:
        talk.hear(piece)
        talk.wait(100)
        talk.engine.take_output()
    talk.engine.close()
    assert [answer.command.text for answer in talk.answers] == ["AT+CSQ", "AT+VTR", "AT+CMGS=1"]


@pytest.mark.parametrize("command", ["AT+CPMS?", "AT+CNMI=2,1"])
def test_an_error_about_messages_is_that_commands_while_a_message_is_owed_one(command: str) -> None:
    """Taken for the message's, a part that the network has would go a second time."""
    talk = Talk()
    talk.send(Command("AT+CMGS=5", "+CMGS:", payload=b"0011"))
    talk.hear(b"AT+CMGS=5\r\r\n> ")
    talk.engine.give_way(100, talk.now_ms)
    talk.wait(101)
    assert talk.engine.owed
    talk.send(Command(command))
    talk.hear(command.encode() + b"\r\r\n+CMS ERROR: 500\r\n")
    assert talk.answers[-1].result == "+CMS ERROR: 500"
    assert talk.engine.owed
    talk.send(Command(command))
    talk.hear(command.encode() + b"\r\r\n+CMGS: 7\r\n\r\nOK\r\n")
    assert (len(talk.answers), talk.urcs[-1].text) == (2, "+CMGS: 7"), "the message's own line is its own"


def test_a_modem_that_waits_for_the_network_may_be_deaf_for_as_long_as_the_message_has_time() -> None:
    talk = Talk()
    talk.send(Command("AT+CMGS=5", "+CMGS:", payload=b"0011", timeout_ms=10_000))
    talk.hear(b"AT+CMGS=5\r\r\n> ")
    talk.engine.give_way(100, talk.now_ms)
    talk.wait(101)
    for _ in range(3):
        talk.send(Command("AT+CREG?", "+CREG:", timeout_ms=3_000))
        talk.wait(3_000)
    assert talk.engine.timeouts_in_a_row == 0
    talk.send(Command("AT+CREG?", "+CREG:", timeout_ms=3_000))
    talk.wait(3_000)
    assert talk.engine.timeouts_in_a_row == 1, "longer than that it is gone"


def test_a_body_is_sent_once_however_often_it_is_asked_for() -> None:
    """Found by fuzzing: a modem that says nothing but prompts was sent the message again for each."""
    talk = Talk()
    talk.send(Command("AT+CMGS=40", "+CMGS:", payload=b"0011"))
    talk.hear(b"AT+CMGS=40\r\r\n" + b"> " * 1_000)
    assert talk.engine.take_output() == b"0011\x1a"
    talk.hear(b"\r\n> \r\n+CMGS: 7\r\n\r\nOK\r\n")
    assert talk.answers[0].lines == ("+CMGS: 7",) and talk.engine.take_output() == b""
