"""ModemManager as an independent client of a twin: its own process in a test session, told of the twin alone.

It looks at no device of the machine (no udev, only the virtual modem it is told of) and is asked over a bus of its own
(`clients_bus`), as its own `mmcli` asks. Names are those of its D-Bus interface, version 1.20 and later.
"""

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.hw.clients_bus import Bus, Leave, Peer, SocketForTty, program
from tests.waiting import wait_for

T = TypeVar("T")
ROOT = "/org/freedesktop/ModemManager1"
SERVICE = "org.freedesktop.ModemManager1"
MODEM, VOICE, MESSAGING = f"{SERVICE}.Modem", f"{SERVICE}.Modem.Voice", f"{SERVICE}.Modem.Messaging"
PATIENCE_S = 40.0
"""A loaded machine is slow; nothing here takes a second on an idle one."""
MODEM_STATES = {3: "disabled", 6: "enabled", 7: "searching", 8: "registered"}
CALL_STATES = {1: "dialing", 2: "ringing-out", 3: "ringing-in", 4: "active", 7: "terminated"}
SMS_STATES = {1: "stored", 2: "receiving", 3: "received", 4: "sending", 5: "sent"}
LTE = 1 << 14


class ModemManager:
    """Its one modem's path is `modem`. Every wait is bounded; a failure shows the end of ModemManager's own log."""

    def __init__(self, peer: Peer, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self._peer = peer
        self._process = process
        self._log = log
        self.modem = ""

    def ask(self, path: str, interface: str, method: str, signature: str = "", *arguments: Any) -> Any:
        """Raises DBusError."""
        try:
            return self._peer.call(path, interface, method, signature, *arguments)
        except Exception as error:
            error.add_note(self._end_of_log())
            raise

    def until(self, what: str, look: Callable[[], T | None]) -> T:
        try:
            return wait_for(what, look, PATIENCE_S, every_s=0.05)
        except AssertionError as error:
            error.add_note(self._end_of_log())
            raise

    def _end_of_log(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return "\n".join(["The end of ModemManager's log:", *lines[-60:]])

    def properties(self, path: str, interface: str) -> dict[str, Any]:
        return self._peer.properties(path, interface)

    # The modem.

    def find(self, socket_name: str) -> None:
        """Tell it of the modem behind a socket, of the make its SIMTech plugin knows, and wait until it knows it."""

        def modems() -> str | None:
            assert self._process.poll() is None, "ModemManager ended"
            found = self.ask(ROOT, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects")
            return next((path for path, interfaces in found.items() if MODEM in interfaces), None)

        def runs() -> bool:
            assert self._process.poll() is None, "ModemManager ended"
            return self._peer.is_there()

        self.until("ModemManager is on the bus", runs)
        self.ask(ROOT, f"{SERVICE}.Test", "SetProfile", "ssas", "twin", "simtech", [socket_name])
        self.modem = self.until("ModemManager found the modem", modems)

    def state(self) -> str:
        state = self.properties(self.modem, MODEM)["State"]
        return MODEM_STATES.get(state, f"state {state}")

    def enable(self, on: bool) -> None:
        self.ask(self.modem, MODEM, "Enable", "b", on)
        wanted = "registered" if on else "disabled"
        self.until(f"the modem is {wanted}", lambda: self.state() == wanted)

    # Calls.

    def call_state(self, call: str) -> str:
        state = self.properties(call, f"{SERVICE}.Call")["State"]
        return CALL_STATES.get(state, f"state {state}")

    def call_is(self, call: str, state: str) -> None:
        self.until(f"the call is {state}", lambda: self.call_state(call) == state)

    def calls(self) -> list[str]:
        found: list[str] = self.ask(self.modem, VOICE, "ListCalls")
        return found

    def dial(self, number: str) -> str:
        call: str = self.ask(self.modem, VOICE, "CreateCall", "a{sv}", {"number": ("s", number)})
        self.do_with_call(call, "Start")
        return call

    def incoming(self) -> str:
        """The call that rings."""
        return self.until(
            "an incoming call",
            lambda: next((one for one in self.calls() if self.call_state(one) == "ringing-in"), None),
        )

    def do_with_call(self, call: str, what: str, signature: str = "", *arguments: Any) -> None:
        self.ask(call, f"{SERVICE}.Call", what, signature, *arguments)

    def forget_call(self, call: str) -> None:
        self.ask(self.modem, VOICE, "DeleteCall", "o", call)

    # Messages.

    def messages(self) -> list[str]:
        found: list[str] = self.ask(self.modem, MESSAGING, "List")
        return found

    def sms(self, path: str) -> dict[str, Any]:
        found = self.properties(path, f"{SERVICE}.Sms")
        return {**found, "State": SMS_STATES.get(found["State"], found["State"])}

    def send(self, number: str, text: str) -> str:
        content = {"number": ("s", number), "text": ("s", text)}
        message: str = self.ask(self.modem, MESSAGING, "Create", "a{sv}", content)
        self.ask(message, f"{SERVICE}.Sms", "Send")
        return message

    def delete(self, message: str) -> None:
        self.ask(self.modem, MESSAGING, "Delete", "o", message)


@contextmanager
def modem_manager(tty: str) -> Iterator[ModemManager]:
    """A ModemManager that found the modem on a tty, and nothing else. It ends with the block."""
    with ExitStack() as stack:
        # Not the test's own folder: a socket's path has 108 bytes at most.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clients-")))
        bus = Bus(folder)
        stack.callback(bus.close)
        leave = Leave(bus)
        stack.callback(leave.close)
        name = f"abstract:{folder.name}"
        tty_socket = SocketForTty(name, tty)
        stack.callback(tty_socket.close)
        log = folder / "modem-manager.log"
        argv = [program("ModemManager", "modemmanager"), "--test-session", "--test-enable", "--test-no-udev"]
        argv += ["--test-no-suspend-resume", "--no-auto-scan", "--debug", f"--log-file={log}"]
        with (folder / "modem-manager.out").open("wb") as out:
            process = subprocess.Popen(argv, env=bus.environment(), stdout=out, stderr=out)
        stack.callback(_end, process)
        connection = bus.connect()
        stack.callback(connection.close)
        client = ModemManager(Peer(connection, SERVICE, PATIENCE_S), process, log)
        client.find(name)
        yield client


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)
