"""What the page needs to know before it starts: where things are, whose box it is, and in which language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Language = Literal["es", "en"]


@dataclass(frozen=True)
class BenchSettings:
    """The demo's bench: two sockets to talk to, and the pins of the parts that are drawn.

    Lamps, buttons and handsets by the names calls know them by (`queue:ventas`, `login:mesa1`, a station); pins are
    GPIO numbers. Lamps are lit by a high pin, buttons pull theirs low.
    """

    bench_socket: Path
    """Where the switch lets mock pins be read and pressed (`hw.panel_sim`)."""
    world_socket: Path
    """Where the simulated world takes orders (`appliance.demo.world_socket`)."""
    lamp_pins: Mapping[str, int]
    button_pins: Mapping[str, int]
    handset_lamp_pins: Mapping[str, int]


@dataclass(frozen=True)
class WebSettings:
    """Everything `create_app` is given. Times are shown in `time_zone` (IANA), money in `currency` (ISO 4217)."""

    acd_socket: Path
    store: Path
    data_dir: Path
    """Holds the password's hash, the key of the session cookie and the folder `recordings`."""
    title: str
    language: Language = "es"
    time_zone: str = "Europe/Madrid"
    currency: str = "EUR"
    country: str = "ES"
    """Whose number formats statements have."""
    hourly_micros: Mapping[str, int] = field(default_factory=dict)
    """What an hour of each agent costs."""
    bench: BenchSettings | None = None
    """None: there is no bench page (404), as on every real box."""
    live_clients_limit: int = 12
    """Pages that are told of changes at once; the next ones ask every few seconds instead."""
