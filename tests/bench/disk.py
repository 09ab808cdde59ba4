"""Disk for a year of a 10-agent office, 250,000 calls: bytes by table, what pruning gives back, the journal's peak.

The whole year runs, nothing is scaled: the world of `simulated_year` through the real store with its own writer, on a
disk, and every input through the real journal. The cloud is configured and never comes, so the outbox is at its limit.
Then time goes on until half of the year is old, and it is pruned as the writer's thread would.
"""

import json
import logging
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from appliance.acd.acd import Acd, Effects
from appliance.acd.effects import StoreDecision, StoreEffect
from appliance.acd.ids import AgentName, LineName, QueueName
from appliance.acd.inputs import Input
from appliance.acd.plan import AgentPlan, LinePlan, Plan, QueuePlan
from appliance.billing.tariffs import Rate, RateTable
from appliance.daemon.journal import FORMAT, Entry, Journal, NumberedStoreEffect, Snapshot
from appliance.daemon.queries import open_store
from appliance.daemon.retention import DAY_MS, NO_CLOCK_MS, Keep, prune, shrink
from appliance.daemon.store import Store
from appliance.daemon.store_writes import Office
from appliance.planning.simulation import PickUp, Shift, Simulation, simulated_plan
from tests.bench import simulated_year
from tests.planning.markov import LINE

NAMES = ("ana", "luis", "elena", "paco", "marta", "ignacio", "beatriz", "jorge", "concha", "raul")
FIRST_DAY_MS = NO_CLOCK_MS + 365 * DAY_MS
CALLS = simulated_year.DAYS * simulated_year.CALLS_A_DAY
GROUPS = {
    "decisions": ("decisions", "idx_decisions_call", "sqlite_autoindex_decisions_1", "late_decisions", "words"),
    "agent_states": ("agent_states", "idx_agent_states_agent_at_utc_ms", "sqlite_autoindex_agent_states_1"),
    "outbox": ("outbox",),
}
DECISIONS_TARGET_MB, STORE_TARGET_MB = 300, 1_000


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    logging.getLogger("appliance.daemon.store").setLevel(logging.CRITICAL)  # each batch says that the outbox is full
    with tempfile.TemporaryDirectory(prefix="centralita-disk-", dir="/var/tmp") as folder:
        figures = measured(Path(folder))
    if as_json:
        print(json.dumps(figures))
    for name, value in figures.items():
        if isinstance(value, dict):
            for table, megabytes in value.items():
                print(f"{name:36} {table:24} {megabytes:8.1f} MB")
        else:
            print(f"{name:36} {value}")
    by_table = figures["year_mb"]
    assert isinstance(by_table, dict)
    print(f"disk_decisions {by_table['decisions']:.0f} MB (target < {DECISIONS_TARGET_MB})")
    print(f"disk {figures['store_mb']:.0f} MB (target < {STORE_TARGET_MB})")
    return 0


def measured(folder: Path) -> dict[str, object]:
    path = folder / "data" / "centralita.sqlite3"
    mobiles = Rate("moviles", "in", "6", connect_fee_micros=50_000, rate_micros_per_minute=24_000, version="7")
    office = Office("oficina", RateTable([mobiles], "EUR"), has_cloud=True)
    year = Year(folder / "journal", path, office)
    begun_s = time.perf_counter()
    year.run()
    took_s = time.perf_counter() - begun_s
    by_table = megabytes(path)
    figures: dict[str, object] = {
        "run_s": round(took_s),
        "store_mb_at_each_tenth": [round(one, 1) for one in year.store_mb],
        "year_mb": by_table,
        "store_mb": round(sum(by_table.values()), 1),
        "decisions_mb_if_candidates_were_json": round(by_table["decisions"] + year.json_more_bytes / 1e6, 1),
        "inputs_journalled": year.acd.inputs,
        "journal_snapshots": year.acd.snapshots,
        "journal_peak_mb": round(year.acd.peak_bytes / 1e6, 2),
        "journal_at_each_tenth_mb": [round(one / 1e6, 2) for one in year.journal_bytes],
    }
    return figures | recovered(path, office) | pruned(path)


class Year:
    def __init__(self, journal: Path, path: Path, office: Office) -> None:
        self.store = Store(path, office, lambda: FIRST_DAY_MS)
        self.store_mb: list[float] = []
        self.journal_bytes: list[int] = []
        self.json_more_bytes = 0
        self._rng = random.Random(simulated_year.SEED)
        self._number = 0
        self.plan = plan()
        self.acd = JournalledAcd(self.plan, journal, self.store)
        self._path = path

    def run(self) -> None:
        self.store.attach(1)
        self.store.start()
        simulation = Simulation(self.plan, self._pick_up, self._keep, self.acd)
        shifts = [Shift(at_ms + FIRST_DAY_MS, name, state) for at_ms, name, state in simulated_year.shifts(self.plan)]
        arrivals = simulated_year.arrivals(self._rng)
        simulation.run((one._replace(at_ms=one.at_ms + FIRST_DAY_MS) for one in arrivals), shifts)
        self.store.stop(60)

    def _pick_up(self) -> PickUp:
        return PickUp(self._rng.randrange(2_000, 8_000), self._rng.random() < 0.97)

    def _keep(self, effect: StoreEffect) -> None:
        self._number += 1
        if isinstance(effect, StoreDecision) and effect.decision.candidates:
            self.json_more_bytes += len(msgspec.json.encode(effect.decision.candidates))
        self.store.put(NumberedStoreEffect(self._number, effect))
        while self.store.pending > 4_000:
            time.sleep(0.001)  # a disk is slower than simulated time, and nothing may be dropped
        if (self.acd.state.next_call - 1) * 10 // CALLS > len(self.store_mb):
            self.store_mb.append(self._path.stat().st_size / 1e6)
            self.journal_bytes.append(self.acd.folder_bytes())
            print(f"{len(self.store_mb)} tenths: {self.store_mb[-1]:.0f} MB", file=sys.stderr, flush=True)


