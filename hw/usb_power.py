"""Switches the power of one USB port off and on, the last cure of a device that does not answer."""

from collections.abc import Callable
from typing import Protocol

Done = Callable[[str], None]
"""Called once, from any thread: "" when the port was switched, else why not in a plain sentence."""


class UsbPower(Protocol):
    def cycle(self, usb_path: str, done: Done) -> None:
        """Switch the port of the device in `usb_path` (as in sysfs: 1-1.3) off, wait, and on. Returns at once."""
