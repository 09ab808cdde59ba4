"""The alphabet of GSM and its packing: characters to septets, septets to octets, and back. Pure.

3GPP TS 23.038: §6.2.1 the default alphabet, §6.2.1.1 its extension table, §6.1.2.1 packing for messages, §6.1.2.3 for
USSD, annex A.2.1 the Spanish single shift (which telephones in Latin America use to write á, í, ó, ú in 160
characters). Septets are held one in a byte.
"""

ESCAPE = 0x1B
CARRIAGE_RETURN = 0x0D
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = {
    0x0A: "\f",
    0x14: "^",
    0x28: "{",
    0x29: "}",
    0x2F: "\\",
    0x3C: "[",
    0x3D: "~",
    0x3E: "]",
    0x40: "|",
    0x65: "€",
}
SPANISH = {
    **EXTENSION,
    0x09: "ç",
    0x41: "Á",
    0x49: "Í",
    0x4F: "Ó",
    0x55: "Ú",
    0x61: "á",
    0x69: "í",
    0x6F: "ó",
    0x75: "ú",
}
_CODES = {
    **{character: bytes([code]) for code, character in enumerate(BASIC) if code != ESCAPE},
    **{character: bytes([ESCAPE, code]) for code, character in EXTENSION.items()},
}


def encode_character(character: str) -> bytes | None:
    """Its one septet, or two (escape and code), or None when the alphabet has no such character."""
    return _CODES.get(character)


def encode(text: str) -> bytes | None:
    """The text's septets; None when a character of it is not in the alphabet."""
    septets = bytearray()
    for character in text:
        code = _CODES.get(character)
        if code is None:
            return None
        septets += code
    return bytes(septets)


def decode(septets: bytes, spanish: bool = False) -> str:
    """The text. An escaped code that the table has not is read from the default alphabet, two escapes and one at the
    end are a space, as §6.2.1.1 wants."""
    table = SPANISH if spanish else EXTENSION
    text = []
    escaped = False
    for code in septets:
        code &= 0x7F
        if escaped:
            escaped = False
            text.append(" " if code == ESCAPE else table.get(code, BASIC[code]))
        elif code == ESCAPE:
            escaped = True
        else:
            text.append(BASIC[code])
    if escaped:
        text.append(" ")
    return "".join(text)


def pack(septets: bytes, fill_bits: int = 0) -> bytes:
    """Eight septets in seven octets, the first in the low bits, after so many bits of nothing."""
    bits = 0
    for place, septet in enumerate(septets):
        bits |= (septet & 0x7F) << (fill_bits + 7 * place)
    return bits.to_bytes((fill_bits + 7 * len(septets) + 7) // 8, "little")


def unpack(octets: bytes, count: int, fill_bits: int = 0) -> bytes:
    """`count` septets, fewer when there are not so many octets."""
    bits = int.from_bytes(octets, "little") >> fill_bits
    there = max(0, (8 * len(octets) - fill_bits) // 7)
    return bytes((bits >> (7 * place)) & 0x7F for place in range(min(count, there)))


def pack_ussd(septets: bytes) -> bytes:
    """For USSD, which has no count: seven spare bits are a CR, and a CR at the very end gets another (§6.1.2.3.1)."""
    if len(septets) % 8 == 7 or (len(septets) % 8 == 0 and septets[-1:] == bytes([CARRIAGE_RETURN])):
        septets += bytes([CARRIAGE_RETURN])
    return pack(septets)


def unpack_ussd(octets: bytes) -> bytes:
    """The septets without the CR that only filled the last octet."""
    septets = unpack(octets, len(octets) * 8 // 7)
    if len(septets) % 8 == 0 and septets[-1:] == bytes([CARRIAGE_RETURN]):
        return septets[:-1]
    return septets
