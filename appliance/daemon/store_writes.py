"""Each store effect as rows: what is written for it, within the transaction of whoever calls.

Each effect may be written again (a replay repeats those not known to be durable) and then changes nothing: every row
has a key made of what the effect itself says.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from msgspec import Struct

from appliance.acd.effects import (
    Cdr,
    CloseStoredWorklistItem,
    StoreAgentState,
    StoreCdr,
    StoreContact,
    StoreDecision,
    StoreEffect,
    StoreNightMode,
    StoreOpenCall,
    StoreRecording,
    StoreWorklistItem,
    StoreWrapUp,
)
from appliance.acd.ids import CallId
from appliance.acd.line_effects import StoreLineEvent, StoreLineUse, StoreNotice
from appliance.acd.message_effects import StoreIncomingMessage, StoreMessageReport, StoreOutgoingMessage
from appliance.acd.plan import Plan
from appliance.billing.charges import Charge
from appliance.billing.contracts import Contracts
from appliance.billing.tariffs import RateTable
from appliance.daemon import message_writes
from appliance.daemon.call_costs import call_cost
from appliance.daemon.decision_rows import Words, lines_json, packed
from appliance.daemon.included_minutes import IncludedMinutes
from appliance.daemon.ledger_writes import Ledger, Place, charge_call, charge_disposition
from appliance.daemon.numbers import set_number
from appliance.daemon.record_chain import FIRST, record_hash
from appliance.daemon.retention import Keep
from appliance.daemon.spent_queries import StoredCost, costs_of
from appliance.office.customers import Customer, customer_number, merge

DEFAULT_TARGET_MS = 20_000
LINE_EVENTS_KEPT = 500
"""Of each line: years of one that is well, half an hour and more of one that goes mad."""
NOTICES_KEPT = 1_000
"""Of each kind."""


class CloudCall(Struct, frozen=True):
    """What the outbox says of a call (kind `call`, key its id)."""

    cdr: Cdr
    charge: Charge
    target_ms: int
    previous_hash: str
    hash: str


@dataclass(frozen=True)
class Office:
    """What of the configuration the store's rows depend on; replaced whole when the configuration changes."""

    box: str = "oficina"
    rates: RateTable = field(default_factory=lambda: RateTable((), "EUR"))
    targets_ms: Mapping[str, int] = field(default_factory=dict)
    """By queue: the target in force goes into each call's record."""
    has_cloud: bool = False
    keep: Keep = field(default_factory=Keep)
    time_zone: str = "Europe/Madrid"
    country: str = "ES"
    """Whose numbers come without a country's code."""
    emergency: tuple[str, ...] = ()
    """As they are dialled."""
    contracts: Contracts = field(default_factory=Contracts)
    plan: Plan | None = None
    """Which minutes its lines' contracts include; None: none do."""

    @property
    def place(self) -> Place:
        return Place(self.time_zone, self.country)


class Refused(Exception):
    """The effect contradicts what is stored. The message says how."""


def write(
    db: sqlite3.Connection, epoch: int, office: Office, effects: Iterable[StoreEffect], now_utc_ms: int
) -> list[StoredCost]:
    """Write effects in their order; what the calls cost whose records are new. Raises sqlite3.Error, or Refused
    for one that contradicts the store."""
    writing = _Writing(db, epoch, office, now_utc_ms)
    for effect in effects:
        _WRITERS[type(effect)](writing, effect)
    writing.remember_calls()
    return writing.costs


def call_number(call: CallId) -> int:
    """The number at the end of `<box>-<number>`; 0 when there is none."""
    if "/" in call:
        return 0  # a contact that is no call
    digits = call.rpartition("-")[2]
    return int(digits) if digits.isdecimal() else 0


def charge_for(office: Office, cdr: Cdr, minutes: IncludedMinutes | None = None) -> Charge:
    """What a call costs: see `call_costs`."""
    return call_cost(office.rates, office.country, cdr, office.emergency, minutes)


