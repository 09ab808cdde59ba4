"""How the world outside drives and watches the mock pins of a running box: the client of `hw.panel_sim`.

For twins, tests and the bench page; needs no gpiozero.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

MAX_LINE_BYTES = 65_536


class BenchUnreachable(ConnectionError):
    """Nobody answers at the bench socket: the switch is not running, or has just died. Try again later."""


class BenchRefused(ValueError):
    """The bench refused the request; the message says why (an output pin, a pin that nothing uses)."""


@dataclass(frozen=True)
class PinLevel:
    """GPIO `pin` has this electrical level (0 or 1) from now on."""

    pin: int
    level: int


class _Said(msgspec.Struct, frozen=True):
    ok: bool | None = None
    error: str = ""
    levels: dict[int, int] | None = None
    pin: int | None = None
    level: int | None = None


_said = msgspec.json.Decoder(_Said)


class _Line:
    """One connection, read line by line."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        self._unread = bytearray()
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise BenchUnreachable(f"{path}: {error}. Is the switch running with mock pins?") from error

    def say(self, request: dict[str, int | str]) -> None:
        try:
            self._socket.sendall(msgspec.json.encode(request) + b"\n")
        except OSError as error:
            raise BenchUnreachable(f"the bench went away: {error}") from error

    def hear(self, timeout_s: float | None) -> _Said | None:
        """The next message; None after `timeout_s`. Raises BenchUnreachable at the end of the connection."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while b"\n" not in self._unread:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            try:
                self._socket.settimeout(left)
                data = self._socket.recv(4096)
            except TimeoutError:
                return None
            except OSError as error:
                raise BenchUnreachable(f"the bench went away: {error}") from error
            if not data or len(self._unread) > MAX_LINE_BYTES:
                raise BenchUnreachable("the bench closed the connection")
            self._unread += data
        line, _, rest = bytes(self._unread).partition(b"\n")
        self._unread = bytearray(rest)
        return _said.decode(line)

    def answer(self, request: dict[str, int | str], timeout_s: float) -> _Said:
        self.say(request)
        said = self.hear(timeout_s)
        if said is None:
            raise BenchUnreachable(f"the bench does not answer within {timeout_s} s")
        if not said.ok:
            raise BenchRefused(said.error)
        return said

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class BenchSubscription:
    """Every pin's level now, then each change as it happens. Iterate, or ask with a time limit; `close` ends it."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._line = _Line(path, timeout_s)
        try:
            first = self._line.answer({"subscribe": "levels"}, timeout_s)
        except BaseException:
            self._line.close()
            raise
        self._pending = [PinLevel(pin, level) for pin, level in sorted((first.levels or {}).items())]

    def next_change(self, timeout_s: float | None = None) -> PinLevel | None:
        """The next level; None when nothing changed for `timeout_s`. Raises BenchUnreachable when the switch died."""
        if self._pending:
            return self._pending.pop(0)
        said = self._line.hear(timeout_s)
        if said is None or said.pin is None or said.level is None:
            return None
        return PinLevel(said.pin, said.level)

    def __iter__(self) -> Iterator[PinLevel]:
        while True:
            change = self.next_change()
            if change is not None:
                yield change

    def close(self) -> None:
        """End it, from any thread; a waiting `next_change` then raises BenchUnreachable."""
        self._line.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class BenchClient:
    """Drives inputs and reads levels of the box whose bench socket is `path`. Safe from any thread.

    Connects when first used and again after the switch restarted. Methods raise BenchUnreachable (nobody there) or
    BenchRefused (the bench says no).
    """

    def __init__(self, path: Path, timeout_s: float = 5.0) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._lock = threading.Lock()
        self._line: _Line | None = None

    def drive(self, pin: int, level: Literal[0, 1]) -> None:
        """Put an electrical level on an input pin (GPIO number). Raises BenchRefused on an output or unused pin."""
        self._ask({"drive": pin, "level": level})

    def levels(self) -> dict[int, int]:
        """Electrical level of every pin in use, inputs and outputs, by GPIO number."""
        return self._ask({"ask": "levels"}).levels or {}

    def subscribe(self) -> BenchSubscription:
        """A connection of its own on which the levels, then all changes, arrive."""
        return BenchSubscription(self._path, self._timeout_s)

    def _ask(self, request: dict[str, int | str]) -> _Said:
        with self._lock:
            fresh = self._line is None
            try:
                return self._ask_once(request)
            except BenchUnreachable:
                if fresh:
                    raise
            # The connection was an old one, to a switch that has died since: its successor may be there already.
            return self._ask_once(request)

    def _ask_once(self, request: dict[str, int | str]) -> _Said:
        if self._line is None:
            self._line = _Line(self._path, self._timeout_s)
        try:
            return self._line.answer(request, self._timeout_s)
        except BenchUnreachable:
            self._line.close()
            self._line = None
            raise

    def close(self) -> None:
        with self._lock:
            if self._line is not None:
                self._line.close()
                self._line = None
