"""Bundles for the tests of updates, made of the root the image has: another version of it, and ones that are broken."""

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from image_build.bundle import make_bundle
from image_build.recipe import Recipe
from image_build.update_keys import Keys

CHANGES = {
    "good": "true",
    # The kernel starts, finds no first process and panics.
    "unbootable": "rm tree/usr/lib/systemd/systemd",
    # It starts, and one of its processes ends again and again.
    "crashing": "sed -i 's!^ExecStart=/opt.*!ExecStart=/bin/false!' tree/usr/lib/systemd/system/$unit",
}
VERSIONS = {"good": "0.2.0", "unbootable": "0.3.0", "crashing": "0.4.0"}
_REPACK = """set -eu
unit=centralita-switch.service
cd /build/out
unsquashfs -q -n -d tree /build/root.squashfs
sed -i 's/^IMAGE_VERSION=.*/IMAGE_VERSION={version}/' tree/usr/lib/os-release
{change}
mksquashfs tree root.squashfs -comp gzip -Xcompression-level 1 -noappend -no-progress -quiet
rm -r tree
"""


@dataclass(frozen=True)
class Bundles:
    """Makes them beside each other in `folder`, of the parts of `recipe`."""

    recipe: Recipe
    keys: Keys
    folder: Path

    @property
    def root(self) -> Path:
        return self.recipe.folder(f"root-{self.recipe.image.arch}") / "root.squashfs"

    def changed(self, kind: str) -> Path:
        """A bundle signed as it should be, of a root that is changed as CHANGES says."""
        with tempfile.TemporaryDirectory(dir=self.recipe.cache) as work:
            script = _REPACK.format(version=VERSIONS[kind], change=CHANGES[kind])
            self.recipe.builder.run(["sh", "-c", script], {"root.squashfs": self.root}, {"out": Path(work)})
            return self.of(Path(work) / "root.squashfs", VERSIONS[kind], kind, self.keys)

    def of(self, root: Path, version: str, name: str, keys: Keys) -> Path:
        bundle = self.folder / f"{name}.raucb"
        with tempfile.TemporaryDirectory(dir=self.recipe.cache) as work:
            made = make_bundle(self.recipe.builder, self.recipe.image.arch, root, version, keys, Path(work))
            subprocess.run(["cp", "--sparse=always", str(made), str(bundle)], check=True)
        return bundle
