"""The store: one SQLite file, one connection that writes, one thread that does, and a bounded queue in front of it.

Calls never wait for the disk: the loop puts effects into the queue and goes on. The thread makes them durable in
their order, many to a transaction (WAL, synchronous=FULL: a commit is on the disk). Together with each batch it stores
the number of its last effect, so a replay knows which of the effects it repeats are durable already.

When the disk is full or fails, the effects stay in the queue and are tried again for as long as it takes; calls go on,
the error is in the log and in `health`. When too much is waiting, what can be spared goes first (older heartbeats of
the same call, then decisions), and beyond that the oldest effect is written to the log in full: nothing is lost in
silence. An effect the database itself refuses would stop all that follow: it goes to the table `refused_effects`.

Between two batches the thread deletes a slice of what is older than it is kept for, when one is due: see `retention`;
and seals the accounts once a day: see `sealing`.
"""

import logging
import math
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import msgspec

from appliance.acd.effects import StoreDecision, StoreOpenCall
from appliance.acd.ids import CallId
from appliance.acd.inputs import RestoreDurable
from appliance.acd.message_inputs import StoredMessage
from appliance.daemon.connection import connect, of_the_disk
from appliance.daemon.journal import NumberedStoreEffect
from appliance.daemon.message_writes import came
from appliance.daemon.migrations import StoreError, migrate
from appliance.daemon.numbers import number, set_number
from appliance.daemon.recovery import LostBy, recover
from appliance.daemon.retention import Pruner
from appliance.daemon.sealing import DailySealer
from appliance.daemon.spent_queries import StoredCost
from appliance.daemon.store_writes import Office, write

log = logging.getLogger(__name__)

MAX_PENDING = 10_000
MAX_BATCH = 500
LINGER_S = 0.05
"""How long a first effect waits for others to share its fsync: what a power cut can cost, at most, beyond the disk."""
FIRST_RETRY_S = 0.1
LONGEST_RETRY_S = 5.0
MAX_OUTBOX_ROWS = 200_000


