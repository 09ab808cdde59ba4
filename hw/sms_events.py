"""What a line device is asked about messages and reports of them: records only, with the time limits of the drivers.

As with calls, commands return at once and what came of them is an event, from the device's own thread. A message or a
report that came stays in the modem until its receiver says `message_kept(id)`: only what is safe elsewhere is emptied
from the SIM. Until then, and after a restart, it is told again with the same id.
"""

from dataclasses import dataclass
from typing import Literal

from hw.sms_assembly import PART_WAIT_MS, ReceivedMessage
from hw.sms_causes import Delivery
from hw.ussd import UssdState


@dataclass(frozen=True)
class OutgoingMessage:
    """`id` is the user's own. `validity_minutes` 0: the network's."""

    id: str
    number: str
    text: str
    wants_report: bool = True
    validity_minutes: int = 0


@dataclass(frozen=True)
class MessageCame:
    message: ReceivedMessage

    @property
    def id(self) -> str:
        return self.message.id


@dataclass(frozen=True)
class ReportCame:
    """What became of a part that was sent to `recipient` with this reference. Of `state`, `status` is the name."""

    id: str
    reference: int
    recipient: str
    state: Delivery
    status: str
    submitted_at_ms: int | None
    done_at_ms: int | None


@dataclass(frozen=True)
class MessageSent:
    """The network took every part; `references` are theirs, -1 where the modem told none."""

    id: str
    references: tuple[int, ...]


@dataclass(frozen=True)
class MessageFailed:
    """`cause` is a name of `sms_causes`, or "unwritable": then `detail` says what is wrong with it. `again`: another
    try later may do. `parts_sent` went out before."""

    id: str
    cause: str
    again: bool
    parts_sent: int = 0
    detail: str = ""


@dataclass(frozen=True)
class UssdAnswered:
    """`code` is what was asked, "" for what the network said by itself. "timeout": it said nothing in time; "refused":
    the modem did not take it, or another one is on its way."""

    code: str
    state: UssdState | Literal["timeout", "refused"]
    text: str = ""


@dataclass(frozen=True)
class MessagesHealth:
    """Whether messages can be had over this line; `detail` says why not."""

    usable: bool
    detail: str = ""


MessageEvent = MessageCame | ReportCame | MessageSent | MessageFailed | UssdAnswered | MessagesHealth


@dataclass(frozen=True)
class SmsTimings:
    """Tests may shorten these; the defaults are for real modems and networks."""

    answer_ms: int = 5_000
    list_ms: int = 20_000
    """A full memory over a slow port."""
    send_ms: int = 60_000
    """From the text to the network's answer."""
    send_retry_ms: tuple[int, ...] = (5_000, 20_000)
    """Before each further try of a part."""
    look_ms: int = 60_000
    """Between looks into the memories: a full one says nothing, and news get lost."""
    part_wait_ms: int = PART_WAIT_MS
    call_wait_ms: int = 500
    """Between looks whether a call that is in the way is over."""
    prepare_retry_ms: int = 5_000
    """A SIM is busy for a while after a start."""
    ussd_ms: int = 30_000
    wait_ms: int = 3_600_000
    """For calls, or a modem that is away, to let a message go; then it is given back."""
    hand_again_ms: int = 600_000
    """A message that is not said to be kept is told again after so long."""
