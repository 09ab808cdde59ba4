"""Puts the box's root file system together out of its parts. Runs in the builder (builder.py), as its root.

`python3 -m image_build.compose ARCH /build/base.tar /build/product /build/parts /build/out` leaves there:

    root.squashfs  the read-only root: squashfs, which nothing can write to by mistake, and a third of what is to be
                   downloaded, written and read. Packed by what both GRUB and the kernel unpack
    vmlinuz, initrd, packages.tsv, root.sha256
"""

import compileall
import json
import os
import py_compile
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from image_build import raspberry
from image_build.description import Image, read_image
from image_build.initrd import make_initrd
from image_build.sbom import debian_licences
from image_build.steps import SetupFailed
from image_build.tree_hash import tree_hash

LIBRARY = "usr/lib/centralita"
ENABLED = (
    "systemd-networkd.service",
    "systemd-resolved.service",
    "systemd-timesyncd.service",
    "nftables.service",
)
"""Beside every unit of ours that says in [Install] what wants it."""
MASKED = (
    # Kamailio's package starts one of its own, with a configuration of its own.
    "kamailio.service",
    # A box would otherwise talk to its modems by two mouths, should this package ever come along.
    "ModemManager.service",
    # Nobody logs in: there is no password to try.
    "getty@.service",
    "serial-getty@.service",
    "console-getty.service",
    "autovt@.service",
    "debug-shell.service",
    "emergency.service",
    "rescue.service",
    # Made when the image is; the root is read-only.
    "ldconfig.service",
    "systemd-hwdb-update.service",
    "systemd-journal-catalog-update.service",
    "systemd-sysusers.service",
    "systemd-machine-id-commit.service",
    "systemd-firstboot.service",
    # What is kept up to date is the whole root, by updates of ours.
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "man-db.timer",
)
SQUASHFS = ("-comp", "gzip", "-b", "131072", "-reproducible", "-noappend", "-no-progress", "-quiet")
"""GRUB's squash4 unpacks gzip, lzo and xz. The kernel and its initrd are packed already."""


def main(argv: list[str]) -> int:
    arch, base, product, parts, out = argv[0], *map(Path, argv[1:5])
    image = read_image(arch)
    tree = out / "tree"
    _unpack(base, tree)
    _kernel(image, tree, out)
    _lay_over(Path(__file__).parent / "box", tree)
    if image.arch == "arm64":
        _lay_over(Path(__file__).parent / "box-arm64", tree)
        raspberry.number_partitions(tree / "etc/fstab")
    _product(product, parts, tree)
    _prove_imports(image, tree)
    _system(image, tree)
    _updates(image, product, parts / "update.pem", tree)
    _packages(image, tree, out)
    _empty_var(tree)
    _refuse(image, tree)
    _settle_times(tree, image.epoch_s)
    digest = tree_hash(tree)
    (out / "root.sha256").write_text(digest + "\n")
    _root_file_system(image, tree, out / "root.squashfs")
    shutil.rmtree(tree)
    print(f"root {digest}")
    return 0


def _call(*argv: str | Path) -> None:
    subprocess.run([str(word) for word in argv], check=True)


def _unpack(base: Path, tree: Path) -> None:
    tree.mkdir()
    _call("tar", "-C", tree, "--numeric-owner", "--exclude=./dev/*", "-xpf", base)


def _kernel(image: Image, tree: Path, out: Path) -> None:
    """The root's own kernel and initrd, in its /boot: a root and its modules are never parted."""
    release = image.kernel_release
    _call("depmod", "-b", tree, release)
    kernel = tree / "boot" / f"vmlinuz-{release}"
    if not kernel.exists():
        kernel = tree / "usr/lib/modules" / release / "vmlinuz"
    shutil.copyfile(kernel, out / "vmlinuz")
    (tree / "usr/lib/modules" / release / "vmlinuz").unlink(missing_ok=True)
    make_initrd(image, tree, out / "initrd")
    shutil.rmtree(tree / "boot")
    (tree / "boot/efi").mkdir(parents=True)
    for name in ("vmlinuz", "initrd"):
        shutil.copyfile(out / name, tree / "boot" / name)
    for link in ("vmlinuz", "initrd.img", "vmlinuz.old", "initrd.img.old"):
        (tree / link).unlink(missing_ok=True)
    if image.arch == "arm64":
        raspberry.take_start_files(image, tree, out)


