"""The client's end of the control socket: what the page, the terminal, the cloud sync and tests use to talk to the ACD.

Each request is a connection of its own, so a client is safe in any thread and a restart of the ACD needs no care: a
request made while it is away waits for it a little, then raises ControlUnavailable.
"""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from appliance.acd.inputs import Command
from appliance.acd.view import Status
from appliance.daemon.control_messages import MAX_MESSAGE_BYTES, Health, Message, Request, decode_message, encode

__all__ = ["CommandRefused", "ControlClient", "ControlUnavailable", "Health"]
_SILENCE_LIMIT_S = 15.0
"""A subscription says something at least every 5 s; three times that is a dead ACD."""


class CommandRefused(Exception):
    """The ACD will not do this; the message says why, in words for the person who asked."""


class ControlUnavailable(Exception):
    """No answer from the ACD: it is not running, or may not be asked by this user."""


class ControlClient:
    """Talks to the ACD at `path` (`<run_dir>/acd.sock`).

    `timeout_s` bounds the wait for an answer; `connect_wait_s` how long to wait for an ACD that is being restarted.
    """

    def __init__(self, path: Path, timeout_s: float = 5.0, connect_wait_s: float = 1.5) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._connect_wait_s = connect_wait_s

    def do(self, command: Command) -> None:
        """Carry out a command. Returns once it is journalled and handled. Raises CommandRefused, ControlUnavailable."""
        self._ask(Request(id=1, do=command))

    def status(self) -> Status:
        """The call centre as it is now. Raises ControlUnavailable."""
        status = self._ask(Request(id=1, ask="status")).status
        if status is None:
            raise ControlUnavailable(f"{self._path}: the answer had no status in it.")
        return status

    def health(self) -> Health:
        """How the ACD process itself is doing. Raises ControlUnavailable."""
        health = self._ask(Request(id=1, ask="health")).health
        if health is None:
            raise ControlUnavailable(f"{self._path}: the answer had no health in it.")
        return health

    def reload(self) -> None:
        """Read the configuration file again. Raises CommandRefused with what is wrong in it; the old one stays."""
        self._ask(Request(id=1, ask="reload"))

    def outbox_sent(self, last_id: int) -> None:
        """Outbox rows up to `last_id` are safe in the cloud: the ACD may delete them."""
        self._ask(Request(id=1, outbox_sent=last_id))

    def subscribe(self) -> Iterator[Status]:
        """Each new status, first the present one. Ends only by ControlUnavailable (or by closing the iterator)."""
        with self._connected() as connection:
            connection.sendall(encode(Request(id=1, subscribe="status")))
            lines = _Lines(connection, self._path)
            _refuse_errors(lines.next(self._timeout_s))
            while True:
                status = lines.next(_SILENCE_LIMIT_S).status
                if status is not None:
                    yield status

    def _ask(self, request: Request) -> Message:
        with self._connected() as connection:
            with contextlib.suppress(OSError):  # a refusal may already be waiting to be read
                connection.sendall(encode(request))
            message = _Lines(connection, self._path).next(self._timeout_s)
        _refuse_errors(message)
        return message

    def _connected(self) -> socket.socket:
        give_up_at = time.monotonic() + self._connect_wait_s
        while True:
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            connection.settimeout(self._timeout_s)
            try:
                connection.connect(str(self._path))
                return connection
            except OSError as error:
                connection.close()
                if isinstance(error, PermissionError) or time.monotonic() >= give_up_at:
                    raise ControlUnavailable(_why(self._path, error)) from error
            time.sleep(0.02)


class _Lines:
    """The lines of one connection, each within its time and length."""

    def __init__(self, connection: socket.socket, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._rest = b""

    def next(self, timeout_s: float) -> Message:
        give_up_at = time.monotonic() + timeout_s
        while b"\n" not in self._rest:
            left_s = give_up_at - time.monotonic()
            if left_s <= 0:
                raise ControlUnavailable(f"{self._path}: the ACD did not answer within {timeout_s:g} s.")
            self._connection.settimeout(left_s)
            try:
                data = self._connection.recv(65_536)
            except TimeoutError:
                continue
            except OSError as error:
                raise ControlUnavailable(_why(self._path, error)) from error
            if not data:
                raise ControlUnavailable(f"{self._path}: the ACD closed the connection. It may be restarting.")
            self._rest += data
            if len(self._rest) > MAX_MESSAGE_BYTES and b"\n" not in self._rest:
                raise ControlUnavailable(f"{self._path}: an answer is longer than {MAX_MESSAGE_BYTES} bytes.")
        line, _, self._rest = self._rest.partition(b"\n")
        try:
            return decode_message(line)
        except msgspec.DecodeError as error:
            raise ControlUnavailable(f"{self._path}: the answer is not of this protocol: {error}") from error


def _refuse_errors(message: Message) -> None:
    if message.ok is not True:
        raise CommandRefused(message.error or "refused without a reason")


def _why(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return f"{path}: the ACD is not running here. Start it, or give the configuration of the box that runs."
    if isinstance(error, PermissionError):
        return f"{path}: this user may not talk to the ACD. Use root or a user of the socket's group."
    return f"{path}: {error.strerror or error}"
