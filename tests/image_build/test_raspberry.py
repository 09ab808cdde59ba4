"""The Raspberry Pi's disk, so far as it is judged without making one: places, names, and what its firmware reads."""

import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

from image_build import raspberry
from image_build.description import HERE, read_image

IMAGE = read_image("arm64")


def test_the_partitions_are_where_an_mbr_can_have_them() -> None:
    where = raspberry.places(IMAGE)
    found = sorted((place.start_mib, place.start_mib + place.size_mib, name) for name, place in where.items())
    assert [name for *_, name in found] == ["ESP", "bootA", "bootB", "extended", "rootA", "rootB", "data"]
    *outside, extended = found[:4]
    for (_, end, _), (begin, _, _) in zip(outside, [*outside[1:], extended], strict=True):
        assert end <= begin
    inside = found[4:]
    assert inside[0][0] > extended[0] and inside[-1][1] == extended[1]
    for (_, end, _), (begin, _, _) in pairwise(inside):
        assert end < begin, "no room for the table of the next"
    assert {place.number for place in where.values()} == set(range(1, 8))


@pytest.mark.parametrize(("slot", "now", "tried"), [("A", 2, 3), ("B", 3, 2)])
def test_the_firmware_starts_one_slot_and_tries_the_other(slot: str, now: int, tried: int) -> None:
    text = raspberry.autoboot(slot)
    assert len(text) <= raspberry.AUTOBOOT_BYTES
    assert text.decode() == f"[all]\ntryboot_a_b=1\nboot_partition={now}\n[tryboot]\nboot_partition={tried}\n"


def test_a_fat32_is_large_enough_to_be_one() -> None:
    """Fewer than 65,525 clusters make a FAT16 of it for whoever counts them (Microsoft's FAT specification, 3.5)."""
    for mib in (IMAGE.partitions.esp_mib, IMAGE.partitions.boot_mib):
        tables_and_reserved = 2 * (mib * 2048 * 4 // 512) + 32
        assert mib * 2048 - tables_and_reserved >= 65_525


def test_the_initrd_finds_by_number_what_has_no_name(tmp_path: Path) -> None:
    """The very lines of initrd-init.sh, by this machine's shell, with what the kernel says of two disks."""
    script = (HERE / "initrd-init.sh").read_text()
    lines = script[script.index("    number=") : script.index(" || continue")]
    (tmp_path / "partitions").write_text(raspberry.partition_list())
    lines = lines.replace("/partitions", str(tmp_path / "partitions")).replace("/sys/class/block", str(tmp_path))
    for name, uevent in {
        "mmcblk0p6": "DEVNAME=mmcblk0p6\nPARTN=6\nPARTUUID=63656e74-06\n",
        "mmcblk0p5": "DEVNAME=mmcblk0p5\nPARTN=5\nPARTUUID=63656e74-05\n",
        "sda5": "DEVNAME=sda5\nPARTN=5\nPARTUUID=01234567-05\n",
        "vda2": "DEVNAME=vda2\nPARTN=2\nPARTNAME=rootA\nPARTUUID=6b4f0c5e-5d0a-4f0e-9a53-000000000002\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "uevent").write_text(uevent)
    whole = f'set -- "$1"\nbb=\n{lines} && sed -n s/^DEVNAME=//p "$uevent"\ndone\ntrue\n'

    def found(name: str) -> str:
        done = subprocess.run(["sh", "-euc", whole, "sh", name], capture_output=True, text=True, check=True)
        return " ".join(done.stdout.split())

    assert found("rootA") == "mmcblk0p5 vda2"
    assert found("rootB") == "mmcblk0p6"
    (tmp_path / "partitions").write_text("")  # a PC's
    assert found("rootA") == "vda2"


def test_fstab_goes_by_number(tmp_path: Path) -> None:
    fstab = tmp_path / "fstab"
    fstab.write_text((HERE / "box/etc/fstab").read_text())
    raspberry.number_partitions(fstab)
    text = fstab.read_text()
    assert "PARTLABEL" not in text and "PARTUUID=63656e74-07  /var " in text


def test_what_the_kernel_is_told_names_the_root_and_the_firmware_its_files() -> None:
    assert f"kernel={raspberry.KERNEL}\n" in raspberry.CONFIG and f"initramfs {raspberry.INITRD} " in raspberry.CONFIG
    assert "arm_64bit=1" in raspberry.CONFIG and "upstream_kernel=1" in raspberry.CONFIG
    assert not set("[]") & set(raspberry.CONFIG), "no section: every board reads all of it"
