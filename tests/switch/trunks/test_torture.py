"""RFC 4475's messages and floods at the box's SIP ports: answered or dropped, and the next call goes through."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.acd.effects import RefuseLeg
from appliance.acd.inputs import LegEnded, LegOffered
from tests.switch.acd_peer import AcdPeer
from tests.switch.kamailio.peer import SDP, Message, Peer, parse
from tests.switch.switch_office import INSIDE, LAN, SwitchOffice
from tests.switch.trunks.torture_answers import DROPPED, KNOWN, RIGHT, RINGS, Known
from tests.switch.trunks.torture_messages import MESSAGES
from tests.switch.trunks.torture_writing import Torture
from tests.waiting import wait_for

TRUNK = "127.0.31.66"
STRANGER = "127.0.31.67"
LINE = "tortura"


class Rack:
    """An office whose trunk is the torturer, at the port SIP answers without `rport` go to."""

    def __init__(self, folder: Path) -> None:
        self.office = SwitchOffice(folder, more=f'\n[[line]]\nname = "{LINE}"\ndriver = "sip"\naddress = "{TRUNK}"\n')
        self.trunk = Peer(TRUNK, 5060)
        self.stranger = Peer(STRANGER, 5060)
        self.office.start()
        self.acd: AcdPeer = self.office.acd()
        wait_for("Kamailio", self.answers, timeout_s=40)
        self.pids = (self.office.switch.pid, self._kamailio_children())

    @property
    def face(self) -> tuple[str, int]:
        return LAN, self.office.port

    def _kamailio_children(self) -> str:
        pid = self.office._processes["kamailio"].pid
        return Path(f"/proc/{pid}/task/{pid}/children").read_text()

    def answers(self) -> bool:
        self.trunk.send(self.trunk.request("OPTIONS", f"sip:{LAN}:{self.office.port}", "<sip:a@b>;tag=1"), self.face)
        return not self.trunk.silence(0.3)

    def heard(self, peer: Peer, timeout_s: float) -> list[Message]:
        """What comes to a peer until it has been silent for so long."""
        found: list[Message] = []
        while True:
            peer.sock.settimeout(timeout_s)
            try:
                data, source = peer.sock.recvfrom(65_535)
            except TimeoutError:
                return found
            if data.strip(b"\0\r\n\t "):
                found.append(parse(data, source))

    def settled(self, one: "Torture", since: int, answers: list[Message]) -> bool:
        """Whether a message has its last answer, among what has come, or rings."""
        answers += self.heard(self.trunk, 0.05)
        if any(got.status >= 200 and belongs_to(got, one) for got in answers):
            return True
        return any(isinstance(what, LegOffered) for what in self.acd.inputs(since))

    def refuse_all(self, since: int) -> int:
        """Turn away whatever came through as a call; how many did."""
        offered = [one for one in self.acd.inputs(since) if isinstance(one, LegOffered)]
        for one in offered:
            self.acd.do(RefuseLeg(one.leg, "busy"))
            self.acd.wait(LegEnded, since, leg=one.leg)
        return len(offered)

    def a_call_goes_through(self) -> None:
        mark = self.acd.mark
        text = self.trunk.request("INVITE", f"sip:910000000@{LAN}:{self.office.port}", "<sip:600@c>;tag=1", body=SDP)
        call_id = text.split("Call-ID: ")[1].split("\r\n")[0]
        self.trunk.send(text, self.face)
        wait_for(
            "the call",
            lambda: any(isinstance(one, LegOffered) and one.caller == "600" for one in self.acd.inputs(mark)),
        )
        self.refuse_all(mark)
        refused = self.trunk.response(call_id)
        assert refused.status == 486
        self.acknowledge([refused])
        assert (self.office.switch.pid, self._kamailio_children()) == self.pids, "a process has died"
        assert self.office.switch.poll() is None

    def acknowledge(self, answers: list[Message]) -> None:
        """ACK each refusal of an INVITE, or it comes again for half a minute."""
        for got in answers:
            if got.status >= 300 and got.method == "INVITE" and got["via"]:
                lines = [f"Via: {got['via']}", *(f"{key}: {got[key.lower()]}" for key in ("From", "To", "Call-ID"))]
                cseq = got["cseq"].split()[0]
                text = "\r\n".join(["ACK sip:a@b SIP/2.0", *lines, f"CSeq: {cseq} ACK", "Content-Length: 0", "", ""])
                self.trunk.send(text, self.face)

    def close(self) -> None:
        self.acd.close()
        self.trunk.sock.close()
        self.stranger.sock.close()
        self.office.stop()
        log = self.office.log()
        assert "Traceback" not in log and "CRITICAL" not in log and "signal 11" not in log, log[-4000:]


@pytest.fixture(scope="module")
def rack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rack]:
    made = Rack(tmp_path_factory.mktemp("rack"))
    yield made
    made.close()


@pytest.mark.parametrize("one", MESSAGES, ids=lambda one: f"{one.section}-{one.name.partition(':')[0]}")
def test_a_message_of_rfc_4475_from_a_trunk(one: Torture, rack: Rack) -> None:
    """The trunk's calls go on to the switch, so this reaches both parsers."""
    mark = rack.acd.mark
    rack.trunk.sock.sendto(one.data, rack.face)
    known = KNOWN.get(one.section, Known(DROPPED, ""))
    answers: list[Message] = []
    if DROPPED not in RIGHT[one.section] and (one.section not in KNOWN or known.status != DROPPED):
        wait_for("an answer, or a call", lambda: rack.settled(one, mark, answers))
    answers += rack.heard(rack.trunk, 0.25)
    calls = rack.refuse_all(mark)
    if calls:
        answers.append(rack.trunk.receive(lambda got: got.status >= 200 and belongs_to(got, one)))
    answers = [got for got in answers + rack.heard(rack.trunk, 0.1) if got.status and belongs_to(got, one)]
    rack.acknowledge(answers)
    print(f"{one.section} {one.name}: {[got.first for got in answers] or 'dropped'}")
    finals = {got.status for got in answers if got.status >= 200}
    assert len(finals) <= 1, "one question, one answer"
    came = min(finals, default=DROPPED)
    assert came in RIGHT[one.section] or (one.section in KNOWN and came == known.status), answers
    assert calls == (came == RINGS), "what rang was told so, and nothing else rang"
    assert came != DROPPED or not answers
    rack.a_call_goes_through()
    offered = [got.caller for got in rack.acd.inputs(mark) if isinstance(got, LegOffered)]
    assert offered.count("600") == 1 and len(offered) == 1 + calls, "what the trunk sent before was judged before"


