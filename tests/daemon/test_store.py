"""What is put in the store is there, once, whatever is repeated and whatever the disk does."""

import logging
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from appliance.acd.effects import (
    CloseStoredWorklistItem,
    StoreCdr,
    StoreContact,
    StoreDecision,
    StoreEffect,
    StoreNightMode,
    StoreOpenCall,
    StoreRecording,
    StoreWorklistItem,
    StoreWrapUp,
)
from appliance.acd.ids import CallId, ContactId, RecordingName
from appliance.daemon.migrations import OLDEST, SCHEMA_VERSION, StoreError
from appliance.daemon.numbers import set_number
from appliance.daemon.queries import (
    agent_history,
    call_details,
    calls,
    decisions,
    last_outbox_id,
    open_store,
    outbox,
    recordings,
    worklist,
)
from appliance.daemon.record_chain import FIRST, record_hash
from appliance.daemon.store import MAX_OUTBOX_ROWS, MAX_PENDING, Store
from tests.daemon.records import ANA, OFFERED_AT, QUEUE, abandoned, agent_state, cdr, decision
from tests.daemon.stores import MOBILE, NOW, OFFICE, Writing, no_room, writing
from tests.waiting import wait_for


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "centralita.sqlite3"


def one_of_each() -> list[StoreEffect]:
    call = CallId("oficina-1")
    return [
        StoreOpenCall(cdr(1)),
        StoreDecision(decision(1)),
        agent_state_effect := agent_state(1, "talking", call="oficina-1"),
        StoreCdr(cdr(1)),
        agent_state(2, "wrap_up", call="oficina-1"),
        StoreWrapUp(call, ANA, 9_000, "venta"),
        StoreWorklistItem("+34600111222", call, QUEUE, "abandoned", OFFERED_AT),
        StoreWorklistItem("+34600111222", CallId("oficina-2"), QUEUE, "abandoned", OFFERED_AT + 9),
        StoreRecording(RecordingName("2026/11/22/oficina-1.wav"), call, 60_000, 960_044, "call"),
        StoreNightMode(True, OFFERED_AT),
        CloseStoredWorklistItem("+34600111222", OFFERED_AT + 10, "ana", "reached"),
        StoreContact(
            ContactId("m-7"), "message", QUEUE, "cliente", ANA, OFFERED_AT, 0, OFFERED_AT + 5, 5, 0, "abandoned"
        ),
        agent_state_effect,
    ]


def dump(path: Path) -> list[str]:
    """Everything in the store except when it was written."""
    with sqlite3.connect(path) as db:
        return [line for line in db.iterdump() if "_sqlite_migrations" not in line]


def test_a_call_is_kept_whole_with_its_charge_and_arithmetic(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreDecision(decision(1)), StoreCdr(cdr(1)), StoreWrapUp(CallId("oficina-1"), ANA, 9_000, "venta"))
        details = call_details(open_store(path), "oficina-1")
    assert details is not None
    assert (details.legs, details.segments) == (cdr(1).legs, cdr(1).segments)
    assert details.decisions == (decision(1),)
    assert (details.row.wrap_up_ms, details.row.disposition) == (9_000, "venta")
    assert details.row.charge_micros == 50_000 + 24_000
    assert details.charge.arithmetic() == "0.05 + 60 s (60 + 0 x 60) x 0.024/min = 0.074 EUR (moviles v7)"
    assert (details.charge.tariff_version, details.target_ms) == (MOBILE.version, 20_000)
    row = msgspec.structs.asdict(details.row)
    assert {name: row[name] for name in row if hasattr(cdr(1), name)} == {
        name: getattr(cdr(1), name) for name in row if hasattr(cdr(1), name)
    }


def test_an_uncovered_number_is_charged_nothing_and_says_so(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreCdr(cdr(1, caller="+4912345")))
        (row,) = calls(open_store(path))
    assert (row.charge_micros, row.charge_reason) == (0, "no_rate")


def test_records_are_a_chain_that_can_be_worked_out_again(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(StoreCdr(cdr(number)) for number in (1, 3, 2)))
        store = open_store(path)
        previous = FIRST
        for number in (1, 3, 2):
            details = call_details(store, f"oficina-{number}")
            assert details is not None
            assert details.previous_hash == previous
            assert details.hash == record_hash(previous, cdr(number), details.charge)
            previous = details.hash


def test_everything_put_twice_is_there_once(path: Path) -> None:
    with writing(path) as to:
        to.durable(*one_of_each())
    once = dump(path)
    store = Store(path, OFFICE, lambda: NOW)
    store.attach(1)
    store.committed = 0  # as if the number of the last durable effect were not known
    store.start()
    again = Writing(store)
    again.durable(*one_of_each())
    store.stop(60)
    assert dump(path) == once


