"""Brings a store of any age up to the present schema, and refuses one from the future."""

import sqlite3
from pathlib import Path

SCHEMA_VERSION = 14
"""How many migrations `schema` has; kept in the file's `user_version`, so that a look costs nothing."""


class StoreError(Exception):
    """The store cannot be used. The message names the file, what is wrong and what to do."""


def migrate(connection: sqlite3.Connection, path: Path) -> bool:
    """Apply what is missing; True when anything was. Raises StoreError for a store of a newer version."""
    version = schema_version(connection)
    if version == SCHEMA_VERSION:
        return False
    if version > SCHEMA_VERSION:
        raise StoreError(newer_schema(path, version))
    # Only now: importing sqlite-utils takes a third of a second, which a restart with calls up has not got.
    from sqlite_utils import Database

    from appliance.daemon.schema import migrations

    migrations.apply(Database(connection))
    connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
    connection.commit()
    return True


def newer_schema(path: Path, version: int) -> str:
    return (
        f"{path}: made by a newer version (schema {version}; this one knows {SCHEMA_VERSION}). "
        "Install that version again, or restore a backup made by this one."
    )


def schema_version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])