@dataclass
class _Writing:
    db: sqlite3.Connection
    epoch: int
    office: Office
    now_utc_ms: int
    highest_call: int = 0
    """The highest number of a call among what was written."""
    costs: list[StoredCost] = field(default_factory=list)

    @cached_property
    def words(self) -> Words:
        return Words(self.db)

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(self.db, self.now_utc_ms)

    def insert(self, table: str, row: dict[str, Any], verb: str = "insert") -> bool:
        """Insert a row; False when `insert or ignore` found its key taken."""
        names = ", ".join(row)
        marks = ", ".join("?" * len(row))
        return self.db.execute(f"{verb} into {table} ({names}) values ({marks})", tuple(row.values())).rowcount > 0

    def insert_once(self, table: str, row: dict[str, Any]) -> bool:
        return self.insert(table, row, "insert or ignore")

    def to_cloud(self, kind: str, key: str, record: object) -> None:
        if self.office.has_cloud:
            payload = msgspec.json.encode(record).decode()
            row = {"kind": kind, "key": key, "payload": payload, "created_at": self.now_utc_ms}
            self.insert("outbox", row)

    def saw_call(self, call: CallId | None) -> None:
        if call is not None:
            self.highest_call = max(self.highest_call, call_number(call))

    def remember_calls(self) -> None:
        """Keep the highest call number ever stored, so that none is given twice after a power cut."""
        if self.highest_call:
            self.db.execute(
                """insert into numbers (name, value) values ('last_call', ?)
                   on conflict (name) do update set value = excluded.value where excluded.value > value""",
                (self.highest_call,),
            )


def _cdr(to: _Writing, effect: StoreCdr) -> None:
    cdr = effect.cdr
    last = to.db.execute("select hash from calls order by record desc limit 1").fetchone()
    previous = FIRST if last is None else str(last[0])
    minutes = None if to.office.plan is None else IncludedMinutes(to.db, to.office.plan)
    charge = charge_for(to.office, cdr, minutes)
    record = CloudCall(cdr, charge, _target_ms(to.office, cdr), previous, record_hash(previous, cdr, charge))
    if not to.insert_once("calls", _call_row(record)):
        _same_call_or_refused(to.db, cdr)
        return  # and the minutes stay as they are: it has taken its own
    (number_,) = to.db.execute("select last_insert_rowid()").fetchone()
    if cdr.direction == "out" or charge.legs:
        to.costs.append(StoredCost(number_, cdr.call, cdr.offered_at, costs_of(cdr, charge)))
    if minutes is not None:
        minutes.write()
    for position, leg in enumerate(cdr.legs):
        to.insert("legs", {"call": cdr.call, "position": position, **msgspec.structs.asdict(leg)})
    for position, segment in enumerate(cdr.segments):
        to.insert("segments", {"call": cdr.call, "position": position, **msgspec.structs.asdict(segment)})
    to.db.execute("delete from open_calls where call = ?", (cdr.call,))
    to.saw_call(cdr.call)
    _merge_customer(to, cdr)
    charge_call(to.ledger, to.office.contracts, cdr, to.office.place)
    to.to_cloud("call", cdr.call, record)


def _merge_customer(to: _Writing, cdr: Cdr) -> None:
    """Once a call, since a record is inserted once. Customers stay on the box: the cloud can work them out itself."""
    number_ = customer_number(cdr)
    if not number_:
        return
    names = ", ".join(Customer.__struct_fields__)
    row = to.db.execute(f"select {names} from customers where number = ?", (number_,)).fetchone()
    customer = merge(None if row is None else Customer(*row), cdr)
    to.insert("customers", msgspec.structs.asdict(customer), "insert or replace")


def _call_row(record: CloudCall) -> dict[str, Any]:
    row = msgspec.structs.asdict(record.cdr)
    del row["legs"], row["segments"]
    charge = record.charge
    return row | {
        "queues": msgspec.json.encode(record.cdr.queues).decode(),
        "target_ms": record.target_ms,
        "charge_micros": charge.total_micros,
        "currency": charge.currency,
        "charge_reason": charge.worst_reason,
        "charge": msgspec.json.encode(charge).decode(),
        "previous_hash": record.previous_hash,
        "hash": record.hash,
    }


