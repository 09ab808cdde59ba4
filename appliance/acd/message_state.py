"""What is remembered of messages on their way out: each until it is sent or given up, and how many went over a line."""

from typing import Literal

from msgspec import Struct, field

from appliance.acd.ids import LineName, MessageId


class Outgoing(Struct):
    id: MessageId
    line: LineName
    number: str
    text: str
    by: str
    parts: int
    queued_ms: int
    queued_utc_ms: int
    state: Literal["queued", "sending"] = "queued"
    tries: int = 0
    not_before_ms: int = 0


class LineMessages(Struct):
    """Parts over one line: those of the last minute with their times, and the local day's."""

    recent: list[tuple[int, int]] = field(default_factory=list)
    day: str = ""
    today: int = 0


class Messages(Struct):
    outgoing: dict[MessageId, Outgoing] = field(default_factory=dict)
    """In the order in which they were asked for."""
    done: dict[str, None] = field(default_factory=dict)
    """Of those that went or were given up, the oldest first; bounded."""
    lines: dict[LineName, LineMessages] = field(default_factory=dict)
