"""Copies of recordings, apart from the backup: only what is new, each read back and compared, with a list of sums.

The list, `SHA256SUMS`, is what `sha256sum --check` reads. A finished recording never changes, so one that is in the
list with its size is not read again; `check` reads them all. Copies are as they are on the box: not encrypted.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from appliance.backup.durable import sync_folder, write_whole
from appliance.backup.errors import BackupError, of_disk

SUMS = "SHA256SUMS"
_CHUNK = 1 << 18
_TEMPORARY = ".copying"


@dataclass(frozen=True)
class Copied:
    """`there`: were there already. `wrong`: names whose copy is not what the list says."""

    copied: int
    there: int
    bytes: int
    wrong: tuple[str, ...] = ()


def copy_new(source: Path, target: Path) -> Copied:
    """What `source` has and `target` has not, whole and on the disk. What ends it in the middle is gone on with the
    next time. Raises BackupError."""
    if not target.is_dir():
        raise BackupError("not_there", {"path": str(target)})
    sums = _read_sums(target)
    copied = there = size = 0
    try:
        whole = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
        if not (target / SUMS).exists() or (target / SUMS).read_text(errors="replace") != whole:
            write_whole(target / SUMS, whole.encode(), 0o644)
        with (target / SUMS).open("a") as listed:
            for name in _names(source):
                goal, length = target / name, (source / name).stat().st_size
                if name in sums and goal.exists() and goal.stat().st_size == length:
                    there += 1
                    continue
                goal.parent.mkdir(parents=True, exist_ok=True)
                digest = _copy(source / name, goal)
                listed.write(f"{digest}  {name}\n")
                listed.flush()
                copied, size = copied + 1, size + length
            os.fsync(listed.fileno())
    except OSError as error:
        raise of_disk(error, target) from error
    return Copied(copied, there, size)


def check(target: Path) -> Copied:
    """Every copy read and compared with the list. Raises BackupError when there is none to compare."""
    sums = _read_sums(target)
    if not sums:
        raise BackupError("not_there", {"path": str(target / SUMS)})
    wrong, size = [], 0
    for name, digest in sums.items():
        try:
            found = _sum(target / name)
            size += (target / name).stat().st_size
        except OSError:
            found = ""
        if found != digest:
            wrong.append(name)
    return Copied(0, len(sums) - len(wrong), size, tuple(wrong))


def put_back(source: Path, recordings: Path) -> Copied:
    """What the copies have and the box has not; one that is not what the list says is left where it is and named."""
    sums = _read_sums(source)
    copied = there = size = 0
    wrong = []
    try:
        for name, digest in sums.items():
            goal = recordings / name
            if goal.exists():
                there += 1
                continue
            try:
                good = _sum(source / name) == digest
            except OSError:
                good = False
            if not good:
                wrong.append(name)
                continue
            _make_folders(goal.parent, recordings)
            _copy(source / name, goal)
            _give_like(goal, recordings)
            copied, size = copied + 1, size + goal.stat().st_size
    except OSError as error:
        raise of_disk(error, recordings) from error
    return Copied(copied, there, size, tuple(wrong))


def _names(source: Path) -> Iterator[str]:
    """Finished ones: those being recorded are in a hidden folder."""
    for top, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                yield str((Path(top) / name).relative_to(source))


def _read_sums(folder: Path) -> dict[str, str]:
    """By name. A line that was cut short by a power cut is left out: its recording is copied again."""
    try:
        *lines, _cut_short = (folder / SUMS).read_text(errors="replace").split("\n")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise of_disk(error, folder) from error
    sums = {}
    for line in lines:
        digest, _, name = line.partition("  ")
        parts = Path(name).parts
        if len(digest) == 64 and name and not Path(name).is_absolute() and ".." not in parts:
            sums[name] = digest
    return sums


def _copy(source: Path, goal: Path) -> str:
    """Written beside, read back from the disk, compared, renamed; the sum. Raises OSError."""
    temporary = goal.with_name(f"{_TEMPORARY}-{goal.name}")
    digest = hashlib.sha256()
    try:
        with source.open("rb") as reading, temporary.open("wb") as writing:
            while block := reading.read(_CHUNK):
                digest.update(block)
                writing.write(block)
            writing.flush()
            os.fsync(writing.fileno())
            os.posix_fadvise(writing.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        if _sum(temporary) != digest.hexdigest():
            raise OSError(5, "what was read back is not what was written", str(goal))
        temporary.replace(goal)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    sync_folder(goal.parent)
    return digest.hexdigest()


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make_folders(folder: Path, top: Path) -> None:
    missing = [one for one in (folder, *folder.parents) if one.is_relative_to(top) and not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o750)
        if one != top:
            _give_like(one, top)


def _give_like(path: Path, folder: Path) -> None:
    if os.geteuid() == 0:
        like = folder.stat()
        os.chown(path, like.st_uid, like.st_gid)
    path.chmod(0o750 if path.is_dir() else 0o640)
