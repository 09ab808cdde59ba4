"""The tables of the agents' time in the configuration file: spans of the week, shifts, and reasons for pauses."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from appliance.configuration.file_types import Name, Seconds


class _Table(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Span(_Table, frozen=True):
    days: str
    """`mon-fri`, `sat`, `mon,wed,fri`."""
    open: Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    close: Annotated[str, Meta(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]


class Shift(_Table, frozen=True):
    """When some agents work."""

    name: Name
    spans: Annotated[tuple[Span, ...], Meta(min_length=1)]
    agents: tuple[Name, ...] = ()
    time_zone: str = ""
    """"" : the box's."""
    holidays: tuple[Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")], ...] = ()
    grace_s: Seconds = 0
    """So long after its end agents stay logged in, without being given callers."""
    allow_overtime: bool = False


class Pause(_Table, frozen=True):
    """A reason for a pause. Where there is one of these tables, no other reasons are taken."""

    code: Name
    digit: Annotated[str, Meta(pattern=r"^[0-9]{0,2}$")] = ""
    """Dialled after *46."""
    title: str = ""
    limit_s: Seconds = 0
    """The longest single pause; 0: none. A pause at a fixed time lasts so long."""
    day_limit_s: Seconds = 0
    """All of an agent's in a day; 0: no limit."""
    at_once: Annotated[int, Meta(ge=0, le=1000)] = 0
    """How many agents at the same time; 0: all."""
    at_once_percent: Annotated[int, Meta(ge=0, le=100)] = 0
    """How much of the agents logged in of any of their queues; 0: all."""
    when_over: Literal["tell", "resume"] = "tell"
    at: tuple[Annotated[str, Meta(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")], ...] = ()
    """Times of the box's day at which the agents are paused."""
    days: str = "mon-sun"
    agents: tuple[Name, ...] = ()
    queues: tuple[Name, ...] = ()
    shifts: tuple[Name, ...] = ()
    """Who is paused `at`: these agents, those of these queues and shifts; all when nobody is named."""
