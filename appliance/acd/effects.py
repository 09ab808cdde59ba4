"""Everything the ACD can ask for, as frozen records: the only way anything gets out of it.

`SwitchEffect`s are carried out by the switch, in order, each exactly once (they are numbered on the wire); an effect
about a leg that is already gone is ignored by the switch. `StoreEffect`s are made durable by the daemon; each carries
its own key, so storing one twice (after a replay) changes nothing.
"""

from typing import Literal

from msgspec import Struct

from appliance.acd.ids import AgentName, CallId, ContactId, LegId, LineName, QueueName, RecordingName, StationName
from appliance.acd.inputs import AnswerEvidence, LegCause
from appliance.acd.line_effects import LineCandidate, StoreLineEvent, StoreLineUse, StoreNotice
from appliance.acd.message_effects import MessageStoreEffect, MessageSwitchEffect

LampPattern = Literal["off", "steady", "slow_blink", "fast_blink"]
Background = Literal["silence", "music", "ringback"]


class _Effect(Struct, frozen=True, tag_field="type", tag=True, forbid_unknown_fields=True):
    pass


class AnswerLeg(_Effect, frozen=True):
    """Answer a caller. The switch says LegAnswered when the path is open, LegEnded if it cannot."""

    leg: LegId


class RefuseLeg(_Effect, frozen=True):
    """Turn away a caller or dialling station that was not answered yet: busy 486, unreachable 480, congestion 503."""

    leg: LegId
    cause: LegCause


class HangUpLeg(_Effect, frozen=True):
    """End a leg whatever its state; a leg that is still being dialled is cancelled. LegEnded(by_us) follows."""

    leg: LegId
    cause: LegCause = "normal"


class RingStation(_Effect, frozen=True):
    """Ring a station as leg `leg`; `caller` and `title` are for its display. LegProgress, LegAnswered, LegEnded."""

    leg: LegId
    station: StationName
    caller: str
    title: str


class DialLine(_Effect, frozen=True):
    """Place a call out of a line as leg `leg`. An emergency goes out on any line that can carry it at all: one for
    callers only, and a modem that no operator has registered (3GPP TS 22.101, 10.1). Without a number an analogue line
    is lifted and listened to."""

    leg: LegId
    line: LineName
    number: str
    emergency: bool = False


class DialWithheld(_Effect, frozen=True):
    """Nothing is to be done: it has the number of a DialLine that there was no money for, and that was never sent."""

    leg: LegId


class Play(_Effect, frozen=True):
    """Play prompts one after another to a leg, in place of what it hears; PlayFinished(token) at the end.

    A prompt is a name from `prompts` with its language, e.g. `es/you_are_number` or `es/number_3`. A new Play, a
    Connect or a HangUpLeg interrupts it, and then there is no PlayFinished. Afterwards the leg hears its background.
    Without prompts it only stops what is being played.
    """

    leg: LegId
    prompts: tuple[str, ...]
    token: str


class SetBackground(_Effect, frozen=True):
    """What a leg hears while nothing is played to it and it is not connected."""

    leg: LegId
    background: Background


class Connect(_Effect, frozen=True):
    """Let two answered legs hear each other and nobody else; stops prompts and background on both."""

    a: LegId
    b: LegId


class Disconnect(_Effect, frozen=True):
    """Part two legs; each hears its background again."""

    a: LegId
    b: LegId


class StartRecording(_Effect, frozen=True):
    """Record what these legs say, mixed, into one file, until StopRecording, `max_ms`, or all of them have ended."""

    recording: RecordingName
    legs: tuple[LegId, ...]
    max_ms: int = 4 * 3600 * 1000


class StopRecording(_Effect, frozen=True):
    """RecordingFinished follows once the file is whole."""

    recording: RecordingName


class SetLamp(_Effect, frozen=True):
    """A lamp by its meaning: `queue:<name>`, `line:<name>`, `night_mode`, `box`. Boards without it ignore it."""

    lamp: str
    pattern: LampPattern


EndReason = Literal[
    "answered",
    "abandoned",
    "short_abandon",
    "overflowed",
    "busy",
    "no_answer",
    "failed",
    "rejected",
    "box_restarted",
    "power_lost",
    "cancelled",  # a call of ours that was given up before anybody answered
]
HungUpBy = Literal["caller", "agent", "system", "network"]


