"""A store that a newer version has changed, after an update was undone: the version from before goes on with it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from appliance.acd.effects import StoreCdr
from appliance.daemon.migrations import OLDEST, SCHEMA_VERSION, StoreError
from appliance.daemon.numbers import number, set_number
from appliance.daemon.queries import StoreMissing, calls, open_store
from appliance.daemon.short_writes import JobRefused, store_for_job
from appliance.daemon.store import Store
from tests.daemon.records import cdr
from tests.daemon.stores import NOW, OFFICE, writing

FUTURE = """
alter table calls add column mood text;
alter table legs add column loudness integer not null default 0;
create table moods (mood text primary key, words text not null);
create index calls_by_mood on calls (mood);
"""
"""What a newer version's migration may do: add."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data/centralita.sqlite3"


@contextmanager
def changed_by_a_newer_version(path: Path, oldest: int | None) -> Iterator[sqlite3.Connection]:
    """Migrated as that version's `migrate` does it; `oldest` None: one from before this was said."""
    with closing(sqlite3.connect(path)) as db:
        db.executescript(FUTURE)
        if oldest is not None:
            set_number(db, OLDEST, oldest)
        else:
            db.execute("delete from numbers where name = ?", (OLDEST,))
        db.execute(f"pragma user_version = {SCHEMA_VERSION + 1}")
        db.commit()
        yield db


def test_calls_of_before_and_after_the_update_and_after_its_undoing_are_all_there(path: Path) -> None:
    with writing(path) as store:
        store.put(StoreCdr(cdr(1)))
    with changed_by_a_newer_version(path, SCHEMA_VERSION) as newer:
        newer.execute("update calls set mood = 'calm'")
        newer.commit()
    with writing(path) as store:  # the version from before, again
        store.put(StoreCdr(cdr(2)))
    with closing(open_store(path)) as reading:
        assert len(calls(reading, 10)) == 2
    with store_for_job(path) as db:
        set_number(db, "health_checked", 1)
        db.commit()
        assert number(db, "health_checked") == 1
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("pragma user_version").fetchone()[0] == SCHEMA_VERSION + 1, "nothing is taken back"
        assert {row[0] for row in db.execute("select mood from calls")} == {"calm", None}
        assert db.execute("pragma integrity_check").fetchone()[0] == "ok"


@pytest.mark.parametrize("oldest", [None, SCHEMA_VERSION + 1])
def test_a_store_that_does_not_say_that_it_may_be_used_is_left_alone(path: Path, oldest: int | None) -> None:
    with writing(path):
        pass
    with changed_by_a_newer_version(path, oldest):
        pass
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer version"):
        Store(path, OFFICE, lambda: NOW)
    with pytest.raises(StoreMissing, match="newer version"):
        open_store(path)
    with pytest.raises(JobRefused, match="newer version"), store_for_job(path):
        pass
    assert path.read_bytes() == before


def test_a_new_store_says_which_versions_may_use_it(path: Path) -> None:
    with writing(path):
        pass
    with closing(sqlite3.connect(path)) as db:
        assert number(db, OLDEST) <= SCHEMA_VERSION
