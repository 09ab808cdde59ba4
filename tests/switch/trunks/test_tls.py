"""A carrier by TLS: taken when its certificate proves its name, refused in plain words when not; encrypted sound."""

import base64
import shutil
import socket
import ssl
from pathlib import Path

import pytest

from appliance.acd.effects import AnswerLeg, HangUpLeg
from appliance.acd.ids import LegId
from appliance.acd.inputs import LegAnswered, LegEnded, LegOffered
from tests.conftest import free_port
from tests.switch.kamailio.peer import SDP, Message, Peer, parse
from tests.switch.switch_office import LAN
from tests.switch.trunks.authority import Authority, Signed
from tests.switch.trunks.carrier import DOMAIN, USER, Carrier, Terms
from tests.switch.trunks.conftest import LINE, Trunk
from tests.switch.trunks.test_registering import call_in, dialled
from tests.waiting import wait_for

KEY = base64.b64encode(bytes(range(30))).decode()
SECURE_SDP = SDP.replace("RTP/AVP", "RTP/SAVP") + f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{KEY}\r\n"


def start(
    trunk: Trunk, box: Signed, authority: Authority, shown: Signed, keys: str = "", tls_port: int = 0, more: str = ""
) -> Carrier:
    """A carrier that shows this certificate, and the office whose line trusts the authority; `more` of its file."""
    carrier = trunk.carrier(terms=Terms(tls=shown.tls_cfg()))
    made = trunk.folder / "office" / "data" / "tls"
    made.mkdir(parents=True)
    shutil.copy(box.certificate, made / "cert.pem")
    shutil.copy(box.key, made / "key.pem")
    own = f'hosts = ["{carrier.address}:{carrier.port + 1}"]\ntransport = "tls"\nca_file = "{authority.file}"\n{keys}'
    trunk.start(own, sip=f"tls_port = {tls_port or free_port(LAN)}", more=more)
    return carrier


def test_a_line_registers_and_calls_both_ways_by_tls(trunk: Trunk, authority: Authority, box: Signed) -> None:
    carrier = start(trunk, box, authority, authority.sign("otro.example", DOMAIN))
    assert trunk.is_up().detail == f"registered at {DOMAIN}"
    call_in(trunk, carrier)
    got = dialled(trunk)
    assert "SIP/2.0/TLS" in " ".join(got.all("via"))
    trunk.phone.reply(got, 486, "Busy Here")
    assert trunk.acd.wait(LegEnded, leg="fuera-1").cause == "busy"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("expired", "the certificate of {host} has expired: the carrier must renew it, or this box's clock is wrong"),
        ("other name", "the certificate of {host} is of another name than operador.example"),
        ("unknown authority", "no authority this box trusts has signed the certificate of {host}: is `ca_file` right?"),
    ],
)
def test_a_certificate_that_proves_nothing_is_refused_in_plain_words(
    fault: str, words: str, trunk: Trunk, authority: Authority, box: Signed, tmp_path: Path
) -> None:
    shown = {
        "expired": lambda: authority.sign(DOMAIN, days=-1),
        "other name": lambda: authority.sign("www.operador.example"),
        "unknown authority": lambda: Authority(tmp_path / "other", "Otra").sign(DOMAIN),
    }[fault]()
    carrier = start(trunk, box, authority, shown)
    words = words.format(host=f"{carrier.address}:{carrier.port + 1}")
    trunk.is_down_because(words)
    wait_for("the same in the log", lambda: words in trunk.office.log())
    assert carrier.heard("REGISTER") == 0


def test_a_host_that_speaks_no_tls_is_named(trunk: Trunk, authority: Authority, box: Signed) -> None:
    carrier = start(trunk, box, authority, authority.sign(DOMAIN))
    trunk.is_up()
    mark = trunk.acd.mark
    carrier.restart(tls="")
    detail = trunk.is_down(mark, 30).detail
    assert detail.endswith("does not answer") or "does not speak TLS" in detail


def test_a_carrier_that_renews_its_certificate_is_followed(trunk: Trunk, authority: Authority, box: Signed) -> None:
    carrier = start(trunk, box, authority, authority.sign(DOMAIN))
    trunk.is_up()
    carrier.restart(tls=authority.sign(f"x.{DOMAIN}", DOMAIN).tls_cfg())
    wait_for("registration with the new certificate", lambda: carrier.heard(f"REGISTER {USER}") > 0, timeout_s=90)
    call_in(trunk, carrier)


