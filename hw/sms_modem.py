"""Messages and USSD over a GSM modem: what its memories hold is handed up, what is kept elsewhere is emptied, what is
to be sent is sent. All of it waits for calls.

Every step is a script of its own, of one or two commands, so call control never waits for more than the command under
way: nothing is sent or listed while there is a call, and while one is set up or ended nothing at all is asked.
3GPP TS 27.005 (+CMGF +CPMS +CNMI +CMGL +CMGR +CMGD +CMGS), TS 27.007 §7.15 (+CUSD).
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from hw import sms_answers
from hw.at_commands import Answer, Command, Urc, UrcPattern
from hw.at_session import AtSession, Script, Step
from hw.device_loop import DeviceLoop, NamedTimers
from hw.modem_profiles import MessageProfile
from hw.sms_assembly import Stored
from hw.sms_events import MessageEvent, MessagesHealth, OutgoingMessage, SmsTimings, UssdAnswered
from hw.sms_inbox import SmsInbox
from hw.sms_sending import SmsSending
from hw.ussd import is_ussd_code, packed_request, ussd_reply

MESSAGE_URCS = (
    UrcPattern("+CMTI:", "message_stored"),
    UrcPattern("+CDSI:", "message_stored"),
    UrcPattern("+CMT:", "message", two_lines=True),
    UrcPattern("+CDS:", "message", two_lines=True),
    UrcPattern("+CUSD:", "ussd"),
)
"""Those of the standards, the same for every model."""
MAX_JOBS = 1_024
PREPARE_TRIES = 3
"""Before it is said that there are no messages; tried on for ever, less often."""

_Job = tuple[str, str, int]
"""prepare; list MEMORY; read MEMORY INDEX; empty MEMORY INDEX; ussd; ussd_end."""


@dataclass
class _Memories:
    """What is known of the modem's memories in this life of it."""

    present: str = ""
    usable: list[str] = field(default_factory=list)


