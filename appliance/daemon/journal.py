"""The journal: a snapshot and every input since, so that a killed ACD is rebuilt exactly as it was.

It survives the death of the process, not of the machine: it lives in `run_dir`, which is memory, and is written with
plain write(2), never fsync. What write(2) has taken is kept by the kernel whatever becomes of us. Power cuts are the
store's business.

    <run_dir>/journal/snapshot-<n>   one record: everything the ACD knows at that moment
    <run_dir>/journal/inputs-<n>     a record an input, in order, since snapshot n
    <run_dir>/journal/refused/       the last journal that could not be used, for whoever looks into it

A record is its length and CRC-32 (little-endian, 4 bytes each) and its bytes; a torn last record is cut off: its input
was not acted upon, since every input is journalled before it is handled. A snapshot is written beside and renamed, so
there is always a whole one.

Two journals are refused. One of another boot, because its clock was another. One with inputs since its snapshot that
was written by other decision code (`code`, a hash of appliance/acd): new code might decide otherwise than the code
that the switch has already obeyed, and effects would no longer match their numbers. A clean stop leaves a snapshot and
no inputs, so an upgrade keeps everything; only code changed under an ACD that was killed pays, and then the store is
the truth, as after a power cut.
"""

import contextlib
import logging
import os
import shutil
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from appliance.acd.effects import StoreEffect
from appliance.acd.inputs import Input, LineChanged, StationChanged
from appliance.acd.wire import ToSwitch

log = logging.getLogger(__name__)

FORMAT = 1
MAX_RECORD_BYTES = 64_000_000
DUE_INPUTS = 500
"""After so many inputs a new snapshot is taken when nothing else is to do."""
OVERDUE_INPUTS = 2_000
"""After so many, or OVERDUE_BYTES, at once: a replay must stay well under a second."""
OVERDUE_BYTES = 4_000_000
OTHER_BOOT = "it is of another boot of this machine"
_HEAD = struct.Struct("<II")


DeviceReport = LineChanged | StationChanged


