"""The little circuits of a board's drawing: how a lamp, a button or hook and a ringer hang on a pin. Pieces of SVG."""

from collections.abc import Iterator
from xml.sax.saxutils import escape

INK = "#222222"


def text(x: float, y: float, said: str, size: int = 13, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
        f'fill="{INK}">{escape(said)}</text>'
    )


def line(*points: tuple[float, float], colour: str = INK, width: float = 1.6, more: str = "") -> str:
    path = " ".join(f"{x:g},{y:g}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width:g}"{more}/>'


def lamp(x: float, y: float, gpio: str, ohm: str, title: str, ground: str) -> Iterator[str]:
    """GPIO, resistor, LED, ground, in a row 330 wide."""
    yield text(x, y, title, weight="bold")
    y += 28
    yield text(x, y + 4, gpio)
    yield line((x + 62, y), (x + 90, y))
    yield _resistor(x + 90, y, ohm)
    yield line((x + 146, y), (x + 176, y))
    yield f'<path d="M{x + 176:g},{y - 9:g} L{x + 176:g},{y + 9:g} L{x + 192:g},{y:g} Z" fill="none" stroke="{INK}"/>'
    yield line((x + 192, y - 9), (x + 192, y + 9))
    yield line((x + 186, y - 13), (x + 194, y - 21))
    yield line((x + 194, y - 11), (x + 202, y - 19))
    yield line((x + 192, y), (x + 232, y))
    yield from _ground(x + 232, y, ground)


def contact(x: float, y: float, gpio: str, title: str, ends: str, is_ground: bool = True) -> Iterator[str]:
    """GPIO, contact, ground or a voltage."""
    yield text(x, y, title, weight="bold")
    y += 28
    yield text(x, y + 4, gpio)
    yield line((x + 62, y), (x + 130, y))
    yield f'<circle cx="{x + 133:g}" cy="{y:g}" r="3" fill="none" stroke="{INK}"/>'
    yield line((x + 135, y - 2), (x + 164, y - 14))
    yield f'<circle cx="{x + 169:g}" cy="{y:g}" r="3" fill="none" stroke="{INK}"/>'
    yield line((x + 172, y), (x + 232, y))
    if is_ground:
        yield from _ground(x + 232, y, ends)
    else:
        yield text(x + 240, y + 4, ends)


def ringer(x: float, y: float, gpio: str, ohm: str, title: str, ground: str, buzzer: str) -> Iterator[str]:
    """GPIO, resistor, an NPN's base; buzzer from 5 V to its collector, a diode across it. 130 high."""
    yield text(x, y, title, weight="bold")
    yield text(x, y + 94, gpio)
    yield line((x + 62, y + 90), (x + 90, y + 90))
    yield _resistor(x + 90, y + 90, ohm)
    yield line((x + 146, y + 90), (x + 176, y + 90))
    yield line((x + 176, y + 76), (x + 176, y + 104), width=2.5)
    yield line((x + 176, y + 84), (x + 196, y + 72), (x + 196, y + 58))
    yield line((x + 176, y + 96), (x + 196, y + 108), (x + 196, y + 118))
    yield f'<path d="M{x + 196:g},{y + 108:g} l-9,-1 l4,-6 Z" fill="{INK}"/>'
    yield text(x + 204, y + 96, "BC337")
    yield from _ground(x + 196, y + 118, ground)
    yield f'<rect x="{x + 184:g}" y="{y + 30:g}" width="24" height="28" fill="none" stroke="{INK}"/>'
    yield text(x + 178, y + 48, buzzer, anchor="end")
    yield line((x + 196, y + 30), (x + 196, y + 18), (x + 250, y + 18))
    yield text(x + 256, y + 22, "5 V (2, 4)")
    yield line((x + 226, y + 18), (x + 226, y + 64), (x + 196, y + 64))
    diode = f"M{x + 219:g},{y + 48:g} L{x + 233:g},{y + 48:g} L{x + 226:g},{y + 37:g} Z"
    yield f'<path d="{diode}" fill="#ffffff" stroke="{INK}"/>'
    yield line((x + 219, y + 37), (x + 233, y + 37))
    yield text(x + 240, y + 48, "1N4148")


def _resistor(x: float, y: float, ohm: str) -> str:
    box = f'<rect x="{x:g}" y="{y - 7:g}" width="56" height="14" fill="none" stroke="{INK}"/>'
    return box + text(x + 28, y - 12, ohm, size=12, anchor="middle")


def _ground(x: float, y: float, said: str) -> Iterator[str]:
    yield line((x, y), (x, y + 6))
    for half, at in ((9, 6), (6, 10), (3, 14)):
        yield line((x - half, y + at), (x + half, y + at))
    yield text(x + 16, y + 12, said)
