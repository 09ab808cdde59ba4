"""The office as the ACD sees it: queues, agents, stations, lines and hours, as proved data with no behaviour.

What belongs here is what a decision needs. Ports, pins, passwords of phones and tariffs are the configuration's, and
are not here. The daemon builds a Plan from the configuration file; the ACD keeps it in its state.
"""

from typing import Literal

from msgspec import Struct

from appliance.acd.ids import AgentName, LineName, QueueName, StationName

Strategy = Literal["longest_idle", "ring_all", "linear"]
LineMode = Literal["in", "out", "both"]
Language = Literal["es", "en"]


class Overflow(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a caller goes who cannot be served here: a voicemail box, another queue, or a polite good-bye."""

    to: Literal["voicemail", "queue", "hang_up"] = "hang_up"
    queue: QueueName | None = None


class OpenSpan(Struct, frozen=True, forbid_unknown_fields=True):
    """Open on these weekdays (0 = Monday) from minute to minute of the local day, end not included."""

    weekdays: tuple[int, ...]
    from_minute: int
    to_minute: int


class Hours(Struct, frozen=True, forbid_unknown_fields=True):
    """Opening hours in a time zone (IANA name); `holidays` are local dates, YYYY-MM-DD, closed all day."""

    time_zone: str
    spans: tuple[OpenSpan, ...]
    holidays: tuple[str, ...] = ()


class QueuePlan(Struct, frozen=True, forbid_unknown_fields=True):
    name: QueueName
    title: str
    agents: tuple[AgentName, ...]
    """In the order `linear` rings them."""
    strategy: Strategy = "longest_idle"
    language: Language = "es"
    ring_timeout_ms: int = 20_000
    retry_ms: int = 2_000
    """How long an agent whose ring failed is left alone before the next ring."""
    wrap_up_ms: int = 10_000
    missed_rings_limit: int = 3
    max_wait_ms: int = 300_000
    max_length: int = 30
    target_ms: int = 20_000
    short_abandon_ms: int = 5_000
    announce_position_every_ms: int = 30_000
    """0: never."""
    greeting: str = "greeting"
    """Prompt name without language; "" for none. Played while agents are already being rung unless `greeting_first`."""
    greeting_first: bool = False
    record: bool = True
    hours: str = ""
    """Name in `Plan.hours`; "" is always open."""
    on_full: Overflow = Overflow()
    on_max_wait: Overflow = Overflow()
    on_closed: Overflow = Overflow()
    project: str = ""
    client: str = ""


class AgentPlan(Struct, frozen=True, forbid_unknown_fields=True):
    name: AgentName
    full_name: str
    number: str
    """What the agent keys in to log in."""
    pin: str = ""
    station: StationName | None = None
    """Where the agent usually sits: the station a login without one uses."""
    auto_login: bool = False
    """Logged in and ready from the very first start of the box (not after a log-out)."""


class StationPlan(Struct, frozen=True, forbid_unknown_fields=True):
    name: StationName
    extension: str
    always_reachable: bool = False
    """A SIP phone at a fixed contact: no registration will ever say that it is up."""


class LinePlan(Struct, frozen=True, forbid_unknown_fields=True):
    name: LineName
    mode: LineMode = "both"
    queue: QueueName | None = None
    """Where calls on this line go, unless `did` says better."""
    number: str = ""
    did: dict[str, QueueName] = {}
    """Called number -> queue, for lines that carry several numbers."""


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    box: str
    queues: tuple[QueuePlan, ...] = ()
    agents: tuple[AgentPlan, ...] = ()
    stations: tuple[StationPlan, ...] = ()
    lines: tuple[LinePlan, ...] = ()
    hours: dict[str, Hours] = {}
    max_calls: int = 200
    """More callers than this are refused with congestion: a limit on everything."""
    voicemail_max_ms: int = 120_000
    time_zone: str = "UTC"
    """Where the box is (IANA): when its day begins."""
