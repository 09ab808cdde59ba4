"""A dialog spoken by hand: what only some phones and carriers do inside a call."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from appliance.acd.effects import AnswerLeg, SetBackground
from appliance.acd.ids import LegId
from appliance.acd.inputs import DigitPressed, LegAnswered, LegCause, LegEnded, LegOffered
from tests.switch.conftest import Stage
from tests.switch.kamailio.peer import SDP, Message, Peer
from tests.switch.switch_office import INSIDE


@dataclass
class Dialog:
    """An answered call from a peer at Kamailio's inner address."""

    stage: Stage
    peer: Peer
    leg: LegId
    call_id: str
    to: str
    cseq: int = 1

    def request(self, method: str, extra: str = "", body: str = "") -> None:
        if method != "ACK":
            self.cseq += 1
        target = (INSIDE, self.stage.office.switch_port)
        text = self.peer.request(
            method, f"sip:{INSIDE}:{target[1]}", "<sip:600@x>;tag=1", self.to, extra, self.call_id, self.cseq, body
        )
        # The helper says that every body is SDP; what `extra` says comes first and counts.
        self.peer.send(
            text.replace("Content-Type: application/sdp\r\n", "") if "Content-Type" in extra else text, target
        )

    def answer_to(self, method: str) -> Message:
        return self.peer.receive(lambda got: got.status >= 200 and got.method == method)


@pytest.fixture
def dialog(stage: Stage) -> Iterator[Dialog]:
    mark = stage.acd.mark
    with Peer(INSIDE) as peer:
        target = (INSIDE, stage.office.switch_port)
        text = peer.request(
            "INVITE",
            f"sip:910@{INSIDE}:{target[1]}",
            "<sip:600@x>;tag=1",
            extra="X-Centralita-Line: trunk\r\n",
            body=SDP,
        )
        call_id = next(line[9:] for line in text.split("\r\n") if line.startswith("Call-ID: "))
        peer.send(text, target)
        leg = stage.acd.wait(LegOffered, since=mark).leg
        stage.acd.do(AnswerLeg(leg))
        answer = peer.response(call_id)
        assert answer.status == 200
        made = Dialog(stage, peer, leg, call_id, answer["to"])
        made.request("ACK")
        stage.acd.wait(LegAnswered, leg=leg)
        yield made
        if not [one for one in stage.acd.inputs(mark) if isinstance(one, LegEnded)]:
            made.request("BYE")
            stage.acd.wait(LegEnded, leg=leg)


def test_a_digit_by_info_is_a_digit(dialog: Dialog) -> None:
    for digit in "5#":
        body = f"Signal={digit}\r\nDuration=160\r\n"
        dialog.request("INFO", "Content-Type: application/dtmf-relay\r\n", body)
        assert dialog.answer_to("INFO").status == 200
        dialog.stage.acd.wait(DigitPressed, leg=dialog.leg, digit=digit)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [("", "normal"), ("Reason: Q.850;cause=16\r\n", "normal"), ("Reason: Q.850;cause=38\r\n", "line_lost")],
)
def test_a_goodbye_says_why(dialog: Dialog, reason: str, cause: LegCause) -> None:
    dialog.request("BYE", reason)
    assert dialog.answer_to("BYE").status == 200
    ended = dialog.stage.acd.wait(LegEnded, leg=dialog.leg)
    assert (ended.cause, ended.by_us) == (cause, False)


def test_a_re_invite_without_an_offer_gets_ours_and_sound_goes_where_the_answer_says(dialog: Dialog) -> None:
    """RFC 3261 14.1: some carriers refresh a session or move the sound so, and put their SDP into the ACK."""
    dialog.stage.acd.do(SetBackground(dialog.leg, "music"))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.bind(("127.0.0.1", 0))
        elsewhere.settimeout(20)
        dialog.request("INVITE")
        offer = dialog.answer_to("INVITE")
        assert (offer.status, offer["content-type"]) == (200, "application/sdp")
        dialog.request("ACK", body=SDP.replace("40000", str(elsewhere.getsockname()[1])))
        rtp = elsewhere.recv(2048)
    assert (rtp[0] >> 6, rtp[1] & 0x7F) == (2, 8), "RTP version 2, A-law"


def test_a_transfer_to_wherever_is_declined(dialog: Dialog) -> None:
    """PJSIP by itself would dial whatever a phone names."""
    dialog.request("REFER", "Refer-To: <sip:+88216000000@elsewhere.example>\r\n")
    assert dialog.answer_to("REFER").status == 603
    mark = dialog.stage.peers.mark()
    assert not [one for one in dialog.stage.peers.events[mark:] if one.kind == "incoming"]
