"""Re-rating: the calls of a time charged anew by the tariffs and contracts now in force for their moment, beside the
ACD that goes on.

Nothing is edited: what differs is a new line of the ledger. A batch of calls is looked at outside of any lock and then
written in a transaction of some milliseconds, together with how far the job is; so it may be killed at any moment and
done again. Then it goes on from there if nothing that rates has changed since; and one that was finished finds nothing
that differs. Last, months that were closed and that have calls of the time are closed again.
"""

import hashlib
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import msgspec

from appliance.billing.contracts import Contracts
from appliance.billing.lines import Line
from appliance.billing.tariffs import RateTable
from appliance.daemon.ledger_writes import CLAIM, INSERT, Ledger, OtherCurrency
from appliance.daemon.period_closing import Month, charge_all, due, months_between
from appliance.daemon.rerated_calls import Batch, Difference, Rerater, Span
from appliance.daemon.short_writes import data_version, immediate, looked, write_shortly
from appliance.daemon.store_writes import Office

FIRST_BATCH = 500
LEAST_BATCH, MOST_BATCH = 25, 2_000
FEWEST = 200
"""Fewer to a batch make its writing no shorter: then it is the disk that takes long."""
LONGEST_WRITE_S = 0.03
"""Batches become smaller when writing one takes longer; the ACD's writer waits as long."""
PLACE_EVERY_S = 2.0
"""How often the place is kept where nothing differs."""
FORGET_MS = 30 * 86_400_000
"""Jobs that were given up."""


@dataclass(frozen=True)
class Order:
    """What to rate anew: calls offered in a time (UTC ms, `until_ms` is outside), of a client or, with "", of all."""

    from_ms: int
    until_ms: int
    client: str = ""
    costs: bool = False
    """What carriers charge as well."""
    dry_run: bool = False


@dataclass
class Progress:
    """How far a job is, counted over all its runs."""

    first: int = 0
    last: int = 0
    """Records of calls: from … to …"""
    place: int = 0
    """The last that is done."""
    began_at: int = 0
    """The place at which this run began."""
    calls_before: int = 0
    """Done by runs before."""
    calls: int = 0
    changed: int = 0
    kept: int = 0
    """Calls that were charged and have no contract in force now; left as they are."""
    months: int = 0
    """Months closed again; of a dry run, those that would be."""
    finished: bool = False
    differences: dict[tuple[str, str], Difference] = field(default_factory=dict)
    """By account and by contract or tariff."""
    longest_write_ms: int = 0
    """Of this run's transactions."""


