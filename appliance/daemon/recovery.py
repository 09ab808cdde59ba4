"""After a power cut: the store is the truth. Calls that were up are closed at their last heartbeat, and what is
durable of agents, night mode, the worklist and the queues is given back to a fresh ACD."""

import logging
import sqlite3
from typing import Literal

import msgspec

from appliance.acd.durable import DurableAgent, DurableLine, DurableWorklistItem
from appliance.acd.effects import Cdr, StoreCdr, StoreEffect, StoreWorklistItem
from appliance.acd.inputs import RestoreDurable
from appliance.daemon import message_writes, remembered
from appliance.daemon.numbers import number, set_number
from appliance.daemon.store_writes import Office, write
from appliance.office.customers import customer_number

log = logging.getLogger(__name__)

LostBy = Literal["power_lost", "box_restarted"]


def recover(db: sqlite3.Connection, office: Office, why: LostBy, now_utc_ms: int) -> tuple[int, RestoreDurable]:
    """Begin a new history of the ACD: its epoch, and what it has to be told. One transaction; may be repeated.

    `why` is what the calls that were up died of: the power, or only the ACD's own memory of them.
    """
    with db:
        db.execute("begin immediate")
        epoch = number(db, "epoch") + 1
        set_number(db, "epoch", epoch)
        set_number(db, "applied", 0)
        for row in db.execute("select cdr from open_calls order by call").fetchall():
            _close(db, epoch, office, msgspec.json.decode(row[0], type=Cdr), why, now_utc_ms)
        return epoch, _durable(db, office)


def _close(db: sqlite3.Connection, epoch: int, office: Office, cdr: Cdr, why: LostBy, now_utc_ms: int) -> None:
    log.warning("call %s was up and is closed at its last heartbeat (%s)", cdr.call, why)
    closed = msgspec.structs.replace(cdr, end_reason=why, hung_up_by="system")
    effects: list[StoreEffect] = [StoreCdr(closed)]
    person = customer_number(cdr)
    if person:
        effects.append(StoreWorklistItem(person, cdr.call, cdr.queue, why, cdr.ended_at))
    write(db, epoch, office, effects, now_utc_ms)


def _durable(db: sqlite3.Connection, office: Office) -> RestoreDurable:
    agents = db.execute("select agent, state, station, reason, since_utc_ms from agents_durable order by agent")
    day, today = remembered.last_day(db, office.time_zone)
    items = db.execute(
        """select number, queue, reason, first_at as since_utc_ms, attempts, callback_place_utc_ms, callback_tries
           from worklist where closed_at = 0 order by item"""
    )
    return RestoreDurable(
        agents=tuple(
            DurableAgent(agent, state, station, reason, since, day, today[agent].calls, today[agent].talk_ms)
            for agent, state, station, reason, since in agents
        ),
        night_mode=bool(number(db, "night_mode")),
        next_call=number(db, "last_call") + 1,
        worklist=tuple(DurableWorklistItem(*row) for row in items),
        queues=remembered.queues(db),
        last_agents=remembered.last_agents(db),
        messages=message_writes.durable(db),
        message_counts=message_writes.counts(db),
        lines=tuple(
            DurableLine(*row) for row in db.execute("select line, since_day, used_ms from line_use order by line")
        ),
        messages_done=message_writes.done(db),
    )
