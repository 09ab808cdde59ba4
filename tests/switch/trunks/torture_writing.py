"""How the torturing messages are written down: text to the bytes on the wire, and sound requests to begin from."""

from dataclasses import dataclass

HOME = "c.example.com"
SDP = (
    "v=0\no=mhandley 29739 7272939 IN IP4 192.0.2.3\ns=-\nc=IN IP4 192.0.2.4\nt=0 0\n"
    "m=audio 49217 RTP/AVP 0 12\nm=video 3227 RTP/AVP 31\na=rtpmap:31 LPC\n"
)
PLAIN_SDP = (
    "v=0\no=mhandley 29739 7272939 IN IP4 192.0.2.3\ns=-\nc=IN IP4 192.0.2.4\nt=0 0\nm=audio 49217 RTP/AVP 0 8\n"
)


@dataclass(frozen=True)
class Torture:
    section: str
    name: str
    data: bytes


def wire(text: str, body: str = "") -> bytes:
    """CR LF at the ends of lines; %LENGTH is the body's."""
    sent = body.replace("\n", "\r\n")
    head = text.strip("\n").replace("%LENGTH", str(len(sent.encode()))).replace("\n", "\r\n")
    return f"{head}\r\n\r\n{sent}".encode()


def request(
    name: str, method: str, uri: str = f"sip:user@{HOME}", more: str = "", body: str = "", **replaced: str
) -> bytes:
    """A sound request in which the fields given are others; a field given as "" is left out."""
    fields = {
        "Via": f"SIP/2.0/UDP host5.example.net;branch=z9hG4bK-{name}",
        "Max-Forwards": "70",
        "To": f"<sip:user@{HOME}>",
        "From": f"<sip:caller@example.net>;tag={name}1",
        "Call-ID": f"{name}.1@example.net",
        "CSeq": f"8 {method}",
        "Contact": "<sip:caller@host5.example.net>",
        "Content-Type": "application/sdp" if body else "",
        "Content-Length": "%LENGTH",
    }
    fields.update({key.replace("_", "-"): value for key, value in replaced.items()})
    version = fields.pop("Version", "SIP/2.0")
    lines = [f"{method} {uri} {version}", *(f"{key}: {value}" for key, value in fields.items() if value)]
    return wire("\n".join(lines) + ("\n" + more.strip("\n") if more else ""), body)


def invite(name: str, uri: str = f"sip:user@{HOME}", more: str = "", body: str = PLAIN_SDP, **replaced: str) -> bytes:
    return request(name, "INVITE", uri, more, body, **replaced)
