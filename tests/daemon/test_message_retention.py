"""Text messages go when they are old enough, in slices, and none that is still to go; whatever the clock says."""

import sqlite3
from pathlib import Path

import pytest

from appliance.acd.ids import LineName, MessageId
from appliance.acd.message_effects import (
    OutgoingState,
    StoreIncomingMessage,
    StoreMessageReport,
    StoreOutgoingMessage,
)
from appliance.daemon.connection import connect
from appliance.daemon.migrations import migrate
from appliance.daemon.retention import DAY_MS, SLICE_ROWS, Keep, prune
from appliance.daemon.store_writes import Office, write

GSM = LineName("gsm1")
AT_MS = 1_790_000_000_000
KEEP = Keep(messages_days=30)
TABLES = ("messages", "message_parts", "message_reports")


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    path = tmp_path / "store.sqlite3"
    made = connect(path)
    migrate(made, path)
    return made


def put(db: sqlite3.Connection, now_utc_ms: int, *effects: object) -> None:
    with db:
        db.execute("begin immediate")
        write(db, 1, Office(), effects, now_utc_ms)  # type: ignore[arg-type]


def came(name: str, at_ms: int = AT_MS) -> StoreIncomingMessage:
    return StoreIncomingMessage(MessageId(name), GSM, "600123123", "hola", at_ms, at_ms, 1, (), "", "")


def went(name: str, state: OutgoingState, references: tuple[int, ...] = (), at_ms: int = AT_MS) -> StoreOutgoingMessage:
    return StoreOutgoingMessage(
        MessageId(name), GSM, "600123123", "hola", "ana", state, at_ms, at_ms, 2, 1, references=references
    )


def reported(name: str, reference: int, at_ms: int = AT_MS) -> StoreMessageReport:
    return StoreMessageReport(MessageId(name), GSM, reference, "600123123", "delivered", "received", at_ms)


def left(db: sqlite3.Connection, table: str = "messages") -> list[str]:
    column = "report" if table == "message_reports" else "message"
    return [row[0] for row in db.execute(f"select distinct {column} from {table} order by {column}")]


def days_later(db: sqlite3.Connection, days: int) -> None:
    while prune(db, KEEP, AT_MS + days * DAY_MS):
        pass


def test_what_is_over_goes_with_its_parts_and_reports_and_not_a_day_before(db: sqlite3.Connection) -> None:
    put(db, AT_MS, came("in"), went("out", "sent", (7, 8)), reported("r7", 7), reported("r8", 8), went("no", "failed"))
    put(db, AT_MS + 5 * DAY_MS, came("young", AT_MS + 5 * DAY_MS))
    days_later(db, 30)
    assert (left(db), left(db, "message_parts")) == (["in", "no", "out", "young"], ["out"])
    days_later(db, 31)
    assert [left(db, table) for table in TABLES] == [["young"], [], []]


def test_none_that_is_still_to_go_goes(db: sqlite3.Connection) -> None:
    put(db, AT_MS, went("waits", "queued"), went("goes", "sending"), came("in"))
    days_later(db, 4_000)
    assert left(db) == ["goes", "waits"]


def test_a_slice_is_bounded_and_the_next_goes_on(db: sqlite3.Connection) -> None:
    put(db, AT_MS, *(came(f"m{number}") for number in range(SLICE_ROWS + 7)))
    as_of = AT_MS + 31 * DAY_MS
    assert [prune(db, KEEP, as_of) for _ in range(3)] == [SLICE_ROWS, 7, 0]


def test_the_stamp_of_a_wrong_clock_neither_keeps_nor_deletes(db: sqlite3.Connection) -> None:
    """1970 and 2099 are as old as the next message that has a time; without any after them they may be young."""
    wrong = [came(f"w{number}", (0, AT_MS + 27_000 * DAY_MS)[number % 2]) for number in range(SLICE_ROWS + 3)]
    put(db, AT_MS, came("a"), *wrong)
    days_later(db, 31)
    assert "a" not in left(db) and len(left(db)) == len(wrong)
    put(db, AT_MS, came("z", AT_MS + DAY_MS))
    days_later(db, 32)
    assert left(db) == []
    put(db, AT_MS, came("w", 0), came("young", AT_MS + 20 * DAY_MS))
    days_later(db, 33)
    assert left(db) == ["w", "young"]
