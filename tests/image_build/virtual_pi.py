"""A virtual machine that starts the Raspberry Pi's disk image. The Pi's firmware is played here, for QEMU has none.

What a Pi does from power on to Linux is done with the disk as it is: `autoboot.txt` of partition 1 names the partition,
whose config.txt names kernel and initrd, and cmdline.txt what the kernel is told. The machine itself is QEMU's `virt`
with the Pi 4's processor (Cortex-A72): its disk, network and random numbers are virtio, its serial port is a PL011 as
the Pi's (ttyAMA0). It has no GPIO, no sound, no SD card, no USB host and no device tree of a Pi, so that the image's
device trees, the firmware's own files and the Pi's drivers are not started by this.
"""

import base64
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.image_build.virtual_box import PROBE, PROBE_WANTED, VirtualBox

SECTOR = 512
TABLE_AT, ENTRY_BYTES = 446, 16
PATIENCE = "systemd.default_timeout_start_sec=900 systemd.default_device_timeout_sec=900"
"""A start job has 90 s of the clock on the wall; beside thirty others on two cores, journald needed more. The watchdogs
of the units are as they are."""
PROBE_HERE = (
    # The port is there once its driver is.
    PROBE.replace("ttyS1", "hvc0").replace("[Service]\n", "StartLimitIntervalSec=0\n[Service]\nRestartSec=2\n")
)


@dataclass(frozen=True)
class Started:
    """What the firmware has found: the partition's number, and the names in config.txt."""

    partition: int
    config: dict[str, str]
    command_line: str


def primary_partitions(disk: Path) -> dict[int, int]:
    """Where the partitions of an MBR begin, in bytes, by number."""
    with disk.open("rb") as file:
        sector = file.read(SECTOR)
    assert sector[510:] == b"\x55\xaa", "no partition table"
    found = {}
    for number in range(1, 5):
        kind, start = struct.unpack_from("<4xB3xI", sector, TABLE_AT + ENTRY_BYTES * (number - 1))
        if kind:
            found[number] = start * SECTOR
    return found


def read_start_file(disk: Path, partition: int, name: str) -> bytes:
    """A file of a FAT."""
    at = primary_partitions(disk)[partition]
    return subprocess.run(["mtype", "-i", f"{disk}@@{at}", f"::{name}"], capture_output=True, check=True).stdout


def settings(text: str, sections: set[str]) -> dict[str, str]:
    """The Pi's configuration language, so far as the image's files use it: the last that applies counts."""
    found = {}
    applies = True
    for line in text.splitlines():
        line = line.partition("#")[0].strip()
        if line.startswith("["):
            applies = line.strip("[]") in {"all", *sections}
        elif applies and line.startswith("initramfs "):
            found["initramfs"] = line.split()[1]
        elif applies and "=" in line:
            key, _, value = line.partition("=")
            found[key] = value
    return found


def firmware(disk: Path, *, tryboot: bool = False) -> Started:
    """What a Pi would start. `tryboot`: after `reboot "0 tryboot"`."""
    sections = {"tryboot"} if tryboot else set()
    first = read_start_file(disk, 1, "autoboot.txt")
    assert len(first) <= SECTOR, "more than the firmware reads"
    number = int(settings(first.decode(), sections)["boot_partition"])
    config = settings(read_start_file(disk, number, "config.txt").decode(), sections)
    return Started(number, config, read_start_file(disk, number, "cmdline.txt").decode().strip())


class VirtualPi(VirtualBox):
    """A running Pi, so far as QEMU has one."""

    def computer(self, disk: Path | str) -> list[str]:
        disk = Path(disk)
        started = firmware(disk)
        for key in ("kernel", "initramfs"):
            (self.folder / key).write_bytes(read_start_file(disk, started.partition, started.config[key]))
        # Credentials on the command line: this machine has no SMBIOS (systemd.system-credentials(7)).
        told = [
            started.command_line,
            PATIENCE,
            given("systemd.extra-unit.test-probe.service", PROBE_HERE),
            given("systemd.unit-dropin.sysinit.target", PROBE_WANTED),
        ]
        return [
            *("qemu-system-aarch64", "-machine", "virt", "-cpu", "cortex-a72"),
            *("-kernel", f"{self.folder}/kernel", "-initrd", f"{self.folder}/initramfs", "-append", " ".join(told)),
        ]

    def shell(self) -> list[str]:
        return ["-device", "virtio-serial-pci", "-device", "virtconsole,chardev=shell"]


def given(name: str, content: str) -> str:
    """The kernel's word for a credential."""
    return f"systemd.set_credential_binary={name}:{base64.b64encode(content.encode()).decode()}"
