"""The disk that loses power: what is flushed stays, what is not may go sector by sector, and a write can be torn."""

import contextlib
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.image_build.volatile_disk import SECTOR, DiskServer, VolatileDisk
from tests.waiting import wait_for

SIZE = 1 << 20
OLD, NEW = b"o", b"n"
BLOCK = 8 * SECTOR


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "disk.img"
    path.write_bytes(OLD * SIZE)
    return path


def sectors(image: Path, at: int, count: int) -> list[bytes]:
    content = image.read_bytes()[at : at + count * SECTOR]
    found = [content[one : one + SECTOR] for one in range(0, len(content), SECTOR)]
    assert all(one == one[:1] * SECTOR for one in found), "a sector is never torn itself"
    return [one[:1] for one in found]


def test_what_was_flushed_is_there_and_what_was_written_is_read_back(image: Path) -> None:
    disk = VolatileDisk(image, 1)
    disk.write(4096, NEW * BLOCK, durable=False)
    assert disk.read(4096 - SECTOR, BLOCK) == OLD * SECTOR + NEW * (BLOCK - SECTOR)
    assert sectors(image, 4096, 8) == [OLD] * 8, "it is in the cache only"
    assert disk.flush()
    cut = disk.cut_now()
    assert sectors(image, 4096, 8) == [NEW] * 8
    assert cut.in_cache == 0
    assert cut.flushes == 1


def test_what_was_not_flushed_survives_sector_by_sector_in_any_version(image: Path) -> None:
    disk = VolatileDisk(image, 2)
    for version in (b"1", b"2"):
        disk.write(0, version * 64 * SECTOR, durable=False)
    cut = disk.cut_now()
    found = sectors(image, 0, 64)
    assert set(found) == {OLD, b"1", b"2"}
    assert cut.in_cache == 64
    assert cut.kept == 64 - found.count(OLD)


def test_a_write_that_asks_to_be_kept_keeps_itself_and_nothing_else(image: Path) -> None:
    disk = VolatileDisk(image, 3)
    disk.write(0, NEW * BLOCK, durable=False)
    disk.write(BLOCK, NEW * BLOCK, durable=True)
    assert sectors(image, 0, 16) == [OLD] * 8 + [NEW] * 8
    disk.write(0, b"m" * SECTOR, durable=True)
    disk.cut_now()
    assert sectors(image, 0, 1) == [b"m"], "an older version in the cache does not come after it"


def test_the_power_goes_with_the_write_it_was_to_go_with_and_nothing_is_taken_after(image: Path) -> None:
    disk = VolatileDisk(image, 4)
    disk.cut_soon(2, torn=False)
    assert disk.write(0, NEW * BLOCK, durable=True)
    assert not disk.write(BLOCK, NEW * BLOCK, durable=True)
    assert disk.is_cut.is_set()
    before = image.read_bytes()
    assert not disk.write(0, b"x" * BLOCK, durable=True)
    assert not disk.flush()
    assert image.read_bytes() == before


@pytest.mark.parametrize("seed", range(8))
def test_a_torn_write_is_there_up_to_some_sector(image: Path, seed: int) -> None:
    disk = VolatileDisk(image, seed)
    disk.cut_soon(1, torn=True)
    assert disk.write(0, NEW * SECTOR, durable=True), "one sector cannot be torn"
    assert not disk.write(BLOCK, NEW * BLOCK, durable=True)
    assert disk.cut is not None
    assert disk.cut.torn_of == 8
    assert 0 < disk.cut.torn < 8
    assert sectors(image, BLOCK, 8) == [NEW] * disk.cut.torn + [OLD] * (8 - disk.cut.torn)


def test_what_is_written_out_first_may_be_what_was_written_last(image: Path) -> None:
    disk = VolatileDisk(image, 5)
    disk.cut_with(lambda at, data: at == BLOCK and data[:1] == NEW)
    assert disk.write(0, NEW * BLOCK, durable=False)
    assert disk.write(BLOCK, b"m" * BLOCK, durable=False)
    assert not disk.write(BLOCK, NEW * BLOCK, durable=False)
    assert sectors(image, 0, 16) == [OLD] * 8 + [NEW] * 8


