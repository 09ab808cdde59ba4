"""The lines of the simulated world: which numbers they are for and what they cost, and the minutes they use, counted
a second time from the calls' records."""

import random
from collections import Counter
from dataclasses import dataclass, field

from msgspec.structs import replace

from appliance.acd import effects as e
from appliance.acd.acd import Acd
from appliance.acd.ids import LineName, QueueName
from appliance.acd.line_plan import AllowancePlan
from appliance.acd.plan import LinePlan

STEPS_S = {"gsm1": (60, 60), "gsm2": (60, 1), "fxo1": (60, 60), "trunk": (30, 6)}
"""First and next increment, whatever the plan: a call may begin under one and end under another."""
COVERED = "6"
"""How the numbers begin that the minutes are for."""
_BEGINNINGS: tuple[dict[str, bool], ...] = ({}, {}, {}, {"6": True}, {"9": True, "600": True}, {"": True, "60": False})


def drawn_lines(rng: random.Random, lines: tuple[LinePlan, ...], queue: QueueName) -> tuple[LinePlan, ...]:
    """These and one that only dials, with prices and minutes so few that they are used up within the day."""
    more = LinePlan(LineName("gsm2"), "out", queue, channels=1)
    return tuple(_priced(rng, line) for line in (*lines, more))


def contract(line: str, each_month_ms: int = 0, resets_on_day: int = 1) -> AllowancePlan:
    """What every plan of the world has on this line: its steps, and which numbers the minutes are for."""
    first_s, next_s = STEPS_S[line]
    return AllowancePlan(each_month_ms, resets_on_day, {"": False, COVERED: True}, first_s * 1000, next_s * 1000)


def _priced(rng: random.Random, line: LinePlan) -> LinePlan:
    return replace(
        line,
        calls=rng.choice(_BEGINNINGS) if line.mode != "in" else {},
        costs=rng.choice(({}, {"": 50_000}, {"": 90_000, "6": 10_000}, {"6": 90_000, "00": 1})),
        allowance=contract(line.name, rng.choice((0, 300_000, 3_600_000)), rng.randint(1, 31)),
    )


@dataclass
class Minutes:
    """What each line used by its own account, and by the records of the calls."""

    by_line: Counter[str] = field(default_factory=Counter)
    by_records: Counter[str] = field(default_factory=Counter)
    resets: int = 0
    _known: dict[str, tuple[str, int]] = field(default_factory=dict)
    _tested: dict[str, int] = field(default_factory=dict)

    def see(self, acd: Acd, effects: list[e.StoreEffect]) -> None:
        for name, line in acd.state.lines.items():
            since, used_ms = self._known.get(name, ("", 0))
            anew = bool(since) and line.used_since > since
            self.resets += anew
            self.by_line[name] += line.used_ms - (0 if anew else used_ms)
            self._known[name] = (line.used_since, line.used_ms)
            test = line.test
            if test is not None and test.ended_ms >= 0 and self._tested.get(name) != test.number:
                self._tested[name] = test.number
                if test.answered_ms >= 0:
                    self._talked(acd, name, test.called, test.ended_ms - test.answered_ms)
        for stored in effects:
            if isinstance(stored, e.StoreCdr):
                self._record(acd, stored.cdr)

    def _record(self, acd: Acd, cdr: e.Cdr) -> None:
        for leg in cdr.legs:
            ours = leg.role == "caller" and cdr.direction == "out" and cdr.called not in acd.state.plan.emergency
            if ours and leg.line is not None and leg.answered_ms >= 0:
                self._talked(acd, leg.line, cdr.called, leg.ended_ms - leg.answered_ms)

    def _talked(self, acd: Acd, line: str, number: str, ms: int) -> None:
        home = acd.state.plan.country_code  # without one, a number with + is another country's
        if number.removeprefix(f"+{home}" if home else "").startswith(COVERED):
            (first_s, next_s), seconds = STEPS_S[line], -(-ms // 1000)
            self.by_records[line] += 1000 * (first_s + -(-max(0, seconds - first_s) // next_s) * next_s)

    def check(self) -> None:
        """Raises AssertionError. Of a day on which nobody is on a line any more."""
        assert +self.by_line == +self.by_records, f"minutes used {self.by_line}, by the records {self.by_records}"
