"""What is in the image, for who has to know: a CycloneDX bill of materials, and the list of licences.

CycloneDX 1.6 JSON (ECMA-424). Debian packages come from dpkg's own list of the image, Python packages from the wheels
that were installed, PJSIP from its pin; each has a package URL (purl). Licences of Debian packages are the short names
their copyright files give (Debian policy 12.5, copyright-format 1.0), where they are written in that form.
"""

import json
import re
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from urllib.parse import quote

from image_build.description import Image
from image_build.pjsip_source import PINS

SBOM = "centralita.cdx.json"
LICENCES = "licences.tsv"
_LICENCE = re.compile(r"^License:[ \t]*(\S.*)$", re.MULTILINE)


@dataclass(frozen=True, order=True)
class Component:
    """One package: `licence` in the words of whoever made it, "" when it says none."""

    name: str
    version: str
    purl: str
    licence: str


def debian_components(image: Image, packages_tsv: Path, licences: dict[str, str]) -> Iterator[Component]:
    """From compose.py's packages.tsv."""
    for line in packages_tsv.read_text().splitlines():
        name, version, arch, source, source_version = line.split("\t")
        where = f"arch={arch}&distro={image.suite}&upstream={quote(source)}%40{quote(source_version)}"
        purl = f"pkg:deb/debian/{quote(name)}@{quote(version)}?{where}"
        yield Component(name, version, purl, licences.get(name, ""))


def python_components(wheels: Path) -> Iterator[Component]:
    """From the metadata (PEP 566) of the wheels, and of the names of the sources there was no wheel of."""
    for file in sorted(wheels.iterdir()):
        if file.suffix == ".whl":
            with zipfile.ZipFile(file) as wheel:
                inside = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
                about = HeaderParser().parsestr(wheel.read(inside).decode())
            licence = (
                about["License-Expression"] or _short(about["License"]) or _classified(about.get_all("Classifier"))
            )
            name, version = about["Name"], about["Version"]
        else:
            name, _, version = file.name.removesuffix(".zip").removesuffix(".tar.gz").rpartition("-")
            licence = ""
        yield Component(name, version, f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(version)}", licence)


def pjsip_component() -> Component:
    import tomllib

    version = tomllib.loads(PINS.read_text())["version"]
    return Component("pjproject", version, f"pkg:github/pjsip/pjproject@{version}", "GPL-2.0-or-later")


def licence_of_copyright(text: str) -> str:
    """The short names of a machine-readable copyright file, "" for one in free form."""
    if "Format:" not in text[:400]:
        return ""
    return " AND ".join(sorted({" ".join(found.split()) for found in _LICENCE.findall(text)}))


def debian_licences(documents: Path) -> dict[str, str]:
    """Of every package that has a copyright file in this folder (usr/share/doc)."""
    found = {}
    for file in sorted(documents.glob("*/copyright")):
        found[file.parent.name] = licence_of_copyright(file.read_text(errors="replace"))
    return found


def write_sbom(image: Image, packages_tsv: Path, wheels: Path, out: Path) -> None:
    """`out`/centralita.cdx.json and `out`/licences.tsv. The same image gives the same files."""
    beside = packages_tsv.with_name("licences.json")
    licences: dict[str, str] = json.loads(beside.read_text()) if beside.exists() else {}
    components = sorted(
        {*debian_components(image, packages_tsv, licences), *python_components(wheels), pjsip_component()}
    )
    (out / SBOM).write_text(json.dumps(_document(image, components), indent=1, ensure_ascii=False) + "\n")
    rows = (f"{one.name}\t{one.version}\t{one.licence or 'see its copyright file'}\n" for one in components)
    (out / LICENCES).write_text("".join(rows))


def _document(image: Image, components: list[Component]) -> dict[str, object]:
    name = f"centralita-image-{image.arch}"
    serial = uuid.uuid5(uuid.NAMESPACE_URL, name + "".join(one.purl for one in components))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "operating-system",
                "bom-ref": name,
                "name": name,
                "version": str(image.epoch_s),
                "licenses": [{"license": {"id": "GPL-3.0-or-later"}}],
            }
        },
        "components": [
            {
                "type": "library",
                "bom-ref": one.purl,
                "name": one.name,
                "version": one.version,
                "purl": one.purl,
                **({"licenses": [{"license": {"name": one.licence}}]} if one.licence else {}),
            }
            for one in components
        ],
    }


def _short(licence: str | None) -> str:
    """Some put the whole text where the name belongs."""
    return licence if licence and len(licence) < 60 and licence != "UNKNOWN" else ""


def _classified(classifiers: list[str] | None) -> str:
    names = (one.rsplit(" :: ", 1)[1] for one in classifiers or [] if one.startswith("License :: "))
    return " AND ".join(sorted(names))
