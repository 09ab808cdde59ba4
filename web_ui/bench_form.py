"""The bench's form for placing a call: what it may hold, and what it means."""

from collections.abc import Mapping
from dataclasses import dataclass

from flask import abort

from web_ui.checks import checked_name, checked_number

SHORTEST_S = 1.0
LONGEST_S = 3600.0


@dataclass(frozen=True)
class CallForm:
    """A caller: the line they dial, their number ("" withheld), and how long they wait and talk."""

    line: str
    caller: str
    patience_s: float
    talk_s: float


def read_call_form(form: Mapping[str, str]) -> CallForm:
    """The form's fields, checked; else answers 400."""
    caller = "".join(form.get("caller", "").split())
    return CallForm(
        line=checked_name(form.get("line", "")),
        caller=checked_number(caller) if caller else "",
        patience_s=_seconds(form.get("patience_s", "60")),
        talk_s=_seconds(form.get("talk_s", "20")),
    )


def _seconds(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        abort(400)
    if not SHORTEST_S <= seconds <= LONGEST_S:
        abort(400)
    return seconds
