"""A modem's driver with messages against its twin over a real pseudo-terminal, with waits shortened for tests."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from hw.at_modem import AtModem
from hw.at_modem_sim import AtFaults, AtModemTwin
from hw.modem_profiles import read_gsm_profile
from hw.sms_events import MessageCame, MessageEvent, MessagesHealth, OutgoingMessage, SmsTimings
from hw.sms_modem_sim import SentPart, SmsFaults
from tests.hw.modem_rig import QUICK_GSM, Events, quick_gsm_faults
from tests.waiting import PATIENCE_S

E = TypeVar("E", bound=MessageEvent)
MODELS = ("sim7600", "ec25", "generic_27007")
QUICK = SmsTimings(
    answer_ms=400,
    list_ms=800,
    send_ms=500,
    send_retry_ms=(50, 100),
    look_ms=400,
    part_wait_ms=60_000,
    call_wait_ms=50,
    prepare_retry_ms=50,
    ussd_ms=400,
    hand_again_ms=60_000,
)


class MessageEvents:
    """What a device reported of messages, in order; `next` takes the next of one kind and leaves the others."""

    def __init__(self) -> None:
        self.all: list[MessageEvent] = []
        self._taken: set[int] = set()
        self._came = threading.Condition()

    def put(self, event: MessageEvent) -> None:
        with self._came:
            self.all.append(event)
            self._came.notify_all()

    def next(self, kind: type[E], timeout_s: float = PATIENCE_S) -> E:
        deadline = time.monotonic() + timeout_s
        with self._came:
            while True:
                for number, event in enumerate(self.all):
                    if number not in self._taken and isinstance(event, kind):
                        self._taken.add(number)
                        return event
                left_s = deadline - time.monotonic()
                assert left_s > 0, f"no {kind.__name__} within {timeout_s:g} s; there was {self.all}"
                self._came.wait(left_s)

    def of(self, kind: type[E]) -> list[E]:
        with self._came:
            return [event for event in self.all if isinstance(event, kind)]


@dataclass
class SmsRig:
    folder: Path
    model: str
    faults: AtFaults
    timings: SmsTimings
    news: MessageEvents = field(default_factory=MessageEvents)
    calls: Events = field(default_factory=Events)

    def __post_init__(self) -> None:
        self.twin = AtModemTwin(self.folder, name=self.model, model=self.model, faults=self.faults)
        self.twin.start()
        self.modem = self.new_modem()

    def new_modem(self) -> AtModem:
        return AtModem(
            name=self.model,
            profile=read_gsm_profile(self.model),
            port=self.twin.port,
            audio_port=self.twin.audio_port,
            events=self.calls.put,
            messages=self.news.put,
            timings=replace(QUICK_GSM, messages=self.timings),
        )

    def restart_process(self) -> None:
        """What the modem said is forgotten, as when the process is killed."""
        self.modem.close()
        self.modem = self.new_modem()
        self.modem.start()

    def send(self, text: str, message_id: str = "m1", number: str = "+34600123123") -> None:
        self.modem.send_message(OutgoingMessage(message_id, number, text))

    def came_and_kept(self) -> MessageCame:
        came = self.news.next(MessageCame)
        self.modem.message_kept(came.id)
        return came

    @property
    def sent(self) -> list[SentPart]:
        return self.twin.with_messages(lambda messages: [*messages.sent])

    @property
    def stored(self) -> dict[str, int]:
        """How many units lie in each memory."""
        return self.twin.with_messages(lambda messages: {name: len(one) for name, one in messages.memories.items()})

    def deliver(self, text: str, sender: str = "+34611222333", reference: int = 0) -> None:
        self.twin.with_messages(lambda messages: messages.deliver(sender, text, reference))

    def close(self) -> None:
        self.modem.close()
        self.twin.close()


@contextmanager
def sms_rig(
    folder: Path,
    model: str,
    messages: SmsFaults | None = None,
    timings: SmsTimings = QUICK,
    faults: AtFaults | None = None,
    before: Callable[[SmsRig], None] = lambda rig: None,
) -> Iterator[SmsRig]:
    """A rig whose driver has said that messages are usable; `before` is done before the driver starts."""
    faults = faults or quick_gsm_faults()
    faults.messages = messages or faults.messages
    one = SmsRig(folder, model, faults, timings)
    try:
        before(one)
        one.modem.start()
        assert one.news.next(MessagesHealth).usable
        yield one
    finally:
        one.close()