def _target_ms(office: Office, cdr: Cdr) -> int:
    return office.targets_ms.get(cdr.queue, DEFAULT_TARGET_MS) if cdr.queue is not None else DEFAULT_TARGET_MS


def _same_call_or_refused(db: sqlite3.Connection, cdr: Cdr) -> None:
    """The call is stored already: fine after a replay, and a bug if it is another call of the same name."""
    stored = db.execute("select offered_at, ended_at, caller from calls where call = ?", (cdr.call,)).fetchone()
    if tuple(stored) != (cdr.offered_at, cdr.ended_at, cdr.caller):
        raise Refused(f"call {cdr.call} is stored already with another time or caller")


def _open_call(to: _Writing, effect: StoreOpenCall) -> None:
    cdr = effect.cdr
    to.saw_call(cdr.call)
    if to.db.execute("select 1 from calls where call = ?", (cdr.call,)).fetchone() is None:
        to.insert("open_calls", {"call": cdr.call, "cdr": msgspec.json.encode(cdr).decode()}, "insert or replace")


def _wrap_up(to: _Writing, effect: StoreWrapUp) -> None:
    changed = to.db.execute(
        """insert into wrap_ups (call, agent, wrap_up_ms, disposition) values (?, ?, ?, ?)
           on conflict (call, agent) do update set
               wrap_up_ms = max(wrap_up_ms, excluded.wrap_up_ms),
               disposition = iif(excluded.disposition = '', disposition, excluded.disposition)
           where excluded.wrap_up_ms > wrap_up_ms or excluded.disposition not in ('', disposition)""",
        (effect.call, effect.agent, effect.wrap_up_ms, effect.disposition),
    ).rowcount
    if changed:
        if effect.disposition:
            charge_disposition(to.ledger, to.office.contracts, effect.call, to.office.place)
        to.to_cloud("wrap_up", f"{effect.call}/{effect.agent}", effect)


def _decision(to: _Writing, effect: StoreDecision) -> None:
    decision = effect.decision
    row = msgspec.structs.asdict(decision) | {"epoch": to.epoch, "candidates": ""}
    row["packed"], row["lines"] = packed(decision.candidates, to.words), lines_json(decision.lines)
    to.insert_once("decisions", row)
    to.saw_call(decision.call)


def _agent_state(to: _Writing, effect: StoreAgentState) -> None:
    row = msgspec.structs.asdict(effect) | {"epoch": to.epoch}
    if not to.insert_once("agent_states", row):
        return
    state = effect.state if effect.state in ("logged_out", "not_ready") else "ready"
    # Ringing, talking and wrap-up are no news here: an agent who takes calls is `ready` after a power cut.
    to.db.execute(
        """insert into agents_durable (agent, state, reason, station, since_utc_ms) values (?, ?, ?, ?, ?)
           on conflict (agent) do update set state = excluded.state, reason = excluded.reason,
               station = excluded.station, since_utc_ms = excluded.since_utc_ms
           where (state, reason, station) is not (excluded.state, excluded.reason, excluded.station)""",
        (effect.agent, state, effect.reason if state == "not_ready" else "", effect.station, effect.at_utc_ms),
    )
    to.saw_call(effect.call)
    to.to_cloud("agent_state", f"{to.epoch}-{effect.number}", effect)


