"""The base of an image for another machine, made out of this machine's: Debian's files exchanged, what they were set up
with kept. Runs in the builder (builder.py), as its root.

`python3 -m image_build.crossing FROM TO /build/base.tar /build/packages /build/out` leaves /build/out/base.tar.

Installing a package is unpacking it and running its maintainer scripts (Debian policy, chapter 6). The scripts are the
same for every architecture, and so is what they write: users, links, lists, caches. So they run once, for this machine,
where nothing has to be emulated; here the files of every package that differs between the two machines are taken out
and those of the other machine's are put in. That the scripts are the same is not believed but compared, package by
package; refused is also a package whose own files a script has changed, and anything of the first machine that is left.
"""

import fnmatch
import hashlib
import io
import os
import py_compile
import re
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from image_build.debian_packages import SCRIPTS, Package, info_file, output, read_package, read_status
from image_build.description import Image, read_image
from image_build.steps import SetupFailed

OTHERWISE = {
    "base-files": "its scripts and triggers differ in the folder of the dynamic loader, which is seen to here",
    "libc6": "its scripts differ in the folder of the dynamic loader, which is seen to here",
    "raspi-firmware": "its scripts fill a mounted start-up partition; the disk image has one made for it",
}
"""Packages whose scripts are not those of this machine, and why they need not run."""
ELF_MACHINES = {"amd64": {3, 62}, "arm64": {40, 183}}
"""e_machine (System V gABI) of what a machine can run: i386 and x86-64; ARM and AArch64."""
DIVERTED_ON_PURPOSE = ".usr-is-merged"
"""Diversions that keep a file from vanishing while /lib becomes /usr/lib; there is none on the disk."""


@dataclass(frozen=True)
class Machines:
    """From which machine to which, in the words packages use."""

    old: Image
    new: Image

    def translated(self, text: bytes) -> bytes:
        """What a script of the old machine says in the words of the new, without the notes of what wrote it."""
        text = text.replace(self.old.debian_triplet.encode(), self.new.debian_triplet.encode())
        text = re.sub(rf":{self.old.arch}\b".encode(), f":{self.new.arch}".encode(), text)
        return re.sub(rb"(?m)^#.*\n", b"", text)


def main(argv: list[str]) -> int:
    machines = Machines(read_image(argv[0]), read_image(argv[1]))
    base, folder, out = map(Path, argv[2:5])
    tree = out / "tree"
    tree.mkdir()
    _call("tar", "-C", tree, "--numeric-owner", "--exclude=./dev/*", "-xpf", base)
    packages = [read_package(file) for file in sorted(folder.glob("*.deb"))]
    cross(machines, tree, packages)
    _call("qemu-aarch64", tree / "usr/sbin/ldconfig", "-r", tree, "-X")
    shutil.rmtree(tree / "var/cache/ldconfig", ignore_errors=True)
    words = ["--sort=name", "--numeric-owner", "--format=posix", "--pax-option=delete=atime,delete=ctime"]
    _settle_times(tree, machines.new.epoch_s)
    _call("tar", "-C", tree, *words, "-cf", out / "base.tar", ".")
    shutil.rmtree(tree)
    return 0


def cross(machines: Machines, tree: Path, packages: list[Package]) -> None:
    """Make `tree`, an installed Debian of the old machine, one of the new. Raises SetupFailed naming what differs."""
    info = tree / "var/lib/dpkg/info"
    installed = read_status((tree / "var/lib/dpkg/status").read_text())
    check_scripts(machines, info, set(installed), packages)
    wanted = {package.name: package for package in packages}
    stay = {
        name for name, what in installed.items() if what[0] == "all" and name in wanted and wanted[name].what == what
    }
    go = {name: info_file(info, name, machines.old.arch, "list") for name in sorted(set(installed) - stay)}
    _check_diversions(tree)
    _check_unchanged(machines, tree, info, go)
    were = _remove(tree, go, _lines(info, stay, machines.old.arch))
    shutil.rmtree(tree / "usr/lib/modules" / machines.old.kernel_release, ignore_errors=True)
    for package in packages:
        if package.name not in stay:
            _unpack(machines.new, package, tree, were)
    _remove_empty(tree, go)
    (tree / "lib64").unlink(missing_ok=True)
    _translate_generated(machines, tree)
    _compile(tree)
    _write_status(machines.new, tree, packages)
    check_nothing_left(machines, tree)


