"""Minutes that a line's contract includes, as billing counts them: what each record takes of them, kept in the store.

The ACD counts them as well (`acd.allowances`), for its choice of a line, with the calls that are up; here they are used
in the order of the records, each call's once, and so every charge can say how much of it was included.
"""

import sqlite3
from dataclasses import dataclass, field

from appliance.acd import numbers
from appliance.acd.allowances import began, counted_ms, covers
from appliance.acd.hours import local_day
from appliance.acd.ids import LineName
from appliance.acd.plan import Plan

ALL_S = 1 << 40
"""More than any call lasts: all of it is included."""


@dataclass
class IncludedMinutes:
    """What is left, for one record. What it takes is written (`write`) once the record is: one that was there already
    has taken its own."""

    db: sqlite3.Connection
    plan: Plan
    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    """By pool and first day of its month: ms used, with those of this record."""

    def take(self, name: LineName, number: str, at_utc_ms: int, lasted_ms: int) -> int:
        """Seconds of a call out that its line's contract includes; they are taken."""
        line = next((one for one in self.plan.lines if one.name == name), None)
        if line is None or not line.allowance.each_month_ms or lasted_ms <= 0:
            return 0
        plan, today = line.allowance, local_day(self.plan.time_zone, at_utc_ms)
        if (plan.ends_on and today > plan.ends_on) or not covers(plan, numbers.rule_form(self.plan, number)):
            return 0
        key = plan.pool or f"={name}", began(today, plan.resets_on_day)
        used_ms = self.taken[key] if key in self.taken else self._used_ms(key)
        left_ms, counts_ms = max(0, plan.each_month_ms - used_ms), counted_ms(plan, lasted_ms)
        self.taken[key] = used_ms + min(left_ms, counts_ms)
        return ALL_S if counts_ms <= left_ms else left_ms // 1000

    def write(self) -> None:
        for (pool, since_day), used_ms in self.taken.items():
            self.db.execute(
                "insert or replace into included_minutes (pool, since_day, used_ms) values (?, ?, ?)",
                (pool, since_day, used_ms),
            )
        self.taken.clear()

    def _used_ms(self, key: tuple[str, str]) -> int:
        query = "select used_ms from included_minutes where pool = ? and since_day = ?"
        row = self.db.execute(query, key).fetchone()
        return 0 if row is None else int(row[0])
