"""The disk image: start-up partition, two roots, data, in a GPT. Runs in the builder, without mounts or devices.

`python3 -m image_build.disk ARCH /build/root.squashfs /build/out` leaves disk.img there: a sparse file to write on a
disk or to start a virtual machine from. The partitions' names are what GRUB, initrd and fstab find them by. A Raspberry
Pi's is another: raspberry.py.
"""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from image_build import raspberry
from image_build.description import HERE, Image, read_image

MIB = 1 << 20
DISK_UUID = "6b4f0c5e-5d0a-4f0e-9a53-000000000000"
ESP_TYPE = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
ROOT_TYPE = {"amd64": "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709", "arm64": "B921B045-1DF0-41C3-AF44-4C6F280D3FAE"}
"""Of the UAPI group's Discoverable Partitions Specification."""
DATA_TYPE = "0FC63DAF-8483-4772-8E79-3D69D8477DE4"
"""linux-generic: the one systemd-repart grows."""
GRUB_MODULES = (
    "part_gpt",
    "fat",
    "squash4",
    "normal",
    "linux",
    "regexp",
    "configfile",
    "loadenv",
    "echo",
    "test",
    "serial",
)
MORE_GRUB_MODULES = ("terminal", "reboot", "sleep", "minicmd", "true", "efi_gop", "all_video", "gfxterm")
GRUBENV_BYTES = 1024
NEW_MEMORY = {"slot": "A", "left_A": "3", "state_A": "good", "left_B": "0", "state_B": "bad", "extra": ""}
"""Of a new box: root B is empty (appliance/update/start_memory.py)."""
COMMON_CMDLINE = "panic=10 systemd.gpt_auto=no quiet loglevel=4 consoleblank=0"


@dataclass(frozen=True)
class Partition:
    name: str
    type_uuid: str
    size_mib: int
    content: Path | None


def main(argv: list[str]) -> int:
    arch, root, out = argv[0], Path(argv[1]), Path(argv[2])
    image = read_image(arch)
    esp, data = out / "esp.vfat", out / "data.ext4"
    make_data(image, data)
    if arch == "arm64":
        raspberry.make_disk(image, root, root.with_name("start"), data, command_line(image), out / "disk.img")
        data.unlink()
        return 0
    make_esp(image, out, esp)
    sizes = image.partitions
    write_disk(
        out / "disk.img",
        [
            Partition("ESP", ESP_TYPE, sizes.esp_mib, esp),
            Partition("rootA", ROOT_TYPE[arch], sizes.root_mib, root),
            Partition("rootB", ROOT_TYPE[arch], sizes.root_mib, None),
            Partition("data", DATA_TYPE, sizes.data_mib, data),
        ],
    )
    esp.unlink()
    data.unlink()
    return 0


def command_line(image: Image) -> str:
    """What the kernel is told, but for the root: the last console named is the one the box speaks on."""
    return " ".join([*(f"console={one}" for one in image.console), COMMON_CMDLINE])


def make_esp(image: Image, work: Path, out: Path) -> None:
    """A FAT with GRUB for UEFI, its script and its memory, twice."""
    folder = HERE / "grub"
    grub, script = work / "BOOTX64.EFI", work / "grub.cfg"
    memories = [work / name for name in ("grubenv", "grubenv.2")]
    script.write_text((folder / "grub.cfg").read_text().replace("@CMDLINE@", command_line(image)))
    for memory in memories:
        memory.write_bytes(grubenv(NEW_MEMORY))
    modules = [*GRUB_MODULES, *MORE_GRUB_MODULES]
    # GRUB reads it with a parser that knows no comments. It only finds the partition that GRUB came from.
    early = str(folder / "early.cfg")
    _call("grub-mkimage", "-O", "x86_64-efi", "-p", "/EFI/BOOT", "-c", early, "-o", str(grub), *modules)
    with out.open("wb") as file:
        file.truncate(image.partitions.esp_mib * MIB)
    _call("mkfs.vfat", "-n", "ESP", "-i", "63656e74", "--invariant", str(out))
    for place in ("::/EFI", "::/EFI/BOOT"):
        _call("mmd", "-i", str(out), place)
    for file_ in (grub, script, *memories):
        _call("touch", "-d", f"@{image.epoch_s}", str(file_))
        _call("mcopy", "-m", "-i", str(out), str(file_), f"::/EFI/BOOT/{file_.name}")
        file_.unlink()


def grubenv(values: dict[str, str]) -> bytes:
    """GRUB's memory: a file of exactly 1,024 bytes, which it rewrites in place (GRUB manual, "Environment block")."""
    text = "# GRUB Environment Block\n" + "".join(f"{key}={value}\n" for key, value in values.items())
    return text.encode().ljust(GRUBENV_BYTES, b"#")


def make_data(image: Image, out: Path) -> None:
    """An empty ext4 with a journal. Its number of inodes grows with it; the box fills it at its first start."""
    with out.open("wb") as file:
        file.truncate(image.partitions.data_mib * MIB)
    fixed = "hash_seed=6b4f0c5e-5d0a-4f0e-9a53-63656e747263,lazy_itable_init=0,lazy_journal_init=0,root_owner=0:0"
    uuid = "6b4f0c5e-5d0a-4f0e-9a53-63656e747264"
    # Blocks and inodes of the large file system it is to become; its tables have room to grow while it is mounted.
    grown = ["-b", "4096", "-i", "16384"]
    _call("mke2fs", "-q", "-t", "ext4", "-L", "data", "-m", "1", *grown, "-U", uuid, "-E", fixed, str(out))


def write_disk(disk: Path, partitions: list[Partition]) -> None:
    """Write the table and every partition's content at its place, leaving holes where there is nothing."""
    table = ["label: gpt", f"label-id: {DISK_UUID}", "first-lba: 2048"]
    at_mib = 1
    places = []
    for number, one in enumerate(partitions, 1):
        uuid = DISK_UUID[:-1] + str(number)
        size = f"start={at_mib}MiB, size={one.size_mib}MiB"
        table.append(f'{size}, type={one.type_uuid}, uuid={uuid}, name="{one.name}"')
        places.append((at_mib * MIB, one.content))
        at_mib += one.size_mib
    with disk.open("wb") as file:
        file.truncate((at_mib + 1) * MIB)
    subprocess.run(["sfdisk", "-q", str(disk)], input="\n".join(table) + "\n", text=True, check=True)
    for at, content in places:
        if content is not None:
            _call(
                "dd", f"if={content}", f"of={disk}", "bs=1M", f"seek={at // MIB}", "conv=notrunc,sparse", "status=none"
            )


def _call(*argv: str) -> None:
    subprocess.run(argv, check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
