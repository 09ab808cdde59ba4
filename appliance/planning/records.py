"""What happened on recorded days, as far as it is needed to let them happen again; times in ms, moments UTC ms."""

from typing import Literal

from msgspec import Struct

from appliance.acd.effects import EndReason
from appliance.acd.ids import AgentName, LineName, QueueName


class RecordedCall(Struct, frozen=True):
    """A call that came to a queue, also one that was not let in."""

    arrived_at: int
    queued: bool
    """It was let in."""
    line: LineName
    called: str
    caller: str
    queue: QueueName
    """The first it came to."""
    wait_ms: int
    end_reason: EndReason
    answered: bool
    talk_ms: int = 0
    """With holds."""
    wrap_up_ms: int = 0


class RecordedRing(Struct, frozen=True):
    """A station that rang for a call, until the agent lifted (talked), the queue's time was over (missed), or the
    station ended it."""

    ring_ms: int
    outcome: Literal["talked", "missed", "rejected", "unreachable"]


class RecordedPresence(Struct, frozen=True):
    """From this moment on an agent was there, paused or gone."""

    at: int
    agent: AgentName
    state: Literal["logged_out", "ready", "not_ready"]


class RecordedDays(Struct, frozen=True):
    """Everything between two moments; `presence` begins with how everybody was at the first of them."""

    begin: int
    end: int
    calls: tuple[RecordedCall, ...]
    rings: tuple[RecordedRing, ...]
    presence: tuple[RecordedPresence, ...]
