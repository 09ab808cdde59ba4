"""Everything that can happen to the call centre, as frozen records: the only way anything gets into the ACD.

An input belongs here if it changes what the ACD knows; a question about what it knows belongs in `view`. Inputs come
from the switch (`SwitchInput`: what the network, the handsets and the panel did), from people and programs through
the control socket (`Command`), and from the daemon itself (`DaemonInput`). Each is journalled before it is handled.

Late, doubled and reordered inputs are normal: a leg that is not known any more is named and ignored on purpose.
"""

from typing import Literal

from msgspec import Struct

from appliance.acd.durable import (
    DurableAgent,
    DurableLastAgent,
    DurableLine,
    DurableMessage,
    DurableMessageCount,
    DurableQueue,
    DurableWorklistItem,
)
from appliance.acd.ids import (
    AgentName,
    CallId,
    ContactId,
    LegId,
    LineName,
    MessageId,
    QueueName,
    RecordingName,
    StationName,
)
from appliance.acd.message_inputs import MessageInput, MessagesStored, SendMessage
from appliance.acd.money_inputs import MoneyInput
from appliance.acd.plan import Plan

LegCause = Literal[
    "normal",  # the other side hung up, as people do
    "busy",  # 486, BUSY, busy tone
    "no_answer",  # rang until the ring timeout, 408, NO ANSWER
    "rejected",  # 603, the phone's reject key, a locked SIM
    "unreachable",  # not registered, 404, 480, station unplugged
    "congestion",  # 503, network refused
    "failed",  # anything else the network said
    "line_lost",  # the modem was unplugged or rebooted, the trunk went silent
    "media_timeout",  # no RTP for too long on a leg that is not held
    "answered_elsewhere",  # another station was first
    "cancelled",  # whoever was dialling gave up
]
AnswerEvidence = Literal["signalled", "polarity", "voice_detected", "assumed"]
LineHealth = Literal["starting", "up", "degraded", "down"]
StationHealth = Literal["up", "unreachable"]


class _Input(Struct, frozen=True, tag_field="type", tag=True, forbid_unknown_fields=True):
    pass


class FoundLeg(Struct, frozen=True, forbid_unknown_fields=True):
    """A leg that is up in the switch when it introduces itself.

    `adopted` means the switch did not create it in this incarnation: a modem's call found again by `+CLCC`, or a
    handset found off-hook. Its id is new; the ACD recognises the call by the line (one call a modem) or station.
    """

    leg: LegId
    state: Literal["offered", "dialling", "ringing", "answered", "held"]
    line: LineName | None = None
    station: StationName | None = None
    number: str = ""
    adopted: bool = False
    called: str = ""
    """What an offered caller dialled, as in LegOffered."""
    dialled: bool = False
    """We had called, and were not called: such a leg is no new caller's."""
    announced: bool = False
    """LegFound says it too, and is still to come: an ACD that has no call for it takes it then, not before it began."""


class SwitchStarted(_Input, frozen=True):
    """The switch introduced itself with another incarnation than before: legs not listed are gone."""

    incarnation: str
    legs: tuple[FoundLeg, ...] = ()


class SwitchLost(_Input, frozen=True):
    """The switch is gone, or the connection to it: SwitchStarted or SwitchBack will say which."""


class SwitchBack(_Input, frozen=True):
    """It was only the connection: the same switch goes on where it was."""


class LegOffered(_Input, frozen=True):
    """A call arrives on a line and rings. `caller` is "" when withheld; numbers as the network gave them."""

    leg: LegId
    line: LineName
    caller: str
    called: str
    caller_name: str = ""


class LegFound(_Input, frozen=True):
    """A leg that the switch found when it started, at the moment it did. Says nothing new of one the ACD recognised."""

    found: FoundLeg


class LegProgress(_Input, frozen=True):
    """A leg we dial is ringing at the far end (180/183, `+CLCC` state 3, the handset's ringer is on)."""

    leg: LegId


class LegAnswered(_Input, frozen=True):
    """A leg is connected: a station was lifted, a called party answered, or a caller we answered is through. Said again
    when the evidence got better than "assumed"."""

    leg: LegId
    evidence: AnswerEvidence = "signalled"


class LegEnded(_Input, frozen=True):
    """A leg is over, said exactly once for each leg. `by_us` when it ended because an effect hung it up."""

    leg: LegId
    cause: LegCause
    by_us: bool = False


class LegHeld(_Input, frozen=True):
    """The station put the other side on hold (re-INVITE sendonly), or took it back."""

    leg: LegId
    held: bool


class DigitPressed(_Input, frozen=True):
    """One DTMF digit (0-9 * # A-D) heard on a leg, from whatever signalling it came."""

    leg: LegId
    digit: str


class PlayFinished(_Input, frozen=True):
    """The prompts of `Play` with this token were heard to their end (not when interrupted)."""

    leg: LegId
    token: str


class RecordingFinished(_Input, frozen=True):
    """A recording is whole on disk. `duration_ms` is its sound, `size_bytes` the file."""

    recording: RecordingName
    duration_ms: int
    size_bytes: int


class LineChanged(_Input, frozen=True):
    """A line's health changed. `detail` is one plain sentence; signal 0 to 100, -1 when the line has no such thing."""

    line: LineName
    health: LineHealth
    detail: str = ""
    signal_percent: int = -1
    operator: str = ""
    sim: str = ""
    """The ICCID of its SIM (ITU-T E.118), where it has one that was read."""


class StationChanged(_Input, frozen=True):
    """A station became reachable or not (registered, expired, plugged, unplugged), or was lifted with no call on it."""

    station: StationName
    health: StationHealth
    off_hook: bool = False
    detail: str = ""


