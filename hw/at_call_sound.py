"""A GSM call's sound path as scripts of commands: switched on when the call is up, watched, switched off after it."""

from collections.abc import Callable
from dataclasses import dataclass

from hw.at_card_sound import AtCardSound
from hw.at_commands import Command
from hw.at_session import Pause, Script
from hw.at_sound import AtSound
from hw.device_loop import NamedTimers
from hw.modem_profiles import GsmSound


@dataclass(frozen=True)
class SoundTimings:
    tries: int = 3
    retry_ms: int = 300
    silent_ms: int = 2_000
    """No byte of sound for so long in a call is a fault of the sound path."""


class CallSound:
    """`is_up`: whether the call still is. `sick(fault)`: the modem needs a restart once it is free."""

    def __init__(
        self,
        sound: AtSound | AtCardSound | None,
        profile: GsmSound,
        timers: NamedTimers,
        timings: SoundTimings,
        answer_ms: int,
        is_up: Callable[[], bool],
        sick: Callable[[str], None],
    ) -> None:
        self._sound = sound
        self._profile = profile
        self._timers = timers
        self._timings = timings
        self._answer_ms = answer_ms
        self._is_up = is_up
        self._sick = sick

    def end(self) -> None:
        if self._sound is not None:
            self._sound.end()

    def switch_on(self) -> Script:
        if self._sound is None:
            return
        for attempt in range(self._timings.tries):
            accepted, refused = True, False
            for text in self._profile.on:
                answer = yield Command(text, timeout_ms=self._answer_ms)
                accepted = answer.ok
                refused = not answer.ok and not answer.unanswered
            if not self._is_up():
                return
            if accepted:
                self._sound.begin()
                self._timers.set("silent", self._timings.silent_ms, self._is_it_silent)
                return
            if attempt == 0 and refused and self._profile.first_try_must_succeed:
                self._sick("the modem refused to start its sound; it is restarted after this call")
            if not refused:
                yield from self.switch_off()  # its OK may be lost: then it is on, and refuses to be again
            yield Pause(self._timings.retry_ms)
        self._sick("the modem does not start its sound; it is restarted after this call")

    def switch_off(self) -> Script:
        """By the first way this firmware takes. An ERROR to all is that of a modem which did it by itself."""
        for text in self._profile.off:
            answer = yield Command(text, timeout_ms=self._answer_ms)
            if answer.ok:
                return

    def _is_it_silent(self) -> None:
        if self._sound is not None and self._sound.flowing and not self._sound.heard_bytes:
            self._sick("the modem sends no sound; it is restarted after this call")
