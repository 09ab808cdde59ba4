"""Reads the lines of 3GPP TS 27.005 that modems answer about messages, forgiving what falls between them. Pure."""

import re
from dataclasses import dataclass

from hw.at_answers import fields

_PDU = re.compile(r"^[0-9A-Fa-f]+$")


@dataclass(frozen=True)
class ListedUnit:
    """A unit of an answer to +CMGR or +CMGL. `index` is -1 in the former. `whole`: it is as long as was said."""

    index: int
    pdu: str
    whole: bool


@dataclass(frozen=True)
class MemoryUse:
    used: int
    total: int

    @property
    def full(self) -> bool:
        return self.used >= self.total > 0


def listed_units(lines: tuple[str, ...]) -> list[ListedUnit]:
    """Each `+CMGL: index,stat,[alpha],length` or `+CMGR: stat,[alpha],length` with the first hexadecimal line after it.
    One whose line is lost is left out."""
    found = []
    header: list[str] | None = None
    listed = False
    for line in lines:
        if line.startswith(("+CMGL:", "+CMGR:")):
            header, listed = fields(line), line.startswith("+CMGL:")
        elif header is not None and _PDU.match(line):
            index = int(header[0]) if listed and header[:1] and header[0].isdigit() else -1
            length = int(header[-1]) if header and header[-1].isdigit() else -1
            found.append(ListedUnit(index, line, _is_whole(line, length)))
            header = None
    return [unit for unit in found if unit.index >= 0 or not listed]


def _is_whole(pdu: str, length: int) -> bool:
    """The length counts octets without the message centre."""
    if length < 0 or len(pdu) < 2:
        return length < 0
    return len(pdu) == 2 * (1 + int(pdu[:2], 16) + length)


def memory_use(lines: tuple[str, ...]) -> MemoryUse | None:
    """The first memory of +CPMS: `used,total,…` after setting it."""
    for line in lines:
        values = [value for value in fields(line) if value.isdigit()]
        if len(values) >= 2:
            return MemoryUse(int(values[0]), int(values[1]))
    return None


def stored_at(line: str) -> tuple[str, int] | None:
    """+CMTI or +CDSI: memory and index."""
    values = fields(line)
    if len(values) < 2 or not values[1].isdigit() or not re.match(r"^[A-Z]{2}$", values[0]):
        return None
    return values[0], int(values[1])


def reference(lines: tuple[str, ...]) -> int:
    """+CMGS: the reference of what was sent, -1 when it cannot be read."""
    for line in lines:
        values = fields(line)
        if values and values[0].isdigit() and int(values[0]) < 256:
            return int(values[0])
    return -1
