"""The AT command engine without any input or output: what to send, what an answer was, what came by itself.

Bytes go in with the time, bytes to send and answers come out. One command is outstanding at a time. Answers follow
ITU-T V.250 and 3GPP TS 27.007, but unsolicited result codes (URCs) may land anywhere: before the echo, inside an
answer, before a prompt. The echo is kept on and waited for, so that a result which comes late or twice is never taken
for the next command's.
"""

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from hw.at_lines import AtLines, Garbage, Line, Prompt, Shielded

MAX_QUEUED_COMMANDS = 64
MAX_ANSWER_LINES = 600
"""More lines than this in one answer are dropped. A full memory of 255 messages has 510."""

CTRL_Z = b"\x1a"
_PDU = re.compile(r"^[0-9A-Fa-f]+$")
"""A second line."""
ESCAPE = b"\x1b"
"""Leaves the prompt without sending."""
MAX_SECOND_LINE_MS = 1_000
"""A URC of two lines whose second does not follow has only one."""
CALL_RESULTS = frozenset({"NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "NO DIAL TONE"})
"""Final for a command that dials or answers; news of a call that ended for any other."""


@dataclass(frozen=True)
class Command:
    """One command line. `answer` is how its information lines begin ("" when it has none, "*" for lines of any form).

    With `answer` given, an OK without such a line is not believed while tries are left, unless `answer_optional`
    (an empty list is an honest answer to +CLCC). `payload` follows the `> ` prompt, ended by Ctrl-Z.
    """

    text: str
    answer: str = ""
    answer_optional: bool = False
    timeout_ms: int = 3_000
    tries: int = 1
    call_results: bool = False
    """NO CARRIER, BUSY… end this command."""
    opens_data: bool = False
    """CONNECT ends it, and the bytes after CONNECT are sound."""
    echoed: bool = True
    payload: bytes = b""
    prompt_ms: int = 5_000
    """For the prompt; `timeout_ms` begins at it."""
    asks_if_free: bool = False
    """No answer means that the modem is busy, not that it is gone."""


@dataclass(frozen=True)
class Answer:
    """How a command ended. `result` is the final result's text, or "timeout", "closed" or "withdrawn": its prompt was
    left without a payload. `prompted`: the payload was given to the modem."""

    command: Command
    result: str
    lines: tuple[str, ...] = ()
    prompted: bool = False
    hurried: bool = False
    """It was not waited for as long as the command says: something else could not wait."""

    @property
    def ok(self) -> bool:
        return self.result in ("OK", "CONNECT")

    @property
    def unanswered(self) -> bool:
        return self.result in ("timeout", "closed")


@dataclass(frozen=True)
class Urc:
    """A line that came by itself. `kind` is from the table, "" for a line nobody knows."""

    kind: str
    text: str


@dataclass(frozen=True)
class UrcPattern:
    """A line that begins with `prefix` is a URC of this kind. `whole`: the line must be just that. `two_lines`: the
    line after it belongs to it, and its text has both, with a line feed between."""

    prefix: str
    kind: str
    whole: bool = False
    two_lines: bool = False


@dataclass
class _Waiting:
    command: Command
    on_answer: Callable[[Answer], None]
    tries_left: int
    echo_seen: bool = False
    prompted: bool = False
    hurried: bool = False
    deadline_ms: float = 0.0

    @property
    def withdrawn(self) -> bool:
        return self.hurried and bool(self.command.payload) and not self.prompted

    lines: list[str] = field(default_factory=list)


class AtEngine:
    """`submit` commands, give it bytes with `received`, send what `take_output` returns, call `tick` at `deadline_ms`.

    `on_data` gets the sound after CONNECT; with `on_event` given, `<DLE><c>` between lines is an event (V.253).
    Callbacks are called from within these. Raises nothing on bad input; a command beyond MAX_QUEUED_COMMANDS is
    answered "closed" at once.
    """

    def __init__(
        self,
        urcs: tuple[UrcPattern, ...],
        on_urc: Callable[[Urc], None],
        on_garbage: Callable[[bytes], None] = lambda begins: None,
        on_data: Callable[[bytes], None] | None = None,
        on_event: Callable[[int], None] | None = None,
    ) -> None:
        self._urcs = sorted(urcs, key=lambda pattern: -len(pattern.prefix))
        self._on_urc = on_urc
        self._on_garbage = on_garbage
        self._on_data = on_data or (lambda data: None)
        self._on_event = on_event or (lambda code: None)
        self._lines = AtLines(shielded=on_event is not None)
        self._queue: deque[_Waiting] = deque()
        self._current: _Waiting | None = None
        self._output = bytearray()
        self._data_mode = False
        self._first_line = ""
        """Of a URC that has two."""
        self._late_prompt = False
        """A prompt that was not waited for any longer may still come."""
        self._first_line_ms = 0.0
        self._late_answer = ""
        """How the answer begins that a payload may still get, which was not waited for any longer."""
        self._owed_until_ms = 0.0
        """It may throw away what it is given until then: the time that the payload's answer had."""
        self._late_ok = False
        """That answer came: the OK that follows is its."""
        self.timeouts_in_a_row = 0

    def submit(self, command: Command, on_answer: Callable[[Answer], None], now_ms: float) -> None:
        if len(self._queue) >= MAX_QUEUED_COMMANDS:
            on_answer(Answer(command, "closed"))
            return
        self._queue.append(_Waiting(command, on_answer, command.tries))
        self._send_next(now_ms)

    def give_way(self, within_ms: float, now_ms: float) -> None:
        """Something cannot wait: the command under way gets no more time than this and no further try; what is to
        follow a prompt is kept back, and the prompt left by ESC (TS 27.005 §3.5.1: nothing is sent then)."""
        waiting = self._current
        if waiting is not None:
            waiting.tries_left, waiting.hurried = 0, True
            waiting.deadline_ms = min(waiting.deadline_ms, now_ms + within_ms)

    def received(self, data: bytes, now_ms: float) -> None:
        """Bytes as they were read: in data mode they are sound, otherwise lines."""
        if self._data_mode:
            self._give_data(self._lines.skip_line_feed(data))
            return
        self._lines.feed(data)
        while (item := self._lines.next(self._wants_prompt())) is not None:
            if isinstance(item, Garbage):
                self._on_garbage(item.begins)
            elif isinstance(item, Prompt):
                self._prompted(now_ms)
            elif isinstance(item, Shielded):
                self._on_event(item.code)
            else:
                self._line(item, now_ms)
            if self._data_mode:
                self._give_data(self._lines.take_rest())
                return

    def leave_data_mode(self, rest: bytes, now_ms: float) -> None:
        """The sound is over; `rest` are bytes after its end, which are lines again."""
        self._data_mode = False
        self._lines.clear()
        if rest:
            self.received(rest, now_ms)

    def enter_data_mode(self) -> None:
        """The modem is in the middle of sound already (the process before us died)."""
        self._data_mode = True

    @property
    def data_mode(self) -> bool:
        return self._data_mode

    @property
    def waiting_bytes(self) -> int:
        """Read, and not said to be anything yet."""
        return self._lines.waiting_bytes

    @property
    def busy(self) -> bool:
        return self._current is not None

    @property
    def waits_for_network(self) -> bool:
        """The modem has a payload, and the network's answer to it did not come yet."""
        return self.owed or (self._current is not None and self._current.prompted)

    @property
    def owed(self) -> bool:
        """The modem has a payload whose answer was not waited for, and did not come yet."""
        return bool(self._late_answer)

    def deadline_ms(self) -> float | None:
        """When `tick` must be called, on the clock of `now_ms`."""
        return self._current.deadline_ms if self._current else None

    def tick(self, now_ms: float) -> None:
        waiting = self._current
        if waiting is None or now_ms < waiting.deadline_ms:
            return
        deaf = self.owed and now_ms < self._owed_until_ms
        if not (waiting.hurried or waiting.command.asks_if_free or deaf):
            self.timeouts_in_a_row += 1
        self._finish("timeout", now_ms)

    def take_output(self) -> bytes:
        output = bytes(self._output)
        self._output.clear()
        return output

    def close(self) -> None:
        """The port is gone: every command is answered "closed"."""
        waiting = [self._current, *self._queue] if self._current else [*self._queue]
        self._current = None
        self._queue.clear()
        self._output.clear()
        self._lines.clear()
        self._data_mode = False
        self._first_line = ""
        self._late_prompt = self._late_ok = False
        self._late_answer = ""
        self.timeouts_in_a_row = 0
        for one in waiting:
            one.on_answer(Answer(one.command, "closed", prompted=one.prompted))

    def _give_data(self, data: bytes) -> None:
        if data:
            self._on_data(data)

    def _send_next(self, now_ms: float) -> None:
        if self._current is None and self._queue:
            self._current = self._queue.popleft()
            self._send(self._current, now_ms)

    def _send(self, waiting: _Waiting, now_ms: float) -> None:
        waiting.tries_left -= 1
        waiting.echo_seen = not waiting.command.echoed
        command = waiting.command
        waiting.deadline_ms = now_ms + (command.prompt_ms if command.payload else command.timeout_ms)
        waiting.lines.clear()
        self._output += waiting.command.text.encode("ascii") + b"\r"

    def _wants_prompt(self) -> bool:
        waiting = self._current
        return self._late_prompt or (waiting is not None and bool(waiting.command.payload) and not waiting.prompted)

    def _prompted(self, now_ms: float) -> None:
        waiting = self._current
        if waiting is None or not waiting.command.payload or waiting.prompted:
            self._late_prompt = False
            self._output += ESCAPE
        elif waiting.withdrawn:
            self._output += ESCAPE
        elif waiting.echo_seen:
            self._late_prompt = self._late_ok = False
            self._late_answer = ""
            waiting.prompted = True
            waiting.deadline_ms = now_ms + waiting.command.timeout_ms
            self._output += waiting.command.payload + CTRL_Z

    def _line(self, line: Line, now_ms: float) -> None:
        waiting = self._current
        if self._first_line:
            text, self._first_line = f"{self._first_line}\n{line.text}", ""
            if now_ms - self._first_line_ms <= MAX_SECOND_LINE_MS and _PDU.match(line.text):
                self._on_urc(Urc(self._kind(text), text))
                return
        if self._is_late(line.text, waiting):
            return
        if waiting is None:
            self._unsolicited(line.text, now_ms)
        elif line.text == waiting.command.text:
            waiting.echo_seen = True
            waiting.lines.clear()
        elif not waiting.echo_seen:
            self._unsolicited(line.text, now_ms)
        elif (result := self._final(line.text, waiting.command)) is not None:
            self._final_result(waiting, result, now_ms)
        elif self._belongs(line.text, waiting.command):
            if len(waiting.lines) < MAX_ANSWER_LINES:
                waiting.lines.append(line.text)
        else:
            self._unsolicited(line.text, now_ms)

    def _is_late(self, text: str, waiting: _Waiting | None) -> bool:
        """Whether this is the answer to a payload that was not waited for: news then, and no other command's. It is
        known by its own line; an error by its kind, which no command but one about messages has (TS 27.005 §3.2.5)."""
        if self._late_ok and text == "OK":
            self._late_ok = False
            return True
        if not self._late_answer or (waiting is not None and waiting.command.text.startswith("AT+CM")):
            return False
        has_such_errors = waiting is not None and waiting.command.text.startswith(("AT+CPMS", "AT+CNMI"))
        if text.startswith("+CMS ERROR:") and waiting is not None and waiting.echo_seen and has_such_errors:
            return False
        if text.startswith((self._late_answer, "+CMS ERROR:")):
            self._late_ok = text.startswith(self._late_answer)
            self._late_answer = ""
            self._on_urc(Urc("", text))
            return True
        return False

    @staticmethod
    def _final(text: str, command: Command) -> str | None:
        if text in ("OK", "ERROR") or text.startswith(("+CME ERROR:", "+CMS ERROR:")):
            return text
        if command.call_results and text in CALL_RESULTS:
            return text
        if command.opens_data and text == "CONNECT":
            return text
        return None

    def _final_result(self, waiting: _Waiting, result: str, now_ms: float) -> None:
        self.timeouts_in_a_row = 0
        command = waiting.command
        hollow = result == "OK" and command.answer and not command.answer_optional and not waiting.lines
        if hollow and waiting.tries_left > 0:
            self._send(waiting, now_ms)
            return
        if result == "OK" and command.opens_data:
            return  # some say OK before CONNECT; the time limit stands
        self._finish(result, now_ms)

    def _belongs(self, text: str, command: Command) -> bool:
        if command.answer == "*":
            return not self._kind(text)
        return bool(command.answer) and text.startswith(command.answer)

    def _finish(self, result: str, now_ms: float) -> None:
        waiting = self._current
        assert waiting is not None
        if result == "timeout" and waiting.tries_left > 0:
            self._send(waiting, now_ms)
            return
        if result == "timeout" and waiting.command.payload:
            self._output += ESCAPE  # or the next command would be taken for text
            self._late_prompt = not waiting.prompted
            self._late_answer = waiting.command.answer if waiting.hurried and waiting.prompted else ""
            self._owed_until_ms = now_ms + waiting.command.timeout_ms
        if waiting.withdrawn:
            result = "withdrawn"
        self._current = None
        self._data_mode = result == "CONNECT"
        waiting.on_answer(Answer(waiting.command, result, tuple(waiting.lines), waiting.prompted, waiting.hurried))
        self._send_next(now_ms)

    def _kind(self, text: str) -> str:
        pattern = self._pattern(text)
        return pattern.kind if pattern is not None else ""

    def _pattern(self, text: str) -> UrcPattern | None:
        for pattern in self._urcs:
            if text == pattern.prefix or (not pattern.whole and text.startswith(pattern.prefix)):
                return pattern
        return None

    def _unsolicited(self, text: str, now_ms: float) -> None:
        pattern = self._pattern(text)
        if pattern is not None and pattern.two_lines:
            self._first_line, self._first_line_ms = text, now_ms
        else:
            self._on_urc(Urc(pattern.kind if pattern is not None else "", text))
