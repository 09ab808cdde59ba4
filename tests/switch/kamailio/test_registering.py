"""Who may register, for how long it holds, and who is shut out for guessing."""

import signal
import sqlite3
from pathlib import Path

import pytest

from tests.switch.kamailio.conftest import DESK, STRANGER, Office, register
from tests.switch.kamailio.peer import Peer, credentials
from tests.waiting import wait_for


def rings(office: Office, switch: Peer, extension: str, phone: Peer | None) -> int:
    """The answer to the switch's INVITE for an extension; the phone, if it hears it, answers 486."""
    name = f"sip:{extension}@{office.configuration.sip.realm}"
    text = switch.request("INVITE", name, "<sip:+34600000001@caller>;tag=c")
    switch.send(text, office.inner)
    if phone is not None:
        phone.reply(phone.receive(lambda got: got.method == "INVITE"), 486, "Busy Here")
    call_id = text.split("Call-ID: ")[1].split("\r\n")[0]
    return switch.response(call_id).status


def test_a_phone_with_its_password_registers_and_is_rung_there(office: Office, switch: Peer) -> None:
    with Peer(DESK) as phone:
        assert rings(office, switch, "201", None) == 480
        answer = register(office, phone, "201", "secreto-201", 60)
        assert answer.status == 200
        assert "expires=60" in answer["contact"]
        assert rings(office, switch, "201", phone) == 486


def test_the_newest_phone_replaces_the_one_before(office: Office, switch: Peer) -> None:
    with Peer(DESK) as old, Peer(DESK) as new:
        register(office, old, "201", "secreto-201")
        assert register(office, new, "201", "secreto-201")["contact"].count("sip:") == 1
        assert rings(office, switch, "201", new) == 486
        assert not [message for message in old.heard if message.method == "INVITE"]


def test_a_phone_behind_nat_is_rung_at_the_address_it_is_seen_at(office: Office, switch: Peer) -> None:
    """And what the switch sends it later in the call goes there too, not to the private address in its Contact."""
    with Peer(DESK, behind_nat="10.9.9.9:5060") as phone:
        register(office, phone, "201", "secreto-201")
        name = f"sip:201@{office.configuration.sip.realm}"
        switch.send(switch.request("INVITE", name, "<sip:+34600000001@caller>;tag=c"), office.inner)
        phone.reply(phone.receive(lambda got: got.method == "INVITE"), 200, "OK")
        answer = switch.receive(lambda got: got.status == 200)
        routes = "".join(f"Route: {route}\r\n" for route in reversed(answer.all("record-route")))
        target, call_id = answer["contact"].strip("<>"), answer["call-id"]
        assert "10.9.9.9" in target
        bye = switch.request("BYE", target, answer["from"], answer["to"], routes, call_id, 2)
        switch.send(bye, office.inner)
        assert phone.receive(lambda got: got.method == "BYE").first.startswith("BYE")


@pytest.mark.parametrize(("extension", "password"), [("201", "secreto-202"), ("209", "secreto-201"), ("203", "")])
def test_a_wrong_password_or_extension_is_asked_again_and_never_registered(
    extension: str, password: str, office: Office, switch: Peer
) -> None:
    with Peer(DESK) as phone:
        assert register(office, phone, extension, password).status == 401
        phone.heard.clear()
    assert register_as_another(office) == 403


def register_as_another(office: Office) -> int:
    """201 proves itself and asks to be 202."""
    with Peer(DESK) as phone:
        phone.send(phone.request("REGISTER", "sip:centralita.local", "<sip:202@centralita.local>;tag=1"), office.face)
        challenge = phone.receive(lambda got: got.status == 401)["www-authenticate"]
        extra = credentials(challenge, "REGISTER", "sip:centralita.local", "201", "secreto-201", "Authorization")
        name = "<sip:202@centralita.local>"
        phone.send(phone.request("REGISTER", "sip:centralita.local", name, name, extra, cseq=2), office.face)
        return phone.receive(lambda got: got.status not in (100, 401)).status


