"""Debian systems made by mmdebstrap: the machine everything is built in, and the packages of the image."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from image_build.description import Image
from image_build.steps import SetupFailed, run

MIRROR = "http://deb.debian.org/debian"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
SECURITY_MIRROR = "http://deb.debian.org/debian-security"


@dataclass(frozen=True)
class Mirrors:
    debian: str
    security: str


def mirrors() -> Mirrors:
    """CENTRALITA_DEBIAN_MIRROR and CENTRALITA_DEBIAN_SECURITY_MIRROR (a snapshot, say), else those that this machine's
    own package sources name, else Debian's."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        check=False,
    )
    known = [uri.rstrip("/") for uri in asked.stdout.split()]

    def of_this_machine(end: str, default: str) -> str:
        return next((uri for uri in known if uri.endswith(end) and uri.startswith("http")), default)

    return Mirrors(
        os.environ.get("CENTRALITA_DEBIAN_MIRROR") or of_this_machine("/debian", MIRROR),
        os.environ.get("CENTRALITA_DEBIAN_SECURITY_MIRROR") or of_this_machine("/debian-security", SECURITY_MIRROR),
    )


def sources(image: Image, of: Mirrors) -> list[str]:
    """The lines of sources.list."""
    parts = " ".join(image.components)
    return [
        f"deb {of.debian} {image.suite} {parts}",
        f"deb {of.debian} {image.suite}-updates {parts}",
        f"deb {of.security} {image.suite}-security {parts}",
        f"deb {of.debian} {image.kernel_suite} {parts}",
    ]


_COMMON = (
    "--variant=minbase",
    '--aptopt=Apt::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Acquire::Retries "3"',
    # What is half made is made again: nothing is waited for until it is on the disk.
    "--dpkgopt=force-unsafe-io",
)


def make_builder(image: Image, machine: str, out: Path, packages: Path, log: Path) -> None:
    """A folder with a Debian of the image's suite, for `machine`, this machine's architecture, with the tools to build
    with; those to build for the image's too, where that is another."""
    if machine == image.arch:
        _mmdebstrap(image, out, machine, image.builder_packages, [], packages, log)
    else:
        _mmdebstrap(image, out, f"{machine},{image.arch}", image.cross_packages, [], packages, log)


def make_base(image: Image, out: Path, packages: Path, log: Path) -> None:
    """`out`/base.tar: Debian's packages of the image, installed, the same bytes for the same packages."""
    options = [f"--dpkgopt=path-exclude={path}" for path in image.exclude]
    options += [f"--dpkgopt=path-include={path}" for path in image.include]
    options += [
        f"--dpkgopt=path-exclude=/usr/lib/modules/{image.kernel_release}/kernel/{path}/*"
        for path in image.exclude_modules
    ]
    # What would differ the next time. (The kernel's modules are listed when the image is put together.)
    options += [
        '--customize-hook=rm -f "$1"/var/cache/apt/*.bin "$1"/var/log/alternatives.log "$1"/var/log/dpkg.log',
        '--customize-hook=rm -rf "$1"/var/log/apt "$1"/var/cache/ldconfig/aux-cache',
    ]
    wanted = [*image.packages, *image.kernel_packages]
    _mmdebstrap(image, out / "base.tar", image.arch, wanted, options, packages, log)


def fetch_packages(image: Image, out: Path, kept: Path, log: Path) -> None:
    """Into `out` the file of every package that is installed where mmdebstrap makes a base of this image (minbase:
    what is essential or required, and apt), for whichever architecture. Those in `kept` are not fetched again."""
    (kept / "partial").mkdir(parents=True, exist_ok=True)
    pool = f"?narrow(?or(?archive(^{image.suite}$),?codename(^{image.suite}$)),{{}})"
    wanted = [pool.format("?essential"), pool.format("?priority(required)"), "apt"]
    install = ["apt-get", "install", "-y", *wanted, *image.packages, *image.kernel_packages]
    with tempfile.TemporaryDirectory() as work:
        settings = _apt_settings(image, Path(work))
        env = {"APT_CONFIG": str(settings)}
        run(["apt-get", "update"], log, env)
        # Without a folder of packages it names them all.
        asked = subprocess.run(
            [*install, "--print-uris"], env={**os.environ, **env}, capture_output=True, text=True, check=False
        )
        names = re.findall(r"^'[^']+' (\S+\.deb) ", asked.stdout, re.MULTILINE)
        if asked.returncode != 0 or not names:
            raise SetupFailed(f"the packages for {image.arch} could not be chosen:\n{asked.stdout}{asked.stderr}")
        run([*install, "--download-only", "-o", f"Dir::Cache::archives={kept}/"], log, env)
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copyfile(kept / name, out / name)


def _apt_settings(image: Image, work: Path) -> Path:
    """A configuration of apt that knows nothing of this machine's packages (apt.conf(5))."""
    for folder in ("lists/partial", "archives/partial"):
        (work / folder).mkdir(parents=True)
    (work / "status").touch()
    signed = f"deb [signed-by={KEYRING}] "
    lines = [line.replace("deb ", signed, 1) for line in sources(image, mirrors())]
    (work / "sources.list").write_text("\n".join([*lines, ""]))
    settings = work / "apt.conf"
    settings.write_text(
        f"""
Dir::State "{work}"; Dir::State::status "{work}/status"; Dir::State::lists "{work}/lists/";
Dir::Cache "{work}"; Dir::Cache::archives "{work}/archives/";
Dir::Etc::main "/dev/null"; Dir::Etc::parts "/dev/null"; Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::sourcelist "{work}/sources.list"; Dir::Etc::sourceparts "/dev/null";
APT::Architecture "{image.arch}"; APT::Architectures {{ "{image.arch}"; }};
APT::Install-Recommends "false"; APT::Sandbox::User "root"; Debug::NoLocking "true";
Acquire::Languages "none"; Acquire::Retries "3";
"""
    )
    return settings


def _mmdebstrap(
    image: Image,
    out: Path,
    arch: str,
    wanted: Sequence[str],
    options: list[str],
    kept: Path,
    log: Path,
) -> None:
    """Packages once downloaded are kept in `kept`: mirrors let old ones go, and networks fail."""
    kept.mkdir(parents=True, exist_ok=True)
    archives = '"$1"/var/cache/apt/archives'
    words: list[str | Path] = ["mmdebstrap", "--mode=root", *_COMMON, f"--include={','.join(wanted)}", *options]
    words += [
        f"--architectures={arch}",
        f'--setup-hook=mkdir -p {archives}; cp -n "{kept}"/*.deb {archives}/ 2>/dev/null || true',
        "--skip=download/empty",
        "--skip=essential/unlink",
        "--skip=cleanup/apt/cache",
        f'--customize-hook=cp -n {archives}/*.deb "{kept}"/; rm -f {archives}/*.deb',
        image.suite,
        out,
        *sources(image, mirrors()),
    ]
    run(words, log, {"SOURCE_DATE_EPOCH": str(image.epoch_s), "LC_ALL": "C.UTF-8", "TZ": "UTC"})
