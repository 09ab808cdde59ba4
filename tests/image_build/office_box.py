"""A virtual box as it stands in an office: its configuration from the start-up partition, a network with a carrier, a
modem on a serial port, a panel of pins, and a hardware watchdog.

What stands for hardware in the machine: the kernel's gpio-sim is the header's pins (a Raspberry Pi's number is in its
/proc/cpuinfo, without which gpiozero takes no pins), snd-aloop the sound card of handset port 1, QEMU's usb-serial the
modem's two ttys, behind which the twin is, and the chip set's own watchdog. All is there before the switch starts, but
the sound card, which is plugged in later.
"""

import json
import os
import socket
import subprocess
from functools import partial
from pathlib import Path

from hw.at_modem_sim import AtModemTwin
from image_build.disk import MIB
from image_build.environment import CHECKOUT
from image_build.image_command import copy_sparse
from tests.image_build.virtual_box import START_S, VirtualBox, credential
from tests.image_build.virtual_lan import VirtualLan
from tests.waiting import wait_for

NEW_BOX = CHECKOUT / "image_build/box/usr/share/centralita/office.toml"
DISK_BYTES = 3 << 30
CARRIER, DESK = 30, 40
"""Hosts of the office network."""
PHONE = ("201", "secreto-201")
"""Extension and password of ana's."""
HOOK, PORT_LAMP, RINGER, LINE_2_LAMP, NIGHT_LAMP, NIGHT_BUTTON, LOGIN_BUTTON = 5, 17, 23, 13, 11, 8, 4
"""Pins of hw/boards/pi4-usb-modems.toml."""
TABLES = """
[cloud]
dsn = "postgresql://box@192.168.77.50/centralita"

[[line]]
name = "operador"
driver = "sip"
address = "{carrier}"
queue = "ventas"

[[line]]
name = "movil"
driver = "gsm"
model = "sim7600"
port = "/dev/ttyUSB0"
audio_port = "/dev/ttyUSB1"
queue = "ventas"

[[station]]
name = "mesa1"
kind = "sip"
extension = "201"
password = "secreto-201"

[[station]]
name = "mesa2"
kind = "port"
extension = "101"
board_port = 1

[[agent]]
name = "ana"
full_name = "Ana Ruiz"
number = "11"
station = "mesa1"
auto_login = true

[[agent]]
name = "luis"
full_name = "Luis Gil"
number = "12"
pin = "8765"
station = "mesa2"

[[queue]]
name = "ventas"
title = "Ventas"
agents = ["ana", "luis"]
wrap_up_s = 0
ring_timeout_s = 120
record = true

[[tariff]]
name = "entrantes"
direction = "in"
rate_micros_per_minute = 20000
"""
BITE = {"execute": "watchdog-set-action", "arguments": {"action": "reset"}}
PINS = "/sys/devices/platform/gpio-sim.0/gpiochip0/sim_gpio"
MAKES_PINS = """[Unit]
Description=The header's pins
DefaultDependencies=no
Wants=sys-kernel-config.mount
After=sys-kernel-config.mount systemd-modules-load.service systemd-udevd.service
Before=centralita-switch.service
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=modprobe gpio-sim
ExecStart=mkdir -p /sys/kernel/config/gpio-sim/header/bank
ExecStart=sh -c "echo 28 > /sys/kernel/config/gpio-sim/header/bank/num_lines"
ExecStart=sh -c "echo 1 > /sys/kernel/config/gpio-sim/header/live"
ExecStart=sh -c "(cat /proc/cpuinfo; echo 'Revision : c03111') > /run/cpuinfo"
"""
OTHERS = [f"centralita-{name}" for name in ("kamailio", "acd", "web", "sync", "first-boot", "address")]
PATIENCE = "[Service]\nTimeoutStartSec=10min\n"
"""Emulated beside others, a start may take minutes of the box's time."""
SEES_A_PI = """[Unit]
Wants=test-pins.service
After=test-pins.service
[Service]
BindReadOnlyPaths=/run/cpuinfo:/proc/cpuinfo
"""


