"""The pins' chips as Linux knows them: names of lines, directions, who has which. By lgpio, as a Pi's image has it."""

import os
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from hw.machine import GpioChip, GpioLine, NoPins, Pins

DEV = Path("/dev")
OUR_NAME = "lg"
"""How lgpio calls itself to the kernel when it takes a line."""
_IN_USE, _OUTPUT = 1, 2
"""Bits of a line's flags (lgpio, gpio_get_mode; GPIOLINE_FLAG_KERNEL and GPIOLINE_FLAG_IS_OUT of linux/gpio.h)."""
_MAX_CHIPS, _MAX_LINES = 64, 1024


def load_lgpio() -> Any:
    """The module. Raises ImportError where it is not installed, OSError where it finds no place for its FIFO.

    As it is imported it goes to the folder LG_WD, else the one it is in, and makes a FIFO there; where that cannot be
    written (the image's root), it cannot be imported. So it is given a folder of its own unless somebody gave it one.
    """
    if "LG_WD" in os.environ:
        import lgpio

        return lgpio
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="lgpio-") as folder:
        os.environ["LG_WD"] = folder
        try:
            import lgpio
        finally:
            del os.environ["LG_WD"]
            os.chdir(here)
    return lgpio


class LgpioPins:
    """Every /dev/gpiochipN this user may open."""

    def __init__(self, lgpio: Any) -> None:
        self._lgpio = lgpio

    def chips(self) -> tuple[GpioChip, ...]:
        found = (self._chip(number) for number in _numbers())
        return tuple(chip for chip in found if chip is not None)

    def _chip(self, number: int) -> GpioChip | None:
        lgpio = self._lgpio
        try:
            handle = lgpio.gpiochip_open(number)
        except lgpio.error:
            return None
        try:
            _, count, _, label = lgpio.gpio_get_chip_info(handle)
            lines = []
            for one in range(min(count, _MAX_LINES)):
                _, _, flags, name, user = lgpio.gpio_get_line_info(handle, one)
                lines.append(GpioLine(one, name, user or ("?" if flags & _IN_USE else ""), bool(flags & _OUTPUT)))
            return GpioChip(label, tuple(lines))
        except lgpio.error:  # the chip went while it was looked at
            return None
        finally:
            lgpio.gpiochip_close(handle)


def header_chip(labels: Collection[str]) -> int | None:
    """The number N of the first /dev/gpiochipN with one of these labels; None when none that may be opened has."""
    lgpio = load_lgpio()
    for number in _numbers():
        try:
            handle = lgpio.gpiochip_open(number)
        except lgpio.error:
            continue
        try:
            _, _, _, found = lgpio.gpio_get_chip_info(handle)
        finally:
            lgpio.gpiochip_close(handle)
        if found in labels:
            return number
    return None


def _numbers() -> list[int]:
    names = (path.name.removeprefix("gpiochip") for path in DEV.glob("gpiochip*"))
    return sorted(int(name) for name in names if name.isdigit())[:_MAX_CHIPS]


def machine_pins() -> Pins:
    """What this machine has."""
    try:
        return LgpioPins(load_lgpio())
    except (ImportError, OSError):
        return NoPins()
