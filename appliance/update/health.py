"""Whether this start is well: everything is up and stays up, the store is written and read, the page is served, a call
is answered. Each check says what is wrong, "" when nothing is.
"""

import re
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from appliance.configuration.file import Configuration
from appliance.daemon.control_client import CommandRefused, ControlClient, ControlUnavailable
from appliance.daemon.numbers import number, set_number
from appliance.daemon.short_writes import JobRefused, immediate, store_for_job
from appliance.update.self_call import Caller, NoAnswer, ask_options, call_itself

UNITS = ("kamailio", "switch", "acd", "web")
STEADY_S = 60.0
"""So long nothing may have been started anew."""
STORED = "health_checked"
"""A number of the store, counted up by each check that gets so far."""
_LISTEN = re.compile(r"^\s*listen\s*=\s*udp:([0-9.]+):([0-9]+)", re.MULTILINE)


@dataclass
class Steady:
    """Whether the units have been up for STEADY_S without one being started anew. Pure; `look` feeds it."""

    since_s: float | None = None
    restarts: tuple[str, ...] = ()

    def feed(self, now_s: float, shown: str) -> str:
        """`shown`: a block a unit of `systemctl show -p ActiveState -p NRestarts`."""
        blocks = [dict(line.split("=", 1) for line in one.splitlines() if "=" in line) for one in shown.split("\n\n")]
        down = [name for name, one in zip(UNITS, blocks, strict=False) if one.get("ActiveState") != "active"]
        restarts = tuple(one.get("NRestarts", "") for one in blocks)
        if down or len(blocks) != len(UNITS):
            self.since_s = None
            return f"not up: {', '.join(down) or 'all'}"
        if self.since_s is None or restarts != self.restarts:
            self.since_s, self.restarts = now_s, restarts
        left_s = STEADY_S - (now_s - self.since_s)
        return f"up for a moment only; {left_s:.0f} s more" if left_s > 0 else ""


@dataclass
class HealthCheck:
    """All checks in their order; `look` runs them until one is not content."""

    configuration: Configuration
    steady: Steady = field(default_factory=Steady)

    def look(self) -> str:
        """What is wrong now; "" when all is well."""
        return self._units() or self.look_inside()

    def look_inside(self) -> str:
        """The same, but for whether systemd has had to start something anew."""
        checks: tuple[Callable[[], str], ...] = (self._acd, self._store, self._page, self._call)
        return next((wrong for wrong in (check() for check in checks) if wrong), "")

    def _units(self) -> str:
        words = ["systemctl", "show", "-p", "ActiveState", "-p", "NRestarts"]
        try:
            asked = subprocess.run(
                [*words, *(f"centralita-{unit}.service" for unit in UNITS)],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.SubprocessError) as error:
            return f"systemd: {error}"
        return self.steady.feed(time.clock_gettime(time.CLOCK_BOOTTIME), asked.stdout.strip())

    def _acd(self) -> str:
        try:
            health = ControlClient(Path(self.configuration.box.run_dir) / "acd.sock", timeout_s=15).health()
        except (ControlUnavailable, CommandRefused) as error:
            return str(error)
        if not health.switch_connected:
            return "the ACD has no switch"
        return f"store: {health.store_error}" if health.store_error else ""

    def _store(self) -> str:
        path = Path(self.configuration.box.data_dir) / "centralita.sqlite3"
        try:
            with store_for_job(path) as db:
                with immediate(db):
                    wanted = number(db, STORED) + 1
                    set_number(db, STORED, wanted)
                found = number(db, STORED)
        except (JobRefused, sqlite3.Error) as error:
            return f"store: {error}"
        return "" if found == wanted else f"the store gave {found} back for {wanted}"

    def _page(self) -> str:
        web = self.configuration.web
        address = "127.0.0.1" if web.listen in ("0.0.0.0", "") else web.listen
        try:
            with urllib.request.urlopen(f"http://{address}:{web.port}/login", timeout=20) as answer:
                text = answer.read(200_000)
        except (OSError, urllib.error.URLError) as error:
            return f"page: {error}"
        return "" if b"csrf" in text else "the page is another one than ours"

    def _call(self) -> str:
        caller = own_caller(self.configuration)
        if isinstance(caller, str):
            return caller
        try:
            if caller.extension:
                call_itself(caller)
            else:
                ask_options(caller)
        except (NoAnswer, OSError) as error:
            return f"test call: {error}"
        return ""


def own_caller(configuration: Configuration) -> Caller | str:
    """The first handset with a password, and where Kamailio listens; a caller without a name where there is none. What
    is wrong where Kamailio is not to be found."""
    try:
        found = _LISTEN.search((Path(configuration.box.run_dir) / "kamailio/kamailio.cfg").read_text())
    except OSError as error:
        return f"Kamailio's configuration: {error}"
    if found is None:
        return "Kamailio listens nowhere"
    phone = next((one for one in configuration.station if one.password and one.extension), None)
    name, password = (phone.extension, phone.password) if phone else ("", "")
    return Caller(name, password, configuration.sip.realm, found[1], int(found[2]))
