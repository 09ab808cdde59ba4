"""Restores a box from a backup: everything is unpacked and proved beside what is there, then put in its places at once.

Before anything is touched it is known, and told, what the box would lose. The daemon must not run: the caller sees to
that. A backup of an older version is brought up to date by the ACD's own migrations at its next start.
"""

import grp
import os
import pwd
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from appliance.backup import placing
from appliance.backup.archive import CHUNK_BYTES, Sink, read_archive, read_manifest
from appliance.backup.contents import BoxFolders
from appliance.backup.errors import BackupError, of_disk
from appliance.backup.key_file import keep_key, kept_key, own_folder
from appliance.backup.manifest import CONFIGURATION, DATA, STORE_NAME, Manifest, Member
from appliance.backup.recovery_key import RecoveryKey
from appliance.backup.snapshot import begin_another_life, calls_beyond, facts_of, see_room, see_sound
from appliance.daemon.migrations import SCHEMA_VERSION

_KEEP_OLD = (STORE_NAME, CONFIGURATION, f"{DATA}keys/")


@dataclass(frozen=True)
class Loss:
    """What a restore costs: everything since the backup, and `calls` of this box that are not in it (None: this box's
    store cannot be read)."""

    manifest: Manifest
    minutes: int
    calls: int | None
    same_box: bool


def look(path: Path, key: RecoveryKey, box: BoxFolders | None, now_utc_ms: int) -> Loss:
    """What restoring this file to this box would lose; `box` None: nothing is here yet. Raises BackupError for a file
    of a newer version, a wrong key, a damaged head."""
    manifest = read_manifest(path, key)
    if manifest.store.schema > SCHEMA_VERSION:
        values = {"path": str(path), "theirs": str(manifest.store.schema), "ours": str(SCHEMA_VERSION)}
        raise BackupError("newer_schema", values)
    minutes = max(0, now_utc_ms - manifest.made_utc_ms) // 60_000
    calls: int | None = 0
    if box is not None and box.store.exists():
        try:
            calls = calls_beyond(box.store, manifest.store)
        except BackupError:
            calls = None
    return Loss(manifest, minutes, calls, box is not None and box.name == manifest.box)


def restore(path: Path, key: RecoveryKey, configuration: Path, now_utc_ms: int) -> Manifest:
    """The box of the backup, with its configuration at `configuration`. Nothing may run here. Raises BackupError: all
    is as it was, or (code `not_placed_yet`) all will be as in the backup at the next start."""
    unpacked = _Unpacked(path, configuration)
    try:
        manifest = read_archive(path, key, unpacked.begin)
        box = unpacked.box
        store = placing.staged(box.store)
        see_sound(store)
        if facts_of(store) != manifest.store:
            raise BackupError("damaged", {"path": str(path)})
        begin_another_life(store, manifest.made_utc_ms, now_utc_ms, _given_here(box.store))
        _sync_file(store)
        _settle_old_log(box.store)
        placing.decide(box.own, unpacked.placing())
    except OSError as error:
        unpacked.clear()
        raise of_disk(error, Path(str(error.filename or unpacked.box.data_dir))) from error
    except BaseException:
        unpacked.clear()
        raise
    try:
        placing.finish(box.own)
    except BackupError as error:
        raise BackupError("not_placed_yet", {"reason": str(error)}) from error
    if kept_key(box.own) != key:
        keep_key(box.own, key)
    return manifest


