"""The world's money: some calls out are refused before the switch hears of them, some are warned of and cut."""

import random
from collections.abc import Callable
from typing import get_args

from appliance.acd import effects as e
from appliance.acd.inputs import Input
from appliance.acd.money_inputs import DialRefused, MoneyLow, MoneyOut, RefusedFor


class MoneyWhims:
    """`probability` of each call out for a refusal, and for an end. Its own seed: other whims stay what they are."""

    def __init__(self, seed: int, probability: float, later: Callable[[float, Input], None]) -> None:
        self._random = random.Random(f"money {seed}")
        self._probability = probability
        self._later = later
        self._refused: list[DialRefused] = []

    def keeps_back(self, effect: e.SwitchEffect) -> bool:
        """Whether this is a call that is not let out: `refusals` says so as soon as its input is dealt with."""
        if not isinstance(effect, e.DialLine) or effect.emergency or not self._probability:
            return False
        if self._random.random() < self._probability:
            reason: RefusedFor = self._random.choice(get_args(RefusedFor))
            other_line = self._random.random() < 0.5
            self._refused.append(DialRefused(effect.leg, reason, "dia", 1, 2, 3, other_line=other_line))
            return True
        if self._random.random() < 2 * self._probability:
            low_ms = self._random.uniform(1_000, 60_000)
            self._later(low_ms, MoneyLow(effect.leg, "dia", 14_000))
            if self._random.random() < 0.7:
                self._later(low_ms + 14_000, MoneyOut(effect.leg, "dia"))
        return False

    def refusals(self) -> list[DialRefused]:
        """Those since it was asked last."""
        refused, self._refused = self._refused, []
        return refused
