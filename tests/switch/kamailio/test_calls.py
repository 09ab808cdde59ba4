"""Whose call reaches the switch under which name, and where the switch's calls go; nothing else passes."""

import os
import pwd
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.configuration.file import Configuration, Line, Station
from appliance.switch.registrar_client import RegistrarClient
from tests.switch.kamailio.conftest import (
    CARRIER,
    DESK,
    INSIDE,
    REALM,
    STRANGER,
    Office,
    changed,
    heard_invite,
    register,
)
from tests.switch.kamailio.peer import SDP, Peer, credentials
from tests.waiting import wait_for

LINE = "x-centralita-line"
STATION = "x-centralita-station"


@pytest.fixture
def carrier(office: Office) -> Iterator[Peer]:
    with Peer(CARRIER) as peer:
        yield peer


def invite(
    office: Office, peer: Peer, called: str, sender: str, extra: str = "", call_id: str = "", cseq: int = 1
) -> str:
    """Send an INVITE to the box's face; its Call-ID."""
    uri = f"sip:{called}@{office.face[0]}:{office.face[1]}"
    text = peer.request("INVITE", uri, sender, "", extra, call_id, cseq, SDP)
    peer.send(text, office.face)
    return text.split("Call-ID: ")[1].split("\r\n")[0]


def phone_invite(office: Office, phone: Peer, extension: str, password: str, called: str, extra: str = "") -> str:
    """An INVITE as a phone sends it: asked for credentials, then with them; its Call-ID."""
    sender = f"<sip:{extension}@{REALM}>;tag=p"
    call_id = invite(office, phone, called, sender, extra)
    challenge = phone.response(call_id)
    assert challenge.status == 407, challenge.first
    uri = f"sip:{called}@{office.face[0]}:{office.face[1]}"
    proof = credentials(challenge["proxy-authenticate"], "INVITE", uri, extension, password, "Proxy-Authorization")
    return invite(office, phone, called, sender, extra + proof, call_id, 2)


# --- what comes in


def test_a_trunk_s_call_reaches_the_switch_as_its_line_from_any_port(office: Office, switch: Peer) -> None:
    for _ in range(2):
        with Peer(CARRIER) as carrier:
            call_id = invite(office, carrier, "910000002", "<sip:600111222@carrier.example>;tag=1")
            got = heard_invite(switch)
            assert (got.all(LINE), got.all(STATION)) == (["operador"], [])
            assert got.uri.startswith("sip:910000002@")
            assert got.source == office.inner
            assert len(got.all("record-route")) == 2, "one for each face"
            switch.reply(got, 486, "Busy Here")
            assert carrier.response(call_id).status == 486
            switch.receive(lambda got: got.first.startswith("ACK"))


@pytest.mark.parametrize(
    "name", ["X-Centralita-Line", "x-centralita-line", "X-CENTRALITA-STATION", "X-Centralita-Other"]
)
def test_headers_of_ours_from_outside_are_removed(name: str, office: Office, switch: Peer, carrier: Peer) -> None:
    invite(office, carrier, "910000002", "<sip:600111222@carrier>;tag=1", f"{name}: fijo\r\nX-Other: kept\r\n")
    got = heard_invite(switch)
    assert got.all(LINE) == ["operador"]
    assert (got.all(STATION), got.all("x-centralita-other")) == ([], [])
    assert got["x-other"] == "kept"


def test_headers_of_ours_from_a_phone_are_removed(office: Office, switch: Peer, phone: Peer) -> None:
    phone_invite(office, phone, "201", "secreto-201", "*45", "X-Centralita-Station: 202\r\nX-Centralita-Line: x\r\n")
    got = heard_invite(switch)
    assert (got.all(STATION), got.all(LINE)) == (["201"], [])


def test_a_phone_dials_a_star_code_with_its_password(office: Office, switch: Peer, phone: Peer) -> None:
    call_id = phone_invite(office, phone, "201", "secreto-201", "*46")
    got = heard_invite(switch)
    assert got.uri.startswith("sip:*46@")
    assert not got["proxy-authorization"], "the proof is not passed on"
    switch.reply(got, 480, "Temporarily Unavailable")
    assert phone.response(call_id).status == 480


