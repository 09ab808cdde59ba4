"""What the store tells of lines: when each was of no use and why, what it said of itself, how its calls went.

Reading only. An outage begins with the first thing kept that is not `up` or `degraded` after one that was, and lasts
as long as the ACD measured between what it kept: a clock that was set in between changes nothing of it.
"""

import sqlite3
from collections import Counter

import msgspec
from msgspec import Struct

from appliance.acd.ids import LineName
from appliance.acd.inputs import LineHealth

EVENTS_READ = 200
"""Of each line, the newest: outages before them are not known."""
OUTAGES = 10
DAY_MS = 86_400_000
FAULTS = ("congestion", "failed", "line_lost", "media_timeout", "unreachable")
"""Causes of a leg's end by which the line, or the network behind it, was at fault."""


class LineEvent(Struct, frozen=True):
    """Something kept of a line; see acd.line_effects.StoreLineEvent."""

    line: LineName
    at_utc_ms: int
    health: LineHealth
    detail: str
    signal_percent: int
    operator: str
    sim: str
    previous_ms: int
    left_out: int


class Outage(Struct, frozen=True):
    """The line was of no use. `cause` is what it said first, "" when the switch restarted."""

    from_utc_ms: int
    duration_ms: int
    """Until it was of use again; as far as is known of one that goes on."""
    over: bool
    cause: str
    sim: str


class LineHistory(Struct, frozen=True):
    """One line: the newest outages and events, the newest first, and how its calls of one day went."""

    line: LineName
    events: tuple[LineEvent, ...] = ()
    outages: tuple[Outage, ...] = ()
    calls_in: int = 0
    calls_out: int = 0
    reached: int = 0
    """Of the calls out, those that were answered."""
    faults: dict[str, int] = {}
    """Cause -> legs that ended so, of those in FAULTS."""


class Notice(Struct, frozen=True):
    """Something somebody was to know; see acd.line_effects.StoreNotice."""

    kind: str
    subject: str
    at_utc_ms: int
    detail: str


def line_histories(store: sqlite3.Connection, until_utc_ms: int) -> dict[LineName, LineHistory]:
    """Of every line anything is known of; calls are those offered in the 24 hours before `until_utc_ms`."""
    found = {LineName(name): _events(store, name) for (name,) in store.execute("select distinct line from line_events")}
    made, reached, faults = _calls(store, until_utc_ms - DAY_MS, until_utc_ms)
    names = sorted({*found, *(line for line, _ in made)})
    return {
        name: LineHistory(
            name,
            tuple(reversed(found.get(name, ()))),
            tuple(reversed(outages(found.get(name, ()))))[:OUTAGES],
            made[name, "in"],
            made[name, "out"],
            reached[name],
            dict(sorted(faults.get(name, Counter()).items())),
        )
        for name in names
    }


def caller_numbers(store: sqlite3.Connection, line: str, limit: int) -> tuple[int, int]:
    """Of the newest calls in on a line: how many were looked at, and how many of them came with a number."""
    calls, numbers = store.execute(
        """select count(*), coalesce(sum(caller <> ''), 0) from (
               select caller from calls where direction = 'in' and line = ? order by record desc limit ?)""",
        (line, limit),
    ).fetchone()
    return int(calls), int(numbers)


def notices(store: sqlite3.Connection, limit: int = 20) -> list[Notice]:
    """The newest first."""
    rows = store.execute(
        "select kind, subject, at_utc_ms, detail from notices order by epoch desc, number desc limit ?", (limit,)
    )
    return [Notice(*row) for row in rows]


def outages(events: tuple[LineEvent, ...]) -> list[Outage]:
    """Of events in their order, in their order."""
    found: list[Outage] = []
    was_up = False
    for event in events:
        is_up = event.health in ("up", "degraded")
        if found and not found[-1].over:
            last = found[-1]
            found[-1] = msgspec.structs.replace(last, duration_ms=last.duration_ms + event.previous_ms, over=is_up)
        elif was_up and not is_up:
            found.append(Outage(event.at_utc_ms, 0, False, event.detail, event.sim))
        was_up = is_up
    return found


def _events(store: sqlite3.Connection, line: str) -> tuple[LineEvent, ...]:
    columns = ", ".join(LineEvent.__struct_fields__)
    rows = store.execute(
        f"select {columns} from line_events where line = ? order by epoch desc, number desc limit ?",
        (line, EVENTS_READ),
    ).fetchall()
    return tuple(LineEvent(*row) for row in reversed(rows))


def _calls(
    store: sqlite3.Connection, since: int, until: int
) -> tuple[Counter[tuple[LineName, str]], Counter[LineName], dict[LineName, Counter[str]]]:
    """(line, direction) -> calls; line -> ours that were answered; line -> cause -> legs."""
    made: Counter[tuple[LineName, str]] = Counter()
    reached: Counter[LineName] = Counter()
    faults: dict[LineName, Counter[str]] = {}
    rows = store.execute(
        f"""select legs.line, iif(legs.role = 'number', 'out', calls.direction) as direction,
                   iif(legs.cause in ({", ".join("?" * len(FAULTS))}), legs.cause, '') as fault,
                   count(*), sum(legs.answered_ms >= 0)
            from calls cross join legs using (call)
            where calls.offered_at >= ? and calls.offered_at < ? and legs.line is not null group by 1, 2, 3""",
        (*FAULTS, since, until),
    )
    for line, direction, fault, legs, answered in rows:
        made[line, direction] += legs
        reached[line] += answered if direction == "out" else 0
        if fault:
            faults.setdefault(line, Counter())[fault] += legs
    return made, reached, faults
