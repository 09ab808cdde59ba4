"""The Raspberry Pi's 40-pin header and what its computers' pins and sockets bear: facts, with their sources.

Numbers: Raspberry Pi documentation, "GPIO" (which pin is what) and "Power supply" ("50mA distributed across all the
pins: an individual GPIO pin can only safely draw 16mA"; what a board takes under load and what its USB sockets give;
for the Pi 5, of which no such figure is given, its 5 A supply less what its sockets give). Pulls from power-on: BCM2711
ARM peripherals, table "GPIO alternate functions", and RP1 peripherals, 3.1.1: GPIO 0 to 8 are pulled up, 9 to 27 down.
"""

from dataclasses import dataclass
from typing import Literal

GPIO_OF_HEADER = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10, 21: 9, 22: 25, 23: 11,
    24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19, 36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
"""Position on the header -> GPIO (BCM) number. Odd positions are the row at the computer's inner side, 1 at the end
away from the USB sockets."""
HEADER_OF_GPIO = {gpio: position for position, gpio in GPIO_OF_HEADER.items()}
GROUNDS = frozenset({6, 9, 14, 20, 25, 30, 34, 39})
FIVE_VOLTS = frozenset({2, 4})
THREE_VOLTS = frozenset({1, 17})
"""3.3 V."""

EEPROM = frozenset({0, 1})
"""ID_SD and ID_SC: the firmware reads an add-on board's EEPROM there at each start."""
Bus = Literal["uart", "i2c", "spi", "i2s"]
BUS_PINS: dict[Bus, frozenset[int]] = {
    "uart": frozenset({14, 15}),
    "i2c": frozenset({2, 3}),
    "spi": frozenset({7, 8, 9, 10, 11}),
    "i2s": frozenset({18, 19, 20, 21}),
}
BUS_LINES = {14: "TXD1", 15: "RXD1", 2: "SDA1", 3: "SCL1", 0: "ID_SDA", 1: "ID_SCL"}
"""What Linux calls these pins in the computers' own device trees."""
PULLED_UP = frozenset(range(9))
"""From power-on until somebody says otherwise; the others are pulled down. GPIO 2 and 3 always are: by 1.8 kΩ."""
PINS_UV = 3_300_000
"""What a pin gives when it is high and bears when it is an input."""

ComputerName = Literal["pi4", "pi5"]


@dataclass(frozen=True)
class Computer:
    """One model: what its pins and USB sockets bear, and how Linux knows it."""

    title: str
    model: str
    """/proc/device-tree/model begins so."""
    compatible: str
    """Of its device tree, the most general name an overlay for it must have."""
    gpio_label: str
    """Linux' name for the chip that has the header's pins."""
    gpio_target: str
    """That chip in the device tree: a path, or a label as &label."""
    i2c_target: str
    """The bus of GPIO 2 and 3, alike."""
    pin_mode: bool
    """Its pin controller takes `brcm,pins` with function and pull from the device tree at once when it starts."""
    pin_ua: int
    """The most one pin may give."""
    pins_ua: int
    """… and all pins together."""
    busy_ma: int
    """What the board alone takes from 5 V, at the most."""
    usb_ma: int
    """The most its USB sockets give together, with its own supply."""
    watchdog: str
    """The identity of its hardware watchdog."""
    i2c_muxed: bool
    """Its device tree makes GPIO 2 and 3 the bus; else the overlay must. (Linux 7.3 does not drive the Pi 5's own
    clock, so both need one there.)"""


COMPUTERS: dict[ComputerName, Computer] = {
    "pi4": Computer(
        title="Raspberry Pi 4 Model B",
        model="Raspberry Pi 4 Model B",
        compatible="brcm,bcm2711",
        gpio_label="pinctrl-bcm2711",
        gpio_target="/soc/gpio@7e200000",
        i2c_target="/soc/i2c@7e804000",
        pin_mode=True,
        pin_ua=16_000,
        pins_ua=50_000,
        busy_ma=1_250,
        usb_ma=1_200,
        watchdog="Broadcom BCM2835 Watchdog timer",
        i2c_muxed=True,
    ),
    "pi5": Computer(
        title="Raspberry Pi 5",
        model="Raspberry Pi 5",
        compatible="brcm,bcm2712",
        gpio_label="pinctrl-rp1",
        gpio_target="&rp1_gpio",
        i2c_target="&rp1_i2c1",
        pin_mode=False,
        pin_ua=16_000,
        pins_ua=50_000,
        busy_ma=3_400,
        usb_ma=1_600,
        watchdog="Broadcom BCM2835 Watchdog timer",
        i2c_muxed=False,
    ),
}


def line_name_of_free(gpio: int) -> str:
    """What a pin of the header is called that no handset port, lamp or button uses."""
    return BUS_LINES.get(gpio, f"GPIO{gpio}")
