"""Messages on their way out of a modem, part by part, each tried a few times, and given back when they cannot go."""

import logging
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import crc32

from hw import sms_answers
from hw.at_commands import Answer, Command
from hw.at_session import Script
from hw.sms_causes import NO_ANSWER, Cause, sending_cause
from hw.sms_events import MessageEvent, MessageFailed, MessageSent, OutgoingMessage, SmsTimings
from hw.sms_fields import Address, PduError, address_of
from hw.sms_pdu import Submit, write_submit
from hw.sms_text import UserData, split_text

log = logging.getLogger(__name__)

MAX_WAITING = 64
NO_PROMPT = Cause("modem_asked_for_no_text", True)
NOT_IN_TIME = Cause("not_sent_in_time", True)
NO_MESSAGES = Cause("line_takes_no_messages", True)
TOO_MANY = "too_many_waiting"


@dataclass
class _Outgoing:
    message: OutgoingMessage
    recipient: Address
    parts: tuple[UserData, ...]
    due_ms: float
    """Later nothing more of it is begun."""
    references: list[int] = field(default_factory=list)
    tries: int = 0
    """Of the present part."""
    not_before_ms: float = 0.0
    in_flight: bool = False
    doubt_ms: float | None = None
    """The modem has the present part and its answer was not waited for; until then it may still come."""


class SmsSending:
    """`put` messages; when `wait_ms` is 0 and nothing is in the way, run `script`."""

    def __init__(self, timings: SmsTimings, events: Callable[[MessageEvent], None]) -> None:
        self._timings = timings
        self._events = events
        self._waiting: deque[_Outgoing] = deque()
        self._reference = -1
        self._usable = True

    def put(self, message: OutgoingMessage, now_ms: float) -> None:
        if not self._usable:
            self._events(MessageFailed(message.id, NO_MESSAGES.name, NO_MESSAGES.again))
            return
        if len(self._waiting) >= MAX_WAITING:
            self._events(MessageFailed(message.id, TOO_MANY, again=True))
            return
        if self._reference < 0:
            self._reference = crc32(message.id.encode("utf-8", "replace"))  # another process begins elsewhere
        self._reference = (self._reference + 1) % 256
        try:
            recipient, parts = address_of(message.number), split_text(message.text, self._reference)
            outgoing = _Outgoing(message, recipient, parts, now_ms + self._timings.wait_ms)
            self._command(outgoing)
        except PduError as error:
            self._events(MessageFailed(message.id, "unwritable", again=False, detail=str(error)))
            return
        self._waiting.append(outgoing)

    def wait_ms(self, now_ms: float) -> float | None:
        """Until there is something to send; None when there is nothing."""
        if not self._waiting:
            return None
        doubt_ms = self._waiting[0].doubt_ms
        return max(0.0, self._waiting[0].not_before_ms - now_ms) if doubt_ms is None else max(1.0, doubt_ms - now_ms)

    def usable(self, usable: bool) -> None:
        """Whether the modem takes messages at all. One that does not keeps none waiting."""
        self._usable = usable
        self._give_back([] if usable else [*self._waiting], NO_MESSAGES)

    def due_ms(self) -> float | None:
        """When to call `overdue`."""
        return min((one.due_ms if one.doubt_ms is None else one.doubt_ms for one in self._waiting), default=None)

    def overdue(self, now_ms: float) -> None:
        """Give back what could not go in time: whoever asked must not wait for ever."""
        if self._waiting and (self._waiting[0].doubt_ms or math.inf) <= now_ms:
            self._failed(self._waiting[0], NO_ANSWER)
        self._give_back([one for one in self._waiting if one.due_ms <= now_ms], NOT_IN_TIME)

    def _give_back(self, those: list[_Outgoing], cause: Cause) -> None:
        for one in those:
            if not one.in_flight and one.doubt_ms is None:
                self._failed(one, cause)

    def lost(self) -> None:
        """The modem is gone. Whether what was in flight arrived, nobody knows: it is not sent again by itself."""
        if self._waiting and (self._waiting[0].in_flight or self._waiting[0].doubt_ms is not None):
            self._failed(self._waiting[0], NO_ANSWER)

    def script(self, now_ms: Callable[[], float], is_free: Callable[[], bool]) -> Script:
        """Send one part. PDU mode is said each time: a modem that started anew and told nobody is in text mode, and
        would send the unit's digits to whatever number its length is. `is_free`: no call came meanwhile."""
        if not self._waiting:
            return
        outgoing = self._waiting[0]
        outgoing.in_flight = True
        answer = yield Command("AT+CMGF=0", timeout_ms=self._timings.answer_ms)
        if answer.ok and is_free():
            answer = yield self._command(outgoing)
        outgoing.in_flight = False
        if answer.command.payload or not answer.ok:
            self._answered(outgoing, answer, now_ms())

    def heard(self, text: str, now_ms: float) -> bool:
        """A line nobody waits for. Whether it is the answer to the part that is in doubt."""
        if not self._waiting or self._waiting[0].doubt_ms is None or not text.startswith(("+CMGS:", "+CMS ERROR:")):
            return False
        outgoing = self._waiting[0]
        outgoing.doubt_ms = None
        if text.startswith("+CMGS:"):
            self._part_sent(outgoing, sms_answers.reference((text,)))
        else:
            self._part_not_sent(outgoing, sending_cause(text), text, now_ms)
        return True

    def _command(self, outgoing: _Outgoing) -> Command:
        message = outgoing.message
        part = outgoing.parts[len(outgoing.references)]
        pdu = write_submit(
            Submit(outgoing.recipient, part, 0, message.wants_report, validity_minutes=message.validity_minutes)
        )
        return Command(
            f"AT+CMGS={pdu.octets}",
            "+CMGS:",
            timeout_ms=self._timings.send_ms,
            payload=pdu.hex.encode("ascii"),
            prompt_ms=self._timings.answer_ms,
        )

    def _answered(self, outgoing: _Outgoing, answer: Answer, now_ms: float) -> None:
        if answer.ok or (answer.unanswered and answer.lines):  # a reference without OK: the network has it
            self._part_sent(outgoing, sms_answers.reference(answer.lines))
        elif answer.result == "withdrawn":
            log.info("a message makes way for an emergency: sent after it")
        elif answer.unanswered and answer.prompted and answer.hurried:
            outgoing.doubt_ms = now_ms + self._timings.send_ms
        else:
            unasked = answer.unanswered and not answer.prompted
            cause = NO_PROMPT if unasked else sending_cause(answer.result)
            self._part_not_sent(outgoing, cause, answer.result, now_ms)

    def _part_sent(self, outgoing: _Outgoing, reference: int) -> None:
        outgoing.references.append(reference)
        outgoing.tries = 0
        if len(outgoing.references) == len(outgoing.parts):
            self._waiting.popleft()
            self._events(MessageSent(outgoing.message.id, tuple(outgoing.references)))

    def _part_not_sent(self, outgoing: _Outgoing, cause: Cause, result: str, now_ms: float) -> None:
        retries = self._timings.send_retry_ms
        if cause.again and outgoing.tries < len(retries):
            outgoing.not_before_ms = now_ms + retries[outgoing.tries]
            outgoing.tries += 1
            log.warning("a message was not taken (%s): tried again", result)
        else:
            self._failed(outgoing, cause)

    def _failed(self, outgoing: _Outgoing, cause: Cause) -> None:
        self._waiting.remove(outgoing)
        self._events(MessageFailed(outgoing.message.id, cause.name, cause.again, len(outgoing.references)))
