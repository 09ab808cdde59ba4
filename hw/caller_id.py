"""The caller's number as analogue modems tell it: formatted lines, or the raw message of ETSI EN 300 659-3. Pure."""

import re

_LINE = re.compile(r"^(DATE|TIME|NMBR|NAME|MESG|DDN|NDID)\s*=\s*(.*)$")
"""Older Rockwell chips put spaces round the `=`."""
WITHHELD = frozenset({"P", "O", "PRIVATE", "OUT OF AREA", "-"})
_TAG_NUMBER, _TAG_NUMBER_ABSENT, _TAG_NAME = 0x02, 0x04, 0x07
_TYPE_CALL_SETUP = 0x80


class CallerId:
    """Collects the lines of one call. `number` is None until something said it; "" when withheld."""

    def __init__(self) -> None:
        self.number: str | None = None
        self.name = ""

    def line(self, text: str) -> bool:
        """Whether the line was part of a caller's identity."""
        match = _LINE.match(text.strip())
        if match is None:
            return False
        what, value = match.group(1), match.group(2).strip()
        if what == "NMBR":
            self.number = "" if value.upper() in WITHHELD else value
        elif what == "NAME" and value.upper() not in WITHHELD:
            self.name = value
        elif what == "MESG":
            self._raw(value)
        return True

    def _raw(self, text: str) -> None:
        """Parameters as tag, length, data; what cannot be read is left out."""
        digits = re.sub(r"\s", "", text)
        if len(digits) % 2 or not re.fullmatch(r"[0-9A-Fa-f]*", digits):
            return
        data = bytes.fromhex(digits)
        position = 2 if data[:1] == bytes([_TYPE_CALL_SETUP]) else 0
        while position + 2 <= len(data):
            tag, size = data[position], data[position + 1]
            value = data[position + 2 : position + 2 + size].decode("latin-1")
            position += 2 + size
            if tag == _TAG_NUMBER:
                self.number = value.strip()
            elif tag == _TAG_NUMBER_ABSENT:
                self.number = ""
            elif tag == _TAG_NAME:
                self.name = value.strip()