def _worklist_item(to: _Writing, effect: StoreWorklistItem) -> None:
    """Open an item for the number, or count one more attempt in the one that is open, once a call; and what is promised
    to it now. Whom the box died on while it called them back is promised it still."""
    to.saw_call(effect.call)
    values = msgspec.structs.asdict(effect)
    if to.db.execute("select 1 from worklist_calls where call = ?", (effect.call,)).fetchone() is not None:
        to.db.execute(
            """update worklist set reason = :reason, callback_place_utc_ms = :callback_place_utc_ms,
                   callback_tries = :callback_tries
               where number = :number and closed_at = 0 and last_call = :call
                   and :reason not in ('power_lost', 'box_restarted')""",
            values,
        )
        return
    (item,) = to.db.execute(
        """insert into worklist (number, queue, reason, first_at, last_at, attempts, last_call,
               closed_at, closed_by, result, callback_place_utc_ms, callback_tries)
           values (:number, :queue, :reason, :at_utc_ms, :at_utc_ms, 1, :call, 0, '', '',
               :callback_place_utc_ms, :callback_tries)
           on conflict (number) where closed_at = 0 do update set attempts = attempts + 1, queue = excluded.queue,
               last_at = excluded.last_at, last_call = excluded.last_call,
               (reason, callback_place_utc_ms, callback_tries) =
                   (select reason, callback_place_utc_ms, callback_tries
                    where excluded.reason in ('power_lost', 'box_restarted') and callback_place_utc_ms > 0
                    union all select excluded.reason, excluded.callback_place_utc_ms, excluded.callback_tries)
           returning item""",
        values,
    ).fetchone()
    to.insert("worklist_calls", {"call": effect.call, "item": item})
    to.to_cloud("worklist_item", effect.call, effect)


def _close_worklist_item(to: _Writing, effect: CloseStoredWorklistItem) -> None:
    closed = to.db.execute(
        "update worklist set closed_at = ?, closed_by = ?, result = ? where number = ? and closed_at = 0",
        (effect.at_utc_ms, effect.by, effect.result, effect.number),
    ).rowcount
    if closed:
        to.to_cloud("worklist_closed", f"{effect.number}/{effect.at_utc_ms}", effect)


def _night_mode(to: _Writing, effect: StoreNightMode) -> None:
    set_number(to.db, "night_mode", int(effect.on))


def _recording(to: _Writing, effect: StoreRecording) -> None:
    if to.insert_once("recordings", msgspec.structs.asdict(effect)):
        to.to_cloud("recording", effect.recording, effect)


def _contact(to: _Writing, effect: StoreContact) -> None:
    """Stays on the box: the cloud has no table for it."""
    to.insert_once("contacts", msgspec.structs.asdict(effect))


def _line_use(to: _Writing, effect: StoreLineUse) -> None:
    """Stays on the box."""
    to.insert("line_use", msgspec.structs.asdict(effect), "insert or replace")


def _line_event(to: _Writing, effect: StoreLineEvent) -> None:
    """The newest of each line are kept: an old one goes for each that comes."""
    to.insert_once("line_events", msgspec.structs.asdict(effect) | {"epoch": to.epoch})
    _keep_newest(to, "line_events", "line", effect.line, LINE_EVENTS_KEPT)


def _notice(to: _Writing, effect: StoreNotice) -> None:
    to.insert_once("notices", msgspec.structs.asdict(effect) | {"epoch": to.epoch})
    _keep_newest(to, "notices", "kind", effect.kind, NOTICES_KEPT)


def _keep_newest(to: _Writing, table: str, column: str, value: str, count: int) -> None:
    to.db.execute(
        f"""delete from {table} where {column} = :value and (epoch, number) <= (
                select epoch, number from {table} where {column} = :value
                order by epoch desc, number desc limit 1 offset :count)""",
        {"value": value, "count": count},
    )


_WRITERS: dict[type, Callable[[_Writing, Any], None]] = {
    StoreCdr: _cdr,
    StoreOpenCall: _open_call,
    StoreWrapUp: _wrap_up,
    StoreDecision: _decision,
    StoreAgentState: _agent_state,
    StoreWorklistItem: _worklist_item,
    CloseStoredWorklistItem: _close_worklist_item,
    StoreNightMode: _night_mode,
    StoreRecording: _recording,
    StoreContact: _contact,
    StoreIncomingMessage: lambda to, effect: message_writes.incoming(to.db, effect, to.office.time_zone),
    StoreOutgoingMessage: lambda to, effect: message_writes.outgoing(to.db, effect, to.office.time_zone),
    StoreMessageReport: lambda to, effect: message_writes.report(to.db, effect, to.now_utc_ms),
    StoreLineUse: _line_use,
    StoreLineEvent: _line_event,
    StoreNotice: _notice,
}
