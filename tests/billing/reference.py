"""A slow rating of calls in fractions, second by second, to compare the fast one with; and random tariffs and calls.

It shares with the fast one only `acd.hours.is_open` and the rule in words: see `rating.rate_call`.
"""

import random
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from appliance.acd.hours import is_open
from appliance.acd.ids import LineName
from appliance.acd.plan import Hours, OpenSpan
from appliance.billing.amounts import Rounding
from appliance.billing.tariffs import FOREVER_MS, Direction, Rate, RateTable, TariffError

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
LINES = (LineName("movil1"), LineName("fijo1"))
PROJECTS = ("", "acme", "tienda")
WAYS: tuple[Direction, ...] = ("out", "out", "out", "in")
PREFIXES = ("", "", "", "3", "34", "34", "346", "3460", "349", "44", "+351", "00351")
NUMBERS = ("+34600111222", "0034910000000", "34 601 222 333", "+351211234567", "+442071234567", "")
ALL_WEEK, WORKDAYS, WEEKEND = tuple(range(7)), tuple(range(5)), (5, 6)
CALENDARS = {
    "day": Hours("Europe/Madrid", (OpenSpan(WORKDAYS, 480, 1200),), ("2026-03-30", "2026-10-26")),
    "night": Hours("Europe/Madrid", (OpenSpan(WORKDAYS, 0, 480), OpenSpan(WORKDAYS, 1200, 1440))),
    "weekend": Hours("Europe/Madrid", (OpenSpan(WEEKEND, 0, 1440),)),
    "small_hours": Hours("Europe/Madrid", (OpenSpan(ALL_WEEK, 90, 175),)),
    "mexico": Hours("America/Mexico_City", (OpenSpan(ALL_WEEK, 540, 1080),)),
}
CHANGING_HOURS = (0, 1, 6, 7, 15, 18, 19, 22, 23)
"""UTC, at which one of them begins or ends on some day."""
CHANGES_UTC_MS = (1_774_746_000_000, 1_792_890_000_000)
"""2026-03-29 and 2026-10-25, 01:00 UTC: the clocks of Madrid change."""
ROUNDINGS: tuple[Rounding, ...] = ("half_up", "half_even", "up", "down")


class Call(NamedTuple):
    direction: Direction
    number: str
    line: LineName
    project: str
    rated_ms: int
    at_utc_ms: int
    included_s: int


def a_rate(chance: random.Random, number: int, around_ms: int) -> Rate:
    """One that may hold about a moment."""
    bounded = chance.random() < 0.3
    edge_ms = around_ms + chance.randrange(-300_000, 300_000)
    least = chance.choice((0, 0, 0, chance.randrange(400) * 1_000))
    decimals = chance.choice((6, 6, 6, 4, 3))
    return Rate(
        f"r{number}",
        chance.choice(WAYS),
        chance.choice(PREFIXES),
        chance.choice((None, None, None, *LINES)),
        chance.choice(("", "", *PROJECTS)),
        chance.choice((0, 50_000, chance.randrange(1_000_000))),
        chance.choice((0, 1, 24_000, chance.randrange(10_000_000))),
        chance.choice((1, 6, 30, 60, 180, chance.randrange(1, 200))),
        chance.choice((1, 6, 30, 60, chance.randrange(1, 200))),
        f"v{number}",
        chance.choice(("", "day", *CALENDARS)),
        edge_ms if bounded and number % 2 else 0,
        edge_ms if bounded and not number % 2 else FOREVER_MS,
        chance.choice((0, 0, 0, 3, chance.randrange(120))),
        least,
        chance.choice((0, 0, 0, least + chance.randrange(1_000) * 1_000)),
        chance.choice(ROUNDINGS),
        decimals,
        chance.random() < 0.2,
    )


def some_rates(chance: random.Random, around_ms: int) -> RateTable:
    """Those of a random list that do not contradict the ones before them."""
    kept: list[Rate] = []
    for number in range(chance.randrange(1, 30)):
        try:
            table = RateTable([*kept, a_rate(chance, number, around_ms)], "EUR", CALENDARS)
        except TariffError:
            continue
        kept = list(table.rates)
    return RateTable(kept, "EUR", CALENDARS)


def a_call(chance: random.Random, around_ms: int) -> Call:
    rated_ms = chance.choice((1, 999, 1_000, 59_999, 60_000, 60_001, chance.randrange(1, 900_000)))
    return Call(
        chance.choice(WAYS),
        chance.choice(NUMBERS),
        chance.choice(LINES),
        chance.choice(PROJECTS),
        rated_ms,
        around_ms + chance.randrange(-rated_ms, 60_000),
        chance.choice((0, 0, 0, 30, chance.randrange(2_000))),
    )


def a_moment(chance: random.Random) -> int:
    """Often the full hour, on which most tariffs change; now and then the days on which clocks do."""
    day_ms = chance.choice((*CHANGES_UTC_MS, CHANGES_UTC_MS[0] + chance.randrange(200) * DAY_MS))
    return day_ms // DAY_MS * DAY_MS + chance.choice(CHANGING_HOURS) * HOUR_MS


def international(number: str) -> str:
    digits = number.replace(" ", "")
    return digits.removeprefix("+") if digits.startswith("+") else digits.removeprefix("00")


def rate_at(table: RateTable, call: Call, at_utc_ms: int) -> Rate | None:
    """By looking at every rate."""
    digits = international(call.number)

    def order(rate: Rate) -> tuple[int, bool, bool, bool]:
        return len(international(rate.prefix)), rate.line is not None, bool(rate.project), bool(rate.calendar)

    fit = [
        rate
        for rate in table.rates
        if rate.direction == call.direction
        and digits.startswith(international(rate.prefix))
        and rate.line in (None, call.line)
        and rate.project in ("", call.project)
        and rate.valid_from_ms <= at_utc_ms < rate.valid_to_ms
        and (not rate.calendar or is_open(CALENDARS[rate.calendar], at_utc_ms))
    ]
    return max(fit, key=order, default=None)


def total_micros(table: RateTable, call: Call) -> int:
    """What the call costs, second by second."""
    first = rate_at(table, call, call.at_utc_ms)
    if first is None or call.rated_ms == 0:
        return 0
    at_s, left_s, cost, paid = 0, call.included_s, Fraction(0), False
    all_free = call.rated_ms <= first.free_s * 1000
    while at_s * 1000 < call.rated_ms:
        rate = rate_at(table, call, call.at_utc_ms + at_s * 1000)
        increment_s = first.first_increment_s if at_s == 0 else 1 if rate is None else rate.next_increment_s
        for second in range(at_s, at_s + increment_s):
            if rate is None or all_free or second < first.free_s:
                continue
            if left_s and rate.rate_micros_per_minute:
                left_s -= 1
                continue
            cost, paid = cost + Fraction(rate.rate_micros_per_minute, 60), True
        at_s += increment_s
    return limited(first, first.connect_fee_micros + cost) if paid or first.fee_when_free else 0


def limited(rate: Rate, exact: Fraction) -> int:
    """The least, the most, and one rounding."""
    if rate.maximum_micros:
        exact = min(exact, Fraction(rate.maximum_micros))
    exact = max(exact, Fraction(rate.minimum_micros))
    step = Fraction(10) ** (6 - rate.decimals)
    steps = exact / step
    match rate.rounding:
        case "up":
            whole = ceil(steps)
        case "down":
            whole = floor(steps)
        case "half_even":
            whole = round(steps)
        case _:
            whole = floor(steps + Fraction(1, 2))
    return int(whole * step)