class LegRecord(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One leg in a CDR. Offsets are ms since the call was offered; -1 when it never came to that."""

    leg: LegId
    role: Literal["caller", "agent", "voicemail", "number"]
    line: LineName | None
    station: StationName | None
    agent: AgentName | None
    started_ms: int
    answered_ms: int
    ended_ms: int
    cause: LegCause
    evidence: AnswerEvidence | None = None


class AgentSegment(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The part of a call one agent had: ring and talk belong to who was rung and who talked."""

    agent: AgentName
    station: StationName
    queue: QueueName
    ring_ms: int
    talk_ms: int
    hold_ms: int
    outcome: Literal["talked", "missed", "rejected", "unreachable", "answered_elsewhere", "caller_left"]


class Cdr(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One row a call. `*_at` are UTC ms; `*_ms` are monotonic durations that add up:
    ivr + wait + talk + hold + voicemail = ended - offered. `ring_ms` is the part of the wait in which a phone rang.

    Fields that have a default came later, and are left out of a record that has no more to say in them: so the hash of
    one made before them stays what it was."""

    call: CallId
    seq: int
    incarnation: int
    direction: Literal["in", "out"]
    line: LineName
    caller: str
    called: str
    queue: QueueName | None
    queues: tuple[QueueName, ...]
    project: str
    client: str
    offered_at: int
    queued_at: int
    answered_at: int
    ended_at: int
    clock_synchronised: bool
    ivr_ms: int
    wait_ms: int
    ring_ms: int
    talk_ms: int
    hold_ms: int
    voicemail_ms: int
    end_reason: EndReason
    hung_up_by: HungUpBy
    evidence: AnswerEvidence | None
    agent: AgentName | None
    recording: RecordingName | None
    legs: tuple[LegRecord, ...]
    segments: tuple[AgentSegment, ...]
    forwarded_to: str = ""
    """The outside number the caller was sent to: whom the legs in the role `number` dialled. "" when to none."""


class StoreCdr(_Effect, frozen=True):
    cdr: Cdr


class StoreWrapUp(_Effect, frozen=True):
    """After-call work of an agent on a call, known only when it is over; also carries the disposition."""

    call: CallId
    agent: AgentName
    wrap_up_ms: int
    disposition: str = ""


class Candidate(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One agent looked at in a decision. `excluded` is "" for those who could have been rung, else the reason code."""

    agent: AgentName
    state: str
    excluded: str
    idle_ms: int
    chosen: bool
    measure: int = 0
    """What the strategy compared, if it compares anything else: calls, milliseconds of talk, tickets in a draw."""


DecisionKind = Literal[
    "route",
    "menu",
    "ring",
    "offer",
    "reserve",
    "none_ready",
    "dial",
    "overflow",
    "refuse",
    "answer",
    "late",
    "agent_state",
    "end",
    "recover",
    "money",  # what a call that is up was warned of, or ended by
]


class Decision(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a call went where it went. `kind` names the rule, `reason` the code a sentence is made of."""

    number: int
    call: CallId | None
    at_utc_ms: int
    kind: DecisionKind
    queue: QueueName | None
    strategy: str
    reason: str
    detail: str
    waited_ms: int
    candidates: tuple[Candidate, ...]
    lines: tuple[LineCandidate, ...] = ()
    """Which lines were looked at, in the order of the plan; `strategy` is then what chose between them."""


class StoreDecision(_Effect, frozen=True):
    decision: Decision


class StoreAgentState(_Effect, frozen=True):
    """An agent's state changed: durable for log-ins and pauses, and the agent's history row. `number` is its key."""

    number: int
    agent: AgentName
    state: str
    reason: str
    station: StationName | None
    call: CallId | None
    at_utc_ms: int
    previous_ms: int
    """How long the previous state lasted."""


class StoreWorklistItem(_Effect, frozen=True):
    """Somebody could not be served: one open item a number, later calls raise its attempts."""

    number: str
    call: CallId
    queue: QueueName | None
    reason: str
    at_utc_ms: int
    callback_place_utc_ms: int = 0
    """Whom we promised to call back: since when the caller waits, in effect; 0: no such promise."""
    callback_tries: int = 0


class CloseStoredWorklistItem(_Effect, frozen=True):
    number: str
    at_utc_ms: int
    by: str
    result: str


class StoreNightMode(_Effect, frozen=True):
    on: bool
    at_utc_ms: int


class StoreOpenCall(_Effect, frozen=True):
    """A heartbeat of a call that is up, less than 30 s apart: what a power cut leaves of it."""

    cdr: Cdr


class StoreRecording(_Effect, frozen=True):
    recording: RecordingName
    call: CallId
    duration_ms: int
    size_bytes: int
    kind: Literal["call", "voicemail"]


class StoreContact(_Effect, frozen=True):
    """A contact that is no call is over. `*_at` are UTC ms, 0 when it never came to that; `*_ms` are durations."""

    contact: ContactId
    channel: str
    queue: QueueName
    customer: str
    agent: AgentName | None
    offered_at: int
    accepted_at: int
    closed_at: int
    wait_ms: int
    handle_ms: int
    end_reason: Literal["answered", "abandoned", "queue_removed"]


class OfferContact(_Effect, frozen=True):
    """Ask this agent to take a contact. ContactAccepted or ContactRejected follows, or it is withdrawn."""

    contact: ContactId
    agent: AgentName


class WithdrawContact(_Effect, frozen=True):
    """The contact is this agent's no more; with nobody named, no queue is left to serve it."""

    contact: ContactId
    agent: AgentName | None
    reason: Literal["closed", "missed", "agent_left", "queue_removed"]


SwitchEffect = (
    AnswerLeg
    | RefuseLeg
    | HangUpLeg
    | RingStation
    | DialLine
    | DialWithheld
    | Play
    | SetBackground
    | Connect
    | Disconnect
    | StartRecording
    | StopRecording
    | SetLamp
    | MessageSwitchEffect
)
StoreEffect = (
    StoreCdr
    | StoreWrapUp
    | StoreDecision
    | StoreAgentState
    | StoreWorklistItem
    | CloseStoredWorklistItem
    | StoreNightMode
    | StoreOpenCall
    | StoreRecording
    | StoreContact
    | MessageStoreEffect
    | StoreLineUse
    | StoreLineEvent
    | StoreNotice
)
DeskEffect = OfferContact | WithdrawContact
"""For whoever brings the contacts: what agents see at their desks."""
Effect = SwitchEffect | StoreEffect | DeskEffect
