"""Small secret files: written whole or not at all, durable, and readable by their owner only."""

import os
import secrets
from pathlib import Path


def write_private(path: Path, content: bytes, *, replace: bool) -> bool:
    """Puts `content` at `path` with mode 0600, by way of a temporary file beside it, so that a power cut leaves the
    old file or the new one. Its folder is made too, but not the one that is in. Without `replace`, only where there is
    none; returns whether it was put. Raises OSError.
    """
    _make_folder(path.parent)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            _give_to_owner(file.fileno(), path if path.exists() else path.parent)
        if replace:
            temporary.replace(path)
        else:
            path.hardlink_to(temporary)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)
    return True


def remove_private(path: Path) -> None:
    """Removes a file for good, also when the power is cut right after. Raises OSError."""
    path.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_folder(folder: Path) -> None:
    if folder.exists():
        return
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _give_to_owner(descriptor, folder.parent)
    finally:
        os.close(descriptor)


def _give_to_owner(descriptor: int, like: Path) -> None:
    """What root writes belongs to whoever owned the file before, or owns its folder: the page's own user reads it."""
    if os.geteuid() == 0:
        owner = like.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
