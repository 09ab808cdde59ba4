"""The calls of a GSM modem as scripts of commands: answering, dialling, hanging up, the call list, why a call ended.

Which news to believe is decided in `at_call`; when the port is there and the modem healthy, in `at_modem`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from hw import at_answers
from hw.at_call import CallTracker, TrackedCall
from hw.at_commands import Answer, Command, Urc
from hw.at_session import AtSession, Pause, Script
from hw.at_sound import AtSound
from hw.device_loop import DeviceLoop, NamedTimers
from hw.devices import Dialling, Digit, EndCause, Ended, LineEvent
from hw.modem_profiles import GsmProfile

_DIALABLE = re.compile(r"^\+?[0-9*#]{1,32}$")
_DIGITS = "0123456789*#ABCD"
MAX_DIGITS_AT_ONCE = 64
_RESULT_CAUSES: dict[str, EndCause] = {
    "BUSY": "busy",
    "NO ANSWER": "no_answer",
    "NO DIALTONE": "congestion",
    "NO DIAL TONE": "congestion",
}


@dataclass(frozen=True)
class CallTimings:
    answer_ms: int = 3_000
    call_answer_ms: int = 8_000
    """ATD and ATA."""
    number_wait_ms: int = 1_500
    """After the first ring, for the caller's number."""
    poll_setting_up_ms: int = 500
    poll_ringing_ms: int = 1_000
    poll_active_ms: int = 2_000
    sound_tries: int = 3
    sound_retry_ms: int = 300
    sound_silent_ms: int = 2_000
    """No byte of sound for so long in a call is a fault of the sound path."""
    hang_up_polls: int = 5
    hang_up_poll_ms: int = 300


