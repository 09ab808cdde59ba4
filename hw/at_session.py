"""A driver's conversation with one modem port: opening and reopening it, the command engine, and scripts of commands.

A script is a generator that yields a Command or a Pause and gets the Answer; scripts run one after another, so what a
driver does reads from top to bottom. When the port is lost every script is dropped, and the port is tried again with a
bounded back-off until it is back.
"""

import logging
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass

from hw.at_commands import Answer, AtEngine, Command, Urc, UrcPattern
from hw.device_loop import DeviceLoop, Timer
from hw.serial_transport import Transport, TransportLost

log = logging.getLogger(__name__)

MAX_SCRIPTS = 32
MAX_UNSENT_BYTES = 65_536
MAX_TIMEOUTS_IN_A_ROW = 3
NO_ANSWER = "the modem does not answer; if it stays so, unplug it or cut the power of its USB port"
OpenTransport = Callable[[str], Transport]


@dataclass(frozen=True)
class Pause:
    """Let this time go by within a script."""

    ms: float


@dataclass(frozen=True)
class Expect:
    """Wait until the driver says `happened(what)`; the Answer is ok if it did in time."""

    what: str
    timeout_ms: float


Step = Command | Pause | Expect
Script = Generator[Step, Answer, None]
_HAPPENED = Answer(Command("AT"), "OK")
_DID_NOT = Answer(Command("AT"), "timeout")


@dataclass
class SessionHandlers:
    """What a driver is told, always in the loop's thread."""

    opened: Callable[[], None]
    lost: Callable[[str], None]
    """The port was open and is gone; the reason is a plain sentence."""
    absent: Callable[[str], None]
    """The port could not be opened; it will be tried again."""
    urc: Callable[[Urc], None]
    data: Callable[[bytes], None] | None = None
    """Sound after CONNECT."""
    event: Callable[[int], None] | None = None
    """`<DLE><c>` between lines."""


