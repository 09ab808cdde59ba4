"""Asking whether a call may be placed, with a million calls in the store, beside plain SQLite reads of it."""

import gc
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from appliance.acd.effects import DialLine
from appliance.acd.ids import AgentName, CallId, LegId, LineName, StationName
from appliance.acd.inputs import ClockSet, LegAnswered, LegEnded
from appliance.acd.plan import Plan
from appliance.acd.state import Call, Conversation, Leg
from appliance.billing.limit_terms import Group, Guard, Limit
from appliance.configuration.file import Configuration
from appliance.daemon.authoriser import Authoriser
from appliance.daemon.journal import Entry
from appliance.daemon.machine import Asked, Machine
from appliance.daemon.settings import Settings
from appliance.daemon.spent_queries import StoredCost
from appliance.daemon.store import Store
from appliance.daemon.store_writes import Office
from tests.bench.rating import YEAR_FROM_MS, YEAR_MS, rate_table

CALLS = 1_000_000
ASKED = 20_000
UP = 100
"""Calls that are up meanwhile, each with money reserved."""
AGENTS = tuple(f"agente{number}" for number in range(30))
CLIENTS = tuple(f"cliente{number}" for number in range(10))
LINES = ("linea0", "linea1", "linea2", "linea3")
NOW_UTC_MS = YEAR_FROM_MS + YEAR_MS - 3_600_000
PLENTY = 10**15
LIMITS = (
    Limit("dia", "day", PLENTY, refuses_unknown=False),
    Limit("linea", "month", PLENTY, line="*", refuses_unknown=False),
    Limit("agente", "hour", PLENTY, agent="*", refuses_unknown=False),
    Limit("cliente", "month", PLENTY, client="*", refuses_unknown=False),
    Limit("prepago", "prepaid", client="*", refuses_unknown=False),
)
GUARD = Guard(("+53",), costly_from_micros=400_000, calls_a_minute=10**9, at_once=10**9)


def filled(folder: Path, chance: random.Random) -> Settings:
    """A year of calls in a store as the box makes it, most of them out, and accounts that began with it."""
    path = folder / "data" / "centralita.sqlite3"
    office = Office("oficina", rate_table(chance), time_zone="Europe/Madrid")
    store = Store(path, office, lambda: NOW_UTC_MS)
    store.attach(1)
    with closing(sqlite3.connect(path)) as db, db:
        names = [row[1] for row in db.execute("pragma table_info(calls)")]
        marks = ", ".join("?" * len(names))
        db.executemany(f"insert into calls ({', '.join(names)}) values ({marks})", _rows(names, chance))
        db.executemany(
            """insert into top_ups (client, amount_micros, currency, reference, note, "by", at_utc_ms)
               values (?, ?, 'EUR', ?, '', '', ?)""",
            [(client, PLENTY, client, YEAR_FROM_MS) for client in CLIENTS],
        )
    settings = Settings(Plan("oficina"), office, "es", path.parent, folder / "run", Configuration())
    store.start()
    store.stop(10.0)
    return replace(settings, limits=LIMITS, guard=GUARD)


def _rows(names: list[str], chance: random.Random) -> Iterator[tuple[object, ...]]:
    """In the order of time, as records are."""
    empty: dict[str, object] = dict.fromkeys(names, 0)
    texts = ("queues", "project", "end_reason", "hung_up_by", "currency", "charge_reason", "charge", "previous_hash")
    empty |= dict.fromkeys((*texts, "hash", "forwarded_to"), "") | {"queue": None, "recording": None, "evidence": None}
    for number in range(1, CALLS + 1):
        at = YEAR_FROM_MS + number * (NOW_UTC_MS - YEAR_FROM_MS) // CALLS
        row = empty | {
            "record": number,
            "call": f"oficina-{number}",
            "direction": "in" if chance.random() < 0.3 else "out",
            "line": chance.choice(LINES),
            "caller": "600000001",
            "called": f"6{chance.randrange(10**8):08}",
            "agent": chance.choice(AGENTS),
            "client": chance.choice(CLIENTS),
            "offered_at": at,
            "ended_at": at + 60_000,
            "charge_micros": chance.randrange(500_000),
        }
        yield tuple(row[name] for name in names)


