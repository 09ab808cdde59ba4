"""Reads all of a backup, as a restore would, and changes nothing: each byte authentic, the store sound."""

import os
from functools import partial
from pathlib import Path
from typing import BinaryIO

from appliance.backup.archive import CHUNK_BYTES, Sink, read_archive, skim
from appliance.backup.errors import BackupError, of_disk
from appliance.backup.manifest import STORE_NAME, Manifest, Member
from appliance.backup.recovery_key import RecoveryKey
from appliance.backup.snapshot import facts_of, see_room, see_sound


def verify(path: Path, key: RecoveryKey, folder: Path) -> Manifest:
    """The store is unpacked in `folder` to be looked through, and removed again. Raises BackupError."""
    store = folder / f".verify-{os.getpid()}.sqlite3"

    def begin(manifest: Manifest) -> Sink:
        see_room(folder, sum(member.size for member in manifest.members if member.name == STORE_NAME))
        return partial(_take, store)

    try:
        manifest = read_archive(path, key, begin)
        see_sound(store)
        if facts_of(store) != manifest.store:
            raise BackupError("damaged", {"path": str(path)})
        return manifest
    except OSError as error:
        raise of_disk(error, folder) from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            store.with_name(f"{store.name}{suffix}").unlink(missing_ok=True)


def _take(store: Path, member: Member, content: BinaryIO) -> None:
    if member.name != STORE_NAME:
        skim(member, content)
        return
    with os.fdopen(os.open(store, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := content.read(CHUNK_BYTES):
            file.write(block)
