"""How a twin speaks AT: echo, delays, framing, and the faults of answers that come late, twice, mixed or not at all."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from hw.device_loop import DeviceLoop, Timer

MAX_COMMAND_BYTES = 556
"""Longer lines are answered ERROR, as V.250 allows."""
CTRL_Z = b"\x1a"
ESCAPE = b"\x1b"
Reply = list[str]
"""Information lines and the final result, in order."""


@dataclass
class AnswerFaults:
    """Probabilities are of each answer."""

    urc_interleaving: float = 0.0
    doubled_results: float = 0.0
    lost_results: float = 0.0
    """OKs that never come; the command was carried out."""
    answer_delay_ms: tuple[float, float] = (1.0, 8.0)
    split_writes: bool = False
    """Every write in random pieces."""


class Says(Protocol):
    """Where a twin says what it says by itself."""

    def say(self, line: str) -> None: ...


class AtConversation:
    """Bytes from the host in, bytes to the host out. `carry_out(command)` returns the reply's lines, none for a modem
    that says nothing; `slow_ms` is how long a command takes by its nature. `noise` are lines it may say at any time."""

    def __init__(
        self,
        loop: DeviceLoop,
        write: Callable[[bytes], None],
        carry_out: Callable[[str], Reply],
        abort: Callable[[], None],
        noise: tuple[str, ...],
        faults: AnswerFaults,
        rng: random.Random,
        slow_ms: Callable[[str], float] = lambda text: 0.0,
    ) -> None:
        self._slow_ms = slow_ms
        self._loop = loop
        self._write = write
        self._carry_out = carry_out
        self._abort = abort
        self._noise_lines = noise
        self._faults = faults
        self._rng = rng
        self._typed = bytearray()
        self._pending: Timer | None = None
        self._pending_text = ""
        self._asked: Callable[[bytes | None], Reply] | None = None
        self._asked_delay_ms = 0.0
        self._deaf = self._has_text = False
        self.echo = True

    def reset(self) -> None:
        """A reboot: half a command is forgotten, an answer never comes."""
        self._typed.clear()
        self._cancel()
        self._asked = None
        self.echo = True

    def received(self, data: bytes) -> None:
        if self._pending is not None and self._pending_text.startswith(("ATD", "ATA")):
            # V.250 §6.3.1: a character during dialling or answering aborts it.
            self._cancel()
            self._abort()
            self._say(["NO CARRIER"])
            return
        if self._deaf and self._has_text and self._pending is not None:
            return
        self._typed += data
        self._next_command()

    def say(self, line: str) -> None:
        """A line by itself."""
        self._send(self._framed(line))

    def ask(
        self, then: Callable[[bytes | None], Reply], delay_ms: float = 0, news: str = "", deaf: bool = False
    ) -> None:
        """Prompt for a text, after a line of news that comes just then. `then` gets it `delay_ms` after its Ctrl-Z,
        None when it ended by ESC. `deaf`: what is typed in that time is thrown away."""
        self._deaf = deaf
        self._asked, self._asked_delay_ms = then, delay_ms
        self._send(self._framed(news) + b"> " if news else b"\r\n> ")

    @property
    def asks(self) -> bool:
        """Whatever is typed now is text."""
        return self._asked is not None

    @property
    def dials(self) -> bool:
        """A command that dials is under way."""
        return self._pending is not None and self._pending_text.startswith("ATD")

    def _text_typed(self) -> None:
        ends = [place for place in (self._typed.find(CTRL_Z), self._typed.find(ESCAPE)) if place >= 0]
        if not ends or self._asked is None:
            return
        text, end = bytes(self._typed[: min(ends)]), self._typed[min(ends)]
        del self._typed[: min(ends) + 1]
        then, self._asked = self._asked, None
        if self.echo:
            self._send(text)
        given = text if end == CTRL_Z[0] else None
        delay_ms = self._asked_delay_ms if given is not None else 0
        self._pending_text = ""
        self._has_text = True
        self._pending = self._loop.after(delay_ms, lambda: self._text_taken(then, given))

    def _text_taken(self, then: Callable[[bytes | None], Reply], text: bytes | None) -> None:
        self._pending = None
        self._has_text = False
        lines = then(text)
        if lines:
            self._say(lines)
        self._next_command()

    def _cancel(self) -> None:
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None

    def _next_command(self) -> None:
        if self._asked is not None:
            self._text_typed()
            return
        if self._pending is not None or b"\r" not in self._typed:
            if len(self._typed) > MAX_COMMAND_BYTES:
                self._typed.clear()
                self._say(["ERROR"])
            return
        line, _, rest = bytes(self._typed).partition(b"\r")
        self._typed = bytearray(rest)
        text = line.decode("latin-1").lstrip("\n\x1b")
        if self._chance(self._faults.urc_interleaving):
            self.say(self._rng.choice(self._noise_lines))
        if self.echo:
            self._send(line + b"\r")
        if not text.upper().startswith("AT"):
            self._next_command()
            return
        self._pending_text = text
        delay_ms = self._rng.uniform(*self._faults.answer_delay_ms) + self._slow_ms(text)
        self._pending = self._loop.after(delay_ms, lambda: self._reply(text))

    def _reply(self, text: str) -> None:
        self._pending = None
        lines = self._carry_out(text)
        if lines:
            self._say(lines)
        self._next_command()

    def _say(self, lines: Reply) -> None:
        *information, result = lines
        for line in information:
            self._noise()
            self._send(self._framed(line))
        self._noise()
        if result != "OK" or not self._chance(self._faults.lost_results):
            self._send(self._framed(result))
            if self._chance(self._faults.doubled_results):
                self._send(self._framed(result))

    def _noise(self) -> None:
        if self._chance(self._faults.urc_interleaving):
            self.say(self._rng.choice(self._noise_lines))

    @staticmethod
    def _framed(line: str) -> bytes:
        # SIM7600: `\r\r\n+CRING: VOICE\r\r\n`; no reader may mind.
        end = "\r\r\n" if line.startswith("+CRING") else "\r\n"
        return f"{end}{line}{end}".encode("latin-1")

    def _chance(self, probability: float) -> bool:
        return probability > 0 and self._rng.random() < probability

    def _send(self, data: bytes) -> None:
        if not self._faults.split_writes:
            self._write(data)
            return
        position = 0
        while position < len(data):
            size = self._rng.randint(1, 7)
            self._write(data[position : position + size])
            position += size
