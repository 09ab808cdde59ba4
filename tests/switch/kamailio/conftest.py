"""A real Kamailio with the product's rendered configuration, on addresses of its own, and an office in front of it."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from appliance.configuration.file import Box, Configuration, Line, Sip, Station
from appliance.switch.kamailio import Limits, prepare
from tests.conftest import free_port
from tests.switch.kamailio.peer import Message, Peer, credentials
from tests.waiting import wait_for

LAN = "127.0.70.1"
INSIDE = "127.0.70.2"
CARRIER = "127.0.70.9"
DESK = "127.0.70.20"
STRANGER = "127.0.70.66"
REALM = "centralita.local"
LIMITS = Limits(ban_s=5, min_expires_s=1, contacts_written_every_s=1)
"""The product's limits with its times shortened."""


class Office:
    """A Kamailio process and what it was made from."""

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self.lines: list[str] = []
        self._process: subprocess.Popen[str] | None = None

    @property
    def face(self) -> tuple[str, int]:
        return self.configuration.sip.listen, self.configuration.sip.port

    @property
    def inner(self) -> tuple[str, int]:
        return self.configuration.sip.inside, self.configuration.sip.inside_port

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, limits: Limits = LIMITS) -> None:
        argv = prepare(self.configuration, limits).argv
        self._process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, start_new_session=True)
        threading.Thread(target=self._read, args=(self._process,), daemon=True).start()
        with Peer(STRANGER) as peer:
            wait_for("Kamailio to answer", lambda: self._answers(peer), timeout_s=40)
        wait_for("Kamailio to tell of its phones", self._tells)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        self.lines.extend(process.stderr)

    def _answers(self, peer: Peer) -> bool:
        assert self._process is not None and self._process.poll() is None, "".join(self.lines)
        peer.send(peer.request("OPTIONS", f"sip:{LAN}:{self.face[1]}", "<sip:a@b>;tag=1"), self.face)
        return not peer.silence(0.2)

    def _tells(self) -> bool:
        """Its events have a process of their own, which may begin after those that answer. Looked at from outside: who
        connects there and leaves is a switch that died, and the calls offered to it are ended."""
        listens = "0A"  # proc(5), tcp
        sockets = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        port = f":{self.configuration.sip.events_port:04X}"
        return any(fields[1].endswith(port) and fields[3] == listens for fields in sockets)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is None:
            return
        if how == signal.SIGKILL:
            os.killpg(self._process.pid, how)
        else:
            self._process.send_signal(how)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:  # now and then one of its children does not end: systemd kills it then too
            print("Kamailio did not end when it was told to")
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(20)
        self._process = None

    def logged(self, words: str) -> bool:
        return any(words in line for line in self.lines)


def register(
    office: Office, peer: Peer, extension: str, password: str, expires: int = 60, contact: str = ""
) -> Message:
    """REGISTER as a phone does: once without, once with credentials. The last answer."""
    uri, name = f"sip:{REALM}", f"<sip:{extension}@{REALM}>"
    call_id = f"reg-{extension}-{peer.port}"

    def ask(proof: str) -> Message:
        lines = f"Expires: {expires}\r\n{proof}"
        cseq = len(peer.heard) + 1
        text = peer.request("REGISTER", uri, f"{name};tag=1", name, lines, call_id, cseq, "", contact)
        peer.send(text, office.face)
        return peer.response(call_id)

    asked = ask("")
    if asked.status != 401:
        return asked
    return ask(credentials(asked["www-authenticate"], "REGISTER", uri, extension, password, "Authorization"))


def heard_invite(peer: Peer) -> Message:
    return peer.invite()


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    return Configuration(
        box=Box(data_dir=str(tmp_path / "data"), run_dir=str(tmp_path / "run")),
        sip=Sip(
            listen=LAN,
            inside=INSIDE,
            port=free_port(LAN),
            inside_port=free_port(INSIDE),
            switch_port=free_port(INSIDE),
            events_port=free_port(INSIDE),
        ),
        line=(Line("operador", "sip", queue="ventas", address=CARRIER),),
        station=(
            Station("mesa1", "sip", "201", password="secreto-201"),
            Station("mesa2", "sip", "202", password="secreto-202"),
            Station("mesa3", "sip", "203", contact=f"sip:203@{DESK}:5703"),
        ),
    )


@pytest.fixture
def office(configuration: Configuration) -> Iterator[Office]:
    running = Office(configuration)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def switch(office: Office) -> Iterator[Peer]:
    """What stands for the switch: a peer at the one address Kamailio takes the switch to be."""
    with Peer(INSIDE, office.configuration.sip.switch_port) as peer:
        yield peer


def changed(configuration: Configuration, **tables: object) -> Configuration:
    return msgspec.structs.replace(configuration, **tables)


@pytest.fixture
def phone(office: Office) -> Iterator[Peer]:
    with Peer(DESK) as peer:
        yield peer
