"""Our end of the line to the switch: connecting, introducing, sending at once, and noticing that it is gone.

It knows frames and the socket, not what they mean; the loop does. Never blocks.
"""

import logging
import selectors
import socket
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from appliance.acd.wire import (
    Ack,
    Done,
    FromSwitch,
    Hello,
    LineSplitter,
    ToSwitch,
    WireError,
    decode_from_switch,
    encode,
)

log = logging.getLogger(__name__)

RETRY_MS = 50
HELLO_WITHIN_MS = 2_000
"""A switch that accepts and does not introduce itself is hung up on, and tried again."""
ACK_WITHIN_MS = 100
"""An `Ack` goes with the next effects, or after this. The switch only forgets by it, and being woken costs more."""
MAX_UNSENT_BYTES = 8_000_000
"""A switch that reads so little is cut off; what it has not done is sent again when it is back."""
READ_BYTES = 262_144


class SwitchListener(Protocol):
    """Who hears what the switch says. Called in the loop's thread."""

    def switch_said_hello(self, hello: Hello) -> None: ...

    def switch_input(self, frame: FromSwitch) -> None: ...

    def switch_done(self, effect: int) -> None: ...

    def switch_lost(self) -> None: ...


class SwitchLink:
    """Connects to the switch at `path` as often as needed."""

    def __init__(self, path: Path, selector: selectors.BaseSelector, listener: SwitchListener) -> None:
        self._path = path
        self._selector = selector
        self._listener = listener
        self._socket: socket.socket | None = None
        self._splitter = LineSplitter()
        self._unsent = bytearray()
        self._watches_writing = False
        self._retry_at_ms = 0
        self._hello_by_ms = 0
        self._ack = 0
        self._ack_by_ms: int | None = None
        self.is_up = False
        """The switch introduced itself and may be sent effects."""

    @property
    def connected(self) -> bool:
        """Something listens at the other end, whether or not it introduced itself."""
        return self._socket is not None

    @property
    def wakes_at_ms(self) -> int | None:
        """When `look_after` has something to do even if nothing is heard."""
        if self._socket is None:
            return self._retry_at_ms
        return self._ack_by_ms if self.is_up else self._hello_by_ms

    def look_after(self, now_ms: int) -> None:
        """Connect, or say what `ack_later` noted, when it is time to; hang up on one that does not introduce itself."""
        if self._socket is None:
            if now_ms >= self._retry_at_ms:
                self._retry_at_ms = now_ms + RETRY_MS
                self._connect(now_ms)
        elif not self.is_up:
            if now_ms >= self._hello_by_ms:
                self._lose("it did not introduce itself")
        elif not self._ack:
            self._ack_by_ms = None
        elif self._ack_by_ms is None:
            self._ack_by_ms = now_ms + ACK_WITHIN_MS
        elif now_ms >= self._ack_by_ms:
            self._ack_by_ms = None
            self._write(self._acked())

    def send(self, effects: Iterable[ToSwitch]) -> None:
        """Send effects at once, in order, in one write; without a switch they are not kept here."""
        if self.is_up:
            self._write(b"".join(map(encode, effects)) + self._acked())

    def ack_later(self, seq: int) -> None:
        """Every input up to `seq` is in the journal; said with the next effects or soon."""
        self._ack = seq

    def _acked(self) -> bytes:
        """What `ack_later` noted, as a frame; else nothing."""
        seq, self._ack = self._ack, 0
        return encode(Ack(seq)) if seq else b""

    def close(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None
        self.is_up = False

    def _connect(self, now_ms: int) -> None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        connection.setblocking(False)
        try:
            connection.connect(str(self._path))
        except OSError:
            connection.close()
            return
        self._socket = connection
        self._splitter = LineSplitter()
        self._unsent.clear()
        self._watches_writing = False
        self._ack = 0
        self._hello_by_ms = now_ms + HELLO_WITHIN_MS
        self._selector.register(connection, selectors.EVENT_READ, self.ready)

    def ready(self, mask: int) -> None:
        """The selector's callback for our socket."""
        if mask & selectors.EVENT_WRITE:
            self._write(b"")
        if mask & selectors.EVENT_READ and self._socket is not None:
            self._read(self._socket)

    def _read(self, connection: socket.socket) -> None:
        try:
            data = connection.recv(READ_BYTES)
        except BlockingIOError:
            return
        except OSError as error:
            self._lose(str(error))
            return
        if not data:
            self._lose("it closed the connection")
            return
        try:
            for line in self._splitter.feed(data):
                self._hear(line)
                if self._socket is not connection:
                    return
        except WireError as error:
            log.error("the switch said what is not of the protocol: %s", error)
            self._lose("it is not understood")

    def _hear(self, line: bytes) -> None:
        frame = decode_from_switch(line)
        if isinstance(frame, Hello):
            if self.is_up:
                raise WireError("it introduced itself twice")
            self.is_up = True
            self._ack = 0  # what was noted before is of another switch's numbers, perhaps
            self._listener.switch_said_hello(frame)
        elif not self.is_up:
            raise WireError("it spoke before it introduced itself")
        elif isinstance(frame, FromSwitch):
            self._listener.switch_input(frame)
        elif isinstance(frame, Done):
            self._listener.switch_done(frame.effect)

    def _write(self, data: bytes) -> None:
        if self._socket is None:
            return
        self._unsent += data
        try:
            sent = self._socket.send(self._unsent)
            del self._unsent[:sent]
        except BlockingIOError:
            pass
        except OSError as error:
            self._lose(str(error))
            return
        if len(self._unsent) > MAX_UNSENT_BYTES:
            self._lose(f"it leaves {len(self._unsent)} bytes unread")
        elif bool(self._unsent) != self._watches_writing:
            self._watches_writing = bool(self._unsent)
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)
            self._selector.modify(self._socket, events, self.ready)

    def _lose(self, why: str) -> None:
        was_up = self.is_up
        self.close()
        if was_up:
            log.warning("the switch is gone: %s", why)
            self._listener.switch_lost()
