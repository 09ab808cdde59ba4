"""A carrier by TLS that renews its certificate: its old connections are closed, and calls that began on them end."""

import socket
import ssl
from pathlib import Path

from appliance.acd.effects import AnswerLeg, HangUpLeg
from appliance.acd.ids import LegId
from appliance.acd.inputs import LegAnswered, LegEnded, LegOffered
from tests.conftest import free_port
from tests.switch.kamailio.peer import SDP, Peer
from tests.switch.switch_office import LAN
from tests.switch.trunks.authority import Authority, Signed
from tests.switch.trunks.carrier import DOMAIN, USER, Carrier
from tests.switch.trunks.conftest import LINE, Trunk
from tests.switch.trunks.test_registering import dialled
from tests.switch.trunks.test_tls import Session, start
from tests.switch.trunks.test_tls_callers import REQUIRED, calls, calls_on
from tests.waiting import wait_for

LATEST_S = 30.0
CLOSED = "shows a certificate that has not been proved"


def test_a_call_on_a_connection_that_is_closed_for_its_old_certificate_is_ended_on_a_new_one(
    trunk: Trunk, authority: Authority, box: Signed
) -> None:
    """Hung up in the moment the connection is gone, before the next question has made another."""
    port = free_port(LAN)
    carrier = start(trunk, box, authority, authority.sign(DOMAIN), REQUIRED, port)
    trunk.is_up(timeout_s=LATEST_S)
    trunk.phone.reply(dialled(trunk), 200, "OK", body=SDP)
    trunk.acd.wait(LegAnswered, timeout_s=LATEST_S, leg="fuera-1")
    renewed = authority.sign(DOMAIN)
    carrier.renew(renewed.tls_cfg())
    calls(carrier, port, renewed)  # so that the new one is proved at once
    wait_for("the old connection to be closed", lambda: CLOSED in trunk.office.log(), 2 * LATEST_S, every_s=0.005)
    trunk.acd.do(HangUpLeg(LegId("fuera-1")))
    bye = trunk.phone.receive(lambda got: got.first.startswith("BYE"), LATEST_S)
    trunk.phone.reply(bye, 200, "OK")
    assert trunk.acd.wait(LegEnded, timeout_s=LATEST_S, leg="fuera-1").by_us


def test_a_call_on_the_carrier_s_own_connection_that_is_closed_is_ended_on_one_made_for_it(
    trunk: Trunk, authority: Authority, box: Signed
) -> None:
    """It listens where its Contact says, and shows there what it has now."""
    port = free_port(LAN)
    first, renewed = authority.sign(DOMAIN), authority.sign(DOMAIN)
    carrier = start(trunk, box, authority, first, REQUIRED, port)
    trunk.is_up(timeout_s=LATEST_S)
    kept = Session(carrier, port, first)
    leg = talks(trunk, kept, carrier, port)
    carrier.renew(renewed.tls_cfg())
    wait_for("a call", lambda: calls(carrier, port, renewed) == 180, 2 * LATEST_S, every_s=0.5)
    assert calls_on(kept, carrier, port) == 503 and kept.is_closed()
    with socket.create_server((carrier.address, 5061)) as listens:
        trunk.acd.do(HangUpLeg(leg))
        assert heard_there(listens, renewed).startswith("BYE sip:sbc@")


def test_nobody_else_at_that_address_hears_of_it(
    trunk: Trunk, authority: Authority, box: Signed, tmp_path: Path
) -> None:
    """A certificate that the line's authorities have not signed."""
    port = free_port(LAN)
    first = authority.sign(DOMAIN)
    carrier = start(trunk, box, authority, first, REQUIRED, port)
    trunk.is_up(timeout_s=LATEST_S)
    kept = Session(carrier, port, first)
    leg = talks(trunk, kept, carrier, port)
    kept.close()
    with socket.create_server((carrier.address, 5061)) as listens:
        trunk.acd.do(HangUpLeg(leg))
        assert heard_there(listens, Authority(tmp_path / "other", "Otra").sign(DOMAIN)) == ""


def talks(trunk: Trunk, session: Session, carrier: Carrier, port: int) -> LegId:
    """A call from the carrier on a connection of its own, answered; its leg."""
    mark = trunk.acd.mark
    with Peer(carrier.address) as writer:
        writer.behind_nat = own = f"{carrier.address}:5061"
        contact = f"<sip:sbc@{own};transport=tls>"
        session.send(writer.request("INVITE", f"sip:{USER}@{LAN}:{port}", "<sip:6@o>;tag=o", body=SDP, contact=contact))
        leg = trunk.acd.wait(LegOffered, mark, LATEST_S, line=LINE).leg
        trunk.acd.do(AnswerLeg(leg))
        answer = session.receive("SIP/2.0 200")
        routes = "".join(f"Route: {one}\r\n" for one in reversed(answer.all("record-route")))
        target = answer["contact"].split(">")[0].strip("<")
        ack = writer.request("ACK", target, answer["from"], answer["to"], routes, answer["call-id"], contact=contact)
        session.send(ack)
    trunk.acd.wait(LegAnswered, mark, LATEST_S, leg=leg)
    return leg


def heard_there(listens: socket.socket, shows: Signed) -> str:
    """The first line said on the first connection that is made to this certificate; "" when there is none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shows.certificate, shows.key)
    listens.settimeout(LATEST_S)
    plain, _ = listens.accept()
    plain.settimeout(LATEST_S)
    try:
        with context.wrap_socket(plain, server_side=True) as secure:
            return secure.recv(65_536).decode().partition("\r\n")[0]
    except OSError:
        return ""
