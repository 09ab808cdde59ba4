"""Where Kamailio sends what a line's account sends: its hosts in the order the switch told, each for a limited time."""

import time
from collections.abc import Iterator

import pytest

from appliance.configuration.file import Configuration, Line
from appliance.switch.kamailio import Limits
from appliance.switch.registrar_client import RegistrarClient
from tests.switch.kamailio.conftest import CARRIER, INSIDE, LIMITS, REALM, STRANGER, Office, changed, heard_invite
from tests.switch.kamailio.peer import SDP, Message, Peer
from tests.waiting import wait_for

SECOND = "127.0.70.10"
ANSWERS_MS = 1_500
USERS = {"operador": "+34910~a", "otra": "34910000001"}


@pytest.fixture
def registering(configuration: Configuration) -> Iterator[Office]:
    lines = tuple(
        Line(name, "sip", registrar="operador.example", user=user, password="clave") for name, user in USERS.items()
    )
    running = Office(changed(configuration, line=lines))
    running.start(Limits(**{**vars_of(LIMITS), "host_answers_ms": ANSWERS_MS}))
    yield running
    running.stop()


def vars_of(limits: Limits) -> dict[str, int]:
    return {name: getattr(limits, name) for name in limits.__dataclass_fields__}


class Lines:
    """The switch's two ends: its SIP port and its connection to Kamailio's events."""

    def __init__(self, office: Office) -> None:
        sip = office.configuration.sip
        self._office = office
        self.switch = Peer(INSIDE, sip.switch_port)
        self.events = RegistrarClient(sip.inside, sip.events_port)

    def tell(self, line: str, *hosts: Peer) -> None:
        self.events.send(" ".join(("hosts", line, *(uri_of(one) for one in hosts))))

    def send(self, method: str, line: str, extra: str = "", body: str = "") -> str:
        """A request of a line's account; its Call-ID."""
        route = f"Route: <sip:line.{line}@{self._office.inner[0]}:{self._office.inner[1]};lr>\r\n"
        uri = "sip:600111222@operador.example" if method == "INVITE" else "sip:operador.example"
        text = self.switch.request(
            method, uri, f"<sip:u@operador.example>;tag=s{time.monotonic_ns()}", "", route + extra, body=body
        )
        self.switch.send(text, self._office.inner)
        return text.split("Call-ID: ")[1].split("\r\n")[0]

    def close(self) -> None:
        self.switch.sock.close()
        self.events.close()


@pytest.fixture
def lines(registering: Office) -> Iterator[Lines]:
    made = Lines(registering)
    yield made
    made.close()


def uri_of(peer: Peer) -> str:
    return f"sip:{peer.address}:{peer.port};transport=udp"


def told(lines: Lines, line: str, *hosts: Peer) -> None:
    """Told, and taken: the first host has heard a registration."""
    lines.tell(line, *hosts)

    def heard() -> bool:
        call_id = lines.send("REGISTER", line)
        try:
            got = hosts[0].receive(lambda got: got["call-id"] == call_id, 0.5)
        except AssertionError:
            return False
        hosts[0].reply(got, 200, "OK")
        return lines.switch.response(call_id).status == 200

    wait_for(f"the hosts of {line}", heard)


def invited(peer: Peer, call_id: str) -> Message:
    return peer.receive(lambda got: got.first.startswith("INVITE") and got["call-id"] == call_id)


def test_a_call_goes_to_the_first_host_with_its_uri_untouched(registering: Office, lines: Lines) -> None:
    with Peer(CARRIER) as first, Peer(SECOND) as second:
        told(lines, "operador", first, second)
        call_id = lines.send("INVITE", "operador", body=SDP)
        got = invited(first, call_id)
        assert (got.uri, got.source, got.all("route")) == ("sip:600111222@operador.example", registering.face, [])
        first.reply(got, 486, "Busy Here")
        assert lines.switch.response(call_id).status == 486
        assert second.silence(2 * ANSWERS_MS / 1000), "busy is an answer, of the number and not of the host"


