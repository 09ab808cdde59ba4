"""Why a GSM modem's call ended: what its profile says of its results, its news and its answer to AT+CEER. Pure."""

import re

from hw.at_commands import Answer
from hw.devices import EndCause
from hw.modem_profiles import GsmProfile

_RESULT_CAUSES: dict[str, EndCause] = {
    "BUSY": "busy",
    "NO ANSWER": "no_answer",
    "NO DIALTONE": "congestion",
    "NO DIAL TONE": "congestion",
}


def in_news(profile: GsmProfile, result: str) -> EndCause | None:
    """Of the result or news that ended it; None: that does not tell."""
    known = _RESULT_CAUSES.get(result)
    if known is not None or not profile.end_news_cause:
        return known
    said = re.search(profile.end_news_cause, result)
    return _cause_of(profile, said.group(1)) if said is not None else None


def told(profile: GsmProfile, answer: Answer) -> EndCause:
    """Of the answer to AT+CEER."""
    return _cause_of(profile, " ".join(answer.lines).partition(":")[2])


def _cause_of(profile: GsmProfile, text: str) -> EndCause:
    for one in profile.end_causes:
        if re.search(one.pattern, text, re.IGNORECASE):
            return one.cause
    return "failed"
