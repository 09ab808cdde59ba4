"""The signed bundle a box is updated with: the root of an image, and a manifest of RAUC's. Signed in the builder.

`python3 -m image_build.bundle ARCH VERSION SCHEMA OLDEST` makes /build/out/bundle.raucb of /build/root.squashfs with
/build/key.pem and /build/certificate.pem.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from image_build.builder import Builder
from image_build.description import HERE, Image, read_image
from image_build.steps import SetupFailed
from image_build.update_keys import Keys

BUILD = Path("/build")
MIGRATIONS = "appliance/daemon/migrations.py"
AS_THEY_ARE = "-noI -noId -noD -noF -noX"
"""What is in it is packed already."""


def manifest(image: Image, version: str, schema: int, oldest_schema: int) -> str:
    """RAUC's, with what appliance/update/bundle.py asks for."""
    return (
        f"[update]\ncompatible={image.image_id}\nversion={version}\n\n[bundle]\nformat=plain\n\n"
        f"[meta.centralita]\nschema={schema}\noldest-schema={oldest_schema}\n\n[image.rootfs]\nfilename=root.squashfs\n"
    )


def schemas(checkout: Path) -> tuple[int, int]:
    """The store's schema, and the oldest whose version can still use it. Raises SetupFailed."""
    text = (checkout / MIGRATIONS).read_text()
    found = [re.search(rf"^{name} = (\d+)$", text, re.MULTILINE) for name in ("SCHEMA_VERSION", "OLDEST_SCHEMA")]
    if found[0] is None or found[1] is None:
        raise SetupFailed(f"{MIGRATIONS} does not say SCHEMA_VERSION and OLDEST_SCHEMA")
    return int(found[0][1]), int(found[1][1])


def make_bundle(builder: Builder, arch: str, root: Path, version: str, keys: Keys, out: Path) -> Path:
    """`out`/bundle.raucb. Raises SetupFailed."""
    given = {
        "image_build": HERE,
        "root.squashfs": root,
        "key.pem": keys.key,
        "certificate.pem": keys.certificate,
    }
    numbers = [str(number) for number in schemas(HERE.parent)]
    builder.run(["python3", "-m", "image_build.bundle", arch, version, *numbers], given, {"out": out})
    return out / "bundle.raucb"


def main(argv: list[str]) -> int:
    arch, version = argv[:2]
    folder, bundle = BUILD / "out/content", BUILD / "out/bundle.raucb"
    folder.mkdir()
    (folder / "manifest.raucm").write_text(manifest(read_image(arch), version, int(argv[2]), int(argv[3])))
    subprocess.run(["cp", BUILD / "root.squashfs", folder / "root.squashfs"], check=True)
    words = [f"--cert={BUILD}/certificate.pem", f"--key={BUILD}/key.pem", f"--keyring={BUILD}/certificate.pem"]
    env = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    subprocess.run(["rauc", "bundle", *words, f"--mksquashfs-args={AS_THEY_ARE}", folder, bundle], check=True, env=env)
    subprocess.run(["rm", "-r", folder], check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