@pytest.mark.parametrize("how", ["silent", "503"])
def test_a_host_that_cannot_is_left_for_the_next_within_the_call(how: str, registering: Office, lines: Lines) -> None:
    with Peer(CARRIER) as first, Peer(SECOND) as second:
        told(lines, "operador", first, second)
        call_id = lines.send("INVITE", "operador", body=SDP)
        if how == "503":
            first.reply(invited(first, call_id), 503, "Service Unavailable")
        got = invited(second, call_id)
        second.reply(got, 180, "Ringing")
        second.reply(got, 200, "OK", body=SDP)
        assert lines.switch.response(call_id).status == 200


@pytest.mark.parametrize("method", ["INVITE", "REGISTER"])
def test_a_host_that_was_silent_is_not_waited_for_again(method: str, registering: Office, lines: Lines) -> None:
    """The answer to a challenge is a new request, and so is the next call: neither waits for what is known."""
    with Peer(CARRIER) as first, Peer(SECOND) as second:
        told(lines, "operador", first, second)
        call_id = lines.send("INVITE", "operador", body=SDP)
        second.reply(invited(second, call_id), 407, "Proxy Authentication Required")
        assert lines.switch.response(call_id).status == 407
        call_id = lines.send(method, "operador", body=SDP)
        got = second.receive(lambda got: got["call-id"] == call_id)
        second.reply(got, 200, "OK", body=SDP)
        assert lines.switch.response(call_id).status == 200
        while not first.silence(0.05):
            pass
        assert first.heard and call_id not in [one["call-id"] for one in first.heard]


def test_a_silent_host_is_still_tried_when_it_is_the_last(registering: Office, lines: Lines) -> None:
    with Peer(CARRIER) as first, Peer(SECOND) as second:
        told(lines, "operador", first, second)
        call_id = lines.send("INVITE", "operador", body=SDP)
        second.reply(invited(second, call_id), 486, "Busy Here")
        call_id = lines.send("INVITE", "operador", body=SDP)
        second.reply(invited(second, call_id), 503, "Service Unavailable")
        first.reply(invited(first, call_id), 486, "Busy Here")
        assert lines.switch.response(call_id).status == 486


def test_a_host_that_rings_too_late_is_told_to_stop(registering: Office, lines: Lines) -> None:
    """The call is at the next host by then; two telephones, or one twice, would ring."""
    with Peer(CARRIER) as first, Peer(SECOND) as second:
        told(lines, "operador", first, second)
        call_id = lines.send("INVITE", "operador", body=SDP)
        late = invited(first, call_id)
        second.reply(invited(second, call_id), 180, "Ringing")
        first.reply(late, 180, "Ringing")
        first.receive(lambda got: got.first.startswith("CANCEL") and got["call-id"] == call_id)


def test_a_line_by_address_alone_needs_to_be_told_to_nobody(configuration: Configuration) -> None:
    """It is up as soon as Kamailio is there, and called through at once."""
    with Peer(CARRIER) as carrier:
        line = Line("fija", "sip", address=CARRIER, address_port=carrier.port, user="u", password="clave")
        office = Office(changed(configuration, line=(line,)))
        office.start(LIMITS)
        made = Lines(office)
        got = invited(carrier, made.send("INVITE", "fija", body=SDP))
        carrier.reply(got, 486, "Busy Here")
        made.close()
        office.stop()


def test_a_call_that_rings_is_never_sent_to_another_host(registering: Office, lines: Lines) -> None:
    with Peer(CARRIER) as first, Peer(SECOND) as second:
        told(lines, "operador", first, second)
        call_id = lines.send("INVITE", "operador", body=SDP)
        first.reply(invited(first, call_id), 180, "Ringing")
        assert second.silence(3 * ANSWERS_MS / 1000)


def test_when_no_host_is_left_the_switch_hears_it(registering: Office, lines: Lines) -> None:
    with Peer(CARRIER) as first, Peer(SECOND) as second:
        told(lines, "operador", first, second)
        assert lines.switch.response(lines.send("INVITE", "operador", body=SDP)).status == 503, "another line is tried"
        assert lines.switch.response(lines.send("REGISTER", "operador")).status == 408
    assert lines.switch.response(lines.send("INVITE", "otra", body=SDP)).status == 503, "none was ever told"


