"""What can keep a backup or a restore from being done: a code of `words`, and the values its sentence names."""

import errno
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class BackupError(Exception):
    """Nothing was changed, or what was there is whole again. `code`: a key of `words.PROBLEMS`."""

    code: str
    values: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return " ".join([self.code, *(f"{name}={value}" for name, value in self.values.items())])


def of_disk(error: OSError, path: Path) -> BackupError:
    """The disk's errors in words: full, read-only, gone, a file too large for a FAT stick."""
    known = {
        errno.ENOSPC: "disk_full",
        errno.EDQUOT: "disk_full",
        errno.EROFS: "disk_read_only",
        errno.EIO: "disk_gone",
        errno.ENODEV: "disk_gone",
        errno.ENXIO: "disk_gone",
        errno.ESTALE: "disk_gone",
        errno.EFBIG: "file_too_large",
        errno.ENOENT: "not_there",
        errno.EACCES: "not_allowed",
        errno.EPERM: "not_allowed",
    }
    reason = error.strerror or str(error)
    return BackupError(known.get(error.errno or 0, "disk_error"), {"path": str(path), "reason": reason})
