"""A call on a line whose `srtp` is required stays encrypted, whatever is offered while it is up."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from appliance.acd.effects import AnswerLeg, HangUpLeg
from appliance.acd.ids import LegId
from appliance.acd.inputs import LegAnswered, LegEnded, LegOffered
from tests.conftest import free_port
from tests.switch.kamailio.peer import SDP, Message, Peer
from tests.switch.switch_office import LAN
from tests.switch.trunks.authority import Authority, Signed
from tests.switch.trunks.carrier import DOMAIN
from tests.switch.trunks.conftest import LINE, Trunk
from tests.switch.trunks.test_registering import call_in, dialled
from tests.switch.trunks.test_tls import KEY, SECURE_SDP, Session, start

LATEST_S = 15.0
PLAIN_WITH_KEYS = SECURE_SDP.replace("RTP/SAVP", "RTP/AVP")
"""What `srtp = "optional"` would take."""


@dataclass
class Dialog:
    """The far end's side of a call that is up."""

    writer: Peer
    send: Callable[[str], None]
    receive: Callable[[str, str], Message]
    """The next message whose first line begins so, and whose CSeq is that ("": any)."""
    leg: LegId
    call_id: str
    own: str
    far: str
    target: str
    routes: list[str]
    contact: str = ""
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(2))

    def reinvite(self, body: str, answer: str = "") -> Message:
        """What comes of a re-INVITE. `answer` is said in the ACK, where `body` offers nothing."""
        number = next(self._numbers)
        self.say("INVITE", number, body)
        got = self.receive("SIP/2.0", f"{number} INVITE")
        self.say("ACK", number, answer if got.status == 200 else "")
        return got

    def say(self, method: str, number: int, body: str = "") -> None:
        routes = "".join(f"Route: {one}\r\n" for one in self.routes)
        self.send(
            self.writer.request(
                method, self.target, self.own, self.far, routes, self.call_id, number, body, self.contact
            )
        )


def chosen_key(body: str) -> str:
    """An answer that takes the first key of an offer."""
    crypto = next(line for line in body.splitlines() if line.startswith("a=crypto:")).rpartition("inline:")[0]
    return SDP.replace("RTP/AVP", "RTP/SAVP") + f"{crypto}inline:{KEY}\r\n"


def bare(contact: str) -> str:
    return contact.partition("<")[2].partition(">")[0]


def through_carrier(trunk: Trunk) -> tuple[Callable[[str], None], Callable[[str, str], Message]]:
    """The telephone behind the carrier speaks and hears."""
    carrier = trunk.carriers[0]

    def receive(first: str, cseq: str) -> Message:
        return trunk.phone.receive(
            lambda got: got.first.startswith(first) and got.status != 100 and got["cseq"] == (cseq or got["cseq"]),
            LATEST_S,
        )

    return lambda text: trunk.phone.send(text, (carrier.address, carrier.port)), receive


def the_box_called(trunk: Trunk) -> Dialog:
    leg = LegId("fuera-1")
    got = dialled(trunk, leg=leg, timeout_s=LATEST_S)
    trunk.phone.reply(got, 200, "OK", body=chosen_key(got.body))
    trunk.acd.wait(LegAnswered, timeout_s=LATEST_S, leg=leg)
    own = f"{got['to']};tag=p{trunk.phone.port}"
    routes = got.all("record-route")
    return Dialog(
        trunk.phone, *through_carrier(trunk), leg, got["call-id"], own, got["from"], bare(got["contact"]), routes
    )


def it_was_called(trunk: Trunk) -> Dialog:
    """By the user under which it registers."""
    call_id, offered = call_in(trunk, trunk.carriers[0], body=SECURE_SDP)
    trunk.acd.do(AnswerLeg(offered.leg))
    got = trunk.phone.response(call_id, LATEST_S)
    routes = got.all("record-route")[::-1]
    dialog = Dialog(
        trunk.phone, *through_carrier(trunk), offered.leg, call_id, got["from"], got["to"], bare(got["contact"]), routes
    )
    return up(trunk, dialog, got)