def test_a_host_is_asked_by_its_name_and_nobody_else(registering: Office, lines: Lines) -> None:
    with Peer(CARRIER) as first, Peer(SECOND) as second, Peer(STRANGER) as stranger:
        told(lines, "operador", first, second)
        call_id = lines.send("OPTIONS", "operador", f"X-Centralita-Host: {uri_of(second)}\r\n")
        got = second.receive(lambda got: got["call-id"] == call_id)
        assert not got["x-centralita-host"]
        second.reply(got, 200, "OK")
        assert lines.switch.response(call_id).status == 200
        call_id = lines.send("OPTIONS", "operador", f"X-Centralita-Host: {uri_of(stranger)}\r\n")
        assert lines.switch.response(call_id).status == 503, "nothing that sounds like a host that lives"
        assert stranger.silence(0.3)


def test_calls_from_a_host_are_the_line_s_while_it_is_one(registering: Office, lines: Lines) -> None:
    """And with two accounts at one carrier, the one whose user is called."""
    with Peer(CARRIER) as first, Peer(SECOND) as second:
        for line in USERS:
            told(lines, line, first)
        for user, line in (("910000002", "operador"), (USERS["operador"], "operador"), (USERS["otra"], "otra")):
            assert call_from(registering, first, user, lines)["x-centralita-line"] == line
        # Kamailio takes the new host first and forgets the old one after it, so that no call is lost meanwhile.
        told(lines, "operador", second)
        wait_for(
            "the line that is still there",
            lambda: call_from(registering, first, "910000002", lines)["x-centralita-line"] == "otra",
        )
        told(lines, "otra", second)
        wait_for("it is a stranger now", lambda: is_asked_who_it_is(registering, first, lines))


def is_asked_who_it_is(office: Office, carrier: Peer, lines: Lines) -> bool:
    """As strangers are; a call that reaches the switch is refused there."""
    text = carrier.request("INVITE", f"sip:1@{office.face[0]}:{office.face[1]}", "<sip:6@c>;tag=1", body=SDP)
    carrier.send(text, office.face)
    call_id = text.split("Call-ID: ")[1].split("\r\n")[0]
    first = carrier.receive(lambda got: got.status >= 100 and got["call-id"] == call_id)
    if first.status < 200:
        lines.switch.reply(heard_invite(lines.switch), 486, "Busy Here")
        first = carrier.response(call_id)
    return first.status == 407


def call_from(office: Office, carrier: Peer, called: str, lines: Lines) -> Message:
    uri = f"sip:{called}@{office.face[0]}:{office.face[1]}"
    carrier.send(carrier.request("INVITE", uri, "<sip:600@c>;tag=1", body=SDP), office.face)
    got = heard_invite(lines.switch)
    lines.switch.reply(got, 486, "Busy Here")
    carrier.receive(lambda got: got.status == 486)
    return got


def test_nobody_outside_can_send_as_a_line(registering: Office, lines: Lines) -> None:
    with Peer(CARRIER) as first, Peer(STRANGER) as stranger:
        told(lines, "operador", first)
        first.heard.clear()
        for method in ("INVITE", "REGISTER", "OPTIONS"):
            route = f"Route: <sip:line.operador@{registering.face[0]}:{registering.face[1]};lr>\r\n"
            extra = f"{route}X-Centralita-Host: {uri_of(first)}\r\n"
            uri = "sip:600111222@operador.example"
            stranger.send(stranger.request(method, uri, f"<sip:u@{REALM}>;tag=1", "", extra), registering.face)
        assert first.silence()


@pytest.mark.parametrize(
    "message", ["hosts", "hosts nobody sip:192.0.2.1:5060", "hosts operador", "x" * 3000, "hosts operador ;;; @@"]
)
def test_messages_that_make_no_sense_change_nothing_else(message: str, registering: Office, lines: Lines) -> None:
    with Peer(CARRIER) as first:
        lines.events.send(message)
        told(lines, "operador", first)
