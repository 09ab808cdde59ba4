"""A year of a 10-agent office, 250,000 calls, through the ACD in simulated time on one core; memory stays flat.

Every working day has 1,000 calls between 9 and 18 h; agents log in in the morning and out in the evening, lift after a
few seconds, sometimes not at all, talk, and have after-call work; callers lose patience.
"""

import json
import random
import resource
import time
from collections.abc import Iterator

from appliance.acd.effects import StoreCdr, StoreEffect
from appliance.acd.plan import Plan
from appliance.planning.simulation import Caller, PickUp, Shift, Simulation
from tests.planning.markov import DAY_MS, LINE, plan_of

AGENTS = 10
DAYS = 250
CALLS_A_DAY = 1_000
OPEN_MS, CLOSE_MS = 9 * 3_600_000, 18 * 3_600_000
SEED = 1
TARGET_S = 180


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    rng = random.Random(SEED)
    plan = plan_of(AGENTS, max_wait_ms=300_000, max_length=30, wrap_up_ms=20_000, short_abandon_ms=5_000)
    ends: dict[str, int] = {}
    memory_mib: list[float] = []

    def note(stored: StoreEffect) -> None:
        if not isinstance(stored, StoreCdr):
            return
        ends[stored.cdr.end_reason] = ends.get(stored.cdr.end_reason, 0) + 1
        if sum(ends.values()) % (DAYS * CALLS_A_DAY // 10) == 0:
            memory_mib.append(resident_mib())

    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    simulation = Simulation(plan, lambda: PickUp(rng.randrange(2_000, 8_000), rng.random() < 0.97), note)
    simulation.run(arrivals(rng), shifts(plan))
    took_s, cpu_s = time.perf_counter() - begun_s, time.process_time() - begun_cpu_s
    figures = {
        "wall_s": took_s,
        "cpu_s": cpu_s,
        "calls": sum(ends.values()),
        "inputs": simulation.inputs,
        "us_an_input": cpu_s * 1e6 / simulation.inputs,
        "ends": ends,
        "resident_mib_at_each_tenth": [round(one, 1) for one in memory_mib],
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    if as_json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name:28} {value:.1f}" if isinstance(value, float) else f"{name:28} {value}")
    print(f"simulated_year_memory_growth {memory_mib[-1] - memory_mib[0]:.1f} MiB (target 0)")
    print(f"simulated_year {took_s:.0f} s (target < {TARGET_S})")
    return 0


def arrivals(rng: random.Random) -> Iterator[Caller]:
    for day in range(1, DAYS + 1):
        for at_ms in sorted(rng.randrange(OPEN_MS, CLOSE_MS) for _ in range(CALLS_A_DAY)):
            talk_ms, wrap_up_ms = rng.expovariate(1 / 200_000), rng.expovariate(1 / 15_000)
            number = f"6{rng.randrange(100_000):08}"
            patience_ms = rng.expovariate(1 / 120_000)
            yield Caller(day * DAY_MS + at_ms, LINE, number, "", patience_ms, int(talk_ms), int(wrap_up_ms))


def shifts(plan: Plan) -> list[Shift]:
    return [
        Shift(day * DAY_MS + at_ms, agent.name, state)
        for day in range(1, DAYS + 1)
        for at_ms, state in ((OPEN_MS - 60_000, "ready"), (CLOSE_MS + 60_000, "logged_out"))
        for agent in plan.agents
    ]


def resident_mib() -> float:
    with open("/proc/self/statm") as file:  # noqa: PTH123 - a kernel file, read as it is
        return int(file.read().split()[1]) * resource.getpagesize() / 1_048_576


if __name__ == "__main__":
    raise SystemExit(main(as_json=False))
