"""A disk with a write cache that forgets: an NBD server whose power can be cut, in the middle of a write if wanted.

Killing QEMU is no power cut: what the guest has written is safe with the machine underneath. Here a write stays in the
server's memory until the guest asks for it to be kept (FLUSH, or FUA with the write itself); at the cut each sector of
512 bytes still there comes to be, at random, any of what was written to it since, or what it was before. So what was
never flushed arrives in no order at all, partly, or not. Sectors themselves are whole, as disks promise.

The protocol is the one of github.com/NetworkBlockDevice/nbd, doc/proto.md: fixed newstyle, simple replies.
"""

import contextlib
import os
import random
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SECTOR = 512
LARGEST_WRITE = 32 << 20

HAS_FLAGS, SEND_FLUSH, SEND_FUA = 1, 4, 8
FIXED_NEWSTYLE = 1
OPTION_MAGIC, REPLY_MAGIC = b"IHAVEOPT", 0x0003E889045565A9
EXPORT_NAME, ABORT, INFO, GO = 1, 2, 6, 7
ACK, INFORMATION, UNSUPPORTED = 1, 3, 0x80000001
INFO_EXPORT, INFO_BLOCK_SIZE = 0, 3
REQUEST, SIMPLE_REPLY = 0x25609513, 0x67446698
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3
FUA = 1
EINVAL = 22


@dataclass(frozen=True)
class Cut:
    """What the power cut found and left, in sectors."""

    in_cache: int
    kept: int
    """Of these, the ones that were written all the same, in one of their versions."""
    torn: int
    """Of the write it came in the middle of, the ones that were written; 0 when it came between two."""
    torn_of: int
    writes: int
    """Since the disk was switched on."""
    flushes: int
    at_s: float
    """By time.monotonic()."""


