"""What a serial port promises to drivers, on a real pseudo-terminal."""

import os
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from hw.serial_transport import SerialTransport, TransportLost
from tests.waiting import wait_for


@pytest.fixture
def pty() -> Iterator[tuple[int, str]]:
    """The device's side, and the path of the port."""
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    path = os.ttyname(theirs)
    os.close(theirs)
    yield ours, path
    with suppress(OSError):
        os.close(ours)


def test_no_data_is_no_unplugging(pty: tuple[int, str]) -> None:
    port = SerialTransport(pty[1])
    assert port.read() == b""
    os.write(pty[0], b"abc")
    wait_for("the bytes", lambda: port.read() == b"abc")
    assert port.read() == b""
    port.close()


def test_flushed_bytes_are_gone(pty: tuple[int, str]) -> None:
    port = SerialTransport(pty[1])
    os.write(pty[0], b"old" * 500)
    port.flush()
    assert port.read() == b""
    port.close()


def test_a_full_port_takes_nothing_and_does_not_block(pty: tuple[int, str]) -> None:
    port = SerialTransport(pty[1])
    taken = 0
    while sent := port.write(b"x" * 4096):
        taken += sent
    assert 0 < taken < 1_000_000
    port.close()


def test_a_device_that_goes_is_lost(pty: tuple[int, str]) -> None:
    port = SerialTransport(pty[1])
    os.close(pty[0])
    with pytest.raises(TransportLost, match="unplugged"):
        port.read()
    with pytest.raises(TransportLost, match="unplugged"):
        port.write(b"AT\r")
    port.flush()
    port.close()


def test_a_pseudo_terminal_has_no_dtr(pty: tuple[int, str]) -> None:
    port = SerialTransport(pty[1])
    assert port.set_dtr(False) is False
    port.close()


def test_a_port_has_one_user(pty: tuple[int, str]) -> None:
    port = SerialTransport(pty[1])
    with pytest.raises(TransportLost, match="another program"):
        SerialTransport(pty[1])
    port.close()
    SerialTransport(pty[1]).close()


def test_a_port_that_does_not_exist_says_so(tmp_path: Path) -> None:
    with pytest.raises(TransportLost, match="does not exist"):
        SerialTransport(str(tmp_path / "ttyUSB9"))