def test_ten_wrong_passwords_and_an_address_gets_no_answer_for_a_while(office: Office) -> None:
    with Peer(STRANGER) as stranger, Peer(DESK) as phone:
        for _ in range(10):
            assert register(office, stranger, "201", "guess").status == 401
        request = stranger.request("OPTIONS", f"sip:{office.face[0]}:{office.face[1]}", "<sip:a@b>;tag=1")
        stranger.send(request, office.face)
        assert stranger.silence()
        wait_for("the ban in the log", lambda: office.logged(f"{STRANGER} sent 10 wrong passwords"))
        assert register(office, phone, "201", "secreto-201").status == 200, "others are not banned"

        def answered() -> bool:
            stranger.send(request, office.face)
            return not stranger.silence(0.3)

        wait_for("the ban to end", answered)


def test_nine_wrong_passwords_are_forgiven(office: Office) -> None:
    with Peer(DESK) as phone:
        for _ in range(9):
            register(office, phone, "201", "guess")
        assert register(office, phone, "201", "secreto-201").status == 200


def test_nobody_can_have_another_address_banned_with_a_nonce_of_his_own(office: Office) -> None:
    """The wrong answers come from the desk's address, as a spoofer would send them, but for the stranger's nonce."""
    name, uri = "<sip:201@centralita.local>", "sip:centralita.local"
    with Peer(STRANGER) as stranger, Peer(DESK) as desk:
        stranger.send(stranger.request("REGISTER", uri, f"{name};tag=1", name), office.face)
        challenge = stranger.receive(lambda got: got.status == 401)["www-authenticate"]
        extra = credentials(challenge, "REGISTER", uri, "201", "guess", "Authorization")
        for _ in range(15):
            desk.send(desk.request("REGISTER", uri, f"{name};tag=1", name, extra), office.face)
            desk.receive(lambda got: got.status == 401)
        assert register(office, desk, "201", "secreto-201").status == 200


def test_a_stranger_who_floods_is_not_answered_but_a_phone_is(office: Office) -> None:
    with Peer(STRANGER) as stranger, Peer(DESK) as phone:
        register(office, phone, "201", "secreto-201")
        for peer in (phone, stranger):
            for _ in range(150):
                peer.send(
                    peer.request("OPTIONS", f"sip:{office.face[0]}:{office.face[1]}", "<sip:a@b>;tag=1"), office.face
                )
        for _ in range(150):
            phone.receive(lambda got: got.status == 200)
        assert _answers(stranger) < 130, "60 in each 2 s are the limit, and two such times may be touched"
        wait_for("the flood in the log", lambda: office.logged(f"{STRANGER} sends too many requests"))


def _answers(peer: Peer) -> int:
    """How many answers come before it is silent."""
    count = 0
    while not peer.silence():
        count += 1
    return count


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_keeps_who_is_registered(how: signal.Signals, office: Office, switch: Peer) -> None:
    with Peer(DESK) as phone:
        register(office, phone, "201", "secreto-201", 60)
        stored = Path(office.configuration.box.data_dir) / "kamailio" / "contacts.sqlite3"
        wait_for("the contact on disk", lambda: _rows(stored) == ["201"])
        office.stop(how)
        office.start()
        assert rings(office, switch, "201", phone) == 486


def _rows(path: Path) -> list[str]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as store:
        return [row[0] for row in store.execute("select username from location")]


def test_damaged_contacts_do_not_stop_the_box(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.stop()
    stored = Path(office.configuration.box.data_dir) / "kamailio" / "contacts.sqlite3"
    stored.write_bytes(b"SQLite format 3\0" + b"\xff" * 8000)
    office.start()
    assert "is damaged" in caplog.text
    with Peer(DESK) as phone:
        assert register(office, phone, "201", "secreto-201").status == 200


def test_no_password_is_on_disk_and_hashes_are_only_ours_to_read(office: Office) -> None:
    folder = Path(office.configuration.box.run_dir) / "kamailio"
    files = [file for file in folder.iterdir() if file.is_file()]
    assert {"kamailio.cfg", "subscribers.sqlite3"} <= {file.name for file in files}
    for file in files:
        assert b"secreto-20" not in file.read_bytes(), file
        assert file.stat().st_mode & 0o077 == 0 or file.suffix == "", file
