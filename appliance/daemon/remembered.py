"""What the records tell of whom was rung and talked with, so that a box that lost power goes on where it was.

Nothing is written for it: the last rung of each queue is in the decisions, who talked with a number in the customers,
the day's counts and the times of calls in the calls and their segments. Every question has a limit and an index: a
store of ten years answers as soon as one of a day. (`cross join` keeps SQLite from going through all segments first.)
"""

import sqlite3
from collections import defaultdict
from typing import NamedTuple

from appliance.acd.durable import DurableLastAgent, DurableQueue
from appliance.acd.explain import CHOSE
from appliance.acd.familiar import REMEMBERED
from appliance.acd.hours import local_time
from appliance.acd.ids import AgentName, QueueName
from appliance.daemon.figures import local_midnight

LAST_DECISIONS = 20_000
"""Looked through for each queue's last ring: a busy office's week. A queue quiet for longer begins at its top."""
LAST_CALLS = 2_000
"""Looked through for how long each queue's calls take."""
TALKS = 40
"""Of each queue: what was before them is less than a hundredth of the running mean (7/8 to the 40th)."""
DAY_MS = 86_400_000
_CHOSE = ", ".join(f"'{kind}'" for kind in CHOSE)


class Today(NamedTuple):
    calls: int = 0
    talk_ms: int = 0


def queues(db: sqlite3.Connection) -> tuple[DurableQueue, ...]:
    last_rung, talked = _last_rung(db), _talked(db)
    names = sorted({*last_rung, *talked})
    return tuple(DurableQueue(name, last_rung.get(name), tuple(reversed(talked.get(name, ())))) for name in names)


def last_agents(db: sqlite3.Connection) -> tuple[DurableLastAgent, ...]:
    """The one heard of longest ago first."""
    rows = db.execute(
        """select number, last_agent, last_answered from (
               select number, last_agent, last_answered from customers order by last_seen desc limit ?
           ) where last_agent is not null order by last_answered, number""",
        (REMEMBERED,),
    )
    return tuple(DurableLastAgent(*row) for row in rows)


def last_day(db: sqlite3.Connection, time_zone: str) -> tuple[str, defaultdict[AgentName, Today]]:
    """The local day of the last call, and what each agent did in it; "" when there is no call.

    Of that day and not of today: what day it is, a box without power did not know when it started.
    """
    last = db.execute("select ended_at from calls order by record desc limit 1").fetchone()
    if last is None:
        return "", defaultdict(Today)
    midnight = local_midnight(time_zone, last[0])
    rows = db.execute(
        """select agent, sum(answered_at >= :midnight), sum(segment_ms) from (
               select segments.agent, calls.answered_at, segments.talk_ms + segments.hold_ms as segment_ms
               from calls cross join segments using (call)
               where calls.offered_at >= :margin and calls.ended_at >= :midnight and segments.outcome = 'talked'
           ) group by agent""",
        {"midnight": midnight, "margin": midnight - DAY_MS},
    )
    counts = defaultdict(Today, ((agent, Today(*counted)) for agent, *counted in rows))
    return local_time(time_zone, last[0]).date().isoformat(), counts


def _last_rung(db: sqlite3.Connection) -> dict[QueueName, AgentName]:
    rows = db.execute(
        f"""select queue, detail from (
               select epoch, number, kind, queue, detail from decisions order by epoch desc, number desc limit ?
           ) where kind in ({_CHOSE}) and queue is not null order by epoch, number""",
        (LAST_DECISIONS,),
    )
    return {queue: AgentName(rung.rpartition(",")[2]) for queue, rung in rows}


def _talked(db: sqlite3.Connection) -> dict[QueueName, list[int]]:
    """The latest first. A call that the power ended says nothing of how long calls take."""
    rows = db.execute(
        """select segments.queue, segments.talk_ms + segments.hold_ms from (
               select record, call, direction, end_reason from calls order by record desc limit ?
           ) as latest cross join segments using (call)
           where outcome = 'talked' and direction = 'in' and end_reason not in ('power_lost', 'box_restarted')
           order by record desc, position desc""",
        (LAST_CALLS,),
    )
    talked: dict[QueueName, list[int]] = {}
    for queue, ms in rows:
        known = talked.setdefault(queue, [])
        if len(known) < TALKS:
            known.append(ms)
    return talked
