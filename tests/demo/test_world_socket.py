"""The world's socket: every request arrives as it was meant, refusals say why, and nothing is unbounded."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.demo.world_records import MAX_LINE_BYTES, WorldLine, WorldRefused, WorldState, WorldStation
from appliance.demo.world_socket import MAX_CLIENTS, WorldClient, WorldServer
from tests.waiting import PATIENCE_S, wait_for

STATE = WorldState(
    at_utc_ms=1_700_000_000_000,
    lines=(WorldLine("gsm1", "gsm", "600000001", True, 1),),
    stations=(WorldStation("mesa1", "port", "101", "ana", False, False, False),),
)


class RecordingWorld:
    """A world that remembers what it was asked and refuses what concerns `nadie`."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.lock = threading.Lock()

    def _note(self, *what: object) -> None:
        if "nadie" in what:
            raise WorldRefused("there is no `nadie`; the stations are mesa1")
        with self.lock:
            self.asked.append(what)

    def place_call(self, line: str, caller: str, patience_s: float, talk_s: float) -> str:
        self._note("place_call", line, caller, patience_s, talk_s)
        return f"c{len(self.asked)}"

    def end_call(self, call: str) -> None:
        self._note("end_call", call)

    def lift(self, station: str) -> None:
        self._note("lift", station)

    def replace(self, station: str) -> None:
        self._note("replace", station)

    def automatic(self, station: str) -> None:
        if station == "roto":
            raise ZeroDivisionError
        self._note("automatic", station)

    def unplug(self, line: str) -> None:
        self._note("unplug", line)

    def plug(self, line: str) -> None:
        self._note("plug", line)

    def state(self) -> WorldState:
        return STATE


@pytest.fixture
def world() -> RecordingWorld:
    return RecordingWorld()


@pytest.fixture
def path(tmp_path: Path, world: RecordingWorld) -> Iterator[Path]:
    server = WorldServer(tmp_path / "world.sock", world)
    server.start()
    yield tmp_path / "world.sock"
    server.close()


def raw(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE_S)
    connection.connect(str(path))
    return connection


def test_every_request_arrives_as_it_was_meant(path: Path, world: RecordingWorld) -> None:
    client = WorldClient(path)
    assert client.place_call("gsm1", "+34600111222", 12.5, 3) == "c1"
    client.end_call("c1")
    client.lift("mesa1")
    client.replace("mesa1")
    client.automatic("mesa1")
    client.unplug("gsm1")
    client.plug("gsm1")
    assert client.state() == STATE
    assert world.asked == [
        ("place_call", "gsm1", "+34600111222", 12.5, 3.0),
        ("end_call", "c1"),
        ("lift", "mesa1"),
        ("replace", "mesa1"),
        ("automatic", "mesa1"),
        ("unplug", "gsm1"),
        ("plug", "gsm1"),
    ]
    client.close()


def test_a_refusal_says_why_and_the_connection_goes_on(path: Path) -> None:
    client = WorldClient(path)
    with pytest.raises(WorldRefused, match="there is no `nadie`"):
        client.lift("nadie")
    client.lift("mesa1")
    client.close()


@pytest.mark.parametrize(
    ("line", "caller", "patience_s"),
    [
        ("GSM 1", "600", 1.0),
        ("gsm1", "seis", 1.0),
        ("gsm1", "600", -1.0),
        ("gsm1", "600", 1e9),
        ("gsm1", "9" * 21, 1.0),
    ],
)
def test_what_is_out_of_bounds_is_refused_before_the_world_sees_it(
    path: Path, world: RecordingWorld, line: str, caller: str, patience_s: float
) -> None:
    client = WorldClient(path)
    with pytest.raises(WorldRefused, match="not a request of this socket"):
        client.place_call(line, caller, patience_s)
    assert world.asked == []
    client.close()


@pytest.mark.parametrize(
    "line", [b"hola\n", b"[]\n", b'{"do":"Explode"}\n', b'{"do":"Lift","station":"a","x":1}\n', b"\n"]
)
def test_nonsense_is_refused_and_the_connection_goes_on(path: Path, line: bytes) -> None:
    with raw(path) as connection, connection.makefile("rb") as answers:
        connection.sendall(line)
        assert b'"refused"' in answers.readline()
        connection.sendall(b'{"do":"Lift","station":"mesa1"}\n')
        assert b'"done"' in answers.readline()


def test_an_endless_request_ends_the_connection(path: Path) -> None:
    with raw(path) as connection, connection.makefile("rb") as answers:
        connection.sendall(b"x" * (MAX_LINE_BYTES + 2))
        assert b"longer than" in answers.readline()
        assert answers.readline() == b""


def test_a_failing_world_answers_and_serves_on(path: Path) -> None:
    client = WorldClient(path)
    with pytest.raises(WorldRefused, match="its log says how"):
        client.automatic("roto")
    client.lift("mesa1")
    client.close()


def test_one_client_too_many_is_told_so_and_a_closed_one_makes_room(path: Path) -> None:
    clients = [WorldClient(path) for _ in range(MAX_CLIENTS)]
    for client in clients:
        client.state()
    surplus = WorldClient(path)
    with pytest.raises(WorldRefused, match="16 clients are connected already"):
        surplus.state()
    clients[0].close()

    def served() -> WorldState | None:
        try:
            return surplus.state()
        except (WorldRefused, OSError):
            return None

    assert wait_for("the place of the closed client", served) == STATE
    for client in (*clients[1:], surplus):
        client.close()


def test_the_client_finds_a_restarted_world_again(tmp_path: Path, world: RecordingWorld) -> None:
    path = tmp_path / "w.sock"
    first = WorldServer(path, world)
    first.start()
    client = WorldClient(path)
    client.lift("mesa1")
    first.close()
    with pytest.raises(OSError):
        client.lift("mesa1")
    second = WorldServer(path, world)
    second.start()
    client.lift("mesa1")
    assert world.asked == [("lift", "mesa1")] * 2
    client.close()
    second.close()


def test_the_socket_is_only_for_its_user(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
