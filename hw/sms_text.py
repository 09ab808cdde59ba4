"""The user data of a short message: its header, its coding, and a long text cut into parts. Pure.

3GPP TS 23.040 §9.2.3.24 (header, concatenation, national shift tables) and TS 23.038 §4 (data coding scheme). A part
keeps its content as it came (septets one in a byte, octets, or UTF-16 big-endian), for other senders do cut escape and
surrogate pairs between two parts: join first, decode then.
"""

from dataclasses import dataclass
from typing import Literal

from hw import gsm_alphabet
from hw.sms_fields import PduError

Coding = Literal["gsm7", "octets", "ucs2"]
USER_DATA_OCTETS = 140
USER_DATA_SEPTETS = 160
MAX_SENT_PARTS = 8
_CONCATENATION_8, _CONCATENATION_16, _PORTS_8, _PORTS_16 = 0x00, 0x08, 0x04, 0x05
_SINGLE_SHIFT, _SPANISH = 0x24, 2
_CODINGS: tuple[Coding, ...] = ("gsm7", "octets", "ucs2", "gsm7")
_SCHEMES: dict[Coding, int] = {"gsm7": 0x00, "octets": 0x04, "ucs2": 0x08}


@dataclass(frozen=True)
class Concatenation:
    """This is part `part` (from 1) of `parts`. `wide`: the reference has 16 bits."""

    reference: int
    parts: int
    part: int
    wide: bool = False


@dataclass(frozen=True)
class UserData:
    """`content`: septets one in a byte (gsm7), octets as they are, UTF-16 big-endian (ucs2). `port` is the application
    it is for, -1 for people (WAP push is 2948)."""

    coding: Coding
    content: bytes
    concatenation: Concatenation | None = None
    spanish: bool = False
    port: int = -1

    @property
    def text(self) -> str:
        """ "" for octets: they are not text."""
        if self.coding == "gsm7":
            return gsm_alphabet.decode(self.content, self.spanish)
        if self.coding == "ucs2":
            return self.content.decode("utf-16-be", errors="replace")
        return ""


def coding_of_scheme(scheme: int) -> Coding:
    """What a data coding scheme says (TS 23.038 §4). Compressed text, which nobody sends, is octets."""
    group = scheme >> 4
    if group <= 0x7:
        if scheme & 0x20:
            return "octets"
        return _CODINGS[scheme >> 2 & 3]
    if group == 0xE:
        return "ucs2"
    if group == 0xF:
        return "octets" if scheme & 0x04 else "gsm7"
    return "gsm7"


def scheme_of_coding(coding: Coding) -> int:
    return _SCHEMES[coding]


def is_flash(scheme: int) -> bool:
    """Class 0: shown at once, and by itself not kept."""
    has_class = scheme >> 4 in (0x1, 0x3, 0x5, 0x7, 0xF)
    return has_class and scheme & 3 == 0


def read_user_data(coding: Coding, length: int, has_header: bool, data: bytes) -> UserData:
    """`length` is of septets for gsm7, else of octets. PduError when there is less data than it says."""
    octets = (length * 7 + 7) // 8 if coding == "gsm7" else length
    if octets > USER_DATA_OCTETS or octets > len(data):
        raise PduError(f"{length} units of text announced and {len(data)} octets there")
    data = data[:octets]
    if not has_header:
        return UserData(coding, gsm_alphabet.unpack(data, length) if coding == "gsm7" else _even(coding, data))
    header_octets = data[0] + 1 if data else 1
    if header_octets > len(data):
        raise PduError("the text's header is longer than the text")
    elements = _elements(data[1:header_octets])
    if coding == "gsm7":
        fill_bits = -8 * header_octets % 7
        count = length - (8 * header_octets + fill_bits) // 7
        content = gsm_alphabet.unpack(data[header_octets:], max(0, count), fill_bits)
    else:
        content = _even(coding, data[header_octets:])
    return UserData(
        coding,
        content,
        _concatenation(elements),
        spanish=elements.get(_SINGLE_SHIFT) == bytes([_SPANISH]),
        port=_port(elements),
    )


