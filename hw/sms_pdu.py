"""Short messages as modems exchange them in PDU mode: SMS-SUBMIT, SMS-DELIVER and SMS-STATUS-REPORT. Pure.

3GPP TS 23.040 §9.2.2, within the hexadecimal form of TS 27.005 §3.1 `<pdu>`: the message centre's address, then the
unit. Reading raises PduError and nothing else, whatever it is given.
"""

from dataclasses import dataclass

from hw.sms_fields import (
    NOBODY,
    Address,
    Octets,
    PduError,
    read_address,
    read_centre,
    read_time,
    read_validity_minutes,
    write_address,
    write_centre,
    write_time,
    write_validity_minutes,
)
from hw.sms_text import UserData, coding_of_scheme, is_flash, read_user_data, scheme_of_coding, write_user_data

_DELIVER, _SUBMIT, _STATUS_REPORT, _RESERVED = 0, 1, 2, 3
_NO_MORE_MESSAGES = 0x04
_WANTS_REPORT = 0x20
_HAS_HEADER = 0x40
_RELATIVE_VALIDITY = 0x10
_VALIDITY_OCTETS = {0: 0, 1: 7, 2: 1, 3: 7}
"""By format: none, enhanced, relative, absolute (§9.2.3.3)."""


@dataclass(frozen=True)
class Deliver:
    """A message that came. `sent_at_ms` is UTC by the message centre's clock, None when it is nonsense."""

    sender: Address
    data: UserData
    sent_at_ms: int | None
    centre: Address = NOBODY
    protocol: int = 0
    flash: bool = False


@dataclass(frozen=True)
class Submit:
    """A message to send. `validity_minutes` 0: as long as the network likes."""

    recipient: Address
    data: UserData
    reference: int = 0
    wants_report: bool = False
    validity_minutes: int = 0
    centre: Address = NOBODY


@dataclass(frozen=True)
class StatusReport:
    """What became of the message the modem sent with this reference. `status` is explained by `sms_causes`."""

    reference: int
    recipient: Address
    submitted_at_ms: int | None
    done_at_ms: int | None
    status: int
    centre: Address = NOBODY


Unit = Deliver | Submit | StatusReport


@dataclass(frozen=True)
class WrittenPdu:
    """`hex` is what goes to the modem; `octets` counts it without the message centre, as AT+CMGS wants."""

    hex: str
    octets: int


def read_pdu(text: str) -> Unit:
    """What a modem gave out of its memory or by itself. A reserved type is read as SMS-DELIVER (§9.2.3.1)."""
    octets = Octets(text)
    centre = read_centre(octets)
    first = octets.octet("the first octet")
    kind = first & 3
    if kind == _SUBMIT:
        return _read_submit(octets, first, centre)
    if kind == _STATUS_REPORT:
        return _read_status_report(octets, centre)
    return _read_deliver(octets, first, centre)


def _read_deliver(octets: Octets, first: int, centre: Address) -> Deliver:
    sender = read_address(octets, "the sender")
    protocol = octets.octet("the protocol")
    scheme = octets.octet("the coding")
    sent_at_ms = read_time(octets.take(7, "the time"))
    data = _read_data(octets, first, scheme)
    return Deliver(sender, data, sent_at_ms, centre, protocol, is_flash(scheme))


def _read_submit(octets: Octets, first: int, centre: Address) -> Submit:
    reference = octets.octet("the reference")
    recipient = read_address(octets, "the recipient")
    octets.octet("the protocol")
    scheme = octets.octet("the coding")
    validity = octets.take(_VALIDITY_OCTETS[first >> 3 & 3], "the validity")
    minutes = read_validity_minutes(validity[0]) if len(validity) == 1 else 0
    return Submit(recipient, _read_data(octets, first, scheme), reference, bool(first & _WANTS_REPORT), minutes, centre)


def _read_status_report(octets: Octets, centre: Address) -> StatusReport:
    reference = octets.octet("the reference")
    recipient = read_address(octets, "the recipient")
    submitted_at_ms = read_time(octets.take(7, "the time of sending"))
    done_at_ms = read_time(octets.take(7, "the time of delivery"))
    status = octets.octet("the status")  # optional fields may follow, and tell nothing we use
    return StatusReport(reference, recipient, submitted_at_ms, done_at_ms, status, centre)


def _read_data(octets: Octets, first: int, scheme: int) -> UserData:
    length = octets.octet("the text's length")
    return read_user_data(coding_of_scheme(scheme), length, bool(first & _HAS_HEADER), octets.rest())


def write_submit(submit: Submit) -> WrittenPdu:
    first = _SUBMIT
    first |= _WANTS_REPORT if submit.wants_report else 0
    first |= _HAS_HEADER if submit.data.concatenation is not None else 0
    first |= _RELATIVE_VALIDITY if submit.validity_minutes else 0
    if not 0 <= submit.reference <= 255:
        raise PduError(f"the reference {submit.reference} is not 0 to 255")
    unit = bytes([first, submit.reference]) + write_address(submit.recipient)
    unit += bytes([0, scheme_of_coding(submit.data.coding)])
    if submit.validity_minutes:
        unit += bytes([write_validity_minutes(submit.validity_minutes)])
    return _written(submit.centre, unit + write_user_data(submit.data))


def write_deliver(deliver: Deliver, offset_minutes: int = 0) -> WrittenPdu:
    """As a network would. Without a time it writes zeros, as some do."""
    first = _DELIVER | _NO_MORE_MESSAGES | (_HAS_HEADER if deliver.data.concatenation is not None else 0)
    scheme = scheme_of_coding(deliver.data.coding) | (0x10 if deliver.flash else 0)
    unit = bytes([first]) + write_address(deliver.sender) + bytes([deliver.protocol, scheme])
    unit += _time(deliver.sent_at_ms, offset_minutes) + write_user_data(deliver.data)
    return _written(deliver.centre, unit)


def write_status_report(report: StatusReport, offset_minutes: int = 0) -> WrittenPdu:
    unit = bytes([_STATUS_REPORT | _NO_MORE_MESSAGES, report.reference]) + write_address(report.recipient)
    unit += _time(report.submitted_at_ms, offset_minutes) + _time(report.done_at_ms, offset_minutes)
    return _written(report.centre, unit + bytes([report.status]))


def _time(utc_ms: int | None, offset_minutes: int) -> bytes:
    return bytes(7) if utc_ms is None else write_time(utc_ms, offset_minutes)


def _written(centre: Address, unit: bytes) -> WrittenPdu:
    return WrittenPdu((write_centre(centre) + unit).hex().upper(), len(unit))