def _lay_over(files: Path, tree: Path) -> None:
    for source in sorted(files.rglob("*")):
        target = tree / source.relative_to(files)
        if source.is_dir():
            target.mkdir(exist_ok=True)
            continue
        target.unlink(missing_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)


def _product(product: Path, parts: Path, tree: Path) -> None:
    home = tree / "opt/centralita"
    for source in sorted(product.rglob("*")):
        target = home / source.relative_to(product)
        if source.is_dir():
            target.mkdir(exist_ok=True)
        elif not target.exists():  # the launcher is the image's own
            shutil.copyfile(source, target)
            target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
    for name in ("python", "native", "prompts"):
        shutil.copytree(parts / name, tree / LIBRARY / name, symlinks=True)
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    if not compileall.compile_dir(home, quiet=1, invalidation_mode=unchecked, stripdir=tree, prependdir="/"):
        raise SetupFailed("the product could not be compiled")


_IMPORT_ALL = """
import ctypes, importlib, pkgutil, sys
import psycopg  # before its psycopg_binary, which wants it so
failed = []
names = {one.name for one in pkgutil.iter_modules(["/usr/lib/centralita/python"])}
for package in ("appliance", "hw", "web_ui"):
    names.update(one.name for one in pkgutil.walk_packages([f"/opt/centralita/{package}"], f"{package}."))
for name in sorted(names - {"pjsua2"}):
    if not name.startswith("_") and not name.endswith("__main__"):
        try:
            importlib.import_module(name)
        except Exception as error:
            failed.append(f"{name}: {error!r}")
try:
    import pjsua2
    ctypes.CDLL(sys.modules["_pjsua2"].__file__, ctypes.RTLD_GLOBAL)
    ctypes.CDLL("/usr/lib/centralita/native/audio_port.so")
except Exception as error:
    failed.append(f"PJSIP: {error!r}")
sys.exit("\\n".join(failed) or 0)
"""


def _prove_imports(image: Image, tree: Path) -> None:
    """Every module of the product and every package beside it can be imported with what is in the root, and nothing
    else. Raises SetupFailed naming those that cannot. (A library that only the tests bring is found missing here.)"""
    paths = f"/opt/centralita:/{LIBRARY}/python"
    env = {"PYTHONPATH": paths, "PYTHONDONTWRITEBYTECODE": "1"}
    words = ["/usr/bin/python3", "-c", _IMPORT_ALL]
    emulator = tree / f"qemu-{image.machine}"
    if image.machine != os.uname().machine:
        # The one program there is to run, so nothing has to be told to this machine's kernel.
        shutil.copy(f"/usr/bin/{emulator.name}", emulator)
        words.insert(0, f"/{emulator.name}")
    words = ["/usr/sbin/chroot", str(tree), *words]
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    emulator.unlink(missing_ok=True)
    if done.returncode != 0:
        raise SetupFailed(f"the root lacks what the product imports:\n{done.stderr}")


def product_units(folder: Path) -> list[Path]:
    """The files of this folder that are units of ours."""
    kinds = {".service", ".target", ".timer", ".mount", ".path", ".socket"}
    return sorted(file for file in folder.iterdir() if file.suffix in kinds and "centralita" in file.name)


def _system(image: Image, tree: Path) -> None:
    units = tree / "opt/centralita/systemd"
    for unit in product_units(units):
        shutil.copyfile(unit, tree / "usr/lib/systemd/system" / unit.name)
    installed = product_units(tree / "usr/lib/systemd/system")
    ours = [unit.name for unit in installed if "\n[Install]" in unit.read_text() and "@" not in unit.name]
    for file, place in (
        ("sysusers.conf", "usr/lib/sysusers.d/centralita.conf"),
        ("tmpfiles.conf", "usr/lib/tmpfiles.d/centralita.conf"),
        ("70-centralita.rules", "usr/lib/udev/rules.d/70-centralita.rules"),
        ("71-centralita-handsets.rules", "usr/lib/udev/rules.d/71-centralita-handsets.rules"),
    ):
        shutil.copyfile(units / file, tree / place)
    _call("systemd-sysusers", f"--root={tree}")
    # Everything has a unit. For a script beside it systemctl would start a program of the box's own machine.
    for folder in (tree / "etc/init.d", *tree.glob("etc/rc?.d")):
        shutil.rmtree(folder)
    _call("systemctl", f"--root={tree}", "disable", "kamailio.service")
    _call("systemctl", f"--root={tree}", "mask", *MASKED)
    # A kernel's tty0 is whichever screen is in front; nobody can change it, so it is the first.
    screens = ["tty1" if one == "tty0" else one.partition(",")[0] for one in image.console]
    _call(
        "systemctl",
        f"--root={tree}",
        "enable",
        *ENABLED,
        *ours,
        *(f"centralita-screen@{one}.service" for one in screens),
    )
    _call("systemctl", f"--root={tree}", "set-default", "multi-user.target")
    etc = tree / "etc"
    (etc / "hostname").write_text(f"{image.host_name}\n")
    (etc / "machine-id").write_text("")
    (etc / "centralita").mkdir(exist_ok=True)
    (tree / "media/centralita").mkdir(parents=True, exist_ok=True)  # the stick's place; the root is read-only
    resolv = etc / "resolv.conf"
    resolv.unlink(missing_ok=True)
    resolv.symlink_to("../run/systemd/resolve/stub-resolv.conf")
    (etc / ".updated").touch()
    # What a box without a clock believes at least.
    (tree / "usr/lib/clock-epoch").touch()
    for left in ("etc/passwd-", "etc/shadow-", "etc/group-", "etc/gshadow-", "etc/apt/sources.list", "etc/.pwd.lock"):
        (tree / left).unlink(missing_ok=True)


