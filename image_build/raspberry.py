"""The Raspberry Pi's start-up files and disk: three partitions the Pi's own firmware reads, two roots, data.

The firmware (in the EEPROM from the Pi 4 on, on the card before) takes from partition 1 `autoboot.txt`, which names the
partition to start from, and the one to try once after `reboot "0 tryboot"` (raspberrypi.com/documentation, config_txt,
"autoboot.txt"); from that partition config.txt, and with it kernel, initrd, device tree and command line.

The partition table is an MBR: with a GPT, Debian's start4.elf (2024) does not find the partition autoboot.txt names
(github.com/raspberrypi/rpi-eeprom/issues/668, /654), even the newest EEPROM fails to try one
(github.com/raspberrypi/rpi-eeprom/issues/818), and a Pi 3 knows no other (github.com/raspberrypi/firmware/issues/654).
The FATs come first, as primary partitions, and are FAT32 with clusters enough to be one, each as its makers advise
there. An MBR has no names: NUMBERS stands for them, and initrd-init.sh is told (`partition_list`).
"""

import gzip
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from image_build.description import Image
from image_build.steps import SetupFailed

MIB = 1 << 20
DISK_ID = "63656e74"
NUMBERS = {"ESP": 1, "bootA": 2, "bootB": 3, "rootA": 5, "rootB": 6, "data": 7}
"""4 is the extended partition that 5 to 7 are in. ESP is what the PC's start-up partition is called."""
FAT32, LINUX, EXTENDED = "c", "83", "f"
FIRMWARE = ("start.elf", "fixup.dat", "start4.elf", "fixup4.dat")
"""Of Pi 2, 3 and Zero 2 W, and of Pi 4; a Pi 5 has its own."""
FIRST_STAGE = "bootcode.bin"
"""What a Pi 3 loads, from partition 1 alone."""
BOARDS = ("bcm2711-rpi-*.dtb", "bcm2712*-rpi-*.dtb", "bcm2837-rpi-*.dtb")
KERNEL, INITRD = "kernel8.img", "initramfs8"
CONFIG = f"""# The Raspberry Pi's firmware reads this; cmdline.txt is what the kernel is told.
arm_64bit=1
# The device trees are those of Linux, by their names there.
upstream_kernel=1
enable_uart=1
disable_splash=1
kernel={KERNEL}
initramfs {INITRD} followkernel
"""
FIRST_CONFIG = """# autoboot.txt says where everything else is. A Pi 3 and a Pi 5 pass by a partition without this file.
"""
AUTOBOOT_BYTES = 512
"""More the firmware does not read; one sector is written whole or not at all."""


@dataclass(frozen=True)
class Place:
    """Where a partition of the MBR is, in MiB from the disk's begin."""

    number: int
    kind: str
    start_mib: int
    size_mib: int


def partition_uuid(name: str) -> str:
    """As Linux calls it (PARTUUID)."""
    return f"{DISK_ID}-{NUMBERS[name]:02d}"


def partition_list() -> str:
    """For the initrd: a line a name, with what the kernel says of the partition."""
    return "".join(f"PARTUUID={partition_uuid(name)} {name}\n" for name in NUMBERS)


def number_partitions(fstab: Path) -> None:
    """What it says of partitions' names, in the numbers there are."""
    text = fstab.read_text()
    for name in NUMBERS:
        text = text.replace(f"PARTLABEL={name} ", f"PARTUUID={partition_uuid(name)} ")
    fstab.write_text(text)


def autoboot(slot: str) -> bytes:
    """Start `slot`, "A" or "B", and after `reboot "0 tryboot"` the other one once."""
    other = {"A": "B", "B": "A"}[slot]
    text = (
        f"[all]\ntryboot_a_b=1\nboot_partition={NUMBERS[f'boot{slot}']}\n"
        f"[tryboot]\nboot_partition={NUMBERS[f'boot{other}']}\n"
    )
    return text.encode()


