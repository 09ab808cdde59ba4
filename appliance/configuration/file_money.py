"""The tables of the configuration file that keep a bill from running away: limits of money, and the fraud guard."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from appliance.configuration.file_types import Micros, Name, Prefix, Seconds

EACH = "*"
NameOrEach = Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9_-]{0,31}|\*)$")]
"""`ana`; or `*`, each one for itself."""


class _Table(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Limit(_Table, frozen=True):
    """So much money at most for calls that go out, of what it names; or what is left on a client's account."""

    name: Name
    maximum_micros: Micros = 0
    per: Literal["hour", "day", "month"] | None = None
    """By the box's clock: a call counts in the one in which it began."""
    prepaid: bool = False
    """Instead of both: what was paid into the client's account (`./centralita account`), and not spent yet."""
    line: NameOrEach | None = None
    agent: NameOrEach | None = None
    client: str | None = None
    """As a queue names it; or "*"."""
    project: str | None = None
    warn_s: Seconds = 15
    """So long before it is cut off the agent hears so."""
    unknown_price: Literal["refuse", "allow"] = "refuse"
    """A number no tariff covers."""


class FraudGuard(_Table, frozen=True):
    """Costly numbers: what is done about them, whoever dials."""

    costly: tuple[Prefix, ...] = ()
    """How they begin."""
    costly_from_micros: Micros = 0
    """So is a number whose first minute costs so much or more, or that no tariff covers; 0: no number for that."""
    calls_per_minute: Annotated[int, Meta(ge=0, le=10_000)] = 0
    """To all of them together; 0, here and below: any number."""
    concurrent: Annotated[int, Meta(ge=0, le=250)] = 0
    hours: Name | None = None
    """Of this [[hours]] table only; None: at any time."""