class SmsModem:
    """All methods in the loop's thread. `call_up`: there is a call; `call_quiet`: there is none, or a connected one."""

    def __init__(
        self,
        loop: DeviceLoop,
        session: AtSession,
        profile: MessageProfile,
        timings: SmsTimings,
        events: Callable[[MessageEvent], None],
        call_up: Callable[[], bool],
        call_quiet: Callable[[], bool],
    ) -> None:
        self._loop = loop
        self._session = session
        self._profile = profile
        self._timings = timings
        self._events = events
        self._call_up = call_up
        self._call_quiet = call_quiet
        self._timers = NamedTimers(loop)
        self._sending = SmsSending(timings, events)
        self._inbox = SmsInbox(timings, events)
        self._memories = _Memories()
        self._jobs: dict[_Job, None] = {}
        self._ready = self._working = self._usable = False
        self._prepare_tries = 0
        self._ussd_code = ""

    def resume(self) -> None:
        """The modem is in service, perhaps after a restart, which forgets every setting."""
        self._forget()
        self._ready = True
        self._job("prepare")

    def lost(self) -> None:
        """The modem is out of service."""
        self._sending.lost()
        self._forget()
        if self._ussd_code:
            self._ussd_over(UssdAnswered(self._ussd_code, "no_answer"))

    def _forget(self) -> None:
        self._timers.cancel_all()
        self._limit()
        self._ready = self._working = self._usable = False
        self._prepare_tries = 0
        self._memories = _Memories()
        self._jobs.clear()
        self._inbox.forget()

    # What the user wants.

    def send(self, message: OutgoingMessage) -> None:
        """MessageSent or MessageFailed follows, when calls leave room and the modem is there, or after `wait_ms`."""
        self._sending.put(message, self._loop.now_ms)
        self._limit()
        self._work()

    def _limit(self) -> None:
        """However long calls are in the way, or the modem is away."""
        self._sending.overdue(self._loop.now_ms)
        due_ms = self._sending.due_ms()
        if due_ms is not None:
            wait_ms = max(due_ms - self._loop.now_ms, self._timings.call_wait_ms)
            self._timers.set("limit", wait_ms, self._limit)

    def kept(self, message_id: str) -> None:
        """Empty its places. One that is not known any more was told before a restart, and will be again."""
        for place in self._inbox.kept(message_id):
            memory, _, index = place.partition("/")
            if not self._job("empty", memory, int(index)):
                self._inbox.emptied(place)

    def ask_network(self, code: str) -> None:
        """UssdAnswered follows."""
        if self._ussd_code or not is_ussd_code(code) or not self._ready:
            self._events(UssdAnswered(code, "refused"))
            return
        self._ussd_code = code
        self._timers.set("ussd", self._timings.ussd_ms, self._ussd_timeout)
        self._job("ussd")

    # News from the modem.

    def urc(self, urc: Urc) -> bool:
        """Whether it is about messages."""
        if urc.kind == "message_stored":
            place = sms_answers.stored_at(urc.text)
            if place is not None:
                self._job("read", *place)
        elif urc.kind == "message":
            self._take(Stored("", urc.text.partition("\n")[2]))
        elif urc.kind == "ussd":
            self._ussd(urc.text)
        elif self._sending.heard(urc.text, self._loop.now_ms):
            self._work()
        else:
            return False
        return True

    # One thing after another.

    def _job(self, kind: str, memory: str = "", index: int = -1) -> bool:
        """Do this in its turn. False: too much waits; the next look into the memories finds what was not done."""
        has_room = len(self._jobs) < MAX_JOBS
        if has_room:
            self._jobs[kind, memory, index] = None
        self._work()
        return has_room

    def _work(self) -> None:
        """Begin the next thing, if nothing is in the way."""
        if self._working or not self._ready:
            return None
        wait_ms = self._sending.wait_ms(self._loop.now_ms) if self._usable else None
        if not self._jobs and wait_ms is None:
            return None
        if not self._call_quiet():
            wait_ms = self._timings.call_wait_ms
        elif self._jobs:
            return self._begin(self._do)
        elif wait_ms == 0:
            if not self._call_up():
                return self._begin(self._send)
            wait_ms = self._timings.call_wait_ms
        self._timers.set("work", wait_ms or 1, self._work)
        return None

    def _send(self) -> Script:
        return self._sending.script(lambda: self._loop.now_ms, lambda: not self._call_up())

    def _begin(self, script: Callable[[], Script]) -> None:
        self._working = True
        self._timers.set("stuck", 1_000, self._unstick)
        self._session.run(self._guarded(script))

    def _guarded(self, script: Callable[[], Script]) -> Script:
        if self._call_quiet():  # a call may have come before its turn did
            yield from script()
        self._working = False
        self._limit()
        self._loop.after(0, self._work)

    def _unstick(self) -> None:
        """A script that found no room in the session never ran."""
        if self._working and self._session.is_idle:
            self._working = False
            self._work()
        elif self._working:
            self._timers.set("stuck", 1_000, self._unstick)

    def _do(self) -> Script:
        if not self._jobs:
            return
        job = next(iter(self._jobs))
        del self._jobs[job]
        kind, memory, index = job
        if kind == "prepare":
            yield from self._prepare()
        elif kind == "list":
            yield from self._list(memory)
        elif kind == "read":
            yield from self._read(memory, index)
        elif kind == "empty":
            yield from self._empty(memory, index)
        elif kind == "ussd":
            yield from self._ask()
        else:
            yield Command("AT+CUSD=2", timeout_ms=self._timings.answer_ms)

    # The modem's memories.

    def _prepare(self) -> Script:
        """PDU mode, the memory for what comes (a restart reverts it to the SIM's), and news of it."""
        memories = _Memories()
        answer = yield self._command("AT+CMGF=0")
        for memory in self._profile.memories if answer.ok else ():
            for_all = "" if memories.usable else f',"{memory}","{memory}"'
            taken = yield self._command(f'AT+CPMS="{memory}"{for_all}', "+CPMS:")
            if taken.ok:
                memories.present = memory
                memories.usable.append(memory)
        told = False
        for text in self._profile.notify if memories.usable else ():
            told = told or (yield self._command(text)).ok
        self._memories = memories
        self._prepared(bool(memories.usable), answer)

    def _prepared(self, usable: bool, answer: Answer) -> None:
        self._prepare_tries += 1
        if usable:
            self._usable = True
            self._sending.usable(True)
            self._events(MessagesHealth(True))
            self._look()
            return
        if self._prepare_tries == PREPARE_TRIES:
            self._sending.usable(False)
            self._events(MessagesHealth(False, f"the modem takes no messages: {answer.command.text}: {answer.result}"))
        wait_ms = self._timings.prepare_retry_ms if self._prepare_tries < PREPARE_TRIES else self._timings.look_ms
        self._timers.set("look", wait_ms, self._prepare_again)

    def _prepare_again(self) -> None:
        self._job("prepare")

    def _look(self) -> None:
        """Into every memory, now and then: a full one says nothing, and what is said may be lost."""
        for memory in self._memories.usable:
            self._job("list", memory)
        self._timers.set("look", self._timings.look_ms, self._look)

    def _choose(self, memory: str) -> Generator[Step, Answer, sms_answers.MemoryUse | None]:
        answer = yield self._command(f'AT+CPMS="{memory}"', "+CPMS:")
        self._memories.present = memory if answer.ok else ""
        return sms_answers.memory_use(answer.lines) if answer.ok else None

    def _list(self, memory: str) -> Script:
        use = yield from self._choose(memory)
        if use is None or use.used == 0 or self._call_up():
            return
        answer = yield Command("AT+CMGL=4", "*", answer_optional=True, timeout_ms=self._timings.list_ms)
        for unit in sms_answers.listed_units(answer.lines) if answer.ok else ():
            self._take_unit(f"{memory}/{unit.index}", unit)
        if use.full and not self._inbox.will_empty(memory):
            self._inbox.give_up_waiting(self._loop.now_ms)  # or there would be no room for the missing parts

    def _read(self, memory: str, index: int) -> Script:
        if self._memories.present != memory:
            yield from self._choose(memory)
        if self._memories.present != memory:
            return  # or another's place would be read, and this one emptied; the next look finds what lies there
        # An empty slot is +CMS ERROR: 321 or 500, or OK and nothing: somebody was quicker, or it was news of old.
        answer = yield self._command(f"AT+CMGR={index}", "*")
        for unit in sms_answers.listed_units(answer.lines)[:1] if answer.ok else ():
            self._take_unit(f"{memory}/{index}", unit)

    def _empty(self, memory: str, index: int) -> Script:
        if self._memories.present != memory:
            yield from self._choose(memory)
        if self._memories.present == memory:
            yield self._command(f"AT+CMGD={index}")
        self._inbox.emptied(f"{memory}/{index}")  # if it was not, it is read, told and said to be kept once more

    def _take(self, stored: Stored) -> None:
        self._inbox.take(stored, self._loop.now_ms)
        self._wait_for_parts()

    def _take_unit(self, place: str, unit: sms_answers.ListedUnit) -> None:
        self._inbox.take_unit(place, unit, self._loop.now_ms)
        self._wait_for_parts()

    def _wait_for_parts(self) -> None:
        due_ms = self._inbox.deadline_ms()
        if due_ms is not None:
            self._timers.set("parts", max(0.0, due_ms - self._loop.now_ms), self._parts_overdue)

    def _parts_overdue(self) -> None:
        self._inbox.overdue(self._loop.now_ms)
        self._wait_for_parts()

    # USSD.

    def _ask(self) -> Script:
        code = self._ussd_code
        if not code:
            return
        if self._call_up():
            self._ussd_over(UssdAnswered(code, "refused"))
            return
        text = packed_request(code) if self._profile.ussd == "packed" else code
        answer = yield self._command(f'AT+CUSD=1,"{text}",15')
        if not answer.ok and not answer.unanswered and self._ussd_code == code:
            self._ussd_over(UssdAnswered(code, "refused"))

    def _ussd(self, line: str) -> None:
        reply = ussd_reply(line)
        if reply is None:
            return
        if reply.state == "wants_reply":
            self._job("ussd_end")  # a menu: nobody is there to choose
        self._ussd_over(UssdAnswered(self._ussd_code, reply.state, reply.text))

    def _ussd_timeout(self) -> None:
        self._job("ussd_end")
        self._ussd_over(UssdAnswered(self._ussd_code, "timeout"))

    def _ussd_over(self, event: UssdAnswered) -> None:
        self._ussd_code = ""
        self._timers.cancel("ussd")
        self._events(event)

    def _command(self, text: str, answer: str = "") -> Command:
        return Command(text, answer, timeout_ms=self._timings.answer_ms)
