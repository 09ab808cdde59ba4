"""What stored calls come to by the tariffs and contracts now in force, and the lines that bring their charges to it.

A batch of calls is read with everything that is needed in a few queries; only what differs becomes a line.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from appliance.acd.effects import Cdr, LegRecord
from appliance.billing.charges import Charge
from appliance.billing.charging import (
    CallFacts,
    correction,
    line_of_result,
    lines_of_call,
    nothing_due,
)
from appliance.billing.contracts import Contract
from appliance.billing.lines import COST_ACCOUNT, Line, MinutesFact
from appliance.daemon.included_minutes import IncludedMinutes
from appliance.daemon.ledger_writes import (
    Known,
    Ledger,
    LedgerRow,
    claim_row,
    facts_of,
    month_of,
    results_now,
)
from appliance.daemon.store_writes import Office, charge_for

RERATED = "rerated"
"""Why a line was corrected: the calls of a time were rated anew."""
_PARTS = ("queues", "legs", "segments")
_COLUMNS = tuple(name for name in Cdr.__struct_fields__ if name not in _PARTS)
_LEG_COLUMNS = LegRecord.__struct_fields__
TAKEN_AT_ONCE = 1_000
MONTH_MS = 32 * 86_400_000
"""No longer lasts a month of included minutes."""
_CALLS = """from calls where record > :after and record <= :last and +offered_at >= :from_ms and +offered_at < :until_ms
    and (:client = '' or client = :client)"""
_OF_CALLS = f"call in (select call {_CALLS})"


class Span(NamedTuple):
    """Calls by the order they were recorded in, and when they were offered; UTC ms."""

    after: int
    last: int
    from_ms: int
    until_ms: int
    client: str
    """"" is every one, and those of none."""


@dataclass
class Charged:
    """What a subject has been charged."""

    first: int
    revision: int
    amount_micros: int
    tax_micros: int


Key = tuple[str, str, str]
"""Account, kind and subject."""


@dataclass
class Difference:
    """What lines together change."""

    lines: int = 0
    micros: int = 0


@dataclass
class Batch:
    """What there is to write of some calls."""

    upto: int = 0
    """The last record that was looked at."""
    calls: int = 0
    changed: int = 0
    kept: int = 0
    """Calls that were charged and for which no contract is in force now: they stay as they are."""
    rows: list[LedgerRow] = field(default_factory=list)
    claims: list[tuple[str, str, str, str, str, int, str]] = field(default_factory=list)
    differences: dict[tuple[str, str], Difference] = field(default_factory=dict)
    """By account and by contract, or tariff."""
    taken: dict[tuple[str, str], int] = field(default_factory=dict)
    """Of included minutes, after it."""


@dataclass
class _Stored:
    """What of a batch is stored beside the calls themselves."""

    legs: dict[str, list[LegRecord]] = field(default_factory=dict)
    charged: dict[str, dict[Key, Charged]] = field(default_factory=dict)
    dispositions: dict[str, list[str]] = field(default_factory=dict)
    results: dict[str, dict[str, Known]] = field(default_factory=dict)


class _MinutesAgain(IncludedMinutes):
    """Included minutes, used from the beginning once more; what the store has of them stays as it is."""

    def _used_ms(self, key: tuple[str, str]) -> int:
        return 0


def _cdr_of(fields: Iterable[Any], stored: _Stored) -> Cdr:
    known = dict(zip(_COLUMNS, fields, strict=True))
    known["clock_synchronised"] = bool(known["clock_synchronised"])
    return Cdr(queues=(), legs=tuple(stored.legs.get(known["call"], ())), segments=(), **known)


class Rerater:
    """Rates calls anew, a batch at a time."""

    def __init__(self, db: sqlite3.Connection, office: Office, costs: bool) -> None:
        self._db = db
        self._office = office
        self._costs = costs
        contracts = office.contracts.all
        self._by_disposition = any(contract.depends_on_dispositions for contract in contracts)
        self._with_results = any(contract.results for contract in contracts)
        plan = office.plan if costs else None
        self._plan = plan if plan is not None and any(line.allowance.each_month_ms for line in plan.lines) else None
        self._taken: dict[tuple[str, str], int] = {}
        """Of the minutes that lines' contracts include, by the calls up to a place."""

    def begin(self, first: int, place: int, from_ms: int) -> None:
        """Before the first batch: have the calls up to a place take the minutes that were theirs. `first` is the first
        record of the job, whose calls begin at `from_ms`."""
        if self._plan is None:
            return
        query = "select coalesce(min(record), ?) from calls where offered_at >= ?"
        (earliest,) = self._db.execute(query, (first, from_ms - MONTH_MS)).fetchone()
        span = Span(min(earliest, first) - 1, place, from_ms - MONTH_MS, 1 << 62, "")
        while span.after < place:
            values = span._asdict() | {"count": TAKEN_AT_ONCE}
            rows = self._rows(values, "and (direction = 'out' or forwarded_to <> '')")
            upto = place if len(rows) < TAKEN_AT_ONCE else int(rows[-1][0])
            stored = self._stored(values | {"last": upto}, only_legs=True)
            minutes = _MinutesAgain(self._db, self._plan, self._taken)
            for _, _, *fields in rows:
                charge_for(self._office, _cdr_of(fields, stored), minutes)
            span = span._replace(after=upto)

    def done(self, batch: Batch) -> None:
        """A batch is written; the next one follows it."""
        self._taken = batch.taken

    def batch(self, span: Span, count: int, now_utc_ms: int) -> Batch:
        """Look at the first calls of a span, at most `count`. The caller has begun a transaction, and writes the batch
        in it or in one that sees the same."""
        values = span._asdict() | {"count": count}
        minutes = None
        if self._plan is not None:  # what other clients' calls take is not left for this one's
            values["client"] = ""
            minutes = _MinutesAgain(self._db, self._plan, dict(self._taken))
        rows = self._rows(values)
        batch = Batch(span.last if len(rows) < count else rows[-1][0])
        stored = self._stored(values | {"last": batch.upto})
        ledger = Ledger(self._db, now_utc_ms)
        for _, cost_micros, *fields in rows:
            cdr = _cdr_of(fields, stored)
            charge = charge_for(self._office, cdr, minutes) if self._costs else None
            if not span.client or cdr.client == span.client:
                batch.calls += 1
                self._rate(batch, ledger, cdr, cost_micros, charge, stored)
        if minutes is not None:
            batch.taken = minutes.taken
        return batch

    def _rows(self, values: dict[str, Any], more: str = "") -> list[tuple[Any, ...]]:
        query = f"select record, charge_micros, {', '.join(_COLUMNS)} {_CALLS} {more} order by record limit :count"
        return self._db.execute(query, values).fetchall()

    def _rate(
        self, batch: Batch, ledger: Ledger, cdr: Cdr, cost_micros: int, charge: Charge | None, stored: _Stored
    ) -> None:
        charged = stored.charged.get(cdr.call, {})
        before = len(batch.rows)
        contract = self._office.contracts.find(cdr.client, cdr.project, cdr.offered_at) if cdr.client else None
        if contract is not None:
            self._charge(batch, ledger, contract, cdr, charged, stored)
        elif any(account != COST_ACCOUNT for account, _, _ in charged):
            batch.kept += 1
        if charge is not None:
            was = charged.get((COST_ACCOUNT, "cost", cdr.call), Charged(0, 0, 0, 0))
            was.amount_micros += cost_micros  # the first charge of a cost is the call's own record
            if charge.total_micros != was.amount_micros:
                self._bring(batch, ledger, self._cost(cdr, charge), was)
        batch.changed += len(batch.rows) > before

    def _charge(
        self,
        batch: Batch,
        ledger: Ledger,
        contract: Contract,
        cdr: Cdr,
        charged: dict[Key, Charged],
        stored: _Stored,
    ) -> None:
        """What the client is charged for the call and its results."""
        codes = stored.dispositions.get(cdr.call, ()) if contract.depends_on_dispositions else ()
        call = facts_of(cdr, self._office.place, codes)
        left = {key for key in charged if key[0] == contract.client}
        results = self._results(batch, ledger, contract, call, stored) if contract.results else ()
        for line in (*lines_of_call(contract, call), *results):
            key = (line.account, line.kind, line.subject)
            left.discard(key)
            was = charged.get(key)
            if was is not None or line.amount_micros or line.kind != "result":
                self._bring(batch, ledger, line, was)
        for key in sorted(left):
            was = charged[key]
            last = ledger.last(*key) if was.amount_micros or was.tax_micros else None
            if last is not None:
                self._bring(batch, ledger, nothing_due(last), was)

    def _results(
        self, batch: Batch, ledger: Ledger, contract: Contract, call: CallFacts, stored: _Stored
    ) -> Iterator[Line]:
        for now in results_now(contract, call, stored.results.get(call.call, {})):
            if now.is_new:
                batch.claims.append(claim_row(now, call, ledger.now_utc_ms))
            line = line_of_result(contract, call, now.clause, now.state, now.by)
            if line is not None:
                yield line

    def _bring(self, batch: Batch, ledger: Ledger, line: Line, was: Charged | None) -> None:
        """The line that brings a subject to what `line` says, if it is another sum."""
        written: Line | None = line
        if was is not None:
            if (was.amount_micros, was.tax_micros) == (line.amount_micros, line.tax_micros):
                return
            written = correction(was.first, was.revision + 1, was.amount_micros, was.tax_micros, line, RERATED)
        if written is None:
            return
        batch.rows.append(ledger.row(written))
        name = (written.account, written.contract)
        difference = batch.differences.setdefault(name, Difference())
        difference.lines += 1
        difference.micros += written.amount_micros

    def _cost(self, cdr: Cdr, charge: Charge) -> Line:
        return Line(
            account=COST_ACCOUNT,
            kind="cost",
            subject=cdr.call,
            contract=charge.tariff,
            version=charge.tariff_version,
            clause=charge.prefix,
            at_utc_ms=cdr.offered_at,
            period=month_of(self._office.time_zone, cdr.offered_at),
            facts=MinutesFact(charge),
            amount_micros=charge.total_micros,
            currency=charge.currency,
            project=cdr.project,
            queue=cdr.queue or "",
            agent=cdr.agent or "",
            call=cdr.call,
        )

    def _stored(self, values: dict[str, Any], only_legs: bool = False) -> _Stored:
        stored, db = _Stored(), self._db
        if self._costs:
            query = f"select call, {', '.join(_LEG_COLUMNS)} from legs where {_OF_CALLS} order by call, position"
            for call, *fields in db.execute(query, values):
                stored.legs.setdefault(call, []).append(LegRecord(*fields))
        if only_legs:
            return stored
        for call, account, kind, subject, number, revision, amount_micros, tax_micros in db.execute(
            f"""select call, account, kind, subject, number, revision, amount_micros, tax_micros from ledger
                where {_OF_CALLS}""",
            values,
        ):
            sums = stored.charged.setdefault(call, {})
            key = (account, kind, subject)
            known = sums.get(key)
            if known is None:
                first = 0 if kind == "cost" else number
                sums[key] = Charged(first, revision, amount_micros, tax_micros)
            else:
                known.first = min(known.first, number)
                known.revision = max(known.revision, revision)
                known.amount_micros += amount_micros
                known.tax_micros += tax_micros
        if self._by_disposition:
            query = f"select distinct call, disposition from wrap_ups where {_OF_CALLS} and disposition <> ''"
            for call, disposition in db.execute(query, values):
                stored.dispositions.setdefault(call, []).append(disposition)
        if self._with_results:
            query = f"select call, result, state, decided, by from results where {_OF_CALLS}"
            for call, result, state, decided, by in db.execute(query, values):
                stored.results.setdefault(call, {})[result] = Known(state, bool(decided), by)
        return stored
