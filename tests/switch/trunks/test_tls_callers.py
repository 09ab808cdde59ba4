"""A connection by TLS that the carrier has opened: with `peer_certificate` required its calls count only where it has
shown a certificate one of the line's hosts has proved."""

from collections.abc import Callable

import pytest

from appliance.acd.inputs import LegOffered, LineChanged
from tests.conftest import free_port
from tests.switch.kamailio.peer import SDP, Peer
from tests.switch.switch_office import LAN
from tests.switch.trunks.authority import Authority, Signed
from tests.switch.trunks.carrier import DOMAIN, USER, Carrier
from tests.switch.trunks.conftest import LINE, Trunk
from tests.switch.trunks.test_registering import call_in
from tests.switch.trunks.test_tls import Session, start
from tests.waiting import wait_for

LATEST_S = 30.0
REQUIRED = 'peer_certificate = "required"'


def calls(carrier: Carrier, port: int, shows: Signed | None, called: str = USER) -> int:
    """The first answer to a call on a new connection, beyond 100."""
    session = Session(carrier, port, shows)
    status = calls_on(session, carrier, port, called)
    session.close()
    return status


def calls_on(session: Session, carrier: Carrier, port: int, called: str = USER) -> int:
    """The same on a connection that is open."""
    with Peer(carrier.address) as writer:
        writer.behind_nat = own = f"{carrier.address}:5061"
        contact = f"<sip:sbc@{own};transport=tls>"
        uri = f"sip:{called}@{LAN}:{port}"
        session.send(writer.request("INVITE", uri, "<sip:6@o>;tag=o", body=SDP, contact=contact))
        got = session.receive("SIP/2.0")
        while got.status == 100:
            got = session.receive("SIP/2.0")
    return got.status


@pytest.mark.parametrize("called", [USER, "910000002"])
@pytest.mark.parametrize(
    ("shown", "status", "words"),
    [
        ("none", 407, "it shows no certificate"),
        ("another name", 503, "no host has proved the certificate it shows"),
    ],
)
def test_whoever_does_not_prove_to_be_the_carrier_is_refused_and_it_is_said(
    called: str, shown: str, status: int, words: str, trunk: Trunk, authority: Authority, box: Signed
) -> None:
    """From the carrier's address, over TLS: with nothing more that would be the carrier."""
    port = free_port(LAN)
    carrier = start(trunk, box, authority, authority.sign(DOMAIN), REQUIRED, port)
    trunk.is_up(timeout_s=LATEST_S)
    mark = trunk.acd.mark
    shows = None if shown == "none" else authority.sign("intruso.example")
    assert calls(carrier, port, shows, called) == status
    said = f"a call from {carrier.address} was refused, for {words}"
    changed = trunk.acd.wait(LineChanged, mark, LATEST_S, line=LINE)
    assert (changed.health, changed.detail) == ("up", f"registered at {DOMAIN}; {said}")
    wait_for(
        "the same in the log", lambda: f"line {LINE}: registered at {DOMAIN}; {said}" in trunk.office.log(), LATEST_S
    )
    assert not [one for one in trunk.acd.inputs(mark) if isinstance(one, LegOffered)]


def test_whoever_shows_what_a_host_has_proved_is_the_carrier(trunk: Trunk, authority: Authority, box: Signed) -> None:
    port = free_port(LAN)
    proves = authority.sign(DOMAIN)
    carrier = start(trunk, box, authority, proves, REQUIRED, port)
    trunk.is_up(timeout_s=LATEST_S)
    mark = trunk.acd.mark
    assert calls(carrier, port, proves) == 180
    trunk.acd.wait(LegOffered, mark, LATEST_S, line=LINE)


def test_a_certificate_that_was_renewed_is_proved_anew_when_a_call_shows_it(
    trunk: Trunk, authority: Authority, box: Signed
) -> None:
    port = free_port(LAN)
    carrier = start(trunk, box, authority, authority.sign(DOMAIN), REQUIRED, port)
    trunk.is_up(timeout_s=LATEST_S)
    renewed = authority.sign(DOMAIN)
    carrier.restart(tls=renewed.tls_cfg())
    wait_for("a call", lambda: calls(carrier, port, renewed) == 180, 2 * LATEST_S, every_s=0.5)


def test_a_connection_from_before_the_renewal_is_closed_so_that_the_carrier_makes_another(
    trunk: Trunk, authority: Authority, box: Signed
) -> None:
    """A connection shows the certificate it was made with for as long as it lives, which may be weeks."""
    port = free_port(LAN)
    first, renewed = authority.sign(DOMAIN), authority.sign(DOMAIN)
    carrier = start(trunk, box, authority, first, REQUIRED, port)
    trunk.is_up(timeout_s=LATEST_S)
    kept = Session(carrier, port, first)
    assert calls_on(kept, carrier, port) == 180
    carrier.restart(tls=renewed.tls_cfg())
    wait_for("a call", lambda: calls(carrier, port, renewed) == 180, 2 * LATEST_S, every_s=0.5)
    assert calls_on(kept, carrier, port) == 503
    assert kept.is_closed()
    kept.close()


@pytest.mark.parametrize("shows", [lambda _: None, lambda authority: authority.sign("otro.example")])
def test_without_the_key_its_address_over_tls_is_all_there_is(
    shows: Callable[[Authority], Signed | None], trunk: Trunk, authority: Authority, box: Signed
) -> None:
    """Many carriers show no certificate of their own."""
    port = free_port(LAN)
    carrier = start(trunk, box, authority, authority.sign(DOMAIN), tls_port=port)
    trunk.is_up(timeout_s=LATEST_S)
    mark = trunk.acd.mark
    assert calls(carrier, port, shows(authority)) == 180
    trunk.acd.wait(LegOffered, mark, LATEST_S, line=LINE)


@pytest.mark.parametrize("calls_back", [True, False], ids=["our connection", "its own"])
def test_a_carrier_that_is_asked_for_its_certificate_calls(
    calls_back: bool, trunk: Trunk, authority: Authority, box: Signed
) -> None:
    """On our connection its host has proved itself already; on its own it shows the same certificate."""
    proves = authority.sign(DOMAIN)
    carrier = start(trunk, box, authority, proves, REQUIRED)
    shows = "" if calls_back else f"private_key = {proves.key}\ncertificate = {proves.certificate}\n"
    carrier.restart(tls=proves.tls_cfg() + shows, calls_back=calls_back)
    wait_for("registration", lambda: carrier.heard(f"REGISTER {USER}") > 0, 2 * LATEST_S)
    call_in(trunk, carrier)
