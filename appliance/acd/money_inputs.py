"""What is said of the money for calls that go out: by whoever knows tariffs and limits, which the ACD does not."""

from typing import Literal

from msgspec import Struct

from appliance.acd.ids import LegId

RefusedFor = Literal[
    "limit",  # of an hour, a day or a month: not enough is left for the first increment
    "prepaid",  # the same of a client's account
    "no_price",  # no tariff says what it costs
    "guard_minute",  # too many calls to costly numbers in a minute
    "guard_at_once",  # too many that are up
    "guard_hours",  # at hours at which they are not called
]


class _Input(Struct, frozen=True, tag_field="type", tag=True, forbid_unknown_fields=True):
    pass


class DialRefused(_Input, frozen=True):
    """A DialLine was not let out: the leg never was. Money in micro-units; `cost_micros` of its first increment.

    `other_line`: what is used up is the line's own, and another may do.
    """

    leg: LegId
    reason: RefusedFor
    limit: str = ""
    left_micros: int = 0
    most_micros: int = 0
    cost_micros: int = 0
    other_line: bool = False


class MoneyLow(_Input, frozen=True):
    """A call that goes out and is up is cut in `left_ms`, unless there is money for it by then."""

    leg: LegId
    limit: str
    left_ms: int


class MoneyOut(_Input, frozen=True):
    """There is no money for the next increment of the call on this leg, which begins now."""

    leg: LegId
    limit: str


MoneyInput = DialRefused | MoneyLow | MoneyOut
