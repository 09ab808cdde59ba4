"""Where the pinned PJSIP source comes from: each place of pjsip/source.toml in turn, checked by its SHA-256."""

import hashlib
import subprocess
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

from image_build.steps import SetupFailed, say

MAX_TARBALL_BYTES = 64_000_000
PINS = Path(__file__).parent / "pjsip" / "source.toml"


def pinned_places() -> list[dict[str, str]]:
    """The places of source.toml, each with its kind and SHA-256."""
    places: list[dict[str, str]] = tomllib.loads(PINS.read_text())["place"]
    return places


def fetch(downloads: Path, places: list[dict[str, str]]) -> Path:
    """The tarball, from `downloads` when it is there already. Raises SetupFailed naming every place tried."""
    downloads.mkdir(parents=True, exist_ok=True)
    for place in places:
        kept = downloads / f"pjsip-{place['sha256'][:16]}.tar"
        if kept.exists() and _sha256(kept.read_bytes()) == place["sha256"]:
            return kept
    tried = []
    for place in places:
        try:
            url = place["url"] if place["kind"] == "url" else _debian_url(downloads / "apt", place)
            content = _download(url)
        except (OSError, subprocess.SubprocessError, LookupError) as error:
            tried.append(f"{place['kind']}: {error}")
            continue
        if _sha256(content) != place["sha256"]:
            tried.append(f"{place['kind']}: {url} is not the pinned file (its SHA-256 differs)")
            continue
        kept = downloads / f"pjsip-{place['sha256'][:16]}.tar"
        kept.write_bytes(content)
        return kept
    raise SetupFailed(
        "the PJSIP source could not be had:\n  " + "\n  ".join(tried) + "\nIs there internet? Try again then, or put "
        f"the upstream release 2.17 at {downloads}/pjsip-{places[0]['sha256'][:16]}.tar"
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _download(url: str) -> bytes:
    say(f"      from {url.split('/')[2]}")
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            content: bytes = answer.read(MAX_TARBALL_BYTES + 1)
    except urllib.error.URLError as error:
        raise OSError(f"{url}: {error.reason}") from error
    if len(content) > MAX_TARBALL_BYTES:
        raise OSError(f"{url}: larger than {MAX_TARBALL_BYTES} bytes")
    return content


def _debian_url(state: Path, place: dict[str, str]) -> str:
    """The file's address on the Debian mirror this machine already uses, from that suite's own source index."""
    (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
    (state / "archives" / "partial").mkdir(parents=True, exist_ok=True)
    targets = _apt(["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]).split()
    mirrors = [uri for uri in dict.fromkeys(targets) if uri.rstrip("/").endswith("/debian")]
    if not mirrors:
        raise LookupError("this machine's package sources name no Debian mirror")
    keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
    sources = state / "sources.list"
    sources.write_text(f"deb-src [signed-by={keyring}] {mirrors[0]} {place['suite']} main\n")
    options = [
        *("-o", f"Dir::State::Lists={state / 'lists'}", "-o", f"Dir::Cache={state}"),
        *("-o", f"Dir::Etc::SourceList={sources}", "-o", "Dir::Etc::SourceParts=/dev/null"),
        *("-o", "APT::Sandbox::User=root"),
    ]
    _apt(["apt-get", *options, "update"])
    listing = _apt(["apt-get", *options, "source", "--print-uris", place["package"]])
    for line in listing.splitlines():
        if place["component"] in line and ".tar." in line and not line.endswith(".asc"):
            return line.split("'")[1]
    raise LookupError(f"{place['package']} in {place['suite']} has no component {place['component']}")


def _apt(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(argv[:2])}: {done.stderr.strip()[-300:]}")
    return done.stdout
