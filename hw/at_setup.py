"""Bringing a GSM modem from "port opened" to "takes calls": identity, SIM, preparation, registration, as scripts."""

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass

from hw import at_answers
from hw.at_commands import Answer, Command
from hw.at_session import Pause, Script, Step
from hw.modem_profiles import GsmProfile, Voice

NO_SIM = {"+CME ERROR: 10", "+CME ERROR: 13", "+CME ERROR: 15", "ERROR"}
SIM_BUSY = {"+CME ERROR: 14"}
MIN_PIN_TRIES_LEFT = 2
"""The last try is never ours: after it the SIM wants its PUK."""
MAX_BUSY_LOOKS = 10
"""At a SIM that says it is busy, or is ready in a moment."""
_PIN = re.compile(r"^[0-9]{4,8}$")


@dataclass(frozen=True)
class SetupTimings:
    answer_ms: int = 3_000
    first_answer_ms: int = 700
    sim_retry_ms: int = 10_000
    """How often a missing or locked SIM is looked at again."""
    sim_busy_ms: int = 1_000


@dataclass
class ModemFacts:
    """What a modem told of itself."""

    model: str = ""
    firmware: str = ""
    imei: str = ""
    iccid: str = ""
    registered: bool = False
    registration: int = -1
    operator: str = ""
    signal_percent: int = -1
    defect: str = ""
    """What is wrong with a modem that works all the same."""
    settings_lost: bool = False
    """It does not do what it was told to at set-up: it started anew and nothing else said so."""
    pin_refused: bool = False
    """A PIN we entered was wrong: it is not entered again while this process lives."""


