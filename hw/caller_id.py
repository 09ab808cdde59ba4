"""The caller's number as analogue modems tell it: formatted lines, or the raw message the exchange sent. Pure.

Raw messages are those of Telcordia GR-30-CORE (SDMF and MDMF) and ETSI EN 300 659-3 (the same MDMF with more
parameters): message type, length, contents, and a checksum that makes the sum of all bytes 0 modulo 256. Modems leave
away the checksum when they checked it themselves, and some leave away type and length too (`MESG = 0603…` begins with
a parameter). A message that came damaged tells nothing: half a number is somebody else's.
"""

import re

_LINE = re.compile(r"^(DATE|TIME|NMBR|NAME|MESG|DDN(?:_NMBR)?|NDID)\s*=\s*(.*)$")
"""Older Rockwell chips put spaces round the `=`."""
WITHHELD = frozenset({"", "P", "O", "-", "PRIVATE", "OUT OF AREA", "ANONYMOUS", "UNAVAILABLE", "UNKNOWN"})
"""P is a number its owner withholds, O one that the network does not know ("out of area")."""
MAX_NAME_CHARACTERS = 60
_NUMBER = re.compile(r"^\+?[0-9*#]{1,32}$")
_PUNCTUATION = re.compile(r"[ \-.()/]")
_SDMF_CALL, _MDMF_CALL = 0x04, 0x80
_OTHER_MESSAGES = frozenset({0x06, 0x0B, 0x81, 0x82, 0x85, 0x86})
"""Message waiting, delivery test, SMS, charges: nobody calls."""
_SDMF_TIME_BYTES = 8
_TAG_NUMBER, _TAG_NUMBER_ABSENT, _TAG_NAME, _TAG_FIRST_CALLED = 0x02, 0x04, 0x07, 0x12


class CallerId:
    """Collects the lines of one call. `number` is None until something said it; "" when it is withheld or unknown.

    `damaged` counts raw messages whose checksum, length or digits were wrong.
    """

    def __init__(self) -> None:
        self.number: str | None = None
        self.name = ""
        self.called = ""
        """The number of ours that was dialled, where the exchange tells it."""
        self.damaged = 0

    def line(self, text: str) -> bool:
        """Whether the line was part of a caller's identity."""
        match = _LINE.match(text.strip())
        if match is None:
            return False
        what, value = match.group(1), match.group(2).strip()
        if what == "NMBR":
            self._number(value)
        elif what == "NAME":
            self._name(value)
        elif what in ("DDN", "DDN_NMBR", "NDID"):
            self.called = _digits(value)
        elif what == "MESG":
            self._raw(value)
        return True

    def _number(self, value: str) -> None:
        self.number = "" if value.upper() in WITHHELD else _digits(value)

    def _name(self, value: str) -> None:
        if value.upper() not in WITHHELD:
            self.name = "".join(c for c in value if c.isprintable())[:MAX_NAME_CHARACTERS].strip()

    def _raw(self, text: str) -> None:
        digits = re.sub(r"\s", "", text)
        if len(digits) % 2 or not re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", digits):
            self.damaged += 1
            return
        data = bytes.fromhex(digits)
        kind = data[0]
        framed = kind == _MDMF_CALL or (kind == _SDMF_CALL and data[1:2] > bytes([_SDMF_TIME_BYTES]))
        if framed:
            contents = _contents(data)
            if contents is None:
                self.damaged += 1
            elif kind == _SDMF_CALL:
                self._number(contents[_SDMF_TIME_BYTES:].decode("latin-1").strip())
            else:
                self._parameters(contents)
        elif kind in _OTHER_MESSAGES and _contents(data) is not None and not _is_parameter_list(data):
            return
        else:
            self._parameters(data)

    def _parameters(self, data: bytes) -> None:
        """Tag, length, value, one after another. Unknown tags are passed over; a cut one spoils the message."""
        parameters = _split(data)
        if parameters is None:
            self.damaged += 1
            return
        for tag, raw in parameters:
            value = raw.decode("latin-1").strip()
            if tag == _TAG_NUMBER:
                self._number(value)
            elif tag == _TAG_NUMBER_ABSENT:
                self.number = ""
            elif tag == _TAG_NAME:
                self._name(value)
            elif tag == _TAG_FIRST_CALLED:
                self.called = _digits(value)


def _digits(value: str) -> str:
    """What can be dialled of a number, "" when it is none."""
    bare = _PUNCTUATION.sub("", value)
    return bare if _NUMBER.match(bare) else ""


def _contents(data: bytes) -> bytes | None:
    """What a framed message contains; None when its length or checksum is wrong."""
    if len(data) < 2:
        return None
    end = 2 + data[1]
    if len(data) == end + 1:
        return data[2:end] if sum(data) % 256 == 0 else None
    return data[2:end] if len(data) == end else None


def _split(data: bytes) -> list[tuple[int, bytes]] | None:
    found: list[tuple[int, bytes]] = []
    position = 0
    while position < len(data):
        if position + 2 > len(data) or position + 2 + data[position + 1] > len(data):
            return None
        end = position + 2 + data[position + 1]
        found.append((data[position], data[position + 2 : end]))
        position = end
    return found


def _is_parameter_list(data: bytes) -> bool:
    """0x06 is a message waiting in SDMF and a call qualifier among parameters: a number among them decides."""
    parameters = _split(data)
    return parameters is not None and any(tag in (_TAG_NUMBER, _TAG_NUMBER_ABSENT) for tag, _ in parameters)
