"""One start of a box on a disk that can lose its power: what it acknowledged before the cut, and what it has after it.

Acknowledged is a row that a reader inside has seen in the store and that has arrived outside before the power went
(`follow_store.py`): nothing of what the product itself showed or sent can be newer than that.
"""

import json
import random
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.image_build.power_traffic import Traffic
from tests.image_build.virtual_box import START_S, VirtualBox, credential
from tests.image_build.volatile_disk import Cut, DiskServer, VolatileDisk
from tests.waiting import wait_for

FOLLOWER = Path(__file__).with_name("follow_store.py")
UNIT = """[Unit]
Description=Test: {name}
After=centralita-acd.service
[Service]
User={user}
Group={group}
ImportCredential=test.follow
ExecStart=/usr/bin/python3 %d/test.follow {name}
Restart=always
RestartSec=1
StandardOutput=file:/dev/virtio-ports/test.{name}
"""
WANTED = "[Unit]\nWants=test-rows.service test-control.service\n"
ALLOWED_SHORT_MS = 30_000
"""What the charge of a call that was up may err by."""
BACK_S = 3 * START_S
"""A machine that serves many others may emulate a start of a minute and a half for half an hour."""
SAID_EACH_MS = 1_000
"""The box tells its time at least so often, though it has others to serve."""
KNOWN_AFTER_S = 10.0
"""A call that its caller had answered for so long, by this machine's clock, is one the box must remember."""


@dataclass(frozen=True)
class CallFacts:
    """Of a call as stored: UTC ms by the box's clock."""

    call: str
    caller: str
    offered_at: int
    ended_at: int
    end_reason: str = ""
    charge_micros: int = 0


@dataclass
class Heard:
    """What has come out of one start of the box until now."""

    rows: dict[tuple[str, str], str] = field(default_factory=dict)
    """By table and key, the row's hash."""
    calls: dict[str, CallFacts] = field(default_factory=dict)
    up: dict[str, CallFacts] = field(default_factory=dict)
    utc_ms: int = 0
    integrity: str = ""
    all_read: bool = False
    control_kept: set[int] | None = None
    control_written: set[int] = field(default_factory=set)

    def take(self, what: dict[str, Any]) -> None:
        """One line of follow_store.py."""
        if "utc_ms" in what:
            self.utc_ms = what["utc_ms"]
        elif "table" in what:
            self.rows[what["table"], what["key"]] = what["sha256"]
        elif "calls" in what:
            self.calls |= {one[0]: CallFacts(*one) for one in what["calls"]}
        elif "open" in what:
            self.up = {one[0]: CallFacts(*one) for one in what["open"]}
        elif "read" in what:
            self.all_read, self.integrity = True, what["integrity"]
        elif what.get("control") == "kept":
            self.control_kept, self.control_written = set(what["numbers"]), set()
        elif what.get("control") == "written":
            self.control_written.add(what["number"])


class Port:
    """Reads the lines that come out of a serial port of the machine."""

    def __init__(self, path: Path, heard: Heard) -> None:
        wait_for(f"QEMU's socket {path}", path.exists)
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._thread = threading.Thread(target=self._read, args=(heard,), name="port", daemon=True)
        self._thread.start()

    def _read(self, heard: Heard) -> None:
        with self._socket.makefile("rb") as lines:
            for line in lines:
                if not line.endswith(b"\n"):
                    break  # the power went in the middle of a word
                heard.take(json.loads(line))

    def close(self) -> None:
        """After the machine has ended: what it had said before is read to its end."""
        self._thread.join(10)
        self._socket.close()