def test_who_takes_the_carrier_s_place_later_hears_nothing(
    trunk: Trunk, authority: Authority, box: Signed, tmp_path: Path
) -> None:
    """The same authority has signed it, for another name: Kamailio alone would take it."""
    carrier = start(trunk, box, authority, authority.sign(DOMAIN))
    trunk.is_up()
    mark = trunk.acd.mark
    carrier.restart(tls=authority.sign("intruso.example").tls_cfg())
    host = f"{carrier.address}:{carrier.port + 1}"
    wanted = f"the certificate of {host} is of another name than {DOMAIN}"
    wait_for(wanted, lambda: any(getattr(one, "detail", "") == wanted for one in trunk.acd.inputs(mark)), timeout_s=90)
    assert carrier.heard("REGISTER") == 0


@pytest.mark.parametrize("called", [USER, "910000002"])
def test_a_call_from_its_host_in_the_clear_is_not_the_line_s(
    called: str, trunk: Trunk, authority: Authority, box: Signed
) -> None:
    """Over UDP anybody can write the carrier's address."""
    carrier = start(trunk, box, authority, authority.sign(DOMAIN))
    trunk.is_up()
    mark = trunk.acd.mark
    with Peer(carrier.address) as spoofed:
        text = spoofed.request("INVITE", f"sip:{called}@{LAN}:{trunk.office.port}", "<sip:6@o>;tag=o", body=SDP)
        spoofed.send(text, (LAN, trunk.office.port))
        assert spoofed.response(text.split("Call-ID: ")[1].split("\r\n")[0]).status == 407
    assert not [one for one in trunk.acd.inputs(mark) if isinstance(one, LegOffered)]


class Session:
    """The carrier's session border controller: a TLS connection of its own to the box, which `shows` a certificate, or
    none."""

    def __init__(self, carrier: Carrier, port: int, shows: Signed | None = None) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if shows is not None:
            context.load_cert_chain(shows.certificate, shows.key)
        plain = socket.create_connection((LAN, port), 20, (carrier.address, 0))
        self._tls = context.wrap_socket(plain)
        self._tls.settimeout(20)
        self._rest = b""

    def send(self, text: str) -> None:
        self._tls.sendall(text.replace("SIP/2.0/UDP", "SIP/2.0/TLS").encode())

    def receive(self, wanted: str) -> Message:
        """The next message whose first line begins so."""
        while True:
            head, end, rest = self._rest.partition(b"\r\n\r\n")
            if end:
                length = int(parse(head + end, (LAN, 0))["content-length"])
                if len(rest) >= length:
                    self._rest = rest[length:]
                    got = parse(head + end + rest[:length], (LAN, 0))
                    if got.first.startswith(wanted):
                        return got
                    continue
            data = self._tls.recv(65_536)
            assert data, f"the box closed the connection; no {wanted}"
            self._rest += data

    def is_closed(self) -> bool:
        """Whether the box closes the connection, without another word."""
        return not self._tls.recv(65_536)

    def close(self) -> None:
        self._tls.close()


def test_a_call_on_the_carrier_s_own_connection_is_ended_on_it(trunk: Trunk, authority: Authority, box: Signed) -> None:
    """What it answers there is taken, and the connection stays: other calls are on it."""
    port = free_port(LAN)
    carrier = start(trunk, box, authority, authority.sign(DOMAIN), tls_port=port)
    trunk.is_up()
    mark = trunk.acd.mark
    session = Session(carrier, port)
    own = f"{carrier.address}:5061"
    with Peer(carrier.address) as writer:
        writer.behind_nat = own
        contact = f"<sip:sbc@{own};transport=tls>"
        invite = writer.request("INVITE", f"sip:{USER}@{LAN}:{port}", "<sip:6@o>;tag=o", body=SDP, contact=contact)
        session.send(invite)
        leg = trunk.acd.wait(LegOffered, mark, line=LINE).leg
        trunk.acd.do(AnswerLeg(leg))
        answer = session.receive("SIP/2.0 200")
        routes = "".join(f"Route: {one}\r\n" for one in reversed(answer.all("record-route")))
        target = answer["contact"].split(">")[0].strip("<")
        session.send(
            writer.request("ACK", target, answer["from"], answer["to"], routes, answer["call-id"], contact=contact)
        )
        trunk.acd.wait(LegAnswered, mark, leg=leg)
        trunk.acd.do(HangUpLeg(leg))
        bye = session.receive("BYE")
        lines = [f"Via: {via}" for via in bye.all("via")]
        lines += [f"{name}: {bye[name.lower()]}" for name in ("From", "To", "Call-ID", "CSeq")]
        session.send("\r\n".join(["SIP/2.0 200 OK", *lines, "Content-Length: 0", "", ""]))
        session.send(writer.request("OPTIONS", f"sip:{LAN}:{port}", "<sip:6@o>;tag=p"))
        assert session.receive("SIP/2.0 200")["cseq"].endswith("OPTIONS")
    session.close()


