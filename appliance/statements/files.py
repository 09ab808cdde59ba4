"""Writes statements as files, each whole or not at all: into a temporary file beside it, synced, and renamed."""

import hashlib
import os
import re
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from appliance.acd.plan import Language
from appliance.billing.statements import Totals
from appliance.statements.proof import signature
from appliance.statements.statement import Progress, Statement, proof
from appliance.statements.texts import said

MAX_NAME = 60


class CannotWrite(Exception):
    """The message names the file; `error` says what the system said."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path}: {error}")
        self.path = path
        self.error = error.strerror or str(error)


@contextmanager
def written_whole(path: Path) -> Iterator[BinaryIO]:
    """A file to write to that stands at `path` once all of it is on the disk. Raises CannotWrite."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise CannotWrite(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def file_name(statement: Statement, ending: str, language: Language) -> str:
    """`extracto-Acme-2026-11.json`; a client whose name is no file's has some digits of its hash in it."""
    client = statement.head.client
    plain = re.sub(r"[^\w.-]+", "_", client).strip("._")[:MAX_NAME]
    if plain != client:
        plain += f"-{hashlib.sha256(client.encode()).hexdigest()[:6]}"
    so_far = "-so-far" if statement.head.so_far else ""
    return f"{said('file', language)}-{plain}-{statement.head.month}{so_far}.{ending}"


def json_parts(store: sqlite3.Connection, statement: Statement, tell: Progress) -> Iterator[bytes]:
    """The statement that proves itself, a part at a time. Raises LedgerError when the account does not hold."""
    for part in proof(store, statement.head, statement.seal, tell):
        if not isinstance(part, Totals):
            yield part
    yield signature(statement.signature)


def _sync(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