def test_a_wrong_password_or_another_s_name_does_not_pass(office: Office, switch: Peer, phone: Peer) -> None:
    wrong = phone_invite(office, phone, "201", "guess", "*46")
    assert phone.response(wrong).status == 407
    sender = f"<sip:202@{REALM}>;tag=p"
    call_id = invite(office, phone, "*46", sender)
    challenge = phone.response(call_id)["proxy-authenticate"]
    uri = f"sip:*46@{office.face[0]}:{office.face[1]}"
    proof = credentials(challenge, "INVITE", uri, "201", "secreto-201", "Proxy-Authorization")
    invite(office, phone, "*46", sender, proof, call_id, 2)
    assert phone.response(call_id).status == 403
    assert switch.silence()


def test_an_extension_is_a_phone_even_at_a_trunk_s_address(office: Office, switch: Peer, carrier: Peer) -> None:
    phone_invite(office, carrier, "201", "secreto-201", "*46")
    got = heard_invite(switch)
    assert (got.all(STATION), got.all(LINE)) == (["201"], [])


def test_a_stranger_is_asked_who_he_is_and_reaches_nobody(office: Office, switch: Peer) -> None:
    with Peer(STRANGER) as stranger:
        call_id = invite(office, stranger, "900555555", "<sip:600111222@anywhere>;tag=1")
        assert stranger.response(call_id).status == 407
        text = stranger.request("MESSAGE", f"sip:201@{office.face[0]}:{office.face[1]}", "<sip:a@b>;tag=1")
        stranger.send(text, office.face)
        answer = stranger.receive(lambda got: got.method == "MESSAGE")
        assert (answer.status, answer["allow"]) == (405, "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER")
        for port in (office.inner[1], office.configuration.sip.events_port):
            stranger.send(text, (INSIDE, port))
        assert stranger.silence(), "the inner face answers nobody but the switch"
    assert switch.silence()


def test_the_box_is_no_relay_inside_a_dialog_either(office: Office, switch: Peer, phone: Peer) -> None:
    """A made-up To-tag and Route must not send a request to a third party."""
    with Peer(STRANGER) as stranger:
        own = f"<sip:{office.face[0]}:{office.face[1]};lr>"
        for route in (own, f"{own}, <sip:{DESK}:{phone.port};lr>"):
            for method in ("BYE", "INVITE", "ACK"):
                text = stranger.request(
                    method, f"sip:x@{DESK}:{phone.port}", "<sip:a@b>;tag=1", "<sip:x@c>;tag=2", f"Route: {route}\r\n"
                )
                stranger.send(text, office.face)
        assert stranger.receive(lambda got: got.status > 0).status in (403, 404)
    assert phone.silence()
    assert switch.silence()


def test_a_preset_route_of_a_first_request_is_not_followed(
    office: Office, switch: Peer, carrier: Peer, phone: Peer
) -> None:
    invite(office, carrier, "910000002", "<sip:600@carrier>;tag=1", f"Route: <sip:{DESK}:{phone.port};lr>\r\n")
    assert heard_invite(switch).all("route") == []
    assert phone.silence(0.3)


def test_a_switch_that_is_away_is_told_soon(office: Office, carrier: Peer) -> None:
    call_id = invite(office, carrier, "910000002", "<sip:600111222@carrier>;tag=1")
    assert carrier.response(call_id).status == 503


def test_two_carriers_at_one_address_are_two_lines(configuration: Configuration) -> None:
    with Peer(CARRIER) as one, Peer(CARRIER) as two:
        lines = tuple(Line(f"trunk{peer.port}", "sip", address=CARRIER, address_port=peer.port) for peer in (one, two))
        office = Office(changed(configuration, line=lines))
        office.start()
        try:
            with Peer(INSIDE, configuration.sip.switch_port) as switch:
                for peer in (two, one):
                    invite(office, peer, "910000002", "<sip:600@carrier>;tag=1")
                    assert heard_invite(switch)[LINE] == f"trunk{peer.port}"
        finally:
            office.stop()


# --- what goes out


def switch_invite(office: Office, switch: Peer, uri: str, extra: str = "") -> str:
    route = f"Route: <sip:{office.inner[0]}:{office.inner[1]};lr>\r\n"
    text = switch.request("INVITE", uri, f"<sip:+34600@{REALM}>;tag=s", "", route + extra, body=SDP)
    switch.send(text, office.inner)
    return text.split("Call-ID: ")[1].split("\r\n")[0]


