"""How backups that nobody starts are doing, as the page and the terminal read it: `<data_dir>/backup/status.json`."""

from pathlib import Path

import msgspec
from msgspec import Struct

from appliance.backup.durable import write_whole
from appliance.backup.errors import of_disk

BACKUP_FOLDER = "backup"
"""Within data_dir: the key, this state, and what is half done."""
FILE_NAME = "status.json"
_OVERDUE = 3


class BackupStatus(Struct, frozen=True, forbid_unknown_fields=True):
    """`problem` and `values`: what a `BackupError` said the last time, "" when it went well. `key_shown`: somebody has
    had the recovery key on a screen; without it no backup can be opened once this box is lost."""

    folder: str = ""
    every_h: float = 24
    tried_utc_ms: int = 0
    made_utc_ms: int = 0
    file: str = ""
    problem: str = ""
    values: dict[str, str] = {}
    key_shown: bool = True

    def is_overdue(self, now_utc_ms: int) -> bool:
        """No good backup for three times as long as there should be."""
        return bool(self.folder) and now_utc_ms - self.made_utc_ms > _OVERDUE * self.every_h * 3_600_000


def read_status(own: Path) -> BackupStatus | None:
    """None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode((own / FILE_NAME).read_bytes(), type=BackupStatus)
    except (OSError, msgspec.DecodeError):
        return None


def write_status(own: Path, status: BackupStatus) -> None:
    """Raises BackupError."""
    try:
        write_whole(own / FILE_NAME, msgspec.json.encode(status), 0o640)
    except OSError as error:
        raise of_disk(error, own / FILE_NAME) from error
