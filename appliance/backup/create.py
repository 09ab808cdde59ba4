"""Makes a backup and proves it: written beside, opened again with the key as it is printed, compared, then named."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from appliance.backup.archive import read_archive, skim, write_archive
from appliance.backup.contents import BoxFolders, member_of, small_files
from appliance.backup.durable import sync_folder
from appliance.backup.errors import BackupError, of_disk
from appliance.backup.key_file import own_folder
from appliance.backup.manifest import CONFIGURATION, FORMAT, STORE_NAME, Manifest, Member
from appliance.backup.recovery_key import RecoveryKey, parse
from appliance.backup.snapshot import copy_store, facts_of, see_sound

SUFFIX = ".age"
PARTIAL = ".partial"
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Made:
    path: Path
    size: int
    manifest: Manifest


def file_name(box: str, made_utc_ms: int) -> str:
    return f"centralita-{box}-{datetime.fromtimestamp(made_utc_ms / 1000, UTC):{_STAMP}}{SUFFIX}"


def made_at(path: Path, box: str) -> int | None:
    """When this file was made, ms UTC, by its name; None when it is none of this box's."""
    begins = f"centralita-{box}-"
    if not (path.name.startswith(begins) and path.name.endswith(SUFFIX)):
        return None
    try:
        stamp = datetime.strptime(path.name.removeprefix(begins).removesuffix(SUFFIX), _STAMP)
    except ValueError:
        return None
    return int(stamp.replace(tzinfo=UTC).timestamp() * 1000)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """No other backup or restore of this box meanwhile. Raises BackupError."""
    path = own_folder(folder) / "lock"
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise of_disk(error, path) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise BackupError("busy", {}) from error
    try:
        yield
    finally:
        os.close(lock)


def create(box: BoxFolders, target: Path, key: RecoveryKey, program: str, now_utc_ms: int) -> Made:
    """The backup at `target`, or in that folder under a name with box and time. One that cannot be proved is removed
    and refused; what was at `target` stays until then. Raises BackupError."""
    if target.is_dir():
        target = target / file_name(box.name, now_utc_ms)
    if not target.parent.is_dir():
        raise BackupError("not_there", {"path": str(target.parent)})
    snapshot = own_folder(box.own) / f"{STORE_NAME}{PARTIAL}"
    partial_file = target.with_name(f".{target.name}{PARTIAL}")
    try:
        copy_store(box.store, snapshot)
        see_sound(snapshot)
        manifest, places = _manifest(box, snapshot, key, program, now_utc_ms)
        size = _write(partial_file, target, key, manifest, places)
        prove(partial_file, parse(key.text()), manifest)
        try:
            partial_file.replace(target)
            sync_folder(target.parent)
        except OSError as error:
            raise of_disk(error, target) from error
    finally:
        for path in (snapshot, partial_file):
            with suppress(OSError):
                path.unlink(missing_ok=True)
    return Made(target, size, manifest)


def _manifest(
    box: BoxFolders, snapshot: Path, key: RecoveryKey, program: str, now_utc_ms: int
) -> tuple[Manifest, dict[str, Path]]:
    facts = facts_of(snapshot)
    members, places = [member_of(STORE_NAME, box.store, snapshot)], {STORE_NAME: snapshot}
    for name, path in small_files(box):
        members.append(member_of(name, path))
        places[name] = path
    configuration = f"{CONFIGURATION}{box.configuration.name}"
    folders = str(box.data_dir), str(box.run_dir)
    made = Manifest(FORMAT, program, box.name, now_utc_ms, key.mark(), configuration, *folders, facts, tuple(members))
    return made, places


def _write(partial_file: Path, target: Path, key: RecoveryKey, manifest: Manifest, places: dict[str, Path]) -> int:
    try:
        partial_file.unlink(missing_ok=True)
        with os.fdopen(os.open(partial_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            write_archive(file, target, key, manifest, partial(_open, places))
            file.flush()
            os.fsync(file.fileno())
            # What is read back to prove it comes from the stick and not from memory.
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
            return file.tell()
    except OSError as error:
        raise of_disk(error, target) from error


def _open(places: dict[str, Path], member: Member) -> BinaryIO:
    return places[member.name].open("rb")


def prove(path: Path, key: RecoveryKey, expected: Manifest) -> None:
    """The file opens with the key, says what was meant, and holds every byte of it. Raises BackupError."""
    try:
        found = read_archive(path, key, lambda _manifest: skim)
    except BackupError as error:
        code = "changed_meanwhile" if error.code == "sum_differs" else "not_proved"
        raise BackupError(code, {"path": error.values.get("member", str(path)), "reason": error.code}) from error
    if found != expected:
        raise BackupError("not_proved", {"path": str(path), "reason": "manifest"})
