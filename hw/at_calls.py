"""The calls of a GSM modem as scripts of commands: answering, dialling, hanging up, the call list, why a call ended.

Which news to believe is decided in `at_call`; when the port is there and the modem healthy, in `at_modem`.
"""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Literal

from hw import at_answers, at_end_causes
from hw.at_call import CONNECTED, CallTracker, TrackedCall
from hw.at_call_services import DIGITS, CallServices
from hw.at_call_sound import CallSound, SoundTimings
from hw.at_card_sound import AtCardSound
from hw.at_commands import Answer, Command, Urc
from hw.at_second_port import CallPorts
from hw.at_session import Pause, Script, Step
from hw.at_sound import AtSound
from hw.device_loop import DeviceLoop, NamedTimers
from hw.devices import Digit, EndCause, Ended, LineEvent, Waiting
from hw.modem_profiles import GsmProfile

_DIALABLE = re.compile(r"^\+?[0-9*#]{1,32}$")
SecondCaller = Literal["busy", "kept"]


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
    sound: SoundTimings = field(default_factory=SoundTimings)
    emergency_ms: int = 3_000
    """The most that a command under way, as the sending of a message, may keep an emergency from being dialled, ..."""
    free_ms: int = 1_000
    free_tries: int = 30
    """... and how often and how long each a modem that still sends that message is asked whether it is free."""
    hang_up_polls: int = 5
    hang_up_poll_ms: int = 300


