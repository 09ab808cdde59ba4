"""What the call centre looks like at this moment, as frozen records: what the page, the terminal and tests read.

Only what is live belongs here; history is read from the store. `Acd.view(at_ms)` makes it; the control socket sends it.
"""

from typing import Literal

from msgspec import Struct

from appliance.acd.effects import LampPattern
from appliance.acd.ids import AgentName, CallId, ContactId, LineName, QueueName, RecordingName, StationName
from appliance.acd.inputs import AnswerEvidence, LegCause, LineHealth, StationHealth
from appliance.acd.message_inputs import NetworkState

AgentStateName = Literal["logged_out", "ready", "not_ready", "ringing", "talking", "held", "wrap_up", "outbound"]
CallStateName = Literal[
    "offered",
    "menu",
    "greeting",
    "waiting",
    "ringing",
    "dialling",
    "alerting",
    "talking",
    "held",
    "outside",
    "voicemail",
    "ending",
]


class CallView(Struct, frozen=True):
    """One call that is up. `wait_ms` counts to now while waiting; `position` 1 is next, 0 is not waiting."""

    call: CallId
    state: CallStateName
    line: LineName
    caller: str
    called: str
    queue: QueueName | None
    agent: AgentName | None
    position: int
    wait_ms: int
    talk_ms: int
    offered_utc_ms: int
    recording: bool
    direction: Literal["in", "out"] = "in"
    menu: str = ""
    """The menu it is in."""
    caller_name: str = ""


class AgentView(Struct, frozen=True):
    agent: AgentName
    full_name: str
    state: AgentStateName
    reason: str
    station: StationName | None
    call: CallId | None
    since_ms: int
    """How long in this state."""
    queues: tuple[QueueName, ...]
    calls_today: int
    missed_in_a_row: int
    conversations: int = 0
    over_limit: bool = False
    """Paused for longer than the reason allows."""
    off_shift: bool = False
    """The shift is over, or has not begun."""
    can_extend: bool = False
    """The after-call work can be made longer."""
    needs_disposition: bool = False
    """The after-call work waits for the call's disposition."""


class ContactView(Struct, frozen=True):
    """A contact that is no call. `wait_ms` counts until somebody took it."""

    contact: ContactId
    channel: str
    queue: QueueName
    customer: str
    state: Literal["waiting", "offered", "open"]
    agent: AgentName | None
    wait_ms: int


class PauseView(Struct, frozen=True):
    """A reason to choose for a pause; "" as its title is a usual one, which screens have words for."""

    code: str
    title: str
    digit: str


class LineTestView(Struct, frozen=True):
    """A line's test call that goes on, or its last one. `*_ms` are from its beginning; -1: it never came to that."""

    number: int
    called: str
    over: bool
    rang_ms: int
    answered_ms: int
    ended_ms: int
    evidence: AnswerEvidence | None
    cause: LegCause | None
    recording: RecordingName
    recorded_ms: int
    listened: bool = False
    """It waited for the far end to hang up."""
    far_end_left: bool = False
    """The line noticed that the far end hung up."""
    counted_ms: int = 0
    """What it used of the contract, in its steps."""


class BalanceView(Struct, frozen=True):
    """What the network said last of a line's account, in its own words."""

    number: int
    state: NetworkState | Literal["asking"]
    text: str
    at_utc_ms: int
    """When it answered, or was asked while it has not."""


class LineView(Struct, frozen=True):
    line: LineName
    mode: Literal["in", "out", "both"]
    health: LineHealth
    detail: str
    signal_percent: int
    operator: str
    call: CallId | None
    number: str
    included_ms: int = 0
    """Talk that its contract includes each month; 0: none."""
    used_ms: int = 0
    """Talk of calls we made, those that are up included, in the steps of the contract, since `used_since`."""
    used_since: str = ""
    """A local date; "" until the clock was told."""
    sim: str = ""
    """The ICCID of the SIM it has, or had last."""
    since_utc_ms: int = 0
    """When its health became what it is; 0: it has not said yet."""
    told_down: bool = False
    """It is of no use, and has been for so long that somebody was told."""
    test: LineTestView | None = None
    balance: BalanceView | None = None
    can_ask_balance: bool = False
    """Its `balance_code` is in the configuration."""
    told_degraded: bool = False
    """It has trouble, and has had for so long that somebody was told."""


class StationView(Struct, frozen=True):
    station: StationName
    extension: str
    health: StationHealth
    agent: AgentName | None
    detail: str


class QueueView(Struct, frozen=True):
    queue: QueueName
    title: str
    waiting: int
    longest_wait_ms: int
    ready: int
    talking: int
    logged_in: int
    open: bool
    lamp: LampPattern
    target_ms: int


FindingLevel = Literal["warning", "bad"]


class BoxFinding(Struct, frozen=True):
    """Something that is wrong with the box itself; `appliance.box_health.words` says it."""

    kind: str
    level: FindingLevel
    values: dict[str, str] = {}


class Status(Struct, frozen=True):
    box: str
    at_utc_ms: int
    clock_synchronised: bool
    night_mode: bool
    switch_connected: bool
    """False while the switch is away: what the view says of legs is then what was last known."""
    calls: tuple[CallView, ...]
    agents: tuple[AgentView, ...]
    lines: tuple[LineView, ...]
    stations: tuple[StationView, ...]
    queues: tuple[QueueView, ...]
    pauses: tuple[PauseView, ...] = ()
    contacts: tuple[ContactView, ...] = ()
    findings: tuple[BoxFinding, ...] = ()
    """The worst first."""