class Asking:
    """Calls dialled, answered and over, one after another, with UP of them up."""

    def __init__(self, settings: Settings, store: Store, chance: random.Random) -> None:
        self.machine, self.chance, self.now_ms, self.number = Machine(settings.plan, 1), chance, 1_000_000, CALLS
        self.machine.handle(Entry(self.now_ms, ClockSet(NOW_UTC_MS - self.now_ms, True)))
        self.store, self.authoriser = store, Authoriser(self.machine, store)
        began = time.perf_counter()
        self.authoriser.begin(settings, self.now_ms, sent=True)
        self.begin_ms = (time.perf_counter() - began) * 1000
        self.up: deque[Call] = deque()
        self.asked_us: list[float] = []
        self.asked_cpu_us: list[float] = []
        """What of it was our own: on a machine that others use the rest is waiting for them."""
        self.refused = 0

    def one(self) -> None:
        state, chance = self.machine.acd.state, self.chance
        self.number += 1
        self.now_ms += 50
        name, line, leg_id = CallId(f"oficina-{self.number}"), LineName(chance.choice(LINES)), LegId(f"a-{self.number}")
        number = f"+{chance.randrange(10**10, 10**11)}"
        call = Call(name, self.number, line, number, number, "", leg_id, self.now_ms, direction="out")
        call.client = chance.choice(CLIENTS)
        call.conversation = Conversation(AgentName(chance.choice(AGENTS)), StationName("m"), LegId("d"), 0)
        state.calls[name] = call
        leg = state.legs[leg_id] = Leg(leg_id, "caller", "dialling", self.now_ms, name, line=line)
        dial = DialLine(leg_id, line, number)
        began, began_cpu = time.perf_counter(), time.thread_time()
        refused = self.authoriser.ask((dial,), self.now_ms)
        self.asked_cpu_us.append((time.thread_time() - began_cpu) * 1_000_000)
        self.asked_us.append((time.perf_counter() - began) * 1_000_000)
        self.refused += len(refused)
        leg.state, leg.answered_ms = "answered", self.now_ms
        self.authoriser.heard(Entry(self.now_ms, LegAnswered(leg_id)), Asked((), ()))
        self.up.append(call)
        if len(self.up) > UP:
            self._ends(self.up.popleft())
        self.authoriser.due(self.now_ms)

    def _ends(self, call: Call) -> None:
        state = self.machine.acd.state
        self.authoriser.heard(Entry(self.now_ms, LegEnded(call.leg, "normal")), Asked((), ()))
        del state.legs[call.leg], state.calls[call.id]
        talk = call.conversation
        group = Group(call.line, talk.agent or "" if talk is not None else "", call.client, "")
        begun_utc_ms = call.offered_ms + state.utc_offset_ms
        self.store.costs_stored.append(StoredCost(call.number, call.id, begun_utc_ms, ((group, 100_000),)))
        self.authoriser.costs_stored()


def each_us(times: int, do: Callable[[], object]) -> list[float]:
    """How long each time took."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        do()
        took.append((time.perf_counter() - began) * 1_000_000)
    return took


def p99(took: list[float]) -> float:
    return statistics.quantiles(took, n=100)[98]


def main(as_json: bool) -> int:
    """0 when it could be measured: no call was refused."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="authorise-") as folder:
        settings = filled(Path(folder), chance)
        store = Store(settings.store, settings.office, lambda: NOW_UTC_MS)
        asking = Asking(settings, store, chance)
        gc.collect()
        gc.freeze()  # as the process does
        for _ in range(ASKED):
            asking.one()
        with closing(sqlite3.connect(settings.store)) as db:

            def row() -> object:
                wanted = f"oficina-{chance.randrange(1, CALLS)}"
                return db.execute("select charge_micros from calls where call = ?", (wanted,)).fetchone()

            def sum_of_day() -> object:
                question = """select sum(charge_micros) from calls where direction = 'out' and offered_at >= ?
                              and offered_at < ? and client = ?"""
                return db.execute(question, (NOW_UTC_MS - 86_400_000, NOW_UTC_MS, chance.choice(CLIENTS))).fetchone()

            row_us, sum_us = each_us(ASKED, row), each_us(500, sum_of_day)
    figures = {
        "authorise_p50_us": statistics.median(asking.asked_us),
        "authorise_p99_us": p99(asking.asked_us),
        "authorise_cpu_p99_us": p99(asking.asked_cpu_us),
        "authorise_longest_us": max(asking.asked_us),
        "begin_ms": asking.begin_ms,
        "sqlite_row_p50_us": statistics.median(row_us),
        "sqlite_row_p99_us": p99(row_us),
        "sqlite_sum_of_a_day_p50_us": statistics.median(sum_us),
        "calls": CALLS,
        "refused": asking.refused,
    }
    if as_json:
        print(json.dumps(figures))
    print(f"{ASKED:,} calls authorised, {CALLS:,} in the store, {len(LIMITS)} limits, a guard, {UP} calls up")
    print(f"plain SQLite, one row by an index: p50 {statistics.median(row_us):.0f} us, p99 {p99(row_us):.0f} us")
    print(f"plain SQLite, the sum of a client's day by an index: p50 {statistics.median(sum_us):.0f} us")
    longest = max(asking.asked_us)
    print(f"ready after a start in {asking.begin_ms:.1f} ms; the longest, which reads the store: {longest:,.0f} us")
    print(
        f"authorise: p50 {statistics.median(asking.asked_us):.0f} us, p99 {p99(asking.asked_us):.0f} us "
        f"(target p99 <= 1,000 us), of CPU p99 {p99(asking.asked_cpu_us):.0f} us"
    )
    return 0 if not asking.refused else 1


if __name__ == "__main__":
    raise SystemExit(main(False))
