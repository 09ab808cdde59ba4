"""Recordings: sound from native recorders to WAV files, by a thread of its own that may wait for the disk.

The engine's thread starts and stops them and is told, by `finished`, when a file is whole. Nothing here can make a
call or the conference wait: a disk that stands still for 8 s costs sound in the recording, and it is said.
"""

import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote

from appliance.acd.ids import RecordingName
from appliance.switch.native_port import Bridge, NativeError, Recorder
from appliance.switch.wav_file import HEADER_BYTES, GrowingWav, duration_ms, mend

log = logging.getLogger(__name__)

WRITE_EVERY_S = 0.25
SYNC_EVERY_S = 30.0
"""What a power cut may cost of a recording; more often would wear an SD card."""
MIN_FREE_BYTES = 100 * 1024 * 1024
"""The store needs room more than recordings do: with less than this no new one begins."""
MAX_RECORDINGS = 256
PART_FOLDER = ".partial"

Finished = Callable[[RecordingName, int, int], None]
"""(recording, duration_ms, size_bytes), on the recordings' thread. Size 0: there is no file (see the log)."""


@dataclass
class _Open:
    name: RecordingName
    recorder: Recorder
    file: GrowingWav | None = None
    """None: not opened yet, or it could not be."""
    broken: bool = False


@dataclass(frozen=True)
class _Stop:
    name: RecordingName


class Recordings:
    """`start_thread`, `start`, `stop`, `close` for the engine's thread."""

    def __init__(self, folder: Path, finished: Finished, min_free_bytes: int = MIN_FREE_BYTES) -> None:
        self._folder = folder
        self._finished = finished
        self._min_free_bytes = min_free_bytes
        self._names: set[RecordingName] = set()
        self._left_over: list[Path] = []
        self._commands: queue.SimpleQueue[_Open | _Stop | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="recordings", daemon=True)

    def start_thread(self) -> None:
        """Begin writing, and mend what a crash left. Raises OSError when there can be no recordings folder."""
        self._folder.mkdir(parents=True, exist_ok=True)
        folder = self._folder / PART_FOLDER
        self._left_over = sorted(folder.iterdir()) if folder.is_dir() else []
        self._thread.start()

    # --- for the engine's thread

    def start(self, bridge: Bridge, name: RecordingName) -> int | None:
        """Begin a recording; the port to connect to it, or None when it cannot be made (said in the log)."""
        if name in self._names:
            log.warning("recording %s runs already", name)
            return None
        why_not = self._why_not(name)
        if not why_not:
            try:
                return self._begin(bridge, name)
            except NativeError as error:
                why_not = str(error)
        log.error("the call is not recorded (%s): %s", name, why_not)
        return None

    def _why_not(self, name: RecordingName) -> str:
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or path.suffix != ".wav" or "\0" in name or len(name) > 200:
            return "its name is no relative path of a .wav file"
        if len(self._names) >= MAX_RECORDINGS:
            return f"{MAX_RECORDINGS} recordings run already"
        try:
            disk = os.statvfs(self._folder)
        except OSError as error:
            return f"{self._folder}: {error.strerror}"
        free = disk.f_bavail * disk.f_frsize
        if free < self._min_free_bytes:
            return f"only {free // 1_000_000} MB are free on the disk of {self._folder}; make room"
        return ""

    def _begin(self, bridge: Bridge, name: RecordingName) -> int:
        recorder = Recorder(bridge)
        self._names.add(name)
        self._commands.put(_Open(name, recorder))
        return recorder.slot

    def stop(self, name: RecordingName) -> bool:
        """End a recording; `finished` follows. False when there is none of this name."""
        if name not in self._names:
            return False
        self._names.discard(name)
        self._commands.put(_Stop(name))
        return True

    def running(self) -> set[RecordingName]:
        return set(self._names)

    def close(self, timeout_s: float = 10.0) -> None:
        """Finish all and end the thread."""
        for name in self.running():
            self.stop(name)
        self._commands.put(None)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            log.error("recordings are not on the disk after %.0f s; they are mended at the next start", timeout_s)

    # --- the thread

    def _run(self) -> None:
        self._mend()
        opened: dict[RecordingName, _Open] = {}
        next_write = time.monotonic() + WRITE_EVERY_S
        next_sync = time.monotonic() + SYNC_EVERY_S
        while True:
            try:
                command = self._commands.get(timeout=max(0.0, next_write - time.monotonic()) if opened else None)
            except queue.Empty:
                pass
            else:
                if command is None:
                    break
                if isinstance(command, _Open):
                    self._open(command)
                    opened[command.name] = command
                elif command.name in opened:
                    self._finish(opened.pop(command.name))
                continue
            next_write = time.monotonic() + WRITE_EVERY_S
            sync = time.monotonic() >= next_sync
            if sync:
                next_sync = time.monotonic() + SYNC_EVERY_S
            for one in opened.values():
                self._write(one, sync)
        for one in opened.values():
            self._finish(one)

    def _open(self, one: _Open) -> None:
        try:
            one.file = GrowingWav(self._folder / PART_FOLDER / quote(one.name, safe=""), self._folder / one.name)
        except OSError as error:
            log.error("recording %s cannot be written: %s", one.name, error)

    def _write(self, one: _Open, sync: bool = False) -> None:
        while samples := one.recorder.read():
            if one.file is None or one.broken:
                continue
            try:
                one.file.append(samples)
                if sync:
                    one.file.sync()
            except OSError as error:
                one.broken = True
                log.error("recording %s stops here: %s", one.name, error)

    def _finish(self, one: _Open) -> None:
        self._write(one)
        lost_ms = one.recorder.lost_samples() // 8
        one.recorder.destroy()
        if lost_ms:
            log.error("recording %s lacks %d ms: the disk was too slow", one.name, lost_ms)
        duration = size = 0
        if one.file is not None:
            try:
                size = one.file.finish()
                duration = duration_ms(one.file.data_bytes)
            except OSError as error:
                log.error("recording %s cannot be completed: %s", one.name, error)
        self._finished(one.name, duration, size)

    def _mend(self) -> None:
        for part in self._left_over:
            name = RecordingName(unquote(part.name))
            try:
                data_bytes = mend(part, self._folder / name)
            except OSError as error:
                log.error("what was left of recording %s cannot be mended: %s", name, error)
                continue
            if data_bytes:
                log.warning(
                    "recording %s was cut off by a crash; %d ms of it are mended", name, duration_ms(data_bytes)
                )
                self._finished(name, duration_ms(data_bytes), HEADER_BYTES + data_bytes)
