"""Why a leg ended, between SIP's numbers and the product's words: tables in both directions.

Sources: RFC 3261 (status codes), RFC 3326 (Reason header), ITU-T Q.850 (cause values), RFC 3398 (how ISDN causes and
SIP statuses correspond).
"""

import re

from appliance.acd.inputs import LegCause

STATUS_CAUSE: dict[int, LegCause] = {
    400: "failed",
    401: "failed",
    403: "rejected",
    404: "unreachable",
    408: "no_answer",
    410: "unreachable",
    415: "failed",
    480: "unreachable",
    482: "failed",
    484: "failed",
    486: "busy",
    487: "cancelled",
    488: "failed",
    500: "failed",
    502: "failed",
    503: "congestion",
    504: "failed",
    600: "busy",
    603: "rejected",
    604: "unreachable",
}
"""What a final status to our INVITE means. Any other: `failed`."""

Q850_CAUSE: dict[int, LegCause] = {
    1: "unreachable",  # unallocated number
    3: "unreachable",  # no route to destination
    16: "normal",  # normal call clearing
    17: "busy",
    18: "no_answer",  # no user responding
    19: "no_answer",  # no answer from user
    20: "unreachable",  # subscriber absent
    21: "rejected",
    22: "unreachable",  # number changed
    26: "answered_elsewhere",  # non-selected user clearing
    27: "unreachable",  # destination out of order
    28: "failed",  # invalid number format
    31: "normal",
    34: "congestion",  # no circuit available
    38: "line_lost",  # network out of order
    41: "congestion",  # temporary failure
    42: "congestion",  # switching equipment congestion
    102: "failed",  # recovery on timer expiry
}

CAUSE_STATUS: dict[LegCause, int] = {
    "normal": 603,
    "busy": 486,
    "no_answer": 480,
    "rejected": 603,
    "unreachable": 480,
    "congestion": 503,
    "failed": 500,
    "line_lost": 503,
    "media_timeout": 500,
    "answered_elsewhere": 480,
    "cancelled": 480,
}
"""The status with which a caller is turned away who was not answered yet."""

CAUSE_Q850: dict[LegCause, int] = {
    "normal": 16,
    "busy": 17,
    "no_answer": 19,
    "rejected": 21,
    "unreachable": 20,
    "congestion": 42,
    "failed": 41,
    "line_lost": 38,
    "media_timeout": 102,
    "answered_elsewhere": 26,
    "cancelled": 16,
}

_REASON = re.compile(r"(?im)^reason\s*:\s*(?P<protocol>q\.850|sip)\s*;[^\r\n]*?cause\s*=\s*(?P<cause>\d{1,3})")


def status_cause(status: int) -> LegCause:
    return STATUS_CAUSE.get(status, "failed")


def reason_cause(message: str) -> LegCause | None:
    """The cause in a SIP message's Reason header (the first one), if it has one that says something."""
    found = _REASON.search(message)
    if found is None:
        return None
    number = int(found["cause"])
    if found["protocol"].lower() == "q.850":
        return Q850_CAUSE.get(number)
    return "normal" if number == 200 else STATUS_CAUSE.get(number)


def reason_header(cause: LegCause) -> str:
    """The value of the Reason header that says why we hang up; answered elsewhere as phones know it (RFC 3326)."""
    if cause == "answered_elsewhere":
        return 'SIP;cause=200;text="Call completed elsewhere"'
    return f"Q.850;cause={CAUSE_Q850[cause]}"
