"""Who connects to Kamailio's events hears the state first and then each change, over any cut of the stream."""

import signal

import pytest

from appliance.switch.registrar_client import (
    Listed,
    NetstringSplitter,
    Registered,
    RegistrarClient,
    RegistrarError,
    RegistrarEvent,
    Unregistered,
    decode,
    registered_extensions,
)
from tests.conftest import free_port
from tests.switch.kamailio.conftest import DESK, INSIDE, Office, changed, register
from tests.switch.kamailio.peer import Peer
from tests.waiting import wait_for


class Listener:
    """A connected client that remembers what it heard."""

    def __init__(self, office: Office) -> None:
        sip = office.configuration.sip
        self.client = RegistrarClient(sip.inside, sip.events_port)
        self.client.sock.settimeout(0.2)
        self.heard: list[RegistrarEvent] = []

    def hears(self, wanted: RegistrarEvent) -> bool:
        self.heard += self.client.read()
        return wanted in self.heard

    def hears_registered(self, extension: str) -> bool:
        self.heard += self.client.read()
        return any(isinstance(event, Registered) and event.extension == extension for event in self.heard)


@pytest.fixture
def listener(office: Office) -> Listener:
    made = Listener(office)
    wait_for("the end of the list", lambda: made.hears(Listed()))
    return made


def test_the_list_is_who_is_registered_at_the_moment(office: Office) -> None:
    assert registered_extensions(office.configuration) == {}
    with Peer(DESK) as phone, Peer(DESK) as other:
        register(office, phone, "201", "secreto-201")
        register(office, other, "202", "secreto-202")
        contacts = {"201": f"sip:peer@{DESK}:{phone.port}", "202": f"sip:peer@{DESK}:{other.port}"}
        assert registered_extensions(office.configuration) == contacts
        register(office, phone, "201", "secreto-201", expires=0)
        assert registered_extensions(office.configuration).keys() == {"202"}


def test_registering_and_good_bye_are_told_at_once(office: Office, listener: Listener) -> None:
    with Peer(DESK) as phone:
        register(office, phone, "201", "secreto-201", 120)
        wait_for("the registration", lambda: listener.hears(Registered("201", f"sip:peer@{DESK}:{phone.port}", 120)))
        assert Unregistered("201") not in listener.heard
        assert register(office, phone, "201", "secreto-201", expires=0).status == 200
        wait_for("the good-bye", lambda: listener.hears(Unregistered("201")))


def test_good_bye_to_all_contacts(office: Office, listener: Listener) -> None:
    with Peer(DESK) as phone:
        register(office, phone, "201", "secreto-201", 120)
        assert register(office, phone, "201", "secreto-201", expires=0, contact="*").status == 200
        wait_for("the good-bye", lambda: listener.hears(Unregistered("201")))


def test_a_registration_that_is_not_renewed_is_told(office: Office, listener: Listener) -> None:
    with Peer(DESK) as phone:
        register(office, phone, "201", "secreto-201", expires=1)
        wait_for("the registration", lambda: listener.hears_registered("201"))
        ended = Unregistered("201", f"sip:peer@{DESK}:{phone.port}")
        wait_for("its end", lambda: listener.hears(ended))
        assert registered_extensions(office.configuration) == {}


def test_the_end_of_an_older_contact_says_nothing_of_the_newer(office: Office, listener: Listener) -> None:
    with Peer(DESK) as before, Peer(DESK) as after:
        register(office, before, "201", "secreto-201", expires=1)
        register(office, after, "201", "secreto-201", expires=120)
        newer = f"sip:peer@{DESK}:{after.port}"
        wait_for("the newer one", lambda: listener.hears(Registered("201", newer, 120)))
        older = Unregistered("201", f"sip:peer@{DESK}:{before.port}")
        assert not older.ends(newer) and older.ends(older.contact) and Unregistered("201").ends(newer)
        assert registered_extensions(office.configuration) == {"201": newer}


def test_a_phone_that_comes_back_elsewhere_after_a_restart_is_told_where(office: Office) -> None:
    with Peer(DESK) as before, Peer(DESK) as after:
        register(office, before, "201", "secreto-201", expires=6)  # longer than a restart
        office.stop(signal.SIGTERM)
        office.start()
        made = Listener(office)
        register(office, after, "201", "secreto-201", expires=120)
        newer = f"sip:peer@{DESK}:{after.port}"
        wait_for("where it is now", lambda: made.hears(Registered("201", newer, 120)))
        older = Unregistered("201", f"sip:peer@{DESK}:{before.port}")
        wait_for("the older contact's end", lambda: made.hears(older))
        assert all(not isinstance(one, Unregistered) or not one.ends(newer) for one in made.heard)


def test_a_wrong_password_is_no_event(office: Office, listener: Listener) -> None:
    with Peer(DESK) as phone:
        register(office, phone, "201", "guess")
        register(office, phone, "202", "secreto-202")
        wait_for("the registration", lambda: listener.hears_registered("202"))
    assert not [event for event in listener.heard if isinstance(event, Registered) and event.extension == "201"]


@pytest.mark.parametrize(
    "contact", ['<sip:x"y@127.0.70.20:5060>', "<sip:x\\y@127.0.70.20:5060>", "<sip:ñ@127.0.70.20:5060>"]
)
def test_a_contact_that_would_break_json_does_not(contact: str, office: Office, listener: Listener) -> None:
    with Peer(DESK) as phone:
        answer = register(office, phone, "201", "secreto-201", contact=contact)
        register(office, phone, "202", "secreto-202")
        wait_for("the next registration", lambda: listener.hears_registered("202"))
        told = [event for event in listener.heard if isinstance(event, Registered) and event.extension == "201"]
        assert [event.contact for event in told] == ([""] if answer.status == 200 else [])


def test_a_restart_ends_the_connection_and_the_list_is_still_whole(office: Office, listener: Listener) -> None:
    with Peer(DESK) as phone:
        register(office, phone, "201", "secreto-201")
        office.stop()
        with pytest.raises(RegistrarError, match=r"ended|broke"):
            wait_for("the end", lambda: listener.hears(Unregistered("nobody")))
        office.start()
        assert registered_extensions(office.configuration) == {"201": f"sip:peer@{DESK}:{phone.port}"}


def test_nobody_there_is_an_error_that_says_where(office: Office) -> None:
    sip = office.configuration.sip
    from msgspec.structs import replace

    nowhere = changed(office.configuration, sip=replace(sip, events_port=free_port(INSIDE)))
    with pytest.raises(RegistrarError, match=r"does not answer at 127\.0\.70\.2:\d+"):
        registered_extensions(nowhere)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_netstrings_cut_anywhere(size: int) -> None:
    stream = b'5:hello,0:,18:{"event":"listed"},'
    splitter = NetstringSplitter()
    found = []
    for start in range(0, len(stream), size):
        found += splitter.feed(stream[start : start + size])
    assert found == [b"hello", b"", b'{"event":"listed"}']
    assert decode(found[2]) == Listed()


@pytest.mark.parametrize("data", [b"HTTP/1.1 400", b"5:hello;", b"99999:x", b"-1:x,", b"123456"])
def test_what_is_no_netstring_is_refused(data: bytes) -> None:
    with pytest.raises(RegistrarError, match="no netstring"):
        NetstringSplitter().feed(data)


@pytest.mark.parametrize("text", [b"{}", b'{"event":"party"}', b'{"event":"registered","extension":7}', b"\xff"])
def test_what_is_no_event_is_refused(text: bytes) -> None:
    with pytest.raises(RegistrarError, match="unknown event"):
        decode(text)
