"""The switch's connection to Kamailio's events: what cannot be told on it is told on the next."""

import socket
from collections.abc import Callable

from appliance.switch.registrations import Registrations


class Turns:
    """An engine whose turns the test makes."""

    def __init__(self) -> None:
        self.ready: dict[int, Callable[[int], object]] = {}
        self.look_after: Callable[[], object] = lambda: None

    def every(self, ms: int, what: Callable[[], object]) -> None:
        self.look_after = what

    def when_ready(self, fd: int, what: Callable[[int], object]) -> None:
        self.ready[fd] = what

    def forget(self, fd: int) -> None:
        del self.ready[fd]


class Telling:
    """A line that keeps how it may tell Kamailio something."""

    def __init__(self) -> None:
        self.tells: list[Callable[[str], None] | None] = []

    def kamailio_is(self, here: bool, tell: Callable[[str], None] | None = None) -> None:
        self.tells.append(tell)


def test_a_message_that_goes_only_half_ends_the_connection_and_lines_tell_again() -> None:
    """Kamailio is stuck and its buffer full: what follows half a netstring would be no netstring."""
    with socket.create_server(("127.0.0.1", 0)) as kamailio:
        engine, line = Turns(), Telling()
        address, port = kamailio.getsockname()
        made = Registrations(engine, address, port, [], [line])  # type: ignore[arg-type, list-item]
        made.start()
        first, _ = kamailio.accept()
        tell = line.tells[-1]
        assert tell is not None
        for _ in range(20):
            tell("hosts operador " + "x" * 1_000_000)
        assert engine.ready == {}, "the connection that was cut off is watched no more"
        engine.look_after()
        second, _ = kamailio.accept()
        assert len(line.tells) == 2, "told anew, for this Kamailio knows nothing of what was lost"
        tell = line.tells[-1]
        assert tell is not None
        tell("hosts operador sip:192.0.2.1:5060")
        second.settimeout(20)
        assert second.recv(100) == b"33:hosts operador sip:192.0.2.1:5060,"
        made.close()
        first.close()
        second.close()
