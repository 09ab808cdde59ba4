"""A storm that goes on: 60 calls a second for 20 s through trunk, queue and agents, none of which may fail.

Asterisk 22 with app_queue on a machine of this class loses its set-up times at about 80 calls/s. A call has failed when
sipp at either end says so, when it rang no agent, or when the store does not know it as answered.
"""

import json
import tempfile
import time
from pathlib import Path

from tests.bench.call_setup import box_cpu, measure
from tests.bench.sipp_office import agents_phone, percentile, require_root, sipp_box, spread
from tests.box import PROCESSES

RATE = 60.0
SECONDS = 20
TALK_MS = 300
AGENTS = 60
WARM_UP = 20


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    if not require_root():
        return 1
    calls = int(RATE * SECONDS)
    with tempfile.TemporaryDirectory(prefix="centralita-bench-") as name, sipp_box(AGENTS, record=False) as box:
        folder = Path(name)
        phone = agents_phone(box, folder, None)
        try:
            measure(box, folder, WARM_UP, 10.0, 100, 1)  # the first calls of a process load its pages
            begun, before = time.monotonic(), box_cpu(box)
            times, code = measure(box, folder, calls, RATE, TALK_MS, AGENTS)
            after, took_s = box_cpu(box), time.monotonic() - begun
        finally:
            phone.stop()
        stored = box.wait_calls(WARM_UP + calls, 60)
    unanswered = sum(row.answered_at == 0 for row in stored)
    cpu = {one: after[one] - before[one] for one in PROCESSES}
    figures = {
        "failed": max(calls - len(times), unanswered),
        "sipp_exit": code,
        "stored": len(stored) - WARM_UP,
        "setup_p50_ms": percentile(times, 0.5),
        "setup_p99_ms": percentile(times, 0.99),
        "cpu_s_per_1000_calls": sum(cpu.values()) * 1000 / calls,
        "cores": sum(cpu.values()) / took_s,
        "cpu_by_process": cpu,
    }
    if as_json:
        print(json.dumps(figures))
    print(f"{len(times)} of {calls} calls rang an agent, {len(stored) - WARM_UP} stored; sipp ended with {code}")
    print(f"set-up: {spread(times)} ms; {figures['cores']:.2f} of a core, {figures['cpu_s_per_1000_calls']:.1f} s/1000")
    print("CPU seconds: " + ", ".join(f"{one} {value:.2f}" for one, value in cpu.items()))
    print(f"sustained {figures['failed']} failed calls at {RATE:g} calls/s (target 0)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(False))