def test_what_is_durable_is_passed_over_by_its_number(path: Path) -> None:
    with writing(path) as to:
        to.durable(*one_of_each())
    with writing(path) as to:
        assert to.store.committed == len(one_of_each())
        to.number = 0
        to.put(StoreCdr(cdr(99)))
        assert to.store.pending == 0
    assert call_details(open_store(path), "oficina-99") is None


def test_another_history_begins_its_numbers_anew(path: Path) -> None:
    with writing(path, epoch=1) as to:
        to.durable(StoreDecision(decision(1)), agent_state(1, "ready"))
    with writing(path, epoch=2) as to:
        assert to.store.committed == 0
        to.durable(StoreDecision(decision(1, "oficina-2")), agent_state(1, "not_ready", "cafe"))
        store = open_store(path)
    assert [one.call for one in decisions(store)] == ["oficina-2", "oficina-1"]
    assert [one.state for one in agent_history(store, "ana")] == ["not_ready", "ready"]


def test_a_heartbeat_is_gone_when_its_call_is_stored_and_does_not_come_back(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreOpenCall(cdr(1)), StoreOpenCall(cdr(2)), StoreCdr(cdr(1)), StoreOpenCall(cdr(1)))
        assert [row[0] for row in open_store(path).execute("select call from open_calls")] == ["oficina-2"]


def test_the_worklist_has_one_open_item_a_number(path: Path) -> None:
    number = "+34600111222"
    with writing(path) as to:
        to.durable(*(StoreWorklistItem(number, CallId(f"oficina-{n}"), QUEUE, "abandoned", n) for n in (1, 2, 3)))
        store = open_store(path)
        (item,) = worklist(store)
        assert (item.attempts, item.first_at, item.last_at, item.last_call) == (3, 1, 3, "oficina-3")
        to.durable(CloseStoredWorklistItem(number, 10, "ana", "reached"))
        assert worklist(store) == []
        assert [(one.closed_by, one.result) for one in worklist(store, closed=True)] == [("ana", "reached")]
        to.durable(StoreWorklistItem(number, CallId("oficina-4"), None, "closed", 20))
        assert [one.attempts for one in worklist(store)] == [1]


def test_a_wrap_up_is_told_more_than_once_and_keeps_the_longest_and_the_last_disposition(path: Path) -> None:
    call = CallId("oficina-1")
    with writing(path) as to:
        to.durable(StoreCdr(cdr(1)))
        to.durable(
            StoreWrapUp(call, ANA, 0, "venta"), StoreWrapUp(call, ANA, 8_000), StoreWrapUp(call, ANA, 0, "queja")
        )
        (row,) = calls(open_store(path))
    assert (row.wrap_up_ms, row.disposition) == (8_000, "queja")


def test_the_outbox_is_filled_only_for_a_cloud_and_never_uses_an_id_twice(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreCdr(cdr(1)), agent_state(1, "ready"))
        store = open_store(path)
        assert [(row.kind, row.key) for row in outbox(store)] == [("call", "oficina-1"), ("agent_state", "1-1")]
        assert outbox(store, after_id=1)[0].id == 2
        to.store.forget_outbox(2)
        wait_for("the outbox is empty", lambda: outbox(store) == [])
        to.durable(StoreCdr(cdr(2)))
        assert [row.id for row in outbox(store)] == [3] == [last_outbox_id(store)]
    with writing(path, replace(OFFICE, has_cloud=False)) as to:
        to.durable(StoreCdr(cdr(3)))
        assert last_outbox_id(open_store(path)) == 3


