"""Text messages in the store: stored once, states that go forward, and reports that find their parts, early or late."""

import sqlite3
from itertools import permutations
from pathlib import Path

import pytest
from msgspec.structs import replace

from appliance.acd.ids import LineName, MessageId
from appliance.acd.message_effects import (
    OutgoingState,
    StoreIncomingMessage,
    StoreMessageReport,
    StoreOutgoingMessage,
)
from appliance.daemon import message_writes
from appliance.daemon.connection import connect
from appliance.daemon.migrations import migrate
from appliance.daemon.store_writes import Office, write

GSM = LineName("gsm1")
AT_MS = 1_790_000_000_000


@pytest.fixture
def db(tmp_path: Path) -> sqlite3.Connection:
    path = tmp_path / "store.sqlite3"
    made = connect(path)
    migrate(made, path)
    return made


def _out(
    state: OutgoingState, references: tuple[int, ...] = (), name: str = "m1", at_ms: int = 0
) -> StoreOutgoingMessage:
    return StoreOutgoingMessage(
        MessageId(name), GSM, "600123123", "hola", "ana", state, AT_MS, AT_MS + at_ms, 2, 1, references=references
    )


def _report(reference: int, state: str = "delivered", number: str = "+34600123123") -> StoreMessageReport:
    name = MessageId(f"r{reference}{state}{number}")
    return StoreMessageReport(name, GSM, reference, number, state, f"is_{state}", AT_MS + 50)  # type: ignore[arg-type]


def _put(db: sqlite3.Connection, *effects: object) -> None:
    with db:
        db.execute("begin immediate")
        write(db, 1, Office(), effects, AT_MS + 10)  # type: ignore[arg-type]


def _state(db: sqlite3.Connection, name: str = "m1") -> tuple[str, str]:
    row = db.execute("select state, cause from messages where message = ?", (name,)).fetchone()
    return row[0], row[1]


def test_what_is_over_is_known_by_name_after_a_power_cut(db: sqlite3.Connection) -> None:
    for number, state in enumerate(("sent", "failed", "queued", "sending")):
        _put(db, replace(_out("queued", name=state), queued_at_utc_ms=AT_MS + number))
        _put(db, _out(state, name=state))  # type: ignore[arg-type]  # each an OutgoingState
    came = StoreIncomingMessage(MessageId("a"), GSM, "+34600", "hola", AT_MS, AT_MS - 5, 1, (), "", "")
    _put(db, came)
    assert message_writes.done(db) == ("sent", "failed")


def test_a_message_that_comes_twice_is_there_once(db: sqlite3.Connection) -> None:
    came = StoreIncomingMessage(MessageId("a"), GSM, "+34600", "hola 😀", AT_MS, AT_MS - 5, 3, (2,), "", "")
    _put(db, came, came)
    rows = db.execute("select direction, number, text, state, missing, parts from messages").fetchall()
    assert [tuple(row) for row in rows] == [("in", "+34600", "hola 😀", "received", "2", 3)]


def test_states_go_forward_and_a_replay_changes_nothing(db: sqlite3.Connection) -> None:
    steps = [_out("queued"), _out("sending"), _out("sent", (7, 8))]
    _put(db, *steps)
    assert _state(db) == ("sent", "")
    _put(db, *steps)
    assert _state(db) == ("sent", "")
    assert db.execute("select count(*) from message_parts").fetchone()[0] == 2


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_it_is_delivered_when_all_parts_are_whenever_the_reports_come(
    db: sqlite3.Connection, order: tuple[int, ...]
) -> None:
    _put(db, _out("queued"), _out("sending"))
    news = [_out("sent", (7, 8)), _report(7), _report(8)]
    for place in order[:2]:
        _put(db, news[place])
    assert _state(db)[0] != "delivered"
    _put(db, news[order[2]])
    assert _state(db) == ("delivered", "")


def test_one_part_that_failed_is_enough_and_pending_says_nothing(db: sqlite3.Connection) -> None:
    _put(db, _out("queued"), _out("sent", (7, 8)), _report(7, "pending"))
    assert _state(db) == ("sent", "")
    _put(db, _report(7), _report(8, "failed"))
    assert _state(db) == ("failed", "is_failed")


def test_a_report_of_another_number_or_an_older_message_is_not_ours(db: sqlite3.Connection) -> None:
    _put(db, _out("queued"), _out("sent", (7,)), _report(7, number="+34699999999"))
    assert _state(db) == ("sent", "")
    _put(db, _out("queued", name="m2"), _out("sent", (7,), name="m2", at_ms=500), _report(7))
    assert (_state(db, "m1"), _state(db, "m2")) == (("sent", ""), ("delivered", ""))


def test_what_a_power_cut_leaves(db: sqlite3.Connection) -> None:
    _put(db, _out("queued"), _out("queued", name="m2"), _out("sending", name="m2"), _out("sent", (1,), name="m3"))
    waiting = message_writes.durable(db)
    assert [(one.message, one.was_being_sent) for one in waiting] == [("m1", False), ("m2", True)]
    (count,) = message_writes.counts(db)
    assert (count.line, count.parts) == (GSM, 6)
