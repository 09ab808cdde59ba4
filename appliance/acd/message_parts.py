"""How many parts the network counts a text message for."""

GSM_CHARACTERS = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_PAIRS = frozenset("\f^{}\\[~]|€")
"""Written with an escape: two characters each (3GPP TS 23.038, 6.2.1.1)."""


def parts_of(text: str) -> int:
    """How many messages the network counts a text for: 160 characters of GSM, or 153 a part; else 70 and 67 of UCS-2. A
    character of two units is not cut."""
    if all(one in GSM_CHARACTERS or one in GSM_PAIRS for one in text):
        return _parts([2 if one in GSM_PAIRS else 1 for one in text], 160, 153)
    return _parts([2 if ord(one) > 0xFFFF else 1 for one in text], 70, 67)


def _parts(units: list[int], whole: int, of_part: int) -> int:
    if sum(units) <= whole:
        return 1
    parts, filled = 1, 0
    for unit in units:
        if filled + unit > of_part:
            parts, filled = parts + 1, 0
        filled += unit
    return parts
