"""What the store remembers of the call centre, as records: what a power cut leaves, given back by RestoreDurable."""

from typing import Literal

from msgspec import Struct

from appliance.acd.ids import AgentName, LineName, MessageId, QueueName, StationName


class DurableAgent(Struct, frozen=True, forbid_unknown_fields=True):
    agent: AgentName
    state: Literal["logged_out", "ready", "not_ready"]
    station: StationName | None = None
    reason: str = ""
    since_utc_ms: int = 0
    day: str = ""
    """The local day, as 2026-11-22, that the two counts are of: the last one with a call. "" when there is none."""
    calls_today: int = 0
    talk_today_ms: int = 0
    """With holds."""


class DurableQueue(Struct, frozen=True, forbid_unknown_fields=True):
    queue: QueueName
    last_rung: AgentName | None = None
    talked_ms: tuple[int, ...] = ()
    """How long its last calls kept their agents on the phone, holds included, the oldest first; bounded."""


class DurableLastAgent(Struct, frozen=True, forbid_unknown_fields=True):
    """Who talked with a number last, and when that call came."""

    number: str
    agent: AgentName
    at_utc_ms: int


class DurableWorklistItem(Struct, frozen=True, forbid_unknown_fields=True):
    number: str
    queue: QueueName | None
    reason: str
    since_utc_ms: int
    attempts: int = 1
    callback_place_utc_ms: int = 0
    callback_tries: int = 0


class DurableMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """A message that was not sent yet, or of which nobody knows: it was being sent."""

    message: MessageId
    line: LineName
    number: str
    text: str
    by: str
    parts: int
    queued_at_utc_ms: int
    was_being_sent: bool
    tries: int = 0


class DurableMessageCount(Struct, frozen=True, forbid_unknown_fields=True):
    """Parts a line was asked to send on a local day, as 2026-11-22."""

    line: LineName
    day: str
    parts: int


class DurableLine(Struct, frozen=True, forbid_unknown_fields=True):
    """How much of its contract's minutes a line has used since a local day, with the calls the power ended."""

    line: LineName
    since_day: str
    used_ms: int