# --- encrypted sound


def test_required_encryption_is_offered_and_kept(trunk: Trunk, authority: Authority, box: Signed) -> None:
    start(trunk, box, authority, authority.sign(DOMAIN), 'srtp = "required"')
    trunk.is_up()
    got = dialled(trunk)
    assert "RTP/SAVP" in got.body and "a=crypto:" in got.body
    chosen = next(line for line in got.body.splitlines() if line.startswith("a=crypto:")).rpartition("inline:")[0]
    trunk.phone.reply(got, 200, "OK", body=SDP.replace("RTP/AVP", "RTP/SAVP") + f"{chosen}inline:{KEY}\r\n")
    trunk.acd.wait(LegAnswered, leg="fuera-1")
    trunk.acd.do(HangUpLeg(LegId("fuera-1")))
    assert trunk.acd.wait(LegEnded, leg="fuera-1").by_us


def test_required_encryption_is_not_talked_away(trunk: Trunk, authority: Authority, box: Signed) -> None:
    carrier = start(trunk, box, authority, authority.sign(DOMAIN), 'srtp = "required"')
    trunk.is_up()
    got = dialled(trunk)
    trunk.phone.reply(got, 200, "OK", body=SDP)
    assert trunk.acd.wait(LegEnded, leg="fuera-1").cause == "failed"
    mark = trunk.acd.mark
    place = (carrier.address, carrier.port)
    text = trunk.phone.request("INVITE", f"sip:910000002@{carrier.address}:{carrier.port}", "<sip:6@o>;tag=o", body=SDP)
    trunk.phone.send(text, place)
    assert trunk.phone.response(text.split("Call-ID: ")[1].split("\r\n")[0]).status == 488
    assert not [one for one in trunk.acd.inputs(mark) if isinstance(one, LegOffered)]


@pytest.mark.parametrize("called", [USER, "910000002"])
def test_required_encryption_is_not_talked_away_by_offering_nothing(
    called: str, trunk: Trunk, authority: Authority, box: Signed
) -> None:
    """An INVITE without SDP leaves the offer to us, and could answer it with plain sound."""
    port = free_port(LAN)
    carrier = start(trunk, box, authority, authority.sign(DOMAIN), 'srtp = "required"', port)
    trunk.is_up()
    mark = trunk.acd.mark
    session = Session(carrier, port)
    own = f"{carrier.address}:5061"
    with Peer(carrier.address) as writer:
        writer.behind_nat = own
        contact = f"<sip:sbc@{own};transport=tls>"
        session.send(writer.request("INVITE", f"sip:{called}@{LAN}:{port}", "<sip:6@o>;tag=o", contact=contact))
        leg = trunk.acd.wait(LegOffered, mark, line=LINE).leg
        trunk.acd.do(AnswerLeg(leg))
        answer = session.receive("SIP/2.0 200")
        assert "RTP/SAVP" in answer.body, answer.body
        routes = "".join(f"Route: {one}\r\n" for one in reversed(answer.all("record-route")))
        target = answer["contact"].split(">")[0].strip("<")
        call_id = answer["call-id"]
        ack = writer.request("ACK", target, answer["from"], answer["to"], routes, call_id, body=SDP, contact=contact)
        session.send(ack)
        assert session.receive("BYE")["call-id"] == call_id
    session.close()


@pytest.mark.parametrize("offered", [SDP, SECURE_SDP], ids=["plain", "encrypted"])
def test_optional_encryption_takes_both(offered: str, trunk: Trunk, authority: Authority, box: Signed) -> None:
    carrier = start(trunk, box, authority, authority.sign(DOMAIN), 'srtp = "optional"')
    trunk.is_up()
    mark = trunk.acd.mark
    text = trunk.phone.request(
        "INVITE", f"sip:910000002@{carrier.address}:{carrier.port}", "<sip:6@o>;tag=o", body=offered
    )
    trunk.phone.send(text, (carrier.address, carrier.port))
    leg = trunk.acd.wait(LegOffered, mark, line=LINE).leg
    trunk.acd.do(AnswerLeg(leg))
    answer = trunk.phone.response(text.split("Call-ID: ")[1].split("\r\n")[0])
    assert answer.status == 200
    assert ("RTP/SAVP" in answer.body) is (offered == SECURE_SDP)
    trunk.acd.do(HangUpLeg(leg))
