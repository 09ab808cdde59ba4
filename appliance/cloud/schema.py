"""The cloud's tables in PostgreSQL, and the SQL that puts each kind of outbox row into them, once.

Every table begins with the box it came from and is keyed by what the record says of itself, so that a row sent twice
changes nothing. Times are UTC; `*_ms` are durations; money is in micro-units of `currency`. The whole record is kept
beside the columns, so that a figure nobody thought of yet can still be worked out.
"""

import psycopg

SCHEMA_VERSION = 1

_STATEMENTS = """
create table boxes (
    box_id uuid primary key,
    name text not null,
    position bigint not null default 0,
    place text not null default '',
    last_sent_at timestamptz,
    first_seen_at timestamptz not null default now()
);
comment on column boxes.position is 'The last row of the box''s outbox that is here; it goes on after it.';
comment on column boxes.place is 'What that row was: a box that was restored has another there, and sends again.';

create table calls (
    box_id uuid not null references boxes,
    call text not null,
    hash text not null,
    seq bigint not null,
    incarnation bigint not null,
    direction text not null,
    line text not null,
    caller text not null,
    called text not null,
    queue text,
    agent text,
    project text not null,
    client text not null,
    offered_at timestamptz not null,
    answered_at timestamptz,
    ended_at timestamptz not null,
    clock_synchronised boolean not null,
    ivr_ms bigint not null,
    wait_ms bigint not null,
    ring_ms bigint not null,
    talk_ms bigint not null,
    hold_ms bigint not null,
    voicemail_ms bigint not null,
    end_reason text not null,
    charge_micros bigint not null,
    currency text not null,
    record jsonb not null,
    primary key (box_id, call, hash)
);
create index calls_by_time on calls (offered_at);
create index calls_by_client on calls (client, offered_at);

create table wrap_ups (
    box_id uuid not null references boxes,
    call text not null,
    agent text not null,
    wrap_up_ms bigint not null,
    disposition text not null,
    primary key (box_id, call, agent)
);

create table agent_states (
    box_id uuid not null references boxes,
    key text not null,
    agent text not null,
    state text not null,
    reason text not null,
    call text,
    at timestamptz not null,
    previous_ms bigint not null,
    primary key (box_id, key, at)
);
create index agent_states_by_agent on agent_states (agent, at);

create table worklist_items (
    box_id uuid not null references boxes,
    call text not null,
    number text not null,
    queue text,
    reason text not null,
    at timestamptz not null,
    primary key (box_id, call, at)
);

create table worklist_closed (
    box_id uuid not null references boxes,
    number text not null,
    at timestamptz not null,
    by text not null,
    result text not null,
    primary key (box_id, number, at)
);

create table recordings (
    box_id uuid not null references boxes,
    recording text not null,
    call text not null,
    kind text not null,
    duration_ms bigint not null,
    size_bytes bigint not null,
    primary key (box_id, recording)
);

create table other_records (
    box_id uuid not null references boxes,
    kind text not null,
    key text not null,
    record jsonb not null,
    primary key (box_id, kind, key)
);
comment on table other_records is 'Kinds that a newer box sends and this schema does not know yet.';

create table refused_rows (
    box_id uuid not null references boxes,
    outbox_id bigint not null,
    kind text not null,
    key text not null,
    payload text not null,
    error text not null,
    refused_at timestamptz not null default now(),
    primary key (box_id, outbox_id, kind, key)
);
comment on table refused_rows is 'What the database would not take; kept, so that it neither blocks nor is lost.';

create table schema_version (version integer not null);
"""

OTHER = """
insert into other_records (box_id, kind, key, record)
values (%(box_id)s, %(kind)s, %(key)s, %(payload)s::jsonb)
on conflict (box_id, kind, key) do update set record = excluded.record
"""

_UTC = "to_timestamp((r ->> '{}')::bigint / 1000.0)"

