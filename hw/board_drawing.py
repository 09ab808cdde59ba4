"""A board's wiring drawing: the header with every wire, the circuits, the sockets and the notes, as SVG. Pure.

Made for a sheet of A3 across, which a browser prints. The same board gives the same bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from hw.board_check_words import Language
from hw.board_circuits import INK, contact, lamp, line, ringer, text
from hw.board_rules import GROUND_WIRE, PinUse
from hw.board_words import cable, function, title, wire, word
from hw.boards import Board, BoardError
from hw.pi_header import BUS_PINS, EEPROM, FIVE_VOLTS, GPIO_OF_HEADER, GROUNDS, HEADER_OF_GPIO, THREE_VOLTS, Computer
from hw.wire_colours import paints

WIDTH, HEIGHT = 1860, 980
ROW, TOP, MIDDLE, ASIDE = 38, 150, 650, 1270
"""Of the header: a row's height, the first row's y, the x between its columns; and the x of what stands beside it."""
_PAINT_OF_PIN = {"3.3 V": "#f6c9a0", "5 V": "#f2a9a0", "GND": "#bdbdbd", "kept": "#e4e4ee", "used": "#cfe8cf"}

_CURRENTS = ("currents", "greatest_current")


@dataclass(frozen=True)
class _Pin:
    """One position of the header as it is drawn."""

    position: int
    name: str
    paint: str
    said: str
    wire: str


def drawing(name: str, board: Board, language: Language) -> str:
    """The SVG. Raises BoardError for a board that names no computer: it has no header to draw."""
    if board.model is None:
        raise BoardError(f'{name}: names no `computer`, so it has no header. Write computer = "pi4" or "pi5" in it.')
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" '
        'font-family="DejaVu Sans, Arial, sans-serif">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        text(40, 52, title(board, language), size=24, weight="bold"),
        text(40, 78, f"hw/boards/{name}.toml", size=13),
        text(MIDDLE, 104, word("header", language), size=16, anchor="middle", weight="bold"),
        text(MIDDLE, 126, word("card_end", language), anchor="middle"),
        *_header(board, language),
        text(MIDDLE, TOP + 20 * ROW + 22, word("usb_end", language), anchor="middle"),
        *_circuits(board, language),
        *_notes(board, board.model, language),
        "</svg>",
        "",
    ]
    return "\n".join(parts)


def _header(board: Board, language: Language) -> Iterator[str]:
    height = 20 * ROW + 8
    yield f'<rect x="{MIDDLE - 44}" y="{TOP - 4}" width="88" height="{height}" rx="6" fill="#2b2b2b"/>'
    for pin in _pins(board, language):
        row = (pin.position - 1) // 2
        left = pin.position % 2 == 1
        yield from _drawn(pin, TOP + ROW * row + ROW / 2, left)


def _drawn(pin: _Pin, y: float, left: bool) -> Iterator[str]:
    side = -1 if left else 1
    x = MIDDLE + side * 20
    yield f'<circle cx="{x}" cy="{y:g}" r="14" fill="{pin.paint}" stroke="#000000"/>'
    yield text(x, y + 4.5, f"{pin.position}", size=12, anchor="middle", weight="bold")
    yield text(MIDDLE + side * 56, y + 5, pin.name, anchor="end" if left else "start")
    if not pin.said:
        return
    begins, ends = MIDDLE + side * 130, MIDDLE + side * 240
    yield from _wire(begins, ends, y, pin.wire)
    yield text(ends + side * 10, y + 5, pin.said, size=14, anchor="end" if left else "start")


def _wire(begins: float, ends: float, y: float, colours: str) -> Iterator[str]:
    paint = paints(colours)
    if not paint:
        yield line((begins, y), (ends, y), more=' stroke-dasharray="4 4"')
        return
    yield line((begins, y), (ends, y), width=9)  # its outline: a white wire is seen on white paper
    yield line((begins, y), (ends, y), colour=paint[0], width=6.5)
    if len(paint) > 1:
        yield line((begins, y), (ends, y), colour=paint[1], width=6.5, more=' stroke-dasharray="9 13"')


def _pins(board: Board, language: Language) -> Iterator[_Pin]:
    uses = {use.pin: use for use in board.pin_uses()}
    grounds = _grounds(board, language)
    for position in range(1, 41):
        if position in GPIO_OF_HEADER:
            yield _gpio_pin(board, position, uses.get(GPIO_OF_HEADER[position]), language)
        else:
            name = "GND" if position in GROUNDS else "5 V" if position in FIVE_VOLTS else "3.3 V"
            said = grounds.get(position, "") if name == "GND" else ""
            colour = GROUND_WIRE if said else ""
            if position in FIVE_VOLTS and any(use.kind == "ringer" for use in uses.values()):
                said, colour = word("ringer_circuit", language) + ": 5 V", "red"
            if position in THREE_VOLTS and position == 1 and board.clock is not None:
                said = word("clock", language, clock=board.clock.upper())
            yield _Pin(position, name, _PAINT_OF_PIN[name], said, colour)


def _gpio_pin(board: Board, position: int, use: PinUse | None, language: Language) -> _Pin:
    gpio = GPIO_OF_HEADER[position]
    name = f"GPIO {gpio}"
    if use is not None:
        where = "" if use.cable == "panel" else f"{cable(use, language)}: "
        said = f"{where}{function(use, language)}"
        if use.wire:
            said += f" · {wire(use.wire, language)}"
        return _Pin(position, name, _PAINT_OF_PIN["used"], said, use.wire)
    if gpio in EEPROM:
        return _Pin(position, name, _PAINT_OF_PIN["kept"], f"{word('kept', language)}: EEPROM", "")
    for bus in board.buses:
        if gpio in BUS_PINS[bus]:
            said = f"{word('kept', language)}: {bus.upper()}"
            if bus == "i2c" and board.clock is not None:
                said = word("clock", language, clock=board.clock.upper())
            return _Pin(position, name, _PAINT_OF_PIN["kept"], said, "")
    return _Pin(position, name, "#ffffff", "", "")


def _grounds(board: Board, language: Language) -> dict[int, str]:
    ground = word("ground", language)
    found = {port.ground: f"{word('port', language, n=port.number).lower()}: {ground}" for port in board.handset_port}
    said = {position: text for position, text in found.items() if position is not None}
    if board.panel_ground is not None:
        said[board.panel_ground] = f"panel: {ground}"
    if board.clock is not None:
        said.setdefault(6, f"{word('clock', language, clock=board.clock.upper())}: {ground}")
    return said


def _circuits(board: Board, language: Language) -> Iterator[str]:
    x, ground, gpio = ASIDE, word("ground", language), word("to_gpio", language)
    yield text(x, 150, word("circuits", language), size=16, weight="bold")
    ohms = sorted({use.resistor_ohm for use in board.pin_uses() if use.kind == "lamp" and use.resistor_ohm})
    y = 190
    for ohm in ohms:
        yield from lamp(x, y, gpio, f"{ohm} Ω", word("lamp_circuit", language), ground)
        y += 76
    yield from contact(x, y, gpio, word("button_circuit", language), ground)
    y += 76
    if any(use.kind == "hook" and not use.active_low for use in board.pin_uses()):
        yield from contact(x, y, gpio, word("high_hook_circuit", language), "3.3 V (17)", is_ground=False)
        y += 76
    if board.ringer_resistor_ohm is not None:
        ohm_said = f"{board.ringer_resistor_ohm} Ω"
        yield from ringer(x, y, gpio, ohm_said, word("ringer_circuit", language), ground, word("buzzer", language))
        yield text(x, y + 160, word("in_the_box", language))
        y += 200
    yield text(x, y, word("sound_circuit", language), weight="bold")
    said = [word("sound_mic", language), word("sound_ear", language)]
    said += [
        f"{word('port', language, n=port.number)}: "
        + word("sound_usb", language, socket=port.usb, card=port.card_id or port.alsa_capture)
        for port in board.handset_port
        if port.usb is not None
    ]
    if board.hub is not None:
        said.append(word("hub", language, socket=board.hub.usb, ports=board.hub.ports))
    for number, one in enumerate(said, 1):
        yield text(x, y + 24 * number, one)


def _notes(board: Board, computer: Computer, language: Language) -> Iterator[str]:
    uses = board.pin_uses()
    said = [word("never_5v", language)]
    if board.clock is not None:
        said.append(word("clock_wires", language, clock=board.clock.upper()))
    most = max((use.high_ua for use in uses), default=0)
    figures = {"all": sum(use.high_ua for use in uses), "limit": computer.pins_ua, "most": most, "one": computer.pin_ua}
    said += [word(key, language, **{name: _ma(ua, language) for name, ua in figures.items()}) for key in _CURRENTS]
    for number, one in enumerate(said):
        yield text(ASIDE, HEIGHT - 48 + 24 * (number - len(said) + 1), one, size=14)
    yield f'<rect x="20" y="16" width="{WIDTH - 40}" height="{HEIGHT - 32}" fill="none" stroke="{INK}"/>'


def _ma(ua: int, language: Language) -> str:
    said = f"{ua / 1000:.1f} mA"
    return said.replace(".", ",") if language == "es" else said


def pin_table(board: Board, language: Language) -> str:
    """The used pins as text, a row each, in the order of the header."""
    keys = ("position", "gpio", "what", "cable", "goes", "rest", "wire", "resistor")
    rows = [[word(key, language) for key in keys]]
    for use in sorted(board.pin_uses(), key=lambda use: HEADER_OF_GPIO[use.pin]):
        rests_high = not use.is_output and use.active_low
        rows.append(
            [
                f"{HEADER_OF_GPIO[use.pin]}",
                f"{use.pin}",
                function(use, language),
                cable(use, language),
                word("out" if use.is_output else "in", language),
                word("high" if rests_high else "low", language),
                wire(use.wire, language) or "–",
                f"{use.resistor_ohm} Ω" if use.resistor_ohm else "–",
            ]
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(keys))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )
