"""Rates and the table they are looked up in: which rate covers a call at a moment, and nothing about what it costs."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

from appliance.acd.ids import LineName
from appliance.acd.plan import Hours
from appliance.billing.amounts import MICRO_DECIMALS, STEPS_MICROS, Rounding
from appliance.billing.calendars import Calendar

Direction = Literal["in", "out"]
Counts = Literal["talk", "line"]
FOREVER_MS = 1 << 62


class TariffError(Exception):
    """Rates that contradict each other or themselves. The message names them."""


class Rate(Struct, frozen=True, forbid_unknown_fields=True):
    """What calls in `direction` with numbers that begin with `prefix` cost; "" is every number, a withheld one too.

    `line` None and `project` "" are any. Money in micro-units of the table's currency.
    """

    name: str
    direction: Direction
    prefix: str = ""
    line: LineName | None = None
    project: str = ""
    connect_fee_micros: int = 0
    rate_micros_per_minute: int = 0
    first_increment_s: int = 60
    """What is charged at least, once a call is answered."""
    next_increment_s: int = 60
    """Time beyond the first increment is charged in whole steps of this."""
    version: str = "1"
    calendar: str = ""
    """The hours in which it holds, by name; "": at any time."""
    valid_from_ms: int = 0
    """UTC. It holds from this instant …"""
    valid_to_ms: int = FOREVER_MS
    """… to this one, which is outside."""
    free_s: int = 0
    """A call no longer than this costs nothing, and this much of a longer one is not charged."""
    minimum_micros: int = 0
    """What a call costs at least when anything of it is charged."""
    maximum_micros: int = 0
    """What a call costs at most; 0: no limit."""
    rounding: Rounding = "half_up"
    decimals: int = MICRO_DECIMALS
    """The total is rounded once, to so many decimals of the currency's unit."""
    fee_when_free: bool = False
    """The connect fee is due of a call of which nothing else is charged too: the price of what is free."""
    counts: Counts = "talk"
    """Of a call in: its talk with its holds, or its line's time from the answer to the end, with menus and the wait."""

    @property
    def depends_on_time(self) -> bool:
        return bool(self.calendar) or self.valid_from_ms > 0 or self.valid_to_ms < FOREVER_MS


class Found(NamedTuple):
    """A rate that covers a call from a moment on, or None, and until when that is certain (UTC ms)."""

    rate: Rate | None
    until_ms: int


_Scope = tuple[Direction, LineName | None, str]


class RateTable:
    """Rates compiled for looking up. Raises TariffError when two rates cover the same calls at the same moment, and
    when a rate names a calendar that is not in `calendars`.

    The longest prefix that has a rate at the moment wins, whatever else. Of rates with the same prefix, the one for
    this line and this project, then for this line, then for this project, then for any; of those that remain, the one
    with a calendar. So there is always exactly one.
    """

    def __init__(self, rates: Iterable[Rate], currency: str, calendars: dict[str, Hours] | None = None) -> None:
        self.currency = currency
        self.rates = tuple(rates)
        self.calendars = {name: Calendar(hours) for name, hours in (calendars or {}).items()}
        self._by_prefix: dict[str, dict[_Scope, list[Rate]]] = {}
        for rate in self.rates:
            _check(rate)
            if rate.calendar and rate.calendar not in self.calendars:
                raise TariffError(
                    f"tariff `{rate.name}`: there is no calendar `{rate.calendar}`. Add it, or name another."
                )
            same = self._by_prefix.setdefault(normalised(rate.prefix), {})
            covered = same.setdefault((rate.direction, rate.line, rate.project), [])
            for other in covered:
                self._refuse_overlap(other, rate)
            covered.append(rate)
            covered.sort(key=lambda one: not one.calendar)
        self._lengths = tuple(sorted({len(prefix) for prefix in self._by_prefix}, reverse=True))
        self.depends_on_time = any(rate.depends_on_time for rate in self.rates)

    def find(self, direction: Direction, number: str, line: LineName, project: str, at_utc_ms: int = 0) -> Rate | None:
        """The one rate that covers this call, or None. `number` is the far party's: called when out, caller when in."""
        return self.found(direction, number, line, project, at_utc_ms).rate

    def found(self, direction: Direction, number: str, line: LineName, project: str, at_utc_ms: int) -> Found:
        """The same, with how long it is certain: until this one ends, or one that was passed over may begin."""
        digits, until_ms = normalised(number), FOREVER_MS
        for length in self._lengths:
            if length > len(digits):
                continue
            same = self._by_prefix.get(digits[:length])
            if same is None:
                continue
            for scope in _scopes(direction, line, project):
                for rate in same.get(scope, ()):
                    if not rate.depends_on_time:
                        return Found(rate, until_ms)
                    holds, changes_ms = self._holds(rate, at_utc_ms)
                    until_ms = min(until_ms, changes_ms)
                    if holds:
                        return Found(rate, until_ms)
        return Found(None, until_ms)

    def _holds(self, rate: Rate, at_utc_ms: int) -> tuple[bool, int]:
        """Whether it holds at a moment, and until when that may be relied on."""
        if at_utc_ms < rate.valid_from_ms:
            return False, rate.valid_from_ms
        if at_utc_ms >= rate.valid_to_ms:
            return False, FOREVER_MS
        if not rate.calendar:
            return True, rate.valid_to_ms
        holds, until_ms = self.calendars[rate.calendar].at(at_utc_ms)
        return holds, min(until_ms, rate.valid_to_ms)

    def _refuse_overlap(self, one: Rate, other: Rate) -> None:
        if not overlap(one, other, self.calendars):
            return
        raise TariffError(
            f"tariffs `{one.name}` and `{other.name}` cover the same calls (same direction, prefix "
            f"{other.prefix!r}, line and project) at the same time. Remove one of them, or part their hours or dates."
        )