INSERTS = {
    "call": """
        insert into calls (box_id, call, hash, seq, incarnation, direction, line, caller, called, queue, agent, project,
            client, offered_at, answered_at, ended_at, clock_synchronised, ivr_ms, wait_ms, ring_ms, talk_ms, hold_ms,
            voicemail_ms, end_reason, charge_micros, currency, record)
        select %(box_id)s, r ->> 'call', whole ->> 'hash', (r ->> 'seq')::bigint, (r ->> 'incarnation')::bigint,
            r ->> 'direction', r ->> 'line', r ->> 'caller', r ->> 'called', r ->> 'queue', r ->> 'agent',
            r ->> 'project', r ->> 'client', to_timestamp((r ->> 'offered_at')::bigint / 1000.0),
            to_timestamp(nullif((r ->> 'answered_at')::bigint, 0) / 1000.0),
            to_timestamp((r ->> 'ended_at')::bigint / 1000.0), (r ->> 'clock_synchronised')::boolean,
            (r ->> 'ivr_ms')::bigint, (r ->> 'wait_ms')::bigint, (r ->> 'ring_ms')::bigint, (r ->> 'talk_ms')::bigint,
            (r ->> 'hold_ms')::bigint, (r ->> 'voicemail_ms')::bigint, r ->> 'end_reason',
            (whole -> 'charge' ->> 'total_micros')::bigint, whole -> 'charge' ->> 'currency', whole
        from (select %(payload)s::jsonb as whole) as sent, lateral (select whole -> 'cdr' as r) as record
        on conflict do nothing""",
    "wrap_up": """
        insert into wrap_ups (box_id, call, agent, wrap_up_ms, disposition)
        select %(box_id)s, r ->> 'call', r ->> 'agent', (r ->> 'wrap_up_ms')::bigint, r ->> 'disposition'
        from (select %(payload)s::jsonb as r) as sent
        on conflict (box_id, call, agent) do update set
            wrap_up_ms = greatest(wrap_ups.wrap_up_ms, excluded.wrap_up_ms),
            disposition = coalesce(nullif(excluded.disposition, ''), wrap_ups.disposition)""",
    "agent_state": f"""
        insert into agent_states (box_id, key, agent, state, reason, call, at, previous_ms)
        select %(box_id)s, %(key)s, r ->> 'agent', r ->> 'state', r ->> 'reason', r ->> 'call',
            {_UTC.format("at_utc_ms")}, (r ->> 'previous_ms')::bigint
        from (select %(payload)s::jsonb as r) as sent
        on conflict do nothing""",
    "worklist_item": f"""
        insert into worklist_items (box_id, call, number, queue, reason, at)
        select %(box_id)s, r ->> 'call', r ->> 'number', r ->> 'queue', r ->> 'reason', {_UTC.format("at_utc_ms")}
        from (select %(payload)s::jsonb as r) as sent
        on conflict do nothing""",
    "worklist_closed": f"""
        insert into worklist_closed (box_id, number, at, by, result)
        select %(box_id)s, r ->> 'number', {_UTC.format("at_utc_ms")}, r ->> 'by', r ->> 'result'
        from (select %(payload)s::jsonb as r) as sent
        on conflict do nothing""",
    "recording": """
        insert into recordings (box_id, recording, call, kind, duration_ms, size_bytes)
        select %(box_id)s, r ->> 'recording', r ->> 'call', r ->> 'kind', (r ->> 'duration_ms')::bigint,
            (r ->> 'size_bytes')::bigint
        from (select %(payload)s::jsonb as r) as sent
        on conflict do nothing""",
}
"""By the outbox row's kind: a statement with box_id, kind, key and payload (JSON text)."""


class SchemaError(Exception):
    """The database is not one this version can send to. The message says why and what to do."""


def ensure_schema(connection: psycopg.Connection) -> None:
    """Make the tables in an empty database; leave them alone where they are. Raises SchemaError, psycopg.Error."""
    with connection.transaction():
        # Two boxes may meet an empty database at once: the second waits, and finds the tables.
        connection.execute("select pg_advisory_xact_lock(hashtext('centralita schema'))")
        found = connection.execute("select to_regclass('schema_version')").fetchone()
        if found is None or found[0] is None:
            connection.execute(_STATEMENTS.encode())
            connection.execute("insert into schema_version values (%s)", (SCHEMA_VERSION,))
            return
        version = connection.execute("select max(version) from schema_version").fetchone()
    if version is None or version[0] != SCHEMA_VERSION:
        raise SchemaError(
            f"the cloud's tables are version {version and version[0]} and this box sends version {SCHEMA_VERSION}. "
            "Update the older of the two; until then the box keeps everything."
        )