def check_scripts(machines: Machines, info: Path, installed: set[str], packages: list[Package]) -> None:
    """Every package's scripts are those that have run here. Raises SetupFailed naming all of which it is not true."""
    differ = []
    kernel = set(machines.new.kernel_packages)
    for package in packages:
        if package.name in OTHERWISE or package.name in kernel:  # compose.py lists the kernel's modules
            continue
        for kind in SCRIPTS:
            theirs = package.scripts.get(kind, b"")
            ours = b""
            if package.name in installed:
                file = info_file(info, package.name, machines.old.arch, kind)
                ours = file.read_bytes() if file.exists() else b""
            if machines.translated(ours) != machines.translated(theirs):
                differ.append(f"{package.name} ({kind})")
    if differ:
        raise SetupFailed(
            f"what sets up {', '.join(differ)} on {machines.new.arch} is not what has run for {machines.old.arch}. "
            f"Perhaps the base of {machines.old.arch} in the cache is older: remove it, and build again. Else read the "
            "scripts; when nothing of them is needed, say so in OTHERWISE of crossing.py"
        )


def _lines(info: Path, names: set[str], arch: str) -> set[str]:
    return {line for name in names for line in info_file(info, name, arch, "list").read_text().splitlines()}


def _check_diversions(tree: Path) -> None:
    lines = (tree / "var/lib/dpkg/diversions").read_text().splitlines()
    for path, instead, package in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        if not instead.endswith(DIVERTED_ON_PURPOSE):
            raise SetupFailed(f"{package} puts {path} elsewhere ({instead}), which crossing.py does not know how to do")


def _check_unchanged(machines: Machines, tree: Path, info: Path, go: Mapping[str, Path]) -> None:
    """No script has changed a file that comes in its package: what it wrote would be lost."""
    for name in go:
        sums = info_file(info, name, machines.old.arch, "md5sums")
        for line in sums.read_text().splitlines() if sums.exists() else ():
            digest, path = line.split(maxsplit=1)
            file = tree / path
            if file.is_symlink() or not file.is_file():
                continue
            if hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() != digest:
                raise SetupFailed(f"/{path} of {name} was changed after it was unpacked; crossing.py would lose that")


def _remove(tree: Path, go: Mapping[str, Path], kept: set[str]) -> dict[str, os.stat_result]:
    """Take the packages' files out; what rights and owners they had."""
    were = {}
    for paths in go.values():
        for line in paths.read_text().splitlines():
            path = tree / line.removeprefix("/")
            if line in kept or not os.path.lexists(path) or (path.is_dir() and not path.is_symlink()):
                continue
            about = path.lstat()
            if stat.S_ISREG(about.st_mode):
                were[_real(tree, path)] = about
            path.unlink()
    return were


def _real(tree: Path, path: Path) -> str:
    """Where it is, for /lib is a link to /usr/lib."""
    return (path.parent.resolve() / path.name).relative_to(tree.resolve()).as_posix()


def _excluded(image: Image, path: str) -> bool:
    """As dpkg's --path-exclude and --path-include say it, in debian.py's order: the last that matches decides."""
    modules = [f"/usr/lib/modules/{image.kernel_release}/kernel/{path}/*" for path in image.exclude_modules]
    if any(fnmatch.fnmatchcase(path, pattern) for pattern in modules):
        return True
    if any(fnmatch.fnmatchcase(path, pattern) for pattern in image.include):
        return False
    return any(fnmatch.fnmatchcase(path, pattern) for pattern in image.exclude)


def _unpack(image: Image, package: Package, tree: Path, were: Mapping[str, os.stat_result]) -> None:
    with tarfile.open(fileobj=io.BytesIO(output("dpkg-deb", "--fsys-tarfile", package.file))) as files:
        files.extraction_filter = lambda member, _path: member  # Debian's packages may do all that root may
        for member in files:
            name = member.name.removeprefix(".").strip("/")
            path = tree / name
            if not name or _excluded(image, f"/{name}") or (member.isdir() and path.is_dir()):
                continue
            if os.path.lexists(path):
                raise SetupFailed(f"/{name} of {package.name} is there already")
            files.extract(member, tree, numeric_owner=True)
            before = were.get(_real(tree, path)) if member.isreg() else None
            if before is not None:  # dpkg-statoverride, or a script, may have given it to somebody
                os.chown(path, before.st_uid, before.st_gid)
                path.chmod(stat.S_IMODE(before.st_mode))


