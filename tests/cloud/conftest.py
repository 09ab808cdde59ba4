"""A box's store with an outbox, and a cloud to send it to."""

import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.configuration.file import Box, Cloud, Configuration
from appliance.daemon.migrations import migrate
from appliance.daemon.store_writes import Office, write
from tests.cloud.postgres import ADDRESS, Postgres
from tests.cloud.records import effects
from tests.conftest import free_port


@pytest.fixture(scope="session")
def server() -> Iterator[Postgres]:
    made = Postgres(free_port(ADDRESS, socket.SOCK_STREAM))
    made.start()
    yield made
    made.close()


@pytest.fixture
def cloud(server: Postgres) -> Iterator[Postgres]:
    """The server with nothing in it, whatever the test before left of it."""
    if not server.runs:
        server.start()
    server.run("drop schema public cascade; create schema public")
    yield server


class BoxStore:
    """The store of a box as the ACD writes it, with every effect also in the outbox."""

    def __init__(self, data_dir: Path, box: str = "oficina") -> None:
        data_dir.mkdir(parents=True, exist_ok=True)
        self.path = data_dir / "centralita.sqlite3"
        self._db = sqlite3.connect(self.path, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        migrate(self._db, self.path)
        self._office = Office(box=box, has_cloud=True)

    def fill(self, first: int, last: int) -> None:
        """The effects of calls `first` to `last`: four outbox rows a call."""
        with self._db:
            self._db.execute("begin")
            for number in range(first, last + 1):
                for effect in effects(number):
                    write(self._db, 1, self._office, [effect], 1_764_000_000_000 + number)

    def put(self, kind: str, key: str, payload: str) -> None:
        values = (kind, key, payload)
        self._db.execute("insert into outbox (kind, key, payload, created_at) values (?, ?, ?, 1)", values)

    def forget(self, last_id: int) -> None:
        """As the ACD does when it is told that the cloud has them."""
        self._db.execute("delete from outbox where id <= ?", (last_id,))

    def ids(self) -> list[int]:
        return [row[0] for row in self._db.execute("select id from outbox order by id")]

    def close(self) -> None:
        self._db.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[BoxStore]:
    store = BoxStore(tmp_path / "data")
    yield store
    store.close()


@pytest.fixture
def configuration(cloud: Postgres, tmp_path: Path) -> Configuration:
    folders = Box(data_dir=str(tmp_path / "data"), run_dir=str(tmp_path / "run"))
    return Configuration(box=folders, cloud=Cloud(dsn=cloud.dsn, interval_s=0.1))
