"""What a client of modems needs around it: a D-Bus of its own, leave from polkit, and a socket in place of a tty.

Nothing here reaches the machine's own buses or services: the bus has a socket in the test's folder, starts no services,
and is both the session bus and the system bus of whoever is given `environment`.
"""

import os
import select
import shutil
import socket
import subprocess
import termios
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, HeaderFields, Message, MessageType, message_bus, new_method_call, new_method_return
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from tests.waiting import wait_for

READ_BYTES = 4_096
_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""


def program(name: str, package: str) -> str:
    """Where a program is. Fails the test, saying how to install it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.fail(
            f"{name} is not installed. ./centralita test installs it; by hand: apt-get install "
            f"--no-install-recommends {package}"
        )
    return found


class DBusError(Exception):
    """The other side answered with an error."""


class Bus:
    """A message bus. Sockets have short paths (108 bytes at most), so `folder` must be one of few letters."""

    def __init__(self, folder: Path) -> None:
        configuration = folder / "bus.conf"
        configuration.write_text(_CONFIGURATION.format(path=folder / "bus"))
        self.address = f"unix:path={folder / 'bus'}"
        self._log = folder / "bus.log"
        argv = [program("dbus-daemon", "dbus-daemon"), f"--config-file={configuration}", "--nofork", "--print-address"]
        with self._log.open("wb") as log:
            self._daemon = subprocess.Popen(argv, stdout=log, stderr=log)
        wait_for("the message bus listens", self._listens, 20)

    def _listens(self) -> bool:
        said = self._log.read_text()
        assert self._daemon.poll() is None, said
        return self.address in said

    def environment(self) -> dict[str, str]:
        both = ("DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS")
        return {**os.environ, "LC_ALL": "C.UTF-8", **dict.fromkeys(both, self.address)}

    def connect(self) -> DBusConnection:
        return open_dbus_connection(self.address)

    def close(self) -> None:
        self._daemon.terminate()
        self._daemon.wait(20)


class Peer:
    """A service on the bus, asked from the test's thread. An answer comes within `timeout_s` or TimeoutError."""

    def __init__(self, connection: DBusConnection, name: str, timeout_s: float = 40.0) -> None:
        self._connection = connection
        self._name = name
        self._timeout_s = timeout_s

    def call(self, path: str, interface: str, method: str, signature: str = "", *arguments: Any) -> Any:
        """The first value of the answer, None when it has none. Raises DBusError."""
        address = DBusAddress(path, self._name, interface)
        message = new_method_call(address, method, signature or None, arguments)
        answer = self._connection.send_and_get_reply(message, timeout=self._timeout_s)
        if answer.header.message_type is MessageType.error:
            raise DBusError(f"{method}: {answer.header.fields[HeaderFields.error_name]}: {answer.body}")
        return answer.body[0] if answer.body else None

    def properties(self, path: str, interface: str) -> dict[str, Any]:
        found = self.call(path, "org.freedesktop.DBus.Properties", "GetAll", "s", interface)
        return {name: value for name, (_, value) in found.items()}

    def is_there(self) -> bool:
        answer = self._connection.send_and_get_reply(message_bus.NameHasOwner(self._name), timeout=self._timeout_s)
        return bool(answer.body[0])


class Leave:
    """Stands for polkit, which a bus in a test has not: whoever asks may do what they ask (org.freedesktop.PolicyKit1).

    ModemManager refuses every command when there is no polkit at all.
    """

    def __init__(self, bus: Bus) -> None:
        self._connection = bus.connect()
        self._connection.send_and_get_reply(message_bus.RequestName("org.freedesktop.PolicyKit1"), timeout=20)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._answer, name="polkit")
        self._thread.start()

    def _answer(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError, ConnectionError):
                message = self._connection.receive(timeout=0.2)
                if message.header.message_type is MessageType.method_call:
                    self._connection.send(self._reply(message))

    @staticmethod
    def _reply(asked: Message) -> Message:
        if asked.header.fields[HeaderFields.member] == "CheckAuthorization":
            return new_method_return(asked, "(bba{ss})", ((True, False, {}),))
        return new_method_return(asked, "a{sv}", ({},))  # its properties

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._connection.close()


class SocketForTty:
    """An abstract Unix socket that is a tty's other name: who connects has the tty until they hang up.

    For clients that know virtual modems only behind sockets. Bytes pass as they are, both ways.
    """

    def __init__(self, name: str, tty: str) -> None:
        self._tty = tty
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(f"\0{name}")
        self._listener.listen()
        self._close, self._closed = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name="socket for a tty")
        self._thread.start()

    def _serve(self) -> None:
        while self._readable(self._listener):
            client, _ = self._listener.accept()
            port = os.open(self._tty, os.O_RDWR | os.O_NOCTTY)
            termios.tcflush(port, termios.TCIFLUSH)  # what a tty gets while nobody has it open is lost
            with client, suppress(ConnectionError):
                self._pass_on(client, port)
            os.close(port)

    def _readable(self, *sources: socket.socket | int) -> list[socket.socket | int]:
        """Those that can be read, once there are any; none when this is closed."""
        ready, _, _ = select.select([self._closed, *sources], [], [])
        return [] if self._closed in ready else ready

    def _pass_on(self, client: socket.socket, port: int) -> None:
        while ready := self._readable(client, port):
            if client in ready:
                data = client.recv(READ_BYTES)
                if not data:
                    return
                os.write(port, data)
            if port in ready:
                client.sendall(os.read(port, READ_BYTES))

    def close(self) -> None:
        self._close.send(b"x")
        self._thread.join()
        for one in (self._listener, self._close, self._closed):
            one.close()
