"""What this machine is, as far as a board cares: read from /proc, /sys and its pins' chip. Nothing is tried or changed.

Sources: Linux, Documentation/ABI (sysfs-bus-usb, sysfs-class-watchdog, sysfs-class-rtc), Documentation/hwmon/
raspberrypi-hwmon.rst, Documentation/sound/designs/procfile.rst.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

ROOT = Path("/")
_USB_DEVICE = re.compile(r"^\d+-\d+(\.\d+)*$")
_IN_USB = re.compile(r"/(\d+-[\d.]+)/\d+-[\d.]+:\d+\.\d+(?:/|$)")
_MAX_ENTRIES = 512
"""Of a folder, so that none however strange keeps the check busy."""
HUB_CLASS = "09"


@dataclass(frozen=True)
class GpioLine:
    """One line of a chip."""

    number: int
    name: str
    user: str
    """Who has it now: lgpio calls itself `lg`, a driver of the kernel by its own name; "" is nobody."""
    is_output: bool


@dataclass(frozen=True)
class GpioChip:
    label: str
    lines: tuple[GpioLine, ...]

    def line(self, number: int) -> GpioLine | None:
        return next((line for line in self.lines if line.number == number), None)


class Pins(Protocol):
    """Whoever knows the chips of a machine."""

    def chips(self) -> tuple[GpioChip, ...]:
        """Every chip that can be read. Raises nothing."""


class NoPins:
    """Of a machine that has none, or none that this user may see."""

    def chips(self) -> tuple[GpioChip, ...]:
        return ()


@dataclass(frozen=True)
class SoundCard:
    id: str
    usb: str
    """The socket it sits in; "" for one that is not at USB."""
    usb_id: str
    captures: bool
    plays: bool


@dataclass(frozen=True)
class UsbDevice:
    path: str
    usb_id: str
    is_hub: bool
    ports: int
    """Of a hub."""


@dataclass(frozen=True)
class Watchdog:
    identity: str
    is_running: bool


@dataclass(frozen=True)
class Machine:
    model: str
    """"" where there is no device tree: a PC."""
    chips: tuple[GpioChip, ...] = ()
    sound_cards: tuple[SoundCard, ...] = ()
    usb: tuple[UsbDevice, ...] = ()
    watchdogs: tuple[Watchdog, ...] = ()
    clocks: tuple[str, ...] = ()
    """Their drivers' names."""
    too_little_voltage: bool | None = None
    """None: nothing measures it."""

    def chip(self, label: str) -> GpioChip | None:
        return next((chip for chip in self.chips if chip.label == label), None)


def read_machine(root: Path = ROOT, pins: Pins | None = None) -> Machine:
    """This machine, or what a tree of folders says of one. What cannot be read is as if it were not there."""
    return Machine(
        model=_text(root / "proc/device-tree/model"),
        chips=(pins or NoPins()).chips(),
        sound_cards=tuple(_sound_cards(root / "sys/class/sound")),
        usb=tuple(_usb_devices(root / "sys/bus/usb/devices")),
        watchdogs=tuple(
            Watchdog(identity, _text(folder / "state") == "active")
            for folder in _entries(root / "sys/class/watchdog", "watchdog")
            if (identity := _text(folder / "identity"))
        ),
        clocks=tuple(_text(folder / "name") for folder in _entries(root / "sys/class/rtc", "rtc")),
        too_little_voltage=_too_little_voltage(root / "sys/class/hwmon"),
    )


def _sound_cards(folder: Path) -> Iterator[SoundCard]:
    for card in _entries(folder, "card"):
        number = card.name.removeprefix("card")
        if not number.isdigit():
            continue
        found = _IN_USB.search(f"{_resolved(card / 'device')}/")
        device = _resolved(card / "device").parent
        usb_id = f"{_text(device / 'idVendor')}:{_text(device / 'idProduct')}" if found else ""
        streams = [entry.name for entry in _entries(_resolved(card), f"pcmC{number}D")]
        yield SoundCard(
            id=_text(card / "id"),
            usb=found[1] if found else "",
            usb_id=usb_id,
            captures=any(name.endswith("c") for name in streams),
            plays=any(name.endswith("p") for name in streams),
        )


def _usb_devices(folder: Path) -> Iterator[UsbDevice]:
    for device in _entries(folder):
        vendor = _text(device / "idVendor")
        if not _USB_DEVICE.match(device.name) or not vendor:
            continue
        ports = _text(device / "maxchild")
        yield UsbDevice(
            path=device.name,
            usb_id=f"{vendor}:{_text(device / 'idProduct')}",
            is_hub=_text(device / "bDeviceClass") == HUB_CLASS,
            ports=int(ports) if ports.isdigit() else 0,
        )


def _too_little_voltage(folder: Path) -> bool | None:
    for sensor in _entries(folder, "hwmon"):
        if _text(sensor / "name") == "rpi_volt":
            alarms = [_text(entry) for entry in _entries(sensor, "in") if entry.name.endswith("_lcrit_alarm")]
            return "1" in alarms if alarms else None
    return None


def _entries(folder: Path, begins: str = "") -> list[Path]:
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith(begins))
    except OSError:
        return []
    return [folder / name for name in names[:_MAX_ENTRIES]]


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a loop of links
        return path


def _text(file: Path) -> str:
    """At most some lines of it, without the NUL that a device tree's words end with; "" when it cannot be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(4096).decode(errors="replace").strip("\0\n ")
    except OSError:
        return ""
