"""The control socket as the ACD serves it: who may connect, what a line may be, and what happens to slow clients.

Never blocks the loop: every socket is non-blocking, every buffer has a limit, and a client that does not read what it
asked for is cut off. Subscribers get the newest status, never a queue of old ones.
"""

import contextlib
import grp
import logging
import os
import pwd
import selectors
import socket
import struct
from collections.abc import Callable
from pathlib import Path

from appliance.daemon.control_messages import (
    MAX_REQUEST_BYTES,
    BadRequest,
    Message,
    Request,
    decode_request,
    encode,
)

log = logging.getLogger(__name__)

MAX_CLIENTS = 64
MAX_UNSENT_BYTES = 1_000_000
"""More than this unread by a client and it is cut off."""
_PEER_CREDENTIALS = struct.Struct("3i")


class ControlSocket:
    """Listens at `path` for this user, root and members of the group that owns the folder the socket is in.

    `answer(request)` gives the reply; it is called in the loop's thread, from `selector` callbacks. Every file object
    is registered with its callback (`Callable[[int], None]`, given the ready mask) as selector data.
    """

    def __init__(self, path: Path, selector: selectors.BaseSelector, answer: Callable[[Request], Message]) -> None:
        self._path = path
        self._selector = selector
        self._answer = answer
        self._clients: dict[int, _Client] = {}
        self._group = path.parent.stat().st_gid
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        self._listener.bind(str(path))
        path.chmod(0o660)
        with contextlib.suppress(PermissionError):  # only a member may give a file to a group; then root and we remain
            os.chown(path, -1, self._group)
        self._listener.listen(MAX_CLIENTS)
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    @property
    def clients(self) -> int:
        return len(self._clients)

    @property
    def has_subscribers(self) -> bool:
        return any(client.subscribed for client in self._clients.values())

    def publish(self, message: Message) -> None:
        """Send to every subscriber that has read all it was sent before; the others get a newer one later."""
        line = encode(message)
        for client in list(self._clients.values()):
            if client.subscribed and not client.unsent:
                self._send(client, line)

    def close(self) -> None:
        """Stop listening and cut every client off."""
        for client in list(self._clients.values()):
            self._drop(client)
        self._selector.unregister(self._listener)
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self, _mask: int) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError as error:
            log.warning("control socket: a client could not be accepted: %s", error)
            return
        connection.setblocking(False)
        why_not = self._refusal(connection)
        if why_not:
            log.warning("control socket: %s", why_not)
            with contextlib.suppress(OSError):
                connection.send(encode(Message(id=0, ok=False, error=why_not)))
            connection.close()
            return
        client = _Client(connection)
        self._clients[connection.fileno()] = client
        self._selector.register(connection, selectors.EVENT_READ, lambda mask: self._serve(client, mask))

    def _refusal(self, connection: socket.socket) -> str:
        """ "" when this peer may command the ACD, else why not."""
        if len(self._clients) >= MAX_CLIENTS:
            return f"too many clients at once (at most {MAX_CLIENTS})"
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER_CREDENTIALS.size)
        _pid, uid, gid = _PEER_CREDENTIALS.unpack(raw)
        if may_command(uid, gid, self._group):
            return ""
        return f"user {uid} may not command the ACD; only its own user, root and the group of {self._path.parent} may"

    def _serve(self, client: "_Client", mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._flush(client)
        if mask & selectors.EVENT_READ and client.open:
            self._read(client)

    def _read(self, client: "_Client") -> None:
        try:
            data = client.connection.recv(65_536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(client)
            return
        *lines, client.rest = (client.rest + data).split(b"\n")
        for line in lines:
            if client.open and line:
                self._handle(client, line)
        if client.open and len(client.rest) > MAX_REQUEST_BYTES:
            self._drop(client, f"a request is longer than {MAX_REQUEST_BYTES} bytes")

    def _handle(self, client: "_Client", line: bytes) -> None:
        if len(line) > MAX_REQUEST_BYTES:
            self._drop(client, f"a request is longer than {MAX_REQUEST_BYTES} bytes")
            return
        try:
            request = decode_request(line)
        except BadRequest as error:
            self._send(client, encode(Message(id=error.request_id, ok=False, error=str(error))))
            return
        reply = self._answer(request)
        if request.subscribe is None:
            self._send(client, encode(reply))
            return
        # The reply to a subscription carries the present status: the first news, on its own line.
        self._send(client, encode(Message(id=request.id, ok=reply.ok, error=reply.error)))
        if client.open and reply.ok:
            client.subscribed = True
            self._send(client, encode(Message(status=reply.status)))

    def _send(self, client: "_Client", line: bytes) -> None:
        client.unsent += line
        self._flush(client)
        if client.open and len(client.unsent) > MAX_UNSENT_BYTES:
            self._drop(client, f"it left {MAX_UNSENT_BYTES} bytes unread")

    def _flush(self, client: "_Client") -> None:
        try:
            sent = client.connection.send(client.unsent)
            del client.unsent[:sent]
        except BlockingIOError:
            pass
        except OSError:
            self._drop(client)
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.unsent else 0)
        if events != client.events:
            client.events = events
            self._selector.modify(client.connection, events, lambda mask: self._serve(client, mask))

    def _drop(self, client: "_Client", why: str = "") -> None:
        if not client.open:
            return
        if why:
            log.warning("control socket: a client was cut off: %s", why)
        client.open = False
        self._selector.unregister(client.connection)
        del self._clients[client.connection.fileno()]
        client.connection.close()


class _Client:
    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.open = True
        self.subscribed = False
        self.rest = b""
        self.unsent = bytearray()
        self.events = selectors.EVENT_READ


def may_command(uid: int, gid: int, group: int) -> bool:
    """Whether a peer with these credentials may: our own user, root, or a member of `group` (primary or listed)."""
    if uid in (0, os.geteuid()) or gid == group:
        return True
    try:
        return pwd.getpwuid(uid).pw_name in grp.getgrgid(group).gr_mem
    except KeyError:
        return False
