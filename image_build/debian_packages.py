"""Debian packages as files and as dpkg's lists have them, read (deb(5), dpkg's /var/lib/dpkg)."""

import io
import re
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SCRIPTS = ("preinst", "postinst", "triggers", "config", "templates")


@dataclass(frozen=True)
class Package:
    """One .deb file: `about` is its control paragraph, `scripts` what of SCRIPTS it has."""

    file: Path
    name: str
    what: tuple[str, str]
    """Architecture and version."""
    about: str
    scripts: Mapping[str, bytes]


def read_package(file: Path) -> Package:
    """Raises SetupFailed for what is no Debian package."""
    about = output("dpkg-deb", "-f", file).decode()
    fields = dict(line.split(": ", 1) for line in about.splitlines() if re.match(r"[A-Za-z-]+: ", line))
    with tarfile.open(fileobj=io.BytesIO(output("dpkg-deb", "--ctrl-tarfile", file))) as control:
        scripts = {}
        for member in control:
            name = member.name.removeprefix("./")
            content = control.extractfile(member) if name in SCRIPTS else None
            if content is not None:
                scripts[name] = content.read()
    return Package(file, fields["Package"], (fields["Architecture"], fields["Version"]), about, scripts)


def read_status(text: str) -> dict[str, tuple[str, str]]:
    """Architecture and version of what is installed, by name, from dpkg's status file."""
    found = {}
    for paragraph in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in paragraph.splitlines() if re.match(r"[A-Za-z-]+: ", line))
        if fields.get("Status") == "install ok installed":
            found[fields["Package"]] = (fields["Architecture"], fields["Version"])
    return found


def info_file(info: Path, name: str, arch: str, kind: str) -> Path:
    """dpkg's file of this kind; of packages that several machines may have side by side it is named by machine."""
    one = info / f"{name}:{arch}.{kind}"
    return one if one.exists() else info / f"{name}.{kind}"


def output(*argv: str | Path) -> bytes:
    return subprocess.run([str(word) for word in argv], check=True, capture_output=True).stdout
