"""What the ACD wants done about text messages: by the switch, and by the store."""

from typing import Literal

from msgspec import Struct

from appliance.acd.ids import LineName, MessageId

OutgoingState = Literal["queued", "sending", "sent", "failed"]
"""`delivered` is the store's to say: it sees the reports."""


class _Effect(Struct, frozen=True, tag_field="type", tag=True, forbid_unknown_fields=True):
    pass


class SendText(_Effect, frozen=True):
    """Send a message over a line, when its calls leave room. MessageSent or MessageFailed follows."""

    line: LineName
    message: MessageId
    number: str
    text: str


class MessageKept(_Effect, frozen=True):
    """The message or report that came is safe: empty it from the modem."""

    line: LineName
    message: MessageId


class AskNetwork(_Effect, frozen=True):
    """Ask the network by this code (USSD, as *100#). NetworkAnswered follows."""

    line: LineName
    code: str


class StoreIncomingMessage(_Effect, frozen=True):
    """Somebody wrote. One that is stored already changes nothing."""

    message: MessageId
    line: LineName
    number: str
    text: str
    at_utc_ms: int
    sent_at_utc_ms: int
    parts: int
    missing: tuple[int, ...]
    octets: str
    unreadable: str


class StoreOutgoingMessage(_Effect, frozen=True):
    """A message of ours came into this state. `parts` is what it counts for; `references` once it is sent."""

    message: MessageId
    line: LineName
    number: str
    text: str
    by: str
    state: OutgoingState
    queued_at_utc_ms: int
    at_utc_ms: int
    parts: int
    tries: int
    cause: str = ""
    detail: str = ""
    references: tuple[int, ...] = ()


class StoreMessageReport(_Effect, frozen=True):
    report: MessageId
    line: LineName
    reference: int
    number: str
    state: Literal["delivered", "pending", "failed"]
    status: str
    at_utc_ms: int


MessageSwitchEffect = SendText | MessageKept | AskNetwork
MessageStoreEffect = StoreIncomingMessage | StoreOutgoingMessage | StoreMessageReport
