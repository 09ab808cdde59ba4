"""The tables of the store, as the migrations that made them: each is applied once, in order, in a transaction.

Imported only when a store is not up to date: sqlite-utils takes longer to import than the ACD may take to be back.
A migration that was released is never edited; a change is a new one at the end, with `migrations.SCHEMA_VERSION`
raised by one.
"""

from typing import cast

from sqlite_utils import Database, Migrations
from sqlite_utils.db import Table

migrations = Migrations("centralita")


@migrations()
def m001_calls(db: Database) -> None:
    """Calls, their legs and agent segments, what is known of calls that are up, recordings."""
    durations = ("ivr_ms", "wait_ms", "ring_ms", "talk_ms", "hold_ms", "voicemail_ms")
    moments = ("offered_at", "queued_at", "answered_at", "ended_at")
    texts = ("call", "direction", "line", "caller", "called", "queues", "project", "client", "end_reason")
    columns: dict[str, type] = {"record": int}
    columns |= dict.fromkeys(texts, str)
    columns |= {"queue": str, "agent": str, "recording": str, "evidence": str, "hung_up_by": str}
    columns |= dict.fromkeys(("incarnation", "seq", *moments, "clock_synchronised", *durations, "target_ms"), int)
    columns |= {"charge_micros": int, "currency": str, "charge_reason": str, "charge": str}
    columns |= {"previous_hash": str, "hash": str}
    may_be_null = {"record", "queue", "agent", "recording", "evidence"}
    calls = _create(db, "calls", columns, "record", may_be_null)
    calls.create_index(["call"], unique=True)
    calls.create_index(["offered_at"])
    calls.create_index(["caller"])
    legs: dict[str, type] = {"call": str, "position": int, "leg": str, "role": str, "line": str, "station": str}
    legs |= {"agent": str, "started_ms": int, "answered_ms": int, "ended_ms": int, "cause": str, "evidence": str}
    _create(db, "legs", legs, ("call", "position"), {"line", "station", "agent", "evidence"})
    segments: dict[str, type] = {"call": str, "position": int, "agent": str, "station": str, "queue": str}
    segments |= {"ring_ms": int, "talk_ms": int, "hold_ms": int, "outcome": str}
    _create(db, "segments", segments, ("call", "position"), set()).create_index(["agent"])
    wrap_ups: dict[str, type] = {"call": str, "agent": str, "wrap_up_ms": int, "disposition": str}
    _create(db, "wrap_ups", wrap_ups, ("call", "agent"), set())
    _create(db, "open_calls", {"call": str, "cdr": str}, "call", set())
    recordings: dict[str, type] = {"recording": str, "call": str, "kind": str, "duration_ms": int, "size_bytes": int}
    _create(db, "recordings", recordings, "recording", set()).create_index(["call"])


@migrations()
def m002_agents_and_decisions(db: Database) -> None:
    """Why each call went where it went; who was in which state since when, as history and as it is now."""
    decisions: dict[str, type] = {"epoch": int, "number": int, "call": str, "at_utc_ms": int, "kind": str}
    decisions |= {"queue": str, "strategy": str, "reason": str, "detail": str, "waited_ms": int, "candidates": str}
    _create(db, "decisions", decisions, ("epoch", "number"), {"call", "queue"}).create_index(["call"])
    states: dict[str, type] = {"epoch": int, "number": int, "agent": str, "state": str, "reason": str, "station": str}
    states |= {"call": str, "at_utc_ms": int, "previous_ms": int}
    table = _create(db, "agent_states", states, ("epoch", "number"), {"station", "call"})
    table.create_index(["agent", "at_utc_ms"])
    durable: dict[str, type] = {"agent": str, "state": str, "reason": str, "station": str, "since_utc_ms": int}
    _create(db, "agents_durable", durable, "agent", {"station"})


