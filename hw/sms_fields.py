"""The fields that the units of a short message are made of: octets, addresses, times, validity. Pure.

3GPP TS 23.040: §9.1.2.5 addresses, §9.2.3.11 time stamps, §9.2.3.12 validity. Whatever is malformed raises PduError,
whose text names the field.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from hw import gsm_alphabet

MAX_ADDRESS_DIGITS = 20
MAX_NAME_SEPTETS = 11
MAX_PDU_OCTETS = 255
"""The longest honest unit has 12 octets of message centre and 164 of message."""
MAX_OFFSET_QUARTERS = 79
"""Two digits of which the first has three bits. Real zones end at 56."""

AddressKind = Literal["international", "national", "unknown", "alphanumeric", "other"]
_KINDS: dict[int, AddressKind] = {0: "unknown", 1: "international", 2: "national", 5: "alphanumeric"}
_TYPE_OCTETS: dict[AddressKind, int] = {
    "unknown": 0x81,
    "international": 0x91,
    "national": 0xA1,
    "alphanumeric": 0xD0,
    "other": 0x81,
}
_DIGITS = "0123456789*#abc"
"""Semi-octets 0 to 14; 15 fills."""
_FILL = 0xF


class PduError(ValueError):
    """What cannot be read or written; the text says what and why."""


@dataclass(frozen=True)
class Address:
    """`text` are the digits without `+`, or a sender's name (alphanumeric)."""

    kind: AddressKind
    text: str

    @property
    def number(self) -> str:
        """As people write it: an international one begins with +."""
        return f"+{self.text}" if self.kind == "international" else self.text


NOBODY = Address("unknown", "")


def address_of(number: str) -> Address:
    """A number to send to: digits, * and #, + before an international one. PduError when it is none."""
    digits = number.removeprefix("+")
    if not digits or len(digits) > MAX_ADDRESS_DIGITS or any(digit not in "0123456789*#" for digit in digits):
        raise PduError(f"{number!r} is no number to send a message to: 1 to {MAX_ADDRESS_DIGITS} digits, + before them")
    return Address("international" if number.startswith("+") else "unknown", digits)


class Octets:
    """Reads a unit from its hexadecimal text, an octet or a few at a time."""

    def __init__(self, text: str) -> None:
        try:
            self._data = bytes.fromhex(text.strip())
        except ValueError:
            raise PduError("not an even number of hexadecimal digits") from None
        if len(self._data) > MAX_PDU_OCTETS:
            raise PduError(f"{len(self._data)} octets, more than a message can have")
        self._position = 0

    def take(self, count: int, what: str) -> bytes:
        taken = self._data[self._position : self._position + count]
        if len(taken) < count:
            raise PduError(f"ends within {what}")
        self._position += count
        return taken

    def octet(self, what: str) -> int:
        return self.take(1, what)[0]

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._position, "the rest")


def _semi_octets(octets: bytes) -> str:
    values = [half for octet in octets for half in (octet & 0xF, octet >> 4)]
    return "".join(_DIGITS[value] for value in values if value != _FILL)


def _in_semi_octets(digits: str) -> bytes:
    values = [_DIGITS.index(digit) for digit in digits] + [_FILL] * (len(digits) % 2)
    return bytes(low | high << 4 for low, high in zip(values[::2], values[1::2], strict=True))


