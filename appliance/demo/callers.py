"""Who calls, when, and how patient they are: a seeded plan of the demo's callers. Pure: nothing is called here."""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

VOICES = 8
REMEMBERED_NUMBERS = 200


class CallerPlan(Struct, frozen=True):
    """One person's call. Times are ms from the start of the plan, or durations."""

    number: int
    """Which call of the plan, from 1."""
    at_ms: int
    caller: str
    """National number, "" when withheld."""
    line_dice: float
    """0 to 1: which of the lines that are free takes it (`choose_line`)."""
    did_dice: float
    """0 to 1: which of a trunk's numbers is dialled."""
    patience_ms: int
    """Unanswered for so long, they give up."""
    talk_ms: int
    hangs_up: Literal["caller", "agent"]
    """Who ends the talk."""
    voice: int
    """1 to VOICES; 0 never says a word."""
    calls_again_ms: int
    """Not served, they call again so long after; 0: never."""


@dataclass(frozen=True)
class CallerHabits:
    """How callers are, on the whole. The defaults keep four agents busy about 70 % of the time."""

    calls_per_hour: float = 120
    talk_median_s: float = 52
    talk_sigma: float = 0.6
    """Of the log-normal talk time: mean = median · exp(sigma² / 2), 62 s."""
    talk_max_s: float = 300
    patience_scale_s: float = 75
    patience_shape: float = 1.4
    """Of the Weibull patience: hardly anybody gives up at once, few wait for minutes."""
    known_share: float = 0.15
    """Calls from a number that has called before."""
    withheld_share: float = 0.05
    landline_share: float = 0.25
    silent_share: float = 0.03
    agent_ends_share: float = 0.35
    calls_again_share: float = 0.5

    @property
    def talk_mean_s(self) -> float:
        return self.talk_median_s * math.exp(self.talk_sigma**2 / 2)


def plan_callers(seed: int, habits: CallerHabits | None = None) -> Iterator[CallerPlan]:
    """Callers for ever, in order: a Poisson process, so the times between calls are exponential.

    The same seed and habits give the same callers. Raises ValueError when the rate is not above 0.
    """
    habits = habits or CallerHabits()
    if habits.calls_per_hour <= 0:
        raise ValueError(f"calls_per_hour is {habits.calls_per_hour}; give a rate above 0")
    dice = random.Random(f"callers {seed}")
    known: list[str] = []
    at_ms = 0.0
    number = 0
    while True:
        number += 1
        at_ms += dice.expovariate(habits.calls_per_hour / 3_600_000)
        yield _one(dice, habits, number, round(at_ms), known)


def choose_line(plan: CallerPlan, free: Sequence[tuple[str, float]]) -> str:
    """One of the free lines (name, weight) by the plan's dice; "" when there is none."""
    total = sum(weight for _, weight in free)
    mark = plan.line_dice * total
    for name, weight in free:
        mark -= weight
        if mark < 0:
            return name
    return free[-1][0] if free else ""


def _one(dice: random.Random, habits: CallerHabits, number: int, at_ms: int, known: list[str]) -> CallerPlan:
    talk_s = min(habits.talk_max_s, dice.lognormvariate(math.log(habits.talk_median_s), habits.talk_sigma))
    silent = dice.random() < habits.silent_share
    return CallerPlan(
        number=number,
        at_ms=at_ms,
        caller=_caller(dice, habits, known),
        line_dice=dice.random(),
        did_dice=dice.random(),
        patience_ms=round(1000 * dice.weibullvariate(habits.patience_scale_s, habits.patience_shape)),
        talk_ms=round(1000 * talk_s),
        hangs_up="agent" if dice.random() < habits.agent_ends_share else "caller",
        voice=0 if silent else dice.randint(1, VOICES),
        calls_again_ms=round(dice.uniform(20_000, 120_000)) if dice.random() < habits.calls_again_share else 0,
    )


def _caller(dice: random.Random, habits: CallerHabits, known: list[str]) -> str:
    """A number of the Spanish numbering plan: mobiles begin with 6 or 7, landlines with 9 or 8."""
    if dice.random() < habits.withheld_share:
        return ""
    if known and dice.random() < habits.known_share:
        return dice.choice(known)
    if dice.random() < habits.landline_share:
        number = dice.choice(("91", "93", "95", "96", "81")) + f"{dice.randrange(10**7):07d}"
    else:
        number = dice.choice("667") + f"{dice.randrange(10**8):08d}"
    known.append(number)
    del known[:-REMEMBERED_NUMBERS]
    return number
