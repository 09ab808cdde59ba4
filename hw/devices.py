"""What a line device and a handset port promise to whoever uses them: the interface between devices and calls.

A device runs a thread of its own, which it starts in `start` and ends in `close`. It reports by calling the `events`
callable it was made with, always from that thread; the receiver only queues. Commands may be given from any thread and
return at once: what came of them is an event. A device reports its own faults (`Health`), recovers by itself with a
bounded back-off, and never raises out of its thread.

Sound is exchanged in the device's own clock: the device calls `exchange(heard)` with n samples it received and gets n
samples to send, or the number it asks for when it is given and gives at different moments. Both are signed 16-bit
little-endian mono at 8,000 Hz. Real devices and their twins keep the same contract, and the same contract test runs
over both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

SAMPLE_RATE_HZ = 8000
FRAME_BYTES = 320
"""20 ms of sound."""

EndCause = Literal["normal", "busy", "no_answer", "rejected", "congestion", "failed", "line_lost"]


SoundExchange = Callable[[bytes], bytes]
"""Whoever uses a device's sound: takes samples the device received and gives as many to send."""


class PacedExchange(Protocol):
    """The same for a device that is given sound and asked for it at different moments."""

    def __call__(self, heard: bytes, said_bytes: int | None = None, /) -> bytes:
        """As many bytes as it takes, or `said_bytes`."""


@dataclass(frozen=True)
class Ringing:
    """A call arrives. Sent once a call, when the caller's number is known or will not come any more (`caller` "")."""

    caller: str
    called: str = ""
    caller_name: str = ""


@dataclass(frozen=True)
class Dialling:
    """The dialled call is on its way (accepted by the device)."""


@dataclass(frozen=True)
class RingingThere:
    """The far end rings."""


@dataclass(frozen=True)
class Answered:
    """The call is connected, whoever dialled."""

    evidence: Literal["signalled", "polarity", "voice_detected", "assumed"]


@dataclass(frozen=True)
class AnswerProved:
    """That the call was answered was only assumed; now there is evidence. Said once a call at most."""

    evidence: Literal["polarity", "voice_detected"]


@dataclass(frozen=True)
class Waiting:
    """A second caller, while a call is up (call waiting). Said once each; one waits at a time. They wait until
    WaitingOver, or until the call that is up ends: if they are still there they ring then, and Ringing is said."""

    caller: str


@dataclass(frozen=True)
class WaitingOver:
    """The second caller gave up, or was told busy (`by_us`)."""

    by_us: bool = False


@dataclass(frozen=True)
class OnHold:
    """The call was put on hold, or taken back."""

    held: bool


@dataclass(frozen=True)
class Ended:
    """The call is over, said once for each call that was Ringing, Dialling, Answered or Found. Busy or congestion
    after an answer that was assumed: there was none."""

    cause: EndCause
    by_us: bool = False


@dataclass(frozen=True)
class Found:
    """At start the device already had a call up (the process before us died): it goes on."""

    number: str
    state: Literal["ringing", "dialling", "answered"]
    incoming: bool


@dataclass(frozen=True)
class Digit:
    digit: str


@dataclass(frozen=True)
class Health:
    """How the device is. `detail` is one plain sentence; signal 0 to 100, -1 where there is no such thing."""

    state: Literal["starting", "up", "degraded", "down"]
    detail: str
    signal_percent: int = -1
    operator: str = ""
    overruns: int = 0
    """Of the sound, both ways, since the device's start: what came or went faster than it was taken."""
    underruns: int = 0
    """What did not come or go in time."""
    sim: str = ""
    """The ICCID of the SIM (ITU-T E.118), where there is one and the device says it."""


LineEvent = (
    Ringing
    | Dialling
    | RingingThere
    | Answered
    | AnswerProved
    | Waiting
    | WaitingOver
    | OnHold
    | Ended
    | Found
    | Digit
    | Health
)


class LineDevice(Protocol):
    """One telephone line: at most one call at a time."""

    def start(self) -> None: ...
    def answer(self) -> None: ...
    def dial(self, number: str, emergency: bool = False) -> None:
        """Dialling, or Ended, follows. An emergency is dialled without an operator's registration too."""

    def hang_up(self) -> None:
        """End the call, or refuse the one that rings. Ended(by_us=True) follows; nothing does when there is none."""

    def send_digits(self, digits: str) -> None: ...
    def attach_sound(self, exchange: PacedExchange) -> None:
        """From now on, while the call is connected, exchange sound. Buffers are flushed first, so a second call never
        hears the first one."""

    def detach_sound(self) -> None: ...
    def close(self) -> None: ...


@runtime_checkable
class Liftable(Protocol):
    """A line device that can be lifted without dialling, to listen to the exchange."""

    def listen(self) -> None:
        """Answered, or Ended, follows; what is heard means nothing but itself, and it ends when it is hung up."""


@dataclass(frozen=True)
class HookLifted:
    pass


@dataclass(frozen=True)
class HookReplaced:
    pass


@dataclass(frozen=True)
class PortHealth:
    state: Literal["up", "down"]
    detail: str


HandsetEvent = HookLifted | HookReplaced | PortHealth


class HandsetDevice(Protocol):
    """One desk handset on the box: hook switch, ringer/lamp, and sound by ALSA."""

    def start(self) -> None: ...
    def ring(self, on: bool) -> None: ...
    def attach_sound(self, exchange: SoundExchange) -> None: ...
    def detach_sound(self) -> None: ...
    def close(self) -> None: ...
