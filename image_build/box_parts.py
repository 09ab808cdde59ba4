"""What of the product is compiled or made for the box, each part in the builder: PJSIP, Python packages, sound ports,
prompts. A part is a folder; who made it decides its name and keeps it."""

import shutil
from pathlib import Path

from image_build import pjsip_source
from image_build.builder import Builder
from image_build.description import HERE

CHECKOUT = HERE.parent


def compilers(triplet: str) -> dict[str, str]:
    """What makes Python's own build tools and pkg-config work for another machine than the builder's, whose Python's
    settings Debian has beside the builder's own (sysconfig's _PYTHON_ variables, CPython's Makefile.pre.in)."""
    if not triplet:
        return {}
    return {
        "CC": f"{triplet}-gcc",
        "CXX": f"{triplet}-g++",
        "STRIP": f"{triplet}-strip",
        "PKG_CONFIG_LIBDIR": f"/usr/lib/{triplet}/pkgconfig:/usr/share/pkgconfig",
        "_PYTHON_HOST_PLATFORM": f"linux-{triplet.partition('-')[0]}",
        "_PYTHON_SYSCONFIGDATA_NAME": f"_sysconfigdata__{triplet}",
    }


def make_pjsip(builder: Builder, downloads: Path, out: Path, triplet: str = "") -> None:
    """The wheel of pjsua2 and the headers, for the builder's own architecture or that of `triplet`."""
    tarball = pjsip_source.fetch(downloads, pjsip_source.pinned_places())
    work = out.with_name(out.name + ".work")
    work.mkdir(parents=True, exist_ok=True)
    given = {"pjsip": HERE / "pjsip", "source.tar": tarball}
    argv = ["/build/pjsip/build.sh", "/build/source.tar", "/build/work", "/build/out", *([triplet] if triplet else [])]
    try:
        builder.run(argv, given, {"work": work, "out": out}, compilers(triplet))
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
find . -name '*.so' -exec "${STRIP:-strip}" --strip-debug {} +
python3 -m compileall -q --invalidation-mode unchecked-hash -s /build/out -p /usr/lib/centralita/python . || true
"""
"""Byte code of the box's own Python; it says no time and no place of the builder, and is never checked again."""


def make_python(builder: Builder, packages: Path, pjsip: Path, out: Path, triplet: str = "") -> None:
    """Every package the box runs with, installed and compiled."""
    builder.run(["sh", "-c", _INSTALL], {"packages": packages, "pjsip": pjsip}, {"out": out}, compilers(triplet))


def make_native(builder: Builder, pjsip: Path, out: Path, triplet: str = "") -> None:
    """The sound ports beside PJSIP."""
    given = {"native": CHECKOUT / "appliance/switch/native", "pjsip": pjsip}
    strip = f"{triplet}-strip" if triplet else "strip"
    build = f"/build/native/build.sh /build/pjsip/include /build/out {triplet}"
    builder.run(["sh", "-c", f"{build} && {strip} --strip-debug /build/out/*.so"], given, {"out": out})


_SPEAK = """set -eu
python3 -m pip install -q --no-index --no-deps --target /tmp/python /build/packages/msgspec-*.whl
exec python3 -m appliance.switch.prompts build /build/out
"""


def make_prompts(builder: Builder, packages: Path, out: Path) -> None:
    """Prompts, ringback tones and music. `packages` are for the builder's own machine: they are spoken there."""
    given = {"appliance": CHECKOUT / "appliance", "packages": packages}
    builder.run(["sh", "-c", _SPEAK], given, {"out": out}, {"PYTHONPATH": "/build:/tmp/python"})
