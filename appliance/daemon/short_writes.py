"""How a job of the command line writes the store beside the ACD: looked at first, then written in a short transaction,
and never by what has changed in between.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from appliance.daemon.connection import connect
from appliance.daemon.migrations import unusable

T = TypeVar("T")
R = TypeVar("R")
BUSY_MS = 10_000
"""How long a job waits for the ACD's writer, which needs tens of milliseconds."""
CACHE_KIB = 32_000
LOOKS = 3
"""Then it is looked and written in one transaction, however long that takes."""


class JobRefused(Exception):
    """The store can not be read or written now. The message names the file, what is wrong and what to do; nothing of
    the transaction it happened in is stored."""


@contextmanager
def store_for_job(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that writes a store that is there and up to date. Raises JobRefused, also for every error of SQLite
    within."""
    db = None
    try:
        if not path.exists():
            raise JobRefused(f"{path}: there is no store. Start the ACD once, or give its configuration (--config).")
        db = connect(path, "rw")
        db.execute(f"pragma busy_timeout = {BUSY_MS}")
        db.execute(f"pragma cache_size = -{CACHE_KIB}")
        wrong = unusable(db, path)
        if wrong:
            raise JobRefused(wrong)
        yield db
    except (sqlite3.Error, OSError) as error:
        raise _refused(path, error) from error
    finally:
        if db is not None:
            db.close()


def _refused(path: Path, error: Exception) -> JobRefused:
    """What failed, and what to do about it, by SQLite's code."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    match code:
        case sqlite3.SQLITE_FULL:
            return JobRefused(
                f"{path}: {error}. Its disk is full: make room, and do this again. What was done before is kept, the "
                "rest is as it was."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return JobRefused(
                f"{path}: {error}. Something else has kept it locked: end that, and do this again. What was done "
                "before is kept, the rest is as it was."
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return JobRefused(
                f"{path}: {error}. This user may not write it: use root, or the user that the ACD runs as."
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return JobRefused(f"{path}: {error}. The file is damaged: restore a backup. Nothing was written.")
        case _:
            return JobRefused(
                f"{path}: {error}. Its disk takes or gives nothing: see that it has room and is well, and do this "
                "again. What was done before is kept, the rest is as it was."
            )


def write_shortly(db: sqlite3.Connection, look: Callable[[], T], write: Callable[[T], R]) -> R:
    """Write by what `look` found in the store, in a transaction that is as short as the writing. When somebody else has
    written in between it is looked again."""
    for _ in range(LOOKS):
        found, version = looked(db, look)
        with immediate(db):
            if data_version(db) == version:
                return write(found)
    with immediate(db):
        return write(look())


def looked(db: sqlite3.Connection, look: Callable[[], T]) -> tuple[T, int]:
    """What `look` finds, all of it at one moment, and that moment as a `data_version`."""
    db.execute("begin")
    try:
        version = data_version(db)
        return look(), version
    finally:
        db.execute("rollback")


@contextmanager
def immediate(db: sqlite3.Connection) -> Iterator[None]:
    """A transaction that writes: whole, or nothing of it."""
    db.execute("begin immediate")
    try:
        yield
        db.execute("commit")
    except BaseException:
        if db.in_transaction:
            db.execute("rollback")
        raise


def data_version(db: sqlite3.Connection) -> int:
    """Another number as soon as another connection has written (https://www.sqlite.org/pragma.html#pragma_data_version)."""
    return int(db.execute("pragma data_version").fetchone()[0])