class JournalledAcd(Acd):
    """Writes every input down before it is handled, and a snapshot when the daemon's loop would."""

    def __init__(self, plan: Plan, folder: Path, store: Store) -> None:
        super().__init__(plan)
        self.inputs = self.snapshots = self.peak_bytes = 0
        self._folder = folder
        self._store = store
        self._journal = Journal(folder, "boot", "code")
        self._begin(0)

    def handle(self, input: Input, at_ms: int) -> Effects:
        assert self._journal.append(Entry(at_ms, input, switch_seq=self.inputs))
        self.inputs += 1
        effects = super().handle(input, at_ms)
        if self._journal.overdue:
            self._begin(at_ms)
        return effects

    def folder_bytes(self) -> int:
        return sum(file.stat().st_size for file in self._folder.rglob("*") if file.is_file())

    def _begin(self, at_ms: int) -> None:
        """Old and new are beside each other for a moment: that is the peak."""
        before = self.folder_bytes()
        not_stored = self._store.not_durable()
        assert self._journal.begin(
            Snapshot(FORMAT, "boot", "code", 1, at_ms, self.snapshot(), "s1", 1, 1, (), 1, not_stored)
        )
        self.snapshots += 1
        self.peak_bytes = max(self.peak_bytes, before + self.folder_bytes())


def plan() -> Plan:
    names = tuple(AgentName(name) for name in NAMES)
    queue = QueuePlan(
        QueueName("ventas"), "Ventas", names, max_wait_ms=300_000, max_length=30, wrap_up_ms=20_000, greeting=""
    )
    people = tuple(AgentPlan(name, name, str(number)) for number, name in enumerate(names))
    line = LinePlan(LineName(LINE), "in", queue.name)
    return simulated_plan(Plan("oficina", (queue,), people, lines=(line,)))


def megabytes(path: Path) -> dict[str, float]:
    """By what it is for; every table and index is in it once."""
    with sqlite3.connect(path) as db:
        by_name = dict(db.execute("select name, sum(pgsize) / 1e6 from dbstat group by name").fetchall())
        free = db.execute("pragma freelist_count").fetchone()[0] * db.execute("pragma page_size").fetchone()[0] / 1e6
    grouped = {group: sum(by_name.pop(name, 0.0) for name in names) for group, names in GROUPS.items()}
    calls = {name: size for name, size in by_name.items() if size > 1.0}
    return grouped | calls | {"all others": sum(by_name.values()) - sum(calls.values()), "free pages": free}


def recovered(path: Path, office: Office) -> dict[str, object]:
    """What a start after a power cut takes in the store."""
    began_s = time.perf_counter()
    store = Store(path, office, lambda: FIRST_DAY_MS)
    opened_s = time.perf_counter()
    restore = store.recover("power_lost")
    return {
        "open_ms": round((opened_s - began_s) * 1000, 1),
        "recover_ms": round((time.perf_counter() - opened_s) * 1000, 1),
        "recovered_last_agents": len(restore.last_agents),
    }


def pruned(path: Path) -> dict[str, object]:
    """Half of the year grows old; slice after slice, as fast as they come."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    keep = Keep(decisions_days=100, late_decisions_days=30, agent_states_days=100)
    as_of = FIRST_DAY_MS + (simulated_year.DAYS // 2 + keep.decisions_days) * DAY_MS
    rows = slices = 0
    longest_s = 0.0
    began_s = time.perf_counter()
    while True:
        slice_s = time.perf_counter()
        deleted = prune(db, keep, as_of)
        given_back = 0 if deleted else shrink(db)
        longest_s = max(longest_s, time.perf_counter() - slice_s)
        if not deleted and not given_back:
            break
        rows += deleted
        slices += 1
    took_s = time.perf_counter() - began_s
    db.execute("pragma wal_checkpoint(truncate)").fetchall()
    db.close()
    open_store(path).execute("pragma quick_check").fetchall()
    after = megabytes(path)
    return {
        "half_pruned_rows": rows,
        "half_pruned_slices": slices,
        "half_pruned_s": round(took_s, 1),
        "slice_mean_ms": round(took_s / max(slices, 1) * 1000, 2),
        "slice_longest_ms": round(longest_s * 1000, 1),
        "half_pruned_mb": after,
        "half_pruned_file_mb": round(path.stat().st_size / 1e6, 1),
    }


if __name__ == "__main__":
    raise SystemExit(main(as_json=False))