class StationDialled(_Input, frozen=True):
    """Somebody dialled a star code or a number on a station; `leg` is the station's leg, already offered to us."""

    leg: LegId
    station: StationName
    digits: str


class ButtonPressed(_Input, frozen=True):
    """A panel button went down; its name is the board's (`night_mode`, `login:<station>`)."""

    button: str


class AgentLogin(_Input, frozen=True):
    """An agent sits down. `pin` is checked unless the plan gives the agent none."""

    agent: AgentName
    station: StationName | None = None
    pin: str = ""
    trusted: bool = False


class AgentLogout(_Input, frozen=True):
    agent: AgentName


class AgentPause(_Input, frozen=True):
    agent: AgentName
    reason: str


class AgentResume(_Input, frozen=True):
    agent: AgentName


class EndWrapUp(_Input, frozen=True):
    agent: AgentName


class ExtendWrapUp(_Input, frozen=True):
    """The agent needs longer for the after-call work: one step more, as the queue allows."""

    agent: AgentName


class SetDisposition(_Input, frozen=True):
    """How the agent's last call ended (or `call`, when given)."""

    agent: AgentName
    code: str
    call: CallId | None = None


class SetNightMode(_Input, frozen=True):
    on: bool


class ContactOffered(_Input, frozen=True):
    """A customer wrote: somebody of the queue is to have the conversation. `priority` as of a line."""

    contact: ContactId
    queue: QueueName
    customer: str = ""
    channel: Literal["message"] = "message"
    priority: int = 0


class ContactAccepted(_Input, frozen=True):
    """The agent a contact was offered to takes it."""

    contact: ContactId
    agent: AgentName


class ContactRejected(_Input, frozen=True):
    """The agent a contact was offered to does not take it: somebody else may."""

    contact: ContactId
    agent: AgentName


class ContactClosed(_Input, frozen=True):
    """The conversation is over, or the customer does not wait any more."""

    contact: ContactId


class CloseWorklistItem(_Input, frozen=True):
    """Somebody reached this number, or decided not to."""

    number: str
    by: str
    result: str = "reached"


class CallBack(_Input, frozen=True):
    """Call this number back: the next agent of the queue who is free is rung, and the number dialled then.

    `queue` None: the one its worklist item is of, else the agent's first. `agent`: that one and nobody else.
    """

    number: str
    by: str
    queue: QueueName | None = None
    agent: AgentName | None = None


class TestLine(_Input, frozen=True):
    """Try out a line by a call to this number: what comes back of a known noise is recorded. `LineView.test` says how
    it goes. `listens`: what the line sounds like when the far end hangs up after the noise is recorded too. Without
    a number an analogue line is lifted, and its dial tone recorded."""

    __test__ = False  # it is no test of pytest's

    line: LineName
    number: str
    by: str
    listens: bool = False


class AskBalance(_Input, frozen=True):
    """Ask the network what is left on this line's account. `LineView.balance` says what it answered."""

    line: LineName
    by: str


class HangUpCall(_Input, frozen=True):
    call: CallId
    by: str


class DaemonStarted(_Input, frozen=True):
    """The ACD process is (again) in charge; the first input of each incarnation of it."""

    incarnation: int


class ClockSet(_Input, frozen=True):
    """What the wall clock says: UTC = monotonic + `utc_offset_ms`. Sent at start and whenever it stepped."""

    utc_offset_ms: int
    synchronised: bool


class BoxHealth(_Input, frozen=True):
    """How the box itself is, its disk, clock and network. No decision depends on it; the lamp `box` shows it."""

    level: Literal["good", "warning", "bad"]


class PlanChanged(_Input, frozen=True):
    """The configuration was edited and proved; calls in progress keep their place."""

    plan: Plan


class Tick(_Input, frozen=True):
    """A deadline the core asked for has come."""


class RestoreDurable(_Input, frozen=True):
    """After a power cut (no journal): what the store remembers of people, queues and the last numbers given."""

    agents: tuple[DurableAgent, ...] = ()
    night_mode: bool = False
    next_call: int = 1
    worklist: tuple[DurableWorklistItem, ...] = ()
    queues: tuple[DurableQueue, ...] = ()
    last_agents: tuple[DurableLastAgent, ...] = ()
    """The one heard of longest ago first."""
    messages: tuple[DurableMessage, ...] = ()
    message_counts: tuple[DurableMessageCount, ...] = ()
    lines: tuple[DurableLine, ...] = ()
    messages_done: tuple[MessageId, ...] = ()
    """The newest that went or were given up, the oldest of them first."""


SwitchInput = (
    SwitchStarted
    | LegOffered
    | LegFound
    | LegProgress
    | LegAnswered
    | LegEnded
    | LegHeld
    | DigitPressed
    | PlayFinished
    | RecordingFinished
    | LineChanged
    | StationChanged
    | StationDialled
    | ButtonPressed
    | MessageInput
)
PersonCommand = (
    AgentLogin
    | AgentLogout
    | AgentPause
    | AgentResume
    | EndWrapUp
    | ExtendWrapUp
    | SetDisposition
    | SetNightMode
    | CloseWorklistItem
    | CallBack
    | TestLine
    | AskBalance
    | HangUpCall
)
ContactInput = ContactOffered | ContactAccepted | ContactRejected | ContactClosed
Command = PersonCommand | ContactInput | SendMessage
DaemonInput = (
    DaemonStarted
    | ClockSet
    | BoxHealth
    | PlanChanged
    | Tick
    | RestoreDurable
    | SwitchLost
    | SwitchBack
    | MessagesStored
    | MoneyInput
)
Input = SwitchInput | Command | DaemonInput
