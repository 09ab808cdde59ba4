"""The shape of the configuration file: every table and key of the TOML, with units in the names and defaults that work.

Only shape belongs here; what one part of the file promises another (an agent's station exists, no pin has two users)
is in `rules`. Unknown keys are refused by name.
"""

from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from appliance.configuration.file_backup import Backup as Backup
from appliance.configuration.file_contracts import Contract
from appliance.configuration.file_lines import Line as Line
from appliance.configuration.file_lines import Tariff as Tariff
from appliance.configuration.file_menus import Caller, Lookup, Menu, Prompt
from appliance.configuration.file_money import FraudGuard, Limit
from appliance.configuration.file_times import Pause, Shift, Span
from appliance.configuration.file_types import (
    Days,
    Key,
    LeadsTo,
    Level,
    MessageDays,
    Micros,
    Name,
    OverflowTo,
    Port,
    Prefix,
    Seconds,
)
from appliance.configuration.own_address import AUTO, own_address
from hw.boards import Board


class _Table(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class Box(_Table, frozen=True):
    name: Name = "oficina"
    country: Annotated[str, Meta(pattern="^[A-Z]{2}$")] = "ES"
    time_zone: str = "Europe/Madrid"
    language: Literal["es", "en"] = "es"
    agent_cost_micros_per_hour: Micros = 0
    """What an hour of an agent costs, for reports (`money`)."""
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "EUR"
    alert_number: Annotated[str, Meta(pattern=r"^\+?[0-9]{0,15}$")] = ""
    """Who looks after the box: gets a text message when a line is down, and when it works again. "": nobody does."""
    board: Name | None = None
    """A profile in hw/boards/. Without it, the file's own [board] if there is one, else `laptop`."""
    data_dir: str = "/var/lib/centralita"
    """The store, recordings and keys: what must survive a power cut."""
    run_dir: str = "/run/centralita"
    """Sockets and the journal: memory, gone at a power cut."""
    priority_worth_s: Annotated[float, Meta(ge=1, le=3600)] = 60
    """What one unit of a line's `priority` or a queue's `weight` is worth in waiting."""
    keep_decisions_days: Days = 400
    """How long it can be told why a call went where it went. Calls and charges are kept for good."""
    keep_late_decisions_days: Days = 30
    """The same for what devices said too late or twice; never longer than the others."""
    keep_agent_states_days: Days = 400
    """How long it is known who was ready, on a call or paused, and when."""
    keep_messages_days: MessageDays = 400
    """How long text messages are kept, both ways, and what became of them. None that is still to go."""


class Sip(_Table, frozen=True):
    realm: str = "centralita.local"
    listen: str = "127.0.0.1"
    """The LAN address phones and trunks talk to (Kamailio); "auto" is the one the network gives, from when a process
    starts."""
    port: Port = 5060
    tls_port: Annotated[int, Meta(ge=0, le=65_535)] = 0
    """0: no TLS."""
    inside: str = "127.0.0.1"
    """Loopback address between Kamailio and the switch."""
    inside_port: Port = 5061
    """Kamailio's inner face, where the switch sends."""
    switch_port: Port = 5062
    events_port: Port = 8448
    """Kamailio's registration events (evapi), on `inside`."""
    rtp_from_port: Annotated[int, Meta(ge=1024, le=60_000)] = 20_000
    media_timeout_s: Seconds = 30
    name_servers: Annotated[tuple[str, ...], Meta(max_length=4)] = ()
    """Asked for carriers' names, `address` or `address:port`; without them, the system's."""


class Web(_Table, frozen=True):
    listen: str = "127.0.0.1"
    port: Port = 8080


class Cloud(_Table, frozen=True):
    """Where the outbox goes. Empty `dsn`: nowhere, and nothing is queued."""

    dsn: str = ""
    """PostgreSQL connection string."""
    interval_s: Annotated[float, Meta(ge=0.1, le=3600)] = 30


class Dialling(_Table, frozen=True):
    """What may be dialled on the office's lines. Emergency numbers of the country always may, on any line."""

    international: bool = False
    """Numbers of other countries."""
    premium: bool = False
    """Numbers of the country that cost extra."""
    allowed: tuple[Prefix, ...] = ()
    """Beginnings of numbers that may be dialled all the same, short ones too; the longest that fits counts."""
    barred: tuple[Prefix, ...] = ()
    emergency: tuple[Annotated[str, Meta(pattern="^[0-9]{2,6}$")], ...] = ()
    """Emergency numbers beside 112, 911 and the country's that the box knows."""
    timeout_s: Annotated[float, Meta(ge=5, le=300)] = 60
    """How long a dialled number may take to answer."""


class Station(_Table, frozen=True):
    name: Name
    kind: Literal["port", "sip"]
    extension: Annotated[str, Meta(pattern=r"^[0-9]{2,6}$")]
    board_port: Annotated[int, Meta(ge=0, le=32)] = 0
    """port: the number of the handset port on the board."""
    password: str = ""
    """sip: digest password with which the phone registers as its extension."""
    contact: str = ""
    """sip: a fixed contact (`sip:2001@127.0.0.1:5070`) for phones that do not register."""


class Agent(_Table, frozen=True):
    name: Name
    full_name: str
    number: Annotated[str, Meta(pattern=r"^[0-9]{2,6}$")]
    pin: Annotated[str, Meta(pattern=r"^[0-9]{0,8}$")] = ""
    station: Name | None = None
    skills: dict[Name, Level] = {}
    auto_login: bool = False
    wrap_up_s: Seconds | None = None
    """Whatever the queue says."""
    messages: Annotated[int, Meta(ge=0, le=50)] = 0
    """Conversations at the same time."""
    messages_while_on_call: bool = False
    calls_while_in_conversation: bool = True
    cost_micros_per_hour: Micros | None = None
    """None: `box.agent_cost_micros_per_hour`."""
    shift: Name | None = None
    """A [[shift]]; its own `agents` may name this one as well."""


class Hours(_Table, frozen=True):
    name: Name
    spans: Annotated[tuple[Span, ...], Meta(min_length=1)]
    time_zone: str = ""
    """"" : the box's."""
    holidays: tuple[Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")], ...] = ()


Absence = Literal["logged_out", "not_ready", "wrap_up", "unreachable"]


class Callback(_Table, frozen=True):
    first: Literal["agent", "customer"] = "agent"
    """Who is called first: the agent is rung and the number dialled then, or kept free while it is dialled."""
    offer_after_s: Seconds = 0
    """After so long of waiting the caller hears which key to press; 0: it is not said."""
    attempts: Annotated[int, Meta(ge=1, le=20)] = 3
    retry_s: Annotated[float, Meta(ge=15, le=86_400)] = 900
    """Between an attempt that did not reach the customer and the next."""
    hours: Name | None = None
    """When customers may be called; without it, whenever the queue is open."""


class Queue(_Table, frozen=True):
    name: Name
    title: str
    agents: tuple[Name, ...]
    strategy: Literal[
        "ring_all",
        "longest_idle",
        "round_robin",
        "linear",
        "fewest_calls",
        "least_talk_time",
        "random",
        "weighted_random",
        "ring_progressively",
    ] = "longest_idle"
    tiers: dict[Name, Annotated[int, Meta(ge=1, le=10)]] = {}
    """Agents of a later tier than the first: rung when nobody of an earlier one is free."""
    tier_after_s: tuple[Seconds, ...] = ()
    """How long a caller waits before tier 2, 3, … is rung at all."""
    weights: dict[Name, Annotated[int, Meta(ge=1, le=1000)]] = {}
    """weighted_random: tickets in the draw; 1 for who is not named."""
    ring_more_s: Annotated[float, Meta(ge=1, le=300)] = 5
    """ring_progressively: one agent more after so long."""
    needs: dict[Name, Level] = {}
    """Skills an agent must have to be rung for a caller of this queue, and at what level."""
    needs_relax_s: Seconds = 0
    """One level less is demanded each time a caller has waited so long; 0: never."""
    sticky_s: Seconds = 0
    """So long a caller waits for the agent who had the number last, before anybody else is rung."""
    resume_s: Seconds = 0
    """Who hangs up waiting and calls again within so long takes the place back."""
    callback: Callback = Callback()
    """How those are called back whom a key or an overflow led to "callback"."""
    whisper: tuple[Literal["queue", "wait", "customer"], ...] = ()
    """What the agent who lifts hears before the caller: the title, how long they waited, that they called before."""
    weight: Annotated[int, Meta(ge=0, le=10)] = 0
    """Against other queues that share agents, as `priority` of a line."""
    language: Literal["es", "en"] | None = None
    ring_timeout_s: Annotated[float, Meta(ge=1, le=300)] = 20
    retry_s: Seconds = 2
    retry_rejected_s: Seconds = 0
    """Of a ring refused at the phone; 0, here and below: `retry_s`."""
    retry_busy_s: Seconds = 0
    retry_no_answer_s: Seconds = 0
    retry_unreachable_s: Seconds = 0
    wrap_up_s: Seconds = 10
    wrap_up_extend_s: Annotated[float, Meta(ge=1, le=3600)] = 30
    """What each extension adds."""
    wrap_up_extensions: Annotated[int, Meta(ge=0, le=100)] = 3
    wrap_up_longest_s: Seconds = 600
    """Extended or without its disposition, it is never longer."""
    wrap_up_ends_with_disposition: bool = False
    wrap_up_needs_disposition: bool = False
    """It does not end before the call has a disposition."""
    missed_rings_limit: Annotated[int, Meta(ge=1, le=100)] = 3
    max_wait_s: Annotated[float, Meta(ge=1, le=86_400)] = 300
    max_length: Annotated[int, Meta(ge=0, le=10_000)] = 30
    target_s: Annotated[float, Meta(ge=1, le=3600)] = 20
    short_abandon_s: Seconds = 5
    announce_position_every_s: Seconds = 30
    announce_wait: Literal["never", "once", "always", "when_better"] = "never"
    """Whether the expected wait is said with the position."""
    messages: tuple[str, ...] = ()
    """Prompts said to who waits, one after another."""
    message_every_s: Annotated[float, Meta(ge=5, le=3600)] = 60
    exit_keys: dict[Key, LeadsTo] = {}
    """Keys by which a caller who waits goes elsewhere."""
    greeting: str = "greeting"
    greeting_first: bool = False
    record: bool = True
    hours: Name | None = None
    at_closing: Literal["serve", "send_on"] = "serve"
    """Who waits when the hours end: served on, or sent where `on_closed` says."""
    join_empty: tuple[Absence, ...] = ()
    """Nobody joins while every agent is absent in one of these ways."""
    leave_empty: tuple[Absence, ...] = ()
    """Who waits is sent on as soon as every agent is absent in one of these ways."""
    on_empty: OverflowTo = "hang_up"
    on_full: OverflowTo = "hang_up"
    on_max_wait: OverflowTo = "voicemail"
    on_closed: OverflowTo = "hang_up"
    project: str = ""
    client: str = ""


class Configuration(_Table, frozen=True):
    box: Box = Box()
    sip: Sip = Sip()
    web: Web = Web()
    cloud: Cloud = Cloud()
    backup: Backup = Backup()
    dialling: Dialling = Dialling()
    line: tuple[Line, ...] = ()
    station: tuple[Station, ...] = ()
    agent: tuple[Agent, ...] = ()
    hours: tuple[Hours, ...] = ()
    shift: tuple[Shift, ...] = ()
    pause: tuple[Pause, ...] = ()
    queue: tuple[Queue, ...] = ()
    menu: tuple[Menu, ...] = ()
    lookup: tuple[Lookup, ...] = ()
    caller: tuple[Caller, ...] = ()
    prompt: tuple[Prompt, ...] = ()
    tariff: tuple[Tariff, ...] = ()
    contract: tuple[Contract, ...] = ()
    limit: tuple[Limit, ...] = ()
    fraud_guard: FraudGuard = FraudGuard()
    board: Board | None = None
    """The pins and sound cards of this very box, where no profile of hw/boards/ is like it."""
    max_calls: Annotated[int, Meta(ge=1, le=250)] = 200


class ConfigurationError(Exception):
    """The file was refused. The message is for the installer: file, key, what is wrong, what to do."""


def read_configuration(path: Path) -> Configuration:
    """The file's shape, checked. Raises ConfigurationError; the cross-checks are `rules.check`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(
            f"{path}: cannot be read: {error.strerror}. "
            "Give --config FILE; appliance/configuration/office.toml is one to copy and change."
        ) from error
    if len(text) > 1_000_000:
        raise ConfigurationError(f"{path}: larger than 1 MB; this is not a configuration file of this program.")
    try:
        return _on_this_machine(msgspec.toml.decode(text, type=Configuration))
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path}: {_plain(str(error))}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}. Mend that line and start again.") from error


def _on_this_machine(configuration: Configuration) -> Configuration:
    """`listen = "auto"` in the numbers of now."""
    if configuration.sip.listen != AUTO:
        return configuration
    return replace(configuration, sip=replace(configuration.sip, listen=own_address()))


def _plain(message: str) -> str:
    """msgspec's `… - at `$.line[0].port`` in the words of the file: which table, which key."""
    what, _, where = message.partition(" - at ")
    key = where.strip("`").removeprefix("$").lstrip(".")
    if what.startswith("Object contains unknown field"):
        unknown = what.rsplit(" ", 1)[1].strip("`")
        place = f"[{key}]" if key else "the top of the file"
        return f"unknown key `{unknown}` in {place}. Remove it or correct its spelling."
    return f"{key or 'the file'}: {what}. Correct the value and start again."
