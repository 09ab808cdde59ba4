"""History, read: what pages, the terminal and the cloud ask the store, through a connection that cannot write.

Every function takes the connection of `open_store` and gives records of `rows`, which are exported here too.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from appliance.acd.effects import AgentSegment, Decision, LegRecord
from appliance.acd.ids import QueueName
from appliance.billing.charges import Charge
from appliance.daemon.decision_rows import Words, decision_of
from appliance.daemon.figures import day_span, figures, local_midnight, today
from appliance.daemon.line_history import (
    LineEvent,
    LineHistory,
    Notice,
    Outage,
    caller_numbers,
    line_histories,
    notices,
)
from appliance.daemon.migrations import unusable
from appliance.daemon.money_queries import money_of_call
from appliance.daemon.numbers import number
from appliance.daemon.rows import (
    AgentStateRow,
    CallDetails,
    CallRow,
    Figures,
    OutboxRow,
    QueueFigures,
    RecordingRow,
    WorklistRow,
    WrapUpRow,
)
from appliance.office.customers import Customer

__all__ = [
    "AgentSegment",
    "AgentStateRow",
    "CallDetails",
    "CallRow",
    "Charge",
    "Customer",
    "Decision",
    "Figures",
    "LegRecord",
    "LineEvent",
    "LineHistory",
    "Notice",
    "Outage",
    "OutboxRow",
    "QueueFigures",
    "RecordingRow",
    "StoreMissing",
    "WorklistRow",
    "WrapUpRow",
    "agent_history",
    "call_details",
    "caller_numbers",
    "calls",
    "customer",
    "day_span",
    "decisions",
    "figures",
    "last_outbox_id",
    "line_histories",
    "local_midnight",
    "notices",
    "open_store",
    "outbox",
    "recordings",
    "today",
    "worklist",
]
_Record = TypeVar("_Record", bound=msgspec.Struct)
MAX_ROWS = 10_000
"""No answer is longer; ask again from where it ended."""


class StoreMissing(Exception):
    """There is no store to read yet, or none this version can. The message says what to do."""


def open_store(path: Path) -> sqlite3.Connection:
    """A reading connection to `<data_dir>/centralita.sqlite3`; cheap, one a request. Raises StoreMissing."""
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5.0, check_same_thread=False, isolation_level=None
        )
        connection.execute("select 1 from numbers limit 1")
        wrong = unusable(connection, path)
    except sqlite3.OperationalError as error:
        raise StoreMissing(
            f"{path}: the store cannot be read now ({error}). Start the ACD; if it runs, use root or its group."
        ) from error
    if wrong:
        connection.close()
        raise StoreMissing(wrong)
    connection.row_factory = sqlite3.Row
    return connection


_CALL_COLUMNS = """call, direction, line, caller, called, queue, agent, project, client, offered_at, queued_at,
    answered_at, ended_at, clock_synchronised, ivr_ms, wait_ms, ring_ms, talk_ms, hold_ms, voicemail_ms,
    (select coalesce(sum(wrap_up_ms), 0) from wrap_ups where wrap_ups.call = calls.call) as wrap_up_ms,
    end_reason, hung_up_by, evidence,
    coalesce((select disposition from wrap_ups where wrap_ups.call = calls.call and disposition <> ''
              order by rowid desc limit 1), '') as disposition,
    recording, charge_micros, currency, charge_reason, record"""


def calls(
    store: sqlite3.Connection,
    limit: int = 50,
    *,
    before_record: int | None = None,
    since_utc_ms: int | None = None,
    until_utc_ms: int | None = None,
    queue: str | None = None,
    caller: str | None = None,
    end_reasons: Sequence[str] = (),
) -> list[CallRow]:
    """Calls that are over, the newest first, narrowed by whatever is given (`offered_at` within the span)."""
    conditions: list[tuple[str, object]] = []
    if before_record is not None:
        conditions.append(("record < ?", before_record))
    if since_utc_ms is not None:
        conditions.append(("offered_at >= ?", since_utc_ms))
    if until_utc_ms is not None:
        conditions.append(("offered_at < ?", until_utc_ms))
    if queue is not None:
        conditions.append(("queue = ?", queue))
    if caller is not None:
        conditions.append(("caller = ?", caller))
    values = [value for _, value in conditions]
    where = [text for text, _ in conditions]
    if end_reasons:
        where.append(f"end_reason in ({', '.join('?' * len(end_reasons))})")
        values += end_reasons
    query = f"select {_CALL_COLUMNS} from calls {_where(where)} order by record desc limit ?"
    rows = store.execute(query, (*values, _limited(limit)))
    return [_record(row, CallRow) for row in rows]


def call_details(store: sqlite3.Connection, call: str) -> CallDetails | None:
    """Everything kept about a call; None when it is not over, or never was."""
    query = f"""select {_CALL_COLUMNS}, queues, charge, target_ms, incarnation, seq, previous_hash, hash, forwarded_to
        from calls where call = ?"""
    row = store.execute(query, (call,)).fetchone()
    if row is None:
        return None
    made = tuple(decisions(store, call))
    pruned = row["offered_at"] <= number(store, "decisions_pruned_to")
    return CallDetails(
        row=_record(row, CallRow),
        queues=msgspec.json.decode(row["queues"], type=tuple[QueueName, ...]),
        legs=_children(store, "legs", LegRecord, call),
        segments=_children(store, "segments", AgentSegment, call),
        wrap_ups=_children(store, "wrap_ups", WrapUpRow, call),
        recordings=tuple(recordings(store, call)),
        decisions=made,
        charge=msgspec.json.decode(row["charge"], type=Charge),
        money=money_of_call(store, call, row["charge_micros"]),
        target_ms=row["target_ms"],
        incarnation=row["incarnation"],
        seq=row["seq"],
        previous_hash=row["previous_hash"],
        hash=row["hash"],
        pruned_after_days=number(store, "decisions_kept_days") if pruned else 0,
        forwarded_to=row["forwarded_to"],
    )


def decisions(store: sqlite3.Connection, call: str | None = None, limit: int = 1000) -> list[Decision]:
    """Decisions about a call in the order they were made; without a call, the newest of all, newest first."""
    if call is None:
        rows = store.execute("select * from decisions order by epoch desc, number desc limit ?", (_limited(limit),))
    else:
        rows = store.execute(
            "select * from decisions where call = ? order by epoch, number limit ?", (call, _limited(limit))
        )
    words = Words(store)
    return [decision_of(row, words) for row in rows]


def recordings(store: sqlite3.Connection, call: str | None = None, limit: int = 1000) -> list[RecordingRow]:
    """Finished recordings of a call, the first first, or the newest of all."""
    if call is None:
        rows = store.execute("select * from recordings order by rowid desc limit ?", (_limited(limit),))
    else:
        rows = store.execute("select * from recordings where call = ? order by rowid limit ?", (call, _limited(limit)))
    return [_record(row, RecordingRow) for row in rows]


def customer(store: sqlite3.Connection, number: str) -> Customer | None:
    """What is known of the person with this number, exactly as the network gives it; None when they never called."""
    names = ", ".join(Customer.__struct_fields__)
    row = store.execute(f"select {names} from customers where number = ?", (number,)).fetchone()
    return None if row is None else _record(row, Customer)


def worklist(store: sqlite3.Connection, limit: int = 200, *, closed: bool = False) -> list[WorklistRow]:
    """Those nobody has reached yet, the longest waiting first; `closed`: those settled, the last one first."""
    which, order = ("<>", "closed_at desc, item desc") if closed else ("=", "first_at, item")
    rows = store.execute(
        f"select * from worklist where closed_at {which} 0 order by {order} limit ?", (_limited(limit),)
    )
    return [_record(row, WorklistRow) for row in rows]


def agent_history(store: sqlite3.Connection, agent: str | None = None, limit: int = 200) -> list[AgentStateRow]:
    """State changes of an agent, or of all, the newest first."""
    where, values = ("where agent = ?", [agent]) if agent is not None else ("", [])
    rows = store.execute(
        f"select * from agent_states {where} order by epoch desc, number desc limit ?", (*values, _limited(limit))
    )
    return [_record(row, AgentStateRow) for row in rows]


def outbox(store: sqlite3.Connection, after_id: int = 0, limit: int = 500) -> list[OutboxRow]:
    """What the cloud must hear after `after_id`, in the order it happened."""
    rows = store.execute("select * from outbox where id > ? order by id limit ?", (after_id, _limited(limit)))
    return [_record(row, OutboxRow) for row in rows]


def last_outbox_id(store: sqlite3.Connection) -> int:
    """The id of the newest row ever put in the outbox, whether or not it is still there; 0 when none was."""
    row = store.execute("select seq from sqlite_sequence where name = 'outbox'").fetchone()
    return 0 if row is None else int(row[0])


def _where(conditions: list[str]) -> str:
    return f"where {' and '.join(conditions)}" if conditions else ""


def _limited(limit: int) -> int:
    return max(0, min(limit, MAX_ROWS))


def _children(store: sqlite3.Connection, table: str, kind: type[_Record], call: str) -> tuple[_Record, ...]:
    """The rows of a child table of a call, in their order."""
    rows = store.execute(
        f"select {', '.join(kind.__struct_fields__)} from {table} where call = ? order by rowid", (call,)
    )
    return tuple(_record(row, kind) for row in rows)


def _record(row: sqlite3.Row, kind: type[_Record]) -> _Record:
    """A row as a record: the columns of its name; SQLite's 0 and 1 become booleans."""
    return msgspec.convert({name: row[name] for name in kind.__struct_fields__}, kind, strict=False)
