"""10,000 calls of a simulated call centre on which everything goes wrong, every invariant checked after every input.

The world of `tests/world.py`: callers with patience, agents with delays, inputs late, doubled and lost, stations,
switch and ACD dying. The time is the machine's and includes the world, the strict fake switch and the checks.
"""

import json
import time

from tests.world import World
from tests.world_parts import EVERYTHING

CALLS = 10_000
SEED = 1
TARGET_S = 20


def main(as_json: bool) -> int:
    """0 when it could be measured. A broken invariant raises, with the seed in the figures' place."""
    world = World(SEED, CALLS, EVERYTHING)
    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    try:
        ledger = world.run()
    except BaseException:
        print(f"seed {SEED}, {CALLS} calls: repeat with python -m tests.world {SEED} {CALLS}")
        raise
    took_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
    figures = {
        "wall_s": took_s,
        "cpu_s": cpu_s,
        "seed": SEED,
        "callers": ledger.offered,
        "records": len(ledger.cdrs),
        "inputs": ledger.inputs,
        "us_an_input": took_s * 1e6 / ledger.inputs,
        "acd_deaths": ledger.acd_deaths,
        "switch_deaths": ledger.switch_deaths,
        "late_inputs": sum(ledger.late.values()),
        "ends": ledger.reasons(),
    }
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:16} {value:.2f}" if isinstance(value, float) else f"{name:16} {value}")
    print(f"simulated_day {took_s:.1f} s (target < {TARGET_S})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(as_json=False))
