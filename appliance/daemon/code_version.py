"""Which code this is: a hash of the decision code, by which a journal knows whether it may be replayed."""

import hashlib
from pathlib import Path

import appliance.acd

VERSION = "0.1.0"
"""Of the package; the same as in pyproject.toml."""


def decision_code() -> str:
    """SHA-256 over every file of appliance/acd, by name: the code on which a replay's outcome depends."""
    folder = Path(appliance.acd.__file__).parent
    sum_ = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        sum_.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return sum_.hexdigest()


def boot_id() -> str:
    """The kernel's name for this boot: CLOCK_BOOTTIME of another cannot be compared with ours."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