class AtCalls:
    """All methods in the loop's thread. `sick(fault)`: the modem needs a restart once it is free; `free` says when.

    `second_caller`: who calls while a call is up is told busy, or kept waiting until it ends. `has_no_list`: the modem
    may refuse the call list, for its SIM is not ready.
    """

    def __init__(
        self,
        loop: DeviceLoop,
        session: CallPorts,
        sound: AtSound | AtCardSound | None,
        profile: GsmProfile,
        timings: CallTimings,
        events: Callable[[LineEvent], None],
        sick: Callable[[str], None],
        free: Callable[[], Script],
        second_caller: SecondCaller = "busy",
        has_no_list: Callable[[], bool] = lambda: False,
    ) -> None:
        self._loop = loop
        self._session = session
        session.left = self._second_port_left
        self._profile = profile
        self._timings = timings
        self._events = events
        self._sick = sick
        self._free = free
        self._second_caller = second_caller
        self._has_no_list = has_no_list
        self._tracker = CallTracker(self._tell, self._is_over)
        self._timers = NamedTimers(loop)
        self._sound = CallSound(
            sound,
            profile.sound,
            self._timers,
            timings.sound,
            timings.answer_ms,
            lambda: self._state() in CONNECTED,
            sick,
        )
        self._services = CallServices(
            session, self._tracker, profile.digit, timings.answer_ms, timings.hang_up_poll_ms, self._list
        )
        self._listing: Script | None = None
        """The last script that asks the call list by itself."""
        self._end_result = ""
        self._unsaid: TrackedCall | None = None
        """It is over, and Ended is said once its cause was asked."""

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
        self._sound.end()
        call = self._tracker.lost()
        if self._unsaid is not None:
            self._say_ended(self._unsaid, "line_lost")
        if call is not None:
            self._events(Ended("line_lost", by_us=call.ending))

    def adopt(self) -> Script:
        """At start: a call that is up goes on."""
        answer = yield Command("AT+CLCC", "+CLCC:", answer_optional=True, timeout_ms=self._timings.answer_ms, tries=2)
        self._tracker.adopt(at_answers.call_list(answer.lines), self._loop.now_ms)

    def lose_unless_listed(self) -> Script:
        """The modem may have started anew: the call is gone unless the modem has it."""
        answer = yield Command("AT+CLCC", "+CLCC:", answer_optional=True, timeout_ms=self._timings.answer_ms, tries=2)
        if not self._tracker.may_be_among(at_answers.call_list(answer.lines)):
            self.lost()

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
        elif urc.kind == "call_confirmed":
            self._tracker.confirmed()
            self._list_calls()
        elif urc.kind == "waiting":
            self._tracker.waits(at_answers.caller(urc.text).number, now_ms)
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
        coded = self._profile.digit_urc == "code" and values[0].isdecimal() and int(values[0]) < 128
        digit = chr(int(values[0])) if coded else values[0]
        if len(digit) == 1 and digit in DIGITS:
            self._events(Digit(digit))

    def _list_calls(self) -> None:
        """Ask the call list now, unless that waits already."""
        if not self._session.waits(self._listing):
            self._listing = self._list()
            self._session.run(self._listing, urgent=True)

    def _list(self) -> Script:
        asked_ms = self._loop.now_ms
        answer = yield Command("AT+CLCC", "+CLCC:", answer_optional=True, timeout_ms=self._timings.answer_ms)
        before = self._state()
        if answer.ok:
            self._tracker.listed(at_answers.call_list(answer.lines), asked_ms, self._loop.now_ms)
        elif self._has_no_list() and not answer.unanswered:
            yield from self._ask_activity()
        self._changed(before)

    def _ask_activity(self) -> Script:
        """What is left to ask when the call list is refused (TS 27.007 §8.3): is there a call at all?"""
        asked_ms = self._loop.now_ms
        answer = yield Command("AT+CPAS", "+CPAS:", timeout_ms=self._timings.answer_ms)
        if answer.ok and answer.lines:
            self._tracker.activity(at_answers.activity(answer.lines[0]), asked_ms, self._loop.now_ms)

    def _state(self) -> str | None:
        return self._tracker.call.state if self._tracker.call is not None else None

    def _changed(self, before: str | None) -> None:
        call = self._tracker.call
        if call is None:
            return
        if call.state in CONNECTED and before not in CONNECTED:
            self._timers.cancel("number")
            self._session.run(self._sound.switch_on(), urgent=True)
        timings = self._timings
        wait_ms = timings.poll_setting_up_ms
        if call.state in CONNECTED:
            wait_ms = timings.poll_active_ms
        elif call.state == "incoming":
            wait_ms = timings.poll_ringing_ms
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

    def dial(self, number: str, in_service: bool, emergency: bool = False) -> None:
        call = self._tracker.call
        if call is not None:
            if not call.announced:
                self._events(Ended("congestion"))  # a call is just arriving
        elif not in_service:
            self._events(Ended("line_lost"))
        elif not _DIALABLE.match(number):
            self._events(Ended("failed"))
        else:
            self._dial(self._tracker.dial(number, self._loop.now_ms), emergency)

    def _dial(self, call: TrackedCall, emergency: bool) -> None:
        if emergency and self._session.go_second():
            self._session.run(self._dial_script(call))  # after that port was greeted
            return
        if emergency:
            self._session.give_way(self._timings.emergency_ms)  # first, or it may be the dialling that is hurried
        self._session.run(self._dial_script(call), urgent=True)

    def _second_port_left(self) -> None:
        """In the middle of a call, what was asked there is not answered any more: the first port goes on."""
        if self._unsaid is not None:
            self._say_ended(self._unsaid, "failed")
        call = self._tracker.call
        if call is None:
            self._session.run(self._clear())
            return
        self._session.give_way(self._timings.emergency_ms)
        self._session.run(self._go_on(call) if call.sent else self._dial_script(call), urgent=True)

    def _go_on(self, call: TrackedCall) -> Script:
        """With a call that was dialled or is being hung up over the port that is gone."""
        yield from self._freed(call)
        if self._tracker.call is not call:
            return
        if not (call.accepted or (yield from self._is_on_its_way(self._timings.hang_up_polls))):
            if call.ending:
                self._tracker.over(self._loop.now_ms)
            else:
                yield from self._dial_script(call)
            return
        self._taken(call)
        yield from self._hang_up_script(call) if call.ending else self._list()

    def _is_on_its_way(self, looks: int) -> Generator[Step, Answer, bool]:
        """A call whose OK may be lost: the list knows, perhaps not at once."""
        for look in range(looks):
            if look > 0:
                yield Pause(self._timings.hang_up_poll_ms)
            listed = yield Command("AT+CLCC", "+CLCC:", answer_optional=True, timeout_ms=self._timings.answer_ms)
            if any(not one.incoming for one in at_answers.call_list(listed.lines)):
                return True
        return False

    def _dial_script(self, call: TrackedCall) -> Script:
        if self._tracker.call is not call:
            return  # hung up before it was dialled
        yield from self._freed(call)
        if self._tracker.call is not call or call.ending:
            return
        call.sent = True
        command = Command(f"ATD{call.number};", call_results=True, timeout_ms=self._timings.call_answer_ms)
        self._end_result = ""
        answer = yield command
        if answer.unanswered:
            answer = Answer(command, "OK" if (yield from self._is_on_its_way(1)) else "ERROR")
        if not answer.ok:
            self._end_result = answer.result
            if self._tracker.call is call:
                self._tracker.over(self._loop.now_ms)
            return
        self._taken(call)
        yield from self._list()

    def _taken(self, call: TrackedCall) -> None:
        """The modem has the number."""
        call.accepted = True
        call.since_ms = self._loop.now_ms
        self._tracker.dialled(call)

    def _freed(self, call: TrackedCall) -> Script:
        """A modem with a message whose answer was not waited for may do any of three things with what it is given
        meanwhile: throw it away (Huawei), keep it for later, or break off the message (Fibocom, in their manuals). None
        of them must happen to the number, so it is asked something harmless until it answers, while there is a call."""
        tries = self._timings.free_tries
        while self._session.owed and tries > 0 and self._tracker.call is call:
            tries -= 1
            if (yield Command("AT", timeout_ms=self._timings.free_ms, asks_if_free=True)).ok:
                return

    def send_digits(self, digits: str) -> None:
        self._services.send_digits(digits)

    def hold(self, held: bool) -> None:
        self._services.hold(held)

    def refuse_waiting(self) -> None:
        self._services.refuse_waiting()

    def _tell(self, event: LineEvent) -> None:
        self._events(event)
        if isinstance(event, Waiting) and self._second_caller == "busy":
            self._services.refuse_waiting()

    # How calls end.

    def hang_up(self) -> None:
        call = self._tracker.call
        if call is not None and call.announced and not call.ending:
            call.ending = True
            if call.sent:
                self._session.run(self._hang_up_script(call), urgent=True)
            else:
                self._tracker.over(self._loop.now_ms)

    def _hang_up_script(self, call: TrackedCall) -> Script:
        for text in self._profile.hang_up:
            if self._tracker.call is not call:
                return
            if "+CHLD=1" in text and self._profile.chld_needs_confirmation and not (call.incoming or call.confirmed):
                continue
            yield Command(text.replace("{index}", str(call.index)), timeout_ms=self._timings.answer_ms)
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
        self._sound.end()
        self._unsaid = call
        cause: EndCause | None = "normal"
        if not (call.ending or call.incoming or call.state in CONNECTED):
            cause = at_end_causes.in_news(self._profile, self._end_result)
        if cause is not None:
            self._say_ended(call, cause)
        self._session.run(self._afterwards(call, cause), urgent=True)

    def _say_ended(self, call: TrackedCall, cause: EndCause) -> None:
        self._end_result, self._unsaid = "", None
        self._events(Ended(cause, by_us=call.ending))
        self._tracker.settled()

    def _afterwards(self, call: TrackedCall, cause: EndCause | None) -> Script:
        if cause is None:
            answer = yield Command("AT+CEER", "+CEER:", timeout_ms=self._timings.answer_ms)
            self._say_ended(call, at_end_causes.told(self._profile, answer))
        yield from self._clear()

    def _clear(self) -> Script:
        yield from self._sound.switch_off()
        if self._tracker.call is None:
            yield from self._free()
            self._loop.after(0, self._leave_second_port)

    def _leave_second_port(self) -> None:
        if self._tracker.call is None:
            self._session.go_back()