def take_start_files(image: Image, tree: Path, out: Path) -> None:
    """Fill `out` with what the start-up partitions have, from the root's packages, and keep it out of the root.

    `out` has vmlinuz and initrd already, and becomes `out`/start. Raises SetupFailed for what the packages lack.
    """
    start = out / "start"
    start.mkdir()
    modules = tree / "usr/lib/modules" / image.kernel_release
    for pattern in BOARDS:
        found = sorted((modules / "dtb/broadcom").glob(pattern))
        if not found:
            raise SetupFailed(f"the kernel has no device tree {pattern}")
        for file in found:
            shutil.copyfile(file, start / file.name)
    firmware = tree / "usr/lib/raspi-firmware"
    for name in (*FIRMWARE, FIRST_STAGE):
        shutil.copyfile(firmware / name, start / name)
    # The firmware unpacks it faster than it reads it from a card.
    (start / KERNEL).write_bytes(gzip.compress((out / "vmlinuz").read_bytes(), 9, mtime=0))
    shutil.copyfile(out / "initrd", start / INITRD)
    shutil.rmtree(modules / "dtb")
    shutil.rmtree(firmware)
    for link in (*tree.glob("usr/lib/linux-image-*"), tree / "boot/vmlinuz", tree / "boot/initrd"):
        link.unlink()


def places(image: Image) -> dict[str, Place]:
    """Every partition by its name, the extended one as "extended"."""
    sizes = image.partitions
    given = {
        "ESP": (FAT32, sizes.esp_mib),
        "bootA": (FAT32, sizes.boot_mib),
        "bootB": (FAT32, sizes.boot_mib),
        "rootA": (LINUX, sizes.root_mib),
        "rootB": (LINUX, sizes.root_mib),
        "data": (LINUX, sizes.data_mib),
    }
    found: dict[str, Place] = {}
    at = 1
    for name, (kind, size) in given.items():
        if NUMBERS[name] == 5:
            inside = sum(1 + size for other, (_, size) in given.items() if NUMBERS[other] >= 5)
            found["extended"] = Place(4, EXTENDED, at, inside)
        if NUMBERS[name] >= 5:
            at += 1  # for the sector that says where the partition behind it is
        found[name] = Place(NUMBERS[name], kind, at, size)
        at += size
    return found


def make_disk(image: Image, root: Path, start: Path, data: Path, command_line: str, disk: Path) -> None:
    """`disk`: a sparse file with everything of slot A, and slot B empty."""
    where = places(image)
    table = ["label: dos", f"label-id: 0x{DISK_ID}"]
    table += [
        f"{place.number}: start={place.start_mib}MiB, size={place.size_mib}MiB, type={place.kind}"
        for place in sorted(where.values(), key=lambda one: one.number)
    ]
    with disk.open("wb") as file:
        file.truncate((where["data"].start_mib + where["data"].size_mib) * MIB)
    subprocess.run(["sfdisk", "-q", str(disk)], input="\n".join(table) + "\n", text=True, check=True)
    first, boot = disk.with_name("first.vfat"), disk.with_name("boot.vfat")
    early = {
        FIRST_STAGE: (start / FIRST_STAGE).read_bytes(),
        "autoboot.txt": autoboot("A"),
        "config.txt": FIRST_CONFIG.encode(),
    }
    make_fat(image, "START", "63656e70", image.partitions.esp_mib, early, first)
    files = {file.name: file.read_bytes() for file in sorted(start.iterdir()) if file.name != FIRST_STAGE}
    files |= {"config.txt": CONFIG.encode(), "cmdline.txt": f"root=PARTLABEL=rootA ro {command_line}\n".encode()}
    make_fat(image, "BOOTA", "63656e71", image.partitions.boot_mib, files, boot)
    for name, content in (("ESP", first), ("bootA", boot), ("rootA", root), ("data", data)):
        seek = f"seek={where[name].start_mib}"
        _call("dd", f"if={content}", f"of={disk}", "bs=1M", seek, "conv=notrunc,sparse", "status=none")
    first.unlink()
    boot.unlink()


def make_fat(image: Image, label: str, serial: str, size_mib: int, files: dict[str, bytes], out: Path) -> None:
    """A FAT32 of these files. (512 bytes a cluster: a smaller FAT32 than 65,525 clusters is none.)"""
    work = out.with_name(out.name + ".files")
    work.mkdir()
    with out.open("wb") as file:
        file.truncate(size_mib * MIB)
    _call("mkfs.vfat", "-F", "32", "-s", "1", "-n", label, "-i", serial, "--invariant", str(out))
    for name, content in sorted(files.items()):
        (work / name).write_bytes(content)
        os.utime(work / name, (image.epoch_s, image.epoch_s))
        _call("mcopy", "-m", "-i", str(out), str(work / name), f"::/{name}")
    shutil.rmtree(work)


def _call(*argv: str) -> None:
    subprocess.run(argv, check=True)
