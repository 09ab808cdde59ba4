"""A call of the box to itself, from end to end: a handset of the configuration, by its password, dials the code at
which the box says its address. Kamailio, the switch and the ACD have to do their parts, and sound has to come.

SIP by UDP (RFC 3261), digest authentication (RFC 2617, MD5, qop=auth), one codec (PCMA). The handset's own registration
is not touched. `Dialog` is pure; `call_itself` has the sockets and the clock.
"""

import hashlib
import re
import secrets
import socket
import time
from dataclasses import dataclass, field

DIALLED = "*11*"
ANSWER_S = 20.0
SOUND_S = 6.0
OPTIONS_TRIES = 5
PACKETS_WANTED = 25
"""Half a second of sound."""
MAX_DATAGRAM_BYTES = 65_535
_QUOTED = re.compile(r'(\w+)="([^"]*)"')
_URI = re.compile(r"<(sips?:[^>]+)>")


class NoAnswer(Exception):
    """The call was not answered, or nothing was heard. The message says which."""


@dataclass(frozen=True)
class Caller:
    """`extension` and `password` of a handset; `realm` and `address`:`port` where its box is."""

    extension: str
    password: str = field(repr=False)
    realm: str = ""
    address: str = ""
    port: int = 5060


@dataclass(frozen=True)
class Reply:
    """A SIP reply: its status, CSeq's method, and headers by lower-case name in their order."""

    status: int
    method: str
    headers: tuple[tuple[str, str], ...]

    def first(self, name: str) -> str:
        return next((value for key, value in self.headers if key == name), "")