def _even(coding: Coding, data: bytes) -> bytes:
    """Half a UCS-2 character at the end is nothing."""
    return data[: len(data) // 2 * 2] if coding == "ucs2" else data


def _elements(header: bytes) -> dict[int, bytes]:
    """Information elements by identifier; the last of its kind counts, and one that is cut off is ignored."""
    found = {}
    position = 0
    while position + 2 <= len(header):
        end = position + 2 + header[position + 1]
        if end > len(header):
            break
        found[header[position]] = header[position + 2 : end]
        position = end
    return found


def _concatenation(elements: dict[int, bytes]) -> Concatenation | None:
    """None when there is none or it says nonsense, which then is ignored (§9.2.3.24.1)."""
    wide = elements.get(_CONCATENATION_16)
    value = wide if wide is not None else elements.get(_CONCATENATION_8)
    if value is None or len(value) != (4 if wide is not None else 3):
        return None
    parts, part = value[-2], value[-1]
    if not 1 <= part <= parts:
        return None
    return Concatenation(int.from_bytes(value[:-2], "big"), parts, part, wide is not None)


def _port(elements: dict[int, bytes]) -> int:
    for element, octets in ((_PORTS_16, 2), (_PORTS_8, 1)):
        value = elements.get(element, b"")
        if len(value) == 2 * octets:
            return int.from_bytes(value[:octets], "big")
    return -1


def write_user_data(data: UserData) -> bytes:
    """The length and the user data. Shift tables and ports are not written. PduError when it is too long."""
    header = _header(data.concatenation) if data.concatenation is not None else b""
    if data.coding != "gsm7":
        length, content = len(header) + len(data.content), header + data.content
    else:
        fill_bits = -8 * len(header) % 7
        length = (8 * len(header) + fill_bits) // 7 + len(data.content)
        content = header + gsm_alphabet.pack(data.content, fill_bits)
    if len(content) > USER_DATA_OCTETS or (data.coding == "gsm7" and length > USER_DATA_SEPTETS):
        raise PduError(f"{length} units of text do not fit in one message")
    return bytes([length]) + content


def _header(part: Concatenation) -> bytes:
    if not (1 <= part.part <= part.parts <= 255 and 0 <= part.reference < (65_536 if part.wide else 256)):
        raise PduError(f"part {part.part} of {part.parts} with the reference {part.reference}")
    if part.wide:
        return bytes([6, _CONCATENATION_16, 4, *part.reference.to_bytes(2, "big"), part.parts, part.part])
    return bytes([5, _CONCATENATION_8, 3, part.reference, part.parts, part.part])


def split_text(text: str, reference: int, wide: bool = False) -> tuple[UserData, ...]:
    """The text as one message or up to MAX_SENT_PARTS, none of which ends within a character. PduError for a text that
    is empty, too long, or holds half a character."""
    septets = [gsm_alphabet.encode_character(character) for character in text]
    if None not in septets:
        coding: Coding = "gsm7"
        characters = [one for one in septets if one is not None]
        whole, part_size = USER_DATA_SEPTETS, 152 if wide else 153
    else:
        coding = "ucs2"
        characters = _utf_16(text)
        whole, part_size = USER_DATA_OCTETS, 132 if wide else 134
    if not characters:
        raise PduError("there is no text to send")
    if sum(map(len, characters)) <= whole:
        return (UserData(coding, b"".join(characters)),)
    parts = _filled(characters, part_size)
    if len(parts) > MAX_SENT_PARTS:
        raise PduError(f"the text needs {len(parts)} messages and {MAX_SENT_PARTS} are allowed: shorten it")
    return tuple(
        UserData(coding, part, Concatenation(reference, len(parts), number, wide))
        for number, part in enumerate(parts, start=1)
    )


def _utf_16(text: str) -> list[bytes]:
    try:
        return [character.encode("utf-16-be") for character in text]
    except UnicodeEncodeError:
        raise PduError("the text holds half a character (a lone surrogate)") from None


def _filled(characters: list[bytes], size: int) -> list[bytes]:
    parts = [bytearray()]
    for character in characters:
        if len(parts[-1]) + len(character) > size:
            parts.append(bytearray())
        parts[-1] += character
    return [bytes(part) for part in parts]
