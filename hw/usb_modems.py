"""Finds modems by what USB says of them, and keeps a line's modem by its IMEI or its USB socket, not by a tty's name.

Linux shows in /sys/bus/usb/devices each device under the socket it sits in (1-1.3: bus 1, port 1, port 3 of that hub)
and each of its interfaces (1-1.3:1.2), in which the interface's tty is a folder: `ttyUSB2/tty/ttyUSB2` (usb-serial) or
`tty/ttyACM0` (cdc-acm). Source: Documentation/ABI/testing/sysfs-bus-usb, drivers/usb/core/sysfs.c.
"""

import re
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hw.modem_profiles import GsmProfile
from hw.serial_transport import TransportLost

SYS = Path("/sys")
DEV = Path("/dev")
USB_PATH = re.compile(r"^\d+-\d+(\.\d+)*$")
"""How a socket is named."""
IMEI = re.compile(r"^\d{15}$")
_TTY = re.compile(r"^tty(USB|ACM)\d+$")
_INTERFACE_IN_PATH = re.compile(r"/(\d+-[\d.]+):\d+\.\d+(?:/|$)")
MAX_KNOWN = 256


@dataclass(frozen=True)
class UsbModem:
    """A USB device with ttys. `number` is the bus's name for it, another each time it is plugged in."""

    path: str
    usb: str
    number: str
    ttys: tuple[tuple[str, str], ...]
    """Interface number, as in a profile ("02"), and its tty's path."""

    def tty(self, interface: str) -> str:
        """ "" when that interface has none (yet: the ttys of a modem appear one after another)."""
        return next((tty for number, tty in self.ttys if number == interface), "")


class UsbTree:
    """What is plugged in now. Another root than `/sys` and `/dev` is for tests. Raises nothing: a device that goes
    while it is looked at is not there."""

    def __init__(self, sys: Path = SYS, dev: Path = DEV) -> None:
        self._sys = sys
        self._dev = dev

    def devices(self) -> tuple[UsbModem, ...]:
        """Every device that has a tty, by socket."""
        folder = self._sys / "bus/usb/devices"
        try:
            names = sorted(entry.name for entry in folder.iterdir() if USB_PATH.match(entry.name))
        except OSError:
            return ()
        found = (self._device(folder / name) for name in names)
        return tuple(device for device in found if device is not None and device.ttys)

    def path_of(self, port: str) -> str:
        """The socket of the device behind a tty, or "" when it is no USB tty."""
        try:
            device = (self._sys / "class/tty" / Path(port).resolve().name / "device").resolve()
        except OSError:  # a link that went between being seen and being read
            return ""
        match = _INTERFACE_IN_PATH.search(f"{device}")
        return match.group(1) if match is not None else ""

    def _device(self, folder: Path) -> UsbModem | None:
        try:
            usb = f"{_text(folder / 'idVendor')}:{_text(folder / 'idProduct')}"
            number = f"{_text(folder / 'busnum')}/{_text(folder / 'devnum')}"
            interfaces = sorted(entry for entry in folder.iterdir() if entry.name.startswith(f"{folder.name}:"))
        except OSError:
            return None
        ttys = []
        for interface in interfaces:
            try:
                tty = self._tty(interface)
                if tty:
                    ttys.append((_text(interface / "bInterfaceNumber"), f"{self._dev / tty}"))
            except OSError:
                continue
        return UsbModem(folder.name, usb, number, tuple(ttys))

    @staticmethod
    def _tty(interface: Path) -> str:
        for entry in interface.iterdir():
            if _TTY.match(entry.name):
                return entry.name
            if entry.name == "tty":
                return next((one.name for one in entry.iterdir() if _TTY.match(one.name)), "")
        return ""


def _text(file: Path) -> str:
    return file.read_text(errors="replace").strip()


@dataclass(frozen=True)
class Ports:
    """Where a modem is now. `usb_path` "" : not known, or not on USB."""

    port: str
    audio_port: str
    usb_path: str = ""
    second_port: str = ""
    """Where it takes commands too; "" : none is known."""


class Place(Protocol):
    """How a line's modem is found, each time anew. Used in its driver's thread only."""

    def find(self) -> Ports:
        """Raises TransportLost with a plain sentence when it is not there."""

    def is_it(self, imei: str) -> bool:
        """What answered where `find` pointed says it has this IMEI ("" : it does not say). False: look on."""


