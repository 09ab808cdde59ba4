"""A store copied while it is written, looked at, and made ready to begin another life."""

import os
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from appliance.backup.errors import BackupError, of_disk
from appliance.backup.manifest import Facts
from appliance.daemon.migrations import needed_schema
from appliance.daemon.numbers import number, set_number

MEGABYTE = 1_000_000
ROOM_TO_SPARE = 32 * MEGABYTE
"""What a backup or a restore leaves free beyond what it writes: the store's own log needs some."""
NUMBERS_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_BY_CHANCE = 1_000_000_000


def copy_store(store: Path, target: Path) -> None:
    """A consistent copy of a store that may be written meanwhile, in one step: writers of WAL are not held up
    (sqlite.org/backup.html). Raises BackupError."""
    target.unlink(missing_ok=True)
    if not store.exists():
        raise BackupError("no_store", {"path": str(store)})
    see_room(target.parent, store.stat().st_size + _size(store.with_name(f"{store.name}-wal")))
    os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with _opened(store) as source, sqlite3.connect(target) as copy:
            copy.execute("pragma synchronous = off")
            copy.execute("pragma journal_mode = off")
            source.backup(copy, pages=-1)
            copy.execute("pragma journal_mode = delete")
        source.close()
        copy.close()
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        raise _of_sqlite(error, store, target.parent) from error


def _opened(store: Path) -> sqlite3.Connection:
    """To read. Where nobody writes and this user may make no files beside it, the file alone is all there is."""
    where = f"{store.absolute().as_uri()}?mode=ro"
    try:
        connection = sqlite3.connect(where, uri=True, timeout=10.0, isolation_level=None)
        connection.execute("select 1 from sqlite_master limit 1")
        return connection
    except sqlite3.OperationalError:
        if store.with_name(f"{store.name}-wal").exists():
            raise
        return sqlite3.connect(f"{where}&immutable=1", uri=True, isolation_level=None)


def facts_of(store: Path) -> Facts:
    """Of a store nobody writes now. Raises BackupError when it is none."""
    db = None
    try:
        db = _opened(store)
        last = db.execute("select record, hash, call, ended_at from calls order by record desc limit 1").fetchone()
        record, digest, call, ended = last or (0, "", "", 0)
        (calls,) = db.execute("select count(*) from calls").fetchone()
        return Facts(needed_schema(db), calls, record, digest, call, ended, number(db, "last_call"))
    except sqlite3.Error as error:
        raise BackupError("store_damaged", {"path": str(store), "reason": str(error)}) from error
    finally:
        _close(db)


def see_sound(store: Path) -> None:
    """Every page, index and row is as SQLite left it. Raises BackupError."""
    db = None
    try:
        db = _opened(store)
        said = [row[0] for row in db.execute("pragma integrity_check(3)")]
    except sqlite3.Error as error:
        said = [str(error)]
    finally:
        _close(db)
    if said != ["ok"]:
        raise BackupError("store_damaged", {"path": str(store), "reason": "; ".join(said)})


def begin_another_life(store: Path, made_utc_ms: int, now_utc_ms: int, given_number: int) -> None:
    """A restored store goes on where nothing was ever given out, though nobody knows how far the lost one went.

    Numbers of calls, lives of the ACD and epochs go on further by the seconds since 2024: a box gives out fewer than
    one a second over any time between two restores, so that each restore of the same file, too, begins beyond the
    last. With a clock that is plainly wrong, before the backup was made, chance is added. Messages that were to be sent
    are given up: they went long ago, or may have, and none is sent twice. Raises BackupError.
    """
    since = NUMBERS_BEGIN.timestamp()
    beyond = max(0, int(max(now_utc_ms, made_utc_ms) / 1000 - since))
    if now_utc_ms < made_utc_ms:
        beyond += secrets.randbelow(_BY_CHANCE)
    try:
        db = sqlite3.connect(store, isolation_level=None)
        try:
            db.execute("pragma synchronous = full")
            db.execute("begin immediate")
            set_number(db, "last_call", max(number(db, "last_call"), given_number) + beyond)
            for name in ("incarnation", "epoch"):
                set_number(db, name, number(db, name) + beyond)
            set_number(db, "applied", 0)
            if db.execute("select 1 from sqlite_master where name = 'messages'").fetchone():
                db.execute(
                    "update messages set state = 'failed', cause = 'box_restored', changed_at_utc_ms = ? "
                    "where direction = 'out' and state in ('queued', 'sending')",
                    (now_utc_ms,),
                )
            db.execute("commit")
        finally:
            db.close()
    except sqlite3.Error as error:
        raise _of_sqlite(error, store, store.parent) from error


def calls_beyond(store: Path, backup: Facts) -> int:
    """How many calls this store has that the backup has not: the newer ones, or all where it is another history."""
    db = None
    try:
        db = _opened(store)
        same = True
        if backup.last_record:
            row = db.execute("select hash from calls where record = ?", (backup.last_record,)).fetchone()
            same = row is not None and row[0] == backup.last_hash
        after = backup.last_record if same else 0
        return int(db.execute("select count(*) from calls where record > ?", (after,)).fetchone()[0])
    except sqlite3.Error as error:
        raise BackupError("store_damaged", {"path": str(store), "reason": str(error)}) from error
    finally:
        _close(db)


def see_room(folder: Path, wanted_bytes: int) -> None:
    """Raises BackupError when so much and some to spare does not fit there."""
    status = os.statvfs(folder)
    free = status.f_bavail * status.f_frsize
    wanted = wanted_bytes + ROOM_TO_SPARE
    if free < wanted:
        values = {"path": str(folder), "wanted": str(-(-wanted // MEGABYTE)), "free": str(free // MEGABYTE)}
        raise BackupError("no_room", values)


def _of_sqlite(error: sqlite3.Error, store: Path, folder: Path) -> BackupError:
    if "full" in str(error):
        return of_disk(OSError(28, "No space left on device"), folder)
    return BackupError("store_damaged", {"path": str(store), "reason": str(error)})


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _close(db: sqlite3.Connection | None) -> None:
    if db is not None:
        db.close()
