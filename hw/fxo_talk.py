"""A call of an analogue line while its sound is up: whose turn the sound's clock is, and what the modem's events mean.

The driver tells when it begins and ends; this room says who answered, by what evidence, and that the far end is gone.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hw import dle
from hw.at_session import AtSession
from hw.device_loop import DeviceLoop, NamedTimers, Timer
from hw.devices import Answered, AnswerProved, Digit, EndCause, LineEvent, RingingThere
from hw.dle import EventName
from hw.fxo_calls import Evidence, FxoCall
from hw.fxo_ear import FxoEar, meaning
from hw.fxo_sound import FxoSound
from hw.fxo_timings import FxoTimings
from hw.modem_profiles import FxoProfile
from hw.signals.tone_hearer import Tone
from hw.signals.tones import CountryTone
from hw.sound_frames import SoundFrames


class FarEndGone(Protocol):
    def __call__(self, cause: EndCause, fault: str = "") -> None: ...


@dataclass(frozen=True)
class TalkHooks:
    events: Callable[[LineEvent], None]
    ring: Callable[[], None]
    """`<DLE>R` while no call's sound is up."""
    gone: FarEndGone
    """The call is over; `fault` is a sentence when the line or the modem is to blame."""
    session: AtSession


class FxoTalk:
    def __init__(
        self,
        loop: DeviceLoop,
        profile: FxoProfile,
        country: str,
        frames: SoundFrames,
        timings: FxoTimings,
        hooks: TalkHooks,
        disconnect_tone: CountryTone | None = None,
    ) -> None:
        self._loop = loop
        self._timings = timings
        self._hooks = hooks
        self._timers = NamedTimers(loop)
        self._ear = FxoEar(country, profile.echo_cancelled, self._tone, disconnect_tone)
        self._sound = FxoSound(profile.law, frames, self.noticed, timings.sound_starved_ms, self._ear)
        self._digits = dle.DigitFilter()
        self._call: FxoCall | None = None
        self._next: Timer | None = None
        """When the modem is given sound again."""
        self._told_overruns = self._told_underruns = 0

    @property
    def overruns(self) -> int:
        """Since the start: how often the modem said that it was given too much, and frames it did not take."""
        return self._told_overruns + self._sound.dropped_frames

    @property
    def underruns(self) -> int:
        """How often the modem said that it was given too little, and frames it did not send."""
        return self._told_underruns + self._sound.starved_frames

    def begin(self, call: FxoCall) -> None:
        """The call's sound is up. One that is answered already was found."""
        now_ms = self._loop.now_ms
        self._call = call
        call.online_ms = now_ms
        call.is_listened_to = self._ear.listens
        self._digits = dle.DigitFilter()
        self._sound.begin(now_ms)
        self._timers.set("sound", self._timings.sound_look_ms, self._look_at_sound)
        if call.answered:
            return
        if call.incoming or call.only_listens:
            self._answered(call, "signalled")
        else:
            self._assume_answered_after(self._timings.assume_answered_ms, call)
            if not call.emergency:
                self._timers.set("no answer", self._timings.no_answer_ms, lambda: self._hooks.gone("no_answer"))

    def end(self) -> None:
        self._call = None
        self._timers.cancel_all()
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def send_digits(self, digits: str) -> None:
        self._sound.send_digits(digits)

    def heard(self, data: bytes) -> bool:
        """Whether the modem ended the sound with these bytes."""
        if self._next is not None and self._next.due_ms <= self._loop.now_ms:
            self._next.cancel()
            self._speak()  # late: what was to be said first is said first, or the echo canceller counts wrong
        rest = self._sound.heard(data, self._loop.now_ms)
        if rest is not None:
            self._hooks.session.leave_data_mode(rest)
        elif self._call is not None and self._next is None:
            self._speak()
        return rest is not None

    def _speak(self) -> None:
        self._next = None
        session = self._hooks.session
        said = self._sound.take(session.unsent_bytes, self._loop.now_ms)
        if self._sound.due_ms is not None:
            self._next = self._loop.at(self._sound.due_ms, self._speak)
        if said:
            session.send_data(said)

    def noticed(self, code: int) -> None:
        """`<DLE><code>`, with the sound or without."""
        event = dle.EVENTS.get(code)
        if event == "overrun":
            self._told_overruns += 1
        elif event == "underrun":
            self._told_underruns += 1
        elif self._call is None:
            if event == "ring":
                self._hooks.ring()
        elif event == "ring":
            self._rings_on(self._call)
        elif event == "dial_tone" and self._is_for_keys(self._call):
            return
        elif event is not None:
            self._progress(self._call, event)
        elif (digit := self._digits.event(code)) is not None:
            self._hooks.events(Digit(digit))

    def _tone(self, tone: Tone) -> None:
        """Heard by ourselves."""
        call = self._call
        event = meaning(tone, call) if call is not None else None
        if call is None or event is None:
            return
        if tone.names == ("dial",) and self._is_for_keys(call):
            # It is told once, and who hung up then is gone all the same if nobody dials.
            self._timers.set("dial tone", self._timings.dial_tone_look_ms, self._look_at_dial_tone)
            return
        self._listen(call)
        if call.answered and call.is_doubtful(self._loop.now_ms) and tone.names != ("dial",):
            call.cause = "congestion" if tone.names[0] == "congestion" else "busy"
        self._progress(call, event)

    def _look_at_dial_tone(self) -> None:
        tone = self._ear.lasting
        if tone is not None and tone.names == ("dial",):
            self._tone(tone)

    def _listen(self, call: FxoCall) -> None:
        """How much was heard since the answer."""
        if call.answered:
            call.heard_ms += self._ear.take_heard_ms()

    def _is_for_keys(self, call: FxoCall) -> bool:
        """A dial tone now."""
        return call.answered and self._ear.sent_keys(self._timings.second_dial_tone_ms)

    def _rings_on(self, call: FxoCall) -> None:
        if self._loop.now_ms - call.online_ms >= self._timings.not_lifted_ms:
            self._hooks.gone("failed", "the modem said that it lifted the line, and it still rings")

    def _progress(self, call: FxoCall, event: EventName) -> None:
        self._listen(call)
        meaning = call.noticed(event, self._loop.now_ms)
        if meaning == "ringing_there":
            self._hooks.events(RingingThere())
        elif meaning == "answered" and call.evidence is not None:
            self._answered(call, call.evidence)
        elif meaning == "proved" and call.evidence in ("polarity", "voice_detected"):
            self._hooks.events(AnswerProved(call.evidence))
        elif meaning == "gone":
            self._hooks.gone(call.cause)
        if event == "ringback" and not call.answered:
            self._assume_answered_after(self._timings.ringback_gone_ms, call)

    def _assume_answered_after(self, wait_ms: float, call: FxoCall) -> None:
        self._timers.set("assume", wait_ms, lambda: self._answered(call, "assumed"))

    def _answered(self, call: FxoCall, evidence: Evidence) -> None:
        if self._call is call and not call.answered:
            call.answered, call.evidence, call.answered_ms = True, evidence, self._loop.now_ms
            self._ear.take_heard_ms()
            self._timers.cancel("assume", "no answer")
            self._hooks.events(Answered(evidence))

    def _is_dead(self, now_ms: float) -> bool:
        if self._call is None:
            return False
        quiet_ms = self._sound.quiet_since_ms
        limit_ms = self._call.quiet_limit_ms(quiet_ms, self._timings.dead_line_ms, self._timings.doubted_line_ms)
        return now_ms - max(quiet_ms, self._call.doubted_ms or 0.0) >= limit_ms

    def _look_at_sound(self) -> None:
        """Our clock takes over when the modem's bytes stop, up to a limit."""
        now_ms = self._loop.now_ms
        self._sound.stand_in(now_ms)
        if self._next is None:
            self._speak()
        if self._sound.lost_ms(now_ms) >= self._timings.sound_lost_ms:
            self._hooks.gone("line_lost", "the modem stopped sending sound in a call")
        elif self._is_dead(now_ms):
            self._hooks.gone("normal")
        else:
            self._timers.set("sound", self._timings.sound_look_ms, self._look_at_sound)
