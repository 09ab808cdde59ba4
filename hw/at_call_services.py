"""What can be done with a GSM call that is up: digits, hold, and a second caller told busy; as scripts of commands.

By 3GPP TS 27.007: +VTS (annex C.2.11), +CHLD (7.13), whose actions are those of TS 22.030, 6.5.5.1.
"""

from collections.abc import Callable

from hw.at_call import CallTracker, WaitingCall
from hw.at_commands import Command
from hw.at_second_port import CallPorts
from hw.at_session import Pause, Script

DIGITS = "0123456789*#ABCD"
MAX_DIGITS_AT_ONCE = 64
BUSY_TRIES = 3


class CallServices:
    """Methods in the loop's thread. `ask_list` is the script that asks the call list."""

    def __init__(
        self,
        session: CallPorts,
        tracker: CallTracker,
        digit_command: str,
        answer_ms: int,
        poll_ms: int,
        ask_list: Callable[[], Script],
    ) -> None:
        self._session = session
        self._tracker = tracker
        self._digit_command = digit_command
        self._answer_ms = answer_ms
        self._poll_ms = poll_ms
        self._ask_list = ask_list

    def send_digits(self, digits: str) -> None:
        call = self._tracker.call
        if call is not None and call.state == "active":
            self._session.run(self._digits(digits[:MAX_DIGITS_AT_ONCE], call.index))

    def _digits(self, digits: str, index: int) -> Script:
        for digit in digits:
            if digit in DIGITS:
                text = self._digit_command.replace("{digit}", digit).replace("{index}", str(index))
                yield Command(text, timeout_ms=self._answer_ms)

    def hold(self, held: bool) -> None:
        call = self._tracker.call
        if call is not None and call.state == ("active" if held else "held") and self._tracker.waiting is None:
            self._session.run(self._hold())

    def _hold(self) -> Script:
        if self._tracker.waiting is not None:
            return  # the same command would answer them
        yield Command("AT+CHLD=2", timeout_ms=self._answer_ms)
        yield from self._ask_list()

    def refuse_waiting(self) -> None:
        waiting = self._tracker.waiting
        if waiting is not None and not waiting.refused:
            self._session.run(self._refuse(waiting))

    def _refuse(self, waiting: WaitingCall) -> Script:
        """Only while the list has them: +CHLD=0 with nobody waiting would end a call on hold."""
        for _ in range(BUSY_TRIES):
            yield from self._ask_list()
            if self._tracker.waiting is not waiting:
                return
            if not waiting.missing_lists:
                waiting.refused = True
                yield Command("AT+CHLD=0", timeout_ms=self._answer_ms)
            yield Pause(self._poll_ms)
        yield from self._ask_list()
