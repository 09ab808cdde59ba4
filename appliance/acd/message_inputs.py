"""What happens with text messages, as inputs of the ACD: said by the switch, wanted by people, done by the store.

A message that came has the same `id` however often it is told; it is told again until `MessageKept` goes back.
"""

from typing import Literal

from msgspec import Struct

from appliance.acd.ids import LineName, MessageId

NetworkState = Literal["done", "wants_reply", "ended", "elsewhere", "not_supported", "no_answer", "timeout", "refused"]


class _Input(Struct, frozen=True, tag_field="type", tag=True, forbid_unknown_fields=True):
    pass


class MessageCame(_Input, frozen=True):
    """Somebody wrote to a line. `text` marks what is missing as `[…2/3…]`. `sent_at_utc_ms` is the network's, 0 when it
    told nonsense. `octets` (hexadecimal) is what is no text; `unreadable` says why nothing could be read of it."""

    line: LineName
    message: MessageId
    sender: str
    text: str
    sent_at_utc_ms: int = 0
    parts: int = 1
    missing: tuple[int, ...] = ()
    octets: str = ""
    unreadable: str = ""


class MessageSent(_Input, frozen=True):
    """The network took every part; its references, in order, -1 where none was told."""

    line: LineName
    message: MessageId
    references: tuple[int, ...]


class MessageFailed(_Input, frozen=True):
    """It could not be sent; `again`: later it may be. `cause` is a name of 3GPP TS 27.005, `detail` a sentence."""

    line: LineName
    message: MessageId
    cause: str
    again: bool = False
    parts_sent: int = 0
    detail: str = ""


class MessageReported(_Input, frozen=True):
    """The network says what became of a part sent to `recipient` with this reference; told again like MessageCame."""

    line: LineName
    report: MessageId
    reference: int
    recipient: str
    state: Literal["delivered", "pending", "failed"]
    status: str
    done_at_utc_ms: int = 0


class NetworkAnswered(_Input, frozen=True):
    """What the network answered to `code` (USSD; "" for what it said by itself). `state` is 3GPP TS 27.007's, or
    timeout (it said nothing in time) or refused (the modem did not take the question)."""

    line: LineName
    code: str
    state: NetworkState
    text: str = ""


class SendMessage(_Input, frozen=True):
    """Write to a number, over `line` or the first that may. `message` is the asker's own name for it: asking again
    is refused, also when it went or failed a while ago."""

    message: MessageId
    number: str
    text: str
    by: str
    line: LineName | None = None


class StoredMessage(Struct, frozen=True, forbid_unknown_fields=True):
    line: LineName
    message: MessageId


class MessagesStored(_Input, frozen=True):
    """These messages and reports that came are on the disk: the modem may empty them."""

    messages: tuple[StoredMessage, ...]


MessageInput = MessageCame | MessageSent | MessageFailed | MessageReported | NetworkAnswered
"""What the switch says."""
