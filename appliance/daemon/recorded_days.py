"""Reads from the store what happened on some days, as `planning` lets it happen again."""

import sqlite3

import msgspec

from appliance.acd.ids import QueueName
from appliance.planning.records import RecordedCall, RecordedDays, RecordedPresence, RecordedRing

_QUEUES = msgspec.json.Decoder(tuple[QueueName, ...])


def recorded_days(store: sqlite3.Connection, since_utc_ms: int, until_utc_ms: int) -> RecordedDays:
    """Everything from one moment to another, the second not included."""
    span = (since_utc_ms, until_utc_ms)
    return RecordedDays(since_utc_ms, until_utc_ms, _calls(store, span), _rings(store, span), _presence(store, span))


def _calls(store: sqlite3.Connection, span: tuple[int, int]) -> tuple[RecordedCall, ...]:
    rows = store.execute(
        """select offered_at, queued_at, line, called, caller, queues, wait_ms, end_reason, answered_at, talk_ms,
               hold_ms,
               (select coalesce(sum(wrap_up_ms), 0) from wrap_ups where wrap_ups.call = calls.call) as wrap_up_ms
           from calls where offered_at >= ? and offered_at < ? and direction = 'in' and queue is not null
           order by offered_at, record""",
        span,
    )
    return tuple(
        RecordedCall(
            arrived_at=row["queued_at"] or row["offered_at"],
            queued=row["queued_at"] > 0,
            line=row["line"],
            called=row["called"],
            caller=row["caller"],
            queue=_QUEUES.decode(row["queues"])[0],
            wait_ms=row["wait_ms"],
            end_reason=row["end_reason"],
            answered=row["answered_at"] > 0,
            talk_ms=row["talk_ms"] + row["hold_ms"],
            wrap_up_ms=row["wrap_up_ms"],
        )
        for row in rows
        if row["queues"] != "[]"
    )


def _rings(store: sqlite3.Connection, span: tuple[int, int]) -> tuple[RecordedRing, ...]:
    """Rings that came to their own end: one that the caller or a colleague cut short says nothing of the agent."""
    rows = store.execute(
        """select segments.ring_ms, segments.outcome from segments join calls using (call)
           where offered_at >= ? and offered_at < ? and outcome in ('talked', 'missed', 'rejected', 'unreachable')
           order by calls.record, segments.position""",
        span,
    )
    return tuple(RecordedRing(row["ring_ms"], row["outcome"]) for row in rows)


def _presence(store: sqlite3.Connection, span: tuple[int, int]) -> tuple[RecordedPresence, ...]:
    """How everybody was at the beginning, then each change. A pause for missed rings is a pause like any other."""
    before = store.execute(
        """select agent, state, at_utc_ms from (
               select agent, state, at_utc_ms,
                      row_number() over (partition by agent order by at_utc_ms desc, epoch desc, number desc) as back
               from agent_states where at_utc_ms < ?
           ) where back = 1 order by agent""",
        span[:1],
    )
    known: dict[str, str] = {}
    presence: list[RecordedPresence] = []
    since = store.execute(
        """select agent, state, at_utc_ms from agent_states where at_utc_ms >= ? and at_utc_ms < ?
           order by at_utc_ms, epoch, number""",
        span,
    )
    for rows in ([(agent, state, span[0]) for agent, state, _ in before], since):
        for agent, state, at in rows:
            there = state if state in ("logged_out", "not_ready") else "ready"
            if there != known.get(agent, "logged_out"):
                known[agent] = there
                presence.append(RecordedPresence(at, agent, there))  # type: ignore[arg-type]
    return tuple(presence)
