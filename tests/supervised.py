"""A process of the box as systemd starts it, and the socket on which systemd would hear it (sd_notify(3))."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


@contextmanager
def heard_by_systemd(
    name: str, config: Path, watchdog_s: float
) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """Process `name` of this configuration, told to show every `watchdog_s` that it lives; killed at the end, if it did
    not end before. What it says else is in the file `log` beside the configuration."""
    notify = config.parent / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hears, (config.parent / "log").open("ab") as log:
        hears.bind(str(notify))
        variables = {"NOTIFY_SOCKET": str(notify), "WATCHDOG_USEC": str(int(watchdog_s * 1_000_000))}
        process = subprocess.Popen(
            [sys.executable, "-m", "appliance", name, "--config", str(config)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
            stdout=log,
            stderr=log,
        )
        try:
            yield process, hears
        finally:
            process.kill()
            process.wait()


def hear(hears: socket.socket, timeout_s: float) -> str:
    """The next thing said; "" for silence."""
    hears.settimeout(timeout_s)
    try:
        return hears.recv(4096).decode()
    except TimeoutError:
        return ""
