"""What of the product is compiled or made for the box, each part in the builder: PJSIP, Python packages, sound ports,
prompts. A part is a folder; who made it decides its name and keeps it."""

import shutil
from pathlib import Path

from image_build import pjsip_source
from image_build.builder import Builder
from image_build.description import HERE

CHECKOUT = HERE.parent


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


_INSTALL = """set -eu
export PYPI=1 # lgpio's own word for: with its C library, which Debian does not have, in it
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
