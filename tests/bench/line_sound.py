"""The sound of a modem line: gaps, clicks, delay and CPU, its clock off by 200 ppm either way, its frames 40 ms late.

A line of a twin through tty, driver, native port and conference and back, `--seconds` each way (60 unless told). Delay
is from the moment the modem has a frame to the moment the conference has it, and the other way round.
"""

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench.line_kinds import LineKind
from tests.bench.line_rig import LineFigures, run_line
from tests.conftest import free_port
from tests.line_listening import CLICK_LIMIT_DB, Judgement

DRIFTS_PPM = (200.0, -200.0)
JITTER_MS = 40.0
SECONDS = 60.0
TARGET_GAP_MS = 20.0
TARGET_DELAY_MS = 80.0
TARGET_CPU_PERCENT = 1.5


def main(as_json: bool, seconds: float = 0.0) -> int:
    """0 when it could be measured."""
    return measure("serial", "line_sound", as_json, seconds or SECONDS)


def measure(kind: LineKind, name: str, as_json: bool, seconds: float) -> int:
    """A line of this kind; its figures are printed as `<name>_gap` and so on. 0 when it could be measured."""
    runs: dict[float, LineFigures] = {}
    for ppm in DRIFTS_PPM:
        with tempfile.TemporaryDirectory(prefix="centralita-bench-") as folder:
            runs[ppm] = run_line(Path(folder), kind, ppm, JITTER_MS, seconds, free_port("127.0.30.4"))
    if as_json:
        print(json.dumps({f"{ppm:+g}": asdict(run) for ppm, run in runs.items()}))
    for ppm, run in runs.items():
        print(f"{ppm:+g} ppm, {JITTER_MS:g} ms of jitter; {run.cpu_percent:.2f} % of a core, {run.ports}")
        print(f"  from the modem: {_said(run.up)}")
        print(f"  to the modem:   {_said(run.down)}")
        if run.up.disturbed + run.down.disturbed:
            print(f"  this machine stood still for up to {run.stalls_ms:.0f} ms; what it did to the line is not judged")
    ways = [way for run in runs.values() for way in (run.up, run.down)]
    print(f"{name}_gap {max(way.gap_ms for way in ways):.0f} ms (target ≤ {TARGET_GAP_MS:g})")
    print(f"{name}_clicks {sum(way.clicks for way in ways)} over {CLICK_LIMIT_DB:g} dB (target 0)")
    print(f"{name}_delay {max(way.delay_ms for way in ways):.1f} ms (target ≤ {TARGET_DELAY_MS:g})")
    print(f"{name}_cpu {max(run.cpu_percent for run in runs.values()):.2f} % (target ≤ {TARGET_CPU_PERCENT:g})")
    return 0 if all(way.delays_ms and way.seconds for way in ways) else 1


def _said(way: Judgement) -> str:
    left_out = f", {way.disturbed} periods left out" if way.disturbed else ""
    return (
        f"{way.seconds:.0f} s judged{left_out}, gap {way.gap_ms:.0f} ms, {way.clicks} clicks (beside the tone at most "
        f"{way.worst_db:.1f} dB), delay {min(way.delays_ms, default=0):.1f} to {way.delay_ms:.1f} ms"
    )
