"""What a board may not be: a pin twice, a pin that is another's, more current than the pins bear. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hw.pi_header import BUS_PINS, EEPROM, FIVE_VOLTS, GROUNDS, HEADER_OF_GPIO, PINS_UV, PULLED_UP, Bus, Computer
from hw.wire_colours import COLOURS, unknown_colours

FIRST_PIN, LAST_PIN = 2, 27
LED_UV = 1_600_000
"""The least a red, yellow or green LED drops at some 2 mA (data sheets: 1.9 V typically); so currents come out high."""
BASE_UV = 650_000
"""… and a transistor from base to emitter."""
GROUND_WIRE, POWER_WIRE = "black", "red"

Kind = Literal["hook", "lamp", "ringer", "button"]


@dataclass(frozen=True)
class PinUse:
    """One pin and what hangs on it, as the installer, the device tree and the check see it."""

    pin: int
    """GPIO (BCM) number."""
    kind: Kind
    line: str
    """Name of the line in the device tree: `hook:1`, `lamp:queue:1`, `button:login:2`."""
    key: str
    """Where the board's file says it, for its author: `hook_pin of handset port 1`."""
    active_low: bool = False
    resistor_ohm: int | None = None
    """In series with a lamp, or before a ringer's transistor."""
    wire: str = ""
    """Colour, "" where the board does not say."""
    cable: str = ""
    """Which cable the wire is in: `port 1`, `panel`."""

    @property
    def is_output(self) -> bool:
        return self.kind in ("lamp", "ringer")

    @property
    def high_ua(self) -> int:
        """What it takes from the pin while it is lit or rings, at the most; 0 for an input."""
        if not self.is_output or not self.resistor_ohm:
            return 0
        return (PINS_UV - (LED_UV if self.kind == "lamp" else BASE_UV)) // self.resistor_ohm


def shared_pins(uses: Sequence[PinUse]) -> Iterator[str]:
    """Pins that two things would use."""
    users: dict[int, str] = {}
    for use in uses:
        first = users.setdefault(use.pin, use.key)
        if first != use.key:
            yield f"pin {use.pin} has two users: {first} and {use.key}. Give one of them another pin."


def misplaced_pins(uses: Sequence[PinUse], buses: Sequence[Bus]) -> Iterator[str]:
    """Pins that are not on the header, or belong to something else."""
    for use in uses:
        if use.pin in EEPROM:
            yield (
                f"{use.key}: GPIO {use.pin} belongs to the EEPROM of add-on boards (header pin "
                f"{HEADER_OF_GPIO[use.pin]}). {_free(uses, buses)}"
            )
        elif not FIRST_PIN <= use.pin <= LAST_PIN:
            yield (
                f"{use.key}: GPIO {use.pin} is not on the 40-pin header, which has {FIRST_PIN} to {LAST_PIN} "
                f"(GPIO numbers, not positions). {_free(uses, buses)}"
            )
        for bus in buses:
            if use.pin in BUS_PINS[bus]:
                yield (
                    f"{use.key}: GPIO {use.pin} (header pin {HEADER_OF_GPIO[use.pin]}) is kept for {bus} by `buses`. "
                    f"{_free(uses, buses)}"
                )


def _free(uses: Sequence[PinUse], buses: Sequence[Bus]) -> str:
    taken = {use.pin for use in uses}.union(*(BUS_PINS[bus] for bus in buses))
    free = [f"{pin}" for pin in range(FIRST_PIN, LAST_PIN + 1) if pin not in taken]
    return f"Choose one that is free: {', '.join(free)}." if free else "None is free: leave something out."


def electrical_problems(uses: Sequence[PinUse], computer: Computer) -> Iterator[str]:
    """What the pins do not bear, and what would light or ring while nobody holds the pins."""
    for use in uses:
        if not use.is_output:
            continue
        if not use.resistor_ohm:
            yield f"{use.key}: has no resistor. Write its resistor_ohm; without one the pin is short-circuited."
        elif use.high_ua > computer.pin_ua:
            yield (
                f"{use.key}: {use.resistor_ohm} Ω let {_ma(use.high_ua)} through, a pin bears {_ma(computer.pin_ua)}. "
                f"Take {_least_ohm(use, computer.pin_ua)} Ω or more."
            )
        if use.pin in PULLED_UP:
            yield (
                f"{use.key}: GPIO {use.pin} is pulled up from power-on, so it would glow or ring while the box starts. "
                "Take one of 9 to 27 and give 2 to 8 to buttons and hooks."
            )
    together = sum(use.high_ua for use in uses)
    if together > computer.pins_ua:
        yield (
            f"all lamps and ringers together take {_ma(together)} from the pins, which bear {_ma(computer.pins_ua)}. "
            "Take greater resistors."
        )


def wire_problems(uses: Sequence[PinUse], grounds: Sequence[tuple[str, int]]) -> Iterator[str]:
    """Colours an installer would mix up, and grounds that are none (`grounds`: key -> position on the header)."""
    seen: dict[tuple[str, str], str] = {}
    for use in uses:
        if not use.wire:
            continue
        for colour in unknown_colours(use.wire):
            yield f"{use.key}: {colour} is no colour of a wire. There are: {', '.join(COLOURS)}; two as white/green."
        if use.wire in (GROUND_WIRE, POWER_WIRE):
            meant = "ground" if use.wire == GROUND_WIRE else "5 V"
            yield f"{use.key}: a {use.wire} wire is {meant} in every cable. Choose another colour."
        first = seen.setdefault((use.cable, use.wire), use.key)
        if first != use.key:
            yield f"{first} and {use.key} have {use.wire} wires in one cable ({use.cable}). Choose another colour."
    for key, position in grounds:
        if position not in GROUNDS:
            what = "5 V" if position in FIVE_VOLTS else "no ground"
            where = ", ".join(map(str, sorted(GROUNDS)))
            yield f"{key}: header pin {position} is {what}. Grounds are {where}."


def _least_ohm(use: PinUse, limit_ua: int) -> int:
    uv = PINS_UV - (LED_UV if use.kind == "lamp" else BASE_UV)
    return -(-uv // limit_ua)


def _ma(ua: int) -> str:
    return f"{ua / 1000:.1f} mA"
