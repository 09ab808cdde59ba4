"""What of a box goes into a backup: its folders, which files of them, and where a member of a backup belongs."""

import grp
import hashlib
import os
import pwd
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from appliance.backup.errors import BackupError, of_disk
from appliance.backup.manifest import CONFIGURATION, DATA, STORE_NAME, Member
from appliance.backup.status import BACKUP_FOLDER
from appliance.configuration.file import Backup, Configuration

STORE_FILE = "centralita.sqlite3"
NOT_KEPT = {
    "recordings": "copied apart",
    BACKUP_FOLDER: "the key does not belong in what it opens",
    "kamailio": "phones register again within minutes",
    "lost+found": "the file system's own",
}
MAX_FILE_BYTES = 256_000_000
MAX_FILES = 20_000
ASIDE = ".before-restore"
STAGED = ".restored"


_NONE = Backup()


@dataclass(frozen=True)
class BoxFolders:
    """Where a box keeps what a backup is made of."""

    name: str
    configuration: Path
    data_dir: Path
    run_dir: Path
    backup: Backup = _NONE

    @classmethod
    def of(cls, path: Path, configuration: Configuration) -> "BoxFolders":
        box = configuration.box
        return cls(box.name, path, Path(box.data_dir), Path(box.run_dir), configuration.backup)

    @property
    def store(self) -> Path:
        return self.data_dir / STORE_FILE

    @property
    def own(self) -> Path:
        return self.data_dir / BACKUP_FOLDER

    @property
    def recordings(self) -> Path:
        return self.data_dir / "recordings"

    def place(self, member: Member, configuration_member: str) -> Path:
        """Where a member belongs on this box. Raises BackupError for one that would leave its folder."""
        if not member.is_safe:
            raise BackupError("damaged", {"path": member.name})
        if member.name == STORE_NAME:
            return self.store
        if member.name == configuration_member:
            return self.configuration
        if member.name.startswith(CONFIGURATION):
            return self.configuration.parent / member.name.removeprefix(CONFIGURATION)
        return self.data_dir / member.name.removeprefix(DATA)


def member_of(name: str, path: Path, content: Path | None = None) -> Member:
    """`path` as it is now, with the sum of `content` (default: of itself). Raises BackupError."""
    try:
        status = path.stat()
        digest, size = hashlib.sha256(), 0
        with (content or path).open("rb") as file:
            while block := file.read(1 << 18):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise of_disk(error, path) from error
    mode = stat.S_IMODE(status.st_mode) & 0o777
    return Member(name, size, digest.hexdigest(), mode, _user(status.st_uid), _group(status.st_gid))


def small_files(box: BoxFolders) -> Iterator[tuple[str, Path]]:
    """Every other file than the store, with its name in the backup, in a fixed order. Raises BackupError."""
    yield f"{CONFIGURATION}{box.configuration.name}", box.configuration
    count = 0
    for name, path in (*_beside_configuration(box), *_in_data(box)):
        count += 1
        if count > MAX_FILES:
            raise BackupError("too_many_files", {"path": str(box.data_dir), "limit": str(MAX_FILES)})
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise BackupError("file_too_big", {"path": str(path), "limit": str(MAX_FILE_BYTES // 1_000_000)})
        except FileNotFoundError:
            continue
        except OSError as error:
            raise of_disk(error, path) from error
        yield name, path


def _beside_configuration(box: BoxFolders) -> Iterator[tuple[str, Path]]:
    """Files of its folder (tables it names, certificates), where that folder is the configuration's own."""
    folder = box.configuration.parent
    if box.data_dir.is_relative_to(folder):
        return
    for path in sorted(folder.iterdir()):
        if path != box.configuration and _is_kept(path) and path.is_file():
            yield f"{CONFIGURATION}{path.name}", path


def _in_data(box: BoxFolders) -> Iterator[tuple[str, Path]]:
    skipped = {STORE_FILE, f"{STORE_FILE}-wal", f"{STORE_FILE}-shm", f"{STORE_FILE}-journal", *NOT_KEPT}
    for top, folders, files in os.walk(box.data_dir, onerror=_cannot):
        here = Path(top)
        at_top = here == box.data_dir
        folders[:] = sorted(name for name in folders if not name.startswith(".") and not (at_top and name in NOT_KEPT))
        for name in sorted(files):
            path = here / name
            if _is_kept(path) and not (at_top and name in skipped) and path.is_file() and not path.is_symlink():
                yield f"{DATA}{path.relative_to(box.data_dir)}", path


def _is_kept(path: Path) -> bool:
    """Not what is half written, and not what an earlier restore put aside."""
    return not path.name.startswith(".") and ASIDE not in path.name and not path.name.endswith(STAGED)


def _cannot(error: OSError) -> None:
    raise of_disk(error, Path(str(error.filename)))


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return ""


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return ""