class PoweredBox:
    """The box from switching it on to the cut."""

    def __init__(self, image: Path, folder: Path, seed: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.heard = Heard()
        self._ended = False
        self.disk = VolatileDisk(image, seed)
        self._server = DiskServer(self.disk, folder / "disk.sock")
        ports = ("rows", "control")
        devices = ["-device", "virtio-serial-pci"]
        for name in ports:
            devices += ["-chardev", f"socket,id={name},path={folder}/{name}.sock,server=on,wait=off"]
            devices += ["-device", f"virtserialport,chardev={name},name=test.{name}"]
        rows = UNIT.format(name="rows", user="centralita-web", group="centralita")
        control = UNIT.format(name="control", user="root", group="root")
        devices += credential("systemd.extra-unit.test-rows.service", rows)
        devices += credential("systemd.extra-unit.test-control.service", control)
        devices += credential("systemd.unit-dropin.centralita.target", WANTED)
        devices += credential("test.follow", FOLLOWER.read_text())
        self.machine = VirtualBox(self._server.url, folder / "box", keep=True, devices=devices)
        self._ports = [Port(folder / f"{name}.sock", self.heard) for name in ports]

    def cut(self, chance: random.Random, *, torn: bool, patience_s: float = 20.0) -> Cut:
        """The power goes in one of the next writes; at the latest after `patience_s`, if there are none."""
        self.disk.cut_soon(chance.randint(1, 12), torn=torn)
        self.disk.is_cut.wait(patience_s)
        return self.end()

    def end(self) -> Cut:
        """Now, if it has power still. May be called again."""
        cut = self.disk.cut_now()
        if self._ended:
            return cut
        self._ended = True
        self.machine.close()
        for port in self._ports:
            port.close()
        self._server.close()
        self.disk.close()
        return cut


@dataclass
class Ledger:
    """Everything the box has acknowledged so far, through all cuts, and what it must show after the next."""

    rows: dict[tuple[str, str], str] = field(default_factory=dict)
    up: dict[str, CallFacts] = field(default_factory=dict)
    """Calls that were up at the last cut."""
    known: set[str] = field(default_factory=set)
    """Numbers whose calls had been answered for a while at the last cut, or before, and must be in the store."""
    control: set[int] = field(default_factory=set)
    cut_utc_ms: int = 0

    def power_went(self, heard: Heard, traffic: Traffic, cut_at_s: float) -> None:
        self.rows |= heard.rows
        self.up = {call: facts for call, facts in heard.up.items() if call not in heard.calls}
        self.known |= {one.number for one in traffic.heard if one.number and cut_at_s - one.at_s > KNOWN_AFTER_S}
        self.control = set(heard.control_written)
        self.cut_utc_ms = heard.utc_ms

    def lost(self, heard: Heard) -> list[str]:
        """What was acknowledged and is not there now, or is another."""
        faults = [f"lost: {table} {key}" for table, key in sorted(self.rows.keys() - heard.rows.keys())]
        both = sorted(self.rows.keys() & heard.rows.keys())
        faults += [f"changed: {' '.join(one)}" for one in both if self.rows[one] != heard.rows[one]]
        callers = {facts.caller for facts in list(heard.calls.values())}  # others come in meanwhile
        faults += [f"no record of the answered call of {number}" for number in sorted(self.known - callers)]
        return faults

    def badly_closed(self, heard: Heard) -> list[str]:
        """Of the calls that were up: those that are not closed now, or too short, or whose caller nobody will call."""
        faults = []
        for call in self.up:
            now = heard.calls.get(call)
            if now is None:
                faults.append(f"{call} was up and is not closed")
            elif now.end_reason != "power_lost":
                continue  # it had ended, and that was on the disk, before anybody saw it
            elif not -SAID_EACH_MS <= self.cut_utc_ms - now.ended_at <= ALLOWED_SHORT_MS:
                faults.append(f"{call} is {self.cut_utc_ms - now.ended_at} ms short")
            elif ("worklist_calls", call) not in heard.rows:
                faults.append(f"{call} was cut off and is not on the worklist")
        return faults

    def shortness_ms(self, heard: Heard) -> list[int]:
        """By how much each call that was up is short."""
        closed = [heard.calls[call] for call in self.up if call in heard.calls]
        return [self.cut_utc_ms - one.ended_at for one in closed if one.end_reason == "power_lost"]

    def control_lost(self, heard: Heard) -> int:
        """How many rows of the writer that does not wait for the disk are gone."""
        return len(self.control - (heard.control_kept or set()))


def wait_back(box: PoweredBox, traffic: Traffic, timeout_s: float = BACK_S) -> float:
    """How long after it was switched on an agent talked. Everything the store has is read then."""

    def heard(what: str) -> float:
        return next((one.at_s for one in traffic.listen() if one.what == what), 0.0)

    def talking() -> float:
        return heard("answered") and heard("talking")

    at_s = wait_for("a caller to be answered and given to an agent", talking, timeout_s, 0.1)
    wait_for("the store's rows", lambda: box.heard.all_read and box.heard.control_kept is not None, timeout_s, 0.1)
    return at_s - box.machine.started_at


def unwell(box: PoweredBox) -> list[str]:
    """What the box itself finds wrong after its start."""
    faults = []
    run = partial(box.machine.run, timeout_s=BACK_S)
    if box.heard.integrity != "ok":
        faults.append(f"the store's integrity: {box.heard.integrity}")
    if lost := run("cat /run/centralita-box/data-lost 2>/dev/null"):
        faults.append(f"started without its data: {lost}")
    if failed := run("systemctl --failed --plain --no-legend"):
        faults.append(f"failed units: {failed}")
    verify = "cd /; /opt/centralita/centralita bill verify --config /etc/centralita/office.toml; echo code=$?"
    if not (said := run(verify)).endswith("code=0"):
        faults.append(f"bill verify: {said}")
    return faults


def count(rows: dict[tuple[str, str], str], tables: Sequence[str]) -> int:
    return sum(table in tables for table, _ in rows)