def test_an_outbox_whose_cloud_never_comes_is_cut_now_and_then_and_says_so_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with writing(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute(
            """with recursive row(id) as (select 1 union all select id + 1 from row where id < ?)
               insert into outbox (id, kind, key, payload, created_at) select id, 'call', 'x', '{}', 1 from row""",
            (MAX_OUTBOX_ROWS,),
        )
    with writing(path) as to, caplog.at_level(logging.ERROR):
        for number in range(1, 11):
            to.durable(StoreCdr(cdr(number)))
        (rows,) = open_store(path).execute("select count(*) from outbox").fetchone()
        newest = open_store(path).execute("select key from outbox order by id desc limit 1").fetchone()[0]
    assert MAX_OUTBOX_ROWS * 98 // 100 < rows <= MAX_OUTBOX_ROWS
    assert newest == "oficina-10"
    assert caplog.text.count("the outbox has more than") == 1


def test_recordings_of_a_call_are_listed(path: Path) -> None:
    made = StoreRecording(RecordingName("2026/11/22/oficina-1.wav"), CallId("oficina-1"), 60_000, 960_044, "call")
    with writing(path) as to:
        to.durable(made)
        (row,) = recordings(open_store(path), "oficina-1")
    assert (row.recording, row.duration_ms, row.size_bytes) == (made.recording, 60_000, 960_044)


def test_an_effect_the_database_refuses_is_set_aside_and_the_others_are_kept(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    impossible = cdr(2, talk_ms=2**70)
    with writing(path) as to, caplog.at_level(logging.CRITICAL):
        to.durable(StoreCdr(cdr(1)), StoreCdr(impossible), StoreCdr(cdr(3)))
        store = open_store(path)
        assert [row.call for row in calls(store)] == ["oficina-3", "oficina-1"]
        assert to.store.refused == 1
        (kept,) = [row[0] for row in store.execute("select effect from refused_effects")]
    assert msgspec.json.decode(kept, type=StoreEffect) == StoreCdr(impossible)
    assert "oficina-2" in caplog.text


def test_another_call_with_a_used_id_is_not_lost_in_silence(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreCdr(cdr(1)), StoreCdr(cdr(1, caller="+34999")))
        (why,) = [row[0] for row in open_store(path).execute("select error from refused_effects")]
    assert "oficina-1 is stored already" in why


def test_a_full_disk_is_shown_and_nothing_is_lost_when_there_is_room_again(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreCdr(cdr(1)))
        wal = path.with_name(path.name + "-wal").stat().st_size
        with no_room(wal):
            to.put(*(StoreCdr(cdr(number)) for number in range(2, 100)))
            wait_for("the error is shown", lambda: "cannot be written" in to.store.error)
            assert to.store.pending == 98
            assert to.store.not_durable()[0].effect == StoreCdr(cdr(2))
        to.wait()
        wait_for("the error is gone", lambda: to.store.error == "")
        assert len(calls(open_store(path), 200)) == 99


def test_what_waits_for_the_disk_is_bounded_and_spares_what_counts(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not started: a disk that takes nothing at all."""
    store = Store(path, OFFICE, lambda: NOW)
    store.attach(1)
    to = Writing(store)
    for number in range(1, MAX_PENDING // 4 + 1):
        to.put(*(StoreOpenCall(cdr(number, talk_ms=beat)) for beat in range(4)), StoreDecision(decision(number)))
        to.put(StoreCdr(cdr(number)))
    kept = [one.effect for one in store.not_durable()]
    assert len(kept) <= MAX_PENDING + MAX_PENDING // 20
    assert sum(isinstance(effect, StoreCdr) for effect in kept) == MAX_PENDING // 4
    assert store.dropped > 0
    with caplog.at_level(logging.CRITICAL):
        to.put(*(StoreCdr(cdr(number)) for number in range(MAX_PENDING, 2 * MAX_PENDING)))
    assert len(store.not_durable()) <= MAX_PENDING + MAX_PENDING // 20
    assert "given up" in caplog.text
    assert '"StoreCdr"' in caplog.text, "what is given up is in the log in full"


def test_a_store_of_a_newer_version_is_refused(path: Path) -> None:
    with writing(path):
        pass
    with sqlite3.connect(path) as db:
        db.execute(f"pragma user_version = {SCHEMA_VERSION + 1}")
        set_number(db, OLDEST, SCHEMA_VERSION + 1)
    with pytest.raises(StoreError, match="newer version"):
        Store(path, OFFICE, lambda: NOW)


def test_a_file_that_is_no_store_is_refused_by_name(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(StoreError, match=r"centralita\.sqlite3"):
        Store(path, OFFICE, lambda: NOW)


def test_the_writer_survives_a_stop_with_a_full_queue(path: Path) -> None:
    with writing(path) as to:
        to.put(*(StoreCdr(abandoned(number, 9_000)) for number in range(1, 1_500)))
    assert len(calls(open_store(path), 2_000)) == 1_499


def test_callers_numbers_are_read_by_the_group_and_nobody_else(path: Path) -> None:
    """Whatever the umask: in all of SQLite's files."""
    before = os.umask(0o022)
    try:
        with writing(path) as to:
            to.durable(StoreCdr(cdr(1)))
            modes = {file.name: oct(file.stat().st_mode & 0o777) for file in path.parent.glob(f"{path.name}*")}
    finally:
        os.umask(before)
    assert modes == {f"{path.name}{more}": "0o640" for more in ("", "-wal", "-shm")}


def test_the_writer_goes_on_after_a_fault_that_nobody_thought_of(path: Path) -> None:
    faults = iter(range(3))

    def utc_ms() -> int:
        if next(faults, None) is not None:
            raise RuntimeError("nobody thought of this")
        return NOW

    store = Store(path, OFFICE, utc_ms)
    store.attach(1)
    store.start()
    Writing(store).durable(StoreCdr(cdr(1)))
    assert store.stop(60.0)
    assert [row.call for row in calls(open_store(path))] == ["oficina-1"]
