"""What the ACD says of lines: which it looked at for a number, how they are, what they used; what people are told."""

from msgspec import Struct

from appliance.acd.ids import LineName
from appliance.acd.inputs import LineHealth


class _Effect(Struct, frozen=True, tag_field="type", tag=True, forbid_unknown_fields=True):
    pass


class LineCandidate(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One line looked at for a number that goes out. `excluded` is "" for those that could have been dialled on."""

    line: LineName
    excluded: str
    begins: str
    """The beginning of the number that the line is named for; "" for one that dials any number."""
    cost_micros: int
    """Of a minute, in micro-units of the currency: 0 while the contract's minutes last."""
    left_ms: int
    """Of the contract's minutes, where they are for this number; -1: there are none for it."""
    chosen: bool = False


class StoreLineUse(_Effect, frozen=True):
    """How much of a line's talk counts against its contract since `since_day` (a local date, "" before the first)."""

    line: LineName
    since_day: str
    used_ms: int


class StoreLineEvent(_Effect, frozen=True):
    """A line's health changed, or what it says of itself. `number` is its key."""

    number: int
    line: LineName
    at_utc_ms: int
    health: LineHealth
    detail: str
    signal_percent: int
    operator: str
    sim: str
    previous_ms: int
    """How long what was kept of the line before this had lasted; 0 when nothing was."""
    left_out: int
    """Changes before this one that were too many to keep."""


class StoreNotice(_Effect, frozen=True):
    """Something that whoever looks after the box is to know: shown, and sent by whatever messengers the box has.

    `kind`: line_down, line_degraded, line_up, of the line `subject`; `detail` is what it says of itself. `number` is
    its key.
    """

    number: int
    kind: str
    subject: str
    at_utc_ms: int
    detail: str
