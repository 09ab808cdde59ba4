"""The ledger in the store: lines put at the end of their accounts, once each, within the transaction of whoever calls.

Whoever charges says what a subject comes to by now (`Ledger.charge`). What was written is never touched: a difference
is a new line that names the first one. So doing it again, after a replay or a kill, changes nothing.
"""

import logging
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from appliance.acd.effects import Cdr
from appliance.acd.hours import local_time
from appliance.acd.ids import LineName
from appliance.billing.charging import (
    CallFacts,
    ResultState,
    correction,
    line_of_result,
    lines_of_call,
    no_call_price,
    nothing_due,
    results_claimed,
)
from appliance.billing.contracts import Contract, Contracts, PerResult
from appliance.billing.ledger import FIRST, chained, digest, encoded
from appliance.billing.lines import Line
from appliance.billing.tariffs import Direction
from appliance.daemon.call_costs import talk_began_at
from appliance.daemon.e164 import rated_as

log = logging.getLogger(__name__)

DISPOSITION_CHANGED = "disposition"
"""Why a line was corrected: an agent gave the call another disposition."""

LedgerRow = tuple[str, int, str, str, int, int, str, str, int, int, int, str, str]
INSERT = """insert into ledger (account, number, kind, subject, revision, corrects, period, call, amount_micros,
    tax_micros, booked_utc_ms, line, hash) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""


class OtherCurrency(Exception):
    """A subject was charged in another currency than the box has now. The message names them."""


@dataclass(frozen=True)
class Place:
    """Of the box: whose clock and whose numbers."""

    time_zone: str
    country: str


@dataclass
class Ledger:
    """The accounts of a store, for one transaction."""

    db: sqlite3.Connection
    now_utc_ms: int
    _heads: dict[str, tuple[int, str]] = field(default_factory=dict)

    def charge(self, line: Line, why: str) -> Line | None:
        """Bring a subject to what `line` says it comes to. Returns what was written: None when it is charged so.
        Raises OtherCurrency, with nothing written, when it was charged in another."""
        known = self.db.execute(
            """select min(number), max(revision), sum(amount_micros), sum(tax_micros), line from ledger
               where account = ? and kind = ? and subject = ?""",
            (line.account, line.kind, line.subject),
        ).fetchone()
        if known[0] is None:
            return self._append(line)
        first, revision, amount_micros, tax_micros, last = known
        corrected = correction(first, revision + 1, amount_micros, tax_micros, line, why)
        if corrected is None:
            return None
        currency = msgspec.json.decode(last, type=Line).currency
        if currency != line.currency:
            subject, now = line.subject, line.currency
            raise OtherCurrency(f"{subject} was charged in {currency} and the box charges in {now}")
        return self._append(corrected)

    def has(self, line: Line) -> bool:
        """Whether anything was written for a line's subject."""
        return was_charged(self.db, line.account, line.kind, line.subject)

    def last(self, account: str, kind: str, subject: str) -> Line | None:
        """The newest line of a subject."""
        query = "select line from ledger where account = ? and kind = ? and subject = ? order by revision desc limit 1"
        row = self.db.execute(query, (account, kind, subject)).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=Line)

    def row(self, line: Line) -> LedgerRow:
        """The line in the next place of its account, for INSERT; whoever asks writes it, in this order and within this
        transaction."""
        number, previous = self._head(line.account)
        body = encoded(line)
        hash_ = chained(previous, number + 1, digest(body))
        self._heads[line.account] = number + 1, hash_
        return (
            line.account,
            number + 1,
            line.kind,
            line.subject,
            line.revision,
            line.corrects,
            line.period,
            line.call,
            line.amount_micros,
            line.tax_micros,
            self.now_utc_ms,
            body.decode(),
            hash_,
        )

    def _append(self, line: Line) -> Line:
        self.db.execute(INSERT, self.row(line))
        return line

    def _head(self, account: str) -> tuple[int, str]:
        if account not in self._heads:
            query = "select number, hash from ledger where account = ? order by number desc limit 1"
            row = self.db.execute(query, (account,)).fetchone()
            self._heads[account] = (0, FIRST) if row is None else (int(row[0]), str(row[1]))
        return self._heads[account]


