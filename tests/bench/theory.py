"""A million callers through the ACD against the formulas: M/M/c with Erlang C, M/M/c+M with Erlang A.

Each row is REPLICATIONS independent seeds, whose callers are counted once WARM_UP of them have filled the office. The
raw estimate is their plain mean. Its standard error at an occupancy of 0.9 is more than two per cent of the mean wait,
whatever is simulated; the controlled estimate (tests/planning/controls.py: control variates of the same callers, with
means known from theory and coefficients from the other seeds, hence without bias) has a tenth of it. Both are shown
with their standard errors, and the verdict is of the controlled one. Arrivals, talks and patience are drawn and not
adjusted. That each single wait is right is a test (tests/planning/test_simulation.py).
"""

import json
import math
import random
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple

import numpy

from appliance.acd.effects import StoreCdr, StoreEffect
from appliance.planning.erlang import Waiting, erlang_a, erlang_c
from appliance.planning.simulation import Caller, PickUp, Shift, Simulation
from tests.planning import controls
from tests.planning.controls import Draw, Estimate, Floats
from tests.planning.markov import DAY_MS, LINE, plan_of

AGENTS = 5
OCCUPANCIES = (0.5, 0.7, 0.9)
TALK_MS, PATIENCE_MS = 18_000.0, 12_000.0
"""Only their ratio matters to the formulas; short talks have no heartbeats, which would take most of the time."""
CALLS = 1_000_000
REPLICATIONS = 10
WARM_UP = 5_000
"""At an occupancy of 0.9 the office forgets that it began empty within some hundred calls."""
TARGET_C, TARGET_A = 1.5, 2.0
MEASURES = ("wait", "mean_wait", "abandon")


class Job(NamedTuple):
    occupancy: float
    patience_ms: float
    calls: int
    seed: int


class Figure(NamedTuple):
    """One measure of one row; errors and `half_width_95` are standard errors and interval of the estimate, in per cent
    of theory, as `*_off` are."""

    model: str
    occupancy: float
    measure: str
    theory: float
    raw: float
    raw_off: float
    raw_error: float
    controlled: float
    controlled_off: float
    controlled_error: float
    half_width_95: float


def replication(job: Job) -> tuple[Floats, Floats]:
    """Batch means of the measures and of the controls, warm-up left out."""
    every_ms = TALK_MS / (AGENTS * job.occupancy)
    drawn = controls.draw(random.Random(job.seed), WARM_UP + job.calls, every_ms, TALK_MS, job.patience_ms)
    measured = through_the_acd(drawn)
    seen = controls.controls(drawn, AGENTS)
    return controls.batch_means(measured[WARM_UP:]), controls.batch_means(seen[WARM_UP:])


def through_the_acd(drawn: Sequence[Draw]) -> Floats:
    """A row for each caller, in their order: waited or not, the wait in ms, left or not."""
    rows = numpy.full((len(drawn), len(MEASURES)), math.nan)

    def note(stored: StoreEffect) -> None:
        if isinstance(stored, StoreCdr):
            cdr = stored.cdr
            rows[int(cdr.caller[1:])] = (cdr.wait_ms > 0, cdr.wait_ms, cdr.answered_at <= 0)

    plan = plan_of(AGENTS)
    everybody = [Shift(0, agent.name, "ready") for agent in plan.agents]
    Simulation(plan, lambda: PickUp(0, True), note).run(coming(drawn), everybody)
    assert not numpy.isnan(rows).any(), "every caller has a record"
    return rows


def coming(drawn: Sequence[Draw]) -> Iterator[Caller]:
    at_ms = float(DAY_MS)
    for number, one in enumerate(drawn):
        at_ms += one.gap_ms
        yield Caller(round(at_ms), LINE, f"6{number:08}", "", one.patience_ms, round(one.talk_ms), 0)


def theory_of(occupancy: float, patience_ms: float) -> Waiting:
    arrivals = AGENTS * occupancy / TALK_MS
    if patience_ms == math.inf:
        return erlang_c(AGENTS, arrivals, TALK_MS)
    return erlang_a(AGENTS, arrivals, TALK_MS, patience_ms)


def figures_of(occupancy: float, patience_ms: float, found: Sequence[tuple[Floats, Floats]]) -> list[Figure]:
    """A row of the table, of its replications."""
    theory, endless = theory_of(occupancy, patience_ms), patience_ms == math.inf
    means = controls.expected(AGENTS, TALK_MS / (AGENTS * occupancy), TALK_MS, patience_ms)
    seen = [one for _, one in found]
    figures = []
    for number, measure in enumerate(MEASURES[:2] if endless else MEASURES):
        measured = [one[:, number] for one, _ in found]
        right = float(getattr(theory, measure))
        raw, less_chance = controls.raw(measured), controls.controlled(measured, seen, means)
        half_width = 100 * controls.half_width_95(less_chance, len(found)) / right
        figures.append(
            Figure(
                "Erlang C" if endless else "Erlang A",
                occupancy,
                measure,
                right,
                *_against(raw, right),
                *_against(less_chance, right),
                half_width,
            )
        )
    return figures


def _against(estimate: Estimate, theory: float) -> tuple[float, float, float]:
    return estimate.mean, 100 * (estimate.mean / theory - 1), 100 * estimate.error / theory


def main(as_json: bool, calls: int = CALLS, processes: int = 2) -> int:
    """0 when it could be measured."""
    rows = [(occupancy, patience) for patience in (math.inf, PATIENCE_MS) for occupancy in OCCUPANCIES]
    each = calls // REPLICATIONS // controls.BATCHES * controls.BATCHES
    jobs = [Job(*row, each, 1_000 * at + seed) for at, row in enumerate(rows) for seed in range(REPLICATIONS)]
    with ProcessPoolExecutor(processes) as pool:
        found = list(pool.map(replication, jobs))
    figures = [
        figure
        for at, (occupancy, patience) in enumerate(rows)
        for figure in figures_of(occupancy, patience, found[at * REPLICATIONS : (at + 1) * REPLICATIONS])
    ]
    if as_json:
        print(json.dumps([figure._asdict() for figure in figures]))
    print(
        f"{AGENTS} agents, {REPLICATIONS} seeds of {each} calls a row; differences and standard errors in % of theory"
    )
    print(f"{'':12} {'':10} {'theory':>10} {'raw':>10} {'':>16} {'controlled':>10} {'':>16} {'95 %':>8}")
    for one in figures:
        raw = f"{one.raw:10.4f} {one.raw_off:+6.2f} (se {one.raw_error:.2f})"
        controlled = f"{one.controlled:10.4f} {one.controlled_off:+6.2f} (se {one.controlled_error:.2f})"
        print(
            f"{one.model} {one.occupancy:.1f} {one.measure:10} {one.theory:10.4f} {raw} {controlled}"
            f" {one.half_width_95:8.2f}"
        )
    for name, model, target in (("theory_erlang_c", "Erlang C", TARGET_C), ("theory_erlang_a", "Erlang A", TARGET_A)):
        worst = max(abs(one.controlled_off) for one in figures if one.model == model)
        print(f"{name} {worst:.2f} % (target <= {target}: {'met' if worst <= target else 'missed'})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(False, *(int(word) for word in sys.argv[1:])))
