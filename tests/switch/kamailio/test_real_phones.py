"""Phones and carriers that nobody here wrote, baresip and sipp, through a real Kamailio over UDP, TCP and TLS."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.configuration.file import Configuration, ConfigurationError
from appliance.switch.kamailio import prepare
from appliance.switch.registrar_client import registered_extensions
from tests.conftest import free_port
from tests.switch.kamailio.conftest import CARRIER, DESK, INSIDE, LAN, REALM, Office, changed
from tests.switch.kamailio.peer import SDP, Peer
from tests.waiting import wait_for

MODULES = Path("/usr/lib/baresip/modules")
CONFIG = """
sip_listen {desk}:{port}
audio_player aubridge,nil
audio_source aubridge,nil
audio_alert aubridge,nil
module_path {modules}
module g711.so
module aubridge.so
module_app account.so
module_app menu.so
"""
ACCOUNT = (
    "<sip:{extension}@{realm};transport={transport}>;auth_user={extension};auth_pass={password};"
    'outbound="sip:{lan}:{port};transport={transport}";regint=60;answermode=auto;audio_codecs=PCMA\n'
)


class Baresip:
    """A desk phone that registers and answers by itself."""

    def __init__(self, folder: Path, office: Office, extension: str, password: str, transport: str) -> None:
        sip = office.configuration.sip
        folder.mkdir()
        (folder / "config").write_text(CONFIG.format(desk=DESK, port=free_port(DESK), modules=MODULES))
        port = sip.tls_port if transport == "tls" else sip.port
        account = ACCOUNT.format(
            extension=extension, realm=REALM, transport=transport, password=password, lan=LAN, port=port
        )
        (folder / "accounts").write_text(account)
        (folder / "contacts").touch()
        self.log = folder / "log"
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                ["baresip", "-4", "-f", folder], stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT
            )

    def says(self, words: str) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        return words in self.log.read_text(errors="replace")

    def quit(self) -> None:
        """As a person switches it off: it says good-bye to the registrar."""
        self._process.terminate()
        self._process.wait(30)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    kind, files = ("-x509", "-newkey", "rsa:2048", "-nodes"), ("-keyout", "key.pem", "-out", "cert.pem")
    subject = ("-days", "2", "-subj", f"/CN={REALM}")
    subprocess.run(["openssl", "req", *kind, *files, *subject], cwd=folder, check=True, capture_output=True)
    return folder


@pytest.fixture
def tls_office(configuration: Configuration, certificate: Path) -> Iterator[Office]:
    sip = replace(configuration.sip, tls_port=free_port(LAN))
    shutil.copytree(certificate, Path(configuration.box.data_dir) / "tls")
    running = Office(changed(configuration, sip=sip))
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_a_phone_registers_is_rung_answers_and_hangs_up(transport: str, tls_office: Office, tmp_path: Path) -> None:
    phone = Baresip(tmp_path / "phone", tls_office, "201", "secreto-201", transport)
    try:
        wait_for("the phone to register", lambda: "201" in registered_extensions(tls_office.configuration))
        with Peer(INSIDE, tls_office.configuration.sip.switch_port) as switch:
            route = f"Route: <sip:{tls_office.inner[0]}:{tls_office.inner[1]};lr>\r\n"
            sender = f"<sip:+34600@{REALM}>;tag=s"
            switch.send(switch.request("INVITE", f"sip:201@{REALM}", sender, "", route, body=SDP), tls_office.inner)
            answer = switch.receive(lambda got: got.status >= 200)
            assert answer.status == 200, answer.first
            routes = "".join(f"Route: {one}\r\n" for one in reversed(answer.all("record-route")))
            target = answer["contact"].split(">")[0].strip("<")

            def in_dialog(method: str, cseq: int) -> None:
                text = switch.request(method, target, sender, answer["to"], routes, answer["call-id"], cseq)
                switch.send(text, tls_office.inner)

            in_dialog("ACK", 1)
            wait_for("the call in the phone", lambda: phone.says("Call established"))
            in_dialog("BYE", 2)
            assert switch.receive(lambda got: got["cseq"] == "2 BYE").status == 200
    finally:
        phone.quit()
    wait_for("the phone's good-bye", lambda: not registered_extensions(tls_office.configuration))


def test_a_phone_with_a_wrong_password_is_told(office: Office, tmp_path: Path) -> None:
    phone = Baresip(tmp_path / "phone", office, "201", "guess", "udp")
    try:
        wait_for("the refusal in the phone's log", lambda: phone.says("401"))
        assert registered_extensions(office.configuration) == {}
    finally:
        phone.quit()


def test_a_carrier_s_calls_reach_the_switch(office: Office, switch: Peer, tmp_path: Path) -> None:
    """sipp as the carrier: twenty calls that are answered, acknowledged and hung up; every header said its line."""
    carrier = subprocess.Popen(
        ["sipp", f"{LAN}:{office.face[1]}", *f"-sn uac -i {CARRIER} -s 910000002 -m 20 -r 20 -d 50 -nostdin".split()],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    lines: dict[str, str] = {}
    over: set[str] = set()
    while len(over) < 20:
        got = switch.receive(lambda got: got.status == 0)
        if got.first.startswith("INVITE"):
            lines[got["call-id"]] = got["x-centralita-line"]
            switch.reply(got, 200, "OK", body=SDP)
        elif got.first.startswith("BYE"):
            over.add(got["call-id"])
            switch.reply(got, 200, "OK")
    assert carrier.wait(60) == 0
    assert list(lines.values()) == ["operador"] * 20
    assert over == set(lines)


def test_a_certificate_that_is_missing_is_named(configuration: Configuration) -> None:
    sip = replace(configuration.sip, tls_port=5099)
    with pytest.raises(ConfigurationError, match=r"\[sip\] tls_port: .*cert\.pem is missing"):
        prepare(changed(configuration, sip=sip))


def test_the_rendered_file_is_one_kamailio_accepts(configuration: Configuration, certificate: Path) -> None:
    shutil.copytree(certificate, Path(configuration.box.data_dir) / "tls")
    argv = prepare(changed(configuration, sip=replace(configuration.sip, tls_port=5099))).argv
    config = argv[argv.index("-f") + 1]
    checked = subprocess.run([argv[0], "-c", "-f", config], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    assert not [line for line in checked.stderr.splitlines() if "WARNING" in line or "ERROR" in line], checked.stderr