class Rerating:
    """One job on a store's connection (`short_writes.store_for_job`)."""

    def __init__(self, db: sqlite3.Connection, office: Office, order: Order, utc_ms: Callable[[], int]) -> None:
        self._db = db
        self._office = office
        self._order = order
        self._utc_ms = utc_ms
        self._rerater = Rerater(db, office, order.costs)
        self._job = job_name(office, order)
        self.first_batch = FIRST_BATCH
        """How many calls."""
        self._kept_s = time.monotonic()
        self._is_stored = False

    def run(self, tell: Callable[[Progress], None], stop: Callable[[], bool]) -> Progress:
        """Do what is left of it; `tell` is told after each batch, and `stop` asked. Raises sqlite3.Error, and
        OtherCurrency before anything of the batch is written."""
        progress = self._begin()
        # Without waiting for the disk at each batch: a power cut may take the last ones, which are done again. What the
        # ACD stores is durable as ever, and so is everything here once the job is finished.
        self._db.execute("pragma synchronous = normal")
        size = self.first_batch
        while progress.place < progress.last and not stop():
            size = self._step(progress, size)
            tell(progress)
        if progress.place >= progress.last:
            self._months(progress, stop)
        return progress

    def _begin(self) -> Progress:
        order = self._order
        first, last = self._db.execute(
            "select min(record), max(record) from calls where offered_at >= ? and offered_at < ?",
            (order.from_ms, order.until_ms),
        ).fetchone()
        if first is None:
            return Progress()
        self._refuse_other_currency(first, last)
        place = int(first) - 1
        progress = Progress(int(first), int(last), place, place)
        query = "select place, calls, changed, kept from rerating where job = ?"
        row = None if order.dry_run else self._db.execute(query, (self._job,)).fetchone()
        if row is not None:
            self._is_stored = True
            progress.place, progress.calls, progress.changed, progress.kept = row
            progress.began_at, progress.calls_before = progress.place, progress.calls
            sums = "select account, name, lines, micros from rerating_sums where job = ?"
            for account, name, lines, micros in self._db.execute(sums, (self._job,)):
                progress.differences[account, name] = Difference(lines, micros)
        self._rerater.begin(progress.first, progress.place, order.from_ms)
        return progress

    def _refuse_other_currency(self, first: int, last: int) -> None:
        """Before anything is written."""
        order, now = self._order, self._office.rates.currency
        row = self._db.execute(
            """select call, currency from calls where record between ? and ? and currency <> ?
                   and +offered_at >= ? and +offered_at < ? and (? = '' or client = ?) limit 1""",
            (first, last, now, order.from_ms, order.until_ms, order.client, order.client),
        ).fetchone()
        if row is not None:
            subject, currency = row
            raise OtherCurrency(f"{subject} was charged in {currency} and the box charges in {now}")

    def _step(self, progress: Progress, size: int) -> int:
        """One batch of at most `size` calls; how many the next may have."""
        order = self._order
        span = Span(progress.place, progress.last, order.from_ms, order.until_ms, order.client)
        batch, version = looked(self._db, lambda: self._rerater.batch(span, size, self._utc_ms()))
        began_s = time.monotonic()
        to_write = bool(batch.rows or batch.claims) or began_s - self._kept_s > PLACE_EVERY_S
        if to_write and not order.dry_run:
            with immediate(self._db):
                began_s = time.monotonic()
                if data_version(self._db) != version:
                    if size > LEAST_BATCH:
                        return max(LEAST_BATCH, size // 2)  # looked at again, and less of it: it is too late to write
                    batch = self._rerater.batch(span, size, self._utc_ms())
                self._write(batch, progress)
            took_s = time.monotonic() - began_s
            progress.longest_write_ms = max(progress.longest_write_ms, round(took_s * 1000))
            if took_s > LONGEST_WRITE_S:
                size = max(min(FEWEST, size), size // 2)
            elif took_s < LONGEST_WRITE_S / 2:
                size = min(MOST_BATCH, size + size // 4)
        _add(progress, batch)
        self._rerater.done(batch)
        return size

    def _write(self, batch: Batch, progress: Progress) -> None:
        """The lines of a batch, and that it is done."""
        db = self._db
        db.executemany(INSERT, batch.rows)
        db.executemany(CLAIM, batch.claims)
        after = replace(progress, differences={})
        _add(after, batch)
        self._keep(after, batch.differences)

    def _keep(self, after: Progress, differences: dict[tuple[str, str], Difference]) -> None:
        now_utc_ms = self._utc_ms()
        if not self._is_stored:
            for table in ("rerating_sums", "rerating"):
                self._db.execute(
                    f"delete from {table} where job in (select job from rerating where at_utc_ms < ?)",
                    (now_utc_ms - FORGET_MS,),
                )
        self._db.execute(
            "insert or replace into rerating (job, place, calls, changed, kept, at_utc_ms) values (?, ?, ?, ?, ?, ?)",
            (self._job, after.place, after.calls, after.changed, after.kept, now_utc_ms),
        )
        self._db.executemany(
            """insert into rerating_sums (job, account, name, lines, micros) values (?, ?, ?, ?, ?)
               on conflict (job, account, name) do update set lines = lines + excluded.lines,
                   micros = micros + excluded.micros""",
            [(self._job, *name, one.lines, one.micros) for name, one in differences.items()],
        )
        self._is_stored = True
        self._kept_s = time.monotonic()

    def _months(self, progress: Progress, stop: Callable[[], bool]) -> None:
        """Close again what was closed, and forget how far the job was: it is done."""
        for client, name in self._closed_months():
            if stop():
                return
            self._close(progress, client, Month.named(name, self._office.time_zone))
        self._db.execute("pragma synchronous = full")
        if self._is_stored:
            with immediate(self._db):
                for table in ("rerating_sums", "rerating"):
                    self._db.execute(f"delete from {table} where job = ?", (self._job,))
        progress.finished = True

    def _closed_months(self) -> list[tuple[str, str]]:
        order, contracts = self._order, self._office.contracts
        clients = sorted({one.client for one in contracts.all if order.client in ("", one.client)})
        names = set(months_between(self._office.time_zone, order.from_ms, order.until_ms - 1))
        return [
            (client, period)
            for client in clients
            for (period,) in self._db.execute(
                """select distinct +period from ledger where account = ? and kind in ('fee', 'extra', 'minimum')
                   order by 1""",
                (client,),
            ).fetchall()
            if period in names
        ]

    def _close(self, progress: Progress, client: str, month: Month) -> None:
        contracts = self._office.contracts

        def write(lines: list[Line]) -> list[Line]:
            written = charge_all(Ledger(self._db, self._utc_ms()), lines)
            if written:
                self._keep(progress, _differences(written))  # and so the last transaction has something to write
            return written

        if self._order.dry_run:
            progress.months += 1
            return
        written = write_shortly(self._db, lambda: due(self._db, contracts, month, client), write)
        progress.months += bool(written)
        _join(progress.differences, _differences(written))


def job_name(office: Office, order: Order) -> str:
    """The same for the same order under the same tariffs and contracts, so that a place kept under others is not gone
    on from."""
    parts = (
        order.from_ms,
        order.until_ms,
        order.client,
        order.costs,
        office.time_zone,
        office.country,
        office.emergency,
        None if office.plan is None else [(one.name, one.allowance) for one in office.plan.lines],
        _table(office.rates),
        _contracts(office.contracts),
    )
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _table(table: RateTable | None) -> object:
    if table is None:
        return None
    return table.currency, table.rates, {name: one.hours for name, one in sorted(table.calendars.items())}


def _contracts(contracts: Contracts) -> list[object]:
    return [(replace(one, minutes=None), _table(one.minutes)) for one in contracts.all]


def _differences(lines: list[Line]) -> dict[tuple[str, str], Difference]:
    found: dict[tuple[str, str], Difference] = {}
    for line in lines:
        _join(found, {(line.account, line.contract): Difference(1, line.amount_micros)})
    return found


def _join(to: dict[tuple[str, str], Difference], more: dict[tuple[str, str], Difference]) -> None:
    for name, one in more.items():
        known = to.setdefault(name, Difference())
        known.lines += one.lines
        known.micros += one.micros


def _add(progress: Progress, batch: Batch) -> None:
    progress.place = batch.upto
    progress.calls += batch.calls
    progress.changed += batch.changed
    progress.kept += batch.kept
    _join(progress.differences, batch.differences)
