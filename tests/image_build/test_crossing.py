"""An installed Debian of one machine becomes one of another, or is refused: small packages, made here by dpkg-deb."""

import hashlib
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from image_build.crossing import Machines, cross
from image_build.debian_packages import Package, read_package, read_status
from image_build.description import read_image
from image_build.steps import SetupFailed

MACHINES = Machines(read_image("amd64"), read_image("arm64"))
OLD, NEW = "x86_64-linux-gnu", "aarch64-linux-gnu"
X86 = b"\x7fELF\x02\x01\x01" + bytes(11) + b"\x3e\x00"
ARM = b"\x7fELF\x02\x01\x01" + bytes(11) + b"\xb7\x00"
POSTINST = f"#!/bin/sh\n# written by debhelper 1 for {OLD}\nln -s {OLD}/one /etc/alternatives/one\n"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="packages are unpacked with their owners")


@dataclass
class Debian:
    """A folder as dpkg leaves it, of packages of the old machine, and the files of those of the new."""

    tree: Path
    debs: Path
    status: list[str] = field(default_factory=list)

    def installed(self, name: str, arch: str, files: dict[str, bytes], postinst: str = "") -> None:
        info = self.tree / "var/lib/dpkg/info"
        info.mkdir(parents=True, exist_ok=True)
        lines = ["/."]
        sums = []
        for path, content in files.items():
            file = self.tree / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            lines += [*(f"/{parent}" for parent in reversed(Path(path).parents) if parent.name), f"/{path}"]
            sums.append(f"{hashlib.md5(content).hexdigest()}  {path}")
        (info / f"{name}.list").write_text("\n".join(lines) + "\n")
        (info / f"{name}.md5sums").write_text("\n".join(sums) + "\n")
        if postinst:
            (info / f"{name}.postinst").write_text(postinst)
        self.status.append(f"Package: {name}\nStatus: install ok installed\nVersion: 1\nArchitecture: {arch}\n")
        (self.tree / "var/lib/dpkg/status").write_text("\n".join(self.status))
        (self.tree / "var/lib/dpkg/diversions").touch()

    def to_install(self, name: str, arch: str, files: dict[str, bytes], postinst: str = "", version: str = "1") -> None:
        work = self.debs / f"{name}.d"
        for path, content in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_bytes(content)
        control = work / "DEBIAN"
        control.mkdir(parents=True)
        control.chmod(0o755)
        about = f"Package: {name}\nVersion: {version}\nArchitecture: {arch}\n"
        about += "Maintainer: m <m@example.org>\nDescription: d\n"
        (control / "control").write_text(about)
        if postinst:
            (control / "postinst").write_text(postinst)
            (control / "postinst").chmod(0o755)
        argv = [
            "dpkg-deb",
            "--build",
            "-Znone",
            "--root-owner-group",
            str(work),
            str(self.debs / f"{name}_1_{arch}.deb"),
        ]
        subprocess.run(argv, check=True, capture_output=True)

    def packages(self) -> list[Package]:
        return [read_package(file) for file in sorted(self.debs.glob("*.deb"))]

    def cross(self) -> None:
        cross(MACHINES, self.tree, self.packages())


@pytest.fixture
def debian(tmp_path: Path) -> Debian:
    """One library with a script, one package that serves every machine, and what the script has written."""
    made = Debian(tmp_path / "tree", tmp_path / "debs")
    (made.tree / "etc/alternatives").mkdir(parents=True)
    made.debs.mkdir()
    made.installed("one", "amd64", {f"usr/lib/{OLD}/one.so": X86, "usr/bin/one": X86}, POSTINST)
    made.installed("all", "all", {"usr/share/all/text": b"for everybody"})
    (made.tree / "etc/alternatives/one").symlink_to(f"/usr/lib/{OLD}/one.so")
    (made.tree / f"usr/lib/{OLD}/loaders.cache").write_text(f"/usr/lib/{OLD}/one.so\n")
    (made.tree / "etc/passwd").write_text("one:x:100:100::/:/bin/false\n")
    made.to_install("all", "all", {"usr/share/all/text": b"for everybody"})
    return made


