"""Installs a bundle into the root that is not in use, by RAUC's service, while the one that runs takes calls.

RAUC checks the signature, marks the other root as not to be started, writes it, and reads nothing else. Its service is
run after everybody else (box/usr/lib/systemd/system/rauc.service.d). Nothing is switched to by that.
"""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from appliance.daemon.migrations import SCHEMA_VERSION
from appliance.update.bundle import Bundle, check, read_info
from appliance.update.errors import UpdateError
from appliance.update.fetch import fetch

OS_RELEASE = Path("/usr/lib/os-release")
INFO_S = 600.0
INSTALL_S = 3600.0
_LAST_ERROR = re.compile(r"LastError: (.*)")
_UNSIGNED = re.compile(r"signature|certificate|Verify error|not trusted|issuer", re.IGNORECASE)


@dataclass(frozen=True)
class Running:
    """What runs: the kind of machine and the version (os-release(5), IMAGE_ID and IMAGE_VERSION)."""

    compatible: str
    version: str


def running(os_release: Path = OS_RELEASE) -> Running:
    """Raises UpdateError on a machine that is no box with two roots."""
    try:
        lines = os_release.read_text().splitlines()
    except OSError:
        lines = []
    values = {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}
    try:
        return Running(values["IMAGE_ID"], values["IMAGE_VERSION"])
    except KeyError as error:
        raise UpdateError("no_box") from error


def look(what: str, folder: Path, box: Running, *, force: bool) -> tuple[Bundle, Path]:
    """The bundle, brought to the box, with a good signature and for this box. Raises UpdateError; it is gone then."""
    path = fetch(what, folder)
    try:
        bundle = read_info(_rauc(["info", "--output-format=json-2", str(path)], INFO_S, what))
        check(bundle, box.compatible, box.version, SCHEMA_VERSION, force=force)
    except UpdateError:
        path.unlink(missing_ok=True)
        raise
    return bundle, path


def install(what: str, path: Path) -> None:
    """Into the other root. Raises UpdateError; the other root is not started then, whatever is in it."""
    try:
        _rauc(["install", str(path)], INSTALL_S, what)
    finally:
        path.unlink(missing_ok=True)


def _rauc(words: Sequence[str], limit_s: float, what: str) -> bytes:
    try:
        done = subprocess.run(["rauc", *words], capture_output=True, timeout=limit_s, check=False)
    except FileNotFoundError as error:
        raise UpdateError("no_box") from error
    except subprocess.TimeoutExpired as error:
        raise UpdateError("failed", {"what": what, "reason": f"> {limit_s:g} s"}) from error
    if done.returncode == 0:
        return done.stdout
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    found = _LAST_ERROR.search(said)
    reason = found[1] if found else (said.strip().splitlines() or [f"code {done.returncode}"])[-1]
    raise UpdateError("not_signed" if _UNSIGNED.search(reason) else "failed", {"what": what, "reason": reason})
