"""The box's Python packages as files: fetched by pip, and each the very one whose hash is in requirements.sha256.

The versions are those of requirements.lock, which a checkout installs by; what is fetched for a box is a wheel for its
machine and Debian's Python, or the source where there is none.
"""

import hashlib
import sys
from pathlib import Path

from image_build.description import HERE, Image
from image_build.steps import SetupFailed, run, say

HASHES = HERE / "requirements.sha256"
"""`sha256sum`'s form: of every file, for every architecture."""
PYTHON_VERSION = "3.13"
"""Debian 13's."""
GLIBC = ("2_17", "2_24", "2_27", "2_28", "2_31", "2_34", "2_35", "2_36", "2_38", "2_39", "2_40", "2_41")
"""Wheels made for these glibc versions run on Debian 13, which has 2.41 (PEP 600)."""


def requirements(image: Image) -> list[str]:
    """The pinned packages for the image's machine, as `name==version`."""
    wanted = []
    for line in (HERE / "requirements.lock").read_text().splitlines():
        requirement, _, marker = line.partition("#")[0].strip().partition(";")
        if requirement and (not marker or f"'{image.machine}'" in marker):
            wanted.append(requirement.strip())
    return wanted


def fetch(image: Image, pip: Path, out: Path, log: Path) -> None:
    """A file for every pinned package into `out`; `pip` is a folder where pip is put. Raises SetupFailed."""
    if not (pip / "bin/pip").exists():
        run([sys.executable, "-m", "venv", "--clear", pip], log)
        run([pip / "bin/pip", "install", "-q", "setuptools", "wheel"], log)
    platforms = [f"--platform=manylinux_{version}_{image.machine}" for version in GLIBC]
    platforms.append(f"--platform=manylinux2014_{image.machine}")
    options = ["-q", "--disable-pip-version-check", "--progress-bar", "off", "--no-deps", "--no-build-isolation"]
    for_the_box = [f"--python-version={PYTHON_VERSION}", *platforms]
    run([pip / "bin/pip", "download", *options, *for_the_box, "-d", out, *requirements(image)], log)


def check(folder: Path, hashes: Path = HASHES) -> None:
    """Every file is a known one. Raises SetupFailed naming the first that is not, with what to do."""
    lines = (line.split(maxsplit=1) for line in hashes.read_text().splitlines())
    known = {name: digest for digest, name in lines}
    for file in sorted(folder.iterdir()):
        if file.name not in known:
            raise SetupFailed(
                f"{file.name} has no hash in {hashes.name}. After a change of requirements.lock "
                "`./centralita image lock` writes them anew; look at what it changed before you commit it"
            )
        if sha256(file) != known[file.name]:
            raise SetupFailed(f"{file.name} is not the file whose hash is in {hashes.name}: it was changed on its way")


def sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def write_hashes(folders: list[Path], hashes: Path = HASHES) -> None:
    """The hash of every file of these folders."""
    files = {file.name: sha256(file) for folder in folders for file in folder.iterdir()}
    hashes.write_text(
        "".join(f"{digest}  {name}\n" for name, digest in sorted(files.items(), key=lambda one: one[0].lower()))
    )
    say(f"{hashes}: {len(files)} files")
