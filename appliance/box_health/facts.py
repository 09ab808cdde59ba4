"""The facts of the box's health, read from where kernel, systemd and initrd write them down. Nothing is changed.

Sources: proc_pid_mountinfo(5); /sys/dev/block, which loses a disk that is pulled out; statvfs(3); the files of
systemd-networkd's state, which are sd_network_get_operational_state's own source (systemd, sd-network.c).
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from appliance.box_health.rules import Facts, Network

_READ_ONLY = frozenset({"ro", "emergency_ro", "shutdown"})
"""Of a file system's own options: remounted so, or (ext4) after an error the kernel did not survive writing."""
_CABLE = frozenset({"carrier", "degraded-carrier", "enslaved"})
_ADDRESS = {"routable": "routable", "degraded": "own"}
MAX_FILE_BYTES = 65_536


@dataclass(frozen=True)
class Places:
    """Where to look. Tests have others."""

    data_dir: Path
    run: Path = Path("/run")
    block_devices: Path = Path("/sys/dev/block")
    mounts: Path = Path("/proc/self/mountinfo")
    built: Path = Path("/usr/lib/clock-epoch")


@dataclass(frozen=True)
class Mount:
    device: str
    """Major and minor number, as in /sys/dev/block."""
    read_only: bool


def read_facts(places: Places) -> Facts:
    """What can be found now. Never raises; what cannot be read is not known."""
    mount = mount_of(places.data_dir, _text(places.mounts))
    free_bytes, size_bytes, free_files = _room(places.data_dir)
    unused_address, unused_ms = _unused_lease(places.run / "systemd/netif")
    return Facts(
        up_ms=_up_ms(),
        utc_ms=time.time_ns() // 1_000_000,
        built_utc_ms=_changed_utc_ms(places.built),
        data_lost=_text(places.run / "centralita-box/data-lost").strip()[:200],
        data_gone=mount is not None and _is_gone(places.block_devices, mount.device),
        data_read_only=mount is not None and mount.read_only,
        free_bytes=free_bytes,
        size_bytes=size_bytes,
        free_files=free_files,
        network=network_of(_text(places.run / "systemd/netif/state")),
        unused_address=unused_address,
        unused_ms=unused_ms,
    )


def mount_of(folder: Path, mountinfo: str) -> Mount | None:
    """The mount a folder is on; the last of several at the same place, which covers the others."""
    wanted, found, longest = f"{folder}/", None, -1
    for line in mountinfo.splitlines():
        own, _, file_system = line.partition(" - ")
        fields, options = own.split(), file_system.split()
        if len(fields) < 6 or len(options) < 3:
            continue
        place = fields[4].encode().decode("unicode_escape") if "\\" in fields[4] else fields[4]
        inside = wanted.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= longest:
            longest = len(place)
            found = Mount(fields[2], bool(_READ_ONLY & set(options[2].split(","))))
    return found


def network_of(state: str) -> Network | None:
    """From networkd's state file; None where it does not run."""
    words = _words(state)
    if "CARRIER_STATE" not in words:
        return None
    address = words.get("IPV4_ADDRESS_STATE") or words.get("ADDRESS_STATE", "")
    return Network(cable=words["CARRIER_STATE"] in _CABLE, address=_ADDRESS.get(address, "none"))


def _unused_lease(netif: Path) -> tuple[str, int]:
    """An address that DHCP gave and the interface has not got, and for how long. networkd (257) says nothing of a clash
    that it finds before it takes an address: it keeps the lease, keeps asking, and takes it when nobody answers."""
    for lease in sorted((netif / "leases").glob("*")):
        address = _words(_text(lease)).get("ADDRESS", "")
        link = _words(_text(netif / "links" / lease.name))
        state = link.get("IPV4_ADDRESS_STATE") or link.get("ADDRESS_STATE", "routable")
        if address and state != "routable":
            # A clock that stepped meanwhile makes an age of any size; one that is not seems long ago.
            age_ms = time.time_ns() // 1_000_000 - _changed_utc_ms(lease)
            return address[:40], age_ms if age_ms >= 0 else _up_ms()
    return "", 0


def _words(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _is_gone(devices: Path, device: str) -> bool:
    """Only a real disk can be (its major number is not 0), and only where the kernel tells of disks at all."""
    return not device.startswith("0:") and devices.is_dir() and not (devices / device).exists()


def _room(folder: Path) -> tuple[int, int, int]:
    """Free bytes for us, size in bytes, free files (-1 where the file system does not count them)."""
    try:
        room = os.statvfs(folder)
    except OSError:
        return -1, 0, -1
    return room.f_bavail * room.f_frsize, room.f_blocks * room.f_frsize, room.f_favail if room.f_files else -1


def _up_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def _changed_utc_ms(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns // 1_000_000
    except OSError:
        return 0


def _text(file: Path) -> str:
    try:
        with file.open(errors="replace") as opened:
            return opened.read(MAX_FILE_BYTES)
    except OSError:
        return ""
