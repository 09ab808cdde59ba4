"""The bench twin of the pins' chip: what Linux would show of `BenchPins`, its lines' names, directions and users.

As unkind as Linux: without the overlay the lines have the computer's own names, a driver of the kernel may hold one
under its own name so that nobody else gets it, and a line that is free says nothing true of its direction to come.
"""

from collections.abc import Sequence

from gpiozero import InputDevice

from hw.gpio_lines import OUR_NAME
from hw.machine import GpioChip, GpioLine
from hw.panel_sim import BenchPins
from hw.pi_header import line_name_of_free

LINES = 58
"""A Pi 4's chip has so many; its header has the first 28."""
HEADER_LINES = 28


class BenchChip:
    """The chip of these pins; `names` are what an overlay gave them, from line 0."""

    def __init__(self, pins: BenchPins, names: Sequence[str] = (), label: str = "pinctrl-bcm2711") -> None:
        self._pins = pins
        self._names = tuple(names) or tuple(line_name_of_free(number) for number in range(HEADER_LINES))
        self._label = label
        self._drivers: dict[int, tuple[str, InputDevice]] = {}

    def hold(self, pin: int, user: str) -> None:
        """A driver of the kernel takes the line, and keeps it."""
        self._drivers[pin] = user, InputDevice(pin, pin_factory=self._pins)

    def close(self) -> None:
        for _, device in self._drivers.values():
            device.close()
        self._drivers.clear()

    def chips(self) -> tuple[GpioChip, ...]:
        return (GpioChip(self._label, tuple(self._line(number) for number in range(LINES))),)

    def _line(self, number: int) -> GpioLine:
        name = self._names[number] if number < len(self._names) else ""
        used = self._used()
        user = OUR_NAME if number in used else ""
        if number in self._drivers:
            user, _ = self._drivers[number]
        return GpioLine(number, name, user, used.get(number) == "output")

    def _used(self) -> dict[int, str]:
        """Lines that somebody has -> "input" or "output"."""
        functions = {pin.gpio: pin.function for pin in list(self._pins.pins.values())}
        reserved = [
            int(info.name.removeprefix("GPIO"))
            for info, holders in list(self._pins._reservations.items())
            if any(holder() is not None for holder in holders)
        ]
        return {number: functions.get(number, "input") for number in reserved}
