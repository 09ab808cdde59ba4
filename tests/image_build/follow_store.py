"""Runs inside a box: says which rows the store has on its disk, as soon as they are there, a line of JSON each.

A reader sees a transaction of SQLite's write-ahead log only after the writer's fsync of it has come back (synchronous
= FULL), so what is said here has been acknowledged by the store. It reads with the page's rights and its connection.

    {"table": …, "key": …, "sha256": …}     a row of a table whose rows never change, in full; at the start, each one
    {"calls": [[call, caller, offered_at, ended_at, end_reason, charge_micros], …]}   beside them, of `calls`
    {"open": [[call, caller, offered_at, ended_at], …]}     all calls that are up as the store would close them now
    {"utc_ms": …}                                           what time it is in here
    {"read": …, "integrity": …}                             every row there was at the start has been said
    {"control": …}                                          see `control`
"""

import hashlib
import json
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

STORE = Path("/var/lib/centralita/centralita.sqlite3")
CONTROL = Path("/var/lib/test-control/control.db")
LOOK_S = 0.05
KEYS = {
    "calls": "call",
    "legs": "call || '/' || position",
    "segments": "call || '/' || position",
    "ledger": "account || '/' || number",
    "worklist_calls": "call",
    "agent_states": "epoch || '/' || number",
}


def say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def follow() -> None:
    """The store, for good."""
    while not STORE.exists():
        time.sleep(LOOK_S)
    db = sqlite3.connect(f"{STORE.as_uri()}?mode=ro", uri=True, isolation_level=None)
    integrity = str(db.execute("pragma integrity_check(3)").fetchone()[0])
    last = dict.fromkeys(KEYS, 0)
    shown: list[list[Any]] = []
    first, version = True, -1
    while True:
        (now,) = db.execute("pragma data_version").fetchone()
        if now != version:
            version = now
            db.execute("begin")
            for table in KEYS:
                last[table] = _say_new(db, table, last[table])
            is_up = _open_calls(db)
            db.execute("commit")
            if is_up != shown:
                shown = is_up
                say(open=is_up)
        if first:
            say(read=sum(last.values()), integrity=integrity)
            first = False
        say(utc_ms=time.time_ns() // 1_000_000)
        time.sleep(LOOK_S)


def _say_new(db: sqlite3.Connection, table: str, after: int) -> int:
    """The number of the last row said."""
    facts = []
    for number, key, *row in db.execute(
        f"select rowid, {KEYS[table]}, * from {table} where rowid > ? order by rowid", (after,)
    ):
        after = number
        say(table=table, key=key, sha256=hashlib.sha256(repr(row).encode()).hexdigest()[:16])
        if table == "calls":
            facts.append(number)
    if facts:
        names = "call, caller, offered_at, ended_at, end_reason, charge_micros"
        say(calls=db.execute(f"select {names} from calls where rowid >= ? order by rowid", (facts[0],)).fetchall())
    return after


def _open_calls(db: sqlite3.Connection) -> list[list[Any]]:
    found = [json.loads(row[0]) for row in db.execute("select cdr from open_calls order by call")]
    return [[one["call"], one["caller"], one["offered_at"], one["ended_at"]] for one in found]


def control() -> None:
    """A writer that does not wait for the disk: what it says it has written is lost with the power, or the test that
    finds nothing lost of the store has seen nothing. Says first which numbers it has."""
    CONTROL.parent.mkdir(exist_ok=True)
    try:
        db = _control_db()
        kept = [row[0] for row in db.execute("select number from written order by number")]
    except sqlite3.DatabaseError:  # without fsync the file itself may not survive either
        for path in CONTROL.parent.iterdir():
            path.unlink()
        db, kept = _control_db(), []
    say(control="kept", numbers=kept[-2000:])
    number = max(kept, default=0)
    while True:
        number += 1
        db.execute("insert into written values (?, ?)", (number, "x" * 400))
        say(control="written", number=number)
        time.sleep(0.1)


def _control_db() -> sqlite3.Connection:
    db = sqlite3.connect(CONTROL, isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = off")
    db.execute("create table if not exists written (number integer primary key, text text) strict")
    return db


if __name__ == "__main__":
    control() if sys.argv[1:] == ["control"] else follow()
