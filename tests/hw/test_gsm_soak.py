"""GSM lines for hundreds of calls with faults by chance: every call ends in the truth, and nothing grows."""

import contextlib
import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hw.gsm_soak import SoakLine
from tests.hw.modem_rig import BACK_IN_SERVICE_S, GSM_MODELS
from tests.waiting import wait_for

SEED = int(os.environ.get("SEED", "7"))
MAX_GROWTH_KB = 6_144


def test_a_few_calls_with_faults(tmp_path: Path) -> None:
    soak(tmp_path, SEED, calls=6)


@pytest.mark.long
def test_soak_gsm_500_calls(tmp_path: Path) -> None:
    """All models at once, 500 calls each. CALLS is the number of calls of each, SEED another day."""
    soak(tmp_path, SEED, calls=int(os.environ.get("CALLS", "500")))


def soak(folder: Path, seed: int, calls: int) -> None:
    print(f"seed {seed} (set SEED to repeat another)")
    lines = [SoakLine(folder / model, model, seed) for model in GSM_MODELS]
    first = max(1, calls // 5)
    used: list[tuple[int, int, int]] = []
    together = threading.Barrier(len(lines), action=lambda: _measure(lines, used))
    with ThreadPoolExecutor(len(lines)) as pool:
        runs = [pool.submit(_run, line, (first, calls - first), together) for line in lines]
        errors = [error for run in runs if (error := run.exception()) is not None]
    for error in errors:
        if not isinstance(error, threading.BrokenBarrierError):
            raise error
    for model, line in zip(GSM_MODELS, lines, strict=True):
        print(f"{model}: worst back {line.worst_back_s:.1f} s; {dict(sorted(line.counts.items()))}")
        assert line.worst_back_s < BACK_IN_SERVICE_S
    (files, threads, memory_kb), (files_after, threads_after, memory_after_kb) = used
    print(f"descriptors {files} → {files_after}, threads {threads} → {threads_after}")
    print(f"memory {memory_kb} → {memory_after_kb} kB")
    assert (files_after, threads_after) == (files, threads)
    assert memory_after_kb - memory_kb < MAX_GROWTH_KB


def _run(line: SoakLine, phases: tuple[int, int], together: threading.Barrier) -> None:
    try:
        line.run(phases, together.wait)
    except BaseException:
        together.abort()
        raise


def _measure(lines: list[SoakLine], found: list[tuple[int, int, int]]) -> None:
    """With every line in service. What differs from the first time is measured until it does not: a modem may be away
    for a moment, but what leaked does not come back."""
    wait_for("every line in service", lambda: all(line.in_service for line in lines))
    with contextlib.suppress(AssertionError):
        wait_for("as at first", lambda: not found or _used()[:2] == found[0][:2], every_s=0.2)
    found.append(_used())


def _used() -> tuple[int, int, int]:
    """Descriptors, threads and resident kilobytes of this process."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    return (
        len(list(Path("/proc/self/fd").iterdir())),
        threading.active_count(),
        int(status.split("VmRSS:")[1].split()[0]),
    )
