"""The tables of the configuration file about contracts: what clients are charged for."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from appliance.configuration.file_lines import Tariff
from appliance.configuration.file_types import Day, Micros, Name

Disposition = Annotated[str, Meta(pattern=r"^[^\s/]{1,32}$")]
"""The code an agent dials (*5 and the code) or chooses."""
Percent = Annotated[float, Meta(ge=0, le=100)]


class _Table(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class _Clause(_Table, frozen=True, kw_only=True):
    name: Name
    tax: str | None = None
    """None: the contract's, as its `tax_percent`."""
    tax_percent: Percent | None = None


class CallClause(_Clause, frozen=True, kw_only=True):
    """A price for each call of a kind; the first clause that fits a call is charged."""

    price_micros: Micros
    counted: Literal["answered", "unanswered", "any"] = "answered"
    direction: Literal["", "in", "out"] = ""
    queues: tuple[Name, ...] = ()
    """(): every queue."""
    dispositions: tuple[Disposition, ...] = ()
    """One of these codes was given to the call; (): with any or without."""


class MonthClause(_Clause, frozen=True, kw_only=True):
    """A fee for each month that has begun, what it includes, and what is more."""

    project: str = ""
    """"": all of the contract."""
    fee_micros: Micros = 0
    included_calls: Annotated[int, Meta(ge=0, le=10**9)] = 0
    extra_call_micros: Micros = 0
    included_minutes: Annotated[int, Meta(ge=0, le=10**9)] = 0
    extra_minute_micros: Micros = 0
    increment_s: Annotated[int, Meta(ge=1, le=3600)] = 1


class ResultClause(_Clause, frozen=True, kw_only=True):
    """A price for each call that came to a result."""

    price_micros: Micros
    dispositions: Annotated[tuple[Disposition, ...], Meta(min_length=1)]
    charged: Literal["claimed", "confirmed"] = "confirmed"
    """As soon as an agent gives one of the codes, or only once somebody has confirmed it."""


class Contract(_Table, frozen=True):
    """One version of what a client has agreed to. `client` and `project` are those of queues."""

    name: Name
    client: str
    version: str = "1"
    project: str = ""
    valid_from: Day = ""
    valid_to: Day = ""
    """The last day, by the box's clock."""
    set_up_micros: Micros = 0
    minimum_micros: Micros = 0
    """Of each month that has begun, without tax."""
    tax: str = ""
    tax_percent: Percent = 0
    call: tuple[CallClause, ...] = ()
    minute: tuple[Tariff, ...] = ()
    """Rates, as those of carriers."""
    month: tuple[MonthClause, ...] = ()
    result: tuple[ResultClause, ...] = ()
