"""From a talk time to a charge that carries its own arithmetic."""

from typing import Literal

from msgspec import Struct

from appliance.acd.ids import LineName
from appliance.billing.tariffs import Direction, RateTable

ChargeReason = Literal[
    "rated",
    "unanswered",  # nobody talked: free
    "no_rate",  # no tariff covers the number: charged 0, to be looked at
]


class Charge(Struct, frozen=True, forbid_unknown_fields=True):
    """What a call costs, with everything needed to work it out again by hand. Money in micro-units of `currency`."""

    reason: ChargeReason
    currency: str
    direction: Direction
    number: str
    """The number that was rated, as the network gave it."""
    rated_ms: int
    billed_s: int
    """`rated_ms` in whole increments."""
    tariff: str
    """"" when none."""
    tariff_version: str
    prefix: str
    connect_fee_micros: int
    rate_micros_per_minute: int
    first_increment_s: int
    next_increment_s: int
    total_micros: int

    def arithmetic(self) -> str:
        """The sum in one line, e.g. `0.05 + 180 s (60 + 2 x 60) x 0.024/min = 0.122 EUR (moviles v1)`."""
        if self.reason != "rated":
            return f"0 {self.currency} ({self.reason})"
        steps = (self.billed_s - self.first_increment_s) // self.next_increment_s
        billed = f"{self.billed_s} s ({self.first_increment_s} + {steps} x {self.next_increment_s})"
        sum_ = f"{money(self.connect_fee_micros)} + {billed} x {money(self.rate_micros_per_minute)}/min"
        return f"{sum_} = {money(self.total_micros)} {self.currency} ({self.tariff} v{self.tariff_version})"


def rate_call(
    table: RateTable, direction: Direction, number: str, line: LineName, project: str, rated_ms: int
) -> Charge:
    """The charge for `rated_ms` of a call: its talk time with its time on hold, as carriers count it.

    The connect fee once; then the first increment whole and every begun next increment whole; then
    `billed_s * rate / 60`, rounded once, half up, to a micro-unit. 0 ms is an unanswered call and free.
    """
    if rated_ms < 0:
        raise ValueError(f"rated_ms is {rated_ms}: a call cannot last less than nothing")
    if rated_ms == 0:
        return _free("unanswered", table.currency, direction, number, rated_ms)
    rate = table.find(direction, number, line, project)
    if rate is None:
        return _free("no_rate", table.currency, direction, number, rated_ms)
    billed_s = billed_seconds(rated_ms, rate.first_increment_s, rate.next_increment_s)
    return Charge(
        reason="rated",
        currency=table.currency,
        direction=direction,
        number=number,
        rated_ms=rated_ms,
        billed_s=billed_s,
        tariff=rate.name,
        tariff_version=rate.version,
        prefix=rate.prefix,
        connect_fee_micros=rate.connect_fee_micros,
        rate_micros_per_minute=rate.rate_micros_per_minute,
        first_increment_s=rate.first_increment_s,
        next_increment_s=rate.next_increment_s,
        total_micros=rate.connect_fee_micros + (billed_s * rate.rate_micros_per_minute + 30) // 60,
    )


def billed_seconds(rated_ms: int, first_increment_s: int, next_increment_s: int) -> int:
    """`rated_ms` (1 or more) in whole increments: the first, then every next one that was begun."""
    beyond_ms = rated_ms - first_increment_s * 1000
    if beyond_ms <= 0:
        return first_increment_s
    next_increments = -(-beyond_ms // (next_increment_s * 1000))
    return first_increment_s + next_increments * next_increment_s


def money(micros: int) -> str:
    """Micro-units as a plain decimal without trailing zeros: 50_000 is `0.05`."""
    whole, part = divmod(micros, 1_000_000)
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".")


def _free(reason: ChargeReason, currency: str, direction: Direction, number: str, rated_ms: int) -> Charge:
    return Charge(
        reason=reason,
        currency=currency,
        direction=direction,
        number=number,
        rated_ms=rated_ms,
        billed_s=0,
        tariff="",
        tariff_version="",
        prefix="",
        connect_fee_micros=0,
        rate_micros_per_minute=0,
        first_increment_s=0,
        next_increment_s=0,
        total_micros=0,
    )
