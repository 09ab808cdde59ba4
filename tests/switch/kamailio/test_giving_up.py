"""A call that rings and is given up: the phone stops, whether or not Kamailio still knows what it rang."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.switch.kamailio.conftest import CARRIER, DESK, REALM, STRANGER, Office, heard_invite, register
from tests.switch.kamailio.peer import SDP, Peer
from tests.waiting import wait_for


def without_body(invitation: str, method: str, to: str = "") -> str:
    """The CANCEL of an INVITE, or the ACK of its refusal: the same Via, Call-ID and number (RFC 3261 9.1, 17.1.1.3)."""
    head = invitation.split("\r\n\r\n")[0].replace("INVITE", method).split("\r\n")
    kept = [f"To: {to}" if to and line.startswith("To: ") else line for line in head]
    kept = [line for line in kept if not line.startswith(("Content-", "Contact"))]
    return "\r\n".join([*kept, "Content-Length: 0", "", ""])


def test_a_cancelled_ring_is_cancelled_at_the_phone(office: Office, switch: Peer, phone: Peer) -> None:
    register(office, phone, "201", "secreto-201")
    text = switch.request("INVITE", f"sip:201@{REALM}", f"<sip:+34600@{REALM}>;tag=s", body=SDP)
    switch.send(text, office.inner)
    ringing = heard_invite(phone)
    phone.reply(ringing, 180, "Ringing")
    switch.receive(lambda got: got.status == 180)
    switch.send(without_body(text, "CANCEL"), office.inner)
    phone.reply(phone.receive(lambda got: got.first.startswith("CANCEL")), 200, "OK")
    phone.reply(ringing, 487, "Request Terminated")
    assert switch.receive(lambda got: got.status >= 300).status == 487


@pytest.mark.parametrize("where", ["registered", "fixed", "carrier"])
def test_a_ring_is_cancelled_though_kamailio_was_killed_meanwhile(where: str, office: Office, switch: Peer) -> None:
    """The new one knows nothing of the INVITE; the phone must not ring for ever, nor its agent be called busy."""
    with Peer({"registered": STRANGER, "fixed": DESK, "carrier": CARRIER}[where], 5703) as phone:
        uri = {
            "registered": f"sip:201@{REALM}", "fixed": f"sip:203@{REALM}", "carrier": f"sip:600111222@{CARRIER}:5703"
        }[where]  # fmt: skip
        if where == "registered":
            register(office, phone, "201", "secreto-201")
            wait_for("the contact to be written", lambda: contacts_written(office))
        route = f"Route: <sip:{office.inner[0]}:{office.inner[1]};lr>\r\n"
        text = switch.request("INVITE", uri, f"<sip:+34600@{REALM}>;tag=s", "", route, body=SDP)
        switch.send(text, office.inner)
        ringing = heard_invite(phone)
        phone.reply(ringing, 180, "Ringing")
        switch.receive(lambda got: got.status == 180)
        office.stop(signal.SIGKILL)
        office.start()
        switch.send(without_body(text, "CANCEL"), office.inner)
        cancel = phone.receive(lambda got: got.first.startswith("CANCEL"))
        assert (cancel.uri, cancel.source) == (ringing.uri, ringing.source)
        assert cancel["via"] == ringing["via"], "by its branch the phone knows which call is meant"
        phone.reply(cancel, 200, "OK")
        assert switch.receive(lambda got: got["cseq"] == "1 CANCEL").status == 200
        phone.reply(ringing, 487, "Request Terminated")
        refused = switch.receive(lambda got: got.status >= 300)
        assert refused.status == 487
        switch.send(without_body(text, "ACK", refused["to"]), office.inner)
        ack = phone.receive(lambda got: got.first.startswith("ACK"))
        assert (ack.uri, ack["via"]) == (ringing.uri, ringing["via"])


def contacts_written(office: Office) -> bool:
    """Whether a contact is on the disk: one that is not is unknown after a kill."""
    path = Path(office.configuration.box.data_dir) / "kamailio" / "contacts.sqlite3"
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as store:
        return bool(store.execute("select count(*) from location").fetchone()[0])