class AtSetup:
    """`trouble` is told why the modem is not ready, as a plain sentence."""

    def __init__(
        self, profile: GsmProfile, pin: str, timings: SetupTimings, facts: ModemFacts, trouble: Callable[[str], None]
    ) -> None:
        self._profile = profile
        self._pin = pin
        self._timings = timings
        self._facts = facts
        self._trouble = trouble

    def greet(self) -> Script:
        """Echo on (it tells answers apart), errors with numbers, who are you?"""
        yield Command("ATE1", echoed=False, timeout_ms=self._timings.first_answer_ms, tries=3)
        yield self._command("AT+CMEE=1")
        answer = yield self._command("AT+CGMM", "*")
        self._facts.model = " ".join(answer.lines)
        answer = yield self._command("AT+CGMR", "*")
        self._facts.firmware = " ".join(answer.lines)
        answer = yield self._command("AT+CGSN", "*")
        self._facts.imei = at_answers.imei(answer.lines)

    def unlock(self, once: bool = False) -> Generator[Step, Answer, bool]:
        """Whether the SIM is ready. Ends either way: without one a modem still carries emergencies. `once`: a busy one
        is not waited for."""
        for _ in range(MAX_BUSY_LOOKS):
            answer = yield self._command("AT+CPIN?", "+CPIN:")
            state = answer.lines[0].partition(":")[2].strip() if answer.ok and answer.lines else answer.result
            if state == "READY":
                return True
            if state == "SIM PIN":
                if (yield from self._enter_pin()):
                    yield Pause(self._timings.sim_busy_ms)
                    continue
            elif state in SIM_BUSY:
                if once:
                    break
                yield Pause(self._timings.sim_busy_ms)
                continue
            elif state in NO_SIM:
                self._trouble("there is no SIM card, or it is not seated well")
            elif state == "SIM PUK":
                self._trouble("the SIM is blocked and wants its PUK: unblock it in a telephone")
            else:
                self._trouble(f"the SIM is not ready: {state}")
            return False
        self._trouble("the SIM is busy and does not get ready: is it damaged?")
        return False

    def find_voice(self, once: bool = False) -> Generator[Step, Answer, bool]:
        """Whether the modem has voice, as far as can be asked. Unless `once`, it is asked until it has."""
        voice = self._profile.voice
        while voice is not None:
            answer = yield self._command(voice.query, "*")
            if answer.unanswered or (answer.ok and re.search(voice.pattern, " ".join(answer.lines))):
                break
            self._trouble(self._voice_trouble(voice))
            if once:
                return False
            yield Pause(self._timings.sim_retry_ms)
        return True

    def _voice_trouble(self, voice: Voice) -> str:
        model = self._facts.model or self._profile.title
        if voice.without == "voice_locked":
            return f"this {model} has its voice locked: unlock it, or use another stick"
        return f"this {model} has no voice: it carries data and messages only. Use a variant that has voice"

    def prepare_for_emergencies(self) -> Script:
        """What a modem without a SIM takes of its preparation: perhaps nothing, and its calls go on without."""
        for text in (*self._profile.prepare, *self._profile.prepare_if_known):
            yield self._command(text)

    def prepare(self) -> Script:
        self._facts.defect = self._wrong_model()
        self._facts.settings_lost = False
        for text in self._profile.prepare:
            answer = yield self._command(text, tries=2)
            if not answer.ok and not answer.unanswered and not self._facts.defect:
                self._facts.defect = f"{text} was answered {answer.result}: is this a {self._profile.title}?"
        for text in self._profile.prepare_if_known:
            yield self._command(text)
        if self._profile.iccid_query is not None:
            answer = yield self._command(self._profile.iccid_query, "*")
            self._facts.iccid = at_answers.iccid(answer.lines) if answer.ok else ""

    def look_at_network(self) -> Script:
        """Registration, signal, and the operator's name when it may have changed."""
        facts = self._facts
        answer = yield self._command("AT+CREG?", "+CREG:", tries=2)
        if answer.ok and answer.lines:
            self.registration_told(at_answers.registration(answer.lines[-1]))
            facts.settings_lost = not at_answers.registration_told_by_itself(answer.lines[-1])
        answer = yield self._command("AT+CSQ", "+CSQ:", tries=2)
        if answer.ok and answer.lines:
            facts.signal_percent = at_answers.signal_percent(answer.lines[0])
        if facts.registered and not facts.operator:
            answer = yield self._command("AT+COPS?", "+COPS:")
            facts.operator = at_answers.operator(answer.lines[0]) if answer.ok and answer.lines else ""

    def registration_told(self, state: int) -> None:
        registered = state in at_answers.REGISTERED
        if registered != self._facts.registered:
            self._facts.operator = ""
        self._facts.registered, self._facts.registration = registered, state

    def network_trouble(self) -> str:
        """Why there is no network, "" when there is."""
        if self._facts.registered:
            return ""
        if self._facts.registration == 3:
            return "the network refuses the SIM: is it activated and paid?"
        if self._facts.registration == 2:
            return "looking for a network"
        return "not registered in a network: is there coverage, is the antenna on?"

    def _wrong_model(self) -> str:
        """A sentence if the modem is not what the profile is for, else ""."""
        if not self._facts.model or re.search(self._profile.identify, self._facts.model, re.IGNORECASE):
            return ""
        return f"set up as {self._profile.title}, but it says it is {self._facts.model}: correct `model`"

    def _enter_pin(self) -> Generator[Step, Answer, bool]:
        if not self._pin:
            self._trouble("the SIM asks for its PIN: write it in `pin`, or switch the PIN off")
            return False
        if not _PIN.match(self._pin):
            self._trouble("`pin` is not 4 to 8 digits: correct it")
            return False
        if self._facts.pin_refused:
            self._trouble("the SIM refused the PIN, and it is not tried again: correct `pin` and restart")
            return False
        tries = yield from self._pin_tries_left()
        if tries < MIN_PIN_TRIES_LEFT:
            left = "how many tries it has left is not known" if tries < 0 else f"it has {tries} try left"
            self._trouble(f"the SIM asks for its PIN and {left}: enter it in a telephone, or switch the PIN off")
            return False
        answer = yield self._command(f'AT+CPIN="{self._pin}"', timeout_ms=10_000)
        if answer.ok:
            return True
        if not answer.unanswered:
            self._facts.pin_refused = True
            self._trouble(f"the SIM refused the PIN ({answer.result}); it had {tries} tries left. Correct `pin`")
        return False

    def _pin_tries_left(self) -> Generator[Step, Answer, int]:
        known = self._profile.pin
        if known is None:
            return -1
        answer = yield self._command(known.tries_query, known.tries_answer)
        match = re.search(known.tries_pattern, answer.lines[0]) if answer.ok and answer.lines else None
        return int(match.group(1)) if match else -1

    def _command(self, text: str, answer: str = "", tries: int = 1, timeout_ms: int = 0) -> Command:
        return Command(text, answer, timeout_ms=timeout_ms or self._timings.answer_ms, tries=tries)
