"""The pins' chips as Linux knows them: names of lines, directions, who has which. By lgpio, as a Pi's image has it."""

from collections.abc import Collection
from pathlib import Path

from hw.machine import GpioChip, GpioLine, NoPins, Pins

DEV = Path("/dev")
OUR_NAME = "lg"
"""How lgpio calls itself to the kernel when it takes a line."""
_IN_USE, _OUTPUT = 1, 2
"""Bits of a line's flags (lgpio, gpio_get_mode; GPIOLINE_FLAG_KERNEL and GPIOLINE_FLAG_IS_OUT of linux/gpio.h)."""
_MAX_CHIPS, _MAX_LINES = 64, 1024


class LgpioPins:
    """Every /dev/gpiochipN this user may open."""

    def chips(self) -> tuple[GpioChip, ...]:
        numbers = sorted(
            int(number) for path in DEV.glob("gpiochip*") if (number := path.name.removeprefix("gpiochip")).isdigit()
        )
        found = (_chip(number) for number in numbers[:_MAX_CHIPS])
        return tuple(chip for chip in found if chip is not None)


def header_chip(labels: Collection[str]) -> int | None:
    """The number N of the first /dev/gpiochipN with one of these labels; None when none that may be opened has."""
    import lgpio

    for path in sorted(DEV.glob("gpiochip*")):
        number = path.name.removeprefix("gpiochip")
        if not number.isdigit():
            continue
        try:
            handle = lgpio.gpiochip_open(int(number))
        except lgpio.error:
            continue
        try:
            _, _, _, found = lgpio.gpio_get_chip_info(handle)
        finally:
            lgpio.gpiochip_close(handle)
        if found in labels:
            return int(number)
    return None


def _chip(number: int) -> GpioChip | None:
    import lgpio

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


def machine_pins() -> Pins:
    """What this machine has."""
    try:
        import lgpio  # noqa: F401 (only whether it is there)
    except ImportError:
        return NoPins()
    return LgpioPins()
