"""The connection that writes the store: how it is opened, and which of its errors are the disk's."""

import sqlite3
from pathlib import Path
from typing import Literal

BUSY_S = 1.0
"""How long to wait for somebody else's lock; nobody else should write here, and we try again anyway."""
LOG_BYTES = 16_000_000
"""What SQLite's log may keep on the disk once its pages are in the file: a reader who held it up must not cost room
for ever."""


def connect(path: Path, mode: Literal["rwc", "rw"] = "rwc") -> sqlite3.Connection:
    """`rw` opens only a file that is there. A new one can give pages back: that has to be said before anything is in
    it, and only then, since saying it writes."""
    is_new = not path.exists() or path.stat().st_size == 0
    where = f"{path.absolute().as_uri()}?mode={mode}"
    db = sqlite3.connect(where, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    if is_new:
        db.execute("pragma auto_vacuum = incremental")
    db.execute("pragma journal_mode = wal")
    db.execute(f"pragma journal_size_limit = {LOG_BYTES}")
    db.execute("pragma synchronous = full")
    db.execute("pragma temp_store = memory")
    return db


def of_the_disk(error: Exception) -> bool:
    """Whether trying again may help; otherwise the effect itself is at fault and would fail for ever."""
    if isinstance(error, sqlite3.OperationalError | sqlite3.InternalError):
        return True
    return type(error) is sqlite3.DatabaseError  # a damaged file
