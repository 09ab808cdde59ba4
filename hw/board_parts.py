"""What must be bought for a board, and whether its supplies give what hangs on them. Pure.

How a supply is sized: the most each thing takes from it, all at once, and a tenth more. The computer's own current is
its maker's figure under full load; what hangs on its USB sockets and pins is added. A modem counts with what its socket
must be able to give while it transmits at full power.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from hw.board_rules import PinUse
from hw.pi_header import Computer

RESERVE_PERCENT = 10
RINGER_MA = 35
"""A 5 V magnetic or piezo buzzer with its own oscillator."""

Count = Annotated[int, Meta(ge=1, le=1000)]
Milliamperes = Annotated[int, Meta(ge=0, le=100_000)]
PartKind = Literal["computer", "supply", "hub", "sound", "modem", "handset", "clock", "storage", "cable", "other"]


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the list of parts that the board's file says itself."""

    kind: PartKind
    en: str
    """What it is and must be, in English."""
    es: str
    quantity: Count = 1
    number: str = ""
    """The maker's part number of one that fits; others do too."""
    fed_by: Literal["", "computer", "hub"] = ""
    """Whose 5 V it takes."""
    ma: Milliamperes = 0
    """The most that one of them takes."""
    gives_ma: Milliamperes = 0
    """Of a supply or a hub: what it gives at 5 V."""


def needed_ma(
    parts: Sequence[Part], computer: Computer, uses: Sequence[PinUse], who: Literal["computer", "hub"]
) -> int:
    """What the computer's supply, or the hub's, must give, the reserve included."""
    ma = sum(part.ma * part.quantity for part in parts if part.fed_by == who)
    if who == "computer":
        pins_ua = sum(use.high_ua for use in uses)
        ma += computer.busy_ma + -(-pins_ua // 1000) + RINGER_MA * sum(use.kind == "ringer" for use in uses)
    return -(-ma * (100 + RESERVE_PERCENT) // 100)


def feeding_problems(parts: Sequence[Part], computer: Computer, uses: Sequence[PinUse]) -> Iterator[str]:
    """Supplies that are too weak, and more on the computer's USB sockets than they give."""
    for kind, who in (("supply", "computer"), ("hub", "hub")):
        given = sum(part.gives_ma for part in parts if part.kind == kind)
        need = needed_ma(parts, computer, uses, "hub" if who == "hub" else "computer")
        if need and any(part.kind == kind for part in parts) and given < need:
            yield f"part {kind}: gives {given} mA, and {need} mA are needed. Take a stronger one."
        if who == "hub" and need and not any(part.kind == "hub" for part in parts):
            yield "part: something is fed by a hub, and there is none. Add a part of the kind hub."
    usb_ma = sum(part.ma * part.quantity for part in parts if part.fed_by == "computer")
    if usb_ma > computer.usb_ma:
        yield (
            f"part: {usb_ma} mA hang on the computer's USB sockets, which give {computer.usb_ma} mA. "
            "Feed some of it by a hub."
        )
