"""Text messages, read: what pages and the terminal ask the store, through a connection that cannot write."""

import sqlite3

import msgspec
from msgspec import Struct

from appliance.acd.ids import LineName, MessageId

MAX_ROWS = 1_000


class MessageRow(Struct, frozen=True):
    """A message that came (`direction` in) or one of ours. `missing` names parts that never came, as "2,3"; `octets`
    (hexadecimal) is what is no text."""

    message: MessageId
    direction: str
    line: LineName
    number: str
    text: str
    state: str
    cause: str
    detail: str
    by: str
    at_utc_ms: int
    sent_at_utc_ms: int
    changed_at_utc_ms: int
    parts: int
    tries: int
    missing: str
    octets: str


_COLUMNS = ", ".join(MessageRow.__struct_fields__)


def messages(store: sqlite3.Connection, limit: int = 50, *, number: str | None = None) -> list[MessageRow]:
    """The newest first; `number`: only those from and to it, however it is written before its last nine digits."""
    where, values = ("where substr(number, -9) = substr(?, -9)", [number]) if number is not None else ("", [])
    rows = store.execute(
        f"select {_COLUMNS} from messages {where} order by at_utc_ms desc, message limit ?",
        (*values, max(0, min(limit, MAX_ROWS))),
    )
    return [msgspec.convert({name: row[name] for name in MessageRow.__struct_fields__}, MessageRow) for row in rows]
