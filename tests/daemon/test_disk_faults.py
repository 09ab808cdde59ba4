"""Calls go on while the data disk is full, read-only or dead, and through a restart of the ACD meanwhile; a real ext4.

The status says what is wrong, the lamp `box` blinks, and when the disk takes writes again nothing is missing.
"""

import contextlib
import fcntl
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.acd.effects import SetLamp
from tests.daemon.acd_process import AcdProcess, office
from tests.daemon.scenes import rows, talk
from tests.daemon.switch_peer import SwitchPeer
from tests.waiting import wait_for

DISK_BYTES = 300_000_000
FS_IOC_SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN of fs/ext4/ioctl.c: from then on every access is an I/O error, as on a disk that was pulled out."""
LOG_FLUSH = 1


class Disk:
    """An ext4 of its own, mounted at `place`."""

    def __init__(self, image: Path, place: Path) -> None:
        self.image, self.place = image, place
        place.mkdir(parents=True, exist_ok=True)
        with image.open("wb") as file:
            file.truncate(DISK_BYTES)
        subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)

    def mount(self) -> bool:
        return subprocess.run(["mount", "-o", "loop", str(self.image), str(self.place)], check=False).returncode == 0

    def fail(self) -> None:
        """As after an error that ext4 does not write on after (ext4(5): `abort` is there to test it)."""
        subprocess.run(["mount", "-o", "remount,abort", str(self.place)], check=True)

    def mend(self) -> None:
        """As the initrd does at the next start; a copy, since nobody can tell when the kernel lets go of the other."""
        self.unmount()
        self.image = Path(shutil.copyfile(self.image, self.image.with_name("mended.img")))
        assert subprocess.run(["e2fsck", "-p", str(self.image)], check=False, capture_output=True).returncode < 4
        assert self.mount()

    def fill(self) -> Path:
        """To the last byte, as root's reserve too."""
        ballast = self.place / "ballast"
        with ballast.open("wb") as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(65_536))
                file.flush()
        return ballast

    def die(self) -> None:
        folder = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, FS_IOC_SHUTDOWN, struct.pack("I", LOG_FLUSH))
        finally:
            os.close(folder)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", str(self.place)], check=False)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a disk")
    made = Disk(tmp_path / "disk.img", tmp_path / "data")
    if not made.mount():
        pytest.skip("no disk can be mounted here")
    try:
        yield made
    finally:
        made.unmount()


@pytest.fixture
def box(disk: Disk, tmp_path: Path, peer: SwitchPeer) -> Iterator[AcdProcess]:
    """An ACD whose data are on that disk."""
    with AcdProcess(office(tmp_path)) as process:
        process.start()
        wait_for("the switch is connected", lambda: process.client.status().switch_connected)
        assert found(process) == []
        yield process


def found(box: AcdProcess) -> list[str]:
    return [one.kind for one in box.client.status().findings]


def lamp(peer: SwitchPeer) -> str:
    """What the panel's lamp of the box shows."""
    shown = [one.pattern for one in peer.said.effects if isinstance(one, SetLamp) and one.lamp == "box"]
    return shown[-1] if shown else "off"


def a_call(peer: SwitchPeer) -> None:
    caller, _agent = talk(peer)
    peer.hang_up(caller)


def killed_and_back(box: AcdProcess) -> None:
    box.kill()
    box.start()
    wait_for("the switch is connected again", lambda: box.client.status().switch_connected)


def test_a_full_disk(box: AcdProcess, disk: Disk, peer: SwitchPeer) -> None:
    a_call(peer)
    rows(box, 1)
    ballast = disk.fill()
    wait_for("it is said", lambda: "data_full" in found(box))
    for _ in range(3):
        a_call(peer)
    killed_and_back(box)
    a_call(peer)
    wait_for("the lamp blinks", lambda: lamp(peer) == "fast_blink")
    ballast.unlink()
    assert [row.end_reason for row in rows(box, 5)] == ["answered"] * 5
    wait_for("it is over", lambda: found(box) == [])
    wait_for("the lamp is off", lambda: lamp(peer) == "off")
    assert box.log_text().count("the box: The data disk is full") == 2, "once in each life"


def test_a_disk_that_fails_and_is_only_read_from_then_on(box: AcdProcess, disk: Disk, peer: SwitchPeer) -> None:
    a_call(peer)
    rows(box, 1)
    disk.fail()
    a_call(peer)
    wait_for("it is said", lambda: {"data_read_only", "store_failing"} <= set(found(box)))
    wait_for("the lamp blinks", lambda: lamp(peer) == "fast_blink")
    a_call(peer)
    box.kill()
    disk.mend()
    box.start()
    assert [row.end_reason for row in rows(box, 3)] == ["answered"] * 3, "what waited was in the journal"
    wait_for("it is over", lambda: found(box) == [])


def test_a_disk_that_dies(box: AcdProcess, disk: Disk, peer: SwitchPeer) -> None:
    a_call(peer)
    rows(box, 1)
    disk.die()
    for _ in range(3):
        a_call(peer)
    wait_for("it is said", lambda: {"data_read_only", "store_failing"} <= set(found(box)))
    killed_and_back(box)
    a_call(peer)
    wait_for("it is said again", lambda: {"data_read_only", "store_failing"} <= set(found(box)))
    killed_and_back(box)
    a_call(peer)
    box.kill()
    disk.mend()
    box.start()
    assert [row.end_reason for row in rows(box, 6)] == ["answered"] * 6, "what waited was in the journal"
    wait_for("it is over", lambda: found(box) == [])
