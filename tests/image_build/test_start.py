"""`./centralita test --long start`: which root GRUB itself starts, for memories of every kind, against its rules.

The kernel is told of a first program that does not exist, so each start ends in a panic at once and GRUB comes again:
what it has counted is seen in what it starts next.
"""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.update.start_memory import NEW, Root, Slot, StartMemory, block, healthy, switched
from image_build.description import read_image
from image_build.disk import MIB
from image_build.image_command import copy_sparse
from tests.image_build.box_root import grub_starts
from tests.image_build.test_image import image
from tests.image_build.virtual_box import VirtualBox

pytestmark = pytest.mark.long

__all__ = ["image"]
PANIC = "rdinit=/nothing panic=-1"
STARTS_S = 900.0
DAMAGED = b"\0" * 1024
BOTH: set[Slot] = {"A", "B"}
GOOD = healthy(NEW, "A")
CASES: dict[str, tuple[StartMemory, set[Slot], tuple[bytes | None, bytes | None], int]] = {
    # memory, roots that can be read, what the two files are instead, starts to see
    "new": (switched(GOOD, "B"), BOTH, (None, None), 3),
    "unreadable": (switched(GOOD, "B"), {"A"}, (None, None), 1),
    "bad": (replace(GOOD, a=Root(1, "good")), BOTH, (None, None), 2),
    "first file damaged": (switched(healthy(GOOD, "B"), "B"), BOTH, (DAMAGED, None), 1),
    "both files damaged": (NEW, {"A"}, (DAMAGED, b""), 1),
}


@pytest.fixture(scope="module")
def two_roots(image: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image with the same root twice."""
    sizes = read_image("amd64").partitions
    disk = tmp_path_factory.mktemp("start") / "two.img"
    copy_sparse(image, disk)
    first, second = (1 + sizes.esp_mib), (1 + sizes.esp_mib + sizes.root_mib)
    words = ["dd", f"if={image}", f"of={disk}", "bs=1M", f"skip={first}", f"seek={second}", f"count={sizes.root_mib}"]
    subprocess.run([*words, "conv=notrunc,sparse", "status=none"], check=True)
    return disk


@pytest.mark.parametrize("case", CASES)
def test_grub_starts_what_its_rules_say(case: str, image: Path, two_roots: Path, tmp_path: Path) -> None:
    memory, readable, instead, count = CASES[case]
    disk = tmp_path / "disk.img"
    copy_sparse(two_roots if readable == BOTH else image, disk)
    for name, other_content in zip(("grubenv", "grubenv.2"), instead, strict=True):
        file = tmp_path / name
        file.write_bytes(block(replace(memory, extra=PANIC)) if other_content is None else other_content)
        subprocess.run(["mcopy", "-o", "-i", f"{disk}@@{MIB}", str(file), f"::/EFI/BOOT/{name}"], check=True)
    wanted: list[Slot | None] = []
    for _ in range(count):
        slot, memory = grub_starts(memory, readable)
        wanted.append(slot)
    machine = VirtualBox(disk, tmp_path / "machine", keep=True)
    try:
        machine.wait_console(rf"(?s)(Starting root [AB]\..*?){{{2 * count}}}", STARTS_S)
        print(f"{case}: {wanted} after {machine.age_s:.0f} s", file=sys.stderr)
        # It says everything twice: on the screen, which UEFI puts on the serial port too, and on the serial port.
        said = [part[0] for part in machine.console().split("Starting root ")[1:]]
        assert said[: 2 * count : 2] == wanted
        assert ("cannot be read" in machine.console()) == (case == "unreadable")
    finally:
        machine.close()
    disk.unlink()