@migrations()
def m003_worklist_and_office(db: Database) -> None:
    """Those who could not be served, the customers they are, what the cloud must hear, and single numbers."""
    worklist: dict[str, type] = {"item": int, "number": str, "queue": str, "reason": str, "first_at": int}
    worklist |= {"last_at": int, "attempts": int, "last_call": str, "closed_at": int, "closed_by": str, "result": str}
    _create(db, "worklist", worklist, "item", {"item", "queue"})
    db.execute("create unique index one_open_item_a_number on worklist (number) where closed_at = 0")
    _create(db, "worklist_calls", {"call": str, "item": int}, "call", set())
    customers: dict[str, type] = {"number": str, "first_seen": int, "last_seen": int, "calls": int, "answered": int}
    customers |= {"abandoned": int, "last_queue": str, "last_agent": str, "last_answered": int}
    _create(db, "customers", customers, "number", {"last_queue", "last_agent"}).create_index(["last_seen"])
    # autoincrement: an id is never used again, so the cloud may keep its place in the outbox by id.
    db.execute(
        "create table outbox (id integer primary key autoincrement, kind text not null, key text not null, "
        "payload text not null, created_at integer not null) strict"
    )
    refused: dict[str, type] = {"id": int, "at_utc_ms": int, "error": str, "effect": str}
    _create(db, "refused_effects", refused, "id", {"id"})
    _create(db, "numbers", {"name": str, "value": int}, "name", set())


@migrations()
def m004_small_decisions(db: Database) -> None:
    """Decisions say small whom they looked at (`decision_rows`), and the late ones are found to be deleted first.

    Rows that are there keep their JSON until they are old enough to go: nobody waits while a year is written anew.
    """
    db.execute("alter table decisions add column packed blob")
    db.execute("create index late_decisions on decisions (at_utc_ms) where kind = 'late'")
    db.execute("create table words (word integer primary key, text text not null unique) strict")


@migrations()
def m005_promised_calls(db: Database) -> None:
    """An item of the worklist says whether its number was promised a call back, in which place, and how often tried."""
    for column in ("callback_place_utc_ms", "callback_tries"):
        db.execute(f"alter table worklist add column {column} integer not null default 0")


@migrations()
def m006_contacts(db: Database) -> None:
    """Customer contacts that are no calls, once they are over. One that is offered again is another row."""
    columns: dict[str, type] = {"contact": str, "channel": str, "queue": str, "customer": str, "agent": str}
    columns |= dict.fromkeys(("offered_at", "accepted_at", "closed_at", "wait_ms", "handle_ms"), int)
    columns |= {"end_reason": str}
    table = _create(db, "contacts", columns, ("contact", "offered_at"), {"agent"})
    table.create_index(["closed_at"])


@migrations()
def m007_messages(db: Database) -> None:
    """Text messages both ways, what the network calls the parts of ours, and what it reported of them."""
    columns: dict[str, type] = {"message": str, "direction": str, "line": str, "number": str, "text": str}
    columns |= {"state": str, "cause": str, "detail": str, "by": str}
    columns |= dict.fromkeys(("at_utc_ms", "sent_at_utc_ms", "changed_at_utc_ms", "parts", "tries"), int)
    columns |= {"missing": str, "octets": str, "day": str}
    messages = _create(db, "messages", columns, "message", set())
    messages.create_index(["at_utc_ms"])
    messages.create_index(["number"])
    db.execute("create index messages_on_their_way on messages (line) where state in ('queued', 'sending', 'sent')")
    parts: dict[str, type] = {"message": str, "part": int, "line": str, "reference": int, "number": str}
    parts |= {"state": str, "status": str, "at_utc_ms": int}
    _create(db, "message_parts", parts, ("message", "part"), set()).create_index(["line", "reference"])
    reports: dict[str, type] = {"report": str, "line": str, "reference": int, "number": str, "state": str}
    reports |= {"status": str, "at_utc_ms": int, "seen_utc_ms": int}
    _create(db, "message_reports", reports, "report", set()).create_index(["line", "reference"])


@migrations()
def m008_lines(db: Database) -> None:
    """Decisions say which lines were looked at, as JSON. How much of its contract's minutes each line has used; what
    each line said of itself, the newest of it; what somebody was to know."""
    db.execute("alter table decisions add column lines text not null default ''")
    _create(db, "line_use", {"line": str, "since_day": str, "used_ms": int}, "line", set())
    columns: dict[str, type] = {
        "epoch": int,
        "number": int,
        "line": str,
        "at_utc_ms": int,
        "health": str,
        "detail": str,
    }
    columns |= {"signal_percent": int, "operator": str, "sim": str, "previous_ms": int, "left_out": int}
    _create(db, "line_events", columns, ("epoch", "number"), set()).create_index(["line", "epoch", "number"])
    columns = {"epoch": int, "number": int, "kind": str, "subject": str, "at_utc_ms": int, "detail": str}
    _create(db, "notices", columns, ("epoch", "number"), set())


