"""A million callers through the ACD against the formulas: M/M/c with Erlang C, M/M/c+M with Erlang A.

At each occupancy half of the callers come by drawn numbers and half by their mirror images (antithetic variates), and
the means drawn are made exact: what is left of chance is a per cent or so of the mean wait at an occupancy of 0.9. That
each single wait is right is a test (tests/planning/test_simulation.py).
"""

import json
import math
import random
import sys
from concurrent.futures import ProcessPoolExecutor

from appliance.planning.erlang import erlang_a, erlang_c
from tests.planning.markov import callers, plan_of, run

AGENTS = 5
OCCUPANCIES = (0.5, 0.7, 0.9)
TALK_MS = 180_000.0
PATIENCE_MS = 120_000.0
CALLS = 1_000_000
SEED = 1
TARGET_C, TARGET_A = 1.5, 2.0


class Mirror(random.Random):
    """Draws 1 - u where the generator draws u."""

    def random(self) -> float:
        return 1.0 - super().random() or 5e-324


def one(job: tuple[float, float, int]) -> dict[str, float]:
    """One occupancy and patience: measured over theory, less one, in per cent."""
    occupancy, patience_ms, calls = job
    every_ms = TALK_MS / (AGENTS * occupancy)
    halves = [
        run(plan_of(AGENTS), callers(rng, calls // 2, every_ms, TALK_MS, patience_ms))
        for rng in (random.Random(SEED), Mirror(SEED))
    ]
    count = sum(half.calls for half in halves)
    assert count == calls // 2 * 2, f"{count} records of {calls} calls"
    wait, mean_wait_ms = sum(half.waited for half in halves) / count, sum(half.wait_ms for half in halves) / count
    abandon = sum(half.abandoned for half in halves) / count
    if patience_ms == math.inf:
        theory = erlang_c(AGENTS, 1 / every_ms, TALK_MS)
    else:
        theory = erlang_a(AGENTS, 1 / every_ms, TALK_MS, patience_ms)
    return {
        "occupancy": occupancy,
        "patience_ms": patience_ms,
        "wait": wait,
        "wait_theory": theory.wait,
        "wait_off_percent": 100 * (wait / theory.wait - 1),
        "mean_wait_ms": mean_wait_ms,
        "mean_wait_theory_ms": theory.mean_wait,
        "mean_wait_off_percent": 100 * (mean_wait_ms / theory.mean_wait - 1),
        "abandon": abandon,
        "abandon_theory": theory.abandon,
        "abandon_off_percent": 100 * (abandon / theory.abandon - 1) if theory.abandon else 0.0,
    }


def main(as_json: bool, calls: int = CALLS) -> int:
    """0 when it could be measured."""
    jobs = [(occupancy, patience, calls) for patience in (math.inf, PATIENCE_MS) for occupancy in OCCUPANCIES]
    with ProcessPoolExecutor(2) as pool:
        rows = list(pool.map(one, reversed(jobs)))[::-1]
    if as_json:
        print(json.dumps([{**row, "patience_ms": row["patience_ms"] if row["abandon"] else None} for row in rows]))
    print(f"{AGENTS} agents, {calls} calls a row; measured / theory")
    for row in rows:
        model = "Erlang A" if row["patience_ms"] != math.inf else "Erlang C"
        print(
            f"{model} at {row['occupancy']:.1f}: waits {row['wait']:.4f} / {row['wait_theory']:.4f}"
            f" ({row['wait_off_percent']:+.2f} %), mean wait {row['mean_wait_ms']:.0f} /"
            f" {row['mean_wait_theory_ms']:.0f} ms ({row['mean_wait_off_percent']:+.2f} %), abandons"
            f" {row['abandon']:.4f} / {row['abandon_theory']:.4f} ({row['abandon_off_percent']:+.2f} %)"
        )
    endless, impatient = rows[: len(OCCUPANCIES)], rows[len(OCCUPANCIES) :]
    print(f"theory_erlang_c {_worst(endless):.2f} % (target <= {TARGET_C})")
    print(f"theory_erlang_a {_worst(impatient):.2f} % (target <= {TARGET_A})")
    return 0


def _worst(rows: list[dict[str, float]]) -> float:
    return max(abs(row[name]) for row in rows for name in row if name.endswith("_off_percent"))


if __name__ == "__main__":
    raise SystemExit(main(as_json=False, calls=int(sys.argv[1]) if len(sys.argv) > 1 else CALLS))
