"""The far side of a pseudo-terminal behind a stable link: what a modem's twin has instead of a USB cable."""

import os
import tty
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hw.device_loop import DeviceLoop

MAX_UNSENT_BYTES = 65_536
READ_BYTES = 65_536


class TwinTty:
    """`link` is there while plugged in. Methods in the loop's thread only. Nothing but the tty is shared."""

    def __init__(self, loop: DeviceLoop, link: Path, on_bytes: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._link = link
        self._on_bytes = on_bytes
        self._ours = -1
        self._theirs = -1
        self._unsent = bytearray()
        self.dropped_bytes = 0
        """Nobody read them: a real modem's buffers overflow too."""

    def plug(self) -> None:
        if self._ours >= 0:
            return
        # The other side is held open here too, so that a driver which goes away is no unplugging.
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        os.set_blocking(self._ours, False)
        self._loop.watch(self._ours, self._readable)
        self._link.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._theirs))
        fresh.replace(self._link)

    def unplug(self) -> None:
        if self._ours < 0:
            return
        self._link.unlink(missing_ok=True)
        self._loop.unwatch(self._ours)
        os.close(self._ours)
        os.close(self._theirs)
        self._ours = self._theirs = -1
        self._unsent.clear()

    def write(self, data: bytes) -> None:
        if self._ours < 0:
            return
        if len(self._unsent) + len(data) > MAX_UNSENT_BYTES:
            self.dropped_bytes += len(data)
            return
        self._unsent += data
        self._send()

    def write_or_drop(self, data: bytes) -> None:
        """For sound: what the tty does not take now is lost."""
        if self._ours < 0:
            return
        sent = 0
        if not self._unsent:
            with suppress(BlockingIOError):
                sent = os.write(self._ours, data)
        self.dropped_bytes += len(data) - sent

    def _send(self) -> None:
        try:
            sent = os.write(self._ours, self._unsent)
        except BlockingIOError:
            sent = 0
        del self._unsent[:sent]
        self._loop.on_writable(self._ours, self._send if self._unsent else None)

    def _readable(self) -> None:
        try:
            data = os.read(self._ours, READ_BYTES)
        except (BlockingIOError, OSError):
            return  # EIO cannot be: we hold the other side
        if data:
            self._on_bytes(data)
