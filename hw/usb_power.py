"""Cutting the power of one USB port and giving it back: the only cure of a modem that is stuck for good."""

from typing import Protocol


class UsbPowerError(Exception):
    """The power of a port cannot be cut. The message is a plain sentence: why, and what to do."""


class UsbPower(Protocol):
    def cycle(self, port: str) -> None:
        """Cut the power of the USB port that the tty `port` hangs on, wait, and give it back. It may take seconds.

        Raises UsbPowerError.
        """
