"""The bench twin of the pins: gpiozero mock pins in this process, which the world outside drives and watches.

`BenchPins` is the pin factory that boards with `pin_factory = "mock"` use; it serves a UNIX socket. Whoever plays the
world (twins, tests, the bench page) speaks to it through `hw.bench_client`. Protocol: one JSON object a line,

    {"drive": 17, "level": 0}      -> {"ok": true}                     put a level on an input pin
    {"ask": "levels"}              -> {"ok": true, "levels": {"17": 0}}  every pin in use, inputs and outputs
    {"subscribe": "levels"}        -> the same, then {"pin": 17, "level": 1} at each change

A refused request answers {"ok": false, "error": "..."}. As in the electronics, a driven input keeps its level when the
process that reads it dies and starts again: levels are kept in a file beside the socket (`bench.sock.pins`).
"""

import contextlib
import logging
import os
import selectors
import socket
import threading
from collections import deque
from pathlib import Path
from typing import Literal

import msgspec
from gpiozero.pins.mock import MockFactory, MockPin

MAX_LINE_BYTES = 4096
MAX_CLIENTS = 16
MAX_PENDING_BYTES = 65_536
"""A subscriber that lets more than this pile up is disconnected."""

log = logging.getLogger(__name__)


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Exactly one of `drive` (with `level`), `ask`, `subscribe`."""

    drive: int | None = None
    level: Literal[0, 1] | None = None
    ask: Literal["levels"] | None = None
    subscribe: Literal["levels"] | None = None


class Message(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the bench says: an answer (`ok`), or a change of one pin (`pin` and `level`)."""

    ok: bool | None = None
    error: str = ""
    levels: dict[int, int] | None = None
    pin: int | None = None
    level: int | None = None


_requests = msgspec.json.Decoder(Request)


class BenchPin(MockPin):  # type: ignore[misc]
    """A mock pin that tells the factory of each change, keeps no history, and lets a driven level win over the pull."""

    def __init__(self, factory: "BenchPins", info: object) -> None:
        self._bench = factory
        self._state = False
        super().__init__(factory, info)
        self.gpio = int(self.info.name.removeprefix("GPIO"))

    def _change_state(self, value: bool) -> bool:
        # MockPin appends each change to a list for its tests: a lamp that blinks for weeks must not.
        if self._state == value:
            return False
        self._state = value
        self._last_change = self.factory.ticks()
        self._bench.changed(self.gpio, int(value))
        return True

    def _set_pull(self, value: str) -> None:
        super()._set_pull(value)
        driven = self._bench.driven_level(self.gpio)
        if driven is not None:
            self.put(driven)

    def put(self, level: int) -> None:
        """The world puts a level on this input. Raises ValueError when it is not an input."""
        if self.function != "input":
            raise ValueError(f"pin {self.gpio} is an output here; only inputs can be driven")
        if level:
            self.drive_high()
        else:
            self.drive_low()


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.unread = bytearray()
        self.unsent = bytearray()
        self.subscribed = False