def test_a_disk_that_forgets_loses_what_it_said_it_kept(image: Path) -> None:
    disk = VolatileDisk(image, 5)
    disk.forget()
    disk.write(0, NEW * 64 * SECTOR, durable=True)
    assert disk.flush()
    disk.cut_now()
    assert OLD in sectors(image, 0, 64)


@pytest.fixture
def client(image: Path, tmp_path: Path) -> Iterator[tuple[socket.socket, VolatileDisk]]:
    """Connected, after the handshake QEMU makes."""
    disk = VolatileDisk(image, 6)
    server = DiskServer(disk, tmp_path / "sock")
    with socket.socket(socket.AF_UNIX) as one:
        one.settimeout(30)
        one.connect(str(tmp_path / "sock"))
        assert one.recv(18, socket.MSG_WAITALL)[:16] == b"NBDMAGICIHAVEOPT"
        one.sendall(struct.pack(">I", 1))
        one.sendall(b"IHAVEOPT" + struct.pack(">II", 8, 0))  # structured replies: refused
        assert struct.unpack(">QIII", one.recv(20, socket.MSG_WAITALL))[2] == 0x80000001
        one.sendall(b"IHAVEOPT" + struct.pack(">II", 7, 6) + struct.pack(">IH", 0, 0))
        head = struct.unpack(">QIII", one.recv(20, socket.MSG_WAITALL))
        assert struct.unpack(">HQH", one.recv(head[3], socket.MSG_WAITALL)) == (0, SIZE, 1 | 4 | 8)
        for expected in (3, 1):
            head = struct.unpack(">QIII", one.recv(20, socket.MSG_WAITALL))
            assert head[2] == expected
            one.recv(head[3], socket.MSG_WAITALL)
        yield one, disk
    server.close()
    disk.close()


def ask(client: socket.socket, kind: int, at: int = 0, data: bytes = b"", *, length: int = 0, flags: int = 0) -> int:
    """Send a request; the error of its answer."""
    client.sendall(struct.pack(">IHHQQI", 0x25609513, flags, kind, 77, at, length or len(data)) + data)
    magic, error, cookie = struct.unpack(">IIQ", client.recv(16, socket.MSG_WAITALL))
    assert (magic, cookie) == (0x67446698, 77)
    return int(error)


def test_on_the_wire(client: tuple[socket.socket, VolatileDisk], image: Path) -> None:
    wire, _ = client
    assert ask(wire, 1, 512, NEW * SECTOR) == 0
    assert ask(wire, 0, 0, length=1024) == 0
    assert wire.recv(1024, socket.MSG_WAITALL) == OLD * SECTOR + NEW * SECTOR
    assert sectors(image, 0, 2) == [OLD, OLD]
    assert ask(wire, 1, 1024, NEW * SECTOR, flags=1) == 0
    assert sectors(image, 0, 3) == [OLD, OLD, NEW]
    assert ask(wire, 3) == 0
    assert sectors(image, 0, 2) == [OLD, NEW]
    assert ask(wire, 1, SIZE, NEW * SECTOR) == 22
    assert ask(wire, 1, 100, NEW * SECTOR) == 22
    assert ask(wire, 4, 0) == 22


def test_on_the_wire_nothing_is_answered_after_the_cut(client: tuple[socket.socket, VolatileDisk]) -> None:
    wire, disk = client
    disk.cut_soon(1, torn=False)
    wire.sendall(struct.pack(">IHHQQI", 0x25609513, 1, 1, 1, 0, SECTOR) + NEW * SECTOR)
    wait_for("the cut", disk.is_cut.is_set)
    wire.settimeout(0.2)
    with contextlib.suppress(TimeoutError):
        assert not wire.recv(1), "an answer after the power went"