def test_a_phone_with_a_fixed_contact_is_rung_there(office: Office, switch: Peer) -> None:
    with Peer(DESK, 5703) as fixed:
        call_id = switch_invite(office, switch, f"sip:203@{REALM}", "X-Centralita-Line: operador\r\n")
        got = heard_invite(fixed)
        assert got.uri == f"sip:203@{DESK}:5703"
        assert got.source == office.face, "the phone sees the box's address, not the inner one"
        assert (got.all("route"), got.all(LINE)) == ([], [])
        fixed.reply(got, 603, "Decline")
        assert switch.response(call_id).status == 603


def test_a_line_s_call_goes_to_the_carrier(office: Office, switch: Peer, carrier: Peer) -> None:
    call_id = switch_invite(office, switch, f"sip:600111222@{CARRIER}:{carrier.port}")
    got = heard_invite(carrier)
    assert (got.uri, got.source) == (f"sip:600111222@{CARRIER}:{carrier.port}", office.face)
    carrier.reply(got, 486, "Busy Here")
    assert switch.response(call_id).status == 486


def test_the_switch_reaches_nothing_else(office: Office, switch: Peer) -> None:
    with Peer(STRANGER) as stranger:
        call_id = switch_invite(office, switch, f"sip:600111222@{STRANGER}:{stranger.port}")
        assert switch.response(call_id).status == 404
        assert stranger.silence(0.3)
    assert switch.response(switch_invite(office, switch, f"sip:201@{REALM}")).status == 480


def test_a_switch_that_died_stops_ringing_phones_and_callers_hear_of_it(
    office: Office, switch: Peer, phone: Peer, carrier: Peer
) -> None:
    """Its connection to the events ends with it. What was answered is between phone and switch alone."""
    events = RegistrarClient(office.configuration.sip.inside, office.configuration.sip.events_port)
    register(office, phone, "201", "secreto-201")
    with Peer(DESK, 5703) as talks:
        answered = switch_invite(office, switch, f"sip:203@{REALM}")
        talks.reply(heard_invite(talks), 200, "OK", body=SDP)
        assert switch.response(answered).status == 200
        switch_invite(office, switch, f"sip:201@{REALM}")
        rings = heard_invite(phone)
        phone.reply(rings, 180, "Ringing")
        switch.receive(lambda got: got.status == 180)
        refused = invite(office, carrier, "910000001", "<sip:600111222@carrier.example>;tag=1")
        switch.reply(heard_invite(switch), 486, "Busy Here")
        assert carrier.response(refused).status == 486
        waits = invite(office, carrier, "910000002", "<sip:600111223@carrier.example>;tag=1")
        switch.reply(heard_invite(switch), 180, "Ringing")
        carrier.receive(lambda got: got.status == 180)
        events.close()
        cancel = phone.receive(lambda got: got.first.startswith("CANCEL"))
        assert cancel["call-id"] == rings["call-id"]
        assert carrier.response(waits).status == 503
        assert talks.silence()
    assert not [line for line in office.lines if "ERROR" in line and "evapi_recv_client" not in line]


def test_a_whole_call_from_trunk_to_switch_and_both_ways_in_it(office: Office, switch: Peer, carrier: Peer) -> None:
    """Answer, ACK, a re-INVITE from the switch, and the carrier's BYE, each through the recorded route."""
    invite(office, carrier, "910000002", "<sip:600111222@carrier>;tag=1")
    offered = heard_invite(switch)
    switch.reply(offered, 200, "OK", body=SDP)
    answer = carrier.receive(lambda got: got.status == 200)
    routes = "".join(f"Route: {route}\r\n" for route in reversed(answer.all("record-route")))
    target = answer["contact"].strip("<>")

    def in_dialog(method: str, cseq: int) -> None:
        text = carrier.request(method, target, answer["from"], answer["to"], routes, answer["call-id"], cseq)
        carrier.send(text, office.face)

    in_dialog("ACK", 1)
    switch.receive(lambda got: got.first.startswith("ACK"))
    back = "".join(f"Route: {route}\r\n" for route in offered.all("record-route"))
    to = offered["contact"].strip("<>").split(";")[0]
    own = f"{offered['to']};tag=p{switch.port}"
    text = switch.request("INVITE", to, own, offered["from"], back, offered["call-id"], 7, SDP)
    switch.send(text, office.inner)
    again = heard_invite(carrier)
    assert again.source == office.face
    carrier.reply(again, 200, "OK", body=SDP)
    switch.receive(lambda got: got.status == 200 and got["cseq"] == "7 INVITE")
    in_dialog("BYE", 2)
    switch.reply(switch.receive(lambda got: got.first.startswith("BYE")), 200, "OK")
    assert carrier.receive(lambda got: got["cseq"] == "2 BYE").status == 200


