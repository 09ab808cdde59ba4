"""A SIP peer for tests, over UDP: sends what it is told, hears what comes, and answers digest challenges."""

import hashlib
import itertools
import re
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

_numbers = itertools.count(1)
SDP = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n"


@dataclass(frozen=True)
class Message:
    """One SIP message: its first line, and every header as (name, value) in its order."""

    first: str
    headers: tuple[tuple[str, str], ...]
    source: tuple[str, int]
    body: str = ""

    @property
    def status(self) -> int:
        """The status of a response, 0 for a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0") else 0

    @property
    def method(self) -> str:
        return self["cseq"].split()[1]

    @property
    def uri(self) -> str:
        return self.first.split()[1]

    def __getitem__(self, name: str) -> str:
        return next(iter(self.all(name)), "")

    def all(self, name: str) -> list[str]:
        return [value for header, value in self.headers if header == name.lower()]


@dataclass
class Peer:
    """One address that talks SIP. Close it, or use it as a context manager."""

    address: str
    port: int = 0
    behind_nat: str = ""
    """The private `address:port` it takes itself to have, and writes into its messages."""
    sock: socket.socket = field(init=False)
    heard: list[Message] = field(default_factory=list)
    _requests: set[bytes] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind((self.address, self.port))
        self.port = self.sock.getsockname()[1]

    def __enter__(self) -> "Peer":
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    def send(self, text: str, to: tuple[str, int]) -> None:
        self.sock.sendto(text.encode(), to)

    def receive(self, wanted: Callable[[Message], bool], timeout_s: float = 20.0) -> Message:
        """The next message that is wanted; others are kept in `heard`. AssertionError when none comes in time.

        A request that is said again, byte by byte, is not heard twice: who answers late on a busy machine gets it
        again (RFC 3261, 17.2).
        """
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                data, source = self.sock.recvfrom(65_535)
            except TimeoutError:
                break
            if data.strip(b"\0\r\n\t ") and data not in self._requests:
                message = parse(data, source)
                self.heard.append(message)
                if not message.status:
                    self._requests.add(data)
                if wanted(message):
                    return message
        raise AssertionError(f"{self.address} heard only {[message.first for message in self.heard]}")

    def invite(self, timeout_s: float = 20.0) -> Message:
        """The next INVITE that is not one heard before, said again because our answer was late."""

        def is_new(got: Message) -> bool:
            before = [one for one in self.heard if one is not got]
            return got.first.startswith("INVITE") and got["via"] not in [one["via"] for one in before]

        return self.receive(is_new, timeout_s)

    def response(self, call_id: str, timeout_s: float = 20.0) -> Message:
        """The final response of a transaction."""
        return self.receive(lambda got: got.status >= 200 and got["call-id"] == call_id, timeout_s)

    def silence(self, timeout_s: float = 0.7) -> bool:
        """Whether nothing at all comes for so long: how a banned address is treated."""
        try:
            self.receive(lambda got: True, timeout_s)
        except AssertionError:
            return True
        return False

    def reply(self, request: Message, status: int, text: str, extra: str = "", body: str = "") -> None:
        lines = [f"SIP/2.0 {status} {text}"]
        lines += [f"Via: {via}" for via in request.all("via")]
        lines += [f"Record-Route: {route}" for route in request.all("record-route")]
        tag = "" if ";tag=" in request["to"] else f";tag=p{self.port}"
        lines += [f"From: {request['from']}", f"To: {request['to']}{tag}", f"Call-ID: {request['call-id']}"]
        lines += [f"CSeq: {request['cseq']}", f"Contact: <sip:peer@{self.behind_nat or f'{self.address}:{self.port}'}>"]
        kind = "Content-Type: application/sdp\r\n" if body else ""
        head = "\r\n".join(lines) + f"\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n"
        self.send(head + body, request.source)

    def request(
        self,
        method: str,
        uri: str,
        sender: str,
        recipient: str = "",
        extra: str = "",
        call_id: str = "",
        cseq: int = 1,
        body: str = "",
        contact: str = "",
    ) -> str:
        """The text of a request from this peer. `extra` is whole header lines; `contact` "" is this peer."""
        number = next(_numbers)
        call_id = call_id or f"call-{number}@{self.address}"
        own = self.behind_nat or f"{self.address}:{self.port}"
        contact = contact or f"<sip:peer@{own}>"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (
            f"{method} {uri} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{number};rport\r\n"
            f"From: {sender}\r\nTo: {recipient or f'<{uri}>'}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n"
            f"Max-Forwards: 70\r\nContact: {contact}\r\n{extra}{kind}Content-Length: {len(body)}\r\n\r\n{body}"
        )


def parse(data: bytes, source: tuple[str, int]) -> Message:
    head, _, body = data.decode(errors="replace").partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    pairs = (line.split(":", 1) for line in lines)
    return Message(first, tuple((name.strip().lower(), value.strip()) for name, value in pairs), source, body)


def credentials(challenge: str, method: str, uri: str, user: str, password: str, header: str) -> str:
    """The header line that answers a Digest challenge (RFC 2617, qop=auth)."""
    said = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    hashed = _md5(f"{user}:{said['realm']}:{password}")
    answer = _md5(f"{hashed}:{said['nonce']}:00000001:abcd:auth:{_md5(f'{method}:{uri}')}")
    return (
        f'{header}: Digest username="{user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}", '
        f'response="{answer}", algorithm=MD5, qop=auth, nc=00000001, cnonce="abcd"\r\n'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()
