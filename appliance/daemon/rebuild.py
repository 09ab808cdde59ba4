"""From what a dead ACD left to a living one: by its journal when that can be trusted, else by the store."""

import logging
from dataclasses import dataclass

from appliance.acd.inputs import RestoreDurable
from appliance.acd.plan import Plan
from appliance.daemon.journal import Entry, Journal, NumberedStoreEffect, Snapshot
from appliance.daemon.machine import Machine
from appliance.daemon.store import Store

log = logging.getLogger(__name__)

MAX_SKIPS = 5
SKIPS_WITHIN_MS = 60_000
"""More inputs than that which cannot be handled within this time: the state itself is bad, and is given up."""


@dataclass(frozen=True)
class Rebuilt:
    machine: Machine
    restore: RestoreDurable | None
    """What a fresh machine has to be told; None after a replay."""
    replayed: int = 0
    skips: tuple[int, ...] = ()
    skipped_now: int = 0


def rebuild(plan: Plan, journal: Journal, store: Store) -> Rebuilt:
    """The ACD as it was, its undurable effects given to the store again; or a fresh one and what to tell it."""
    snapshot = journal.found.snapshot
    if snapshot is not None:
        rebuilt = _replay(journal, snapshot, store)
        if rebuilt is not None:
            return rebuilt
    restore = store.recover("power_lost" if journal.found.power_was_lost else "box_restarted")
    return Rebuilt(Machine.fresh(plan, store.epoch, journal.found.salvaged), restore)


def _replay(journal: Journal, snapshot: Snapshot, store: Store) -> Rebuilt | None:
    entries = journal.found.entries
    left_out: list[int] = []
    latest_ms = entries[-1].at_ms if entries else snapshot.at_ms
    skips = [at_ms for at_ms in snapshot.skips if latest_ms - at_ms < SKIPS_WITHIN_MS]
    while True:
        if len(skips) > MAX_SKIPS:
            journal.set_aside(f"{len(skips)} inputs in a minute could not be handled")
            return None
        try:
            machine = Machine.from_snapshot(snapshot)
        except Exception as error:
            log.exception("the snapshot cannot be read")
            journal.set_aside(f"its snapshot cannot be read by this version ({error})")
            return None
        bad, effects = _run(machine, entries, left_out)
        if bad is None:
            break
        left_out.append(bad)
        skips.append(entries[bad].at_ms)
        journal.keep_for_inquiry(entries[bad])
    store.attach(snapshot.epoch)
    for effect in (*snapshot.not_stored, *effects):
        store.put(effect)
    log.info("the journal was replayed: %d inputs since its snapshot", len(entries))
    return Rebuilt(machine, None, len(entries), tuple(skips), len(left_out))


def _run(
    machine: Machine, entries: tuple[Entry, ...], left_out: list[int]
) -> tuple[int | None, list[NumberedStoreEffect]]:
    """Handle the entries; the index of the first that raises (the machine is then of no more use), and the effects."""
    effects: list[NumberedStoreEffect] = []
    for index, entry in enumerate(entries):
        if index in left_out:
            machine.pass_over(entry)
            continue
        try:
            effects += machine.handle(entry).store
        except Exception:
            log.exception("input %d of the journal cannot be handled and is left out: %r", index, entry)
            return index, []
    return None, effects
