"""Where a modem's calls are commanded: its port, or a second one it has, for an emergency that the first keeps waiting.

A modem that sends a message takes no command on that port until the network has answered; its other ports are served
meanwhile, where the model serves them side by side. One call is commanded on the second port from its dialling to its
end; what the modem says by itself it says on both, and what is doubled changes nothing.
"""

from collections.abc import Callable

from hw.at_commands import Command, Urc, UrcPattern
from hw.at_session import AtSession, OpenTransport, Script, SessionHandlers
from hw.device_loop import DeviceLoop

GREETING_MS = 500
NO_REOPENING_MS = (3_600_000.0,)
"""It is opened for one call."""


class CallPorts:
    """All methods in the loop's thread. `find` gives the second port's tty, "" for none. `left`: the second port is
    given up in a call, whose scripts are dropped."""

    def __init__(
        self,
        loop: DeviceLoop,
        session: AtSession,
        urcs: tuple[UrcPattern, ...],
        find: Callable[[], str],
        open_transport: OpenTransport,
        urc: Callable[[Urc], None],
    ) -> None:
        self._loop = loop
        self._session = session
        self._urcs = urcs
        self._find = find
        self._open_transport = open_transport
        self._urc = urc
        self._second: AtSession | None = None
        self.left: Callable[[], None] = lambda: None

    def run(self, script: Script, urgent: bool = False) -> None:
        """As AtSession.run, on the port that the call is commanded on."""
        (self._second or self._session).run(script, urgent)

    def waits(self, script: Script | None) -> bool:
        return (self._second or self._session).waits(script)

    def give_way(self, within_ms: float) -> None:
        if self._second is None:
            self._session.give_way(within_ms)

    @property
    def owed(self) -> bool:
        """The port may not take commands yet: see `AtEngine.owed`."""
        return self._second is None and self._session.engine.owed

    def go_second(self) -> bool:
        """Before an emergency is dialled: to the second port, if the first waits for the network and there is one."""
        port = self._find() if self._second is None and self._session.engine.waits_for_network else ""
        if not port:
            return self._second is not None
        handlers = SessionHandlers(lambda: None, self._lost, lambda why: None, self._urc)
        second = AtSession(self._loop, port, self._urcs, handlers, self._open_transport, NO_REOPENING_MS)
        second.start()
        if not second.is_open:
            second.close()
            return False
        self._second = second
        second.run(self._greet())
        return True

    def go_back(self) -> None:
        """No call is up: the first port has them again, when it is its turn."""
        second, self._second = self._second, None
        if second is not None:
            second.close()

    def _greet(self) -> Script:
        answer = yield Command("ATE1", echoed=False, timeout_ms=GREETING_MS, tries=2)
        if answer.unanswered:
            self._lost("")
            return
        yield Command("AT+CMEE=1", timeout_ms=GREETING_MS)

    def _lost(self, reason: str) -> None:
        second, self._second = self._second, None
        if second is not None:
            second.restart()  # nothing more is begun there, ...
            self._loop.after(0, second.close)  # ... and it is not opened again
            self.left()