def _read_address(type_octet: int, octets: bytes, semi_octets: int) -> Address:
    kind = _KINDS.get(type_octet >> 4 & 7, "other")
    if kind != "alphanumeric":
        return Address(kind, _semi_octets(octets)[:semi_octets])
    septets = gsm_alphabet.unpack(octets, semi_octets * 4 // 7)
    if len(septets) % 8 == 0 and septets[-1:] == b"\0":
        septets = septets[:-1]  # whoever counted whole octets has a septet of nothing there, which would read "@"
    return Address(kind, gsm_alphabet.decode(septets))


def read_address(octets: Octets, what: str) -> Address:
    """An originating, destination or recipient address: its length is of semi-octets."""
    semi_octets = octets.octet(what)
    if semi_octets > MAX_ADDRESS_DIGITS + 2:
        raise PduError(f"{what} of {semi_octets} digits")
    type_octet = octets.octet(what)
    return _read_address(type_octet, octets.take((semi_octets + 1) // 2, what), semi_octets)


def write_address(address: Address) -> bytes:
    if address.kind == "alphanumeric":
        septets = gsm_alphabet.encode(address.text)
        if septets is None or len(septets) > MAX_NAME_SEPTETS:
            raise PduError(f"{address.text!r} is no sender's name: up to {MAX_NAME_SEPTETS} characters of GSM")
        return bytes([(7 * len(septets) + 3) // 4, _TYPE_OCTETS["alphanumeric"]]) + gsm_alphabet.pack(septets)
    _check_digits(address)
    return bytes([len(address.text), _TYPE_OCTETS[address.kind]]) + _in_semi_octets(address.text)


def _check_digits(address: Address) -> None:
    if len(address.text) > MAX_ADDRESS_DIGITS or any(digit not in _DIGITS for digit in address.text):
        raise PduError(f"{address.text!r} is no number")


def read_centre(octets: Octets) -> Address:
    """The message centre's address, whose length is of octets; NOBODY when it is left out."""
    length = octets.octet("the message centre")
    if length == 0:
        return NOBODY
    type_octet = octets.octet("the message centre")
    data = octets.take(length - 1, "the message centre")
    return _read_address(type_octet, data, 2 * len(data))


def write_centre(address: Address) -> bytes:
    """One zero octet when it is left to the SIM."""
    if not address.text:
        return b"\0"
    _check_digits(address)
    digits = _in_semi_octets(address.text)
    return bytes([len(digits) + 1, _TYPE_OCTETS[address.kind]]) + digits


def read_time(octets: bytes) -> int | None:
    """Seven octets of local time and zone as UTC milliseconds; None when they are no time (networks send zeros and
    worse). A zone that is nonsense counts as UTC."""
    if len(octets) != 7 or any((octet & 0xF) > 9 or octet >> 4 > 9 for octet in octets[:6]):
        return None
    year, month, day, hour, minute, second = ((octet & 0xF) * 10 + (octet >> 4) for octet in octets[:6])
    tens, units = octets[6] & 0x7, octets[6] >> 4
    quarters = tens * 10 + units if units <= 9 else 0
    if octets[6] & 0x8:
        quarters = -quarters
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    return round((local - timedelta(minutes=15 * quarters)).timestamp()) * 1000


def write_time(utc_ms: int, offset_minutes: int = 0) -> bytes:
    """Of the years 2000 to 2099, with the zone in quarters of an hour."""
    quarters = round(offset_minutes / 15)
    if abs(quarters) > MAX_OFFSET_QUARTERS:
        raise PduError(f"a time zone {offset_minutes} minutes from UTC")
    try:
        local = datetime.fromtimestamp(utc_ms // 1000, UTC) + timedelta(minutes=15 * quarters)
    except (ValueError, OverflowError, OSError):
        raise PduError(f"{utc_ms} ms is no time of ours") from None
    if not 2000 <= local.year <= 2099:
        raise PduError(f"a time stamp has no place for the year {local.year}")
    values = [local.year - 2000, local.month, local.day, local.hour, local.minute, local.second, abs(quarters)]
    octets = bytearray(value // 10 | (value % 10) << 4 for value in values)
    if quarters < 0:
        octets[6] |= 0x8
    return bytes(octets)


def read_validity_minutes(octet: int) -> int:
    """A relative validity period (§9.2.3.12.1)."""
    if octet <= 143:
        return (octet + 1) * 5
    if octet <= 167:
        return 12 * 60 + (octet - 143) * 30
    if octet <= 196:
        return (octet - 166) * 24 * 60
    return (octet - 192) * 7 * 24 * 60


def write_validity_minutes(minutes: int) -> int:
    """The octet of the shortest period that is not shorter, at most 63 weeks."""
    if minutes <= 0:
        raise PduError(f"a message cannot be valid for {minutes} minutes")
    return next((octet for octet in range(256) if read_validity_minutes(octet) >= minutes), 255)