class Store:
    """The file at `path`, opened and brought up to date. Raises StoreError when it cannot be used at all; with
    `may_be_away` not when the disk gives nothing: then the store is opened as soon as it does (see `attach`).

    Until `start`, the calling thread uses it (`attach` or `recover`); from then on the writer thread does.
    """

    def __init__(
        self,
        path: Path,
        office: Office,
        utc_ms: Callable[[], int],
        pruner: Pruner | None = None,
        sealer: DailySealer | None = None,
        *,
        may_be_away: bool = False,
    ) -> None:
        self.office = office
        self.error = ""
        self.dropped = 0
        self.refused = 0
        self.epoch = 0
        self.committed = 0
        """Every effect up to this number is durable (within the epoch)."""
        self.messages_stored: deque[StoredMessage] = deque()
        """Messages and reports that are on the disk since it was last looked: their modems may empty them."""
        self.on_messages_stored: Callable[[], None] = lambda: None
        """Called by the writer's thread when there are some, and when there are `costs_stored`."""
        self.tells_costs = False
        self.costs_stored: deque[StoredCost] = deque()
        """What records cost that are on the disk since it was last looked, if anybody wants to know."""
        self._path = path
        self._utc_ms = utc_ms
        self._pending: deque[NumberedStoreEffect] = deque()
        self._commands: deque[Callable[[sqlite3.Connection], None]] = deque()
        self._wanted = threading.Condition()
        self._stopping = False
        self._spare_again_at = MAX_PENDING
        self._pruner = pruner or Pruner()
        self._sealer = sealer
        self._thread = threading.Thread(target=self._write_all, name="store", daemon=True)
        self._db: sqlite3.Connection | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.exists():
                path.touch()
                path.chmod(0o640)  # the page's user reads it by its group; SQLite's files beside it get the same mode
            db = connect(path)
            migrate(db, path)
            self._db = db
        except (OSError, sqlite3.Error) as error:
            if may_be_away:
                self._failed(f"the store cannot be opened: {error}")
                return
            raise StoreError(
                f"{path}: the store cannot be opened: {error}. See that the folder is there, belongs to "
                "this user and has room."
            ) from error

    def next_incarnation(self) -> int:
        """Number this life of the ACD process, durably; on a disk that takes nothing, at least for this life.

        0 while the store is away.
        """
        if self._db is None:
            return 0
        incarnation = number(self._db, "incarnation") + 1
        try:
            set_number(self._db, "incarnation", incarnation)
        except sqlite3.OperationalError as error:
            self._failed(f"the store cannot be written: {error}")
        return incarnation

    def attach(self, epoch: int) -> None:
        """Go on with the history the journal belongs to. A store that knows another lost or never had the effects. One
        that is away is attached when it is there."""
        self.epoch = epoch
        if self._db is not None:
            self._attach(self._db, epoch)

    def _attach(self, db: sqlite3.Connection, epoch: int) -> None:
        if number(db, "epoch") != epoch:
            with db:
                db.execute("begin immediate")
                set_number(db, "epoch", epoch)
                set_number(db, "applied", 0)
        self.committed = number(db, "applied")

    def recover(self, why: LostBy) -> RestoreDurable:
        """Begin a new history from what is durable; see `recovery`. Raises StoreError while the store is away."""
        if self._db is None:
            raise StoreError(f"{self._path}: {self.error}, and there is no journal to go on with.")
        self.epoch, restore = recover(self._db, self.office, why, self._utc_ms())
        self.committed = 0
        return restore

    def start(self) -> None:
        self._thread.start()

    def put(self, effect: NumberedStoreEffect) -> None:
        """Queue an effect to become durable. Never blocks; one that is durable already is passed over."""
        if effect.number <= self.committed:
            return
        with self._wanted:
            self._pending.append(effect)
            if len(self._pending) > self._spare_again_at:
                self._spare()
            self._wanted.notify()

    def forget_outbox(self, last_id: int) -> None:
        """The cloud has every row up to `last_id`."""
        with self._wanted:
            self._commands.append(lambda db: _forget_outbox(db, last_id))
            self._wanted.notify()

    def not_durable(self) -> tuple[NumberedStoreEffect, ...]:
        """What was put and is not yet known to be durable, in order."""
        with self._wanted:
            return tuple(self._pending)

    @property
    def pending(self) -> int:
        return len(self._pending)

    def stop(self, timeout_s: float) -> bool:
        """Write what is pending and close; False when that did not succeed in time (it is in the journal then)."""
        with self._wanted:
            self._stopping = True
            self._wanted.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and not self._pending

    def _spare(self) -> None:
        """Make room: called with the lock held. The batch being written is at the front and may be in the middle of
        its transaction; dropping from it is harmless, since its numbers are committed as a range."""
        newest = {item.effect.cdr.call: item.number for item in self._pending if isinstance(item.effect, StoreOpenCall)}
        spared = [item for item in self._pending if _needed(item, newest)]
        self.dropped += len(self._pending) - len(spared)
        while len(spared) > MAX_PENDING:
            lost = spared.pop(0)
            self.dropped += 1
            log.critical("given up, since the disk takes nothing: %s", msgspec.json.encode(lost.effect).decode())
        log.error("%d effects wait for the disk; heartbeats and decisions are given up", len(spared))
        self._pending = deque(spared)
        self._spare_again_at = max(MAX_PENDING, len(spared) + MAX_PENDING // 20)

    def _write_all(self) -> None:
        """The writer thread."""
        retry_s = FIRST_RETRY_S
        while True:
            with self._wanted:
                while not (self._pending or self._commands or self._stopping or self._spare_work_s() <= 0):
                    self._wanted.wait(self._spare_work_s())
                if self._stopping and not self._pending and not self._commands:
                    break
            if self._pending and not self._stopping and len(self._pending) < MAX_BATCH:
                time.sleep(LINGER_S)
            try:
                self._write_batch()
                self._prune()
                retry_s = FIRST_RETRY_S
                if self.error:
                    log.info("the store is written again")
                    self.error = ""
            except Exception as error:  # whatever it is: nothing that happens from here on may go unrecorded
                if not isinstance(error, sqlite3.Error):
                    log.exception("a bug in writing the store")
                self._failed(f"the store cannot be written: {error}")
                if self._stopping:
                    break
                time.sleep(retry_s)
                retry_s = min(retry_s * 2, LONGEST_RETRY_S)
                self._open_again()
        if self._db is not None:
            self._db.close()

    def _spare_work_s(self) -> float:
        """How long until there is something to do beside writing."""
        return min(self._pruner.wait_s(), self._sealer.wait_s() if self._sealer is not None else math.inf)

    def _write_batch(self) -> None:
        with self._wanted:
            batch = list(islice(self._pending, MAX_BATCH))
            commands = tuple(self._commands)
        try:
            self._transaction(batch, commands)
        except Exception as error:
            if of_the_disk(error):
                raise
            log.error("an effect was refused by the store (%s); writing one by one", error)
            for item in batch:
                self._write_one(item)
        with self._wanted:
            for _ in commands:
                self._commands.popleft()
            if batch:
                self.committed = batch[-1].number
            while self._pending and self._pending[0].number <= self.committed:
                self._pending.popleft()
        stored = [message for item in batch if (message := came(item.effect)) is not None]
        self.messages_stored.extend(stored)
        if stored or self.costs_stored:
            self.on_messages_stored()

    def _prune(self) -> None:
        """Seal the accounts and delete a slice of what is old, when it is time to and nobody waits for the disk."""
        if self._db is None or len(self._pending) >= MAX_BATCH or self._stopping:
            return
        if self._sealer is not None:
            self._sealer.run(self._db, self.office.box, self._utc_ms())
        try:
            self._pruner.run(self._db, self.office.keep, self._utc_ms())
        except sqlite3.Error as error:
            log.warning("what is old could not be deleted now: %s", error)

    def _write_one(self, item: NumberedStoreEffect) -> None:
        try:
            self._transaction([item], ())
        except Exception as error:
            if of_the_disk(error):
                raise
            self.refused += 1
            text = msgspec.json.encode(item.effect).decode()
            log.critical("refused by the store and set aside (%s): %s", error, text)
            why = str(error)

            def set_aside(db: sqlite3.Connection) -> None:
                row = (self._utc_ms(), why, text)
                db.execute("insert into refused_effects (at_utc_ms, error, effect) values (?, ?, ?)", row)
                set_number(db, "applied", item.number)

            self._transaction([], (set_aside,))

    def _transaction(
        self, batch: list[NumberedStoreEffect], commands: tuple[Callable[[sqlite3.Connection], None], ...]
    ) -> None:
        db = self._db
        if db is None:
            raise sqlite3.OperationalError("its disk gives nothing")
        db.execute("begin immediate")
        try:
            now = self._utc_ms()
            costs = write(db, self.epoch, self.office, (item.effect for item in batch), now)
            for command in commands:
                command(db)
            if batch:
                set_number(db, "applied", batch[-1].number)
                _bound_outbox(db)
            db.execute("commit")
            if self.tells_costs:
                self.costs_stored.extend(costs)
        except BaseException:
            if db.in_transaction:
                db.execute("rollback")
            raise

    def _open_again(self) -> None:
        """After an I/O error a connection may be of no more use. Only a file that is there is opened: on a data disk
        that fell off, a new and empty store would hide what happened."""
        try:
            again = connect(self._path, "rw")
            if self._db is None:
                migrate(again, self._path)
                self._attach(again, self.epoch)
        except (OSError, sqlite3.Error, StoreError) as error:
            self._failed(f"the store cannot be opened: {error}")
            return
        if self._db is None:
            with self._wanted:  # what the last life had stored is not written again
                self._pending = deque(item for item in self._pending if item.number > self.committed)
        else:
            self._db.close()
        self._db = again

    def _failed(self, why: str) -> None:
        if why != self.error:
            log.error("%s. Calls go on; %d effects wait and are tried again.", why, len(self._pending))
        self.error = why


def _needed(item: NumberedStoreEffect, newest_heartbeat: dict[CallId, int]) -> bool:
    effect = item.effect
    if isinstance(effect, StoreOpenCall):
        return newest_heartbeat[effect.cdr.call] == item.number
    return not isinstance(effect, StoreDecision)


def _forget_outbox(db: sqlite3.Connection, last_id: int) -> None:
    db.execute("delete from outbox where id <= ?", (last_id,))


def _bound_outbox(db: sqlite3.Connection) -> None:
    """A cloud that never comes must not fill the disk. What is cut off can be sent again from the calls themselves; a
    hundredth goes at a time, or each call of a full outbox would be an error in the log."""
    first, last = db.execute("select coalesce(min(id), 0), coalesce(max(id), 0) from outbox").fetchone()
    if last - first >= MAX_OUTBOX_ROWS:
        cut = last - MAX_OUTBOX_ROWS + MAX_OUTBOX_ROWS // 100
        log.error("the outbox has more than %d rows; those up to %d are given up", MAX_OUTBOX_ROWS, cut)
        _forget_outbox(db, cut)
