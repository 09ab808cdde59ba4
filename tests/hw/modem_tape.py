"""A tape between a driver and its modem's ttys: every byte that crossed, while the driver's reads are cut anywhere."""

import os
import random
from pathlib import Path

from hw.serial_transport import SerialTransport, Transport, TransportLost


class _TapedTransport(SerialTransport):
    """Reads a few bytes at a time, as a slow USB modem gives them; the rest waits in the tty."""

    def __init__(self, port: str, tape: "Tape", most: int) -> None:
        super().__init__(port)
        self._tape = tape
        self._most = most

    def read(self) -> bytes:
        try:
            data = os.read(self.fileno(), self._tape.rng.randint(1, self._most))
        except BlockingIOError:
            return b""
        except OSError as error:
            raise TransportLost(f"the modem was unplugged ({error.strerror})") from error
        if not data:
            raise TransportLost("the modem was unplugged")
        if self._most < 100 and self._tape.keep:
            self._tape.heard += data
        return data

    def write(self, data: bytes) -> int:
        sent = super().write(data)
        if self._most < 100 and self._tape.keep:
            self._tape.sent += data[:sent]
        return sent


class Tape:
    """`heard` and `sent` are the bytes of the command tty, whole, in order (not `keep`: none). `open` is an
    OpenTransport."""

    def __init__(self, seed: int, keep: bool = True) -> None:
        self.keep = keep
        self.rng = random.Random(seed)
        self.heard = bytearray()
        self.sent = bytearray()

    def open(self, port: str) -> Transport:
        return _TapedTransport(port, self, 1500 if "audio" in Path(port).name else 7)

    def in_order(self, *pieces: bytes) -> bool:
        """Whether these were heard one after another, with anything between."""
        position = 0
        for piece in pieces:
            found = self.heard.find(piece, position)
            if found < 0:
                return False
            position = found + len(piece)
        return True
