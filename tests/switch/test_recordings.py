"""Recording files: whole or mended, never half; a full disk costs a recording and nothing else."""

import os
import queue
import struct
import wave
from pathlib import Path

import pytest

from appliance.acd.ids import RecordingName
from appliance.switch.native_port import Bridge
from appliance.switch.recordings import PART_FOLDER, Recordings
from appliance.switch.wav_file import HEADER_BYTES, GrowingWav, header, mend
from tests.waiting import wait_for

Told = tuple[RecordingName, int, int]
NAME = RecordingName("2026/11/22/oficina-17.wav")


def make(folder: Path, **limits: int) -> tuple[Recordings, "queue.SimpleQueue[Told]"]:
    told: queue.SimpleQueue[Told] = queue.SimpleQueue()
    recordings = Recordings(folder, lambda *one: told.put(one), **limits)
    recordings.start_thread()
    return recordings, told


def test_a_recording_has_its_name_only_when_it_is_whole(bridge: Bridge, tmp_path: Path) -> None:
    recordings, told = make(tmp_path)
    assert recordings.start(bridge, NAME) is not None
    part = tmp_path / PART_FOLDER / "2026%2F11%2F22%2Foficina-17.wav"
    wait_for("some sound in the file", lambda: part.exists() and part.stat().st_size > 8000)
    assert not (tmp_path / NAME).exists()
    assert recordings.stop(NAME) and not recordings.stop(NAME)
    name, duration_ms, size = told.get(timeout=30)
    assert name == NAME and (tmp_path / NAME).stat().st_size == size
    with wave.open(str(tmp_path / NAME)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (8000, 1, 2)
        assert sound.getnframes() // 8 == duration_ms == (size - HEADER_BYTES) // 16
    assert not part.exists()
    recordings.close()


def test_the_same_name_twice_at_once_is_refused(bridge: Bridge, tmp_path: Path) -> None:
    recordings, told = make(tmp_path)
    assert recordings.start(bridge, NAME) is not None
    assert recordings.start(bridge, NAME) is None
    recordings.close()
    assert told.get(timeout=30)[0] == NAME and told.empty()


def test_what_a_crash_left_is_mended_and_told(tmp_path: Path) -> None:
    parts = tmp_path / PART_FOLDER
    parts.mkdir()
    (parts / "2026%2Fcut.wav").write_bytes(header(0) + struct.pack("<h", 1000) * 8000 + b"\1")
    (parts / "empty.wav").write_bytes(header(0))
    (parts / "torn.wav").write_bytes(b"RIFF")
    recordings, told = make(tmp_path)
    assert told.get(timeout=30) == ("2026/cut.wav", 1000, HEADER_BYTES + 16_000)
    recordings.close()
    assert told.empty() and list(parts.iterdir()) == []
    with wave.open(str(tmp_path / "2026/cut.wav")) as sound:
        assert sound.getnframes() == 8000


def test_a_nearly_full_disk_refuses_and_says_so(
    bridge: Bridge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    disk = os.statvfs(tmp_path)
    recordings, told = make(tmp_path, min_free_bytes=disk.f_bavail * disk.f_frsize * 2)
    assert recordings.start(bridge, NAME) is None
    assert "MB are free on the disk" in caplog.text and NAME in caplog.text
    recordings.close()
    assert told.empty()


def test_a_folder_that_cannot_be_written_costs_the_recording_only(
    bridge: Bridge, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recordings, told = make(tmp_path)
    (tmp_path / PART_FOLDER).write_text("a file where the folder should be")
    assert recordings.start(bridge, NAME) is not None
    recordings.stop(NAME)
    assert told.get(timeout=30) == (NAME, 0, 0)
    assert "cannot be written" in caplog.text
    recordings.close()


def test_mending_cuts_half_a_sample_and_completes_the_header(tmp_path: Path) -> None:
    part, whole = tmp_path / "part", tmp_path / "sub" / "whole.wav"
    file = GrowingWav(part, whole)
    file.append(b"\1\2" * 100 + b"\3")
    assert mend(part, whole) == 200
    assert whole.read_bytes()[:HEADER_BYTES] == header(200)
    assert whole.stat().st_size == HEADER_BYTES + 200
