"""Whose signature an update needs: the certificate in the image, and the key that is never in a repository or image.

A product's builder has a pair of its own (`image keys --out FOLDER`, kept where nobody else comes) and gives it to
`image build --cert` and `image bundle --key --cert`. Without one, a pair for development is made in the cache: boxes
built with it take updates from nobody but this cache.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from image_build.steps import SetupFailed, into_place, say

DEVELOPMENT = "update-keys"
DAYS = 36_500
"""Longer than any box lives; a key that has become known to others is replaced by an update signed with it."""


@dataclass(frozen=True)
class Keys:
    key: Path
    certificate: Path


def development_keys(cache: Path) -> Keys:
    """Made at first use, and said so. Raises SetupFailed."""
    folder = cache / DEVELOPMENT
    keys = Keys(folder / "key.pem", folder / "certificate.pem")
    if not keys.certificate.exists():
        say(f"No certificate for updates is given: made one for development in {folder}.")
        cache.mkdir(parents=True, exist_ok=True)
        into_place(folder, lambda partial: make_keys(partial, "development"))
    return keys


def make_keys(folder: Path, name: str) -> None:
    """key.pem and certificate.pem, of each other and of nobody else. Raises SetupFailed; never writes over one."""
    if not shutil.which("openssl"):
        raise SetupFailed("openssl is needed to make keys: apt-get install openssl")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    if key.exists() or certificate.exists():
        raise SetupFailed(f"{folder}: there is a key already; boxes that know it take no other")
    begin = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    words = [*begin, "-sha256", "-days", str(DAYS), "-subj", f"/O=Centralita/CN=updates ({name})"]
    old = os.umask(0o077)
    try:
        done = subprocess.run(
            [*words, "-keyout", str(key), "-out", str(certificate)], capture_output=True, text=True, check=False
        )
    finally:
        os.umask(old)
    if done.returncode != 0:
        raise SetupFailed(f"no keys were made: {done.stderr.strip()}")
