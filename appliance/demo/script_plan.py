"""The script of the office's test day: seeded acts of calls in which all that may happen to a call happens. Pure.

An act is a group of calls during which all agents behave alike, so that what each call meets is foreseeable although
which agent it meets is not.
"""

import random
from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

ActKind = Literal[
    "answered",  # agents lift soon; the caller or the agent ends the talk
    "abandoned",  # nobody lifts; the caller gives up
    "hangs_up_while_ringing",  # gives up while a phone rings for it
    "busy",  # more callers than the queue takes, at once
    "overflowed",  # nobody lifts: from queue to queue to the voicemail box
    "two_lift",  # two agents lift at the same moment
    "line_lost",  # a modem is unplugged in mid-talk
]
HangsUp = Literal["caller", "agent"]

MODEM_LINES = ("gsm1", "gsm2", "fijo1")
TRUNK = "troncal"
QUEUE_OF_LINE = {"gsm1": "ventas", "gsm2": "soporte", "fijo1": "recepcion"}
QUEUE_OF_NUMBER = {"910000001": "ventas", "910000002": "soporte", "910000003": "recepcion"}
SHARES: tuple[tuple[ActKind, float], ...] = (
    ("abandoned", 0.14),
    ("hangs_up_while_ringing", 0.06),
    ("busy", 0.08),
    ("overflowed", 0.03),
    ("two_lift", 0.05),
    ("line_lost", 0.015),
)
BUSY_TOGETHER = 4
"""Callers at once into a queue that takes two."""


class ScriptCall(Struct, frozen=True):
    """One call of the script. `caller` is unlike any other's, which is how its record is found."""

    number: int
    line: str
    caller: str
    called: str
    queue: str
    """The queue its line and number lead to."""
    patience_ms: int
    """When nobody is to answer: gives up so long after it was offered, or after the ring it waits for."""
    talk_ms: int
    hangs_up: HangsUp


class Act(Struct, frozen=True):
    kind: ActKind
    calls: tuple[ScriptCall, ...]


def plan_script(seed: int, count: int) -> tuple[Act, ...]:
    """`count` calls in acts; the same seed gives the same script. Raises ValueError for fewer than 20 calls."""
    if count < 20:
        raise ValueError(f"{count} calls are too few for one of each kind; give 20 or more")
    dice = random.Random(f"script {seed}")
    calls = _Calls(dice)
    acts: list[Act] = []
    left = count
    for kind, share in SHARES:
        wanted = max(1, round(share * count))
        while wanted > 0:
            size = {"busy": BUSY_TOGETHER, "abandoned": 6, "overflowed": 4}.get(kind, 1)
            size = size if kind == "busy" else min(size, wanted)
            acts.append(Act(kind, tuple(calls.of_kind(kind, size))))
            wanted -= size
            left -= size
    while left > 0:
        size = min(left, dice.randint(12, 24))
        acts.append(Act("answered", tuple(calls.of_kind("answered", size))))
        left -= size
    dice.shuffle(acts)
    return tuple(acts)


class _Calls:
    """Makes calls, numbers and callers running on."""

    def __init__(self, dice: random.Random) -> None:
        self._dice = dice
        self._number = 0
        self._turn = 0

    def of_kind(self, kind: ActKind, size: int) -> Iterator[ScriptCall]:
        for _ in range(size):
            self._number += 1
            line, called = self._line(kind)
            yield ScriptCall(
                number=self._number,
                line=line,
                caller=f"6{self._dice.randrange(10**4):04d}{self._number:04d}",
                called=called,
                queue=QUEUE_OF_NUMBER.get(called) or QUEUE_OF_LINE[line],
                patience_ms=self._dice.randint(300, 3900 if kind == "abandoned" else 1200),
                talk_ms=self._dice.randint(1000, 3000),
                hangs_up=self._dice.choice(("caller", "agent")),
            )

    def _line(self, kind: ActKind) -> tuple[str, str]:
        if kind in ("busy", "two_lift"):
            return TRUNK, "910000003"
        if kind == "line_lost":
            return self._dice.choice(("gsm1", "gsm2")), ""
        if kind == "overflowed":
            return TRUNK, self._dice.choice(("910000001", "910000002"))
        # Lines in turn, the trunk every other time: its calls can go side by side.
        self._turn += 1
        if self._turn % 2:
            # Not the reception: it takes two callers, and an analogue line (which leads there) cannot refuse a third.
            return TRUNK, self._dice.choice(("910000001", "910000002"))
        return MODEM_LINES[self._turn // 2 % len(MODEM_LINES)], ""
