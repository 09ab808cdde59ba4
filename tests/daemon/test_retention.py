"""What is old goes in small slices, the file shrinks, and nothing else is touched, whatever the clock says."""

import random
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from msgspec.json import encode

from appliance.acd.effects import Candidate, StoreCdr, StoreDecision, StoreOpenCall, StoreWorklistItem, StoreWrapUp
from appliance.acd.ids import AgentName, CallId
from appliance.configuration.file import ConfigurationError
from appliance.daemon.journal import NumberedStoreEffect
from appliance.daemon.numbers import number, set_number
from appliance.daemon.queries import agent_history, call_details, decisions, open_store, outbox
from appliance.daemon.retention import (
    DAY_MS,
    LOOK_EVERY_S,
    SLICE_PAGES,
    SLICE_ROWS,
    Keep,
    Pruner,
    prune,
    shrink,
)
from appliance.daemon.settings import read_settings
from appliance.daemon.store import Store
from tests.daemon.acd_process import ROOT, office
from tests.daemon.records import ANA, OFFERED_AT, QUEUE, agent_state, cdr, decision
from tests.daemon.stores import NOW, OFFICE, Writing, writing
from tests.waiting import wait_for

KEEP = Keep(decisions_days=400, late_decisions_days=30, agent_states_days=100)
UNTOUCHED = "calls legs segments wrap_ups open_calls recordings worklist worklist_calls customers outbox agents_durable"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "centralita.sqlite3"


def at(number_: int, at_utc_ms: int, kind: str = "ring") -> StoreDecision:
    return StoreDecision(msgspec.structs.replace(decision(number_), at_utc_ms=at_utc_ms, kind=kind))


def fill(to: Writing, count: int) -> None:
    """With old decisions, no more at a time than the store lets wait."""
    for first in range(1, count, 5_000):
        to.durable(*(at(n, OFFERED_AT) for n in range(first, first + 5_000)))


