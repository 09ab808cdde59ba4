"""Which states the one call of an analogue line goes through, as a table, and what its events mean. Pure.

An analogue line says little: a ring that stops is a caller who gave up, a busy or dial tone is a far end that hung up,
and nothing at all says that a called party answered.
"""

from dataclasses import dataclass, field
from typing import Literal

from hw.devices import EndCause

LineState = Literal["down", "idle", "ringing", "answering", "dialling", "online", "ending"]
Step = Literal["ready", "ring", "ring_stopped", "answer", "dial", "connected", "adopt", "end", "ended", "lost"]

_NEXT: dict[tuple[LineState, Step], LineState] = {
    ("down", "ready"): "idle",
    ("down", "adopt"): "online",
    ("idle", "ring"): "ringing",
    ("ringing", "ring"): "ringing",
    ("ringing", "ring_stopped"): "idle",
    ("ringing", "answer"): "answering",
    ("ringing", "end"): "ending",  # refused
    ("idle", "dial"): "dialling",
    ("answering", "connected"): "online",
    ("dialling", "connected"): "online",
    ("answering", "end"): "ending",
    ("dialling", "end"): "ending",
    ("online", "end"): "ending",
    ("ending", "ended"): "idle",
}
BUSY_REPORTS_TO_END = 2
"""A talker can sound like a busy tone once; the tone itself is reported again about every 4 s."""
BUSY_WITHIN_MS = 12_000


def next_state(state: LineState, step: Step) -> LineState | None:
    """Where the step leads, None when it has no meaning now: late or stray, to be ignored. "lost" leads down always."""
    return "down" if step == "lost" else _NEXT.get((state, step))


@dataclass
class FxoCall:
    incoming: bool
    number: str = ""
    announced: bool = False
    answered: bool = False
    """Answered was said."""
    by_us: bool = False
    cause: EndCause = "normal"
    busy_ms: list[float] = field(default_factory=list)

    def heard_busy(self, now_ms: float) -> bool:
        """Whether the far end is gone: at once while we wait for an answer, on a repetition once people talk."""
        self.busy_ms = [at_ms for at_ms in self.busy_ms if now_ms - at_ms < BUSY_WITHIN_MS] + [now_ms]
        if self.answered:
            return len(self.busy_ms) >= BUSY_REPORTS_TO_END
        self.cause = "busy"
        return True
