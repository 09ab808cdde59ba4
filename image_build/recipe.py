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
from image_build.description import HERE, Image, read_image
from image_build.sbom import write_sbom
from image_build.steps import Progress, SetupFailed, into_place, say
from image_build.update_keys import development_keys

CHECKOUT = HERE.parent
PRODUCT = ("appliance", "hw", "systemd", "web_ui", "CHANGELOG.md", "LICENSE", "README.md", "pyproject.toml")
"""What of the checkout is on the box, in /opt/centralita."""
RECIPE_OF_ROOT = ("compose.py", "initrd.py", "initrd-init.sh", "raspberry.py", "tree_hash.py", "box", "box-arm64")
RECIPE_OF_DISK = ("disk.py", "raspberry.py", "grub")
CROSSES = {("amd64", "arm64")}
"""Machines that can build for another than their own."""
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

    def __init__(self, arch: str, cache: Path, certificate: Path | None = None) -> None:
        """`certificate`: whose signature on updates counts. Raises SetupFailed when there is no such image."""
        self.image = read_image(arch)
        self.cache = cache / "image"
        self.downloads = cache / "downloads"
        self.log = self.cache / f"build-{arch}.log"
        self.certificate = certificate or development_keys(cache).certificate
        self._parts: list[Part] = []
        self._plan()

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(self._parts)

    def folder(self, name: str) -> Path:
        """Where the part of this name is, once it is made."""
        part = next(one for one in self._parts if one.name == name)
        return self.cache / f"{part.name}-{part.key}"

    @property
    def builder(self) -> Builder:
        """The machine everything is built in, once it is made."""
        return Builder(self.folder(self._parts[0].name), self.image.epoch_s, self.log)

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

    def _add(self, name: str, title: str, make: Callable[[Path], None], *made_from: object, arch: str = "") -> str:
        key = content_hash(name, *made_from)
        full = name if name.startswith("builder") else f"{name}-{arch or self.image.arch}"
        self._parts.append(Part(full, title, key, make))
        return key

    def _plan(self) -> None:
        image, log, packages = self.image, self.log, self.cache / "packages"
        arch = image.arch
        suite = (image.suite, image.components, image.kernel_suite)
        machine = self._machine()
        cross = machine != arch
        builder_key = self._add(
            f"builder-{arch}" if cross else "builder",
            "making the machine everything is built in",
            lambda out: debian.make_builder(image, machine, out, packages, log),
            *(suite, image.cross_packages if cross else image.builder_packages, f"{machine}\n"),
        )
        builder = Builder(self.cache / f"{self._parts[-1].name}-{builder_key}", image.epoch_s, log)

        def of(name: str) -> Path:
            return self.folder(f"{name}-{arch}")

        python, native, prompts = self._plan_product(builder, builder_key, machine)
        base = self._plan_base(builder, builder_key, machine)
        about_root = replace(image, builder_packages=(), cross_packages=())
        root = self._add(
            "root",
            "putting the root file system together",
            lambda out: self._make_root(builder, of, out),
            *(builder_key, base, python, native, prompts, about_root, self.certificate.read_bytes()),
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

    def _plan_product(self, builder: Builder, builder_key: str, machine: str) -> tuple[str, str, str]:
        """What is compiled or made of the product; the keys of its last parts."""
        image = self.image
        triplet = image.debian_triplet if machine != image.arch else ""

        def of(name: str) -> Path:
            return self.folder(f"{name}-{image.arch}")

        pjsip = self._add(
            "pjsip",
            "building PJSIP (about eight minutes on two cores)",
            lambda out: box_parts.make_pjsip(builder, self.downloads, out, triplet),
            *(builder_key, HERE / "pjsip"),
        )
        fetched = self._add(
            "wheels",
            "fetching the Python packages",
            lambda out: self._fetch(image, out),
            *(python_packages.requirements(image), python_packages.PYTHON_VERSION, python_packages.HASHES),
        )
        fetched_here = fetched
        if triplet:
            here = read_image(machine)
            fetched_here = self._add(
                "wheels",
                "fetching the Python packages for this machine",
                lambda out: self._fetch(here, out),
                *(python_packages.requirements(here), python_packages.PYTHON_VERSION, python_packages.HASHES),
                arch=machine,
            )
        python = self._add(
            "python",
            "installing the Python packages",
            lambda out: box_parts.make_python(builder, of("wheels"), of("pjsip"), out, triplet),
            *(builder_key, pjsip, fetched, HERE / "box_parts.py"),
        )
        native_from = (CHECKOUT / "appliance/switch/native",)
        native = self._add(
            "native",
            "compiling the sound ports",
            lambda out: box_parts.make_native(builder, of("pjsip"), out, triplet),
            *(builder_key, pjsip, *native_from),
        )
        prompt_files = ("switch/prompts.py", "switch/music.py", "acd/prompts.py")
        prompts = self._add(
            "prompts",
            "speaking the prompts",
            lambda out: box_parts.make_prompts(builder, self.folder(f"wheels-{machine}"), out),
            *(builder_key, fetched_here, *(CHECKOUT / "appliance" / file for file in prompt_files)),
        )
        return python, native, prompts

    def _plan_base(self, builder: Builder, builder_key: str, machine: str) -> str:
        here = read_image(machine)
        base = self._add(
            "base",
            "installing Debian for the box",
            lambda out: debian.make_base(here, out, self.cache / "packages", self.log),
            *_base_inputs(here),
            arch=machine,
        )
        if machine == self.image.arch:
            return base
        return self._add(
            "base",
            f"making it one for {self.image.arch}",
            lambda out: self._cross_base(builder, here, out),
            *(builder_key, base, _base_inputs(self.image), HERE / "crossing.py", HERE / "debian_packages.py"),
        )

    def _machine(self) -> str:
        """The architecture this is built on. Raises SetupFailed where the image cannot be."""
        asked = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
        machine = asked.stdout.strip()
        if machine != self.image.arch and (machine, self.image.arch) not in CROSSES:
            raise SetupFailed(f"images for {self.image.arch} cannot be built on {machine}; use another machine")
        return machine

    def _cross_base(self, builder: Builder, here: Image, out: Path) -> None:
        """The base of this image from that of this machine's (crossing.py)."""
        packages = out.with_name(out.name + ".packages")
        shutil.rmtree(packages, ignore_errors=True)
        given = {
            "image_build": HERE,
            "base.tar": self.folder(f"base-{here.arch}") / "base.tar",
            "packages": packages,
        }
        words = [here.arch, self.image.arch, "/build/base.tar", "/build/packages", "/build/out"]
        try:
            debian.fetch_packages(self.image, packages, self.cache / "packages", self.log)
            builder.run(["python3", "-m", "image_build.crossing", *words], given, {"out": out})
        finally:
            shutil.rmtree(packages, ignore_errors=True)

    def _fetch(self, image: Image, out: Path) -> None:
        python_packages.fetch(image, self.cache / "pip", out, self.log)
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
            "parts/update.pem": self.certificate,
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
        start = of("root") / "start"
        if start.exists():
            given["start"] = start
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


def _base_inputs(image: Image) -> tuple[object, ...]:
    """What decides which of Debian is on the box."""
    suite = (image.suite, image.components, image.kernel_suite)
    files = (image.exclude, image.include, image.exclude_modules)
    return (suite, image.epoch_s, image.packages, image.kernel, *files)


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