class Entry(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One input as it was handled."""

    at_ms: int
    input: Input
    switch_seq: int = 0
    """The switch's number for it; 0 when it is not from the switch."""
    first_effect: int = 0
    """With SwitchStarted: the number of the first effect for this incarnation of the switch."""
    switch_incarnation: str = ""
    """With SwitchStarted: which that is."""


class NumberedStoreEffect(Struct, frozen=True, forbid_unknown_fields=True):
    number: int
    effect: StoreEffect


class Snapshot(Struct, frozen=True, forbid_unknown_fields=True):
    """All that has to be known to go on from a moment, what was asked for and not yet confirmed included."""

    format: int
    boot_id: str
    code: str
    epoch: int
    """Which uninterrupted history of the ACD this is: store effects are numbered within it."""
    at_ms: int
    acd: bytes
    switch_incarnation: str
    last_switch_input: int
    next_effect: int
    unacknowledged: tuple[ToSwitch, ...]
    next_store_effect: int
    not_stored: tuple[NumberedStoreEffect, ...]
    devices: tuple[DeviceReport, ...] = ()
    """What the switch last said of each line and station. It says so once: an ACD that has to begin anew with a switch
    that goes on must still know."""
    gave_up: bool = False
    """We no longer keep effects for this switch; see `machine`."""
    skips: tuple[int, ...] = ()
    """When inputs were left out of a replay lately because handling them raised, the latest last."""


@dataclass(frozen=True)
class Found:
    """What a journal gives back. Without a snapshot there is nothing to go on from, and `why_not` says why."""

    snapshot: Snapshot | None
    entries: tuple[Entry, ...] = ()
    why_not: str = ""
    salvaged: "Salvaged | None" = None
    """Of a journal that is not used: the facts in it that do not depend on who decides."""

    @property
    def power_was_lost(self) -> bool:
        """Nothing of this boot is there; else a journal is there and only our memory of the calls is gone."""
        return self.snapshot is None and self.why_not in ("", OTHER_BOOT)


@dataclass(frozen=True)
class Salvaged:
    """Which switch this was, and what it said of its devices."""

    switch_incarnation: str
    devices: dict[str, DeviceReport]


def salvage(snapshot: Snapshot, entries: tuple[Entry, ...]) -> Salvaged:
    """What a journal says of the switch and its devices; plain facts, in whatever state the decisions are."""
    switch = snapshot.switch_incarnation
    devices = {device_name(report): report for report in snapshot.devices}
    for entry in entries:
        if entry.first_effect and entry.switch_incarnation != switch:
            switch, devices = entry.switch_incarnation, {}
        elif isinstance(entry.input, DeviceReport):
            devices[device_name(entry.input)] = entry.input
    return Salvaged(switch, devices)


def device_name(report: DeviceReport) -> str:
    return f"line {report.line}" if isinstance(report, LineChanged) else f"station {report.station}"


class Journal:
    """The journal in `folder`. Opening it reads it; `found` is what was there.

    `append` and `begin` raise nothing: when the folder cannot be written, `error` says why, nothing is appended any
    more (a journal with a hole would be a lie) and calls go on; the next `begin` that succeeds mends it.
    """

    def __init__(self, folder: Path, boot_id: str, code: str) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # PINs and numbers are in it
        self._folder = folder
        self._boot_id = boot_id
        self._code = code
        self._generation = 0
        self._file = -1
        self._encoder = msgspec.json.Encoder()
        self.inputs = 0
        self.bytes = 0
        self.error = ""
        """Why nothing can be appended: only `begin` mends it."""
        self.snapshot_error = ""
        """Why the last `begin` failed."""
        self.found = self._read()
        if self.found.snapshot is None:
            self.error = "no snapshot yet"
            if self.found.why_not:
                self._set_aside()

    @property
    def due(self) -> bool:
        """A snapshot should be taken when there is time."""
        return self.inputs >= DUE_INPUTS or bool(self.error)

    @property
    def overdue(self) -> bool:
        """A snapshot should be taken now."""
        return self.inputs >= OVERDUE_INPUTS or self.bytes >= OVERDUE_BYTES

    def append(self, entry: Entry) -> bool:
        """Write one input down; False when it is not down (see `error`)."""
        if self.error:
            return False
        record = _framed(self._encoder.encode(entry))
        try:
            written = os.write(self._file, record)
        except OSError as error:
            return self._failed(f"the journal cannot be written: {error.strerror}")
        if written != len(record):
            return self._failed("the journal cannot be written: its file system is full")
        self.inputs += 1
        self.bytes += written
        return True

    def begin(self, snapshot: Snapshot) -> bool:
        """Begin anew from `snapshot`; what was there before is deleted once the new one is whole."""
        generation = self._generation + 1
        beside = self._folder / f"snapshot-{generation}.tmp"
        inputs = -1
        try:
            beside.write_bytes(_framed(msgspec.msgpack.encode(snapshot)))
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC
            inputs = os.open(self._folder / f"inputs-{generation}", flags, 0o600)
            beside.replace(self._folder / f"snapshot-{generation}")
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            if inputs >= 0:
                os.close(inputs)
            self.snapshot_error = f"a snapshot cannot be written: {error.strerror}"
            log.error("journal: %s", self.snapshot_error)
            return False  # what is there is still good, unless `error` says otherwise
        self.close()
        self._file = inputs
        self._delete_all_but(generation)
        self._generation = generation
        self.inputs = self.bytes = 0
        self.error = self.snapshot_error = ""
        return True

    def keep_for_inquiry(self, entry: Entry) -> None:
        """Set an input aside that could not be handled: it is a bug, and this is what reproduces it."""
        folder = self._folder / "refused"
        try:
            folder.mkdir(exist_ok=True)
            (folder / "input.json").write_bytes(msgspec.json.encode(entry))
        except OSError as error:
            log.error("the input that could not be handled could not be kept: %s", error)

    def fileno(self) -> int:
        """The descriptor inputs are written to, -1 while there is none."""
        return self._file

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _failed(self, why: str) -> bool:
        if why != self.error:
            log.error("%s. A killed ACD would now forget what happens; calls go on.", why)
        self.error = why
        return False

    def _read(self) -> Found:
        generations = sorted(
            (int(path.name.removeprefix("snapshot-")) for path in self._folder.glob("snapshot-*") if _whole(path)),
            reverse=True,
        )
        for generation in generations:
            records, _ = _records((self._folder / f"snapshot-{generation}").read_bytes())
            if records:
                return self._read_generation(generation, records[0])
            log.error("journal: snapshot-%d is damaged; looking for an older one", generation)
        return Found(None, (), "its snapshot is damaged" if generations else "")

    def _read_generation(self, generation: int, record: bytes) -> Found:
        try:
            snapshot = msgspec.msgpack.decode(record, type=Snapshot)
        except msgspec.DecodeError as error:
            return Found(None, (), f"its snapshot cannot be read by this version ({error})")
        if snapshot.format != FORMAT:
            return Found(None, (), f"its format is {snapshot.format}, and this version reads {FORMAT}")
        if snapshot.boot_id != self._boot_id:
            return Found(None, (), OTHER_BOOT)
        path = self._folder / f"inputs-{generation}"
        data = path.read_bytes() if path.exists() else b""
        records, whole_bytes = _records(data)
        try:
            entries = tuple(_entries.decode(record) for record in records)
        except msgspec.DecodeError as error:
            return Found(None, (), f"an input in it cannot be read ({error})", salvage(snapshot, ()))
        if entries and snapshot.code != self._code:
            why_not = "it has inputs handled by other decision code than this"
            return Found(None, (), why_not, salvage(snapshot, entries))
        if whole_bytes < len(data):
            log.warning("journal: %d bytes of a torn last input are cut off", len(data) - whole_bytes)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, whole_bytes)
        self._generation = generation
        self.inputs, self.bytes = len(entries), whole_bytes
        self._delete_all_but(generation)
        return Found(snapshot, entries)

    def set_aside(self, why: str) -> None:
        """Refuse a journal after all: the ACD could not be rebuilt from it."""
        self.close()
        snapshot = self.found.snapshot
        self.found = Found(None, (), why, salvage(snapshot, self.found.entries) if snapshot is not None else None)
        self.error = "no snapshot yet"
        self.inputs = self.bytes = 0
        self._set_aside()

    def _set_aside(self) -> None:
        log.warning("journal: not used, because %s", self.found.why_not)
        refused = self._folder / "refused"
        shutil.rmtree(refused, ignore_errors=True)
        refused.mkdir()
        for path in self._files():
            path.replace(refused / path.name)

    def _delete_all_but(self, generation: int) -> None:
        for path in self._files():
            if path.name not in (f"snapshot-{generation}", f"inputs-{generation}"):
                path.unlink(missing_ok=True)

    def _files(self) -> list[Path]:
        return [path for path in self._folder.iterdir() if path.name.startswith(("snapshot-", "inputs-"))]


_entries: msgspec.json.Decoder[Any] = msgspec.json.Decoder(Entry)


def _framed(payload: bytes) -> bytes:
    return _HEAD.pack(len(payload), zlib.crc32(payload)) + payload


def _records(data: bytes) -> tuple[list[bytes], int]:
    """The whole records at the beginning of `data`, and how many bytes they are."""
    records: list[bytes] = []
    at = 0
    while at + _HEAD.size <= len(data):
        length, crc = _HEAD.unpack_from(data, at)
        payload = data[at + _HEAD.size : at + _HEAD.size + length]
        if length > MAX_RECORD_BYTES or len(payload) != length or zlib.crc32(payload) != crc:
            break
        records.append(payload)
        at += _HEAD.size + length
    return records, at


def _whole(path: Path) -> bool:
    return path.name.removeprefix("snapshot-").isdigit()
