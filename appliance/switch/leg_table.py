"""The legs that are up and how far each has come, and what an ACD that connects may know of them."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from msgspec.structs import replace

from appliance.acd.ids import LegId, LineName, StationName
from appliance.acd.inputs import FoundLeg
from appliance.switch.legs import LegPort

LegState = Literal["offered", "dialling", "ringing", "answered", "held"]

_ADVANCES: dict[LegState, tuple[LegState, ...]] = {
    "offered": ("answered",),
    "dialling": ("ringing", "answered"),
    "ringing": ("answered",),
    "answered": (),
    "held": (),
}
"""What a driver's report may change; anything else came twice or late and says nothing new. Hold has its own."""


@dataclass
class Leg:
    """`known`: the ACD knows it without an input of ours (it asked for it, or a Hello lists it). `said`: the number of
    the input that introduced it, 0 for none. `over`: the number of its LegEnded, 0 while it is up."""

    leg: LegId
    state: LegState
    port: LegPort | None = None
    line: LineName | None = None
    station: StationName | None = None
    number: str = ""
    dialled: bool = False
    """We called, and were not called."""
    adopted: bool = False
    known: bool = False
    said: int = 0
    over: int = 0

    def advances_to(self, state: LegState) -> bool:
        return state in _ADVANCES[self.state]

    def as_found(self, announced: bool = False) -> FoundLeg:
        """As Hello and LegFound tell of it; `announced` when a LegFound is still to come."""
        found = FoundLeg(self.leg, self.state, self.line, self.station, self.number, self.adopted)
        return replace(found, announced=announced, dialled=self.dialled)


class LegTable:
    """Legs by id. One that ended is remembered until the ACD has acknowledged its end."""

    def __init__(self) -> None:
        self._up: dict[LegId, Leg] = {}
        self._ended: deque[Leg] = deque()

    def __contains__(self, leg: LegId) -> bool:
        return leg in self._up

    def __len__(self) -> int:
        return len(self._up)

    def get(self, leg: LegId) -> Leg | None:
        return self._up.get(leg)

    def up(self) -> Iterator[Leg]:
        return iter(list(self._up.values()))

    def add(self, leg: Leg) -> None:
        self._up[leg.leg] = leg

    def end(self, leg: LegId, seq: int) -> None:
        """It is over, as input `seq` says (0: nobody was told of it)."""
        entry = self._up.pop(leg)
        entry.over = seq
        if seq:
            self._ended.append(entry)

    def acknowledged(self, seq: int) -> None:
        """The ACD knows every input up to `seq`."""
        while self._ended and self._ended[0].over <= seq:
            self._ended.popleft()

    def inventory(self, acknowledged: int) -> tuple[FoundLeg, ...]:
        """The legs as the ACD may know them when it knows every input up to `acknowledged`: without those that a later
        input introduces, with those whose end a later input says."""
        self.acknowledged(acknowledged)
        legs = (*self._ended, *self._up.values())
        return tuple(leg.as_found(leg.said > acknowledged) for leg in legs if leg.known or leg.said <= acknowledged)

    def renamed(self) -> None:
        """Numbering starts anew and the ACD will learn everything from the inventory."""
        self._ended.clear()
        for leg in self._up.values():
            leg.known = True
            leg.said = 0
