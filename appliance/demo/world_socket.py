"""The world's UNIX socket: the server that the demo runs and the client that the bench page and tests use.

JSON lines, one answer a request, in order. Everything is bounded: line length, clients, the time an answer may take.
Only the user who runs the demo (or root) is listened to.
"""

import contextlib
import logging
import os
import socket
import struct
import threading
from pathlib import Path
from typing import Protocol

from appliance.demo.world_records import (
    MAX_LINE_BYTES,
    Answer,
    AskState,
    Automatic,
    Done,
    EndCall,
    Lift,
    PlaceCall,
    Placed,
    Plug,
    Refused,
    Replace,
    Request,
    Unplug,
    WorldRefused,
    WorldState,
    decode_answer,
    decode_request,
    encode,
)

MAX_CLIENTS = 16
ANSWER_TIMEOUT_S = 5.0

log = logging.getLogger(__name__)


class WorldCommands(Protocol):
    """What the world does for its socket. Called from the socket's threads; raises WorldRefused with the reason."""

    def place_call(self, line: str, caller: str, patience_s: float, talk_s: float) -> str: ...
    def end_call(self, call: str) -> None: ...
    def lift(self, station: str) -> None: ...
    def replace(self, station: str) -> None: ...
    def automatic(self, station: str) -> None: ...
    def unplug(self, line: str) -> None: ...
    def plug(self, line: str) -> None: ...
    def state(self) -> WorldState: ...


def carry_out(request: Request, world: WorldCommands) -> Answer:
    """One request, and the answer it deserves; never raises WorldRefused."""
    try:
        match request:
            case PlaceCall(line, caller, patience_s, talk_s):
                return Placed(world.place_call(line, caller, patience_s, talk_s))
            case AskState():
                return world.state()
            case EndCall(call):
                world.end_call(call)
            case Lift(station):
                world.lift(station)
            case Replace(station):
                world.replace(station)
            case Automatic(station):
                world.automatic(station)
            case Unplug(line):
                world.unplug(line)
            case Plug(line):
                world.plug(line)
    except WorldRefused as refusal:
        return Refused(str(refusal))
    return Done()


class WorldServer:
    """Listens on `path` until `close`; a thread a client, at most MAX_CLIENTS."""

    def __init__(self, path: Path, world: WorldCommands) -> None:
        self._path = path
        self._world = world
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._closing = False
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        path.chmod(0o600)
        self._listener.listen(MAX_CLIENTS)
        self._thread = threading.Thread(target=self._accept, name="world-socket", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for client in self._clients:
                with contextlib.suppress(OSError):
                    client.shutdown(socket.SHUT_RDWR)
        if self._thread.is_alive():
            self._thread.join(2)
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while not self._closing:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            refusal = self._refusal(client)
            if refusal:
                with contextlib.suppress(OSError):
                    client.sendall(encode(Refused(refusal)))
                client.close()
                continue
            with self._lock:
                self._clients.add(client)
            threading.Thread(target=self._serve, args=(client,), name="world-client", daemon=True).start()

    def _refusal(self, client: socket.socket) -> str:
        credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        _, uid, _ = struct.unpack("3i", credentials)
        if uid not in (0, os.getuid()):
            return "this socket listens only to the user who runs the demo"
        with self._lock:
            if len(self._clients) >= MAX_CLIENTS:
                return f"{MAX_CLIENTS} clients are connected already; close one"
        return ""

    def _serve(self, client: socket.socket) -> None:
        try:
            with client, client.makefile("rb") as lines:
                while line := lines.readline(MAX_LINE_BYTES + 1):
                    if len(line) > MAX_LINE_BYTES:
                        client.sendall(encode(Refused(f"a request is longer than {MAX_LINE_BYTES} bytes")))
                        return
                    client.sendall(encode(self._answer(line)))
        except OSError:
            pass
        finally:
            with self._lock:
                self._clients.discard(client)

    def _answer(self, line: bytes) -> Answer:
        try:
            request = decode_request(line)
        except WorldRefused as refusal:
            return Refused(str(refusal))
        try:
            return carry_out(request, self._world)
        except Exception:
            log.exception("the world failed at %s", request)
            return Refused("the demo failed at this; its log says how")


class WorldClient:
    """A client of the world's socket; connects at the first use and again after the demo restarted. Thread-safe.

    Every method raises WorldRefused (with a sentence for the user) when the world would not, and OSError when there
    is no world.
    """

    def __init__(self, path: Path, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._socket: socket.socket | None = None
        self._rest = b""
        self._lock = threading.Lock()

    def place_call(self, line: str, caller: str, patience_s: float = 60, talk_s: float = 20) -> str:
        """Place a call into a line now; the call's id in this world."""
        answer = self._ask(PlaceCall(line, caller, patience_s, talk_s))
        if not isinstance(answer, Placed):
            raise WorldRefused(f"the world answered {answer!r} to a call")
        return answer.call

    def end_call(self, call: str) -> None:
        self._ask(EndCall(call))

    def lift(self, station: str) -> None:
        self._ask(Lift(station))

    def replace(self, station: str) -> None:
        self._ask(Replace(station))

    def automatic(self, station: str) -> None:
        self._ask(Automatic(station))

    def unplug(self, line: str) -> None:
        self._ask(Unplug(line))

    def plug(self, line: str) -> None:
        self._ask(Plug(line))

    def state(self) -> WorldState:
        answer = self._ask(AskState())
        if not isinstance(answer, WorldState):
            raise WorldRefused(f"the world answered {answer!r} when asked for its state")
        return answer

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _ask(self, request: Request) -> Answer:
        with self._lock:
            try:
                fresh = self._connect()
                try:
                    line = self._exchange(request)
                except BrokenPipeError:
                    if fresh:
                        raise
                    self._drop()  # the demo was restarted since; a pipe broken at sending carried nothing out
                    self._connect()
                    line = self._exchange(request)
                answer = decode_answer(line)
            except BaseException:
                self._drop()
                raise
        if isinstance(answer, Refused):
            raise WorldRefused(answer.error)
        return answer

    def _connect(self) -> bool:
        if self._socket is not None:
            return False
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(self._timeout_s)
        self._socket.connect(str(self._path))
        return True

    def _exchange(self, request: Request) -> bytes:
        if self._socket is None:
            raise ConnectionResetError("not connected")
        try:
            self._socket.sendall(encode(request))
        except BrokenPipeError:
            if b"\n" not in self._pending():  # a server with too many clients says so and closes
                raise
        while b"\n" not in self._rest:
            data = self._socket.recv(65_536)
            if not data:
                raise ConnectionResetError("the world closed its socket")
            self._rest += data
            if len(self._rest) > MAX_LINE_BYTES:
                raise WorldRefused(f"the world's answer is longer than {MAX_LINE_BYTES} bytes")
        line, _, self._rest = self._rest.partition(b"\n")
        return line

    def _pending(self) -> bytes:
        if self._socket is not None:
            self._rest += self._socket.recv(65_536)
        return self._rest

    def _drop(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None
        self._rest = b""
