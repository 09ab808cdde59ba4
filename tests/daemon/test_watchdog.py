"""What the ACD tells systemd: ready once it takes calls, alive from its own loop, and nothing while that loop hangs."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.daemon.acd_process import ROOT, office
from tests.waiting import wait_for

WATCHDOG_S = 0.4


@contextmanager
def heard_by_systemd(config: Path) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """The ACD, and the socket on which systemd would hear it."""
    notify = config.parent / "notify"
    (config.parent / "run").mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as hears, (config.parent / "log").open("ab") as log:
        hears.bind(str(notify))
        variables = {"NOTIFY_SOCKET": str(notify), "WATCHDOG_USEC": str(int(WATCHDOG_S * 1_000_000))}
        process = subprocess.Popen(
            [sys.executable, "-m", "appliance", "acd", "--config", str(config)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
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


def test_a_loop_that_hangs_is_silent_and_one_that_goes_on_is_heard_again(tmp_path: Path) -> None:
    """It hangs in reading its configuration, from a pipe into which nobody writes."""
    config = office(tmp_path)
    text = config.read_text()
    with heard_by_systemd(config) as (process, hears):
        assert hear(hears, 20).startswith("READY=1")
        assert [hear(hears, 5) for _ in range(3)] == ["WATCHDOG=1"] * 3
        config.unlink()
        os.mkfifo(config)
        process.send_signal(signal.SIGHUP)
        wait_for("silence", lambda: hear(hears, 2 * WATCHDOG_S) == "", 10)
        config.write_text(text)
        assert hear(hears, 5) == "WATCHDOG=1"
        process.terminate()
        said = [hear(hears, 5)]
        while said[-1] == "WATCHDOG=1":
            said.append(hear(hears, 5))
        assert said[-1] == "STOPPING=1"
        assert process.wait(10) == 0
