"""The recovery key as the box keeps it, for backups that nobody starts: readable by root (or who runs the box) alone.

It lies beside what it protects against the loss of; whoever can read it can read everything else on the box as well.
"""

import os
import secrets
from pathlib import Path

from appliance.backup.durable import write_whole
from appliance.backup.errors import BackupError, of_disk
from appliance.backup.recovery_key import KEY_BYTES, KeyTypo, RecoveryKey, parse

FILE_NAME = "recovery.key"
SHOWN = "recovery.shown"
"""There once somebody has seen the key."""


def own_folder(folder: Path) -> Path:
    """`<data_dir>/backup`, made when it is not there. Raises BackupError."""
    try:
        folder.mkdir(mode=0o750, exist_ok=True)
    except OSError as error:
        raise of_disk(error, folder) from error
    return folder


def kept_key(folder: Path) -> RecoveryKey | None:
    """The box's key, None when it has none yet. Raises BackupError."""
    path = folder / FILE_NAME
    try:
        return parse(path.read_text())
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise BackupError("key_is_roots", {"path": str(path)}) from error
    except OSError as error:
        raise of_disk(error, path) from error
    except (KeyTypo, UnicodeDecodeError) as error:
        raise BackupError("key_file_damaged", {"path": str(path)}) from error


def made_key(folder: Path) -> RecoveryKey:
    """The box's key, made when it has none. Raises BackupError."""
    key = kept_key(own_folder(folder))
    if key is None:
        key = RecoveryKey(secrets.token_bytes(KEY_BYTES))
        keep_key(folder, key)
    return key


def keep_key(folder: Path, key: RecoveryKey) -> None:
    """This is the box's key from now on. Raises BackupError."""
    path = own_folder(folder) / FILE_NAME
    try:
        write_whole(path, f"{key.text()}\n".encode(), 0o600)
        (folder / SHOWN).unlink(missing_ok=True)
    except OSError as error:
        raise of_disk(error, path) from error


def was_shown(folder: Path) -> bool:
    return (folder / SHOWN).exists()


def note_shown(folder: Path) -> None:
    """Somebody has it on paper now, we hope: the page stops asking."""
    path = folder / SHOWN
    try:
        write_whole(path, b"", 0o640)
    except OSError as error:
        raise of_disk(error, path) from error


def is_root() -> bool:
    return os.geteuid() == 0
