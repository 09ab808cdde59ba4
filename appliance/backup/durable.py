"""Files put in place whole or not at all, on the disk when the function returns."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """What was made, renamed or removed in it is on the disk. A file system that cannot (FAT) says so and is let be."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError:
        if os.path.ismount(folder):  # an old vfat refuses; a folder of ours never does
            return
        raise
    finally:
        os.close(descriptor)


def write_whole(path: Path, content: bytes, mode: int) -> None:
    """By way of a temporary file beside it. Raises OSError."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)
