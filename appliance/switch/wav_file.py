"""A WAV file that grows: 8 kHz mono 16-bit, under another name until it is whole, mended after a crash."""

import os
import struct
from pathlib import Path

from hw.devices import SAMPLE_RATE_HZ

HEADER_BYTES = 44


def header(data_bytes: int) -> bytes:
    """The RIFF header of this much sound (Microsoft's RIFF WAVE, PCM)."""
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + data_bytes, b"WAVE", b"fmt ", 16, 1, 1, SAMPLE_RATE_HZ, SAMPLE_RATE_HZ * 2, 2, 16),
        *(b"data", data_bytes),
    )


def duration_ms(data_bytes: int) -> int:
    return data_bytes // 2 * 1000 // SAMPLE_RATE_HZ


class GrowingWav:
    """Made empty at `part`; `append` sound; `finish` completes the header, syncs it and gives it its name."""

    def __init__(self, part: Path, whole: Path) -> None:
        self.part = part
        self.whole = whole
        self.data_bytes = 0
        part.parent.mkdir(parents=True, exist_ok=True)
        self._fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        _write(self._fd, header(0))

    def append(self, samples: bytes) -> None:
        """Raises OSError when the disk is full; what was written before stays."""
        _write(self._fd, samples)
        self.data_bytes += len(samples)

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def finish(self) -> int:
        """The size of the file in bytes. Raises OSError."""
        self.data_bytes = complete(self._fd, self.part, self.whole)
        return HEADER_BYTES + self.data_bytes


def mend(part: Path, whole: Path) -> int:
    """Complete what a crash left at `part`: bytes of sound in it, 0 when there was none and it is removed."""
    if part.stat().st_size < HEADER_BYTES + 2:
        part.unlink()
        return 0
    return complete(os.open(part, os.O_WRONLY | os.O_CLOEXEC), part, whole)


def complete(fd: int, part: Path, whole: Path) -> int:
    """Header by the file's real size, to the disk, to its name; the name to the disk, too. Closes `fd`."""
    try:
        data_bytes = (os.fstat(fd).st_size - HEADER_BYTES) // 2 * 2
        os.ftruncate(fd, HEADER_BYTES + data_bytes)
        os.pwrite(fd, header(data_bytes), 0)
        os.fsync(fd)
    finally:
        os.close(fd)
    whole.parent.mkdir(parents=True, exist_ok=True)
    part.rename(whole)
    folder = os.open(whole.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return data_bytes


def _write(fd: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