@migrations()
def m009_ledger(db: Database) -> None:
    """Each account's lines, chained by their hashes (`billing.ledger`), never changed and never deleted; the results
    that calls came to."""
    columns: dict[str, type] = {"account": str, "number": int, "kind": str, "subject": str, "revision": int}
    columns |= {"corrects": int, "period": str, "call": str, "amount_micros": int, "tax_micros": int}
    columns |= {"booked_utc_ms": int, "line": str, "hash": str}
    ledger = _create(db, "ledger", columns, ("account", "number"), set())
    ledger.create_index(["account", "kind", "subject", "revision"], unique=True)
    ledger.create_index(["account", "period"])
    ledger.create_index(["call"])
    for verb in ("update", "delete"):
        db.execute(
            f"create trigger ledger_no_{verb} before {verb} on ledger begin "
            "select raise(abort, 'the ledger is never changed: a correction is a new line'); end"
        )
    columns = {"call": str, "result": str, "account": str, "agent": str, "state": str, "decided": int}
    columns |= {"at_utc_ms": int, "by": str, "note": str}
    _create(db, "results", columns, ("call", "result"), set()).create_index(["state"])


@migrations()
def m010_forwarded_calls(db: Database) -> None:
    """A call says to which outside number its caller was sent."""
    db.execute("alter table calls add column forwarded_to text not null default ''")


@migrations()
def m011_included_minutes(db: Database) -> None:
    """How much of the minutes that contracts include the stored calls have used, by pool and month."""
    _create(db, "included_minutes", {"pool": str, "since_day": str, "used_ms": int}, ("pool", "since_day"), set())


@migrations()
def m012_rerating(db: Database) -> None:
    """How far each job that rates calls anew is, and what it has changed until then (`rerating`)."""
    columns: dict[str, type] = {"job": str, "place": int, "calls": int, "changed": int, "kept": int, "at_utc_ms": int}
    _create(db, "rerating", columns, "job", set())
    columns = {"job": str, "account": str, "name": str, "lines": int, "micros": int}
    _create(db, "rerating_sums", columns, ("job", "account", "name"), set())


@migrations()
def m013_limits(db: Database) -> None:
    """What was paid into clients' accounts, never changed; what calls that go out cost is summed from an index."""
    db.execute(
        "create table top_ups (number integer primary key autoincrement, client text not null, "
        "amount_micros integer not null, currency text not null, reference text not null unique, note text not null, "
        '"by" text not null, at_utc_ms integer not null) strict'
    )
    db.execute("create index top_ups_of_client on top_ups (client, at_utc_ms, amount_micros)")
    for verb in ("update", "delete"):
        db.execute(
            f"create trigger top_ups_no_{verb} before {verb} on top_ups begin "
            "select raise(abort, 'what was paid in is never changed: a correction is another top-up'); end"
        )
    db.execute(
        "create index calls_out on calls (offered_at, line, agent, client, project, charge_micros, direction) "
        "where direction = 'out'"
    )
    db.execute(
        "create index calls_out_of_client on calls (client, offered_at, charge_micros, direction) "
        "where direction = 'out' and client <> ''"
    )
    db.execute("create index calls_sent_outside on calls (offered_at) where direction = 'in' and forwarded_to <> ''")


@migrations()
def m014_statements(db: Database) -> None:
    """Seals of accounts (`billing.seals`) and the statements that were made, in their order; never changed."""
    columns: dict[str, type] = {"account": str, "number": int, "head": str, "at_utc_ms": int, "box": str}
    columns |= {"key": str, "signature": str}
    _create(db, "seals", columns, ("account", "number"), set())
    columns = {"serial": int, "account": str, "month": str, "until": int, "head": str, "totals": str, "signature": str}
    _create(db, "statements", columns, "serial", {"serial"}).create_index(["account", "month"], unique=True)
    for table in ("seals", "statements"):
        for verb in ("update", "delete"):
            db.execute(
                f"create trigger {table}_no_{verb} before {verb} on {table} begin "
                "select raise(abort, 'what was sealed or stated is never changed'); end"
            )


def _create(
    db: Database, name: str, columns: dict[str, type], pk: str | tuple[str, ...], may_be_null: set[str]
) -> Table:
    table = cast("Table", db[name])
    return table.create(columns, pk=pk, not_null=set(columns) - may_be_null, strict=True)