class AtSession:
    """Made for one port, or for one that `port()` finds anew at each try (it raises TransportLost while there is none).

    `start` in the loop's thread. `reopen_ms` are the waits between tries; the last repeats.
    """

    def __init__(
        self,
        loop: DeviceLoop,
        port: str | Callable[[], str],
        urcs: tuple[UrcPattern, ...],
        handlers: SessionHandlers,
        open_transport: OpenTransport,
        reopen_ms: tuple[float, ...],
    ) -> None:
        self._loop = loop
        self._find: Callable[[], str] = (lambda: port) if isinstance(port, str) else port
        self._port = ""
        self._handlers = handlers
        self._open_transport = open_transport
        self._reopen_ms = reopen_ms
        self._tries = 0
        self._transport: Transport | None = None
        self._reopen: Timer | None = None
        self._deadline: Timer | None = None
        self._unsent = bytearray()
        self._scripts: deque[Script] = deque()
        self._script: Script | None = None
        self._advancing: Script | None = None
        self._pause: Timer | None = None
        self._expected = ""
        self.engine = AtEngine(urcs, handlers.urc, self._garbage, handlers.data, handlers.event)

    @property
    def is_open(self) -> bool:
        return self._transport is not None

    @property
    def is_idle(self) -> bool:
        return self._script is None and not self._scripts

    def start(self) -> None:
        """Try to open the port now."""
        self._reopen = None
        try:
            self._port = self._find()
            self._transport = self._open_transport(self._port)
        except TransportLost as error:
            self._handlers.absent(str(error))
            self._try_again()
            return
        except Exception as error:
            # A fault of ours, which the loop tells of: it must not be the end of the line.
            self._handlers.absent(f"internal fault: {error}")
            self._try_again()
            raise
        self._tries = 0
        self._loop.watch(self._transport.fileno(), self._readable)
        self._handlers.opened()
        self._pump()

    def lose(self, reason: str) -> None:
        """Give the port up and try it again after a while."""
        if self._transport is None:
            return
        log.warning("%s: %s", self._port, reason)
        self._drop()
        self._handlers.lost(reason)
        self._try_again()

    def restart(self) -> None:
        """Drop what is under way, with the port still open: the modem behind it started anew."""
        self._drop_scripts()

    def close(self) -> None:
        self._drop()
        if self._reopen is not None:
            self._reopen.cancel()

    def run(self, script: Script, urgent: bool = False) -> None:
        """Do this after the scripts that wait already, or before them when urgent. Dropped when the port is closed."""
        if self._transport is None or len(self._scripts) >= MAX_SCRIPTS:
            script.close()
            return
        if urgent:
            self._scripts.appendleft(script)
        else:
            self._scripts.append(script)
        if self._script is None:
            self._next_script()
        self._pump()

    def give_way(self, within_ms: float) -> None:
        """An urgent script that waits cannot: the command under way is let go after so long (`AtEngine.give_way`)."""
        self.engine.give_way(within_ms, self._loop.now_ms)
        self._pump()

    def waits(self, script: Script | None) -> bool:
        """Whether this script has yet to begin: it was neither begun nor dropped."""
        return script in self._scripts

    def happened(self, what: str) -> None:
        """A running script that expects this goes on."""
        if self._expected == what and self._script is not None:
            self._expected = ""
            if self._pause is not None:
                self._pause.cancel()
            script = self._script
            self._loop.call(lambda: self._resume(script, _HAPPENED))

    def send_data(self, data: bytes) -> None:
        """Bytes as they are, for a port in data mode. Beyond MAX_UNSENT_BYTES they are dropped."""
        if self._transport is not None and len(self._unsent) + len(data) <= MAX_UNSENT_BYTES:
            self._unsent += data
            self._write()

    @property
    def unsent_bytes(self) -> int:
        return len(self._unsent)

    def leave_data_mode(self, rest: bytes) -> None:
        self.engine.leave_data_mode(rest, self._loop.now_ms)
        self._pump()

    def set_dtr(self, on: bool) -> bool:
        return self._transport is not None and self._transport.set_dtr(on)

    def flush(self) -> None:
        if self._transport is not None:
            self._transport.flush()

    def _try_again(self) -> None:
        wait_ms = self._reopen_ms[min(self._tries, len(self._reopen_ms) - 1)]
        self._tries += 1
        self._reopen = self._loop.after(wait_ms, self.start)

    def _drop(self) -> None:
        if self._transport is not None:
            self._loop.unwatch(self._transport.fileno())
            self._transport.close()
            self._transport = None
        self._unsent.clear()
        self._drop_scripts()

    def _drop_scripts(self) -> None:
        script, self._script = self._script, None
        waiting, self._scripts = self._scripts, deque()
        for one in (script, *waiting):
            if one is not None and one is not self._advancing:
                one.close()
        self._expected = ""
        if self._pause is not None:
            self._pause.cancel()
        if self._deadline is not None:
            self._deadline.cancel()
        self.engine.close()

    def _readable(self) -> None:
        if self._transport is None:
            return
        try:
            data = self._transport.read()
        except TransportLost as error:
            self.lose(str(error))
            return
        self.engine.received(data, self._loop.now_ms)
        self._pump()

    def _pump(self) -> None:
        """Send what the engine wants sent and wake up in time for its next deadline."""
        output = self.engine.take_output()
        if output:
            self._unsent += output
            self._write()
        due_ms = self.engine.deadline_ms()
        if self._deadline is not None:
            if self._deadline.due_ms == due_ms and not self._deadline.cancelled:
                return
            self._deadline.cancel()
            self._deadline = None
        if due_ms is not None and self._transport is not None:
            self._deadline = self._loop.at(due_ms, self._command_timed_out)

    def _write(self) -> None:
        if self._transport is None:
            return
        try:
            sent = self._transport.write(bytes(self._unsent))
        except TransportLost as error:
            self.lose(str(error))
            return
        del self._unsent[:sent]
        self._loop.on_writable(self._transport.fileno(), self._write if self._unsent else None)

    def _command_timed_out(self) -> None:
        self._deadline = None
        self.engine.tick(self._loop.now_ms)
        if self.engine.timeouts_in_a_row >= MAX_TIMEOUTS_IN_A_ROW:
            self.lose(NO_ANSWER)
        self._pump()

    def _garbage(self, begins: bytes) -> None:
        log.warning("%s: threw away a line that does not end, which begins %r", self._port, begins)

    def _next_script(self) -> None:
        if self._scripts and self._transport is not None:
            self._script = self._scripts.popleft()
            self._advance(self._script, None)

    def _advance(self, script: Script, answer: Answer | None) -> None:
        if script is not self._script:
            return  # dropped when the port was lost
        self._advancing = script
        try:
            step = next(script) if answer is None else script.send(answer)
        except StopIteration:
            if script is self._script:
                self._script = None
                self._next_script()
            return
        finally:
            self._advancing = None
        if script is not self._script:
            script.close()  # it gave the port up itself
        elif isinstance(step, Pause):
            self._pause = self._loop.after(step.ms, lambda: self._resume(script, _HAPPENED))
        elif isinstance(step, Expect):
            self._expected = step.what
            self._pause = self._loop.after(step.timeout_ms, lambda: self._did_not_happen(script))
        else:
            self.engine.submit(step, lambda answer: self._advance(script, answer), self._loop.now_ms)

    def _did_not_happen(self, script: Script) -> None:
        self._expected = ""
        self._resume(script, _DID_NOT)

    def _resume(self, script: Script, answer: Answer) -> None:
        self._advance(script, answer)
        self._pump()
