"""What of the store is forgotten in time, in small slices: why calls went where they went, who was in which state, text
messages that came, went or could not go.

Never calls, legs, segments, charges, recordings, customers, the worklist or the outbox: nothing here names their
tables. The outbox carries copies, so what waits for the cloud does not depend on rows that go.

A slice is one transaction of at most SLICE_ROWS rows, and then one of at most SLICE_PAGES pages given back to the file
system, a second apart: the writer's thread, which runs them between its batches, is never held for long, and a power
cut in the middle undoes a slice and nothing else. Rows go in the order they came, so whole pages are emptied at a time.

A clock that is wrong must not delete what is young. The moment that age is counted to (`pruned_as_of`) is durable,
begins where the store's own rows are, and goes forward by at most CATCH_UP times the time this process ran, whatever
the clock says; a clock from before this program was made says nothing. A row that a wrong clock stamped, with a time
before this program or more than a day after that moment, is as old as the next one that has a time.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from appliance.daemon.numbers import number, set_number

log = logging.getLogger(__name__)

DAY_MS = 86_400_000
SLICE_ROWS = 500
SLICE_PAGES = 200
SLICE_EVERY_S = 1.0
"""While there is something to delete: 1.8 million rows an hour, beside 10,000 written in an office's busy hour."""
FIRST_LOOK_S = 60.0
"""A box that has just started has calls to find again."""
LOOK_EVERY_S = 3_600.0
SPARE_PAGES = 256
"""Free pages that are kept, and a twentieth of the file: tomorrow's rows are written there."""
NO_CLOCK_MS = 1_767_225_600_000
"""2026-01-01: no honest clock says less."""
NEVER_MS = 2**62

CATCH_UP = 8
"""A box that runs eight hours on weekdays keeps up with the calendar; a weekend in 2099 takes it 20 days too far."""


@dataclass(frozen=True)
class Keep:
    """For how many days."""

    decisions_days: int = 400
    late_decisions_days: int = 30
    """Of inputs that came too late or twice: many when a device is mad, and of use only to who looks after it."""
    agent_states_days: int = 400
    messages_days: int = 400


class Pruner:
    """Deletes what is due when `run` is called, a slice a call; `wait_s` says when that is next."""

    def __init__(
        self,
        monotonic_s: Callable[[], float] = time.monotonic,
        first_look_s: float = FIRST_LOOK_S,
        slice_every_s: float = SLICE_EVERY_S,
    ) -> None:
        self._monotonic_s = monotonic_s
        self._slice_every_s = slice_every_s
        self._looked_s = monotonic_s()
        self._next_s = self._looked_s + first_look_s
        self._as_of = 0
        """0: nothing more is due until the next look."""

    def wait_s(self) -> float:
        return max(0.0, self._next_s - self._monotonic_s())

    def run(self, db: sqlite3.Connection, keep: Keep, utc_ms: int) -> None:
        """One slice, if it is time for one. Raises sqlite3.Error, with everything as it was; the next is in an hour."""
        if self.wait_s() > 0:
            return
        self._next_s = self._monotonic_s() + LOOK_EVERY_S
        as_of, self._as_of = self._as_of or self._advance(db, utc_ms), 0
        if prune(db, keep, as_of) or shrink(db):
            self._as_of = as_of
            self._next_s = self._monotonic_s() + self._slice_every_s

    def _advance(self, db: sqlite3.Connection, utc_ms: int) -> int:
        """The moment that age is counted to from now on; 0: nothing says how late it is."""
        now_s = self._monotonic_s()
        ran_ms, self._looked_s = round((now_s - self._looked_s) * 1_000), now_s
        before = number(db, "pruned_as_of")
        most = before + ran_ms * CATCH_UP if before else _newest_honest(db) + DAY_MS
        as_of = min(utc_ms, most)
        if as_of < NO_CLOCK_MS:
            return before
        if as_of != before:
            set_number(db, "pruned_as_of", as_of)
        return as_of


def prune(db: sqlite3.Connection, keep: Keep, as_of: int) -> int:
    """Delete one slice of what is older than it is kept for at `as_of` (UTC ms); how many rows, 0: nothing is due."""
    if as_of < NO_CLOCK_MS:
        return 0
    slices: tuple[tuple[Callable[[sqlite3.Connection, int, int], int], int], ...] = (
        (_late_decisions, keep.late_decisions_days),
        (_decisions, keep.decisions_days),
        (_agent_states, keep.agent_states_days),
        (_messages, keep.messages_days),
        (_message_reports, keep.messages_days),
    )
    db.execute("begin immediate")
    try:
        deleted = 0
        for delete, days in slices:
            deleted = deleted or delete(db, as_of, days)
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise
    return deleted


