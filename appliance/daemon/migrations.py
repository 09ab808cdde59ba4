"""Brings a store of any age up to the present schema, and takes one from the future that says it may be taken."""

import sqlite3
from pathlib import Path

from appliance.daemon.numbers import number, set_number

SCHEMA_VERSION = 14
"""How many migrations `schema` has; kept in the file's `user_version`, so that a look costs nothing."""
OLDEST_SCHEMA = 14
"""The oldest schema whose version can still write and read a store of this one; kept in `numbers`.

An update of a box is tried, and undone when it is not well: the version from before must then go on with the store
that the newer one has changed, and with every call and charge stored meanwhile, which no copy made before would have.
So migrations only add (tables; columns that may be null or have a default), which versions that name their columns do
not see, and this number stays. What takes something away comes in a later version than the one that stopped using it:
then this number is raised to that one's schema, and older boxes refuse the update (appliance/update/bundle.py).
"""
OLDEST = "oldest_schema"
"""Its name in `numbers`."""


class StoreError(Exception):
    """The store cannot be used. The message names the file, what is wrong and what to do."""


def migrate(connection: sqlite3.Connection, path: Path) -> bool:
    """Apply what is missing; True when anything was. Raises StoreError for a store of a newer version."""
    version = schema_version(connection)
    if version >= SCHEMA_VERSION:
        wrong = unusable(connection, path)
        if wrong:
            raise StoreError(wrong)
        return False
    # Only now: importing sqlite-utils takes a third of a second, which a restart with calls up has not got.
    from sqlite_utils import Database

    from appliance.daemon.schema import migrations

    migrations.apply(Database(connection))
    set_number(connection, OLDEST, OLDEST_SCHEMA)
    connection.commit()
    connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
    connection.commit()
    return True


def unusable(connection: sqlite3.Connection, path: Path) -> str:
    """Why this version cannot use the store: it is older, or newer without saying that this one may; "" when it can.

    Raises sqlite3.Error."""
    version = schema_version(connection)
    if version < SCHEMA_VERSION:
        return (
            f"{path}: made by an older version (schema {version}). Start the ACD of this one: it brings it up to date."
        )
    if version > SCHEMA_VERSION and needed_schema(connection) > SCHEMA_VERSION:
        return newer_schema(path, version)
    return ""


def needed_schema(connection: sqlite3.Connection) -> int:
    """What a version must know at least to use this store."""
    return number(connection, OLDEST, schema_version(connection))


def newer_schema(path: Path, version: int) -> str:
    return (
        f"{path}: made by a newer version (schema {version}; this one knows {SCHEMA_VERSION}). "
        "Install that version again, or restore a backup made by this one."
    )


def schema_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])