class BenchPins(MockFactory):  # type: ignore[misc]
    """A gpiozero pin factory whose pins the world outside reaches through `socket_path`.

    Give no path for pins that only this process drives. `close` ends the thread and removes the socket.
    """

    def __init__(self, socket_path: Path | None = None) -> None:
        super().__init__(revision="c03115", pin_class=BenchPin)  # a Pi 4
        self._path = socket_path
        self._driven: dict[int, int] = _read_levels(socket_path)
        self._lock = threading.RLock()
        self._changes: deque[tuple[int, int]] = deque(maxlen=10_000)
        self._clients: dict[int, _Client] = {}
        self._closing = False
        self._thread: threading.Thread | None = None
        if socket_path is not None:
            self._wake_read, self._wake_write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
            self._selector = selectors.DefaultSelector()
            self._listener = _listen(socket_path)
            self._selector.register(self._listener, selectors.EVENT_READ)
            self._selector.register(self._wake_read, selectors.EVENT_READ)
            self._thread = threading.Thread(target=self._serve, name="bench-pins", daemon=True)
            self._thread.start()

    def close(self) -> None:
        super().close()
        thread, self._thread = self._thread, None
        if thread is None or self._path is None:
            return
        self._closing = True
        self._wake()
        if thread is not threading.current_thread():
            thread.join(5)
        for client in list(self._clients.values()):
            self._drop(client)
        self._selector.close()
        self._listener.close()
        os.close(self._wake_read)
        os.close(self._wake_write)
        for leftover in (self._path, _levels_path(self._path)):
            leftover.unlink(missing_ok=True)

    def drive(self, pin: int, level: int) -> None:
        """Put a level on an input pin. Raises ValueError when no device uses it, or it is an output."""
        with self._lock:
            users = {p.gpio: p for p in self.pins.values()}
            if pin not in users:
                raise ValueError(f"pin {pin} is not in use; in use are {sorted(users)}")
            self._driven[pin] = level
            users[pin].put(level)
            if self._path is not None:
                _write_levels(self._path, self._driven)

    def levels(self) -> dict[int, int]:
        """Level of every pin in use, by GPIO number."""
        return {pin.gpio: int(pin.state) for pin in list(self.pins.values())}

    def driven_level(self, pin: int) -> int | None:
        return self._driven.get(pin)

    def changed(self, pin: int, level: int) -> None:
        """A pin changed; called by it from whatever thread."""
        if self._thread is not None:
            self._changes.append((pin, level))
            self._wake()

    def _wake(self) -> None:
        # A full pipe has woken the thread already; a closed one has nobody to wake.
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"\0")

    def _serve(self) -> None:
        while not self._closing:
            for key, events in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fileobj == self._wake_read:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake_read, 4096)
                else:
                    self._serve_client(key.data, events)
            self._push_changes()

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        if len(self._clients) >= MAX_CLIENTS:
            log.warning("bench: more than %d connections; one refused", MAX_CLIENTS)
            connection.close()
            return
        connection.setblocking(False)
        client = _Client(connection)
        self._clients[connection.fileno()] = client
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _drop(self, client: _Client) -> None:
        if self._clients.pop(client.connection.fileno(), None) is not None:
            self._selector.unregister(client.connection)
            client.connection.close()

    def _serve_client(self, client: _Client, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            self._send(client, b"")
        if not events & selectors.EVENT_READ or client.connection.fileno() < 0:
            return
        try:
            data = client.connection.recv(MAX_LINE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        client.unread += data
        *lines, rest = bytes(client.unread).split(b"\n")
        client.unread = bytearray(rest)
        if not data or len(rest) > MAX_LINE_BYTES:
            self._drop(client)
            return
        for line in lines:
            self._send(client, msgspec.json.encode(self._answer(client, line)) + b"\n")

    def _answer(self, client: _Client, line: bytes) -> Message:
        try:
            request = _requests.decode(line)
            if request.drive is not None and request.level is not None:
                self.drive(request.drive, request.level)
                return Message(ok=True)
            if request.ask is None and request.subscribe is None:
                raise ValueError("give `drive` with `level`, `ask` or `subscribe`")
        except (ValueError, msgspec.DecodeError) as error:
            return Message(ok=False, error=str(error))
        if request.subscribe is not None:
            self._push_changes()  # what happened before the answer belongs to the levels in it
            client.subscribed = True
        return Message(ok=True, levels=self.levels())

    def _push_changes(self) -> None:
        while self._changes:
            pin, level = self._changes.popleft()
            line = msgspec.json.encode(Message(pin=pin, level=level)) + b"\n"
            for client in [c for c in self._clients.values() if c.subscribed]:
                self._send(client, line)

    def _send(self, client: _Client, data: bytes) -> None:
        if client.connection.fileno() < 0:
            return
        client.unsent += data
        try:
            sent = client.connection.send(client.unsent)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(client)
            return
        del client.unsent[:sent]
        if len(client.unsent) > MAX_PENDING_BYTES:
            log.warning("bench: a subscriber does not read; disconnected")
            self._drop(client)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.unsent else 0)
        self._selector.modify(client.connection, wanted, client)


def simulated_pins(socket_path: Path) -> BenchPins:
    """The pins of a board with `pin_factory = "mock"`, served at `socket_path`."""
    return BenchPins(socket_path)


def _listen(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o660)
    listener.listen(MAX_CLIENTS)
    return listener


def _levels_path(socket_path: Path) -> Path:
    return socket_path.with_name(socket_path.name + ".pins")


def _read_levels(socket_path: Path | None) -> dict[int, int]:
    """What the inputs were when the process before us died; {} when there was none."""
    if socket_path is None:
        return {}
    try:
        return msgspec.json.decode(_levels_path(socket_path).read_bytes(), type=dict[int, int])
    except (OSError, msgspec.DecodeError):
        return {}


def _write_levels(socket_path: Path, levels: dict[int, int]) -> None:
    path = _levels_path(socket_path)
    new = path.with_suffix(".new")
    try:
        new.write_bytes(msgspec.json.encode(levels))
        new.replace(path)
    except OSError as error:  # full, or removed under us: the bench goes on, only a restart would forget the levels
        log.warning("bench: %s cannot be written: %s", path, error)