def overlap(one: Rate, other: Rate, calendars: Mapping[str, Calendar]) -> bool:
    """Whether two rates of one direction, prefix, line and project hold together, which they may not; one with a
    calendar goes before one without. Raises KeyError for a calendar that is not known."""
    if one.valid_to_ms <= other.valid_from_ms or other.valid_to_ms <= one.valid_from_ms:
        return False
    if bool(one.calendar) != bool(other.calendar):
        return False
    return one.calendar == other.calendar or _meet(calendars[one.calendar].hours, calendars[other.calendar].hours)


def normalised(number: str) -> str:
    """A number without spaces and without its international `+` or `00`; nothing else is guessed about it."""
    digits = number.replace(" ", "")
    if digits.startswith("+"):
        return digits[1:]
    if digits.startswith("00"):
        return digits[2:]
    return digits


def _scopes(direction: Direction, line: LineName, project: str) -> tuple[_Scope, ...]:
    """From the most particular to the most general."""
    if not project:
        return (direction, line, ""), (direction, None, "")
    return (direction, line, project), (direction, line, ""), (direction, None, project), (direction, None, "")


def _meet(one: Hours, other: Hours) -> bool:
    """Whether two calendars may hold together: by their weeks alone, for next year's holidays are not known, and of
    different zones without looking, for their clocks part and meet."""
    if one.time_zone != other.time_zone:
        return True
    return any(
        set(span.weekdays) & set(theirs.weekdays)
        and span.from_minute < theirs.to_minute
        and theirs.from_minute < span.to_minute
        for span in one.spans
        for theirs in other.spans
    )


def _check(rate: Rate) -> None:
    money = (rate.connect_fee_micros, rate.rate_micros_per_minute, rate.minimum_micros, rate.maximum_micros)
    if min(money) < 0:
        raise TariffError(f"tariff `{rate.name}`: a fee, rate or limit is negative. Use 0 or more.")
    if rate.first_increment_s < 1 or rate.next_increment_s < 1:
        raise TariffError(f"tariff `{rate.name}`: increments are 1 s or more.")
    if rate.free_s < 0:
        raise TariffError(f"tariff `{rate.name}`: the free seconds are negative. Use 0 or more.")
    if not 0 <= rate.decimals <= MICRO_DECIMALS:
        raise TariffError(f"tariff `{rate.name}`: {rate.decimals} decimals. Use 0 to {MICRO_DECIMALS}.")
    if rate.maximum_micros and rate.maximum_micros < rate.minimum_micros:
        raise TariffError(f"tariff `{rate.name}`: a call's most is less than its least. Make `maximum` the larger.")
    step = STEPS_MICROS[rate.decimals]
    if rate.minimum_micros % step or rate.maximum_micros % step:
        raise TariffError(
            f"tariff `{rate.name}`: a call's least or most has more than {rate.decimals} decimals. Round it."
        )
    if rate.valid_from_ms < 0 or rate.valid_to_ms <= rate.valid_from_ms:
        raise TariffError(f"tariff `{rate.name}`: it ends before it begins. Correct its dates.")
