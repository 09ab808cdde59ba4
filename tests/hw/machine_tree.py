"""A Raspberry Pi's /proc and /sys as folders, to be read as the real ones: with the links Linux makes, from the docs of
sysfs (Documentation/ABI/testing/sysfs-bus-usb, sysfs-class-watchdog, sysfs-class-rtc) and a Pi 4's own."""

import shutil
from pathlib import Path

CONTROLLER = "sys/devices/platform/scb/fd500000.pcie/pci0000:00/0000:00:00.0/0000:01:00.0/usb1"


class MachineTree:
    """`root` is what to give to `read_machine`."""

    def __init__(self, root: Path, model: str = "Raspberry Pi 4 Model B Rev 1.5") -> None:
        self.root = root
        self._cards = 0
        for folder in ("sound", "watchdog", "rtc", "hwmon"):
            (root / "sys/class" / folder).mkdir(parents=True)
        (root / "sys/bus/usb/devices").mkdir(parents=True)
        self._write("proc/device-tree/model", f"{model}\0")
        self.usb("1-1", "2109:3431", ports=4)  # the hub on a Pi 4's own board

    def usb(self, path: str, usb_id: str, ports: int = 0) -> Path:
        """A device in a socket; a hub when it has ports."""
        parents = [path[: at + 1] for at in range(len(path)) if path[at + 1 : at + 2] in (".", "")]
        folder = f"{CONTROLLER}/{'/'.join(parents)}"
        vendor, _, product = usb_id.partition(":")
        self._write(f"{folder}/idVendor", vendor)
        self._write(f"{folder}/idProduct", product)
        self._write(f"{folder}/bDeviceClass", "09" if ports else "00")
        self._write(f"{folder}/maxchild", f"{ports}")
        (self.root / folder / f"{path}:1.0").mkdir(exist_ok=True)
        self._link(f"sys/bus/usb/devices/{path}", folder)
        self._link(f"sys/bus/usb/devices/{path}:1.0", f"{folder}/{path}:1.0")
        return self.root / folder

    def sound_card(self, card_id: str, socket: str, usb_id: str = "0d8c:0014", streams: str = "pc") -> None:
        """A USB sound adapter; `streams`: p plays, c captures."""
        number, self._cards = self._cards, self._cards + 1
        interface = f"{self.usb(socket, usb_id).relative_to(self.root)}/{socket}:1.0"
        card = f"{interface}/sound/card{number}"
        self._write(f"{card}/id", card_id)
        for stream in streams:
            (self.root / card / f"pcmC{number}D0{stream}").mkdir()
        self._link(f"{card}/device", interface)
        self._link(f"sys/class/sound/card{number}", card)
        for stream in streams:
            self._link(f"sys/class/sound/pcmC{number}D0{stream}", f"{card}/pcmC{number}D0{stream}")

    def unplug(self, socket: str) -> None:
        folder = (self.root / "sys/bus/usb/devices" / socket).resolve()
        for entry in (self.root / "sys/class/sound").iterdir():
            if entry.resolve().is_relative_to(folder):
                entry.unlink()
        for link in (socket, f"{socket}:1.0"):
            (self.root / "sys/bus/usb/devices" / link).unlink()
        shutil.rmtree(folder)

    def watchdog(self, identity: str = "Broadcom BCM2835 Watchdog timer", state: str = "active") -> None:
        self._write("sys/class/watchdog/watchdog0/identity", identity)
        self._write("sys/class/watchdog/watchdog0/state", state)

    def clock(self, name: str = "rtc-ds1307 1-0068") -> None:
        self._write("sys/class/rtc/rtc0/name", name)

    def voltage(self, alarm: str) -> None:
        self._write("sys/class/hwmon/hwmon0/name", "cpu_thermal")
        self._write("sys/class/hwmon/hwmon1/name", "rpi_volt")
        self._write("sys/class/hwmon/hwmon1/in0_lcrit_alarm", alarm)

    def _write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text if text.endswith("\0") else f"{text}\n")

    def _link(self, path: str, to: str) -> None:
        link = self.root / path
        link.unlink(missing_ok=True)
        link.symlink_to(self.root / to)


def whole_pi4(root: Path) -> MachineTree:
    """A Pi 4 with everything of the board `pi4-usb-modems` plugged in, four modems among it."""
    tree = MachineTree(root)
    for number, socket in enumerate(("1-1.2", "1-1.3", "1-1.4"), 1):
        tree.sound_card(f"handset{number}", socket)
    tree.usb("1-1.1", "2109:2817", ports=4)
    tree.usb("1-1.1.4", "2109:2817", ports=4)
    for socket in ("1-1.1.1", "1-1.1.2", "1-1.1.3", "1-1.1.4.1"):
        tree.usb(socket, "1e0e:9001")
    tree.watchdog()
    tree.clock()
    tree.voltage("0")
    return tree
