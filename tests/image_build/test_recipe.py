"""What is judged of the image without building it: its description, names by content, hashes, bill of materials."""

import json
import os
import re
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from image_build import image_command
from image_build.compose import ENABLED, MASKED, product_units
from image_build.debian import mirrors, sources
from image_build.description import ARCHITECTURES, HERE, read_image
from image_build.disk import GRUBENV_BYTES, command_line, grubenv
from image_build.image_command import package_changes
from image_build.python_packages import HASHES, check, requirements, write_hashes
from image_build.recipe import PRODUCT, content_hash, copy_product
from image_build.sbom import LICENCES, SBOM, licence_of_copyright, write_sbom
from image_build.steps import SetupFailed
from image_build.tree_hash import tree_hash

PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_one_description_serves_both_architectures(arch: str) -> None:
    image = read_image(arch)
    assert all(PACKAGE.fullmatch(name) for name in (*image.packages, *image.builder_packages, *image.kernel_packages))
    assert {"kamailio", "libspandsp2t64", "systemd"} <= set(image.packages)
    assert not set(image.forbidden) & set(image.packages)
    assert image.kernel_release.endswith(arch)
    assert command_line(image).startswith("console=tty")
    # GRUB for a PC is a package for PCs alone.
    assert any(name.startswith("grub") for name in image.builder_packages) == (arch == "amd64")


def test_another_machine_builds_for_the_pi_with_the_pis_libraries() -> None:
    names = set(read_image("arm64").cross_packages)
    assert {"crossbuild-essential-arm64", "libssl-dev:arm64", "libpython3-dev:arm64", "python3-dev", "swig"} <= names
    assert not {name for name in names if name.startswith("lib") and not name.endswith(":arm64")}


def test_an_architecture_there_is_no_image_for_is_refused() -> None:
    with pytest.raises(SetupFailed, match="amd64 and arm64"):
        read_image("riscv64")


def test_a_description_that_lacks_something_says_what(tmp_path: Path) -> None:
    file = tmp_path / "image.toml"
    file.write_text((HERE / "image.toml").read_text().replace('suite = "trixie"', ""))
    with pytest.raises(SetupFailed, match="suite"):
        read_image("amd64", file)


def test_every_box_gets_the_same_packages_the_library_of_pins_among_them() -> None:
    amd64, arm64 = requirements(read_image("amd64")), requirements(read_image("arm64"))
    assert amd64 == arm64
    assert "lgpio" in [one.split("==")[0] for one in amd64]
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", one) for one in arm64)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_every_package_is_the_file_somebody_has_looked_at(arch: str) -> None:
    """After a change of requirements.lock: `./centralita image lock`."""
    files = [line.split(maxsplit=1)[1] for line in HASHES.read_text().splitlines()]
    known = {re.sub(r"[-_.]+", "-", name.lower()) for name in files}
    for requirement in requirements(read_image(arch)):
        begin = re.sub(r"[-_.]+", "-", requirement.replace("==", "-").lower()) + "-"
        assert any(name.startswith(begin) for name in known), f"{requirement}: run ./centralita image lock"


def test_a_package_that_is_not_the_one_locked_is_refused(tmp_path: Path) -> None:
    folder, hashes = tmp_path / "packages", tmp_path / "hashes"
    folder.mkdir()
    (folder / "one-1.0.whl").write_text("the real one")
    write_hashes([folder], hashes)
    check(folder, hashes)
    (folder / "one-1.0.whl").write_text("another")
    with pytest.raises(SetupFailed, match=r"one-1.0.whl is not the file"):
        check(folder, hashes)
    (folder / "two-1.0.whl").write_text("new")
    (folder / "one-1.0.whl").write_text("the real one")
    with pytest.raises(SetupFailed, match="image lock"):
        check(folder, hashes)


def test_the_mirror_is_the_one_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CENTRALITA_DEBIAN_MIRROR", "http://mirror.example/debian")
    lines = sources(read_image("amd64"), mirrors())
    assert lines[0] == "deb http://mirror.example/debian trixie main non-free-firmware"
    assert len(lines) == 4 and "trixie-security" in lines[2]


