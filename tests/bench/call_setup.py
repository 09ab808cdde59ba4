"""Caller's INVITE in to agent's INVITE out, on the wire, the whole way: Kamailio, switch, ACD and back.

One call at a time, and at 5 calls a second; CPU seconds of every process of the box for 1,000 queue calls. Beside each,
what five hand-overs from process to process take on this machine in the same minutes (`hand_over`).
The figures to beat are Asterisk 22 with app_queue on a machine of this class: p50 3.0, p99 4.5 ms one at a time, 3.2
and 4.2 ms at 5 calls/s, 12 to 14 CPU seconds for 1,000 calls (ours at most 0.8 of it).
"""

import json
import tempfile
from pathlib import Path

from tests.bench.hand_over import HandOver
from tests.bench.sipp_office import (
    InviteClock,
    SippBox,
    agents_phone,
    callers,
    percentile,
    require_root,
    sipp_box,
    spread,
)
from tests.box import PROCESSES, Box, cpu_seconds, settle, tree

ONE_AT_A_TIME = 300
AT_RATE = 1000
RATE = 5.0


def box_cpu(box: Box) -> dict[str, float]:
    """CPU seconds so far of each process of the box, its children included."""
    return {name: sum(cpu_seconds(pid) for pid in tree(box.pid(name))) for name in PROCESSES}


def measure(box: SippBox, folder: Path, count: int, rate: float, talk_ms: int, at_once: int) -> tuple[list[float], int]:
    """Set-up times of `count` calls in ms, and sipp's exit code."""
    clock = InviteClock(box)
    caller = callers(box, folder, count, rate, talk_ms, at_once=at_once, sound=None)
    code = caller.wait(count / rate + 120)
    settle(0.5)
    return clock.close(), code


def main(as_json: bool) -> int:
    """0 when it could be measured."""
    if not require_root():
        return 1
    with tempfile.TemporaryDirectory(prefix="centralita-bench-") as name, sipp_box(12, record=False) as box:
        folder = Path(name)
        phone = agents_phone(box, folder, None)
        try:
            measure(box, folder, 20, 10.0, 100, 1)  # the first calls of a process load its pages
            with HandOver() as beside_single:
                single, code_single = measure(box, folder, ONE_AT_A_TIME, 10.0, 100, 1)
            before = box_cpu(box)
            with HandOver() as beside_busy:
                busy, code_busy = measure(box, folder, AT_RATE, RATE, 1000, 200)
            after = box_cpu(box)
        finally:
            phone.stop()
        stored = len(box.wait_calls(20 + ONE_AT_A_TIME + AT_RATE, 60))
    cpu = {one: (after[one] - before[one]) * 1000 / AT_RATE for one in PROCESSES}
    figures = {
        "single_p50_ms": percentile(single, 0.5),
        "single_p99_ms": percentile(single, 0.99),
        "busy_p50_ms": percentile(busy, 0.5),
        "busy_p99_ms": percentile(busy, 0.99),
        "machine_single_p99_ms": percentile(beside_single.times_ms, 0.99),
        "machine_busy_p99_ms": percentile(beside_busy.times_ms, 0.99),
        "cpu_s_per_1000_calls": sum(cpu.values()),
        "cpu_by_process": cpu,
        "calls_seen": [len(single), len(busy)],
        "calls_stored": stored,
        "sipp_exit": [code_single, code_busy],
    }
    if as_json:
        print(json.dumps(figures))
    print(f"one at a time, {len(single)} calls: {spread(single)} ms; sipp ended with {code_single}")
    print(f"at {RATE:g} calls/s, {len(busy)} calls: {spread(busy)} ms; sipp ended with {code_busy}")
    print(f"five hand-overs on this machine meanwhile: {spread(beside_single.times_ms)} ms one at a time,")
    print(f"  {spread(beside_busy.times_ms)} ms at {RATE:g} calls/s")
    print("CPU seconds per 1,000 calls: " + ", ".join(f"{one} {value:.2f}" for one, value in cpu.items()))
    print(f"call_setup_cpu {sum(cpu.values()):.2f} s/1000calls (target <= 0.8 x Asterisk's 12-14 = 9.6)")
    print(f"call_setup_5cps_p99 {figures['busy_p99_ms']:.2f} ms (target < 4.2, Asterisk 22)")
    print(f"call_setup_p50 {figures['single_p50_ms']:.2f} ms (target < 3.0, Asterisk 22)")
    print(f"call_setup {figures['single_p99_ms']:.2f} ms p99 one at a time (target < 4.5, Asterisk 22)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(False))
