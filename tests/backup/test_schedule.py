"""The backup nobody starts: made when due, old ones removed, a stick that is missing said and waited for."""

from pathlib import Path

import pytest

from appliance.backup.contents import BoxFolders
from appliance.backup.create import file_name
from appliance.backup.errors import BackupError
from appliance.backup.key_file import kept_key, note_shown
from appliance.backup.schedule import found, note_unwanted, run_scheduled
from appliance.backup.status import BackupStatus, read_status
from appliance.backup.verify import verify
from tests.backup.boxes import MADE, make_box

HOUR = 3_600_000


def box_with(folder: Path, more: str = "same_disk = true\n") -> tuple[BoxFolders, Path]:
    stick = folder / "stick"
    stick.mkdir()
    table = f'[backup]\nfolder = "{stick}"\nevery_h = 6\nkeep = 3\n{more}'
    return make_box(folder / "box", 2, backup=table), stick


def status_of(box: BoxFolders) -> BackupStatus:
    status = read_status(box.own)
    assert status is not None
    return status


def test_one_is_made_when_due_and_only_the_newest_are_kept(tmp_path: Path) -> None:
    box, stick = box_with(tmp_path)
    other = stick / file_name("otra", MADE - 1000 * HOUR)
    other.write_bytes(b"of another box")
    made = [run_scheduled(box, "1", MADE + hours * HOUR) is not None for hours in range(31)]
    assert [hour for hour, was in enumerate(made) if was] == [0, 6, 12, 18, 24, 30]
    assert [at for at, _ in found(stick, "oficina")] == [MADE + hours * HOUR for hours in (30, 24, 18)]
    assert other.exists()
    status = status_of(box)
    assert (status.problem, status.made_utc_ms, status.tried_utc_ms) == ("", MADE + 30 * HOUR, MADE + 30 * HOUR)
    key = kept_key(box.own)
    assert key is not None
    assert verify(found(stick, "oficina")[0][1], key, box.own).store.calls == 2


def test_a_stick_that_is_missing_is_said_and_the_next_time_it_is_there_it_is_used(tmp_path: Path) -> None:
    box, stick = box_with(tmp_path)
    stick.rmdir()
    with pytest.raises(BackupError) as error:
        run_scheduled(box, "1", MADE)
    assert error.value.code == "stick_missing"
    assert (status_of(box).problem, status_of(box).values) == ("stick_missing", {"path": str(stick)})
    stick.mkdir()
    assert run_scheduled(box, "1", MADE + HOUR) is not None
    assert status_of(box).problem == ""


def test_an_empty_mount_point_is_not_filled(tmp_path: Path) -> None:
    """The folder is there, but on the disk of the data: the stick is not mounted."""
    box, stick = box_with(tmp_path, "")
    with pytest.raises(BackupError) as error:
        run_scheduled(box, "1", MADE)
    assert error.value.code == "stick_missing"
    assert not list(stick.iterdir())


def test_a_clock_that_was_wrong_does_not_keep_backups_from_being_made(tmp_path: Path) -> None:
    box, stick = box_with(tmp_path)
    (stick / file_name("oficina", MADE + 10_000 * HOUR)).write_bytes(b"made in the future")
    assert run_scheduled(box, "1", MADE) is not None


def test_what_fails_removes_nothing_old(tmp_path: Path) -> None:
    box, stick = box_with(tmp_path)
    for hours in (0, 6, 12):
        run_scheduled(box, "1", MADE + hours * HOUR)
    before = found(stick, "oficina")
    box.store.write_bytes(b"rubbish" * 5000)
    for name in ("-wal", "-shm"):
        box.store.with_name(f"{box.store.name}{name}").unlink(missing_ok=True)
    with pytest.raises(BackupError):
        run_scheduled(box, "1", MADE + 18 * HOUR)
    assert found(stick, "oficina") == before
    assert status_of(box).problem == "store_damaged"
    assert status_of(box).made_utc_ms == MADE + 12 * HOUR
    assert status_of(box).is_overdue(MADE + 31 * HOUR) and not status_of(box).is_overdue(MADE + 29 * HOUR)


def test_nobody_has_seen_the_key_until_somebody_has(tmp_path: Path) -> None:
    box, _ = box_with(tmp_path)
    run_scheduled(box, "1", MADE)
    assert not status_of(box).key_shown
    assert (box.own / "recovery.key").stat().st_mode & 0o777 == 0o600
    note_shown(box.own)
    run_scheduled(box, "1", MADE + HOUR)
    assert status_of(box).key_shown


def test_what_is_not_wanted_any_more_is_not_missed(tmp_path: Path) -> None:
    box, stick = box_with(tmp_path)
    stick.rmdir()
    with pytest.raises(BackupError):
        run_scheduled(box, "1", MADE)
    note_unwanted(box)
    assert (status_of(box).folder, status_of(box).problem) == ("", "")
    assert not status_of(box).is_overdue(MADE + 1000 * HOUR)


def test_recordings_go_beside_when_it_is_said(tmp_path: Path) -> None:
    box, stick = box_with(tmp_path, "same_disk = true\nrecordings = true\n")
    run_scheduled(box, "1", MADE)
    assert (stick / "recordings/2026/oficina-1.wav").read_bytes() == (
        box.recordings / "2026/oficina-1.wav"
    ).read_bytes()
