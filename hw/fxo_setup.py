"""Bringing an analogue voice modem to where it waits for calls, and back there when it is lost, as scripts."""

import re

from hw.at_commands import Command
from hw.at_session import AtSession, Pause, Script
from hw.fxo_country import installation_code
from hw.fxo_timings import FxoTimings
from hw.modem_profiles import FxoProfile


class FxoSetup:
    """`defect` says in a sentence what is wrong with a modem that works all the same. `country` is an ISO 3166 code,
    "" to leave the modem's."""

    def __init__(self, profile: FxoProfile, session: AtSession, timings: FxoTimings, country: str = "") -> None:
        self._profile = profile
        self._session = session
        self._timings = timings
        self._country = country
        self.defect = ""

    def identify(self) -> Script:
        yield Command("ATE1", echoed=False, timeout_ms=self._timings.first_answer_ms, tries=3)
        self.defect = ""
        profile = self._profile
        answer = yield Command(profile.identify_query, "*", timeout_ms=self._timings.answer_ms)
        said = " ".join(answer.lines)
        if said and not re.search(profile.identify, said, re.IGNORECASE):
            self.defect = f"set up as {profile.title}, but it says it is {said}: correct `model`"
        if profile.firmware_query is None:
            return
        answer = yield Command(profile.firmware_query, "*", timeout_ms=self._timings.answer_ms)
        match = re.search(profile.firmware_pattern, " ".join(answer.lines))
        if match and tuple(map(int, match.group(1).split("."))) < profile.minimum_firmware:
            wanted = ".".join(map(str, profile.minimum_firmware))
            self.defect = f"firmware {match.group(1)} does not lift the line: update it to {wanted} or later"

    def prepare(self) -> Script:
        yield from self._installed_in()
        for text in (*self._profile.prepare, self._profile.sound_format):
            answer = yield Command(text, timeout_ms=self._timings.answer_ms, tries=2)
            if not answer.ok and not answer.unanswered:
                self.defect = f"{text} was answered {answer.result}: is this a {self._profile.title}?"

    def look(self) -> Script:
        """Whether an idle modem still answers, and still is in class 8: one that lost its power is not."""
        answer = yield Command("AT+FCLASS?", "*", timeout_ms=self._timings.answer_ms, tries=3)
        if answer.ok and answer.lines and "8" not in answer.lines[0]:
            yield from self.prepare()

    def _installed_in(self) -> Script:
        """A modem set to another country hears no dial, busy or ringing tone. Asked each time: ATZ and a power cut
        bring the factory's country back."""
        code, profile = installation_code(self._country), self._profile
        if not code or profile.country_query is None:
            return
        wanted = re.compile(rf"\b{code}\b", re.IGNORECASE)
        answer = yield Command(profile.country_query, "+GCI", timeout_ms=self._timings.answer_ms, tries=2)
        if wanted.search(" ".join(answer.lines)) or answer.unanswered:
            return
        set_country = profile.country_set.replace("{code}", code)
        yield Command(set_country, timeout_ms=self._timings.answer_ms, tries=2)
        answer = yield Command(profile.country_query, "+GCI", timeout_ms=self._timings.answer_ms, tries=2)
        said = " ".join(answer.lines)
        if not wanted.search(said) and not answer.unanswered:
            self.defect = (
                f"the modem cannot be set to {self._country} ({set_country}; it says {said or 'nothing'}): "
                "it may not hear the country's dial and busy tones"
            )

    def recover(self) -> Script:
        """The modem did not go back to commands, or not on hook: DTR drop, then from the ground up. What then still
        is not answered makes the session give the port up."""
        self._session.set_dtr(False)
        yield Pause(self._timings.dtr_ms)
        self._session.set_dtr(True)
        self._session.leave_data_mode(b"")
        self._session.flush()
        for text in self._profile.recover:
            yield Command(text, timeout_ms=self._timings.first_answer_ms)
        yield Command("ATE1", echoed=False, timeout_ms=self._timings.first_answer_ms)