def _remove_empty(tree: Path, go: Mapping[str, Path]) -> None:
    """Folders that only the old machine's packages had."""
    for line in sorted({line for file in go.values() for line in file.read_text().splitlines()}, reverse=True):
        path = tree / line.removeprefix("/")
        if path.is_dir() and not path.is_symlink() and path != tree and _of_old_machine(line):
            with os.scandir(path) as entries:
                if not any(entries):
                    path.rmdir()


def _of_old_machine(path: str) -> bool:
    return bool(re.search(r"x86_64|/lib64\b|amd64|x86-64", path))


def _translate_generated(machines: Machines, tree: Path) -> None:
    """What scripts have made, and named after the machine: links, lists and their folders."""
    old, new = machines.old.debian_triplet, machines.new.debian_triplet
    for folder, folders, files in os.walk(tree, topdown=False):
        for name in sorted([*folders, *files]):
            path = Path(folder, name)
            inside = f"/{path.relative_to(tree).as_posix()}"
            if path.is_symlink() and old in str(path.readlink()):
                target = str(path.readlink()).replace(old, new)
                path.unlink()
                path.symlink_to(target)
            if old not in inside:
                continue
            if path.suffix == ".pyc":
                path.unlink()
            elif path.is_file() and not path.is_symlink():
                target_path = tree / inside.replace(old, new).removeprefix("/")
                target_path.parent.mkdir(parents=True, exist_ok=True)
                target_path.write_bytes(path.read_bytes().replace(old.encode(), new.encode()))
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()


def _compile(tree: Path) -> None:
    """Every folder that had byte code has that of all its sources: it is the same on every machine."""
    for folder in sorted(tree.glob("usr/**/__pycache__")):
        for code in folder.glob("*.pyc"):
            if not (folder.parent / f"{code.name.split('.')[0]}.py").exists():
                code.unlink()
        for source in sorted(folder.parent.glob("*.py")):
            code = folder / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
            about = source.stat()
            wanted = struct.pack("<III", 0, int(about.st_mtime) & 0xFFFFFFFF, about.st_size & 0xFFFFFFFF)
            if not code.exists() or code.read_bytes()[4:16] != wanted:
                mode = py_compile.PycInvalidationMode.TIMESTAMP
                inside = f"/{source.relative_to(tree).as_posix()}"
                py_compile.compile(str(source), str(code), inside, doraise=True, invalidation_mode=mode)


def _write_status(image: Image, tree: Path, packages: list[Package]) -> None:
    """dpkg's own list, so far as it is asked for what the image is made of; nothing is ever installed with it."""
    folder = tree / "var/lib/dpkg"
    paragraphs = []
    for package in packages:
        first, _, rest = package.about.strip().partition("\n")
        paragraphs.append(f"{first}\nStatus: install ok installed\n{rest}\n")
    (folder / "status").write_text("\n".join(paragraphs))
    (folder / "arch").write_text(f"{image.arch}\n")
    for left in (*folder.glob("*-old"), folder / "lock", folder / "lock-frontend", folder / "available"):
        left.unlink(missing_ok=True)
    shutil.rmtree(folder / "info")
    (folder / "info").mkdir()


def check_nothing_left(machines: Machines, tree: Path) -> None:
    """Raises SetupFailed for a program or library of the old machine, and for a configuration that speaks of it."""
    old = machines.old.debian_triplet
    for path in _files(tree):
        inside = path.relative_to(tree).as_posix()
        with path.open("rb") as file:
            begin = file.read(20)
        if begin.startswith(b"\x7fELF"):
            (machine,) = struct.unpack_from("<H" if begin[5] == 1 else ">H", begin, 18)
            if machine in ELF_MACHINES[machines.old.arch]:
                raise SetupFailed(f"/{inside} is a program of {machines.old.arch}")
        elif old in inside or (inside.startswith("etc/") and inside != "etc/ld.so.cache" and _speaks_of(path, old)):
            raise SetupFailed(f"/{inside} is still about {old}")


def _speaks_of(path: Path, word: str) -> bool:
    return word.encode() in path.read_bytes()


def _files(tree: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(tree):
        folders.sort()
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _settle_times(tree: Path, epoch_s: int) -> None:
    for path in [tree, *tree.rglob("*")]:
        if path.lstat().st_mtime > epoch_s:
            os.utime(path, (epoch_s, epoch_s), follow_symlinks=False)


def _call(*argv: str | Path) -> None:
    subprocess.run([str(word) for word in argv], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
