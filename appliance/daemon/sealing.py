"""Puts seals on accounts and on the chain of call records: when a statement is made, when somebody asks, once a day."""

import logging
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from appliance.billing.seals import CALLS_ACCOUNT, Seal, seal_text
from appliance.daemon.ledger_queries import accounts, hash_at, head_of, seals_of
from appliance.daemon.record_chain import FIRST

if TYPE_CHECKING:
    from appliance.daemon.box_key import BoxKey

log = logging.getLogger(__name__)

FIRST_S = 900.0
"""A box that has just started has calls to find again."""
EVERY_S = 86_400.0
AGAIN_S = 3_600.0
"""After the disk or the key failed."""


class SealBroken(Exception):
    """An account is not what was sealed of it, and so is not sealed again. The message says what to do."""


def calls_head(store: sqlite3.Connection) -> tuple[int, str]:
    """How many call records there are, and the hash of the last."""
    row = store.execute("select record, hash from calls order by record desc limit 1").fetchone()
    return (0, FIRST) if row is None else (int(row[0]), str(row[1]))


def seal(db: sqlite3.Connection, account: str, key: "BoxKey", box: str, at_utc_ms: int) -> Seal | None:
    """Seal an account as it is, and return its seal, an older one when it has no more lines than that says; None: it
    has no lines. Raises SealBroken when it is not what was sealed before."""
    number, head = calls_head(db) if account == CALLS_ACCOUNT else head_of(db, account)
    known = seals_of(db, account)
    if known:
        _check(db, known[-1], number)
        if known[-1].number == number:
            return known[-1]
    if number == 0:
        return None
    made = Seal(
        box, account, number, head, at_utc_ms, key.public, key.sign(seal_text(box, account, number, head, at_utc_ms))
    )
    db.execute(
        "insert into seals (account, number, head, at_utc_ms, box, key, signature) values (?, ?, ?, ?, ?, ?, ?)",
        (made.account, made.number, made.head, made.at_utc_ms, made.box, made.key, made.signature),
    )
    return made


def seal_all(db: sqlite3.Connection, key: "BoxKey", box: str, at_utc_ms: int) -> list[Seal]:
    """Seal every account that has lines, and the call records. Returns what is new. Raises SealBroken."""
    made = [seal(db, account, key, box, at_utc_ms) for account in [*accounts(db), CALLS_ACCOUNT]]
    return [one for one in made if one is not None and one.at_utc_ms == at_utc_ms]


def _check(db: sqlite3.Connection, last: Seal, number: int) -> None:
    if last.account == CALLS_ACCOUNT:
        row = db.execute("select hash from calls where record = ?", (last.number,)).fetchone()
        head = None if row is None else str(row[0])
    else:
        head = hash_at(db, last.account, last.number)
    if number < last.number or head != last.head:
        raise SealBroken(
            f"{last.account}: its {last.number} lines were sealed, and it has {number} now or others. "
            "It is not sealed again. `centralita bill verify` names the first line that is wrong."
        )


class DailySealer:
    """Seals everything once a day, run by the store's writer between its batches. A few look-ups and one row for each
    account that has grown."""

    def __init__(self, data_dir: Path, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._data_dir = data_dir
        self._monotonic_s = monotonic_s
        self._next_s = monotonic_s() + FIRST_S

    def wait_s(self) -> float:
        """How long until there is something to do; 0 or less: now."""
        return self._next_s - self._monotonic_s()

    def run(self, db: sqlite3.Connection, box: str, utc_ms: int) -> None:
        """Seal, if it is time to. What cannot be done is in the log, and tried again in an hour."""
        if self.wait_s() > 0:
            return
        self._next_s = self._monotonic_s() + AGAIN_S
        # Only now: importing the library takes longer than the ACD may take to be back.
        from appliance.daemon.box_key import BoxKeyError, box_key

        try:
            key = box_key(self._data_dir)
            db.execute("begin immediate")
            try:
                seal_all(db, key, box, utc_ms)
                db.execute("commit")
            finally:
                if db.in_transaction:
                    db.execute("rollback")
        except (SealBroken, BoxKeyError, sqlite3.Error) as error:
            log.error("the accounts could not be sealed: %s", error)
            return
        self._next_s = self._monotonic_s() + EVERY_S
