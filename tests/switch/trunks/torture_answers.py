"""What RFC 4475 wants answered to each of its messages, and where the box is known to answer otherwise, and why."""

from typing import NamedTuple

RINGS = 486
"""It is taken for a call, which the tests refuse as busy."""
DROPPED = 0


class Known(NamedTuple):
    status: int
    why: str


RIGHT: dict[str, frozenset[int]] = {
    section: frozenset(statuses)
    for section, statuses in {
        # valid: understood as what they are
        "3.1.1.1": {RINGS},
        "3.1.1.2": {405, 501},
        "3.1.1.3": {RINGS},
        "3.1.1.4": {401},
        "3.1.1.5": {405, 501},
        "3.1.1.6": {200},
        "3.1.1.7": {RINGS},
        "3.1.1.8": {401},  # the REGISTER's; the INVITE behind it was not sent
        "3.1.1.9": {200, 404},
        "3.1.1.10": {200},
        "3.1.1.11": {200, 405},
        "3.1.1.12": {DROPPED},  # responses to nothing that was asked
        "3.1.1.13": {DROPPED},
        # invalid: 400, or taken as what is meant where there is no doubt
        "3.1.2.1": {400},
        "3.1.2.2": {400},
        "3.1.2.3": {400},
        "3.1.2.4": {400},
        "3.1.2.5": {DROPPED},
        "3.1.2.6": {400},
        "3.1.2.7": {400},
        "3.1.2.8": {400},
        "3.1.2.9": {400},
        "3.1.2.10": {400, RINGS},
        "3.1.2.11": {400, RINGS},
        "3.1.2.12": {400, RINGS},
        "3.1.2.13": {400, 401},
        "3.1.2.14": {400, 200},
        "3.1.2.15": {400, 200},
        "3.1.2.16": {505},
        "3.1.2.17": {400},
        "3.1.2.18": {400, 405, 501},
        "3.1.2.19": {DROPPED},
        # their meaning is the trouble
        "3.2.1": {200},
        "3.3.1": {400},
        "3.3.2": {416},
        "3.3.3": {416},
        "3.3.4": {400, 401, 404, 416},
        "3.3.5": {420},
        "3.3.6": {415},
        "3.3.7": {401},
        "3.3.8": {400},
        "3.3.9": {400},
        "3.3.10": {DROPPED},
        "3.3.11": {483, 200},
        "3.3.12": {401},
        "3.3.13": {401},
        "3.3.14": {401},
        "3.3.15": {406},
        "3.4.1": {RINGS},
    }.items()
}

KNOWN: dict[str, Known] = {
    "3.1.1.1": Known(DROPPED, "Kamailio reads no CSeq whose method is on the next line"),
    "3.1.1.2": Known(DROPPED, "Kamailio reads no header name with every character a token may have"),
    "3.1.1.5": Known(DROPPED, "Kamailio reads no header name with a percent sign"),
    "3.1.2.1": Known(DROPPED, "a Via that cannot be read says of no transaction what would be answered"),
    "3.1.2.3": Known(DROPPED, "Kamailio's parser gives up on it without an answer"),
    "3.1.2.6": Known(DROPPED, "Kamailio's parser gives up on it without an answer"),
    "3.1.2.8": Known(DROPPED, "Kamailio's parser gives up on it without an answer"),
    "3.1.2.9": Known(DROPPED, "Kamailio's parser gives up on it without an answer"),
    "3.1.2.16": Known(DROPPED, "Kamailio takes it for no SIP at all"),
    "3.3.1": Known(DROPPED, "without From, To and Call-ID an answer would belong to nothing"),
    "3.3.8": Known(DROPPED, "Kamailio's parser gives up on it without an answer"),
    "3.3.9": Known(DROPPED, "Kamailio's parser gives up on it without an answer"),
    "3.3.15": Known(RINGS, "a caller whose gateway forgets to name SDP is better heard than refused"),
    "3.4.1": Known(400, "PJSIP wants a tag in From; nobody has called without since RFC 3261"),
}
"""Each is refused or dropped, never taken for something it is not, but 3.3.15, which is on purpose."""
