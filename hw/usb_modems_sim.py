"""The twin of a USB tree: sockets in which modems' twins sit, shown in folders that look as Linux's /sys and /dev do.

As unkind as Linux: a modem that comes back gets ttys of other names and another device number, its ttys appear one
after another, and its folders go while they are looked at.
"""

import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

from hw.at_modem_sim import AtModemTwin
from hw.fxo_modem_sim import FxoModemTwin
from hw.usb_power import Done

Twin = TypeVar("Twin", AtModemTwin, FxoModemTwin)
CONTROLLER = "devices/platform/scb/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0"
INTERFACES = ("00", "01", "02", "03", "04")
"""A modem shows as many, each with a tty of its own."""


class UsbTreeSim:
    """`sys` and `dev` are the two roots to give to a UsbTree."""

    def __init__(self, root: Path) -> None:
        self.sys = root / "sys"
        self.dev = root / "dev"
        self._next_tty = 0
        self._next_device = 1
        self._lock = threading.Lock()
        for folder in ("bus/usb/devices", "class/tty", CONTROLLER):
            (self.sys / folder).mkdir(parents=True)
        self.dev.mkdir()
        for bus in ("1", "2"):
            # Root hubs are there too, with interfaces that have no tty.
            hub = self.sys / CONTROLLER / f"usb{bus}"
            (hub / f"{bus}-0:1.0").mkdir(parents=True)
            self._write(hub, idVendor="1d6b", idProduct="0002", busnum=bus, devnum="1")
            self._show(hub)

    def insert(
        self, socket: str, twin: Twin, usb: str, at: str, sound: str, second_at: str = ""
    ) -> "UsbSocketSim[Twin]":
        """Put a modem's twin in a socket; from now on it is shown there while it is plugged."""
        ttys = {at: twin.port, sound: twin.audio_port}
        if second_at and isinstance(twin, AtModemTwin):
            ttys[second_at] = twin.second_port
        return UsbSocketSim(self, socket, twin, usb, ttys)

    def shown(self, socket: str, usb: str, ttys: dict[str, str]) -> list[Path]:
        """Make the folders of a device; returns what has to go when it goes. `ttys`: interface number -> twin's tty."""
        with self._lock:
            self._next_device += 1
            vendor, _, product = usb.partition(":")
            device = self._folder_of(socket)
            device.mkdir(parents=True, exist_ok=True)
            bus = socket.partition("-")[0]
            self._write(device, idVendor=vendor, idProduct=product, busnum=bus, devnum=str(self._next_device))
            made = [device, self._show(device)]
            for number in INTERFACES:
                made += self._interface(device, socket, number, ttys.get(number, ""))
            return made

    def _interface(self, device: Path, socket: str, number: str, twin_tty: str) -> list[Path]:
        name, self._next_tty = f"ttyUSB{self._next_tty}", self._next_tty + 1
        interface = device / f"{socket}:1.{int(number)}"
        tty = interface / name / "tty" / name
        tty.mkdir(parents=True)
        self._write(interface, bInterfaceNumber=number)
        (tty / "device").symlink_to(interface / name)
        node = self.dev / name
        node.symlink_to(twin_tty or "/dev/null")
        in_class = [self.sys / "class/tty" / name]
        if twin_tty:  # by the name of the pseudo-terminal behind it, too, which whoever follows the link comes to
            in_class.append(self.sys / "class/tty" / Path(twin_tty).resolve().name)
        for link in in_class:
            link.symlink_to(tty)
        return [self._show(interface), *in_class, node]

    def _folder_of(self, socket: str) -> Path:
        """1-1.3 is in usb1/1-1/1-1.3, below every hub on the way."""
        bus, _, ports = socket.partition("-")
        folder = self.sys / CONTROLLER / f"usb{bus}"
        numbers = ports.split(".")
        for count in range(1, len(numbers) + 1):
            folder = folder / f"{bus}-{'.'.join(numbers[:count])}"
        return folder

    def _show(self, folder: Path) -> Path:
        link = self.sys / "bus/usb/devices" / folder.name
        link.symlink_to(folder)
        return link

    @staticmethod
    def _write(folder: Path, **files: str) -> None:
        for name, text in files.items():
            (folder / name).write_text(f"{text}\n")


class UsbSocketSim(Generic[Twin]):
    """One socket with its modem."""

    def __init__(self, tree: UsbTreeSim, socket: str, twin: Twin, usb: str, ttys: dict[str, str]) -> None:
        self._tree = tree
        self.path = socket
        self.twin: Twin = twin
        self._usb = usb
        self._ttys = ttys
        self._made: list[Path] = []
        twin.on_plugged = self._plugged

    def move(self, socket: str) -> None:
        """Pull the modem out and put it into another socket."""
        self.twin.unplug()
        self.path = socket
        self.twin.plug()

    def _plugged(self, plugged: bool) -> None:
        if plugged:
            self._made = self._tree.shown(self.path, self._usb, self._ttys)
            return
        for path in reversed(self._made):
            if path.is_symlink():
                path.unlink()
            else:
                shutil.rmtree(path)
        self._made = []


class UsbPowerTwin:
    """The power of these sockets: a modem whose port is switched vanishes, and returns when it is on again."""

    def __init__(self, *sockets: UsbSocketSim[AtModemTwin] | UsbSocketSim[FxoModemTwin], off_s: float = 0.1) -> None:
        self._sockets = sockets
        self._off_s = off_s
        self.switched: list[str] = []
        """Sockets in the order in which they were switched."""
        self.refusal = ""
        """The hub cannot: what is said instead."""

    def cycle(self, usb_path: str, done: Done) -> None:
        self.switched.append(usb_path)
        socket = next((one for one in self._sockets if one.path == usb_path), None)
        if self.refusal or socket is None:
            done(self.refusal or f"uhubctl could not switch {usb_path}")
            return
        socket.twin.unplug()
        timer = threading.Timer(self._off_s, self._on, (socket.twin.plug, done))
        timer.daemon = True
        timer.start()

    @staticmethod
    def _on(plug: Callable[[], None], done: Done) -> None:
        plug()
        done("")
