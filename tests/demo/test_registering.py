"""The SIP phones against a real Kamailio with the office's own configuration: digest, refusal, and taking it back."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.demo.office import Addresses, Office, prepare_office
from appliance.demo.peers_client import RemotePeers
from appliance.demo.sip_records import PhoneSettings
from appliance.switch.kamailio import prepare
from tests.waiting import PATIENCE_S, wait_for

NETWORK = 87


@pytest.fixture
def office(tmp_path: Path, native_dir: Path) -> Office:
    return prepare_office(tmp_path, Addresses.of_network(NETWORK), native_dir=native_dir)


@pytest.fixture
def kamailio(office: Office, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    log = tmp_path / "kamailio.log"
    with log.open("wb") as out:
        process = subprocess.Popen(prepare(office.configuration).argv, stdout=out, stderr=out)
    try:
        wait_for("Kamailio to listen", lambda: "Listening on" in log.read_text(errors="replace"))
        yield process
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def phone(office: Office, extension: str, password: str = "") -> PhoneSettings:
    station = next(one for one in office.configuration.station if one.extension == extension)
    sip = office.configuration.sip
    return PhoneSettings(
        extension,
        password or station.password,
        sip.realm,
        f"sip:{sip.listen}:{sip.port}",
        bind=office.addresses.phones,
    )


@pytest.mark.usefixtures("kamailio")
def test_phones_register_with_their_passwords_and_take_it_back(office: Office) -> None:
    with RemotePeers() as peers:
        peers.add_phone(phone(office, "201"))
        peers.add_phone(phone(office, "202"))
        assert peers.wait("registered", peer="201").code == 200
        peers.wait("registered", peer="202")
        mark = peers.mark()
        peers.register("201", False)
        peers.wait("unregistered", peer="201", since=mark)
        mark = peers.mark()
        peers.register("201", True)
        peers.wait("registered", peer="201", since=mark)


@pytest.mark.usefixtures("kamailio")
def test_a_wrong_password_is_refused(office: Office) -> None:
    with RemotePeers() as peers:
        peers.add_phone(phone(office, "201", "not-the-password"))
        assert peers.wait("unregistered", peer="201").code in (401, 403)
