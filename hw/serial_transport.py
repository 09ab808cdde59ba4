"""A serial port as bytes in and out and two control wires: the only place that knows pyserial and ttys.

A pseudo-terminal has no control wires (ENOTTY); a port whose device was pulled out reads as empty or fails with EIO.
"""

import os
import termios
from typing import Protocol

import serial

READ_BYTES = 65_536


class TransportLost(Exception):
    """The device behind the port is gone or the port cannot be opened. The message is a plain sentence."""


class Transport(Protocol):
    """A byte stream that never blocks."""

    def fileno(self) -> int: ...
    def read(self) -> bytes:
        """What has arrived, b"" when nothing has. Raises TransportLost."""

    def write(self, data: bytes) -> int:
        """How many of the bytes were taken, 0 when the port is full. Raises TransportLost."""

    def flush(self) -> None:
        """Throw away what has arrived and what waits to be sent."""

    def set_dtr(self, on: bool) -> bool:
        """Raise or drop DTR. False when the port has no such wire."""

    def close(self) -> None: ...


class SerialTransport:
    """A tty through pyserial: raw, 8N1, without flow control, locked against a second user.

    Raises TransportLost when it cannot be opened. Closing does not drop DTR (HUPCL is off): a call that is up survives
    the death of this process.
    """

    def __init__(self, port: str, baud_rate: int = 115_200) -> None:
        self._port = port
        try:
            self._serial = serial.Serial(port, baud_rate, timeout=0, write_timeout=0, exclusive=True)
        except (OSError, termios.error, ValueError) as error:
            raise TransportLost(_why_not(port, error)) from error
        self._descriptor: int = self._serial.fileno()
        os.set_blocking(self._descriptor, False)
        self._set_terminal()

    def fileno(self) -> int:
        return self._descriptor

    def read(self) -> bytes:
        # Not pyserial's read: on a port that vanished it raises or returns nothing depending on the kernel.
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise TransportLost(f"{self._port} was unplugged ({error.strerror})") from error
        if not data:
            raise TransportLost(f"{self._port} was unplugged")
        return data

    def write(self, data: bytes) -> int:
        # Not pyserial's write: without a time-out it spins while the port is full.
        try:
            return os.write(self._descriptor, data)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise TransportLost(f"{self._port} was unplugged ({error.strerror})") from error

    def flush(self) -> None:
        try:
            termios.tcflush(self._descriptor, termios.TCIOFLUSH)
            while os.read(self._descriptor, READ_BYTES):  # what the driver still had in its own buffers
                pass
        except (OSError, termios.error):
            return  # empty; a port that is gone is noticed at the next read

    def set_dtr(self, on: bool) -> bool:
        try:
            self._serial.dtr = on
        except OSError:
            return False
        return True

    def close(self) -> None:
        try:
            self._serial.close()
        except (OSError, termios.error):
            return

    def _set_terminal(self) -> None:
        """DTR stays up at close. VMIN 1: a read without data is EAGAIN, and no bytes mean that the device is gone;
        with pyserial's VMIN 0 both look the same."""
        try:
            attributes = termios.tcgetattr(self._descriptor)
            attributes[2] &= ~termios.HUPCL
            attributes[6][termios.VMIN] = 1
            termios.tcsetattr(self._descriptor, termios.TCSANOW, attributes)
        except termios.error:
            return


def _why_not(port: str, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == 2:
        return f"{port} does not exist: is the modem plugged in?"
    if number == 13:
        return f"{port} may not be opened by this user: add it to the group dialout"
    if number in (11, 16):
        return f"{port} is in use by another program"
    return f"{port} cannot be opened: {error}"
