"""Sends outbox rows to PostgreSQL, a batch a transaction, going on from where the cloud says it is.

The place is the cloud's own: `boxes.position` moves in the same transaction as the rows, so a batch is there whole or
not at all, whoever is killed and whenever. Only then is the ACD told that it may delete those rows; when it is not
told, nothing is sent twice, because the cloud says that it has them. The row at the position is remembered too: a box
whose store was restored from a backup has another row there, sends everything again, and nothing is doubled, because
each record is keyed by what it says of itself.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from appliance.cloud.schema import INSERTS, OTHER, SchemaError
from appliance.daemon.queries import OutboxRow, outbox

log = logging.getLogger(__name__)

BATCH_ROWS = 500
CONNECT_TIMEOUT_S = 10
STATEMENT_TIMEOUT_MS = 20_000
_LIMITS = {
    "connect_timeout": str(CONNECT_TIMEOUT_S),
    "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS} -c lock_timeout={STATEMENT_TIMEOUT_MS}",
    # A connection that died without a word is noticed within these, rather than in the kernel's quarter of an hour.
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}
"""Unless the configuration's DSN says otherwise."""


@dataclass(frozen=True)
class BoxIdentity:
    """Which box sends: an id that never changes, made at its first start, and the name of its configuration."""

    box_id: UUID
    name: str


@dataclass(frozen=True)
class Place:
    """The last outbox row the cloud has, by number and by what it was (`place_of`)."""

    position: int
    place: str


@contextlib.contextmanager
def connected(dsn: str) -> Iterator[psycopg.Connection]:
    """A connection to the cloud, each of its waits bounded. Raises psycopg.Error."""
    limits = {name: value for name, value in _LIMITS.items() if name not in conninfo_to_dict(dsn)}
    connection = psycopg.connect(make_conninfo(dsn, **limits), autocommit=True)
    try:
        yield connection
    finally:
        connection.close()


def introduce(cloud: psycopg.Connection, box: BoxIdentity) -> None:
    """Let the cloud know the box, and its present name."""
    cloud.execute(
        "insert into boxes (box_id, name) values (%s, %s) "
        "on conflict (box_id) do update set name = excluded.name where boxes.name <> excluded.name",
        (box.box_id, box.name),
    )


def send_batch(cloud: psycopg.Connection, store: sqlite3.Connection, box: BoxIdentity, limit: int = BATCH_ROWS) -> int:
    """Send the next rows; the id of the last one the cloud now has of those in the outbox, 0 when there was none.

    Returns after the cloud has committed. Raises psycopg.Error, SchemaError: nothing was sent.
    """
    with cloud.transaction():
        # The row stays locked until the commit: an earlier sender's last transaction, still on its way, is waited for.
        found = cloud.execute(
            "select position, place from boxes where box_id = %s for update", (box.box_id,)
        ).fetchone()
        if found is None:
            raise SchemaError("the cloud has forgotten this box; it will be introduced again")
        here = Place(*found)
        rows = outbox(store, resume_after(here, store), limit)
        if not rows:
            return here.position if outbox(store, 0, 1) else 0
        _insert(cloud, box, rows)
        cloud.execute(
            "update boxes set position = %s, place = %s, last_sent_at = now() where box_id = %s",
            (rows[-1].id, place_of(rows[-1]), box.box_id),
        )
    return rows[-1].id


def place_of(row: OutboxRow) -> str:
    return f"{row.created_at} {row.kind} {row.key}"


def resume_after(cloud: Place, store: sqlite3.Connection) -> int:
    """The outbox id to go on after: the cloud's position, or 0 when that was in another history of this box.

    Rows are deleted from the front only. So where there is any row up to the position, the row at the position must be
    there and be the one that was sent; else the store was replaced by an older copy and has gone on differently.
    """
    first = outbox(store, 0, 1)
    if not first or first[0].id > cloud.position:
        return cloud.position
    at_position = outbox(store, cloud.position - 1, 1)
    same = at_position and at_position[0].id == cloud.position and place_of(at_position[0]) == cloud.place
    if not same:
        log.warning("the cloud has another history of this box up to row %d: sending everything again", cloud.position)
    return cloud.position if same else 0


def _insert(cloud: psycopg.Connection, box: BoxIdentity, rows: Sequence[OutboxRow]) -> None:
    """All rows in their order; if the database refuses one, all but that one, which is kept as text."""
    try:
        with cloud.transaction(), cloud.cursor() as cursor:
            for kind, group in groupby(rows, key=lambda row: row.kind):
                cursor.executemany(INSERTS.get(kind, OTHER).encode(), [_values(box, row) for row in group])
    except (psycopg.DataError, psycopg.IntegrityError):
        for row in rows:
            _insert_or_keep(cloud, box, row)


def _insert_or_keep(cloud: psycopg.Connection, box: BoxIdentity, row: OutboxRow) -> None:
    try:
        with cloud.transaction():
            cloud.execute(INSERTS.get(row.kind, OTHER).encode(), _values(box, row))
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        said = str(error).splitlines()[0]
        log.error(
            "the cloud refuses outbox row %d (%s %s), which is kept as it is: %s", row.id, row.kind, row.key, said
        )
        cloud.execute(
            "insert into refused_rows (box_id, outbox_id, kind, key, payload, error) "
            "values (%(box_id)s, %(outbox_id)s, %(kind)s, %(key)s, %(payload)s, %(error)s) on conflict do nothing",
            _values(box, row) | {"outbox_id": row.id, "error": said},
        )


def _values(box: BoxIdentity, row: OutboxRow) -> dict[str, object]:
    return {"box_id": box.box_id, "kind": row.kind, "key": row.key, "payload": row.payload}