def one_for_arm(
    debian: Debian, postinst: str = POSTINST.replace(OLD, NEW).replace("debhelper 1", "debhelper 2")
) -> None:
    files = {f"usr/lib/{NEW}/one.so": ARM, "usr/bin/one": ARM, "usr/share/man/one": b"not on a box"}
    debian.to_install("one", "arm64", files, postinst)


def test_files_are_exchanged_and_what_was_set_up_stays(debian: Debian) -> None:
    one_for_arm(debian)
    program = debian.tree / "usr/bin/one"
    os.chown(program, 0, 42)  # as dpkg-statoverride does
    program.chmod(0o4750)
    debian.cross()
    assert program.read_bytes() == ARM
    assert (program.stat().st_gid, program.stat().st_mode & 0o7777) == (42, 0o4750)
    assert (debian.tree / f"usr/lib/{NEW}/one.so").read_bytes() == ARM
    assert (debian.tree / f"usr/lib/{NEW}/loaders.cache").read_text() == f"/usr/lib/{NEW}/one.so\n"
    assert str((debian.tree / "etc/alternatives/one").readlink()) == f"/usr/lib/{NEW}/one.so"
    assert (debian.tree / "etc/passwd").read_text().startswith("one:")
    assert (debian.tree / "usr/share/all/text").read_bytes() == b"for everybody"
    assert not (debian.tree / f"usr/lib/{OLD}").exists()
    assert not (debian.tree / "usr/share/man/one").exists()
    assert read_status((debian.tree / "var/lib/dpkg/status").read_text()) == {
        "one": ("arm64", "1"),
        "all": ("all", "1"),
    }


@pytest.mark.parametrize("script", ["", "#!/bin/sh\nadduser one\n"])
def test_a_package_that_is_set_up_otherwise_is_refused(debian: Debian, script: str) -> None:
    one_for_arm(debian, script)
    with pytest.raises(SetupFailed, match=r"what sets up one \(postinst\) on arm64"):
        debian.cross()


def test_a_package_with_a_script_that_has_never_run_is_refused(debian: Debian) -> None:
    one_for_arm(debian)
    debian.to_install("two", "arm64", {"usr/bin/two": ARM}, "#!/bin/sh\nadduser two\n")
    with pytest.raises(SetupFailed, match=r"two \(postinst\)"):
        debian.cross()


def test_a_file_that_a_script_has_changed_is_not_lost(debian: Debian) -> None:
    one_for_arm(debian)
    (debian.tree / "usr/bin/one").write_bytes(X86 + b"changed")
    with pytest.raises(SetupFailed, match="/usr/bin/one of one was changed"):
        debian.cross()


def test_a_program_of_the_old_machine_is_found_wherever_it_is(debian: Debian) -> None:
    one_for_arm(debian)
    (debian.tree / "etc/made-by-a-script").write_bytes(X86)
    with pytest.raises(SetupFailed, match="/etc/made-by-a-script is a program of amd64"):
        debian.cross()


def test_a_configuration_about_the_old_machine_is_found(debian: Debian) -> None:
    one_for_arm(debian)
    (debian.tree / "etc/made-by-a-script").write_text(f"path=/usr/lib/{OLD}\n")
    with pytest.raises(SetupFailed, match="/etc/made-by-a-script is still about x86_64-linux-gnu"):
        debian.cross()


def test_a_newer_package_for_every_machine_takes_the_place_of_the_older(debian: Debian) -> None:
    one_for_arm(debian)
    debian.installed("text", "all", {"usr/share/text": b"old"})
    debian.to_install("text", "all", {"usr/share/text": b"new"}, version="2")
    debian.cross()
    assert (debian.tree / "usr/share/text").read_bytes() == b"new"


def test_a_diversion_that_means_something_is_refused(debian: Debian) -> None:
    one_for_arm(debian)
    (debian.tree / "var/lib/dpkg/diversions").write_text("/usr/bin/one\n/usr/bin/one.real\nother\n")
    with pytest.raises(SetupFailed, match="other puts /usr/bin/one elsewhere"):
        debian.cross()
