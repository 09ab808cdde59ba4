"""Text messages as rows: what came, what goes out and how far it is, and which report is of which part.

Written within the transaction of whoever calls; each may be written again, and then changes nothing. A report may come
before its message is known to be sent, so both wait for each other in the tables.
"""

import sqlite3

import msgspec

from appliance.acd.durable import DurableMessage, DurableMessageCount
from appliance.acd.effects import StoreEffect
from appliance.acd.hours import local_day
from appliance.acd.ids import LineName, MessageId
from appliance.acd.message_effects import StoreIncomingMessage, StoreMessageReport, StoreOutgoingMessage
from appliance.acd.message_inputs import StoredMessage
from appliance.acd.messages import REMEMBERED

REPORT_WITHIN_MS = 8 * 24 * 3600 * 1000
"""Networks try for a week; references begin anew after 256 parts, so an older part of the same is another."""
SAME_DIGITS = 9
"""Numbers that end alike are the same: networks report a national number as an international one."""


def came(effect: StoreEffect) -> StoredMessage | None:
    """What a modem keeps until this is durable."""
    if isinstance(effect, StoreIncomingMessage):
        return StoredMessage(effect.line, effect.message)
    if isinstance(effect, StoreMessageReport):
        return StoredMessage(effect.line, effect.report)
    return None


def incoming(db: sqlite3.Connection, effect: StoreIncomingMessage, time_zone: str) -> None:
    """One that is there already was read again, by a process that did not know."""
    db.execute(
        """insert or ignore into messages (message, direction, line, number, text, state, cause, detail, by, at_utc_ms,
               sent_at_utc_ms, changed_at_utc_ms, parts, tries, missing, octets, day)
           values (?, 'in', ?, ?, ?, 'received', '', ?, '', ?, ?, ?, ?, 0, ?, ?, ?)""",
        (
            effect.message,
            effect.line,
            effect.number,
            effect.text,
            effect.unreadable,
            effect.at_utc_ms,
            effect.sent_at_utc_ms,
            effect.at_utc_ms,
            effect.parts,
            ",".join(map(str, effect.missing)),
            effect.octets,
            local_day(time_zone, effect.at_utc_ms),
        ),
    )


def outgoing(db: sqlite3.Connection, effect: StoreOutgoingMessage, time_zone: str) -> None:
    """A message is in one state after another; what is sent or failed does not wait again."""
    values = msgspec.structs.asdict(effect) | {"day": local_day(time_zone, effect.queued_at_utc_ms)}
    values["sent_at_utc_ms"] = effect.at_utc_ms if effect.state == "sent" else 0
    del values["references"]
    db.execute(
        """insert into messages (message, direction, line, number, text, state, cause, detail, by, at_utc_ms,
               sent_at_utc_ms, changed_at_utc_ms, parts, tries, missing, octets, day)
           values (:message, 'out', :line, :number, :text, :state, :cause, :detail, :by, :queued_at_utc_ms,
               :sent_at_utc_ms, :at_utc_ms, :parts, :tries, '', '', :day)
           on conflict (message) do update set state = excluded.state, cause = excluded.cause,
               detail = excluded.detail, changed_at_utc_ms = excluded.changed_at_utc_ms, tries = excluded.tries,
               sent_at_utc_ms = max(sent_at_utc_ms, excluded.sent_at_utc_ms)
           where direction = 'out' and state in ('queued', 'sending')""",
        values,
    )
    for part, reference in enumerate(effect.references, start=1):
        db.execute(
            "insert or ignore into message_parts values (?, ?, ?, ?, ?, '', '', ?)",
            (effect.message, part, effect.line, reference, effect.number, effect.at_utc_ms),
        )
    if effect.references:
        reports = db.execute(
            "select report, line, reference, number, state, status, at_utc_ms from message_reports "
            "where line = ? and seen_utc_ms >= ? order by seen_utc_ms, report",
            (effect.line, effect.queued_at_utc_ms),
        )
        for row in reports.fetchall():
            _settle(db, StoreMessageReport(*row), effect.message)


def report(db: sqlite3.Connection, effect: StoreMessageReport, now_utc_ms: int) -> None:
    values = (*msgspec.structs.astuple(effect), now_utc_ms)
    if db.execute("insert or ignore into message_reports values (?, ?, ?, ?, ?, ?, ?, ?)", values).rowcount:
        newest = db.execute(
            """select message, number from message_parts
               where line = ? and reference = ? and at_utc_ms >= ? order by at_utc_ms desc""",
            (effect.line, effect.reference, now_utc_ms - REPORT_WITHIN_MS),
        )
        message = next((MessageId(row[0]) for row in newest if _same_number(row[1], effect.number)), None)
        if message is not None:
            _settle(db, effect, message)


def _same_number(one: str, other: str) -> bool:
    return one[-SAME_DIGITS:] == other[-SAME_DIGITS:]


def _settle(db: sqlite3.Connection, effect: StoreMessageReport, message: MessageId) -> None:
    """The message is delivered when all of its parts are, and failed when one of them is. What a part has come to is
    not undone by a report that was overtaken."""
    (number,) = db.execute("select number from messages where message = ?", (message,)).fetchone()
    if not _same_number(number, effect.number):
        return
    db.execute(
        """update message_parts set state = ?, status = ?, at_utc_ms = max(at_utc_ms, ?)
           where message = ? and line = ? and reference = ? and state in ('', 'pending')""",
        (effect.state, effect.status, effect.at_utc_ms, message, effect.line, effect.reference),
    )
    rows = db.execute("select state, status from message_parts where message = ?", (message,)).fetchall()
    states = {row[0] for row in rows}
    failed = next((row[1] for row in rows if row[0] == "failed"), "")
    if failed or states == {"delivered"}:
        db.execute(
            """update messages set state = ?, cause = ?, changed_at_utc_ms = ?
               where message = ? and state in ('sent', 'delivered')""",
            ("failed" if failed else "delivered", failed, effect.at_utc_ms, message),
        )


def durable(db: sqlite3.Connection) -> tuple[DurableMessage, ...]:
    """What was on its way when the power went."""
    rows = db.execute(
        """select message, line, number, text, by, parts, at_utc_ms, state = 'sending', tries from messages
           where direction = 'out' and state in ('queued', 'sending') order by at_utc_ms, message"""
    )
    return tuple(
        DurableMessage(
            MessageId(row[0]), LineName(row[1]), row[2], row[3], row[4], row[5], row[6], bool(row[7]), row[8]
        )
        for row in rows
    )


def done(db: sqlite3.Connection) -> tuple[MessageId, ...]:
    """Of ours that went or were given up, the newest, the oldest of them first."""
    rows = db.execute(
        """select message from messages where direction = 'out' and state not in ('queued', 'sending')
           order by at_utc_ms desc, message limit ?""",
        (REMEMBERED,),
    )
    return tuple(MessageId(row[0]) for row in rows)[::-1]


def counts(db: sqlite3.Connection) -> tuple[DurableMessageCount, ...]:
    """Of each line's newest day."""
    rows = db.execute(
        """select line, day, sum(parts) from messages
           where direction = 'out' and (line, day) in
               (select line, max(day) from messages where direction = 'out' group by line)
           group by line, day"""
    )
    return tuple(DurableMessageCount(LineName(row[0]), row[1], row[2]) for row in rows)