def _packages(image: Image, tree: Path, out: Path) -> None:
    """Every Debian package: name, version, architecture, source, its version. In the image too, for who looks."""
    form = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"
    asked = subprocess.run(
        ["dpkg-query", f"--admindir={tree}/var/lib/dpkg", "-W", "-f", form], capture_output=True, text=True, check=True
    )
    (out / "packages.tsv").write_text(asked.stdout)
    (tree / LIBRARY / "packages.tsv").write_text(asked.stdout)
    (out / "licences.json").write_text(json.dumps(debian_licences(tree / "usr/share/doc"), indent=1) + "\n")


def _updates(image: Image, product: Path, certificate: Path, tree: Path) -> None:
    """Which machine and version this is (os-release(5)), and whose signature on an update counts."""
    version = tomllib.loads((product / "pyproject.toml").read_text())["project"]["version"]
    with (tree / "usr/lib/os-release").open("a") as file:
        file.write(f"IMAGE_ID={image.image_id}\nIMAGE_VERSION={version}\n")
    settings = tree / "etc/rauc/system.conf"
    settings.write_text(settings.read_text().replace("@IMAGE_ID@", image.image_id))
    shutil.copyfile(certificate, tree / "etc/rauc/update.pem")


def _empty_var(tree: Path) -> None:
    """/var comes from the data partition; systemd-tmpfiles makes in it what has to be there."""
    shutil.rmtree(tree / "var")
    for folder in ("var", "tmp", "run", "proc", "sys", "dev", "mnt"):
        (tree / folder).mkdir(exist_ok=True)
        (tree / folder).chmod(0o1777 if folder == "tmp" else 0o755)


def _refuse(image: Image, tree: Path) -> None:
    """What must never be on a box. Raises SetupFailed."""
    names = {line.split("\t")[0] for line in (tree / LIBRARY / "packages.tsv").read_text().splitlines()}
    for package in image.forbidden:
        if package in names:
            raise SetupFailed(f"{package} would be in the image; `forbidden` in image.toml says it may not")
    for line in (tree / "etc/shadow").read_text().splitlines():
        user, password = line.split(":")[:2]
        if not password.startswith(("*", "!")):
            raise SetupFailed(f"{user} could log in with a password; nobody may")


def _settle_times(tree: Path, epoch_s: int) -> None:
    """Nothing is younger than the image's own time."""
    for path in [tree, *tree.rglob("*")]:
        if path.lstat().st_mtime > epoch_s:
            os.utime(path, (epoch_s, epoch_s), follow_symlinks=False)
    os.utime(tree / "etc/.updated", (epoch_s, epoch_s))
    os.utime(tree / "usr/lib/clock-epoch", (epoch_s, epoch_s))


def _root_file_system(image: Image, tree: Path, out: Path) -> None:
    """Raises SetupFailed when it does not fit into its partition."""
    as_they_are = "uncompressed@pathname(boot/vmlinuz)||pathname(boot/initrd)"
    # Its own time is SOURCE_DATE_EPOCH, which the builder sets.
    _call("mksquashfs", tree, out, *SQUASHFS, "-action", as_they_are)
    room = image.partitions.root_mib << 20
    if out.stat().st_size > room:
        raise SetupFailed(
            f"the root has {out.stat().st_size} bytes and its partition {room}: raise root_mib in image.toml"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
