"""What a simulated day is told, and what it tells: how often each thing goes wrong, and what the world saw itself."""

import random
from collections import Counter
from dataclasses import dataclass, field

from appliance.acd import effects as e
from appliance.acd.acd import Acd, Effects
from tests.world_lines import Minutes

PROMPT_MS = 3_000
SETTLE_MS = 5 * 3600 * 1000
"""After the last caller: longer than any limit of the ACD, so that what is still up then is stuck."""
CALL_BACK_MS = 1800 * 1000
"""A call back that was on its way then is let come to its end."""
FOREVER_MS, NEVER_MS = 1 << 60, 1 << 61


@dataclass(frozen=True)
class Faults:
    """How often each thing goes wrong: a probability an input, or a mean time between."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    acd_dies_every_ms: int = 0
    switch_dies_every_ms: int = 0
    stations_fail_every_ms: int = 0
    plan_changes_every_ms: int = 0
    clock_steps_every_ms: int = 0
    lines_fail_every_ms: int = 0
    """Also how often the link to the switch breaks."""
    money: float = 0.0
    """Of each call out: that there is no money for it; and twice so often, for going on."""


NONE = Faults()
EVERYTHING = Faults(0.01, 0.02, 0.05, 120_000, 900_000, 60_000, 300_000, 600_000, 400_000, 0.15)


@dataclass
class Ledger:
    """What the world saw itself."""

    offered: int = 0
    inputs: int = 0
    cdrs: list[e.Cdr] = field(default_factory=list)
    late: Counter[str] = field(default_factory=Counter)
    acd_deaths: int = 0
    switch_deaths: int = 0
    recordings: int = 0
    plan_changes: int = 0
    minutes: Minutes = field(default_factory=Minutes)

    def see(self, acd: Acd, effects: Effects) -> None:
        """What an input led to."""
        self.minutes.see(acd, effects.store)
        for stored in effects.store:
            if isinstance(stored, e.StoreCdr):
                self.cdrs.append(stored.cdr)
            elif isinstance(stored, e.StoreDecision) and stored.decision.kind == "late":
                self.late[stored.decision.reason] += 1
            elif isinstance(stored, e.StoreRecording):
                self.recordings += 1

    def reasons(self) -> dict[str, int]:
        return dict(Counter(str(cdr.end_reason) for cdr in self.cdrs))


def clock_step_ms(rng: random.Random) -> int:
    """By seconds or minutes, forward or back; now and then by more than a day, as without a battery."""
    return rng.choice((-1, 1)) * rng.choice((2_000, 90_000, 600_000, 600_000, 100_000_000))
