"""Which parts an image is made of, in their order, each kept under the hash of what it is made from.

A part that is there is not made again, so an interrupted build goes on where it was, and a change makes anew only what
depends on it.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from image_build import box_parts, debian, python_packages
from image_build.builder import Builder
from image_build.description import HERE, read_image
from image_build.sbom import write_sbom
from image_build.steps import Progress, SetupFailed, into_place, say

CHECKOUT = HERE.parent
PRODUCT = ("appliance", "hw", "systemd", "web_ui", "CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml")
"""What of the checkout is on the box, in /opt/centralita."""
RECIPE_OF_ROOT = ("compose.py", "initrd.py", "initrd-init.sh", "tree_hash.py", "box")
RECIPE_OF_DISK = ("disk.py", "grub")
KEPT_VERSIONS = 3
"""Of each part; older ones are removed after a build."""


@dataclass(frozen=True)
class Part:
    """One thing to make: `make` fills the folder it is given."""

    name: str
    title: str
    key: str
    make: Callable[[Path], None]


def content_hash(*parts: object) -> str:
    """A short name for the content of these files and folders (Path) and values (their repr)."""
    digest = hashlib.sha256()
    for part in parts:
        if not isinstance(part, Path):
            digest.update(repr(part).encode() + b"\0")
            continue
        for file in sorted(part.rglob("*")) if part.is_dir() else [part]:
            if file.is_file() and "__pycache__" not in file.parts:
                name = file.relative_to(part.parent).as_posix()
                digest.update(f"{name} {os.access(file, os.X_OK)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]


class Recipe:
    """The parts of one image, in a cache folder."""

    def __init__(self, arch: str, cache: Path) -> None:
        """Raises SetupFailed when there is no such image."""
        self.image = read_image(arch)
        self.cache = cache / "image"
        self.downloads = cache / "downloads"
        self.log = self.cache / f"build-{arch}.log"
        self._parts: list[Part] = []
        self._plan()

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(self._parts)

    def folder(self, name: str) -> Path:
        """Where the part of this name is, once it is made."""
        part = next(one for one in self._parts if one.name == name)
        return self.cache / f"{part.name}-{part.key}"

    def build(self) -> None:
        """Make what is missing, saying so. Raises SetupFailed."""
        missing = [part for part in self._parts if not self.folder(part.name).exists()]
        if missing:
            say(
                f"The image for {self.image.arch}: {len(missing)} of {len(self._parts)} parts to make (log: {self.log})"
            )
        progress = Progress(len(missing))
        for part in missing:
            target = self.folder(part.name)
            progress.step(part.title, lambda part=part, target=target: into_place(target, part.make))  # type: ignore[misc]
        self._tidy()

    def _add(self, name: str, title: str, make: Callable[[Path], None], *made_from: object) -> str:
        key = content_hash(name, *made_from)
        self._parts.append(Part(f"{name}-{self.image.arch}" if name != "builder" else name, title, key, make))
        return key

    def _plan(self) -> None:
        image, log, packages = self.image, self.log, self.cache / "packages"
        arch = image.arch
        suite = (image.suite, image.components, image.kernel_suite)
        machine = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout
        if machine.strip() != arch:
            raise SetupFailed(f"images for {arch} are only built on a machine of that architecture so far")

        builder_key = self._add(
            "builder",
            "making the machine everything is built in",
            lambda out: debian.make_builder(image, out, packages, log),
            *(suite, image.builder_packages, machine),
        )
        builder = Builder(self.cache / f"builder-{builder_key}", image.epoch_s, log)

        def of(name: str) -> Path:
            return self.folder(f"{name}-{arch}")

        pjsip = self._add(
            "pjsip",
            "building PJSIP (about eight minutes on two cores)",
            lambda out: box_parts.make_pjsip(builder, self.downloads, out),
            *(builder_key, HERE / "pjsip"),
        )
        fetched = self._add(
            "wheels",
            "fetching the Python packages",
            self._fetch,
            *(python_packages.requirements(image), python_packages.PYTHON_VERSION, python_packages.HASHES),
        )
        python = self._add(
            "python",
            "installing the Python packages",
            lambda out: box_parts.make_python(builder, of("wheels"), of("pjsip"), out),
            *(builder_key, pjsip, fetched, HERE / "box_parts.py"),
        )
        native_from = (CHECKOUT / "appliance/switch/native",)
        native = self._add(
            "native",
            "compiling the sound ports",
            lambda out: box_parts.make_native(builder, of("pjsip"), out),
            *(builder_key, pjsip, *native_from),
        )
        prompt_files = ("switch/prompts.py", "switch/music.py", "acd/prompts.py")
        prompts = self._add(
            "prompts",
            "speaking the prompts",
            lambda out: box_parts.make_prompts(builder, of("python"), out),
            *(builder_key, *(CHECKOUT / "appliance" / file for file in prompt_files)),
        )
        base = self._add(
            "base",
            "installing Debian for the box",
            lambda out: debian.make_base(image, out, packages, log),
            *(suite, image.epoch_s, image.packages, image.kernel, image.exclude, image.include, image.exclude_modules),
        )
        about_root = replace(image, builder_packages=())
        root = self._add(
            "root",
            "putting the root file system together",
            lambda out: self._make_root(builder, of, out),
            *(builder_key, base, python, native, prompts, about_root),
            *(HERE / file for file in RECIPE_OF_ROOT),
            *(CHECKOUT / file for file in PRODUCT),
        )
        self._add(
            "disk",
            "making the disk image",
            lambda out: self._make_disk(builder, of, out),
            *(root, image.partitions, image.console, HERE / "sbom.py"),
            *(HERE / file for file in RECIPE_OF_DISK),
        )

    def _fetch(self, out: Path) -> None:
        python_packages.fetch(self.image, self.cache / "pip", out, self.log)
        python_packages.check(out)

    def _make_root(self, builder: Builder, of: Callable[[str], Path], out: Path) -> None:
        product = out.with_name(out.name + ".product")
        shutil.rmtree(product, ignore_errors=True)
        copy_product(product)
        given = {
            "image_build": HERE,
            "base.tar": of("base") / "base.tar",
            "product": product,
            **{f"parts/{name}": of(name) for name in ("python", "native", "prompts")},
        }
        words = ["base.tar", "product", "parts", "out"]
        argv = ["python3", "-m", "image_build.compose", self.image.arch, *(f"/build/{word}" for word in words)]
        try:
            builder.run(argv, given, {"out": out})
        finally:
            shutil.rmtree(product, ignore_errors=True)

    def _make_disk(self, builder: Builder, of: Callable[[str], Path], out: Path) -> None:
        given = {"image_build": HERE, "root.squashfs": of("root") / "root.squashfs"}
        argv = ["python3", "-m", "image_build.disk", self.image.arch, "/build/root.squashfs", "/build/out"]
        builder.run(argv, given, {"out": out})
        write_sbom(self.image, of("root") / "packages.tsv", of("wheels"), out)

    def _tidy(self) -> None:
        """Old versions of parts go, the last ones stay; what a build left half made goes too."""
        names = {part.name for part in self._parts}
        for name in names:
            found = [p for p in self.cache.glob(f"{name}-*") if len(p.name) == len(name) + 17]
            wanted = self.folder(name)
            others = sorted((p for p in found if p != wanted), key=lambda p: p.stat().st_mtime, reverse=True)
            for old in others[KEPT_VERSIONS - 1 :]:
                shutil.rmtree(old, ignore_errors=True)


def copy_product(out: Path) -> None:
    """The product's files as they are in the checkout, without what running it leaves behind."""
    out.mkdir(parents=True)
    leave = shutil.ignore_patterns("__pycache__", "*.pyc", ".mypy_cache", ".ruff_cache", ".pytest_cache")
    for name in PRODUCT:
        source = CHECKOUT / name
        if source.is_dir():
            shutil.copytree(source, out / name, ignore=leave)
        else:
            shutil.copy(source, out / name)
