"""What of the product is compiled or made for the box, each part in the builder: PJSIP, Python packages, sound ports,
prompts. A part is a folder; who made it decides its name and keeps it."""

import shutil
import sys
from pathlib import Path

from image_build import pjsip_source
from image_build.builder import Builder
from image_build.description import HERE, Image
from image_build.steps import SetupFailed, run

CHECKOUT = HERE.parent
GLIBC = ("2_17", "2_24", "2_27", "2_28", "2_31", "2_34", "2_35", "2_36", "2_38", "2_39", "2_40", "2_41")
"""Wheels made for these glibc versions run on Debian 13, which has 2.41 (PEP 600)."""
PYTHON_VERSION = "3.13"
"""Debian 13's."""


def make_pjsip(builder: Builder, downloads: Path, out: Path) -> None:
    """The wheel of pjsua2 and the headers, for the builder's own architecture."""
    tarball = pjsip_source.fetch(downloads, pjsip_source.pinned_places())
    work = out.with_name(out.name + ".work")
    work.mkdir(parents=True, exist_ok=True)
    given = {"pjsip": HERE / "pjsip", "source.tar": tarball}
    try:
        builder.run(
            ["/build/pjsip/build.sh", "/build/source.tar", "/build/work", "/build/out"],
            given,
            {"work": work, "out": out},
        )
    finally:
        shutil.rmtree(work, ignore_errors=True)


def requirements(image: Image) -> list[str]:
    """The pinned packages for the image's machine, as `name==version`."""
    wanted = []
    for line in (HERE / "requirements.lock").read_text().splitlines():
        requirement, _, marker = line.partition("#")[0].strip().partition(";")
        if requirement and (not marker or f"'{image.machine}'" in marker):
            wanted.append(requirement.strip())
    return wanted


def download_packages(image: Image, pip: Path, out: Path, log: Path) -> None:
    """A wheel for the box, or else the source, of every pinned package into `out`; `pip` is where pip may be put."""
    if not (pip / "bin/pip").exists():
        run([sys.executable, "-m", "venv", "--clear", pip], log)
        run([pip / "bin/pip", "install", "-q", "setuptools", "wheel"], log)
    platforms = [f"--platform=manylinux_{version}_{image.machine}" for version in GLIBC]
    platforms.append(f"--platform=manylinux2014_{image.machine}")
    common: list[str | Path] = [
        pip / "bin/pip",
        "download",
        "-q",
        "--disable-pip-version-check",
        "--no-deps",
        "-d",
        out,
    ]
    for requirement in requirements(image):
        wheel = [f"--python-version={PYTHON_VERSION}", "--only-binary=:all:", *platforms]
        try:
            run([*common, *wheel, requirement], log)
        except SetupFailed:
            run([*common, "--no-binary=:all:", "--no-build-isolation", requirement], log)


_INSTALL = """set -eu
mkdir /tmp/wheels
cp /build/packages/*.whl /build/pjsip/*.whl /tmp/wheels/
for source in /build/packages/*.tar.gz /build/packages/*.zip; do
    [ -e "$source" ] || continue
    python3 -m pip wheel -q --no-index --no-deps --no-build-isolation -w /tmp/wheels "$source"
done
python3 -m pip install -q --no-index --no-deps --no-compile --target /build/out /tmp/wheels/*.whl
cd /build/out
rm -rf bin
find . \\( -name direct_url.json -o -name REQUESTED -o -name INSTALLER \\) -delete
find . -name '*.so' -exec strip --strip-debug {} +
python3 -m compileall -q --invalidation-mode unchecked-hash -s /build/out -p /usr/lib/centralita/python . || true
"""
"""Byte code of the box's own Python; it says no time and no place of the builder, and is never checked again."""


def make_python(builder: Builder, packages: Path, pjsip: Path, out: Path) -> None:
    """Every package the box runs with, installed and compiled."""
    builder.run(["sh", "-c", _INSTALL], {"packages": packages, "pjsip": pjsip}, {"out": out})


def make_native(builder: Builder, pjsip: Path, out: Path) -> None:
    """The sound ports beside PJSIP."""
    given = {"native": CHECKOUT / "appliance/switch/native", "pjsip": pjsip}
    build = "/build/native/build.sh /build/pjsip/include /build/out && strip --strip-debug /build/out/*.so"
    builder.run(["sh", "-c", build], given, {"out": out})


def make_prompts(builder: Builder, python: Path, out: Path) -> None:
    """Prompts, ringback tones and music."""
    given = {"appliance": CHECKOUT / "appliance", "python": python}
    argv = ["python3", "-m", "appliance.switch.prompts", "build", "/build/out"]
    builder.run(argv, given, {"out": out}, {"PYTHONPATH": "/build:/build/python"})
