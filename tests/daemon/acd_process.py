"""The ACD as its own process, as the command line runs it: started, killed, and asked."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from appliance.daemon.control_client import ControlClient

ROOT = Path(__file__).resolve().parents[2]
AGENTS = ("ana", "luis", "eva", "paco")
OFFICE = """
[box]
name = "oficina"
data_dir = "{data}"
run_dir = "{run}"
{more_box}
[sip]
listen = "127.0.20.1"
inside = "127.0.20.1"

[[line]]
name = "operador"
driver = "sip"
address = "127.0.20.9"
queue = "ventas"

[[queue]]
name = "ventas"
title = "Ventas"
agents = [{agents}]
wrap_up_s = 0.05
retry_s = 0.05
ring_timeout_s = 20
max_length = {max_length}
greeting = ""
short_abandon_s = 0.02
missed_rings_limit = 100

[[tariff]]
name = "moviles"
direction = "in"
prefix = "+346"
connect_fee_micros = 50000
rate_micros_per_minute = 24000
first_increment_s = 1
next_increment_s = 1
version = "7"
"""
AGENT = """
[[station]]
name = "mesa-{name}"
kind = "sip"
extension = "{extension}"
contact = "sip:{extension}@127.0.20.2:{port}"

[[agent]]
name = "{name}"
full_name = "{name}"
number = "{extension}"
station = "mesa-{name}"
auto_login = true
"""


def office(folder: Path, agents: int = 4, max_length: int = 1_000, more_box: str = "", extra: str = "") -> Path:
    """A configuration with fixed phones, whose agents are ready from the first start."""
    names = [AGENTS[number] if number < len(AGENTS) else f"agente{number}" for number in range(agents)]
    quoted = ", ".join(f'"{name}"' for name in names)
    data, run = folder / "data", folder / "run"
    text = OFFICE.format(data=data, run=run, agents=quoted, max_length=max_length, more_box=more_box)
    text += "".join(
        AGENT.format(name=name, extension=200 + number, port=6_000 + number) for number, name in enumerate(names)
    )
    path = folder / "office.toml"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(text + extra)
    return path


class AcdProcess:
    """`centralita acd --config FILE`, with its readiness measured as systemd would."""

    def __init__(self, configuration: Path) -> None:
        self.configuration = configuration
        self.folder = configuration.parent
        self.run_dir = self.folder / "run"
        self.store = self.folder / "data" / "centralita.sqlite3"
        self.log = self.folder / "acd.log"
        self.client = ControlClient(self.run_dir / "acd.sock", timeout_s=30.0, connect_wait_s=30.0)
        self.ready_s = 0.0
        """How long the last start took, from fork to READY=1."""
        self._process: subprocess.Popen[bytes] | None = None
        self._notify = self.folder / "notify"

    def start(self, wait: bool = True) -> None:
        """Start it; `wait` until it says that it is ready."""
        self.run_dir.mkdir(parents=True, exist_ok=True)
        self._notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready, self.log.open("ab") as log:
            ready.bind(str(self._notify))
            ready.settimeout(60.0)
            began = time.monotonic()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "appliance", "acd", "--config", str(self.configuration)],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": str(self._notify)},
                stdout=log,
                stderr=log,
            )
            if wait:
                self._wait_ready(ready)
                self.ready_s = time.monotonic() - began

    def _wait_ready(self, ready: socket.socket) -> None:
        try:
            while b"READY=1" not in ready.recv(4096):
                pass
        except TimeoutError:
            raise AssertionError(f"the ACD did not become ready; its log:\n{self.log_text()}") from None

    def kill(self) -> None:
        """kill -9, wherever it is."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> int:
        """SIGTERM; its exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(60)
        self._process = None
        return code

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def __enter__(self) -> "AcdProcess":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
            if self._process is not None:
                self.kill()
