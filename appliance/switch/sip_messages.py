"""What an incoming INVITE says about who calls whom: header fields out of the raw message, nothing more.

The message came through Kamailio, which parsed and policed it; what is not understood here is treated as not given.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

MAX_NUMBER = 64
MAX_NAME = 80
LINE_HEADER = "x-centralita-line"
STATION_HEADER = "x-centralita-station"
_COMPACT = {"f": "from", "t": "to", "m": "contact", "i": "call-id"}
_WANTED = {"from", "to", "p-asserted-identity", "p-called-party-id", "privacy", LINE_HEADER, STATION_HEADER}
_FOLD = re.compile(r"\r?\n[ \t]+")
_EMPTY_LINE = re.compile(r"\r?\n\r?\n")
_QUOTED = re.compile(r'^\s*"(?:[^"\\]|\\.)*"')
_USER = re.compile(r"sips?:(?P<sip>[^@>\s]*)@|tel:(?P<tel>[^>\s]*)", re.IGNORECASE)
_NAME = re.compile(r'^\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^<"]*?))\s*<')


@dataclass(frozen=True)
class Invitation:
    """`line` and `station` as Kamailio marked the call, "" when it did not; `caller` "" when withheld."""

    called: str
    caller: str
    caller_name: str
    line: str
    station: str


def read_invitation(message: str, users: Mapping[str, str] | None = None) -> Invitation:
    """Read an INVITE. Fields that are missing or cannot be read are "". `users`: under which user a line registers."""
    head, _ = _parts(message)
    first, *lines = re.split(r"\r?\n", _FOLD.sub(" ", head))
    fields: dict[str, str] = {}
    marks = 0
    for line in lines:
        name, colon, value = line.partition(":")
        name = name.rstrip().lower()
        name = _COMPACT.get(name, name)
        marks += name in (LINE_HEADER, STATION_HEADER)
        if colon and name in _WANTED and name not in fields:
            fields[name] = value.strip()
    if marks != 1:
        # Kamailio marks a call once. A second mark would be somebody else's, and nobody could say which.
        fields.pop(LINE_HEADER, None)
        fields.pop(STATION_HEADER, None)
    words = first.split(" ")
    asserted = fields.get("p-asserted-identity", "")
    identity = asserted or fields.get("from", "")
    hidden = "id" in re.split(r"[\s;,]+", fields.get("privacy", "").lower())
    caller = _user(identity)
    if hidden or caller.lower() in ("anonymous", "restricted", "unavailable", "unknown"):
        caller, name = "", ""
    else:
        name = _display_name(identity)
    return Invitation(
        called=_called(
            _user(words[1]) if len(words) > 1 else "", fields, (users or {}).get(fields.get(LINE_HEADER, ""), "")
        ),
        caller=caller,
        caller_name=name if name != caller else "",
        line=fields.get(LINE_HEADER, ""),
        station=fields.get(STATION_HEADER, ""),
    )


def _parts(message: str) -> tuple[str, str]:
    """Header and body, cut where Kamailio cuts: at the first empty line, with or without CR. What it took for a body or
    for a folded line's rest it has not policed, so no header may be found there."""
    end = _EMPTY_LINE.search(message)
    return (message[: end.start()], message[end.end() :]) if end else (message, "")


def _called(uri_user: str, fields: dict[str, str], own: str) -> str:
    """The number that was called. A call to a line that registers is addressed to its contact: what was dialled is then
    in P-Called-Party-ID (RFC 7315 4.2), which the carrier's registrar adds, else in To."""
    if uri_user and uri_user != own:
        return uri_user
    named = _user(fields.get("p-called-party-id", "")) or _user(fields.get("to", ""))
    return named or uri_user


def _user(text: str) -> str:
    """The user part of the first URI in `text`, without its parameters and visual separators."""
    found = _USER.search(_QUOTED.sub("", text))  # a display name may look like a URI, and lie
    if found is None:
        return ""
    user = unquote(found["sip"] or found["tel"] or "").split(";")[0]
    if re.fullmatch(r"\+?[0-9 ().-]+", user):
        user = re.sub(r"[ ().-]", "", user)
    return "".join(one for one in user if one.isprintable())[:MAX_NUMBER]


def _display_name(text: str) -> str:
    found = _NAME.match(text)
    if found is None:
        return ""
    name = re.sub(r"\\(.)", r"\1", found["quoted"]) if found["quoted"] is not None else found["plain"]
    return "".join(one for one in name if one.isprintable()).strip()[:MAX_NAME]


def is_encrypted(message: str, unoffered: bool = False) -> bool:
    """Whether every stream an INVITE's SDP offers is SRTP (RFC 3711). One without SDP leaves the offer to us: then
    `unoffered`, whether ours would insist on it."""
    streams = re.findall(r"(?m)^m=\S+ \S+ (\S+)", _parts(message)[1])
    return all("SAVP" in one for one in streams) if streams else unoffered


def sip_identity(name: str, user: str, host: str) -> str:
    """A From value: `"name" <sip:user@host>`; whatever could end the quotes or the URI is escaped or left out."""
    safe_user = re.sub(r"[^A-Za-z0-9+*#_.!~'()-]", "", user) or "anonymous"
    safe_name = "".join(one for one in name if one.isprintable())[:MAX_NAME]
    safe_name = safe_name.replace("\\", "").replace('"', "'").strip()
    uri = f"<sip:{safe_user.replace('#', '%23')}@{host}>"
    return f'"{safe_name}" {uri}' if safe_name else uri
