"""What the network answers to a USSD request (a balance, a top-up), out of the +CUSD lines modems make of it. Pure.

3GPP TS 27.007 §7.15: `+CUSD: <m>[,<str>,<dcs>]`. Real modems leave out the dcs or the quotes, put bare line feeds
inside them, give UCS-2 in hexadecimal with the dcs 15 of plain text, or seven-bit octets in hexadecimal. TS 23.038 §5
says what a dcs means; what the text looks like is believed more.
"""

import re
from dataclasses import dataclass
from typing import Literal

from hw import gsm_alphabet

UssdState = Literal["done", "wants_reply", "ended", "elsewhere", "not_supported", "no_answer"]
_STATES: dict[str, UssdState] = {
    "0": "done",
    "1": "wants_reply",
    "2": "ended",
    "3": "elsewhere",
    "4": "not_supported",
    "5": "no_answer",
}
_LINE = re.compile(r'^\+CUSD: *(\d)(?:, *(?:"(.*)"|(.*?)) *(?:, *(\d{1,3}))?)? *$', re.DOTALL)
_HEX = re.compile(r"^[0-9A-Fa-f]{4,}$")
MAX_TEXT = 182
"""Characters of an answer (TS 23.038 §6.1.2.3); UCS-2 has 80."""
MAX_CODE = 32


@dataclass(frozen=True)
class UssdReply:
    state: UssdState
    text: str


ONE_SCRIPT = {0x03, 0x04, 0x06}
"""High octets of Greek, Cyrillic and Arabic."""


def is_ussd_code(code: str) -> bool:
    """Digits, * and #, ended by #, as *100#."""
    return len(code) <= MAX_CODE and re.fullmatch(r"[*#][0-9*#]*#", code) is not None


def packed_request(code: str) -> str:
    """For modems that want the request in seven-bit octets."""
    return gsm_alphabet.pack_ussd(gsm_alphabet.encode(code) or b"").hex().upper()


def ussd_reply(line: str) -> UssdReply | None:
    """A +CUSD line; None when it is none."""
    match = _LINE.match(line)
    if match is None:
        return None
    state, quoted, bare, scheme = match.groups()
    raw = quoted if quoted is not None else (bare or "").strip('"')
    return UssdReply(_STATES.get(state, "ended"), _text(raw, int(scheme) if scheme else 15)[:MAX_TEXT].strip())


def _text(raw: str, scheme: int) -> str:
    if not _HEX.match(raw) or len(raw) % 2:
        return raw
    octets = bytes.fromhex(raw)
    wide = octets.decode("utf-16-be", errors="replace") if len(octets) % 2 == 0 else ""
    if wide and (_plausible(wide) or scheme in (0x11, 0x48)):
        return wide.rstrip("\r")
    if raw.isdigit():
        return raw  # a number: seven-bit octets of words have letters among their digits
    narrow = gsm_alphabet.decode(gsm_alphabet.unpack_ussd(octets))
    latin = sum(character.isascii() for character in narrow)
    return narrow if _readable(narrow) and 4 * latin >= 3 * len(narrow) else raw


def _plausible(text: str) -> bool:
    """Text of Latin letters, or of one other script with spaces and digits; not octets of something read in pairs."""
    latin = sum(ord(character) < 0x100 for character in text)
    others = {ord(character) >> 8 for character in text} - {0x00, 0x20}
    return _readable(text) and latin > 0 and (2 * latin >= len(text) or others <= ONE_SCRIPT)


def _readable(text: str) -> bool:
    return all(character.isprintable() or character in "\r\n" for character in text)
