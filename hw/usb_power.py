"""Switches the power of one USB port off and on, the last cure of a device that does not answer: by uhubctl.

Only hubs with per-port power switching can (uhubctl's README lists them; the ports of a Raspberry Pi 4 go together).
A port is named as in sysfs: the device in 1-1.3 hangs on port 3 of hub 1-1.
"""

import logging
import shutil
import subprocess
import threading
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)

OFF_S = 3
"""Long enough for a modem's capacitors."""
TIME_LIMIT_S = 20.0
Done = Callable[[str], None]
"""Called once, from any thread: "" when the port was switched, else why not in a plain sentence."""


class UsbPower(Protocol):
    def cycle(self, usb_path: str, done: Done) -> None:
        """Switch the port of the device in `usb_path` off, wait, and on. Returns at once."""


class NoUsbPower:
    """Of a box whose hubs cannot."""

    def cycle(self, usb_path: str, done: Done) -> None:
        done("the power of USB ports cannot be switched here: uhubctl is not installed. Unplug the modem by hand")


class Uhubctl:
    """Runs uhubctl (apt: uhubctl), one at a time: two at once would read the same hub."""

    def __init__(self, command: str = "uhubctl", off_s: int = OFF_S, time_limit_s: float = TIME_LIMIT_S) -> None:
        self._command = command
        self._off_s = off_s
        self._time_limit_s = time_limit_s
        self._one_at_a_time = threading.Lock()

    def cycle(self, usb_path: str, done: Done) -> None:
        hub, port = hub_and_port(usb_path)
        if not hub:
            done(f"{usb_path!r} is no USB socket; one is named like 1-1.3")
            return
        name = f"USB power of {usb_path}"
        threading.Thread(target=lambda: done(self._cycle(hub, port)), name=name, daemon=True).start()

    def _cycle(self, hub: str, port: str) -> str:
        argv = [self._command, "-l", hub, "-p", port, "-a", "cycle", "-d", str(self._off_s)]
        with self._one_at_a_time:
            try:
                ran = subprocess.run(
                    argv, capture_output=True, errors="replace", timeout=self._time_limit_s, check=False
                )
            except subprocess.TimeoutExpired:
                return f"uhubctl did not end within {self._time_limit_s:g} s"
            except OSError as error:
                return f"uhubctl cannot be run: {error.strerror}"
        if ran.returncode:
            said = (ran.stderr.strip() or ran.stdout.strip()).splitlines()
            return f"uhubctl could not switch port {port} of hub {hub}: {said[0][:200] if said else ran.returncode}"
        log.warning("the power of USB port %s of hub %s was switched off and on", port, hub)
        return ""


def hub_and_port(usb_path: str) -> tuple[str, str]:
    """ "1-1.3" is port 3 of hub 1-1; "1-1" is port 1 of bus 1's own hub. ("", "") for what is no socket."""
    bus, dash, ports = usb_path.partition("-")
    numbers = ports.split(".")
    if not dash or not bus.isdigit() or not all(number.isdigit() for number in numbers):
        return "", ""
    return (f"{bus}-{'.'.join(numbers[:-1])}" if len(numbers) > 1 else bus), numbers[-1]


def usb_power() -> UsbPower:
    """What this machine has."""
    return Uhubctl() if shutil.which("uhubctl") else NoUsbPower()
