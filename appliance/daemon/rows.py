"""What history looks like to a reader: one frozen record a row, as `queries` gives them to pages and terminals."""

from msgspec import Struct

from appliance.acd.effects import AgentSegment, Decision, EndReason, HungUpBy, LegRecord
from appliance.acd.ids import AgentName, CallId, LineName, QueueName, RecordingName, StationName
from appliance.acd.inputs import AnswerEvidence
from appliance.billing.charges import Charge
from appliance.billing.lines import Line


class CallRow(Struct, frozen=True):
    """One call that is over. `*_at` are UTC ms (0: never came to that), `*_ms` durations as in acd.effects.Cdr."""

    call: CallId
    direction: str
    line: LineName
    caller: str
    called: str
    queue: QueueName | None
    agent: AgentName | None
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
    wrap_up_ms: int
    """Of all its agents together; 0 until it is over."""
    end_reason: EndReason
    hung_up_by: HungUpBy
    evidence: AnswerEvidence | None
    disposition: str
    recording: RecordingName | None
    charge_micros: int
    currency: str
    charge_reason: str
    """`rated`, `unanswered`, or `no_rate`: no tariff covers this number, which is why the charge is 0."""
    record: int = 0
    """The row's number in the order calls ended: where the next page of `queries.calls` begins."""

    @property
    def customer(self) -> str:
        """The far party's number, whoever called whom; "" when withheld."""
        return self.called if self.direction == "out" else self.caller


class RecordingRow(Struct, frozen=True):
    recording: RecordingName
    call: CallId
    kind: str
    duration_ms: int
    size_bytes: int


class WrapUpRow(Struct, frozen=True):
    agent: AgentName
    wrap_up_ms: int
    disposition: str


class CallMoney(Struct, frozen=True):
    """Both sides of one call, in micro-units; `lines` are those of the ledger, what was corrected of its cost too."""

    lines: tuple[Line, ...]
    income_micros: int
    """Without tax."""
    carrier_micros: int

    @property
    def margin_micros(self) -> int:
        return self.income_micros - self.carrier_micros


class CallDetails(Struct, frozen=True):
    """Everything kept about one call. `charge.arithmetic()` is its sum in a line."""

    row: CallRow
    queues: tuple[QueueName, ...]
    """Every queue it was in, in order."""
    legs: tuple[LegRecord, ...]
    segments: tuple[AgentSegment, ...]
    wrap_ups: tuple[WrapUpRow, ...]
    recordings: tuple[RecordingRow, ...]
    decisions: tuple[Decision, ...]
    charge: Charge
    money: CallMoney
    target_ms: int
    """The queue's target when the call ended."""
    incarnation: int
    seq: int
    previous_hash: str
    hash: str
    """SHA-256 over the previous call's hash and this record: see `record_chain`."""
    pruned_after_days: int = 0
    """Its decisions, or the first of them, were deleted after so many days; 0: they were not."""
    forwarded_to: str = ""
    """The outside number its caller was sent to; what that cost is among `charge.legs`."""


class WorklistRow(Struct, frozen=True):
    """Somebody who could not be served. `closed_at` 0 while open."""

    number: str
    queue: QueueName | None
    reason: str
    first_at: int
    last_at: int
    attempts: int
    last_call: CallId
    closed_at: int
    closed_by: str
    result: str


class AgentStateRow(Struct, frozen=True):
    """A change of an agent's state. `previous_ms`: how long the state before it had lasted."""

    agent: AgentName
    state: str
    reason: str
    station: StationName | None
    call: CallId | None
    at_utc_ms: int
    previous_ms: int


class OutboxRow(Struct, frozen=True):
    """Something for the cloud, in the order it happened. `payload` is JSON; (kind, key) names what it is about."""

    id: int
    kind: str
    key: str
    payload: str
    created_at: int


class QueueFigures(Struct, frozen=True):
    """One queue's (or all queues') figures by the rules of trade.md. None where the divisor is nought."""

    queue: QueueName | None
    """None: all together."""
    offered: int
    """Calls that reached the queue."""
    answered: int
    answered_in_target: int
    abandoned: int
    """The short ones included."""
    short_abandoned: int
    abandoned_in_target: int
    overflowed: int
    service_level: float | None
    """Default rule: answered in target / (offered - short abandons). 0 to 1."""
    service_level_of_answered: float | None
    """Answered in target / answered (Asterisk's SL)."""
    service_level_2: float | None
    """(Answered in target + abandoned in target) / (answered + abandoned) (Asterisk's SL2)."""
    service_level_strict: float | None
    """Answered in target / (answered + abandoned - abandoned in target)."""
    abandonment: float | None
    """Abandoned / offered."""
    asa_ms: int | None
    """Average speed of answer: waits of answered calls / answered."""
    aht_ms: int | None
    """Average handling time: (talk + hold + wrap-up) / answered."""
    longest_wait_ms: int
    called_out: int
    """Calls of ours that were dialled: agents' and call backs. No other figure but the charges counts them."""
    reached: int
    """Of these, the ones that were answered."""
    talk_ms: int
    """Of answered calls, as hold and wrap-up."""
    hold_ms: int
    wrap_up_ms: int
    charges_micros: int


class Figures(Struct, frozen=True):
    """Figures of a span of time (UTC ms, end not included): calls offered in it that are over."""

    since_utc_ms: int
    until_utc_ms: int
    currency: str
    calls: int
    """Every call on any line, those that never reached a queue included."""
    charges_micros: int
    """Of every call."""
    uncharged: int
    """Calls whose number no tariff covers: charged 0, and to be looked at."""
    worklist_open: int
    total: QueueFigures
    queues: tuple[QueueFigures, ...]


__all__ = [
    "AgentSegment",
    "AgentStateRow",
    "CallDetails",
    "CallRow",
    "Charge",
    "Decision",
    "Figures",
    "LegRecord",
    "OutboxRow",
    "QueueFigures",
    "RecordingRow",
    "WorklistRow",
    "WrapUpRow",
]