def shrink(db: sqlite3.Connection) -> int:
    """Give free pages beyond a reserve back to the file system, a slice of them; how many.

    A store made before schema 4 has no map of its pages and keeps them: they are written again, and it grows no more.
    """
    free, pages = _pragma(db, "freelist_count"), _pragma(db, "page_count")
    spare = max(SPARE_PAGES, pages // 20)
    if free <= spare or _pragma(db, "auto_vacuum") == 0:
        return 0
    # A step of this pragma gives one page back and makes no row: execute() would stop after the first.
    db.executescript(f"pragma incremental_vacuum({min(SLICE_PAGES, free - spare)})")
    return free - _pragma(db, "freelist_count")


def _newest_honest(db: sqlite3.Connection) -> int:
    """How late it was for certain when the store was last written, or somewhat earlier; 0: nothing says so.

    A call under a clock that the network set; without any, the earliest of the newest rows: the clock of this start,
    which may be wrong already, stamped the last of them.
    """
    (call,) = db.execute(
        """select coalesce((select ended_at from calls where clock_synchronised and ended_at >= ?
               order by record desc limit 1), 0)""",
        (NO_CLOCK_MS,),
    ).fetchone()
    (row,) = db.execute(
        f"""select coalesce(min(at_utc_ms), 0) from (
                select * from (select at_utc_ms from decisions order by epoch desc, number desc limit {SLICE_ROWS})
                union all
                select * from (select at_utc_ms from agent_states order by epoch desc, number desc limit {SLICE_ROWS}))
            where at_utc_ms >= ?""",
        (NO_CLOCK_MS,),
    ).fetchone()
    return int(call or row)


def _late_decisions(db: sqlite3.Connection, as_of: int, days: int) -> int:
    """Those that have a time; the others go with the decisions around them."""
    return db.execute(
        """delete from decisions where rowid in (select rowid from decisions
               where kind = 'late' and at_utc_ms >= ? and at_utc_ms < ? order by at_utc_ms limit ?)""",
        (NO_CLOCK_MS, as_of - days * DAY_MS, SLICE_ROWS),
    ).rowcount


def _decisions(db: sqlite3.Connection, as_of: int, days: int) -> int:
    old = _oldest(db, "decisions", as_of, days)
    if old:
        to = max((at for _, _, at in old if at <= as_of), default=0)
        set_number(db, "decisions_pruned_to", max(number(db, "decisions_pruned_to"), to))
        set_number(db, "decisions_kept_days", days)
    return _delete(db, "decisions", old)


def _agent_states(db: sqlite3.Connection, as_of: int, days: int) -> int:
    return _delete(db, "agent_states", _oldest(db, "agent_states", as_of, days))


def _messages(db: sqlite3.Connection, as_of: int, days: int) -> int:
    """Without those that are still to go, and with what is known of their parts."""
    rows = _oldest_rows(db, "messages", "at_utc_ms", "state not in ('queued', 'sending')", as_of, days)
    db.executemany("delete from message_parts where message = (select message from messages where rowid = ?)", rows)
    return db.executemany("delete from messages where rowid = ?", rows).rowcount if rows else 0


def _message_reports(db: sqlite3.Connection, as_of: int, days: int) -> int:
    """Those of messages that are gone, and of some that never were ours."""
    rows = _oldest_rows(db, "message_reports", "seen_utc_ms", "true", as_of, days)
    return db.executemany("delete from message_reports where rowid = ?", rows).rowcount if rows else 0


def _oldest_rows(
    db: sqlite3.Connection, table: str, stamp: str, may_go: str, as_of: int, days: int
) -> Sequence[tuple[int]]:
    """The same as `_oldest`, of a table whose rows are numbered by the order they came in only; as (rowid,)."""
    rows: list[tuple[int, int]] = db.execute(
        f"select rowid, {stamp} from {table} where {may_go} order by rowid limit ?", (SLICE_ROWS,)
    ).fetchall()

    def next_stamp() -> int:
        query = f"select {stamp} from {table} where {may_go} and rowid > ? and {stamp} between ? and ?"
        found = db.execute(f"{query} order by rowid limit 1", (rows[-1][0], NO_CLOCK_MS, as_of + DAY_MS)).fetchone()
        return int(found[0]) if found is not None else NEVER_MS

    old = _how_many_old([at for _, at in rows], as_of, as_of - days * DAY_MS, next_stamp)
    return [(row,) for row, _ in rows[:old]]


def _how_many_old(stamps: Sequence[int], as_of: int, until_utc_ms: int, next_stamp: Callable[[], int]) -> int:
    """Of the first rows of a table: those up to the first one that is not old. `next_stamp` is asked for the time of
    the first row after them that has one; without any, they may be young."""
    old = 0
    for place, at in enumerate(stamps, 1):
        if not _honest(at, as_of):
            continue
        if at >= until_utc_ms:
            return old
        old = place
    if stamps and not _honest(stamps[-1], as_of) and next_stamp() < until_utc_ms:
        return len(stamps)
    return old


def _honest(at_utc_ms: int, as_of: int) -> bool:
    return NO_CLOCK_MS <= at_utc_ms <= as_of + DAY_MS


def _oldest(db: sqlite3.Connection, table: str, as_of: int, days: int) -> Sequence[tuple[int, int, int]]:
    """The first rows of a table, as (epoch, number, at), up to the first one that is not old; at most a slice."""
    rows: list[tuple[int, int, int]] = db.execute(
        f"select epoch, number, at_utc_ms from {table} order by epoch, number limit ?", (SLICE_ROWS,)
    ).fetchall()
    old = _how_many_old(
        [at for _, _, at in rows],
        as_of,
        as_of - days * DAY_MS,
        lambda: _next_stamp(db, table, rows[-1], as_of),
    )
    return rows[:old]


def _next_stamp(db: sqlite3.Connection, table: str, row: tuple[int, int, int], as_of: int) -> int:
    """The time of the first row after this one that has one; without any, it may be young."""
    (found,) = db.execute(
        f"""select coalesce((select at_utc_ms from {table} where (epoch, number) > (?, ?)
            and at_utc_ms between ? and ? order by epoch, number limit 1), ?)""",
        (*row[:2], NO_CLOCK_MS, as_of + DAY_MS, NEVER_MS),
    ).fetchone()
    return int(found)


def _delete(db: sqlite3.Connection, table: str, rows: Sequence[tuple[int, int, int]]) -> int:
    """Delete the first rows of a table, which are these."""
    if not rows:
        return 0
    return db.execute(f"delete from {table} where (epoch, number) <= (?, ?)", rows[-1][:2]).rowcount


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"pragma {name}").fetchone()[0])