class OfficeBox:
    """The machine and what is around it. `close` ends all of it."""

    def __init__(self, image: Path, folder: Path) -> None:
        self.lan = VirtualLan(folder / "lan")
        self.carrier, self.desk = self.lan.host(CARRIER), self.lan.host(DESK)
        disk, office = folder / "disk.img", folder / "office.toml"
        copy_sparse(image, disk)
        os.truncate(disk, DISK_BYTES)
        text = NEW_BOX.read_text().replace("[box]", '[box]\nboard = "pi4-usb-modems"')
        office.write_text(text + TABLES.format(carrier=self.carrier))
        # As an installer would, on any computer.
        subprocess.run(["mcopy", "-i", f"{disk}@@{MIB}", str(office), "::/office.toml"], check=True)
        self.modem = AtModemTwin(folder / "modem")
        self.modem.start()
        devices = [
            *("-device", "qemu-xhci,id=usb"),
            *("-chardev", f"serial,id=at,path={self.modem.port}", "-device", "usb-serial,chardev=at,port=1"),
            *("-chardev", f"serial,id=sound,path={self.modem.audio_port}"),
            *("-device", "usb-serial,chardev=sound,port=2"),
            # The chip set's watchdog, wired as on a real board. It bites only when it is let (`watchdog_bites`): an
            # emulation that others keep from running would seem to stand still.
            *("-global", "ICH9-LPC.noreboot=off", "-action", "watchdog=none"),
            *("-qmp", f"unix:{folder}/qmp,server=on,wait=off"),
            *credential("systemd.extra-unit.test-pins.service", MAKES_PINS),
            *credential("systemd.unit-dropin.centralita-switch.service", SEES_A_PI + PATIENCE.partition("\n")[2]),
            *(word for unit in OTHERS for word in credential(f"systemd.unit-dropin.{unit}.service", PATIENCE)),
        ]
        self.folder = folder
        self.box = VirtualBox(disk, folder / "box", keep=True, lan=self.lan, devices=devices)

    def watchdog_bites(self) -> None:
        """From now on the hardware watchdog resets the machine when it is not fed (QEMU's QMP)."""
        with socket.socket(socket.AF_UNIX) as monitor:
            monitor.connect(f"{self.folder}/qmp")
            lines = monitor.makefile("r")
            assert "QMP" in lines.readline()
            for command in ({"execute": "qmp_capabilities"}, BITE):
                monitor.sendall(json.dumps(command).encode())
                # Events of the machine may come in between.
                answer = next(line for line in lines if '"event"' not in line)
                assert "return" in answer, answer

    @property
    def page(self) -> str:
        return f"http://{self.lan.box}"

    def pull(self, pin: int, up: bool) -> None:
        """A button or hook switch closes to ground, or opens."""
        self.box.run(f"echo pull-{'up' if up else 'down'} > {PINS}{pin}/pull")

    def press(self, pin: int) -> None:
        """For a quarter of a second of the box's time."""
        self.box.run(f"echo pull-down > {PINS}{pin}/pull; sleep 0.25; echo pull-up > {PINS}{pin}/pull")

    def lit(self, pin: int, seconds: float = 0.0) -> set[str]:
        """The levels of a lamp's pin, looked at 20 times in the box's `seconds`: {"0", "1"} blinks."""
        look = f"for i in $(seq 20); do cat {PINS}{pin}/value; sleep {seconds / 20:g}; done"
        return set(self.box.run(look if seconds else f"cat {PINS}{pin}/value").split())

    def wait_active(self, *units: str) -> None:
        """Until each of these has said that it is ready."""
        for unit in units:
            wait_for(f"{unit} to be active", partial(self._is_active, unit), START_S, 1)

    def _is_active(self, unit: str) -> bool:
        return self.box.run(f"systemctl is-active centralita-{unit}") == "active"

    def close(self) -> None:
        self.box.close()
        self.modem.close()
        self.lan.close()
