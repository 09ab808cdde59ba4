"""The process `centralita sync`: watches the outbox, sends what is in it, and is quiet when there is no internet."""

import contextlib
import logging
import os
import signal
import sqlite3
import threading
import time
import uuid
from pathlib import Path

import psycopg
import systemd.daemon
from psycopg.conninfo import conninfo_to_dict

from appliance.cloud.schema import SchemaError, ensure_schema
from appliance.cloud.sender import BoxIdentity, connected, introduce, send_batch
from appliance.configuration.file import Configuration, ConfigurationError
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.daemon.queries import StoreMissing, open_store, outbox

log = logging.getLogger(__name__)

FIRST_RETRY_S = 1.0
LONGEST_RETRY_S = 300.0
SENDING_SPANS = 6
"""What is sent may wait for the cloud for so many of the watchdog's spans (each wait is bounded, sender.py). A process
that stands still altogether is noticed within one."""


class Backoff:
    """How long to wait after each failure in a row: doubled, up to a limit."""

    def __init__(self, first_s: float = FIRST_RETRY_S, longest_s: float = LONGEST_RETRY_S) -> None:
        self._first_s = first_s
        self._longest_s = longest_s
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait now."""
        self._failures += 1
        return float(min(self._longest_s, self._first_s * 2 ** min(self._failures - 1, 30)))

    def succeeded(self) -> None:
        self._failures = 0


class Sync:
    """One box's way to the cloud. `run` until `stop` is called (from a signal handler or another thread)."""

    def __init__(self, configuration: Configuration, backoff: Backoff | None = None) -> None:
        """Raises ConfigurationError when the DSN is not one, or the box's identity cannot be kept."""
        _check_dsn(configuration.cloud.dsn)
        data_dir, run_dir = Path(configuration.box.data_dir), Path(configuration.box.run_dir)
        self._dsn = configuration.cloud.dsn
        self._interval_s = configuration.cloud.interval_s
        self._store = data_dir / "centralita.sqlite3"
        self._box = BoxIdentity(_box_id(data_dir / "sync"), configuration.box.name)
        self._acd = ControlClient(run_dir / "acd.sock", connect_wait_s=0)
        self._backoff = backoff or Backoff()
        self._stop = threading.Event()
        self._watchdog_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 1e6
        self._moved_s = time.monotonic()
        self._trouble = ""

    def stop(self, *_: object) -> None:
        self._stop.set()

    def run(self) -> None:
        """Send until stopped; no failure of the cloud or of the ACD ends it."""
        if self._watchdog_s:
            threading.Thread(target=self._say_alive, name="alive", daemon=True).start()
        while not self._stop.is_set():
            self._sleep(self.turn())

    def turn(self) -> float:
        """Send all there is. Seconds until it is worth looking again."""
        try:
            with contextlib.closing(open_store(self._store)) as store:
                if outbox(store, 0, 1):
                    self._send_all(store)
        except (psycopg.Error, SchemaError) as error:
            wait_s = self._backoff.failed()
            self._say_trouble(f"the cloud cannot be reached: {_first_line(error)}")
            return wait_s
        except (StoreMissing, sqlite3.Error) as error:
            self._say_trouble(f"the outbox cannot be read: {_first_line(error)}")
            return self._interval_s
        self._backoff.succeeded()
        self._say_trouble("")
        return self._interval_s

    def _send_all(self, store: sqlite3.Connection) -> None:
        with connected(self._dsn) as cloud:
            ensure_schema(cloud)
            introduce(cloud, self._box)
            told, sent = 0, send_batch(cloud, store, self._box)
            while sent > told and not self._stop.is_set():
                self._backoff.succeeded()  # something arrived: a failure after it is a new one
                self._alive()
                self._tell_acd(sent)
                told, sent = sent, send_batch(cloud, store, self._box)

    def _tell_acd(self, sent: int) -> None:
        try:
            self._acd.outbox_sent(sent)
        except (ControlUnavailable, CommandRefused) as error:
            log.info("the ACD could not be told that row %d is in the cloud (it will be): %s", sent, error)
        else:
            log.info("the cloud has the outbox up to row %d", sent)

    def _say_trouble(self, trouble: str) -> None:
        """One line when something begins to fail, when it fails differently, and when it is over."""
        if trouble and trouble != self._trouble:
            log.warning("%s; the records are kept and sent later", trouble)
        elif self._trouble and not trouble:
            log.info("the cloud is reached again")
        self._trouble = trouble

    def _alive(self) -> None:
        self._moved_s = time.monotonic()

    def _say_alive(self) -> None:
        while not self._stop.wait(self._watchdog_s / 4):
            if time.monotonic() - self._moved_s < SENDING_SPANS * self._watchdog_s:
                systemd.daemon.notify("WATCHDOG=1")

    def _sleep(self, wait_s: float) -> None:
        """Wait, waking often enough for whoever supervises this process."""
        end = time.monotonic() + wait_s
        while not self._stop.is_set() and (left := end - time.monotonic()) > 0:
            self._alive()
            self._stop.wait(min(left, self._watchdog_s / 4) if self._watchdog_s else left)


def run_sync(configuration: Configuration, backoff: Backoff | None = None) -> int:
    """Until SIGTERM or SIGINT; 0 at once when the configuration names no cloud. Raises ConfigurationError."""
    if not configuration.cloud.dsn:
        log.info("[cloud] dsn is empty: there is nowhere to send to")
        systemd.daemon.notify("READY=1\nSTATUS=no cloud")
        return 0
    sync = Sync(configuration, backoff)
    signal.signal(signal.SIGTERM, sync.stop)
    signal.signal(signal.SIGINT, sync.stop)
    systemd.daemon.notify("READY=1\nSTATUS=sending records to the cloud")
    sync.run()
    systemd.daemon.notify("STOPPING=1")
    return 0


def _check_dsn(dsn: str) -> None:
    try:
        conninfo_to_dict(dsn)
    except psycopg.ProgrammingError as error:
        raise ConfigurationError(
            f"[cloud] dsn: is no PostgreSQL connection string: {_first_line(error)}. "
            "Write it as postgresql://user:password@host/database?sslmode=verify-full."
        ) from error


def _box_id(folder: Path) -> uuid.UUID:
    """The box's identity towards the cloud, made at the first start. It must not be copied to another box."""
    path = folder / "box_id"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            fresh = path.with_name("box_id.new")
            with fresh.open("w") as file:
                file.write(f"{uuid.uuid4()}\n")
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        return uuid.UUID(path.read_text().strip())
    except OSError as error:
        raise ConfigurationError(
            f"[box] data_dir: {path} cannot be kept: {error.strerror}. Give the sync's user the right to write there."
        ) from error
    except ValueError as error:
        raise ConfigurationError(
            f"{path}: is no identity (a UUID). Restore it, or delete it to become a new box."
        ) from error


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