def read_reply(data: bytes) -> Reply | None:
    """None for a request, or for what is no SIP."""
    head = data.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace").split("\r\n")
    words = head[0].split(" ", 2)
    if words[0] != "SIP/2.0" or len(words) < 2 or not words[1].isdigit():
        return None
    headers = []
    for line in head[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    method = next((value.split()[-1] for name, value in headers if name == "cseq" and value), "")
    return Reply(int(words[1]), method, tuple(headers))


class Dialog:
    """The messages of one call; `own` is where replies and sound are to come."""

    def __init__(self, caller: Caller, own: tuple[str, int], sound_port: int, seed: str | None = None) -> None:
        self._caller = caller
        self._own = own
        self._call_id = seed or secrets.token_hex(12)
        self._tag = self._call_id[:8]
        self._cseq = 1
        self._to_tag = ""
        self._target = f"sip:{DIALLED}@{caller.realm}"
        self._routes: list[str] = []
        self._proof = ""
        here = own[0]
        self._offer = (
            f"v=0\r\no=- 1 1 IN IP4 {here}\r\ns=-\r\nc=IN IP4 {here}\r\nt=0 0\r\n"
            f"m=audio {sound_port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        )

    def invite(self) -> bytes:
        return self._request("INVITE", self._offer)

    def proved(self, challenge: Reply) -> bytes:
        """The INVITE again, with the password's proof. Raises NoAnswer for a challenge that cannot be met."""
        asked = dict(_QUOTED.findall(challenge.first("proxy-authenticate")))
        if not {"realm", "nonce"} <= set(asked):
            raise NoAnswer("the challenge for the password cannot be read")
        self._cseq += 1
        caller, uri = self._caller, self._target
        secret = _md5(f"{caller.extension}:{asked['realm']}:{caller.password}")
        once = self._call_id[:16]
        digest = _md5(f"{secret}:{asked['nonce']}:00000001:{once}:auth:{_md5(f'INVITE:{uri}')}")
        self._proof = (
            f'Proxy-Authorization: Digest username="{caller.extension}", realm="{asked["realm"]}", '
            f'nonce="{asked["nonce"]}", uri="{uri}", response="{digest}", algorithm=MD5, qop=auth, nc=00000001, '
            f'cnonce="{once}"\r\n'
        )
        return self._request("INVITE", self._offer)

    def refused_ack(self, reply: Reply) -> bytes:
        """For a reply of 300 and above, of the same transaction (RFC 3261 17.1.1.3)."""
        return self._request("ACK", to=reply.first("to"))

    def answered_ack(self, reply: Reply) -> bytes:
        """For a 2xx: a request of its own, on the way the answer names (12.1.2, 13.2.2.4)."""
        self._to_tag = reply.first("to")
        routes = [value for name, value in reply.headers if name == "record-route"]
        self._routes = [one.strip() for value in routes for one in value.split(",")][::-1]
        contact = _URI.search(reply.first("contact"))
        if contact:
            self._target = contact[1]
        self._proof = ""
        return self._request("ACK", to=self._to_tag)

    def bye(self) -> bytes:
        self._cseq += 1
        return self._request("BYE", to=self._to_tag)

    def _request(self, method: str, body: str = "", to: str = "") -> bytes:
        caller, (host, port) = self._caller, self._own
        cseq = self._cseq
        branch = f"z9hG4bK{self._tag}{cseq}" + ("d" if method == "ACK" and self._to_tag else "")
        lines = [
            f"{method} {self._target} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch={branch};rport",
            *(f"Route: {route}" for route in self._routes),
            f"From: <sip:{caller.extension}@{caller.realm}>;tag={self._tag}",
            f"To: {to or f'<sip:{DIALLED}@{caller.realm}>'}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:{caller.extension}@{host}:{port}>",
            "Max-Forwards: 70",
        ]
        if body:
            lines.append("Content-Type: application/sdp")
        head = "\r\n".join(lines) + "\r\n" + (self._proof if method == "INVITE" else "")
        return f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def ask_options(caller: Caller) -> None:
    """What a box without handsets can be asked: whether its SIP face is there. Raises NoAnswer, OSError."""
    once = secrets.token_hex(8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as signalling:
        signalling.bind((caller.address, 0))
        signalling.connect((caller.address, caller.port))
        here = f"{caller.address}:{signalling.getsockname()[1]}"
        request = (
            f"OPTIONS sip:{caller.address}:{caller.port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{once};rport\r\n"
            f"From: <sip:{here}>;tag={once}\r\nTo: <sip:{caller.address}>\r\nCall-ID: {once}\r\nCSeq: 1 OPTIONS\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        ).encode()
        for _ in range(OPTIONS_TRIES):
            signalling.send(request)
            signalling.settimeout(2.0)
            try:
                reply = read_reply(signalling.recv(MAX_DATAGRAM_BYTES))
            except TimeoutError:
                continue
            if reply is not None and reply.status == 200:
                return
    raise NoAnswer("OPTIONS is not answered")


def call_itself(caller: Caller) -> int:
    """Packets of sound heard. Raises NoAnswer, OSError."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as signalling,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sound,
    ):
        signalling.bind((caller.address, 0))
        sound.bind((caller.address, 0))
        signalling.connect((caller.address, caller.port))
        dialog = Dialog(caller, signalling.getsockname(), sound.getsockname()[1])
        answer = _answered(dialog, signalling)
        signalling.send(dialog.answered_ack(answer))
        try:
            heard = _heard(sound)
        finally:
            signalling.send(dialog.bye())
        if heard < PACKETS_WANTED:
            raise NoAnswer(f"answered, but only {heard} packets of sound came within {SOUND_S:g} s")
        return heard


def _answered(dialog: Dialog, signalling: socket.socket) -> Reply:
    request, asked, proved = dialog.invite(), 0.0, False
    deadline = time.monotonic() + ANSWER_S
    pause_s, progress = 0.5, False
    while time.monotonic() < deadline:
        if not progress and time.monotonic() - asked >= pause_s:
            pause_s = min(4.0, 2 * pause_s) if asked else 0.5
            signalling.send(request)
            asked = time.monotonic()
        signalling.settimeout(0.25)
        try:
            reply = read_reply(signalling.recv(MAX_DATAGRAM_BYTES))
        except TimeoutError:
            continue
        if reply is None or reply.method != "INVITE":
            continue
        if reply.status < 200:
            progress = True
        elif reply.status < 300:
            return reply
        else:
            signalling.send(dialog.refused_ack(reply))
            if reply.status != 407 or proved:
                raise NoAnswer(f"refused with {reply.status}")
            request, asked, pause_s, progress, proved = dialog.proved(reply), 0.0, 0.5, False, True
    raise NoAnswer(f"no answer within {ANSWER_S:g} s")


def _heard(sound: socket.socket) -> int:
    deadline, heard = time.monotonic() + SOUND_S, 0
    while heard < PACKETS_WANTED and time.monotonic() < deadline:
        sound.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            heard += sound.recv(MAX_DATAGRAM_BYTES)[:1] == b"\x80"
        except TimeoutError:
            break
    return heard
