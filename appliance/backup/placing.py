"""Puts what a restore has staged in its places, so that a power cut or a kill at any instruction leaves all of the old
box or, once `placing.json` is on the disk, all of the new one at the next start (`finish`).

Each file was written whole beside its place. `placing.json` is the decision; from then on each step may be repeated:
what is staged no more is in its place already. What is put aside (`KEPT`) is the old store with its log, and the old
files of `keep_old`.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from appliance.backup.contents import ASIDE, STAGED
from appliance.backup.durable import sync_folder, write_whole
from appliance.backup.errors import BackupError, of_disk

FILE_NAME = "placing.json"
LOGS = ("-wal", "-shm", "-journal")


class Step(Struct, frozen=True, forbid_unknown_fields=True):
    target: str
    keep_old: bool
    is_store: bool = False

    @property
    def staged(self) -> Path:
        return staged(Path(self.target))


class Placing(Struct, frozen=True, forbid_unknown_fields=True):
    """`journal`: the folder whose files end, for they continue the old store."""

    steps: tuple[Step, ...]
    journal: str


def staged(target: Path) -> Path:
    return target.with_name(f".{target.name}{STAGED}")


def aside(target: Path) -> Path:
    return target.with_name(f"{target.name}{ASIDE}")


def decide(folder: Path, placing: Placing) -> None:
    """From here on it happens. Raises BackupError: it does not."""
    try:
        for step in placing.steps:
            if step.keep_old:
                _forget_older(Path(step.target))
        for parent in sorted({Path(step.target).parent for step in placing.steps}):
            sync_folder(parent)
        write_whole(folder / FILE_NAME, msgspec.json.encode(placing), 0o600)
    except OSError as error:
        with suppress(OSError):
            (folder / FILE_NAME).unlink(missing_ok=True)
        raise of_disk(error, folder) from error


def finish(folder: Path) -> bool:
    """Do what was decided, if anything was; True when there was something. Raises BackupError; may be called again."""
    path = folder / FILE_NAME
    try:
        placing = msgspec.json.decode(path.read_bytes(), type=Placing)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise of_disk(error, path) from error
    except msgspec.DecodeError as error:
        raise BackupError("placing_damaged", {"path": str(path)}) from error
    try:
        _empty(Path(placing.journal))
        for step in placing.steps:
            _place(step)
        for parent in sorted({Path(step.target).parent for step in placing.steps}):
            sync_folder(parent)
        path.unlink()
        sync_folder(folder)
    except OSError as error:
        raise of_disk(error, folder) from error
    return True


def _place(step: Step) -> None:
    target = Path(step.target)
    if not step.staged.exists():
        return
    if step.keep_old and target.exists() and not aside(target).exists():
        if step.is_store:
            _move_log(target)
        aside(target).hardlink_to(target)  # its place is never empty
    if step.is_store:
        # A log that is left would be taken for the new store's.
        for suffix in LOGS:
            target.with_name(f"{target.name}{suffix}").unlink(missing_ok=True)
        sync_folder(target.parent)
    step.staged.replace(target)


def _move_log(store: Path) -> None:
    """First of all, and with its store after it: together they are the old records."""
    log = store.with_name(f"{store.name}-wal")
    if log.exists():
        log.replace(aside(store).with_name(f"{aside(store).name}-wal"))


def _forget_older(target: Path) -> None:
    """Of an earlier restore."""
    for suffix in ("", *LOGS):
        aside(target).with_name(f"{aside(target).name}{suffix}").unlink(missing_ok=True)


def _empty(folder: Path) -> None:
    """The folder stays: it is another user's, made by systemd."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def clear_staged(data_dir: Path, beside: Path) -> None:
    """What a restore that was never decided has left. Raises OSError."""
    found = [beside.glob(f".*{STAGED}")] if beside.is_dir() else []
    for top, folders, _files in os.walk(data_dir):
        folders[:] = [name for name in folders if name != "recordings"]
        found.append(Path(top).glob(f".*{STAGED}"))
    for paths in found:
        for path in paths:
            path.unlink()