class NamedPorts:
    """By the ttys' names, whoever is behind them."""

    def __init__(self, port: str, audio_port: str, tree: UsbTree | None = None, second_at_interface: str = "") -> None:
        self._port = port
        self._audio_port = audio_port
        self._second = second_at_interface
        self._tree = tree if tree is not None else UsbTree()

    def find(self) -> Ports:
        path = self._tree.path_of(self._port)
        device = (
            next((one for one in self._tree.devices() if one.path == path), None) if path and self._second else None
        )
        second = device.tty(self._second) if device is not None else ""
        return Ports(self._port, self._audio_port, path, second)

    def is_it(self, imei: str) -> bool:
        return True


class InSocket:
    """By the USB socket it sits in."""

    def __init__(self, path: str, profile: GsmProfile, tree: UsbTree | None = None) -> None:
        self._path = path
        self._profile = profile
        self._tree = tree if tree is not None else UsbTree()

    def find(self) -> Ports:
        devices = self._tree.devices()
        device = next((one for one in devices if one.path == self._path), None)
        if device is None:
            others = ", ".join(one.path for one in devices if one.usb == self._profile.usb)
            title = self._profile.title
            raise TransportLost(
                f"no {title} in USB socket {self._path}; one is in {others}"
                if others
                else f"no {title} in USB socket {self._path} nor in any other"
            )
        if device.usb != self._profile.usb:
            raise TransportLost(
                f"what is in USB socket {self._path} is no {self._profile.title}: it is a {device.usb}. Correct `model`"
            )
        return _ports(device, self._profile)

    def is_it(self, imei: str) -> bool:
        return True


class KnownModems:
    """Which IMEI answered where, shared by the lines of a process, so that each asks each modem once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._imei: dict[tuple[str, str], str] = {}

    def imei_of(self, device: UsbModem) -> str:
        """ "" when it was not asked yet."""
        with self._lock:
            return self._imei.get((device.path, device.number), "")

    def told(self, device: UsbModem, imei: str) -> None:
        with self._lock:
            if len(self._imei) >= MAX_KNOWN:
                self._imei.clear()
            self._imei[device.path, device.number] = imei


class ByImei:
    """By its IMEI, wherever it is plugged in: modems that were not asked yet are tried in turn."""

    def __init__(self, imei: str, profile: GsmProfile, known: KnownModems, tree: UsbTree | None = None) -> None:
        self._imei = imei
        self._profile = profile
        self._known = known
        self._tree = tree if tree is not None else UsbTree()
        self._tried: UsbModem | None = None

    def find(self) -> Ports:
        devices = [one for one in self._tree.devices() if one.usb == self._profile.usb]
        ours = next((one for one in devices if self._known.imei_of(one) == self._imei), None)
        if ours is None:
            ours = self._next_unknown([one for one in devices if not self._known.imei_of(one)])
        if ours is None:
            others = ", ".join(f"{self._known.imei_of(one)} in {one.path}" for one in devices)
            title = self._profile.title
            raise TransportLost(
                f"the {title} with IMEI {self._imei} is not plugged in; found {others}"
                if others
                else f"the {title} with IMEI {self._imei} is not plugged in, nor is any other"
            )
        self._tried = ours
        return _ports(ours, self._profile)

    def _next_unknown(self, unknown: list[UsbModem]) -> UsbModem | None:
        """The one after the last tried: it may be silent, or in use by another line."""
        last = self._tried.path if self._tried is not None else ""
        later = [one for one in unknown if one.path > last]
        return next(iter(later or unknown), None)

    def is_it(self, imei: str) -> bool:
        if imei and self._tried is not None:
            self._known.told(self._tried, imei)
        return imei == self._imei


def _ports(device: UsbModem, profile: GsmProfile) -> Ports:
    port = device.tty(profile.at_interface)
    audio_port = device.tty(profile.sound_interface) if profile.sound_interface else ""
    if not port or (profile.sound_interface and not audio_port):
        missing = profile.at_interface if not port else profile.sound_interface
        raise TransportLost(f"the {profile.title} in USB socket {device.path} shows no interface {missing} yet")
    second = device.tty(profile.second_at_interface) if profile.second_at_interface else ""
    return Ports(port, audio_port, device.path, second)
