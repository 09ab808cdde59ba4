"""Reads the information lines of 3GPP TS 27.007 that drivers need, forgiving what real modems leave out. Pure."""

import re
from dataclasses import dataclass
from typing import Literal

CallStatus = Literal["active", "held", "dialling", "alerting", "incoming", "waiting", "over"]
_STATUS: dict[str, CallStatus] = {
    "0": "active",
    "1": "held",
    "2": "dialling",
    "3": "alerting",
    "4": "incoming",
    "5": "waiting",
    "6": "over",  # SIMCom's own, in its unsolicited +CLCC
}
_GONE_STATUS = "-1"
"""Quectel's own, in +QIND: "ccinfo"."""
VOICE_MODE = "0"
_INDEXES = frozenset("1234567")
"""What +CHLD can name (§7.13)."""
REGISTERED = frozenset({1, 5})
_IMEI = re.compile(r"(?<![0-9])([0-9]{14,16})(?![0-9])")
_ICCID = re.compile(r"(?<![0-9A-F])(89[0-9]{16,18})F?(?![0-9A-F])")
_FIELD = re.compile(r'\s*(?:"([^"]*)"?|([^,]*))\s*(?:,|$)')


@dataclass(frozen=True)
class ListedCall:
    """One voice call of the call list. `number` is "" when not given."""

    incoming: bool
    status: CallStatus
    number: str
    index: int = 1


def fields(line: str) -> list[str]:
    """What follows the colon, cut at commas outside quotes, without the quotes."""
    _, _, text = line.partition(":")
    found: list[str] = []
    position = 0
    while position < len(text):
        match = _FIELD.match(text, position)
        if match is None:
            break
        found.append((match.group(1) if match.group(1) is not None else match.group(2)).strip())
        position = match.end()
    return found


def listed_call(line: str) -> ListedCall | None:
    """A line of +CLCC (§7.18): id, dir, stat, mode, mpty[, number, type]. None when it is no voice call."""
    return _call(fields(line))


def announced_call(line: str) -> ListedCall | None:
    """A line of Quectel's +QIND: "ccinfo", whose fields after the name are those of +CLCC; stat -1 is over."""
    return _call(fields(line)[1:])


def _call(values: list[str]) -> ListedCall | None:
    if len(values) < 4 or values[3] != VOICE_MODE or values[1] not in ("0", "1"):
        return None
    status = "over" if values[2] == _GONE_STATUS else _STATUS.get(values[2])
    if status is None:
        return None
    index = int(values[0]) if values[0] in _INDEXES else 1
    return ListedCall(values[1] == "1", status, values[5] if len(values) > 5 else "", index)


def call_list(lines: tuple[str, ...]) -> tuple[ListedCall, ...]:
    """The voice calls of an answer to AT+CLCC. Of two lines about one call (a URC fell among them) the later counts."""
    calls: dict[str, ListedCall] = {}
    for line in lines:
        call = listed_call(line)
        if call is not None:
            calls[fields(line)[0]] = call
    return tuple(call for call in calls.values() if call.status != "over")


@dataclass(frozen=True)
class Caller:
    number: str
    name: str = ""


def caller(line: str) -> Caller:
    """A line of +CLIP (§7.11): number, type[, subaddr, satype, alpha, validity]. "" when withheld."""
    values = fields(line)
    number = values[0] if values else ""
    name = values[4] if len(values) > 4 else ""
    return Caller(number, name)


def registration(line: str) -> int:
    """+CREG (§7.2), answer `n,stat` or URC `stat[,"lac","ci"…]`: the state, -1 when it cannot be read."""
    values = fields(line)
    is_answer = len(values) >= 2 and len(values[0]) == 1 and values[1].isdecimal() and len(values[1]) == 1
    text = values[1] if is_answer else (values[0] if values else "")
    return int(text) if text.isdecimal() else -1


def registration_told_by_itself(line: str) -> bool:
    """The answer `n,stat`: whether n is other than 0, which is what a modem that lost its settings says."""
    values = fields(line)
    return not values or values[0] != "0"


def signal_percent(line: str) -> int:
    """+CSQ (§8.5): 0…31 as 0…100, -1 when not known (99)."""
    values = fields(line)
    if not values or not values[0].isdecimal() or int(values[0]) > 31:
        return -1
    return round(int(values[0]) * 100 / 31)


def activity(line: str) -> int:
    """+CPAS (§8.1): 0 ready, 3 rings, 4 a call is in progress; -1 when it cannot be read."""
    values = fields(line)
    return int(values[0]) if values and values[0].isdecimal() else -1


def imei(lines: tuple[str, ...]) -> str:
    """+CGSN (§5.4): the line of 14 to 16 digits, with or without a name before it. "" when there is none."""
    return _longest_digits(lines, _IMEI)


def iccid(lines: tuple[str, ...]) -> str:
    """The SIM's number (ITU-T E.118: 89, then up to 18 digits), however the model names its line. "" if none."""
    return _longest_digits(lines, _ICCID)


def _longest_digits(lines: tuple[str, ...], pattern: re.Pattern[str]) -> str:
    found = [match.group(1) for line in lines if (match := pattern.search(line)) is not None]
    return max(found, key=len, default="")


def operator(line: str) -> str:
    """+COPS? (§7.3): mode, format, operator. "" when there is none."""
    values = fields(line)
    return values[2] if len(values) > 2 else ""
