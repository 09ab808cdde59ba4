"""The control socket: who may talk, what a line may be, and that nobody can hold up the loop."""

import json
import os
import selectors
import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.acd.ids import AgentName
from appliance.acd.inputs import AgentPause, Command
from appliance.acd.view import Status
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.daemon.control_messages import MAX_REQUEST_BYTES, Message, Request
from appliance.daemon.control_socket import MAX_CLIENTS, MAX_UNSENT_BYTES, ControlSocket, may_command
from tests.waiting import wait_for


def status(at_utc_ms: int = 1, box: str = "oficina") -> Status:
    return Status(box, at_utc_ms, True, False, True, (), (), (), (), ())


class Served:
    """A control socket in a loop of its own; it obeys every command but a pause for "no"."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.done: list[Command] = []
        self._selector = selectors.DefaultSelector()
        self.socket = ControlSocket(path, self._selector, self._answer)
        self._news: list[Message] = []
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def publish(self, message: Message) -> None:
        self._news.append(message)

    def close(self) -> None:
        self._stopping = True
        self._thread.join(5)
        self.socket.close()

    def _answer(self, request: Request) -> Message:
        if isinstance(request.do, AgentPause) and request.do.reason == "no":
            return Message(id=request.id, ok=False, error="esa pausa no existe")
        if request.do is not None:
            self.done.append(request.do)
            return Message(id=request.id, ok=True)
        return Message(id=request.id, ok=True, status=status())

    def _run(self) -> None:
        while not self._stopping:
            for key, mask in self._selector.select(0.01):
                key.data(mask)
            while self._news:
                self.socket.publish(self._news.pop(0))


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="helperB-"))  # socket paths are short, and another user may come in
    yield made
    shutil.rmtree(made)


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    server = Served(folder / "acd.sock")
    yield server
    server.close()


@pytest.fixture
def client(served: Served) -> ControlClient:
    return ControlClient(served.path, timeout_s=30.0, connect_wait_s=5.0)


def raw(served: Served) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(30)
    connection.connect(str(served.path))
    return connection


def said(connection: socket.socket, line: bytes) -> dict[str, object]:
    connection.sendall(line)
    data = b""
    while not data.endswith(b"\n"):
        data += connection.recv(65_536)
    answer: dict[str, object] = json.loads(data)
    return answer


def is_cut_off(connection: socket.socket) -> bool:
    try:
        while connection.recv(65_536):
            pass
    except ConnectionResetError:
        pass
    return True


def test_a_command_is_done_and_a_refused_one_says_why(served: Served, client: ControlClient) -> None:
    client.do(AgentPause(AgentName("ana"), "cafe"))
    assert served.done == [AgentPause(AgentName("ana"), "cafe")]
    with pytest.raises(CommandRefused, match="esa pausa no existe"):
        client.do(AgentPause(AgentName("ana"), "no"))


def test_the_protocol_is_json_lines_as_documented(served: Served) -> None:
    with raw(served) as connection:
        command = b'{"id":1,"do":{"type":"AgentPause","agent":"ana","reason":"cafe"}}\n'
        assert said(connection, command) == {"id": 1, "ok": True}
        refused = command.replace(b"cafe", b"no")
        assert said(connection, refused) == {"id": 1, "ok": False, "error": "esa pausa no existe"}
        answer = said(connection, b'{"id":2,"ask":"status"}\n')
        assert (answer["id"], answer["ok"]) == (2, True)
        assert isinstance(answer["status"], dict)


@pytest.mark.parametrize(
    ("line", "id_", "about"),
    [
        (b"nonsense\n", 0, "malformed"),
        (b'{"id":7,"do":{"type":"Explode"}}\n', 7, "Explode"),
        (b'{"id":8,"do":{"type":"AgentPause","agent":"ana"}}\n', 8, "reason"),
        (b'{"id":9,"ask":"status","whisper":1}\n', 9, "whisper"),
        (b'{"id":10}\n', 10, "exactly one"),
        (b'{"id":11,"ask":"status","subscribe":"status"}\n', 11, "exactly one"),
        (b'{"id":12,"do":{"type":"LegEnded","leg":"1-1","cause":"normal"}}\n', 12, "LegEnded"),
    ],
)
def test_a_line_that_is_no_request_is_answered_with_what_is_wrong(
    served: Served, line: bytes, id_: int, about: str
) -> None:
    with raw(served) as connection:
        answer = said(connection, line)
        assert (answer["id"], answer["ok"]) == (id_, False)
        assert about in str(answer["error"])
        assert said(connection, b'{"id":1,"ask":"status"}\n')["ok"], "the connection goes on"
    assert served.done == []


def test_a_request_in_pieces_and_two_in_one_are_both_understood(served: Served) -> None:
    with raw(served) as connection:
        for byte in b'{"id":1,"do":{"type":"AgentPause","agent":"a","reason":"b"}}':
            connection.sendall(bytes([byte]))
        assert said(connection, b"\n")["ok"]
        connection.sendall(b'{"id":2,"ask":"status"}\n{"id":3,"ask":"status"}\n')
        data = b""
        while data.count(b"\n") < 2:
            data += connection.recv(65_536)
        assert [json.loads(line)["id"] for line in data.splitlines()] == [2, 3]


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_request_that_is_too_long_is_cut_off(served: Served, ending: bytes) -> None:
    with raw(served) as connection:
        connection.sendall(b'{"id":1,"ask":"' + b"x" * MAX_REQUEST_BYTES + b'"}' + ending)
        assert is_cut_off(connection)


def test_a_subscriber_hears_the_present_status_and_every_published_one(served: Served, client: ControlClient) -> None:
    news = client.subscribe()
    assert next(news).at_utc_ms == 1
    for at in (2, 3):
        served.publish(Message(status=status(at)))
        assert next(news).at_utc_ms == at


def test_a_client_that_does_not_read_holds_nobody_up_and_hears_the_newest_later(
    served: Served, client: ControlClient
) -> None:
    big = "x" * 100_000
    with raw(served) as lazy:
        lazy.sendall(b'{"id":1,"subscribe":"status"}\n')
        wait_for("it is subscribed", lambda: served.socket.has_subscribers)
        for at in range(100):
            served.publish(Message(status=status(at, big)))
        assert client.status().at_utc_ms == 1, "others are served meanwhile"
        lazy.setblocking(True)
        held = b""
        while held.count(b"\n") < 3:
            held += lazy.recv(1_000_000)
        assert len(held) < 20 * 100_000, "old pictures were not kept for it"


def test_a_client_that_asks_and_never_reads_is_cut_off(served: Served) -> None:
    asked = b'{"id":1,"ask":"status"}\n' * 100
    enough = 20 * MAX_UNSENT_BYTES // len(asked)
    with raw(served) as lazy, pytest.raises((BrokenPipeError, ConnectionResetError)):
        for _ in range(enough):
            lazy.sendall(asked)
    wait_for("it is forgotten", lambda: served.socket.clients == 0)


def test_more_clients_than_the_limit_are_refused_with_a_reason(served: Served) -> None:
    crowd = [raw(served) for _ in range(MAX_CLIENTS)]
    wait_for("all are in", lambda: served.socket.clients == MAX_CLIENTS)
    with raw(served) as one_more:
        answer = json.loads(one_more.recv(65_536))
        assert "too many clients" in answer["error"]
    for connection in crowd:
        connection.close()
    wait_for("they left", lambda: served.socket.clients == 0)


def test_without_an_acd_the_client_says_so(folder: Path) -> None:
    with pytest.raises(ControlUnavailable, match="not running"):
        ControlClient(folder / "acd.sock", connect_wait_s=0.05).status()


def test_an_acd_that_is_just_restarting_is_waited_for(folder: Path) -> None:
    client = ControlClient(folder / "acd.sock", timeout_s=30, connect_wait_s=30)
    server: list[Served] = []
    timer = threading.Timer(0.3, lambda: server.append(Served(folder / "acd.sock")))
    timer.start()
    assert client.status().box == "oficina"
    timer.join()
    server[0].close()


def test_an_acd_that_never_answers_is_given_up(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(folder / "acd.sock"))
        silent.listen(1)
        with pytest.raises(ControlUnavailable, match="did not answer"):
            ControlClient(folder / "acd.sock", timeout_s=0.2).status()


def test_the_socket_is_for_its_user_and_the_group_of_its_folder(served: Served) -> None:
    mode = served.path.stat().st_mode & 0o777
    assert mode == 0o660
    assert served.path.stat().st_gid == served.path.parent.stat().st_gid


def test_who_may_command() -> None:
    group = 59_999
    assert may_command(0, 12_345, group)
    assert may_command(os.geteuid(), 12_345, group)
    assert may_command(54_321, group, group)
    assert not may_command(54_321, 12_345, group)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can connect as another user")
def test_another_user_is_refused_by_its_credentials_even_if_the_file_lets_it_in(served: Served, folder: Path) -> None:
    folder.chmod(0o755)
    served.path.chmod(0o666)
    assert "user 65534 may not command the ACD" in _heard_as_user(65_534, served.path)


def _heard_as_user(user: int, path: Path) -> str:
    """What the socket says to a child process of that user (and of no group of ours)."""
    hear, tell = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(user)
            os.setuid(user)
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(30)
            connection.connect(str(path))
            os.write(tell, connection.recv(1_000))
        finally:
            os._exit(0)
    os.close(tell)
    os.waitpid(child, 0)
    with os.fdopen(hear, "rb") as pipe:
        return pipe.read().decode()
