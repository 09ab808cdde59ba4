"""A whole box on loopback for end-to-end tests and benchmarks: its real processes, its real store, its own addresses.

Nothing of ours is replaced; the lines, phones and handsets around it are the caller's.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from appliance.acd.view import Status
from appliance.configuration.file import read_configuration
from appliance.daemon.control_client import ControlClient, ControlUnavailable
from appliance.daemon.queries import CallRow, StoreMissing, calls, open_store
from appliance.terminal import status_lines
from tests.waiting import wait_for

PROCESSES = ("kamailio", "switch", "acd", "web")


def unused_number(address: str, first: int) -> int:
    """The first N from `first` on such that nothing listens for SIP at `address` with N in it ("127.1.{}.1")."""
    for number in range(first, 255):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((address.format(number), 5060))
                return number
            except OSError:
                continue
    raise RuntimeError(f"nothing is free at {address.format('N')} from N = {first} on")


@dataclass(frozen=True)
class Faces:
    """Loopback addresses that belong to one test: the box towards the LAN, inside, and everybody else."""

    lan: str
    inside: str
    outside: str

    @staticmethod
    def unused() -> "Faces":
        number = unused_number("127.1.{}.1", os.getpid() % 200 + 1)
        return Faces(f"127.1.{number}.1", f"127.1.{number}.2", f"127.1.{number}.9")


def make_box(folder: Path, faces: Faces, tables: str) -> "Box":
    """A box from the TOML of its lines, stations, agents, queues and tariffs; not started yet."""
    for made in ("data", "run"):
        (folder / made).mkdir(parents=True, exist_ok=True)
    head = f"""
[box]
name = "prueba"
board = "laptop"
data_dir = "{folder}/data"
run_dir = "{folder}/run"
[sip]
listen = "{faces.lan}"
inside = "{faces.inside}"
[web]
listen = "{faces.lan}"
port = 8080
"""
    config = folder / "office.toml"
    config.write_text(head + tables)
    return Box(config)


class Box:
    """A configuration run and asked: started as `./centralita run` does it, in a session of its own."""

    def __init__(self, config: Path) -> None:
        configuration = read_configuration(config)
        self.config = config
        self.data_dir = Path(configuration.box.data_dir)
        self.run_dir = Path(configuration.box.run_dir)
        self.web = (configuration.web.listen, configuration.web.port)
        self._log_path = config.parent / "box.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, variables: Mapping[str, str] | None = None, timeout_s: float = 90.0) -> None:
        """Start it and wait until it takes calls."""
        with self._log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "appliance", "run", "--config", str(self.config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **(variables or {})},
                start_new_session=True,
            )
        wait_for(f"the box to be ready\n{self.log_tail()}", self._is_ready, timeout_s, 0.05)

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"the box ended:\n{self.log_tail()}"
        return "Centralita: http" in self.log()

    def log(self) -> str:
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    def log_tail(self, lines: int = 40) -> str:
        return "\n".join(self.log().splitlines()[-lines:])

    def stop(self) -> None:
        """Stop it as Ctrl-C does, and see that it really ends."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            raise AssertionError(f"the box did not stop:\n{self.log_tail()}") from None
        finally:
            self._process = None

    def pid(self, name: str) -> int:
        """The process of this name now; Kamailio's is its watcher's child. Raises LookupError while there is none."""
        assert self._process is not None
        found: dict[int, tuple[int, list[str]]] = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                parent = int(entry.joinpath("stat").read_text().rsplit(")", 1)[1].split()[1])
                words = entry.joinpath("cmdline").read_bytes().decode(errors="replace").split("\0")
            except (FileNotFoundError, ProcessLookupError, IndexError):
                continue
            found[int(entry.name)] = parent, words
        ours = {pid for pid, (parent, _) in found.items() if parent == self._process.pid}
        for pid, (parent, words) in found.items():
            if (pid in ours and name in words) or (parent in ours and Path(words[0]).name == name):
                return pid
        raise LookupError(name)

    def kill(self, name: str) -> int:
        """kill -9 a process; its pid."""
        pid = self.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_other(self, name: str, old_pid: int, timeout_s: float = 40.0) -> int:
        """Wait until the supervisor started another process of this name; its pid."""

        def other() -> int | None:
            try:
                pid = self.pid(name)
            except LookupError:
                return None
            return pid if pid != old_pid else None

        return wait_for(f"a new {name}", other, timeout_s)

    @property
    def control(self) -> ControlClient:
        return ControlClient(self.run_dir / "acd.sock", timeout_s=30)

    def status(self) -> Status:
        return self.control.status()

    def wait_status(self, what: str, look: Callable[[Status], bool], timeout_s: float = 40.0) -> Status:
        """Wait until the status fulfils `look`; the status that did."""

        last = "the ACD did not answer"

        def seen() -> Status | None:
            nonlocal last
            try:
                status = self.status()
            except ControlUnavailable:
                return None
            last = "\n".join(status_lines(status, "en"))
            return status if look(status) else None

        try:
            return wait_for(what, seen, timeout_s)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{last}") from None

    def store(self) -> sqlite3.Connection:
        return open_store(self.data_dir / "centralita.sqlite3")

    def wait_calls(self, count: int, timeout_s: float = 40.0) -> list[CallRow]:
        """Wait until at least `count` calls are over and stored; the newest first."""

        def stored() -> tuple[list[CallRow]] | None:
            try:
                with self.store() as store:
                    found = calls(store, 10_000)
            except (StoreMissing, sqlite3.OperationalError):
                return None
            return (found,) if len(found) >= count else None

        return wait_for(f"{count} stored calls", stored, timeout_s)[0]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def pss_kib(pid: int) -> int:
    """Proportional set size: memory a process has, shared pages divided among those who share them."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += tree(int(child))
    return found


def settle(seconds: float) -> None:
    """Let a measured interval pass; for figures only, never for correctness."""
    time.sleep(seconds)