class AtCalls:
    """All methods in the loop's thread. `sick(fault)`: the modem needs a restart once it is free; `free` says when."""

    def __init__(
        self,
        loop: DeviceLoop,
        session: AtSession,
        sound: AtSound | None,
        profile: GsmProfile,
        timings: CallTimings,
        events: Callable[[LineEvent], None],
        sick: Callable[[str], None],
        free: Callable[[], Script],
    ) -> None:
        self._loop = loop
        self._session = session
        self._sound = sound
        self._profile = profile
        self._timings = timings
        self._events = events
        self._sick = sick
        self._free = free
        self._tracker = CallTracker(events, self._is_over)
        self._timers = NamedTimers(loop)
        self._list_waits = False
        self._end_result = ""

    @property
    def busy(self) -> bool:
        return self._tracker.call is not None

    @property
    def quiet(self) -> bool:
        """There is no call, or a connected one: a short command is in nobody's way."""
        call = self._tracker.call
        return call is None or not (call.ending or call.state in ("incoming", "dialling", "alerting"))

    def lost(self) -> None:
        """The modem is gone, and the call with it."""
        self._timers.cancel_all()
        self._list_waits = False
        if self._sound is not None:
            self._sound.end()
        call = self._tracker.lost()
        if call is not None:
            self._events(Ended("line_lost", by_us=call.ending))

    def adopt(self) -> Script:
        """At start: a call that is up goes on."""
        answer = yield Command("AT+CLCC", "+CLCC:", answer_optional=True, timeout_ms=self._timings.answer_ms, tries=2)
        self._tracker.adopt(at_answers.call_list(answer.lines), self._loop.now_ms)

    def resume(self) -> None:
        """The modem is ready: look after the call that was adopted, of which nothing was heard since the list."""
        self._changed(None)
        if self._tracker.call is not None:
            self._list_calls()

    # News from the modem.

    def urc(self, urc: Urc) -> None:
        now_ms = self._loop.now_ms
        if urc.kind == "ring":
            self._tracker.ring(now_ms)
            self._rings()
        elif urc.kind == "caller":
            self._tracker.caller(at_answers.caller(urc.text), now_ms)
            self._rings()
        elif urc.kind == "call_list":
            self._seen(at_answers.listed_call(urc.text))
        elif urc.kind == "call_info":
            self._seen(at_answers.announced_call(urc.text))
        elif urc.kind == "call_active":
            self._list_calls()
        elif urc.kind == "call_over":
            self._end_result = urc.text
            self._tracker.hinted_over(now_ms)
            self._list_calls()
        elif urc.kind == "digit":
            self._digit(at_answers.fields(urc.text))

    def _rings(self) -> None:
        """A call rings: ask the list for its number, and to know that it is true."""
        call = self._tracker.call
        if call is None or call.announced or "number" in self._timers:
            return
        self._timers.set("number", self._timings.number_wait_ms, self._tracker.number_will_not_come)
        self._list_calls()

    def _seen(self, listed: at_answers.ListedCall | None) -> None:
        if listed is None:
            return
        before = self._state()
        self._tracker.seen(listed, self._loop.now_ms)
        if listed.status == "over":
            self._list_calls()
        elif listed.status == "incoming":
            self._rings()
        self._changed(before)

    def _digit(self, values: list[str]) -> None:
        if not values or self._tracker.call is None:
            return
        coded = self._profile.digit_urc == "code" and values[0].isdigit() and int(values[0]) < 128
        digit = chr(int(values[0])) if coded else values[0]
        if len(digit) == 1 and digit in _DIGITS:
            self._events(Digit(digit))

    def _list_calls(self) -> None:
        """Ask the call list now, unless that waits already."""
        if not self._list_waits:
            self._list_waits = True
            self._session.run(self._waiting_list(), urgent=True)

    def _waiting_list(self) -> Script:
        self._list_waits = False
        yield from self._list()

    def _list(self) -> Script:
        asked_ms = self._loop.now_ms
        answer = yield Command("AT+CLCC", "+CLCC:", answer_optional=True, timeout_ms=self._timings.answer_ms)
        before = self._state()
        if answer.ok:
            self._tracker.listed(at_answers.call_list(answer.lines), asked_ms, self._loop.now_ms)
        self._changed(before)

    def _state(self) -> str | None:
        return self._tracker.call.state if self._tracker.call is not None else None

    def _changed(self, before: str | None) -> None:
        call = self._tracker.call
        if call is None:
            return
        if call.state == "active" and before != "active":
            self._timers.cancel("number")
            self._session.run(self._sound_on(), urgent=True)
        timings = self._timings
        wait_ms = {"active": timings.poll_active_ms, "incoming": timings.poll_ringing_ms}.get(
            call.state, timings.poll_setting_up_ms
        )
        if call.over_hint_ms is not None or call.empty_lists:
            wait_ms = timings.poll_setting_up_ms
        self._timers.set("poll", wait_ms, self._poll)

    def _poll(self) -> None:
        if self._tracker.call is not None:
            self._list_calls()

    # What the user wants.

    def answer(self) -> None:
        call = self._tracker.call
        if call is not None and call.state == "incoming" and call.announced:
            self._session.run(self._answer_script(call), urgent=True)

    def _answer_script(self, call: TrackedCall) -> Script:
        if self._tracker.call is not call:
            return
        answer = yield Command("ATA", call_results=True, timeout_ms=self._timings.call_answer_ms)
        if not answer.ok and not answer.unanswered:
            self._tracker.hinted_over(self._loop.now_ms)
        yield from self._list()

    def dial(self, number: str, in_service: bool) -> None:
        call = self._tracker.call
        if call is not None:
            if not call.announced:
                self._events(Ended("congestion"))  # a call is just arriving
        elif not in_service:
            self._events(Ended("line_lost"))
        elif not _DIALABLE.match(number):
            self._events(Ended("failed"))
        else:
            self._session.run(self._dial_script(self._tracker.dial(number, self._loop.now_ms)), urgent=True)

    def _dial_script(self, call: TrackedCall) -> Script:
        command = Command(f"ATD{call.number};", call_results=True, timeout_ms=self._timings.call_answer_ms)
        self._end_result = ""
        answer = yield command
        if answer.unanswered:
            # Its OK may be lost and the call on its way: the list knows.
            listed = yield Command("AT+CLCC", "+CLCC:", answer_optional=True, timeout_ms=self._timings.answer_ms)
            ours = any(not one.incoming for one in at_answers.call_list(listed.lines))
            answer = Answer(command, "OK" if ours else "ERROR")
        if not answer.ok:
            self._end_result = answer.result
            self._tracker.over(self._loop.now_ms)
            return
        call.accepted = True
        call.since_ms = self._loop.now_ms
        self._events(Dialling())
        yield from self._list()

    def send_digits(self, digits: str) -> None:
        if self._state() == "active":
            self._session.run(self._digits_script(digits[:MAX_DIGITS_AT_ONCE]))

    def _digits_script(self, digits: str) -> Script:
        for digit in digits:
            if digit in _DIGITS:
                yield Command(self._profile.digit.replace("{digit}", digit), timeout_ms=self._timings.answer_ms)

    # How calls end.

    def hang_up(self) -> None:
        call = self._tracker.call
        if call is not None and call.announced and not call.ending:
            call.ending = True
            self._session.run(self._hang_up_script(call), urgent=True)

    def _hang_up_script(self, call: TrackedCall) -> Script:
        for text in self._profile.hang_up:
            if self._tracker.call is not call:
                return
            yield Command(text, timeout_ms=self._timings.answer_ms)
            self._tracker.hinted_over(self._loop.now_ms)
            for _ in range(self._timings.hang_up_polls):
                yield from self._list()
                if self._tracker.call is not call:
                    return
                yield Pause(self._timings.hang_up_poll_ms)
        if self._tracker.call is call:
            self._sick("the modem did not hang up")
            self._tracker.over(self._loop.now_ms)

    def _is_over(self, call: TrackedCall) -> None:
        """The tracker is sure. Ended is said once its cause is known."""
        self._timers.cancel_all()
        if self._sound is not None:
            self._sound.end()
        cause: EndCause | None = "normal"
        if not (call.ending or call.incoming or call.state == "active"):
            cause = _RESULT_CAUSES.get(self._end_result)
        if cause is not None:
            self._say_ended(call, cause)
        self._session.run(self._afterwards(call, cause), urgent=True)

    def _say_ended(self, call: TrackedCall, cause: EndCause) -> None:
        self._end_result = ""
        self._events(Ended(cause, by_us=call.ending))
        self._tracker.settled()

    def _afterwards(self, call: TrackedCall, cause: EndCause | None) -> Script:
        if cause is None:
            answer = yield Command("AT+CEER", "+CEER:", timeout_ms=self._timings.answer_ms)
            self._say_ended(call, self._cause_told(answer))
        for text in self._profile.sound.off:
            yield Command(text, timeout_ms=self._timings.answer_ms)
        if self._tracker.call is None:
            yield from self._free()

    def _cause_told(self, answer: Answer) -> EndCause:
        text = " ".join(answer.lines).partition(":")[2]
        for one in self._profile.end_causes:
            if re.search(one.pattern, text, re.IGNORECASE):
                return one.cause
        return "failed"

    # Sound.

    def _sound_on(self) -> Script:
        if self._sound is None:
            return
        for attempt in range(self._timings.sound_tries):
            accepted = True
            for text in self._profile.sound.on:
                answer = yield Command(text, timeout_ms=self._timings.answer_ms)
                accepted = answer.ok
            if self._state() != "active":
                return
            if accepted:
                self._sound.begin()
                self._timers.set("silent", self._timings.sound_silent_ms, self._is_it_silent)
                return
            if attempt == 0 and self._profile.sound.first_try_must_succeed:
                self._sick("the modem refused to start its sound; it is restarted after this call")
            yield Pause(self._timings.sound_retry_ms)
        self._sick("the modem does not start its sound; it is restarted after this call")

    def _is_it_silent(self) -> None:
        if self._sound is not None and self._sound.flowing and not self._sound.heard_bytes:
            self._sick("the modem sends no sound; it is restarted after this call")