@pytest.mark.parametrize("target", ["the switch's Contact", "the box"])
def test_a_phone_that_forgets_the_route_can_still_hang_up(
    target: str, office: Office, switch: Peer, phone: Peer
) -> None:
    phone_invite(office, phone, "201", "secreto-201", "*46")
    switch.reply(heard_invite(switch), 200, "OK", body=SDP)
    answer = phone.receive(lambda got: got.status == 200)
    target = answer["contact"].strip("<>") if "switch" in target else f"sip:*46@{office.face[0]}:{office.face[1]}"
    phone.send(phone.request("BYE", target, answer["from"], answer["to"], "", answer["call-id"], 9), office.face)
    switch.receive(lambda got: got.first.startswith("BYE"))


def test_an_office_that_is_all_on_one_address(configuration: Configuration) -> None:
    """Trunk, phones, Kamailio and switch on 127.0.0.1, as on a laptop: told apart by ports and names."""
    one = "127.0.70.3"
    with Peer(one) as switch, Peer(one) as carrier, Peer(one) as fixed:
        sip = replace(configuration.sip, listen=one, inside=one, switch_port=switch.port)
        line = Line("operador", "sip", queue="ventas", address=one)
        phones = (configuration.station[0], Station("mesa3", "sip", "203", contact=f"sip:203@{one}:{fixed.port}"))
        office = Office(changed(configuration, sip=sip, line=(line,), station=phones))
        office.start()
        try:
            call_id = invite(office, carrier, "910000002", f"<sip:600@{one}:{carrier.port}>;tag=1")
            got = heard_invite(switch)
            assert (got.all(LINE), got.source) == (["operador"], office.inner)
            switch.reply(got, 486, "Busy Here")
            assert carrier.response(call_id).status == 486
            for uri, peer in ((f"sip:203@{REALM}", fixed), (f"sip:600@{one}:{carrier.port}", carrier)):
                call_id = switch_invite(office, switch, uri)
                got = heard_invite(peer)
                assert got.source == office.face
                peer.reply(got, 486, "Busy Here")
                assert switch.response(call_id).status == 486
            with Peer(one) as phone:
                phone_invite(office, phone, "201", "secreto-201", "*46")
                assert heard_invite(switch).all(STATION) == ["201"]
        finally:
            office.stop()


def test_its_children_fit_in_thirty_megabytes(office: Office) -> None:
    """Proportional set size of all its processes, after it has registered phones and carried calls."""
    with Peer(DESK) as phone:
        for extension in ("201", "202"):
            register(office, phone, extension, f"secreto-{extension}")
    with Peer(CARRIER) as carrier, Peer(INSIDE, office.configuration.sip.switch_port) as switch:
        for _ in range(50):
            call_id = invite(office, carrier, "910000002", "<sip:600111222@carrier>;tag=1")
            switch.reply(heard_invite(switch), 486, "Busy Here")
            carrier.response(call_id)
    used = wait_for("its memory", lambda: sum(_pss_kb(pid) for pid in _family(office.pid)))
    print(f"Kamailio: {len(_family(office.pid))} processes, {used / 1024:.1f} MB PSS")
    assert used < 30 * 1024


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _pss_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1])


def test_the_configuration_of_an_office_without_trunks_or_phones_is_good(configuration: Configuration) -> None:
    empty = Office(replace(configuration, line=(), station=()))
    empty.start()
    empty.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_started_by_root_it_gives_root_up(configuration: Configuration) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        box = replace(configuration.box, data_dir=f"{folder}/data", run_dir=f"{folder}/run")
        office = Office(changed(configuration, box=box))
        office.start()
        try:
            workers = _family(office.pid)[1:]
            owners = {Path(f"/proc/{pid}").stat().st_uid for pid in workers}
            assert owners == {pwd.getpwnam("kamailio").pw_uid}
            with Peer(DESK) as phone:
                assert register(office, phone, "201", "secreto-201").status == 200
            stored = f"file:{folder}/data/kamailio/contacts.sqlite3?mode=ro"

            def written() -> bool:
                with sqlite3.connect(stored, uri=True) as store:
                    return bool(store.execute("select 1 from location").fetchall())

            wait_for("the contact on disk", written)
        finally:
            office.stop()