class VolatileDisk:
    """The disk itself, over an image file. Only what cuts its power may be called beside the thread that uses it."""

    def __init__(self, image: Path, seed: int) -> None:
        self._file = os.open(image, os.O_RDWR)
        self.size = os.fstat(self._file).st_size
        self._random = random.Random(seed)
        self._keeps_flushed = True
        self._cached: dict[int, list[bytes]] = {}
        """By sector, every version since the last flush."""
        self._lock = threading.Lock()
        self._writes = self._flushes = 0
        self._writes_left = -1
        self._tears = False
        self._first_out: Callable[[int, bytes], bool] = lambda _at, _data: False
        self.is_cut = threading.Event()
        self.cut: Cut | None = None

    def read(self, at: int, length: int) -> bytes:
        found = os.pread(self._file, length, at)
        if not self._cached:
            return found
        seen = bytearray(found)
        for sector in range(at // SECTOR, (at + length) // SECTOR):
            versions = self._cached.get(sector)
            if versions:
                seen[sector * SECTOR - at : (sector + 1) * SECTOR - at] = versions[-1]
        return bytes(seen)

    def write(self, at: int, data: bytes, *, durable: bool) -> bool:
        """False: the power went, and nobody hears of this write any more."""
        with self._lock:
            if self.cut is not None:
                return False
            self._writes += 1
            if self._first_out(at, data):
                os.pwrite(self._file, data, at)
                self._cached.clear()
                self._cut(at, data)
                return False
            if self._writes_left > 0:
                self._writes_left -= 1
            if self._writes_left == 0 and (not self._tears or len(data) > SECTOR):
                if not self._tears:
                    self._remember(at, data)
                self._cut(at, data)
                return False
            if durable and self._keeps_flushed:
                os.pwrite(self._file, data, at)
                for sector in range(at // SECTOR, (at + len(data)) // SECTOR):
                    self._cached.pop(sector, None)
            else:
                self._remember(at, data)
            return True

    def flush(self) -> bool:
        """Everything written is kept from now on. False: the power went."""
        with self._lock:
            if self.cut is not None:
                return False
            self._flushes += 1
            if self._keeps_flushed:
                for sector, versions in self._cached.items():
                    os.pwrite(self._file, versions[-1], sector * SECTOR)
                self._cached.clear()
            return True

    def cut_soon(self, writes: int, *, torn: bool) -> None:
        """The power goes with the `writes`-th write from now, before anything can flush it; `torn`: in the middle of it
        or, when it is of one sector, of the next that is longer."""
        with self._lock:
            self._writes_left, self._tears = writes, torn

    def cut_with(self, first_out: Callable[[int, bytes], bool]) -> None:
        """The power goes with the first write that this says is the one, by its place and content: as luck has it, the
        disk has written this out of its cache, and nothing else that was in there."""
        with self._lock:
            self._first_out = first_out

    def forget(self) -> None:
        """From now on it says that a flush is done and does nothing, for the control experiment."""
        with self._lock:
            self._keeps_flushed = False

    def cut_now(self) -> Cut:
        with self._lock:
            if self.cut is None:
                self._tears = False
                self._cut(0, b"")
            assert self.cut is not None
            return self.cut

    def close(self) -> None:
        os.close(self._file)

    def _remember(self, at: int, data: bytes) -> None:
        for offset in range(0, len(data), SECTOR):
            self._cached.setdefault((at + offset) // SECTOR, []).append(data[offset : offset + SECTOR])

    def _cut(self, at: int, data: bytes) -> None:
        kept = 0
        for sector, versions in self._cached.items():
            chosen = self._random.randrange(len(versions) + 1)
            if chosen:
                os.pwrite(self._file, versions[chosen - 1], sector * SECTOR)
                kept += 1
        torn = torn_of = 0
        if self._tears:
            torn_of = len(data) // SECTOR
            torn = self._random.randrange(1, torn_of)
            os.pwrite(self._file, data[: torn * SECTOR], at)
        self.cut = Cut(len(self._cached), kept, torn, torn_of, self._writes, self._flushes, time.monotonic())
        self._cached.clear()
        self.is_cut.set()


class DiskServer:
    """Serves one disk to one client, on a UNIX socket. After the cut it takes requests and says nothing more."""

    def __init__(self, disk: VolatileDisk, path: Path) -> None:
        self.url = f"nbd+unix:///?socket={path}"
        self._disk = disk
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._client: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="disk", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """The client has gone, or is made to."""
        for one in (self._listener, self._client):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)
                one.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            self._client, _ = self._listener.accept()
            client = self._client
            if _agree(client, self._disk.size):
                while self._answer(client):
                    pass

    def _answer(self, client: socket.socket) -> bool:
        """One request; False when the client says good-bye."""
        magic, flags, kind, cookie, at, length = struct.unpack(">IHHQQI", _exactly(client, 28))
        if magic != REQUEST or (kind == WRITE and length > LARGEST_WRITE):
            return False
        data = _exactly(client, length) if kind == WRITE else b""
        if kind == DISCONNECT:
            return False
        error, answer, alive = 0, b"", self._disk.cut is None
        if kind in (READ, WRITE) and (at % SECTOR or length % SECTOR or at + length > self._disk.size):
            error = EINVAL
        elif kind == READ:
            answer = self._disk.read(at, length)
        elif kind == WRITE:
            alive = self._disk.write(at, data, durable=bool(flags & FUA))
        elif kind == FLUSH:
            alive = self._disk.flush()
        else:
            error = EINVAL
        if alive:
            client.sendall(struct.pack(">IIQ", SIMPLE_REPLY, error, cookie) + answer)
        return True


def _agree(client: socket.socket, size: int) -> bool:
    """The handshake; False when the client wants nothing of the disk."""
    client.sendall(b"NBDMAGIC" + OPTION_MAGIC + struct.pack(">H", FIXED_NEWSTYLE))
    _exactly(client, 4)
    flags = HAS_FLAGS | SEND_FLUSH | SEND_FUA
    while True:
        magic, option, length = struct.unpack(">8sII", _exactly(client, 16))
        if magic != OPTION_MAGIC or length > 65_536:
            return False
        _exactly(client, length)

        def say(kind: int, content: bytes = b"", option: int = option) -> None:
            client.sendall(struct.pack(">QIII", REPLY_MAGIC, option, kind, len(content)) + content)

        if option == EXPORT_NAME:
            client.sendall(struct.pack(">QH", size, flags) + bytes(124))
            return True
        if option in (INFO, GO):
            say(INFORMATION, struct.pack(">HQH", INFO_EXPORT, size, flags))
            say(INFORMATION, struct.pack(">HIII", INFO_BLOCK_SIZE, SECTOR, 4096, LARGEST_WRITE))
            say(ACK)
            if option == GO:
                return True
        elif option == ABORT:
            say(ACK)
            return False
        else:
            say(UNSUPPORTED)


def _exactly(client: socket.socket, length: int) -> bytes:
    """Raises EOFError when the client goes before."""
    whole = bytearray()
    while len(whole) < length:
        part = client.recv(min(length - len(whole), 1 << 20))
        if not part:
            raise EOFError
        whole += part
    return bytes(whole)
