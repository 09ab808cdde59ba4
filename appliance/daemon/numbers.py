"""The single numbers of the store, by name: epoch, applied, incarnation, last_call, night_mode, and what was pruned."""

import sqlite3

Number = str
"""A name in the table `numbers`."""


def number(db: sqlite3.Connection, name: Number, default: int = 0) -> int:
    row = db.execute("select value from numbers where name = ?", (name,)).fetchone()
    return default if row is None else int(row[0])


def set_number(db: sqlite3.Connection, name: Number, value: int) -> None:
    db.execute(
        "insert into numbers (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
        (name, value),
    )
