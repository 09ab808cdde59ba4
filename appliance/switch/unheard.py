"""The file of what the switch said while there was no ACD, for the ACD that comes when this switch is dead too.

Format and reader's side: `acd.wire` and `daemon.unheard`. Nothing is synced: a power cut ends the calls, and with them
what was said of them; it is the processes' deaths that this is for.
"""

import contextlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path

from appliance.acd.wire import MAX_UNACKNOWLEDGED, UNHEARD_HEAD_BYTES, encode_unheard_head, unheard_name

log = logging.getLogger(__name__)


class UnheardFile:
    """`begin` when the ACD is gone, `add` what is said, `alive` now and then, `forget` when an ACD has heard it all.

    An error of the disk is logged and ends the writing: it must not end calls.
    """

    def __init__(self, socket: Path) -> None:
        """For the switch that listens at `socket`."""
        self._socket = socket
        self._path = socket
        self._incarnation = ""
        self._file = -1
        self._bytes = 0
        self._inputs = 0
        self._may_exist = True

    def begin(self, incarnation: str, at_ms: int, frames: Iterable[bytes]) -> None:
        """A new file with what the ACD may not have heard, in the place of one of ours before."""
        self._close()
        self._incarnation = incarnation
        self._path = self._socket.with_name(unheard_name(self._socket.stem, incarnation))
        kept = list(frames)
        data = encode_unheard_head(incarnation, at_ms) + b"".join(kept)
        new = self._path.with_suffix(".unheard-new")
        try:
            self._file = os.open(new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
            self._bytes, self._inputs = 0, len(kept)
            self._append(data)
            new.replace(self._path)
            self._may_exist = True
        except OSError as error:
            self._give_up(error)

    def add(self, frame: bytes) -> None:
        """One more input, if a file was begun; as many as the switch keeps in its memory."""
        if self._file < 0 or self._inputs >= MAX_UNACKNOWLEDGED:
            return
        self._inputs += 1
        try:
            self._append(frame)
        except OSError as error:
            self._give_up(error)

    def alive(self, at_ms: int) -> None:
        """We are still there: until now, calls are as the inputs say."""
        if self._file < 0:
            return
        head = encode_unheard_head(self._incarnation, at_ms)
        assert len(head) == UNHEARD_HEAD_BYTES
        try:
            os.pwrite(self._file, head, 0)
        except OSError as error:
            self._give_up(error)

    def forget(self) -> None:
        """An ACD has heard everything, also what switches before us left."""
        self._close()
        if self._may_exist:
            self._may_exist = False
            with contextlib.suppress(OSError):
                for path in self._socket.parent.glob(unheard_name(self._socket.stem, "*")):
                    path.unlink(missing_ok=True)

    def close(self) -> None:
        """We end; the file stays for the ACD."""
        self._close()

    def _append(self, data: bytes) -> None:
        while data:
            written = os.pwrite(self._file, data, self._bytes)
            self._bytes += written
            data = data[written:]

    def _give_up(self, error: OSError) -> None:
        log.error("what the ACD does not hear cannot be written to %s: %s; calls go on", self._path, error)
        self._close()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