class _Unpacked:
    """Members as they come out of the archive, each written whole, and on the disk, beside its place."""

    def __init__(self, path: Path, configuration: Path) -> None:
        self.box = BoxFolders("", configuration, Path(), Path())
        self._path = path
        self._manifest: Manifest | None = None
        self._staged: list[Path] = []
        self._steps: list[placing.Step] = []

    def begin(self, manifest: Manifest) -> Sink:
        data_dir, run_dir = Path(manifest.data_dir), Path(manifest.run_dir)
        names = [member.name for member in manifest.members]
        sound = data_dir.is_absolute() and run_dir.is_absolute() and len(set(names)) == len(names)
        if not sound or names[:2] != [STORE_NAME, manifest.configuration]:
            raise BackupError("damaged", {"path": str(self._path)})
        self._manifest = manifest
        self.box = BoxFolders(manifest.box, self.box.configuration, data_dir, run_dir)
        for folder in (data_dir, self.box.configuration.parent):
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        own_folder(self.box.own)
        placing.clear_staged(data_dir, self.box.configuration.parent)
        see_room(data_dir, sum(member.size for member in manifest.members))
        return self._take

    def _take(self, member: Member, content: BinaryIO) -> None:
        assert self._manifest is not None
        target = self.box.place(member, self._manifest.configuration)
        _make_folders(target.parent, self.box.data_dir)
        path = placing.staged(target)
        self._staged.append(path)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as file:
            while block := content.read(CHUNK_BYTES):
                file.write(block)
            file.flush()
            of_units = self._manifest.members[0].owner.startswith("centralita-")
            _give_to(file.fileno(), member, target.parent, of_units=of_units)
            os.fsync(file.fileno())
        self._steps.append(placing.Step(str(target), member.name.startswith(_KEEP_OLD), member.name == STORE_NAME))

    def placing(self) -> placing.Placing:
        """The configuration first: it says where data_dir, and with it the decision, is looked for."""
        steps = sorted(self._steps, key=lambda step: step.target != str(self.box.configuration))
        return placing.Placing(tuple(steps), str(self.box.run_dir / "journal"))

    def clear(self) -> None:
        """Nothing was decided: nothing was here."""
        for path in self._staged:
            for suffix in ("", *placing.LOGS):
                with suppress(OSError):
                    path.with_name(f"{path.name}{suffix}").unlink(missing_ok=True)


def _make_folders(folder: Path, top: Path) -> None:
    """Those of data_dir that this box has not made yet, each its parent's owner's."""
    missing = [one for one in (folder, *folder.parents) if one.is_relative_to(top) and not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o750)
        if os.geteuid() == 0:
            owner = one.parent.stat()
            os.chown(one, owner.st_uid, owner.st_gid)


def _give_to(descriptor: int, member: Member, folder: Path, *, of_units: bool) -> None:
    """Whoever is not root keeps it. `of_units`: the backup is of a box whose processes have users of their own."""
    if os.geteuid() == 0:
        os.fchown(descriptor, *_owner(member, folder, of_units=of_units))
    os.fchmod(descriptor, member.mode)


def _owner(member: Member, folder: Path, *, of_units: bool) -> tuple[int, int]:
    """User and group: those it had, by name. Where a checkout's backup, all of one user, comes to a box of units, what
    is in a folder of a process is that process's, the configuration root's, and the rest the ACD's."""
    like = folder.stat()
    units = _user("centralita-acd"), _group("centralita")
    had = _user(member.owner), _group(member.group)
    if None not in had and (of_units or None in units):
        return had[0] or 0, had[1] or 0
    if None in units or (like.st_uid and member.name.startswith(DATA)):
        return like.st_uid, like.st_gid
    return (0 if member.name.startswith(CONFIGURATION) else units[0] or 0), units[1] or 0


def _user(name: str) -> int | None:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError:
        return None


def _group(name: str) -> int | None:
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        return None


def _sync_file(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _given_here(store: Path) -> int:
    """The highest call number the present store knows; a store that cannot be read is no reason not to restore."""
    if not store.exists():
        return 0
    try:
        return facts_of(store).call_number
    except BackupError:
        return 0


def _settle_old_log(store: Path) -> None:
    """So that what is put aside is one file, where the old store can be read at all."""
    if not store.with_name(f"{store.name}-wal").exists():
        return
    with suppress(sqlite3.Error):
        db = sqlite3.connect(f"{store.absolute().as_uri()}?mode=rw", uri=True)
        try:
            db.execute("pragma wal_checkpoint(truncate)")
        finally:
            db.close()