def was_charged(db: sqlite3.Connection, account: str, kind: str, subject: str) -> bool:
    """Whether anything was written for a subject."""
    query = "select 1 from ledger where account = ? and kind = ? and subject = ?"
    return db.execute(query, (account, kind, subject)).fetchone() is not None


def month_of(time_zone: str, utc_ms: int) -> str:
    """The month of an instant by a place's clock: 2026-11."""
    local = local_time(time_zone, utc_ms)
    return f"{local.year}-{local.month:02}"


def facts_of(cdr: Cdr, place: Place, dispositions: Iterable[str] = ()) -> CallFacts:
    """What of a record its client's charges depend on."""
    return _facts(
        place,
        dispositions,
        cdr.call,
        cdr.client,
        cdr.project,
        cdr.queue or "",
        cdr.agent or "",
        cdr.line,
        cdr.direction,
        cdr.called if cdr.direction == "out" else cdr.caller,
        cdr.offered_at,
        talk_began_at(cdr),
        cdr.talk_ms + cdr.hold_ms,
    )


FACTS_SQL = """call, client, project, coalesce(queue, ''), coalesce(agent, ''), line, direction,
    iif(direction = 'out', called, caller), offered_at,
    iif(answered_at = 0 and talk_ms + hold_ms > 0, offered_at + ivr_ms + wait_ms, answered_at), talk_ms + hold_ms"""
"""Columns of `calls` for `facts_of_row`."""


def facts_of_row(row: tuple[object, ...], place: Place, dispositions: Iterable[str] = ()) -> CallFacts:
    """The same, of a stored call: a row of FACTS_SQL."""
    return _facts(place, dispositions, *row)  # type: ignore[arg-type]  # the schema's strict table says their types


def _facts(
    place: Place,
    dispositions: Iterable[str],
    call: str,
    client: str,
    project: str,
    queue: str,
    agent: str,
    line: str,
    direction: Direction,
    number: str,
    offered_at: int,
    answered_at: int,
    talked_ms: int,
) -> CallFacts:
    return CallFacts(
        call=call,
        client=client,
        project=project,
        queue=queue,
        agent=agent,
        line=LineName(line),
        direction=direction,
        number=number,
        rated_as=rated_as(number, place.country),
        offered_at=offered_at,
        answered_at=max(answered_at, 0),
        talked_ms=talked_ms,
        period=month_of(place.time_zone, offered_at),
        dispositions=tuple(sorted(set(dispositions))),
    )


def charge_call(ledger: Ledger, contracts: Contracts, cdr: Cdr, place: Place) -> None:
    """A call is over: what its client is charged for it, by the contract in force when it was offered."""
    contract = contracts.find(cdr.client, cdr.project, cdr.offered_at) if cdr.client else None
    if contract is None:
        return
    codes = _dispositions(ledger.db, cdr.call) if contract.depends_on_dispositions else ()
    call = facts_of(cdr, place, codes)
    for line in lines_of_call(contract, call):
        ledger.charge(line, "")
    _claim(ledger, contract, call)


def charge_disposition(ledger: Ledger, contracts: Contracts, call: str, place: Place) -> None:
    """An agent gave a call a disposition, or another: its price and its results may depend on that. A call that is not
    over is charged with it when it is."""
    row = ledger.db.execute(f"select {FACTS_SQL} from calls where call = ?", (call,)).fetchone()
    if row is None:
        return
    facts = facts_of_row(row, place, _dispositions(ledger.db, call))
    contract = contracts.find(facts.client, facts.project, facts.offered_at) if facts.client else None
    if contract is None or not contract.depends_on_dispositions:
        return
    priced = next((line for line in lines_of_call(contract, facts) if line.kind == "call"), None)
    if priced is None and was_charged(ledger.db, contract.client, "call", facts.call):
        priced = no_call_price(contract, facts)
    try:
        if priced is not None:
            ledger.charge(priced, DISPOSITION_CHANGED)
        _claim(ledger, contract, facts)
    except OtherCurrency as error:  # what the agent said is kept all the same
        log.error("call %s: %s", call, error)