def test_every_message_has_its_right_answer_and_no_wrong_one_is_excused_that_is_right() -> None:
    assert RIGHT.keys() == {one.section for one in MESSAGES}
    assert all(known.status not in RIGHT[section] for section, known in KNOWN.items())


def belongs_to(got: Message, one: Torture) -> bool:
    """It answers this message; not the end of another, which is said again until it is acknowledged."""
    return got["call-id"] in one.data.decode(errors="replace")


@pytest.mark.parametrize("one", MESSAGES, ids=lambda one: f"{one.section}-{one.name.partition(':')[0]}")
def test_a_message_of_rfc_4475_at_the_switch_itself(one: Torture, rack: Rack) -> None:
    """On the loopback, by a program that is not Kamailio: no call comes of it."""
    mark = rack.acd.mark
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as local:
        local.bind((STRANGER, 0))
        local.sendto(one.data, (INSIDE, rack.office.switch_port))
    rack.a_call_goes_through()
    offered = [got for got in rack.acd.inputs(mark) if isinstance(got, LegOffered) and got.caller != "600"]
    assert offered == []


# --- floods


@pytest.mark.parametrize("size", [9_000, 30_000, 65_000])
@pytest.mark.parametrize("where", ["a header", "the body", "no SIP at all"])
def test_a_message_that_is_too_big(size: int, where: str, rack: Rack) -> None:
    big = "x" * size
    uri = f"sip:910000000@{LAN}:{rack.office.port}"
    texts = {
        "a header": rack.trunk.request("INVITE", uri, "<sip:699@c>;tag=1", "", f"X-Big: {big}\r\n", body=SDP),
        "the body": rack.trunk.request("INVITE", uri, "<sip:699@c>;tag=1", body=f"{SDP}a={big}\r\n"),
        "no SIP at all": big,
    }
    mark = rack.acd.mark
    rack.trunk.send(texts[where][:65_000], rack.face)
    rack.heard(rack.trunk, 0.4)
    rack.refuse_all(mark)
    rack.acknowledge([got for got in rack.heard(rack.trunk, 0.1) if got.status >= 300])
    rack.a_call_goes_through()


def test_a_tcp_stream_that_never_ends_a_message(rack: Rack) -> None:
    """Headers without an end, from eight connections: each is closed, and calls go through beside them."""
    streams = [socket.create_connection(rack.face, 20, (STRANGER, 0)) for _ in range(8)]
    closed = 0
    for one in streams:
        try:
            one.sendall(b"INVITE sip:a@b SIP/2.0\r\n" + b"X-More: and more\r\n" * 20_000)
            closed += one.recv(65_535) == b""
        except ConnectionError:
            closed += 1
    rack.a_call_goes_through()
    assert closed == 8
    for one in streams:
        one.close()


def test_a_stranger_s_flood_of_every_torture_does_not_reach_the_trunk_s_calls(rack: Rack) -> None:
    for _ in range(20):
        for one in MESSAGES:
            rack.stranger.sock.sendto(one.data, rack.face)
        rack.a_call_goes_through()


def test_more_calls_at_once_than_the_switch_has_room_for(rack: Rack) -> None:
    """600 invitations from the trunk: those beyond the room are refused with 503, and all end when they are refused."""
    mark = rack.acd.mark
    for number in range(600):
        uri = f"sip:910000000@{LAN}:{rack.office.port}"
        rack.trunk.send(rack.trunk.request("INVITE", uri, f"<sip:7{number:05}@c>;tag=1", body=SDP), rack.face)
        if number % 20 == 19:
            rack.acknowledge([got for got in rack.heard(rack.trunk, 0.02) if got.status >= 300])
    refused = rack.heard(rack.trunk, 0.5)

    def somebody_was_refused() -> bool:
        refused.extend(rack.heard(rack.trunk, 0.1))
        return any(got.status == 503 for got in refused) or "a call is refused" in rack.office.log()

    wait_for("no room", somebody_was_refused)
    rack.refuse_all(mark)
    rack.acknowledge([got for got in refused + rack.heard(rack.trunk, 0.5) if got.status >= 300])
    rack.a_call_goes_through()
