"""A modem's text messages as a line's: what its device reports becomes inputs, what the ACD wants goes to the device.

Both sides name the same message by the same id, so nothing is remembered here.
"""

from collections.abc import Callable
from typing import Protocol

from appliance.acd.ids import LineName, MessageId
from appliance.acd.message_inputs import (
    MessageCame,
    MessageFailed,
    MessageInput,
    MessageReported,
    MessageSent,
    NetworkAnswered,
)
from appliance.configuration.file import Line
from appliance.switch.lines.device_line import DeviceLine
from hw import sms_events as hw
from hw.devices import LineDevice, LineEvent

MAX_TEXT = 40_000
"""Characters: 255 parts have no more."""


class MessageDevice(LineDevice, Protocol):
    """A modem that can write; what it says of it is in `hw.sms_events`."""

    def send_message(self, message: hw.OutgoingMessage) -> None: ...
    def message_kept(self, message_id: str) -> None: ...
    def ask_network(self, code: str) -> None: ...


def as_input(line: LineName, event: hw.MessageEvent) -> MessageInput | None:
    """None for what the ACD does not follow."""
    match event:
        case hw.MessageCame(message):
            return MessageCame(
                line,
                MessageId(message.id),
                message.sender,
                message.text[:MAX_TEXT],
                message.sent_at_ms or 0,
                message.parts,
                message.missing,
                message.octets.hex(),
                message.unreadable,
            )
        case hw.ReportCame():
            return MessageReported(
                line,
                MessageId(event.id),
                event.reference,
                event.recipient,
                event.state,
                event.status,
                event.done_at_ms or 0,
            )
        case hw.MessageSent(message_id, references):
            return MessageSent(line, MessageId(message_id), references)
        case hw.MessageFailed():
            return MessageFailed(line, MessageId(event.id), event.cause, event.again, event.parts_sent, event.detail)
        case hw.UssdAnswered(code, state, text):
            return NetworkAnswered(line, code, state, text)
    return None


class MessageLine(DeviceLine):
    """A line whose device can write too: a `legs.MessageDriver`."""

    def __init__(
        self,
        line: Line,
        make: Callable[[Callable[[LineEvent], None], Callable[[hw.MessageEvent], None]], MessageDevice],
    ) -> None:
        self._make = make
        self._writer: MessageDevice
        super().__init__(line, self._make_writer)

    def _make_writer(self, events: Callable[[LineEvent], None]) -> LineDevice:
        self._writer = self._make(events, self._of_messages)
        return self._writer

    def send_message(self, message: MessageId, number: str, text: str) -> None:
        self._writer.send_message(hw.OutgoingMessage(message, number, text))

    def message_kept(self, message: MessageId) -> None:
        self._writer.message_kept(message)

    def ask_network(self, code: str) -> None:
        self._writer.ask_network(code)

    def _of_messages(self, event: hw.MessageEvent) -> None:
        """On the device's thread."""
        self._exchange.post(self._on_message, event)

    def _on_message(self, event: hw.MessageEvent) -> None:
        one = as_input(self.name, event)
        if one is not None:
            self._exchange.said_of_messages(one)
