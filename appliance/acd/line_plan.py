"""What a line's contract includes, as data: the minutes of each month, the numbers they are for, how calls count."""

from msgspec import Struct


class AllowancePlan(Struct, frozen=True, forbid_unknown_fields=True):
    """The talk that is paid for already, each month anew."""

    each_month_ms: int = 0
    """0: none is, and each call costs what `LinePlan.costs` says."""
    resets_on_day: int = 1
    """Of the month, in the box's time zone; in a month that is shorter, its last day."""
    covers: dict[str, bool] = {}
    """Beginning of a number, as in `Plan.dial_rules` -> whether the contract includes calls to it; without any it
    does."""
    first_increment_ms: int = 60_000
    """Of each call so much is counted at least, ..."""
    next_increment_ms: int = 60_000
    """... and each step beyond that is counted whole when it has begun."""
    pool: str = ""
    """Lines that say the same share the minutes; "": the line's own."""
    ends_on: str = ""
    """The last local day of the contract; from the next on no minutes are included. "": it has no end."""
