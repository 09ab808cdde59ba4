"""The initrd: a static shell, a static e2fsck, the modules that reach the disk, initrd-init.sh. Made in the builder.

Three megabytes instead of Debian's thirty-five, the same bytes each time, and no foreign program has to run to make it.
"""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from image_build import raspberry
from image_build.description import Image
from image_build.steps import SetupFailed

FOLDERS = ("bin", "dev", "esp", "lib/modules", "proc", "root", "run", "sys")


def make_initrd(image: Image, tree: Path, out: Path) -> None:
    """Raises SetupFailed when the tree lacks a program or the kernel a module that has to be there."""
    with tempfile.TemporaryDirectory() as work:
        root = Path(work)
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True)
        shutil.copy(_first(tree, "usr/bin/busybox", "bin/busybox"), root / "bin/busybox")
        shutil.copy(_first(tree, "usr/sbin/e2fsck.static", "sbin/e2fsck.static"), root / "bin/e2fsck")
        shutil.copy(Path(__file__).with_name("initrd-init.sh"), root / "init")
        (root / "init").chmod(0o755)
        names = []
        for module in _modules(image, tree):
            name = module.name.removesuffix(".xz").removesuffix(".zst")
            (root / "lib/modules" / name).write_bytes(_plain(module))
            names.append(name)
        (root / "modules").write_text("".join(f"{name}\n" for name in names))
        (root / "partitions").write_text(raspberry.partition_list() if image.arch == "arm64" else "")
        for path in [root, *root.rglob("*")]:
            os.utime(path, (image.epoch_s, image.epoch_s), follow_symlinks=False)
        entries = sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))
        archive = subprocess.run(
            ["cpio", "-o", "-H", "newc", "-R", "0:0", "--reproducible", "--quiet"],
            input="\n".join([".", *entries, ""]).encode(),
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout
        out.write_bytes(
            subprocess.run(["zstd", "-19", "-q", "-c"], input=archive, capture_output=True, check=True).stdout
        )


def _first(tree: Path, *places: str) -> Path:
    for place in places:
        if (tree / place).is_file():
            return tree / place
    raise SetupFailed(f"the packages of the image have no {places[0]}; image.toml names those it comes from")


def _modules(image: Image, tree: Path) -> list[Path]:
    """Files of the modules and of what they need, in the order of loading. What another kernel has as a module this one
    may have built in, or not at all: both file systems and a disk driver must be there."""
    found: dict[str, Path] = {}
    for module in image.initrd_modules:
        asked = subprocess.run(
            ["modprobe", "-d", str(tree), "-S", image.kernel_release, "--show-depends", module],
            capture_output=True,
            text=True,
            check=False,
        )
        for line in asked.stdout.splitlines():
            kind, _, path = line.strip().partition(" ")
            if kind == "insmod":
                file = Path(path.split()[0])
                found.setdefault(file.name, file)
    names = {name.split(".")[0] for name in found}
    if not {"ext4", "squashfs", "virtio_blk"} <= names:
        raise SetupFailed(f"the kernel's modules for the initrd were not found: only {sorted(names)}")
    return list(found.values())


def _plain(module: Path) -> bytes:
    if module.suffix == ".xz":
        return subprocess.run(["xz", "-dc", str(module)], capture_output=True, check=True).stdout
    if module.suffix == ".zst":
        return subprocess.run(["zstd", "-dc", str(module)], capture_output=True, check=True).stdout
    return module.read_bytes()
