"""A scripted ACD for tests: the other end of the switch's socket; does what the test says, keeps what it hears."""

import contextlib
import socket
import threading
from pathlib import Path
from typing import TypeVar

from appliance.acd.effects import SwitchEffect
from appliance.acd.inputs import SwitchInput
from appliance.acd.wire import Ack, Done, FromSwitch, Hello, LineSplitter, ToSwitch, decode_from_switch, encode
from tests.waiting import wait_for

T = TypeVar("T", bound=SwitchInput)


class AcdPeer:
    """Connects, acknowledges what it hears (unless told not to), numbers its effects. `drop` is its kill -9."""

    def __init__(self, path: Path, acknowledge: bool = True) -> None:
        self._path = path
        self.acknowledge = acknowledge
        self.heard: list[FromSwitch] = []
        self.hello: Hello | None = None
        self.done = 0
        self._effect = 0
        self._changed = threading.Condition()
        self._sock: socket.socket | None = None
        self._reader: threading.Thread | None = None
        self.connect()

    def connect(self) -> Hello:
        """Connect (again); the switch's Hello. The effects' numbers go on as the switch last carried them out.

        Only the Hello has been heard by then: what the switch has to tell after it is waited for by `wait`.
        """
        self.hello = None
        self._sock = sock = wait_for(f"the switch at {self._path}", self._try, timeout_s=30)
        self._reader = threading.Thread(target=self._read, args=(sock,), daemon=True)
        self._reader.start()
        hello = wait_for("Hello", lambda: self.hello)
        self._effect = hello.last_effect
        return hello

    def _try(self) -> socket.socket | None:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(str(self._path))
        except OSError:
            sock.close()
            return None
        return sock

    def drop(self) -> None:
        """Gone without a word; nothing of this connection is heard after it returns."""
        assert self._sock is not None and self._reader is not None
        with contextlib.suppress(OSError):  # the switch may have been the first to end it
            self._sock.shutdown(socket.SHUT_RDWR)
        self._reader.join(10)
        assert not self._reader.is_alive(), "the connection is shut, and somebody still reads it"
        self._sock.close()
        self._sock = None

    def close(self) -> None:
        if self._sock is not None:
            self.drop()

    def _read(self, sock: socket.socket) -> None:
        splitter = LineSplitter()
        while True:
            try:
                data = sock.recv(65_536)
            except OSError:
                return
            if not data:
                return
            for line in splitter.feed(data):
                self._take(sock, line)

    def _take(self, sock: socket.socket, line: bytes) -> None:
        frame = decode_from_switch(line)
        if isinstance(frame, FromSwitch) and self.acknowledge:
            self._send(sock, encode(Ack(frame.seq)))  # before the test hears of it, and perhaps drops the connection
        with self._changed:
            if isinstance(frame, Hello):
                self.done = frame.last_effect  # of this switch; another one counts from nought
                self.hello = frame
            elif isinstance(frame, Done):
                self.done = frame.effect
            else:
                self.heard.append(frame)
            self._changed.notify_all()

    def _send(self, sock: socket.socket, data: bytes) -> None:
        with contextlib.suppress(OSError):  # the test dropped the connection while this was on its way
            sock.sendall(data)

    def send_raw(self, data: bytes) -> None:
        assert self._sock is not None
        self._sock.sendall(data)

    def ack(self, seq: int) -> None:
        self.send_raw(encode(Ack(seq)))

    def do(self, *effects: SwitchEffect) -> int:
        """Send effects; the number of the last."""
        for effect in effects:
            self._effect += 1
            self.send_raw(encode(ToSwitch(self._effect, effect)))
        return self._effect

    def done_to(self, effect: int, timeout_s: float = 20.0) -> None:
        """Wait until the switch has carried out every effect up to this."""
        wait_for(f"effect {effect} done", lambda: self.done >= effect, timeout_s)

    @property
    def mark(self) -> int:
        """Now, as a place in what was heard."""
        return len(self.heard)

    def inputs(self, since: int = 0) -> list[SwitchInput]:
        return [frame.input for frame in self.heard[since:]]

    def wait(self, kind: type[T], since: int = 0, timeout_s: float = 20.0, **fields: object) -> T:
        """The first input of this kind with these fields, from `since` on. AssertionError telling what came instead."""

        def look() -> T | None:
            for one in self.inputs(since):
                if isinstance(one, kind) and all(getattr(one, key) == value for key, value in fields.items()):
                    return one
            return None

        with self._changed:
            self._changed.wait_for(lambda: look() is not None, timeout_s)
        found = look()
        assert found is not None, f"no {kind.__name__} {fields} within {timeout_s:g} s; heard {self.inputs(since)}"
        return found

    def at_ms(self, one: SwitchInput) -> int:
        return next(frame.at_ms for frame in self.heard if frame.input is one)
