"""Which states the one call of an analogue line goes through, as a table, and what its events mean. Pure.

An analogue line says little: a ring that stops is a caller who gave up, a busy or dial tone is a far end that hung up,
and often nothing at all says that a called party answered. What a modem does tell (V.253: ringback, busy, reorder,
voice, polarity) is believed as far as each sign deserves.
"""

from dataclasses import dataclass, field
from typing import Literal

from hw.devices import EndCause
from hw.dle import EventName

LineState = Literal["down", "idle", "ringing", "answering", "dialling", "online", "ending"]
Step = Literal["ready", "ring", "ring_stopped", "answer", "dial", "connected", "adopt", "end", "ended", "lost"]
Evidence = Literal["signalled", "polarity", "voice_detected", "assumed"]
Meaning = Literal["nothing", "ringing_there", "answered", "proved", "gone"]

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
LATE_DIAL_TONE_MS = 1_500
"""The dial tone from before the number was dialled may be reported so long after."""
SWITCHING_MS = 800
"""After dialling, a break of the loop is the exchange switching, no answer."""
SETTLED_DOUBT_MS = 2_000
"""Sound so long after a sign that can mean two things is a far end that is there."""
POLARITY_SETTLES_MS = 1_500
"""One reversal may be told as breaks and reversals for so long."""
SOMEBODY_MS = 300
"""Of sound that is no tone: somebody, or a machine, is there. Clicks of an exchange are shorter."""
DOUBT_LASTS_MS = 300_000
"""After an answer that was assumed. No exchange lets it ring for so long: whoever was connected for longer talked, or
listened, however little of it was heard."""


def next_state(state: LineState, step: Step) -> LineState | None:
    """Where the step leads, None when it has no meaning now: late or stray, to be ignored. "lost" leads down always."""
    return "down" if step == "lost" else _NEXT.get((state, step))


@dataclass
class FxoCall:
    incoming: bool
    number: str = ""
    is_listened_to: bool = True
    """By us: its `heard_ms` are known."""
    emergency: bool = False
    """It rings there for as long as it takes."""
    announced: bool = False
    answered: bool = False
    """Answered was said."""
    evidence: Evidence | None = None
    by_us: bool = False
    cause: EndCause = "normal"
    online_ms: float = 0.0
    """When its sound began."""
    answered_ms: float = 0.0
    heard_ms: int = 0
    """Since Answered was said: of sound that is no tone and not our own."""
    ringback_ms: float | None = None
    """When ringing there was told last."""
    doubted_ms: float | None = None
    """Since then the far end may be gone: it is unless there is sound."""
    busy_ms: list[float] = field(default_factory=list)

    @property
    def only_listens(self) -> bool:
        """To the exchange: nobody was dialled, so no tone means anything but itself."""
        return not self.incoming and not self.number

    def is_doubtful(self, now_ms: float) -> bool:
        """Nothing but the time that went by says that it was answered: a tone of the exchange says that it was not.
        A line that nobody can listen to is not doubted: a talk taken for none is worse than a busy line for a talk."""
        listened_in_vain = self.is_listened_to and self.heard_ms < SOMEBODY_MS
        return self.evidence == "assumed" and listened_in_vain and now_ms - self.answered_ms < DOUBT_LASTS_MS

    def noticed(self, event: EventName, now_ms: float) -> Meaning:
        """What an event of the modem means for this call while its sound is up. `cause` and `evidence` say more."""
        if self.only_listens:
            return "nothing"
        if self.answered:
            return self._noticed_in_talk(event, now_ms)
        if self.incoming:
            return "nothing"
        return self._noticed_before_answer(event, now_ms)

    def quiet_limit_ms(self, quiet_since_ms: float, dead_ms: float, doubted_ms: float) -> float:
        """How long there may be no sound on the line."""
        if self.doubted_ms is not None and quiet_since_ms > self.doubted_ms + SETTLED_DOUBT_MS:
            self.doubted_ms = None
        return dead_ms if self.doubted_ms is None else doubted_ms

    def _noticed_before_answer(self, event: EventName, now_ms: float) -> Meaning:
        since_ms = now_ms - self.online_ms
        if event == "ringback":
            first = self.ringback_ms is None
            self.ringback_ms = now_ms
            return "ringing_there" if first else "nothing"
        if event in ("busy", "congestion", "refused_tone"):
            self.cause = "busy" if event == "busy" else "congestion" if event == "congestion" else "failed"
            return "gone"
        if event == "dial_tone" and since_ms >= LATE_DIAL_TONE_MS:
            self.cause = "failed"  # the exchange gave up on the number and begins anew
            return "gone"
        if event in ("voice", "answer_tone"):
            return self._answered_by("voice_detected", now_ms)
        if event == "polarity" or (event == "loop_break" and since_ms >= SWITCHING_MS):
            # The reversal at the answer breaks the loop for a moment: some modems tell that only.
            return self._answered_by("polarity", now_ms)
        return "nothing"

    def _answered_by(self, evidence: Evidence, now_ms: float) -> Meaning:
        self.evidence = evidence
        self.answered_ms = now_ms
        return "answered"

    def _noticed_in_talk(self, event: EventName, now_ms: float) -> Meaning:
        if event in ("busy", "congestion"):
            self.busy_ms = [at_ms for at_ms in self.busy_ms if now_ms - at_ms < BUSY_WITHIN_MS] + [now_ms]
            if len(self.busy_ms) < BUSY_REPORTS_TO_END:
                return "nothing"
            not_answered: EndCause = "busy" if event == "busy" else "congestion"
            self.cause = not_answered if self.is_doubtful(now_ms) else "normal"
            return "gone"
        if event in ("loop_break", "polarity") and self.evidence == "assumed" and self.ringback_ms is None:
            # Nothing told when it rang there: this is the answer, or the end. What comes after it will tell.
            self.evidence, self.answered_ms, self.doubted_ms = "polarity", now_ms, now_ms
            return "proved" if event == "polarity" else "nothing"
        if event in ("voice", "answer_tone") and self.evidence == "assumed" and self.heard_ms >= SOMEBODY_MS:
            self.evidence = "voice_detected"  # the modem's word alone may be about our own voice, which comes back
            return "proved"
        settled = self.evidence != "polarity" or now_ms - self.answered_ms >= POLARITY_SETTLES_MS
        if event == "dial_tone" or (event == "loop_break" and settled):
            return "gone"
        if event == "loop_break":
            self.doubted_ms = now_ms  # a reversal's break, or one who hung up at once
            return "nothing"
        if event == "polarity" and self.evidence == "polarity" and settled:
            return "gone"  # back to how it was before the answer
        return "nothing"