def test_an_update_without_the_kernel_it_needs_is_not_made(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Raspberry Pi's root has none; it is on the start-up partition."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert image_command.main(["bundle", "--arch", "arm64"]) == 3
    assert "start-up partition" in capsys.readouterr().err


def test_a_part_is_named_by_what_it_is_made_from(tmp_path: Path) -> None:
    folder = tmp_path / "from"
    (folder / "__pycache__").mkdir(parents=True)
    file = folder / "file"
    file.write_text("one")
    named = content_hash("part", folder, 1)
    (folder / "__pycache__/file.pyc").write_bytes(b"left behind")
    os.utime(file, (1, 1))
    assert content_hash("part", folder, 1) == named
    assert content_hash("part", folder, 2) != named
    file.chmod(0o755)
    assert content_hash("part", folder, 1) != named
    file.chmod(0o644)
    file.write_text("two")
    assert content_hash("part", folder, 1) != named


def a_tree(root: Path, names: list[str]) -> Path:
    """Files made in this order, with a link; all equally old."""
    (root / "folder").mkdir(parents=True)
    for name in names:
        (root / name).write_text(name)
    (root / "link").symlink_to("a")
    for path in root.rglob("*"):
        os.utime(path, (1000, 1000), follow_symlinks=False)
    return root


def relink(root: Path) -> None:
    (root / "link").unlink()
    (root / "link").symlink_to("folder")


CHANGES: dict[str, Callable[[Path], object]] = {
    "rights": lambda root: (root / "a").chmod(0o600),
    "time": lambda root: os.utime(root / "a", (2000, 2000)),
    "link": relink,
    "name": lambda root: (root / "a").rename(root / "c"),
    "content": lambda root: (root / "folder/b").write_text("other"),
}


def test_the_hash_of_a_tree_does_not_know_in_which_order_it_was_made(tmp_path: Path) -> None:
    assert tree_hash(a_tree(tmp_path / "one", ["a", "folder/b"])) == tree_hash(
        a_tree(tmp_path / "two", ["folder/b", "a"])
    )


@pytest.mark.parametrize("what", CHANGES)
def test_the_hash_of_a_tree_is_of_all_that_counts(tmp_path: Path, what: str) -> None:
    root = a_tree(tmp_path / "tree", ["a", "folder/b"])
    before = tree_hash(root)
    CHANGES[what](root)
    assert tree_hash(root) != before


def test_another_version_of_a_debian_package_is_said() -> None:
    was = "libc6\t2.41-11\tamd64\tglibc\t2.41-11\nold\t1\tall\told\t1\nsame\t1\tall\tsame\t1\n"
    now = "libc6\t2.41-12\tamd64\tglibc\t2.41-12\nnew\t1\tall\tnew\t1\nsame\t1\tall\tsame\t1\n"
    assert package_changes(was, now) == ["libc6: 2.41-11 → 2.41-12", "new: not there → 1", "old: 1 → not there"]
    assert package_changes(now, now) == []


def test_grub_finds_its_memory_as_long_as_it_must_be() -> None:
    block = grubenv({"slot": "B", "extra": ""})
    assert len(block) == GRUBENV_BYTES
    assert block.startswith(b"# GRUB Environment Block\nslot=B\nextra=\n#")


def test_the_product_is_copied_without_what_running_leaves_behind(tmp_path: Path) -> None:
    copy_product(tmp_path / "product")
    assert {path.name for path in (tmp_path / "product").iterdir()} == set(PRODUCT)
    assert not list((tmp_path / "product").rglob("__pycache__"))
    assert (tmp_path / "product/systemd/centralita.target").is_file()


UNITS = sorted(HERE.glob("box*/usr/lib/systemd/system/*.service"))


@pytest.mark.parametrize("unit", UNITS, ids=lambda file: file.name)
def test_a_unit_of_the_image_has_what_it_needs_and_no_more(unit: Path) -> None:
    """At most 2.0, as the product's own units. (Older systemd judges the same file a little worse.)"""
    said = subprocess.run(
        ["systemd-analyze", "security", "--offline=yes", "--threshold=20", str(unit)], capture_output=True, text=True
    )
    assert said.returncode == 0, said.stdout[-3000:] + said.stderr


def test_the_image_has_every_unit_of_the_product_and_starts_nothing_it_masks() -> None:
    files = {file.name for file in (HERE.parent / "systemd").iterdir()}
    assert {file.name for file in product_units(HERE.parent / "systemd")} == files - {
        "70-centralita.rules",
        "71-centralita-handsets.rules",
        "README.md",
        "sysusers.conf",
        "tmpfiles.conf",
    }
    assert not set(ENABLED) & set(MASKED)


def test_licences_are_read_where_they_are_written_to_be_read() -> None:
    form = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/"
    machine = f"{form}\n\nFiles: *\nLicense: MIT\n text\n\n"
    assert licence_of_copyright(machine + "Files: debian/*\nLicense: GPL-2+\n text\n") == "GPL-2+ AND MIT"
    assert licence_of_copyright("This is free software.\nLicense: see below\n") == ""


def test_the_bill_of_materials_names_every_package_and_is_the_same_again(tmp_path: Path) -> None:
    image = replace(read_image("amd64"), epoch_s=1)
    root, wheels, out = tmp_path / "root", tmp_path / "wheels", tmp_path / "out"
    for folder in (root, wheels, out):
        folder.mkdir()
    (root / "packages.tsv").write_text("libc6\t2.41-12\tamd64\tglibc\t2.41-12\n")
    (root / "licences.json").write_text(json.dumps({"libc6": "LGPL-2.1+"}))
    with zipfile.ZipFile(wheels / "flask-3.1.3-py3-none-any.whl", "w") as wheel:
        wheel.writestr(
            "flask-3.1.3.dist-info/METADATA", "Name: Flask\nVersion: 3.1.3\nLicense-Expression: BSD-3-Clause\n"
        )
    (wheels / "systemd-python-235.tar.gz").write_bytes(b"")
    write_sbom(image, root / "packages.tsv", wheels, out)
    first = (out / SBOM).read_bytes()
    document = json.loads(first)
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.6")
    found = {one["name"]: one for one in document["components"]}
    assert set(found) == {"libc6", "Flask", "systemd-python", "pjproject"}
    assert found["libc6"]["purl"].startswith("pkg:deb/debian/libc6@2.41-12?arch=amd64")
    assert found["Flask"]["licenses"] == [{"license": {"name": "BSD-3-Clause"}}]
    assert "libc6\t2.41-12\tLGPL-2.1+" in (out / LICENCES).read_text()
    write_sbom(image, root / "packages.tsv", wheels, out)
    assert (out / SBOM).read_bytes() == first
