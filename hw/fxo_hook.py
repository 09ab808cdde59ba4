"""Lifting an analogue line, dialling on it and hanging up, as scripts of commands with their limits and ways out."""

from collections.abc import Callable, Generator

from hw import dle
from hw.at_commands import Answer, Command
from hw.at_session import AtSession, Expect, Pause, Script, Step
from hw.fxo_setup import FxoSetup
from hw.fxo_timings import FxoTimings
from hw.modem_profiles import FxoProfile


class FxoHook:
    def __init__(self, profile: FxoProfile, session: AtSession, timings: FxoTimings, setup: FxoSetup) -> None:
        self._profile = profile
        self._session = session
        self._timings = timings
        self._setup = setup
        self._dialling = False

    def lift(
        self, number: str, wanted: Callable[[], bool], dialled: Callable[[], None]
    ) -> Generator[Step, Answer, Answer]:
        """Off the hook, dial the number ("" to answer a caller), and sound both ways. The modem waits for a dial tone
        itself (X4). Stops where it is once the call is not `wanted` any more. Returns the last answer."""
        if not wanted():
            return Answer(self._command(self._profile.off_hook), "closed")  # it ended while this script waited
        answer = yield self._command(self._profile.off_hook, tries=2)
        if number and answer.ok and wanted():
            self._dialling = True
            dial = self._profile.dial.replace("{number}", number)
            answer = yield Command(dial, call_results=True, timeout_ms=self._timings.dial_ms)
            self._dialling = False
            if answer.ok and wanted():
                dialled()
        if answer.ok and wanted():
            duplex, limit_ms = self._profile.duplex, self._timings.connect_ms
            answer = yield Command(duplex, opens_data=True, call_results=True, timeout_ms=limit_ms)
        return answer

    def abort(self) -> None:
        """Stop the dialling under way: V.250 6.3.1, any character does."""
        if self._dialling:
            self._session.send_data(b"\r")

    def hang_up(self, refused: bool) -> Script:
        """Back to commands, however deaf the modem is, and on the hook."""
        if refused:
            # The only way to turn a caller away on an analogue line: answer and hang up.
            yield self._command(self._profile.off_hook)
            yield Pause(self._timings.refuse_ms)
        on_hook = True
        for end in (dle.END_OF_DUPLEX, dle.END_OF_SOUND):
            if self._session.engine.data_mode:
                self._session.send_data(end)
                yield Expect("sound over", self._timings.sound_over_ms)
        if not self._session.engine.data_mode:
            answer = yield self._command(self._profile.on_hook, tries=2)
            on_hook = answer.ok
        if self._session.engine.data_mode or not on_hook:
            yield from self._setup.recover()

    def _command(self, text: str, tries: int = 1) -> Command:
        return Command(text, timeout_ms=self._timings.answer_ms, tries=tries)