def writer(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def numbers_left(path: Path) -> list[int]:
    return sorted(one.number for one in decisions(open_store(path), limit=10_000))


def test_each_kind_goes_at_its_own_age_and_not_a_day_before(path: Path) -> None:
    with writing(path) as to:
        to.durable(
            at(1, OFFERED_AT),
            at(2, OFFERED_AT + 2 * DAY_MS),
            at(3, OFFERED_AT + 370 * DAY_MS, "late"),
            at(4, OFFERED_AT + 372 * DAY_MS, "late"),
            *(agent_state(n, "ready") for n in (1, 2)),
        )
    db = writer(path)
    while prune(db, KEEP, OFFERED_AT + 99 * DAY_MS):
        pass
    assert (numbers_left(path), len(agent_history(open_store(path)))) == ([1, 2, 3, 4], 2)
    while prune(db, KEEP, OFFERED_AT + 401 * DAY_MS):
        pass
    assert (numbers_left(path), agent_history(open_store(path))) == ([2, 4], [])


def test_nothing_but_decisions_and_states_is_ever_touched(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreDecision(decision(1)), StoreCdr(cdr(1)), StoreWrapUp(CallId("oficina-1"), ANA, 9_000, "venta"))
        to.durable(StoreOpenCall(cdr(2)), StoreWorklistItem("+34911", CallId("oficina-3"), QUEUE, "abandoned", 77))
        to.durable(agent_state(1, "ready"), agent_state(2, "talking", call="oficina-1"))
        before = {table: table_rows(path, table) for table in UNTOUCHED.split()}
        waiting = outbox(open_store(path))
    db = writer(path)
    while prune(db, KEEP, NOW + 4_000 * DAY_MS):
        pass
    assert numbers_left(path) == []
    assert {table: table_rows(path, table) for table in UNTOUCHED.split()} == before
    assert outbox(open_store(path)) == waiting, "what waits for the cloud is a copy and stays"
    details = call_details(open_store(path), "oficina-1")
    assert details is not None
    assert (details.row.charge_micros, details.decisions) == (74_000, ())


def table_rows(path: Path, table: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as db:
        return db.execute(f"select * from {table} order by rowid").fetchall()


def test_a_slice_is_bounded_and_the_next_goes_on(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(at(n, OFFERED_AT) for n in range(1, 2 * SLICE_ROWS + 11)))
    db = writer(path)
    gone = [prune(db, KEEP, OFFERED_AT + 401 * DAY_MS) for _ in range(4)]
    assert gone == [SLICE_ROWS, SLICE_ROWS, 10, 0]


def test_the_file_gets_smaller_but_keeps_room_for_tomorrow(path: Path) -> None:
    with writing(path) as to:
        fill(to, 40_000)
    db = writer(path)
    full = path.stat().st_size
    while prune(db, KEEP, OFFERED_AT + 401 * DAY_MS):
        pass
    slices = []
    while pages := shrink(db):
        slices.append(pages)
    assert slices[:3] == [SLICE_PAGES] * 3
    assert max(slices) == SLICE_PAGES
    given_back = sum(slices)
    db.execute("pragma wal_checkpoint(truncate)").fetchall()
    assert given_back > 500
    assert path.stat().st_size <= full - given_back * 4_096
    assert db.execute("pragma freelist_count").fetchone()[0] == 256
    assert db.execute("pragma integrity_check").fetchone()[0] == "ok"


def test_an_older_store_keeps_its_pages_and_is_pruned_all_the_same(tmp_path: Path) -> None:
    """Made without a map of its pages, as every store before schema 4 was."""
    path = tmp_path / "old.sqlite3"
    db = writer(path)
    db.execute("create table decisions (epoch int, number int, at_utc_ms int, kind text, primary key (epoch, number))")
    db.execute("create table agent_states (epoch int, number int, at_utc_ms int, primary key (epoch, number))")
    db.execute("create table numbers (name text primary key, value int)")
    db.execute("insert into decisions values (1, 1, ?, 'ring')", (OFFERED_AT,))
    assert prune(db, KEEP, OFFERED_AT + 401 * DAY_MS) == 1
    assert shrink(db) == 0


def test_what_was_pruned_is_known(path: Path) -> None:
    with writing(path) as to:
        to.durable(at(1, OFFERED_AT), at(2, OFFERED_AT + 7), at(3, OFFERED_AT + DAY_MS))
    db = writer(path)
    prune(db, KEEP, OFFERED_AT + 400 * DAY_MS + 8)
    assert (number(db, "decisions_pruned_to"), number(db, "decisions_kept_days")) == (OFFERED_AT + 7, 400)


def begin_from(path: Path, as_of: int) -> None:
    """Age has been counted to this moment before."""
    with sqlite3.connect(path) as db:
        set_number(db, "pruned_as_of", as_of)


class Hours:
    """A steady clock, moved by hand."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def test_the_pruner_looks_each_hour_and_goes_on_each_second_while_there_is_something(path: Path) -> None:
    with writing(path) as to:
        to.durable(*(at(n, OFFERED_AT) for n in range(1, SLICE_ROWS + 2)))
    db, hours = writer(path), Hours()
    pruner = Pruner(hours)
    late = OFFERED_AT + 401 * DAY_MS
    set_number(db, "pruned_as_of", late)
    waits = []
    for _ in range(4):
        waits.append(pruner.wait_s())
        hours.s += pruner.wait_s()
        pruner.run(db, KEEP, late)
    assert waits == [60.0, 1.0, 1.0, LOOK_EVERY_S]


def test_the_writer_prunes_between_its_batches_and_when_nothing_happens(path: Path) -> None:
    later = OFFERED_AT + 401 * DAY_MS
    with writing(path) as to:
        to.durable(*(at(n, OFFERED_AT) for n in range(1, 3 * SLICE_ROWS)), at(9_000, later))
    begin_from(path, later)
    store = Store(path, OFFICE, lambda: later, Pruner(first_look_s=0.0, slice_every_s=0.0))
    store.attach(1)
    store.start()
    to = Writing(store)
    to.number = 100_000
    to.durable(StoreCdr(cdr(7)))
    wait_for("what is old is gone", lambda: numbers_left(path) == [9_000])
    assert store.stop(60)
    assert call_details(open_store(path), "oficina-7") is not None


PRUNING = """
import os, signal, sys, time
from pathlib import Path
from appliance.daemon.retention import Pruner
from appliance.daemon.settings import read_settings
from appliance.daemon.store import Store
from tests.daemon.stores import OFFICE
store = Store(Path(sys.argv[1]), OFFICE, lambda: int(sys.argv[2]), Pruner(first_look_s=0.0, slice_every_s=0.0))
store.attach(1)
store.start()
time.sleep(float(sys.argv[3]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_in_the_middle_of_pruning_loses_nothing_else(path: Path) -> None:
    """Killed at random moments until all that is old is gone; at every one the store is whole."""
    chance = random.Random(11)
    later = OFFERED_AT + 401 * DAY_MS
    young = [10_001, 10_002]
    with writing(path) as to:
        fill(to, 10_000)
        to.durable(*(at(n, later) for n in young))
        to.durable(*(StoreCdr(cdr(n)) for n in range(1, 200)), *(agent_state(n, "ready") for n in range(1, 5_000)))
    begin_from(path, later)
    kept = {table: table_rows(path, table) for table in UNTOUCHED.split()}
    kills = 0
    while set(numbers_left(path)) != set(young) and kills < 200:
        # It kills itself, so that a test that gets no time at that moment does not come too late.
        after_s = chance.uniform(0.0, 0.03)
        argv = [sys.executable, "-c", PRUNING, str(path), str(later), str(after_s)]
        assert subprocess.run(argv, cwd=ROOT, check=False).returncode == -signal.SIGKILL
        kills += 1
        left = numbers_left(path)
        assert left[-2:] == young
        assert left == list(range(10_003 - len(left), 10_003)), "whole slices from the oldest on, and nothing else"
        with sqlite3.connect(path) as db:
            assert db.execute("pragma integrity_check").fetchone()[0] == "ok"
    assert kills > 1
    assert {table: table_rows(path, table) for table in UNTOUCHED.split()} == kept


def test_a_decision_is_given_back_as_it_was_and_small(path: Path) -> None:
    seen = (
        Candidate(AgentName("ana"), "ready", "", 12_345, True, 7),
        Candidate(AgentName("luis"), "talking", "talking", 0, False),
        Candidate(AgentName("eva"), "ready", "", 0, False),
        Candidate(AgentName("paco"), "ready", "tier", 0, False),
        Candidate(AgentName("old"), "ready", "", 2**40, False, 2**33),
    )
    whole = [msgspec.structs.replace(decision(n), candidates=seen[:n]) for n in range(6)]
    with writing(path) as to:
        to.durable(*(StoreDecision(one) for one in whole))
        to.durable(StoreDecision(msgspec.structs.replace(decision(7), candidates=seen)))
    store = open_store(path)
    assert decisions(store, "oficina-1")[:6] == whole
    bytes_, texts = store.execute("select sum(length(packed)), sum(length(candidates)) from decisions").fetchone()
    assert texts == 0
    assert bytes_ * 8 < sum(len(encode(one.candidates)) for one in whole)
    assert store.execute("select count(*) from words").fetchone()[0] == 9


def test_decisions_of_an_older_schema_are_still_told(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreDecision(decision(1)))
    with sqlite3.connect(path) as db:
        db.execute("update decisions set packed = null, candidates = ?", (encode(decision(1).candidates).decode(),))
    assert decisions(open_store(path), "oficina-1") == [decision(1)]


def test_a_store_of_schema_3_is_brought_up_to_date_as_it_is(path: Path) -> None:
    with writing(path) as to:
        to.durable(StoreDecision(decision(1)), StoreCdr(cdr(1)))
    with sqlite3.connect(path) as db:
        db.execute("update decisions set candidates = ?", (encode(decision(1).candidates).decode(),))
        db.execute("drop table words")
        db.execute("drop index late_decisions")
        db.execute("alter table decisions drop column packed")
        for column in ("callback_place_utc_ms", "callback_tries"):
            db.execute(f"alter table worklist drop column {column}")
        db.execute("delete from _sqlite_migrations where name like 'm004%' or name like 'm005%'")
        db.execute("pragma user_version = 3")
    with writing(path) as to:
        to.store.put(NumberedStoreEffect(99, StoreDecision(decision(2))))
        wait_for("it is written", lambda: numbers_left(path) == [1, 2])


def test_how_long_is_the_configurations(tmp_path: Path) -> None:
    keys = "keep_decisions_days = 7\nkeep_late_decisions_days = 2\nkeep_agent_states_days = 9\nkeep_messages_days = 10"
    assert read_settings(office(tmp_path / "set", more_box=keys)).office.keep == Keep(7, 2, 9, 10)
    assert read_settings(office(tmp_path / "left out")).office.keep == Keep(400, 30, 400, 400)
    with pytest.raises(ConfigurationError, match="keep_decisions_days"):
        read_settings(office(tmp_path / "wrong", more_box="keep_decisions_days = 0"))
    with pytest.raises(ConfigurationError, match="keep_messages_days"):
        read_settings(office(tmp_path / "too short", more_box="keep_messages_days = 7"))