def up(trunk: Trunk, dialog: Dialog, answer: Message) -> Dialog:
    assert answer.status == 200 and "RTP/SAVP" in answer.body, answer
    dialog.say("ACK", 1)
    trunk.acd.wait(LegAnswered, timeout_s=LATEST_S, leg=dialog.leg)
    return dialog


def it_was_called_by_another_number(trunk: Trunk, session: Session, port: int, to: str) -> Dialog:
    """On the carrier's own connection. PJSIP chooses an account by the names in Request-URI and To."""
    own = f"{trunk.carriers[0].address}:5061"
    with Peer(trunk.carriers[0].address) as writer:
        writer.behind_nat = own
    contact = f"<sip:sbc@{own};transport=tls>"

    def receive(first: str, cseq: str) -> Message:
        got = session.receive(first)
        while got.status == 100 or got["cseq"] != (cseq or got["cseq"]):
            got = session.receive(first)
        return got

    mark = trunk.acd.mark
    uri = f"sip:910000002@{LAN}:{port}"
    text = writer.request("INVITE", uri, "<sip:6@o>;tag=o", f"<sip:{to}>", body=SECURE_SDP, contact=contact)
    session.send(text)
    leg = trunk.acd.wait(LegOffered, mark, LATEST_S, line=LINE).leg
    trunk.acd.do(AnswerLeg(leg))
    got = session.receive("SIP/2.0 200")
    routes = got.all("record-route")[::-1]
    target = bare(got["contact"])
    dialog = Dialog(writer, session.send, receive, leg, got["call-id"], got["from"], got["to"], target, routes, contact)
    return up(trunk, dialog, got)


@pytest.fixture
def sessions() -> Iterator[list[Session]]:
    made: list[Session] = []
    yield made
    for one in made:
        one.close()


@pytest.mark.parametrize(
    "who", ["the box", "its user", "another number", "a name of the box itself", "the other line's user"]
)
def test_a_call_that_is_up_is_not_talked_into_the_clear(
    who: str, trunk: Trunk, authority: Authority, box: Signed, sessions: list[Session]
) -> None:
    """Offered plain sound it says 488 and goes on as it was (RFC 3261 14.2); its own offer is encrypted."""
    port = free_port(LAN)
    carrier = start(trunk, box, authority, authority.sign(DOMAIN), 'srtp = "required"\n', port, OTHER_LINE)
    trunk.is_up(timeout_s=LATEST_S)
    if who == "the box":
        dialog = the_box_called(trunk)
    elif who == "its user":
        dialog = it_was_called(trunk)
    else:
        sessions.append(Session(carrier, port))
        to = {"another number": "910000002@o", "a name of the box itself": "201@centralita.invalid"}.get(
            who, "otra@otra.example"
        )
        dialog = it_was_called_by_another_number(trunk, sessions[0], port, to)
    for offer in (SDP, PLAIN_WITH_KEYS):
        assert dialog.reinvite(offer).status == 488
    again = dialog.reinvite(SECURE_SDP)
    assert again.status == 200 and "RTP/SAVP" in again.body, again
    unoffered = dialog.reinvite("", answer=chosen_key(SECURE_SDP))
    assert unoffered.status == 200 and "RTP/SAVP" in unoffered.body, unoffered
    assert not [one for one in trunk.acd.inputs() if isinstance(one, LegEnded)]
    trunk.acd.do(HangUpLeg(dialog.leg))
    dialog.receive("BYE", "")
    assert trunk.acd.wait(LegEnded, timeout_s=LATEST_S, leg=dialog.leg).by_us


OTHER_LINE = """
[[line]]
name = "otra"
driver = "sip"
registrar = "otra.example"
hosts = ["127.0.31.99:5060"]
user = "otra"
password = "x"
"""
"""A line of clear sound; its carrier never answers."""