def decide_result(
    ledger: Ledger, contracts: Contracts, place: Place, call: str, result: str, state: ResultState, by: str, note: str
) -> bool:
    """Somebody confirms or reverses a result, whatever agents say of the call later. False: there is no such result, or
    none that has a price to be confirmed with."""
    row = ledger.db.execute(f"select {FACTS_SQL} from calls where call = ?", (call,)).fetchone()
    known = ledger.db.execute("select account from results where call = ? and result = ?", (call, result)).fetchone()
    if row is None or known is None:
        return False
    facts = facts_of_row(row, place, _dispositions(ledger.db, call))
    contract = contracts.find(facts.client, facts.project, facts.offered_at)
    clause = next((one for one in contract.results if one.name == result), None) if contract is not None else None
    line: Line | None
    if contract is not None and clause is not None:
        line = line_of_result(contract, facts, clause, state, by)
    elif state == "reversed":  # what was charged can be given back, though no contract has a price for it any more
        charged = ledger.last(known[0], "result", f"{call}/{result}")
        line = None if charged is None else nothing_due(charged)
    else:
        return False
    ledger.db.execute(
        "update results set state = ?, decided = 1, at_utc_ms = ?, by = ?, note = ? where call = ? and result = ?",
        (state, ledger.now_utc_ms, by, note, call, result),
    )
    _charge_result(ledger, line, state)
    return True


class Known(NamedTuple):
    """A result of a call as it is stored."""

    state: ResultState
    decided: bool
    by: str


class ResultNow(NamedTuple):
    """A result as it should be."""

    clause: PerResult
    state: ResultState
    by: str
    is_new: bool
    """It is not stored so."""


def results_now(contract: Contract, call: CallFacts, known: Mapping[str, Known]) -> Iterator[ResultNow]:
    """Results are what the call's dispositions claim now, but for those somebody has decided."""
    claimed = {clause.name for clause in results_claimed(contract, call)}
    for clause in contract.results:
        was = known.get(clause.name)
        if was is not None and was.decided:
            yield ResultNow(clause, was.state, was.by, False)
        elif was is not None or clause.name in claimed:
            state: ResultState = "claimed" if clause.name in claimed else "reversed"
            same = was is not None and was.state == state
            yield ResultNow(clause, state, was.by if was is not None and same else call.agent, not same)


CLAIM = """insert into results (call, result, account, agent, state, decided, at_utc_ms, by, note)
    values (?, ?, ?, ?, ?, 0, ?, ?, '')
    on conflict (call, result) do update set state = excluded.state, at_utc_ms = excluded.at_utc_ms,
        agent = excluded.agent, by = excluded.by"""


def claim_row(now: ResultNow, call: CallFacts, now_utc_ms: int) -> tuple[str, str, str, str, str, int, str]:
    """For CLAIM."""
    return call.call, now.clause.name, call.client, call.agent, now.state, now_utc_ms, now.by


def _claim(ledger: Ledger, contract: Contract, call: CallFacts) -> None:
    rows = ledger.db.execute("select result, state, decided, by from results where call = ?", (call.call,)).fetchall()
    known = {result: Known(state, bool(decided), by) for result, state, decided, by in rows}
    for now in results_now(contract, call, known):
        if not now.is_new:
            continue
        ledger.db.execute(CLAIM, claim_row(now, call, ledger.now_utc_ms))
        _charge_result(ledger, line_of_result(contract, call, now.clause, now.state, now.by), DISPOSITION_CHANGED)


def _charge_result(ledger: Ledger, line: Line | None, why: str) -> None:
    """Nothing is written of a result that never cost anything."""
    if line is not None and (line.amount_micros or ledger.has(line)):
        ledger.charge(line, why)


def _dispositions(db: sqlite3.Connection, call: str) -> tuple[str, ...]:
    query = "select distinct disposition from wrap_ups where call = ? and disposition <> ''"
    return tuple(row[0] for row in db.execute(query, (call,)))
