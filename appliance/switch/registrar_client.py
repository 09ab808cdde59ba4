"""Hears from Kamailio which phones are registered: the state at first, then every change.

Kamailio's evapi module sends netstrings of JSON over TCP on `sip.inside`:`sip.events_port` to whoever connects:

    {"event":"registered","extension":"201","contact":"sip:201@192.168.1.20:5060","expires":300}
    {"event":"listed"}
    {"event":"unregistered","extension":"201"}
    {"event":"unproved","line":"operador","address":"192.0.2.1","shown":true}

First comes `registered` for every phone that is registered now, then `listed` once, then the changes as they happen:
`registered` again at each refresh, `unregistered` when a phone says so or its time is over (within a few seconds). The
same extension may be told twice. `unproved`, at most each 5 s, is a call that the carrier's certificate ought to have
come with. When the connection ends Kamailio has been restarted: connect again, at most every
50 ms; its contacts are kept, and what is not in the new list is no longer registered.

Only the switch connects while calls are made. When its connection ends, Kamailio takes it for dead: what it rang is
cancelled, and callers it has not answered hear 503.
"""

import socket
import time
from collections.abc import Iterator

import msgspec
from msgspec import Struct

from appliance.configuration.file import Configuration

MAX_EVENT_BYTES = 4096
"""A contact is at most 512 bytes; anything longer is not Kamailio."""


class RegistrarError(Exception):
    """Kamailio is not there, ended, or something else answers at its port. The message says which."""


class Registered(Struct, frozen=True, tag_field="event", tag="registered"):
    """A phone can be reached at `contact` ("" when it would not fit in plain text) for `expires` more seconds."""

    extension: str
    contact: str
    expires: int


class Unregistered(Struct, frozen=True, tag_field="event", tag="unregistered"):
    """A phone said good-bye, or the registration of `contact` was not renewed in time ("": whichever it had).

    The end of a contact that a newer one has replaced (a phone that moved) says nothing about the newer one.
    """

    extension: str
    contact: str = ""

    def ends(self, contact: str) -> bool:
        """Whether this is the end of the contact the phone is known to have."""
        return not self.contact or not contact or self.contact == contact


class Listed(Struct, frozen=True, tag_field="event", tag="listed"):
    """Everything registered at the moment of connecting has been told."""


class Unproved(Struct, frozen=True, tag_field="event", tag="unproved"):
    """A call from the `address` of a line's host, over TLS, is not taken for the line's: what is `shown` on the
    connection is not a certificate that one of the line's hosts has proved, or nothing is."""

    line: str
    address: str
    shown: bool


RegistrarEvent = Registered | Unregistered | Listed | Unproved

_decoder: msgspec.json.Decoder[RegistrarEvent] = msgspec.json.Decoder(RegistrarEvent)


class NetstringSplitter:
    """Cuts a byte stream into netstrings (`<length>:<bytes>,`), whatever the reads were; bounded."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[bytes]:
        """The strings that `data` completed. Raises RegistrarError when this is no netstring."""
        self._rest += data
        found: list[bytes] = []
        while b":" in self._rest[:6]:
            digits, _, rest = self._rest.partition(b":")
            if not digits.isdigit() or int(digits) > MAX_EVENT_BYTES:
                raise RegistrarError(f"no netstring: {self._rest[:40]!r}")
            length = int(digits)
            if len(rest) <= length:
                return found
            if rest[length : length + 1] != b",":
                raise RegistrarError(f"no netstring: {self._rest[:40]!r}")
            found.append(rest[:length])
            self._rest = rest[length + 1 :]
        if len(self._rest) >= 6:
            raise RegistrarError(f"no netstring: {self._rest[:40]!r}")
        return found


def decode(text: bytes) -> RegistrarEvent:
    """One event. Raises RegistrarError."""
    try:
        return _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise RegistrarError(f"unknown event: {error}; it begins {text[:120]!r}") from error


class RegistrarClient:
    """One connection, blocking. `sock` may be watched by a selector; then call `read` when it is readable."""

    def __init__(self, address: str, port: int, timeout_s: float = 2.0) -> None:
        """Connect. Raises RegistrarError."""
        try:
            self.sock = socket.create_connection((address, port), timeout_s)
        except OSError as error:
            raise RegistrarError(f"Kamailio does not answer at {address}:{port}: {error.strerror or error}") from error
        self._splitter = NetstringSplitter()

    def read(self) -> list[RegistrarEvent]:
        """The events of one read, [] when the time is over. Raises RegistrarError when the connection ended."""
        try:
            data = self.sock.recv(65_536)
        except (TimeoutError, BlockingIOError):
            return []
        except OSError as error:
            raise RegistrarError(f"the connection to Kamailio broke: {error.strerror}") from error
        if not data:
            raise RegistrarError("Kamailio ended the connection")
        return [decode(text) for text in self._splitter.feed(data)]

    def send(self, message: str) -> None:
        """Tell Kamailio something ("hosts <line> <uri> …"; kamailio.cfg.in). Raises RegistrarError."""
        text = message.encode()
        try:
            self.sock.sendall(b"%d:%s," % (len(text), text))
        except OSError as error:
            raise RegistrarError(f"Kamailio could not be told: {error.strerror or error}") from error

    def events(self) -> Iterator[RegistrarEvent]:
        """Every event, for ever. Raises RegistrarError when the connection ended."""
        self.sock.settimeout(None)
        while True:
            yield from self.read()

    def close(self) -> None:
        self.sock.close()


def registered_extensions(configuration: Configuration, timeout_s: float = 2.0) -> dict[str, str]:
    """Who is registered now: extension -> contact. Raises RegistrarError when Kamailio does not say within the time."""
    client = RegistrarClient(configuration.sip.inside, configuration.sip.events_port, timeout_s)
    found: dict[str, str] = {}
    deadline = time.monotonic() + timeout_s
    try:
        while (left := deadline - time.monotonic()) > 0:
            client.sock.settimeout(left)
            for event in client.read():
                match event:
                    case Registered(extension, contact):
                        found[extension] = contact
                    case Unregistered(extension) as end:
                        if end.ends(found.get(extension, "")):
                            found.pop(extension, None)
                    case Listed():
                        return found
    finally:
        client.close()
    raise RegistrarError(f"Kamailio did not list its phones within {timeout_s:g} s")
