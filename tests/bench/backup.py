"""A backup made, proved and restored: MB of store a second of CPU, and the memory it takes at most."""

import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.backup.boxes import make_box

ROWS = 600
ROW_BYTES = 250_000
MEMORY_TARGET_MB = 64
"""A box may have 1 GB for everything: whatever the store's size, a backup takes little of it."""


class Run(NamedTuple):
    wall_s: float
    cpu_s: float
    peak_mb: float


def run_command(words: list[str]) -> Run:
    """Raises CalledProcessError."""
    begun = time.monotonic()
    child = subprocess.Popen([sys.executable, "-m", "appliance", "backup", *words], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise subprocess.CalledProcessError(status, words)
    return Run(time.monotonic() - begun, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def main(as_json: bool) -> int:
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        box = make_box(top / "box")
        chance = random.Random(1)
        db = sqlite3.connect(box.store)
        for number in range(ROWS):  # half of it is chance: what is packed is neither empty nor all noise
            row = (str(number), chance.randbytes(ROW_BYTES).hex())
            db.execute("insert into outbox (kind, key, payload, created_at) values ('x', ?, ?, 1)", row)
            db.commit()
        db.close()
        store_mb = box.store.stat().st_size / 1e6
        config, file = ["--config", str(box.configuration)], str(top / "b.age")
        runs = {
            "create": run_command(["create", "--to", file, *config]),
            "verify": run_command(["verify", file, *config]),
            "restore": run_command(["restore", file, *config]),
        }
        file_mb = Path(file).stat().st_size / 1e6
    print(f"store {store_mb:.0f} MB, backup {file_mb:.0f} MB")
    for name, run in runs.items():
        print(f"{name}: {run.wall_s:.1f} s, {run.cpu_s:.1f} s of CPU, {run.peak_mb:.0f} MB at most")
    peak_mb = max(run.peak_mb for run in runs.values())
    if as_json:
        print(json.dumps({"store_mb": store_mb, **{name: run._asdict() for name, run in runs.items()}}))
    print(f"backup_memory {peak_mb:.0f} MB (target ≤ {MEMORY_TARGET_MB})")
    return 0
