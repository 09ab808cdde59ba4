"""The backup nobody starts: a timer calls it often, it looks whether one is due, makes it, and removes what is old.

A stick that is missing, full or broken is said in the state the page shows, and tried again at the timer's next call.
Nothing old is removed before the new one is proved.
"""

from contextlib import suppress
from pathlib import Path

from msgspec.structs import replace

from appliance.backup.contents import BoxFolders
from appliance.backup.create import Made, create, made_at
from appliance.backup.errors import BackupError, of_disk
from appliance.backup.key_file import made_key, own_folder, was_shown
from appliance.backup.recordings import copy_new
from appliance.backup.status import BackupStatus, read_status, write_status

RECORDINGS = "recordings"


def run_scheduled(box: BoxFolders, program: str, now_utc_ms: int) -> Made | None:
    """A backup if one is due; None when none is. Its state is written whatever comes of it. Raises BackupError."""
    folder = Path(box.backup.folder)
    own = own_folder(box.own)
    known = read_status(own) or BackupStatus()
    status = replace(
        known, folder=box.backup.folder, every_h=box.backup.every_h, tried_utc_ms=now_utc_ms, problem="", values={}
    )
    made = None
    try:
        see_folder(folder, box)
        if is_due(folder, box, now_utc_ms):
            made = create(box, folder, made_key(own), program, now_utc_ms)
            status = replace(status, made_utc_ms=now_utc_ms, file=made.path.name)
            prune(folder, box.name, box.backup.keep)
        if box.backup.recordings:
            copies = folder / RECORDINGS
            copies.mkdir(exist_ok=True)
            copy_new(box.recordings, copies)
    except BackupError as error:
        status = replace(status, problem=error.code, values=error.values)
        raise
    except OSError as error:
        problem = of_disk(error, folder)
        status = replace(status, problem=problem.code, values=problem.values)
        raise problem from error
    finally:
        with suppress(BackupError):
            write_status(own, replace(status, key_shown=was_shown(own)))
    return made


def note_unwanted(box: BoxFolders) -> None:
    """No folder is named any more: nothing is missing. Raises BackupError."""
    known = read_status(box.own)
    if known is not None and known.folder:
        write_status(box.own, replace(known, folder="", problem="", values={}))


def see_folder(folder: Path, box: BoxFolders) -> None:
    """It is there, and not on the disk whose loss it is for: where a stick is not plugged in, its empty mount point
    would be filled instead. Raises BackupError."""
    try:
        device = folder.stat().st_dev
        own_disks = {box.data_dir.stat().st_dev, Path("/").stat().st_dev}
    except FileNotFoundError as error:
        raise BackupError("stick_missing", {"path": str(folder)}) from error
    except OSError as error:
        raise of_disk(error, folder) from error
    if device in own_disks and not box.backup.same_disk:
        raise BackupError("stick_missing", {"path": str(folder)})


def found(folder: Path, box: str) -> list[tuple[int, Path]]:
    """This box's backups there, the newest first. Raises BackupError."""
    try:
        names = list(folder.iterdir())
    except OSError as error:
        raise of_disk(error, folder) from error
    return sorted(((at, path) for path in names if (at := made_at(path, box)) is not None), reverse=True)


def is_due(folder: Path, box: BoxFolders, now_utc_ms: int) -> bool:
    """None is there that was made within `every_h`. One from the future is a wrong clock's, and does not count."""
    newest = [at for at, _ in found(folder, box.name) if at <= now_utc_ms]
    return not newest or now_utc_ms - newest[0] >= box.backup.every_h * 3_600_000


def prune(folder: Path, box: str, keep: int) -> None:
    """All but the newest `keep`, and what a stick pulled out left half written. Raises BackupError."""
    try:
        for _, path in found(folder, box)[keep:]:
            path.unlink(missing_ok=True)
        for path in folder.glob(f".centralita-{box}-*.partial"):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise of_disk(error, folder) from error
