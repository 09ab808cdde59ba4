"""What the pages read of the past: the day's figures and last calls for the live picture, and one thing at a time."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from appliance.acd.ids import AgentName, LineName
from appliance.acd.plan import Language
from appliance.backup.status import BACKUP_FOLDER, BackupStatus, read_status
from appliance.daemon import ledger_queries, message_queries, money_queries, queries, why
from appliance.daemon.ledger_queries import StatementRow
from appliance.daemon.message_queries import MessageRow
from appliance.daemon.money_groups import By
from appliance.daemon.money_queries import Report
from appliance.daemon.queries import CallDetails, CallRow, Figures, LineHistory, StoreMissing, WorklistRow
from appliance.daemon.why import WhyAgent, WhyCall

log = logging.getLogger(__name__)

LAST_CALLS = 12
SHORTEST_GAP_S = 1.0
GAP_FOR_COST = 20
"""A reading that took 50 ms is followed by at least 20 times as long without one: 5 % of a core at most."""
LONGEST_AGE_S = 60.0
"""Read again after this even if nothing was written: the day may have changed."""


@dataclass(frozen=True)
class History:
    """`figures` are None and `problem` says why when the store cannot be read."""

    figures: Figures | None
    last_calls: tuple[CallRow, ...]
    problem: str = ""
    lines: Mapping[LineName, LineHistory] = field(default_factory=dict)
    backup: BackupStatus | None = None
    """Of backups that nobody starts; None before the first was tried."""


EMPTY_HISTORY = History(None, ())


class HistoryUnavailable(Exception):
    """The store cannot be read now; the message says why."""


class HistoryReader:
    """Reads the store at `store`. `read` is for one thread; the rest for any."""

    def __init__(self, store: Path, time_zone: str, utc_ms: Callable[[], int]) -> None:
        self._store = store
        self._time_zone = time_zone
        self._utc_ms = utc_ms
        self._connection: sqlite3.Connection | None = None
        self._seen = (0, 0)
        self._read_at_s = float("-inf")
        self._next_at_s = float("-inf")
        self._last = EMPTY_HISTORY

    def read(self, now_s: float) -> History:
        """The day so far, read again only if something was written since and not too often. `now_s` is monotonic."""
        if now_s < self._next_at_s:
            return self._last
        started_s = time.monotonic()
        try:
            connection = self._kept_connection()
            seen = (self._inode(), connection.execute("pragma data_version").fetchone()[0])
            if seen != self._seen or now_s - self._read_at_s > LONGEST_AGE_S:
                self._last = History(
                    queries.today(connection, self._time_zone, self._utc_ms()),
                    tuple(queries.calls(connection, LAST_CALLS)),
                    lines=queries.line_histories(connection, self._utc_ms()),
                    backup=read_status(self._store.parent / BACKUP_FOLDER),
                )
                self._seen, self._read_at_s = seen, now_s
        except (sqlite3.Error, StoreMissing, OSError) as error:
            if not self._last.problem:
                log.warning("the history cannot be read: %s", error)
            self._forget_connection()
            self._last = replace(self._last, problem=str(error))
        self._next_at_s = now_s + max(SHORTEST_GAP_S, GAP_FOR_COST * (time.monotonic() - started_s))
        return self._last

    def calls(self, limit: int, before_record: int | None) -> tuple[CallRow, ...]:
        """Calls that are over, newest first. Raises HistoryUnavailable."""
        with self.opened() as connection:
            return tuple(queries.calls(connection, limit, before_record=before_record))

    def call(self, call: str) -> CallDetails | None:
        """Everything about one call that is over. Raises HistoryUnavailable."""
        with self.opened() as connection:
            return queries.call_details(connection, call)

    def why_call(self, call: str, language: Language) -> WhyCall | None:
        """Why a call went where it went, over or up; None for no such call. Raises HistoryUnavailable."""
        with self.opened() as connection:
            return why.call_as_data(connection, call, language)

    def why_agent(
        self, agent: AgentName, language: Language, since: int, until: int | None, before: str, limit: int
    ) -> WhyAgent:
        """Why an agent was rung or not. Raises NoSuchPlace for a `before` that is none, and HistoryUnavailable."""
        with self.opened() as connection:
            return why.agent_as_data(
                connection, agent, language, since_utc_ms=since, until_utc_ms=until, before=before, limit=limit
            )

    def worklist(self, limit: int) -> tuple[WorklistRow, ...]:
        """Open items. Raises HistoryUnavailable."""
        with self.opened() as connection:
            return tuple(queries.worklist(connection, limit))

    def messages(self, limit: int, number: str | None) -> tuple[MessageRow, ...]:
        """The newest first, of all or of a number. Raises HistoryUnavailable."""
        with self.opened() as connection:
            return tuple(message_queries.messages(connection, limit, number=number))

    def money(self, groups: tuple[By, ...], since: int, until: int, hourly: Mapping[str, int]) -> tuple[Report, ...]:
        """Income, cost and margin of calls offered in a time, a report a grouping. Raises HistoryUnavailable."""
        with self.opened() as connection:
            return tuple(money_queries.money(connection, by, since, until, hourly) for by in groups)

    def statements(self) -> tuple[StatementRow, ...]:
        """Those that were made, the newest month first. Raises HistoryUnavailable."""
        with self.opened() as connection:
            return tuple(sorted(ledger_queries.statements(connection), key=lambda row: row.month, reverse=True))

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """A connection to read the store by, for as long as the block lasts. Raises HistoryUnavailable."""
        try:
            connection = queries.open_store(self._store)
        except StoreMissing as error:
            raise HistoryUnavailable(str(error)) from error
        try:
            yield connection
        except sqlite3.Error as error:
            raise HistoryUnavailable(str(error)) from error
        finally:
            connection.close()

    def _kept_connection(self) -> sqlite3.Connection:
        """The same connection as long as it is the same file: `data_version` compares only within one."""
        if self._connection is not None and self._inode() != self._seen[0] != 0:
            self._forget_connection()
        if self._connection is None:
            self._connection = queries.open_store(self._store)
        return self._connection

    def _forget_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._seen = (0, 0)

    def _inode(self) -> int:
        return self._store.stat().st_ino
