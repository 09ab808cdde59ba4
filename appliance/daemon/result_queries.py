"""Results that calls came to, as somebody who confirms or reverses them sees them; and which one is meant."""

import sqlite3

import msgspec
from msgspec import Struct

from appliance.billing.charging import ResultState

MOST_ROWS = 10_000


class ResultRow(Struct, frozen=True):
    """A result of a call. Times UTC ms."""

    call: str
    result: str
    client: str
    agent: str
    state: ResultState
    decided: bool
    """By somebody; else what the agents' dispositions say."""
    at_utc_ms: int
    by: str
    note: str
    offered_at: int
    number: str
    """The far party's."""
    charged_micros: int


class NoSuchResult(Exception):
    """`code` is `no_call`, `no_result` (of `names` none is meant; there may be none) or `which` (one of `names`)."""

    def __init__(self, code: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.names = names


def results(db: sqlite3.Connection, state: str = "", client: str = "", limit: int = MOST_ROWS) -> list[ResultRow]:
    """The last that changed, the newest last."""
    rows = db.execute(
        """select r.call, r.result, r.account, r.agent, r.state, r.decided, r.at_utc_ms, r.by, r.note,
               coalesce(c.offered_at, 0), coalesce(iif(c.direction = 'out', c.called, c.caller), ''),
               coalesce((select sum(amount_micros) from ledger
                   where account = r.account and kind = 'result' and subject = r.call || '/' || r.result), 0)
           from results r left join calls c on c.call = r.call
           where (:state = '' or r.state = :state) and (:client = '' or r.account = :client)
           order by r.at_utc_ms desc, r.rowid desc limit :limit""",
        {"state": state, "client": client, "limit": max(0, min(limit, MOST_ROWS))},
    ).fetchall()
    names = ResultRow.__struct_fields__
    return [msgspec.convert(dict(zip(names, row, strict=True)), ResultRow, strict=False) for row in reversed(rows)]


def charged_micros(db: sqlite3.Connection, call: str, result: str) -> int:
    """What all lines of a result come to."""
    row = db.execute(
        """select coalesce(sum(amount_micros), 0) from ledger where kind = 'result' and subject = ?
               and account = (select account from results where call = ? and result = ?)""",
        (f"{call}/{result}", call, result),
    ).fetchone()
    return int(row[0])


def meant(db: sqlite3.Connection, call: str, result: str) -> str:
    """The name of a call's result: the one given, or, with "", its only one. Raises NoSuchResult."""
    if db.execute("select 1 from calls where call = ?", (call,)).fetchone() is None:
        raise NoSuchResult("no_call")
    query = "select result from results where call = ? order by result"
    names = tuple(str(row[0]) for row in db.execute(query, (call,)))
    if result in names:
        return result
    if result or not names:
        raise NoSuchResult("no_result", names)
    if len(names) > 1:
        raise NoSuchResult("which", names)
    return names[0]
