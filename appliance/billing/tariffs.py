"""Rates and the table they are looked up in: which rate covers a call, and nothing about what it then costs."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from appliance.acd.ids import LineName

Direction = Literal["in", "out"]


class TariffError(Exception):
    """Rates that contradict each other. The message names them."""


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


_Scope = tuple[Direction, LineName | None, str]


class RateTable:
    """Rates compiled for looking up. Raises TariffError when two rates cover exactly the same calls.

    The longest prefix wins, whatever else. Of rates with the same prefix, the one for this line and this project,
    then for this line, then for this project, then for any: so there is always exactly one.
    """

    def __init__(self, rates: Iterable[Rate], currency: str) -> None:
        self.currency = currency
        self.rates = tuple(rates)
        self._by_prefix: dict[str, dict[_Scope, Rate]] = {}
        for rate in self.rates:
            _check(rate)
            scopes = self._by_prefix.setdefault(normalised(rate.prefix), {})
            scope = (rate.direction, rate.line, rate.project)
            if scope in scopes:
                raise TariffError(
                    f"tariffs `{scopes[scope].name}` and `{rate.name}` cover the same calls (same direction, prefix "
                    f"{rate.prefix!r}, line and project). Remove one of them."
                )
            scopes[scope] = rate
        self._lengths = tuple(sorted({len(prefix) for prefix in self._by_prefix}, reverse=True))

    def find(self, direction: Direction, number: str, line: LineName, project: str) -> Rate | None:
        """The one rate that covers this call, or None. `number` is the far party's: called when out, caller when in."""
        digits = normalised(number)
        for length in self._lengths:
            if length > len(digits):
                continue
            scopes = self._by_prefix.get(digits[:length])
            if scopes is None:
                continue
            for scope in _scopes(direction, line, project):
                rate = scopes.get(scope)
                if rate is not None:
                    return rate
        return None


def normalised(number: str) -> str:
    """A number without spaces and without its international `+` or `00`; nothing else is guessed about it."""
    digits = number.replace(" ", "")
    if digits.startswith("+"):
        return digits[1:]
    if digits.startswith("00"):
        return digits[2:]
    return digits


def _scopes(direction: Direction, line: LineName, project: str) -> tuple[_Scope, ...]:
    """From the most particular to the most general. Without a project the first and second are the same."""
    return (direction, line, project), (direction, line, ""), (direction, None, project), (direction, None, "")


def _check(rate: Rate) -> None:
    if rate.connect_fee_micros < 0 or rate.rate_micros_per_minute < 0:
        raise TariffError(f"tariff `{rate.name}`: a fee or rate is negative. Use 0 or more.")
    if rate.first_increment_s < 1 or rate.next_increment_s < 1:
        raise TariffError(f"tariff `{rate.name}`: increments are 1 s or more.")
