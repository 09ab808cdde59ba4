"""Colours of wires by IEC 60757: their words in both languages, and how a drawing shows them."""

from collections.abc import Mapping

COLOURS: Mapping[str, tuple[str, str]] = {
    "black": ("negro", "#111111"),
    "brown": ("marrón", "#7b4a1e"),
    "red": ("rojo", "#d11f1f"),
    "orange": ("naranja", "#f08a1d"),
    "yellow": ("amarillo", "#f2d21b"),
    "green": ("verde", "#1f9d3f"),
    "blue": ("azul", "#1f5fd1"),
    "violet": ("violeta", "#7d3fb5"),
    "grey": ("gris", "#8c8c8c"),
    "white": ("blanco", "#ffffff"),
    "pink": ("rosa", "#f49ac1"),
    "turquoise": ("turquesa", "#35b8b8"),
}
"""In Spanish, and as a web colour."""


def unknown_colours(wire: str) -> list[str]:
    """Those of `white/green` that are none."""
    return [one for one in wire.split("/") if one and one not in COLOURS]


def wire_in_spanish(wire: str) -> str:
    return "/".join(COLOURS[one][0] if one in COLOURS else one for one in wire.split("/"))


def paints(wire: str) -> list[str]:
    """Web colours of a wire, one or two; none for a wire that has no colour said."""
    return [COLOURS[one][1] for one in wire.split("/") if one in COLOURS]
